# `make image BASE=…` puts the locked wheels for the base image into dist/image and builds this
# with them: nothing is fetched here. Any base with Python 3.11 or later, glibc and a shell will do.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
# The time that files bear, so that the same wheels give the same layer.
ARG SOURCE_DATE_EPOCH=0
COPY dist/image /wheels
RUN python3 -m venv --without-pip /opt/faas-nomad \
 && pip() { PYTHONPATH="$(echo /wheels/pip-*.whl)" PYTHONDONTWRITEBYTECODE=1 \
      /opt/faas-nomad/bin/python -m pip --no-cache-dir --disable-pip-version-check "$@"; } \
 && pip install --no-index --no-compile --find-links=/wheels --require-hashes \
      --root-user-action=ignore -r /wheels/requirements.txt \
 && pip install --no-index --no-compile --no-deps --root-user-action=ignore \
      /wheels/faas_nomad-*.whl \
 && mkdir /opt/faas-nomad/share \
 && cp /wheels/*.cdx.json /opt/faas-nomad/share/sbom.cdx.json \
 && /opt/faas-nomad/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/faas-nomad/lib \
 && mkdir -p /made/opt && mv /opt/faas-nomad /made/opt/ \
 && find /made -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="faas-nomad" \
      org.opencontainers.image.description="The OpenFaaS API on HashiCorp Nomad" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# With the folders above it, whose times would be those of the build.
COPY --from=build /made/ /
# Containers have a writable /dev/shm even where their root is read-only.
ENV PATH=/opt/faas-nomad/bin:$PATH PYTHONUNBUFFERED=1 PYTHONMALLOC=malloc TMPDIR=/dev/shm
USER 65532:65532
EXPOSE 8080 8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["python", "-P", "-m", "faas_nomad.health"]
ENTRYPOINT ["faas-nomad"]
CMD ["serve"]
