# Everything that a developer or an operator of the demo calls. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.owl-installed

.PHONY: help venv system demo stop test test-fast lint bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

system: ## check (as root: install) the system packages that the build needs
	@sh .ci/system-packages

venv: $(STAMP) ## virtual environment with OWL in it

$(STAMP): pyproject.toml setup.py $(wildcard owl/drmaa/*.py owl/drmaa/*.h)
	@sh .ci/system-packages
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade --editable '.[demo,test,lint]'
	@touch $@

clean: ## remove what the commands above have made (the demo's products too)
	rm -rf $(VENV) .owl build *.egg-info owl/drmaa/*.so
