# Tasks of development. In a fresh clone, `make demo` and `make test` install what they need into .venv.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# Programs that tests start keep their compiled modules: otherwise each of them compiles the package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-fast test-wiki test-browser install-all tools tools-wiki tools-browser soak mutants check
.PHONY: bench d3 format clean

help:            ## Show this list.
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/pip-is-there:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/pip-is-there pyproject.toml hatch_build.py $(wildcard nmf_topics/factor/kernels/*.[ch])
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/pip-is-there pyproject.toml hatch_build.py $(wildcard nmf_topics/factor/kernels/*.[ch])
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $(VENV)/installed $@

$(VENV)/installed-all: $(VENV)/pip-is-there pyproject.toml hatch_build.py $(wildcard nmf_topics/factor/kernels/*.[ch])
	$(BIN)/pip install --quiet --editable '.[dev,browser]'
	touch $(VENV)/installed $(VENV)/installed-dev $@

install-all: $(VENV)/installed-all   ## Install the Python packages that all tests need.

demo: $(VENV)/installed            ## Fit the sample corpus; results are written to models/demo.
	$(BIN)/nmf-topics demo

test: $(VENV)/installed-dev        ## Run the tests (with real corpora if NMF_TOPICS_DATA is their folder).
	$(BIN)/python -m pytest -n auto --dist worksteal

test-fast: $(VENV)/installed-dev   ## Run the fast tests, in less than a minute: no whole commands, no real corpora.
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not slow and not wiki and not browser'

test-wiki: $(VENV)/installed-dev   ## Test fetch against a real MediaWiki (installed with apt, as root).
	NMF_TOPICS_WIKI=yes $(BIN)/python -m pytest -n auto --dist worksteal -m wiki

test-browser: $(VENV)/installed-all tools-browser   ## Test the report in Chromium (installed with apt, as root).
	$(BIN)/python -m pytest -n auto --dist worksteal -m browser

tools: tools-wiki tools-browser    ## Install MediaWiki, Chromium and axe for the tests, as root.

tools-wiki:
	wiki=$$(mktemp -d) && $(PYTHON) tests/mediawiki/wiki install --dir "$$wiki" && rm -r "$$wiki"

tools-browser: $(VENV)/pip-is-there
	command -v chromium >/dev/null || (apt-get update -qq && apt-get install -qq --no-install-recommends chromium)
	npm install --silent --no-save --prefix $(VENV)/axe axe-core@4

soak: $(VENV)/installed-dev        ## Damage state files, kill commands at every move, and solve 10,920 random problems.
	NMF_TOPICS_SOAK=5000 $(BIN)/python -m pytest tests/robustness/test_damaged_state.py \
		tests/robustness/test_damaged_files.py tests/robustness/test_killed_moves.py \
		tests/factor/test_objectives.py::test_descent

mutants: $(VENV)/installed-dev     ## Check that the tests notice some 80 plausible bugs.
	$(BIN)/python tests/mutation/run.py

check: $(VENV)/installed-dev       ## Check code style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-dev       ## Measure the figures in README and docs (recipes need NMF_TOPICS_DATA).
	$(BIN)/python bench/speed.py
	$(BIN)/python bench/recipe.py
	$(BIN)/python bench/factor.py race --ranks 10 50
	$(BIN)/python bench/factor.py growth

d3:              ## Build the part of D3 that reports use (needs npm; tests/report/test_d3.py has its hash).
	npm ci --silent --no-audit --no-fund --prefix tools/d3
	node tools/d3/build.mjs

format: $(VENV)/installed-dev      ## Format all code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:           ## Remove files that can be made again.
	rm -rf $(VENV) tools/d3/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
