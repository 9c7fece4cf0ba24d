# Two commands do the work: `make run` and `make test`. Both set up what they need.

PYTHON ?= python3
TOOLS ?= nomad
JOBS ?= 2
BASE ?= python:3.13-slim-bookworm
IMAGE ?= faas-nomad:latest
BIN := .venv/bin

# A Nomad agent that finds this variable reads the file and stops over it.
unexport AWS_CA_BUNDLE

.DEFAULT_GOAL := help
.PHONY: help run test stack compat soak check audit docs pages fmt dist image tools bench setup

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: setup ## Start Nomad, faas-nomad and a sample function (ONCE=1: end after its answer; NOMAD=embedded|PATH)
	@$(BIN)/faas-nomad dev $(if $(filter-out 0,$(ONCE)),--once) $(if $(NOMAD),--nomad $(NOMAD))

test: check ## Run the checks and every test, in JOBS processes; without a Nomad its tests are skipped
	@$(BIN)/python -m faas_nomad.tools nomad $(if $(REQUIRE_REAL),consul vault) || test -z "$$REQUIRE_REAL"
	@$(BIN)/pytest -n $(JOBS)

stack: setup ## Run all stack tests with functions found through Consul (DISCOVERY=consul: without ACLs)
	@STACK_DISCOVERY=$(or $(DISCOVERY),consul-acl) $(BIN)/pytest -n $(JOBS) tests/stack

compat: setup ## Run the stack tests on Nomad 1.9.4, 1.10.5 and 1.11.1 (COMPAT_TESTS, COMPAT_NOMADS: fewer), fill docs/compatibility.md
	@PYTHONPATH=src $(BIN)/python tools/compat.py --write $(addprefix --nomad ,$(COMPAT_NOMADS)) $(COMPAT_TESTS)

soak: setup ## Run what takes many minutes: Nomad's servers away for 7 minutes (SOAK_OUTAGE_S)
	@$(BIN)/python -m faas_nomad.tools nomad vault
	@$(BIN)/pytest -m soak -s tests/soak

check: setup ## Run formatter, linter, types, contracts, lock file and generated pages, changing nothing
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(PYTHON) tools/bootstrap.py lock --check
	@$(BIN)/python tools/pages.py --check

audit: setup ## Look whether a locked dependency has a known vulnerability, where the data can be reached
	@$(BIN)/python tools/audit.py

docs: setup ## Build the documentation into site/, warnings being errors
	@$(PYTHON) tools/bootstrap.py sync --frozen --inexact --quiet --group docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

pages: setup ## Write the pages of the documentation that follow from the code
	@$(BIN)/python tools/pages.py

fmt: setup ## Format the code and mend what the linter can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

dist: setup ## Build wheel, sdist, bill of materials and their sums into dist/
	@$(BIN)/python tools/release.py

image: setup ## Build the image on BASE (a Debian with Python 3.11+) with Docker, called IMAGE
	@$(PYTHON) tools/bootstrap.py sync --frozen --inexact --quiet --group release
	@$(BIN)/python tools/release.py --base $(BASE) --tag $(IMAGE)

tools: setup ## Obtain Nomad (TOOLS="nomad consul vault": those)
	@$(BIN)/python -m faas_nomad.tools $(TOOLS)

bench: setup ## Measure the speed against the Go providers' proxy and HAProxy
	@$(BIN)/python -m bench

setup: ## Make .venv from uv.lock; quick when nothing has changed
	@$(PYTHON) tools/bootstrap.py
