# Any base image with Python 3.11 or later will do; both stages need the same one.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
# Behind a TLS proxy: the certificates to trust, a file in the base image.
ARG SSL_CERT_FILE
ENV UV_PROJECT_ENVIRONMENT=/opt/faas-nomad UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY tools/bootstrap.py tools/
COPY src src
RUN python3 tools/bootstrap.py sync --frozen --no-dev --no-editable

FROM ${BASE}
COPY --from=build /opt/faas-nomad /opt/faas-nomad
ENV PATH=/opt/faas-nomad/bin:$PATH PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["faas-nomad"]
CMD ["serve"]
