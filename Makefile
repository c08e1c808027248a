# What a developer and whoever tries OWL out calls. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.owl-installed
# As root the pool, its jobs and the tests run under an ordinary account: `owl pool run` sees to it.
PYTEST := $(BIN)/owl pool run -- $(CURDIR)/$(BIN)/python -m pytest
# Most of a test on a pool is waiting for HTCondor: several at a time, each worker with a pool of its own.
WORKERS ?= 3
PARALLEL := -n $(WORKERS) --dist loadfile --durations=10

.PHONY: help venv node webgui lint-web demo stop test test-fast test-acceptance golden lint docs bench valgrind clients clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

venv: $(STAMP) ## a virtual environment with OWL in it

$(STAMP): pyproject.toml setup.py $(wildcard owl/drmaa/*.py owl/drmaa/*.c owl/drmaa/*.h)
	@PYTHON=$(PYTHON) sh .ci/system-packages build
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing OWL and what it needs into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,test,lint]'
	@touch $@

node: venv
	@need=$$($(BIN)/python webgui/build.py --need); \
		test -z "$$need" || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$need"

webgui: node ## the web GUI's scripts and styles, where their sources have changed
	@$(BIN)/python webgui/build.py

lint-web: node ## biome on the web GUI's scripts and styles
	@$(BIN)/python webgui/build.py --lint

demo: venv ## a pool, OWL's daemons, the web GUI and a demonstration on real FITS frames (DEMO_EXIT=1: stop at its end)
	@$(BIN)/owl db upgrade
	@$(BIN)/owl pool up --web
	@$(BIN)/owl demo; code=$$?; test -z "$$DEMO_EXIT" || $(BIN)/owl pool down; exit $$code

stop: ## end the demonstration's pool and daemons
	@test ! -x $(BIN)/owl || $(BIN)/owl pool down

test: node ## every test but the benchmarks and the six hosts, on a real HTCondor pool
	@PYTHON=$(PYTHON) sh .ci/system-packages test
	@$(PYTEST) tests --ignore=tests/bench --ignore=tests/multihost $(PARALLEL)

test-fast: venv ## the unit tests
	@$(PYTEST) tests/unit

test-acceptance: node ## real processes, the demonstration among them
	@$(PYTEST) tests/acceptance $(PARALLEL)

test-multihost: venv ## a pool of six hosts in network namespaces: minutes, and a machine of its own
	@PYTHON=$(PYTHON) sh .ci/system-packages test
	@$(PYTEST) tests/multihost --durations=10

golden: venv ## write the golden T-SQL anew, after a change of what owl/db sends
	@$(BIN)/python -m tests.golden

lint: venv ## ruff, mypy, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

docs: venv ## the documents as a site in build/site, warnings are errors
	@$(BIN)/python -c 'import furo, myst_parser' 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/site
	@echo "build/site/index.html"

bench: venv ## the figures, one JSON object a line
	@$(BIN)/owl pool run -- $(CURDIR)/$(BIN)/python -m tests.bench

valgrind: venv ## libdrmaa.so's C tests under valgrind, one JSON object a test
	@$(BIN)/owl pool run -- $(CURDIR)/$(BIN)/python -m tests.valgrind

clients: venv ## other people's DRMAA programs with libdrmaa.so, unchanged, one JSON object a program
	@$(BIN)/owl pool run -- $(CURDIR)/$(BIN)/python -m tests.clients

clean: stop ## remove what all this has made, the demonstration's products too
	rm -rf $(VENV) .owl build *.egg-info owl/drmaa/*.so owl/drmaa/libdrmaa.c
