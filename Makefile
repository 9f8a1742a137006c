# One command a task. `make up` and `make test` are all a fresh machine needs (Python 3.11 with venv, Node 20 with npm).

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
# Byte-code is compiled once at installation, so that starting is fast; some machines switch it off.
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

STATIC := src/roadworthy/doors/web/static
WEB_SOURCES := $(shell test -d web/src && find web/src web/public web/index.html web/package.json web/package-lock.json \
	web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup dev browser up down test check check-python check-web format client reference bench demo wheel web web-packages demo-packages lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- installing -------------------------------------------------------------------------------------------

setup: $(VENV)/.stamp-server $(VENV)/.stamp-native $(STATIC)/index.html ## .venv and the web page; says nothing when both are there
	@:

dev: $(VENV)/.stamp-dev $(VENV)/.stamp-native $(STATIC)/index.html ## what tests and checks need besides
	@:

$(VENV)/.stamp-build: requirements/build.lock
	@scripts/venv.sh $(VENV)
	@touch $@

$(VENV)/.stamp-server: $(VENV)/.stamp-build requirements/server.lock pyproject.toml
	@scripts/install.sh $(VENV) requirements/server.lock
	@touch $@

$(VENV)/.stamp-native: $(VENV)/.stamp-build scripts/native.sh $(wildcard native/*)
	@scripts/native.sh $(PY)
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-server requirements/dev.lock
	@scripts/install.sh $(VENV) requirements/dev.lock
	@touch $@

web: $(STATIC)/index.html ## build the web page into the package

web-packages: ## the packages that the web page is built from
	@scripts/web.sh packages

$(STATIC)/index.html: $(WEB_SOURCES)
	@scripts/web.sh build

browser:
	@scripts/browser.sh >/dev/null

demo-packages:
	@examples/demo/install.sh

# --- running ----------------------------------------------------------------------------------------------

up: setup ## install what is missing and start everything on loopback; print how to point an agent at it
	@$(PY) scripts/up.py start

down: ## stop what `make up` started
	@python3 scripts/up.py stop

demo: up ## real agents of real frameworks, live, in one minute
	@examples/demo/run.sh

# --- proving ----------------------------------------------------------------------------------------------

# Journeys wait as often as they work (for what a product does by the clock, for a process that starts), so on two
# cores three workers wait beside each other. A file of tests stays in one worker: what a module sets up (a product
# full of real data, a browser) is set up once. Files go out in the order of their folders, not the fullest first:
# that left journeys, few and long, to the end, where a worker waits.
TEST_WORKERS ?= 3

test: dev browser ## every test: unit, contract, kill -9, browser journeys
	@if [ -f web/package.json ]; then cd web && npm test --silent; fi
	@ROADWORTHY_BROWSER="$$(scripts/browser.sh)" $(VENV)/bin/pytest -q -n $(TEST_WORKERS) --dist loadfile \
		--no-loadscope-reorder

check: dev web-packages ## formatting, lint, types, floors, the generated client
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-python check-web

check-python:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check-web:
	@scripts/web.sh check

format: dev ## put the formatting right
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

client: dev web-packages ## web/openapi.json and the client from the server's code
	@scripts/web.sh client

reference: dev ## docs/reference pages that are written from the code
	@$(PY) scripts/reference.py

bench: dev ## the figures of docs/reference/benchmarks.md, with the peers beside them
	@$(PY) -m benchmarks.run

# --- shipping ---------------------------------------------------------------------------------------------

wheel: setup ## dist/roadworthy-*.whl with the web page inside
	@rm -rf dist
	@$(VENV)/bin/uv build --quiet --wheel --no-build-isolation --python $(PY) --out-dir dist
	@ls dist/*.whl

lock: $(VENV)/.stamp-build ## resolve pyproject.toml anew into requirements/*.lock
	@scripts/lock.sh $(VENV)

clean: ## what was built; not .venv, not data
	@rm -rf dist build artifacts $(STATIC) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
