# Everything that people do with this repository. Needs Python 3.11 or newer, make, and a package index for pip.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP = $(1)/bin/python -m pip install --quiet --disable-pip-version-check
TOO_OLD := crawlsieve needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ...
VENV_AT = $(PYTHON) -c 'import sys; sys.exit("$(TOO_OLD)" if sys.version_info < (3, 11) else 0)' && $(PYTHON) -m venv $(1)

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench docs clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.core ## curate a small crawl made on the spot, and ask DuckDB about it
	@sh infra/demo.sh $(BIN)/crawlsieve

test: $(VENV)/.dev ## run the tests, a quarter of an hour; ARGS="tests/dedup -x" does some only
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

check: $(VENV)/.dev ## lint, format, types, and which folder may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code into the one format, and mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev $(PEERS)/.peers ## measure, beside the peers, an hour; needs ../shared; ARGS="main_job bloom" does some only
	$(BIN)/python benchmarks/run.py --peers $(PEERS)/bin/python $(ARGS)

docs: $(VENV)/.dev ## build the documentation into site/, warnings being errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean: ## remove what the other targets made, except the environments
	rm -rf demo site build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

# One stamp an environment: pip runs again only when what to install has changed. `dev` holds all of `core`, so that
# somebody who has run the tests need not install anything for the demo.

$(VENV)/.core: pyproject.toml infra/constraints.txt
	@test -x $(BIN)/python || { $(call VENV_AT,$(VENV)); }
	@echo "Installing crawlsieve into $(VENV) (about a minute the first time)"
	@$(call PIP,$(VENV)) -c infra/constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml infra/constraints.txt
	@test -x $(BIN)/python || { $(call VENV_AT,$(VENV)); }
	@echo "Installing crawlsieve and its tools into $(VENV) (some minutes the first time)"
	@$(call PIP,$(VENV)) -c infra/constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.core

# The peers' pins clash with ours: they live apart, and are called as processes.
$(PEERS)/.peers: infra/constraints-peers.txt
	@test -x $(PEERS)/bin/python || { $(call VENV_AT,$(PEERS)); }
	@echo "Installing datatrove and others into $(PEERS)"
	@$(call PIP,$(PEERS)) -c infra/constraints-peers.txt 'datatrove[io,processing]==0.10.1' spacy fasttext-numpy2-wheel \
		datasketch pybloom-live pybloomfilter3 rensa
	@touch $@
