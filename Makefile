# Needs Python 3.11 or newer with venv and pip, and make. Everything else is installed into $(VENV), pinned by hash.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet --quiet
PINNED := $(PIP) install --require-hashes --only-binary :all:
LOCK := $(VENV)-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --custom-compile-command 'make lock' $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint docs pictures story rules-table abi-table fixtures fixtures-write test-real test-oracle
.PHONY: test-abi hostile fuzz scoreboard bench lock clean FORCE

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.elfkit ## check a router's file system whose faults were planted
	@$(BIN)/elfkit check fixtures/trees/router; status=$$?; \
	if [ $$status -ne 1 ]; then echo "elfkit exit status: $$status, but the tree has faults and 1 was expected" >&2; exit 1; fi; \
	echo "elfkit exit status: 1 (findings), as planted"

test: lint ## linters, types, import contracts and all tests
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.test ## linters, types and import contracts alone
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --diff --quiet .; exit 1; }
	@report=$$($(BIN)/mypy); status=$$?; \
	printf '%s\n' "$$report" | sed 's|^build/__editable__[^/]*/elfkit_cli/|cli/|'; exit $$status
	@report=$$($(BIN)/lint-imports 2>&1) || { printf '%s\n' "$$report"; exit 1; }

docs: pictures story rules-table abi-table ## renew all of the README that is made from runs and from the registry

pictures: $(VENV)/.test ## draw docs/*.svg again, from runs of elfkit
	@$(BIN)/python -m docs.pictures $(ARGS)

story: $(VENV)/.test ## run the story of a vendor's library in README.md again (gcc and nm, on x86-64)
	@$(BIN)/python -m docs.console $(ARGS)

rules-table: $(VENV)/.test ## write the table of rules in README.md again
	@$(BIN)/python -m docs.rules_table $(ARGS)

abi-table: $(VENV)/.test ## write the table of what is left without section headers in README.md again
	@$(BIN)/python -m docs.abi_table $(ARGS)

fixtures: $(VENV)/.fixtures ## build every fixture again; fails on any byte that differs
	@$(BIN)/python fixtures/build.py --check $(ARGS)

fixtures-write: $(VENV)/.fixtures ## build every fixture again, into place
	@$(BIN)/python fixtures/build.py $(ARGS)

test-real: $(VENV)/.test ## the same promises on file systems that nobody here made
	@$(BIN)/python -m pytest tests/real $(ARGS)

test-oracle: $(VENV)/.fixtures ## what real loaders do with small roots, beside elfkit's answers (apt, qemu, root; minutes)
	@PYTHONPATH=fixtures $(BIN)/python -m tests.oracle.table $(ARGS)

hostile: $(VENV)/.test ## damaged files through every accessor; ARGS="--count 100000 --seed 1" for a whole run
	@$(BIN)/python -m tests.hostile.campaign $(ARGS)

fuzz: $(VENV)/.fuzz ## half an hour of inputs that atheris makes; ARGS="--seconds 60" for less
	@$(BIN)/python -m tests.hostile.fuzz $(ARGS)

scoreboard: $(VENV)/.test ## the same hostile files through elfkit and its peers; ARGS="--count 20 --dry-run" for a few
	@$(BIN)/python -m benchmarks.scoreboard $(ARGS)

test-abi: $(VENV)/.fixtures ## what compiler flags make of a file, by every compiler that the table names
	@$(BIN)/python -m pytest tests/abi/every_compiler.py $(ARGS)

bench: $(VENV)/.test ## whole process against whole process
	@$(BIN)/python -m benchmarks.bench $(ARGS)

lock: $(VENV)-lock/.ready ## write requirements/*.txt again; ARGS=--upgrade takes newer versions
	@$(LOCK) -o requirements/runtime.txt pyproject.toml requirements/build.in
	@$(LOCK) -o requirements/test.txt --extra dev -c requirements/runtime.txt pyproject.toml requirements/build.in
	@$(LOCK) -o requirements/fixtures.txt requirements/fixtures.in
	@$(LOCK) -o requirements/fuzz.txt requirements/fuzz.in
	@$(LOCK) -o requirements/lock.txt requirements/lock.in

clean: ## remove what the other targets made
	rm -rf $(VENV) $(VENV)-lock build elfkit.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# One chain, so that "make -j" never runs two installers at once: created, runtime, elfkit, then test or fixtures.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "elfkit needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt | $(VENV)/.created
	@echo "installing requirements/runtime.txt"
	@$(PINNED) -r requirements/runtime.txt
	@touch $@

# A strict editable install is a tree of links, one per file: mypy needs it to find elfkit_cli, and a file that
# was added or removed needs it made anew.
$(VENV)/.elfkit: pyproject.toml elfkit/__init__.py $(VENV)/.files $(VENV)/.runtime
	@echo "installing elfkit"
	@rm -rf build/__editable__.elfkit-*
	@$(PIP) install --no-index --no-deps --no-build-isolation --config-settings editable_mode=strict --editable .
	@touch $@

$(VENV)/.files: FORCE | $(VENV)/.created
	@find elfkit cli -name '*.py' -o -name '*.json' -o -name py.typed | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(VENV)/.test: requirements/test.txt | $(VENV)/.elfkit
	@echo "installing requirements/test.txt"
	@$(PINNED) -r requirements/test.txt
	@touch $@

$(VENV)/.fixtures: requirements/fixtures.txt | $(VENV)/.test
	@echo "installing requirements/fixtures.txt"
	@$(PINNED) -r requirements/fixtures.txt
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt | $(VENV)/.test
	@echo "installing requirements/fuzz.txt"
	@$(PINNED) -r requirements/fuzz.txt
	@touch $@

$(VENV)-lock/.ready: requirements/lock.txt
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip --disable-pip-version-check --no-input --quiet --quiet install --require-hashes --only-binary :all: -r requirements/lock.txt
	@touch $@

FORCE:
