.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
BIN := .venv/bin
PYTEST := $(BIN)/pytest
SOURCES := $(shell find src -name __pycache__ -prune -o -print)
JOBS ?= 4
# Tests at once, more than processors because most of them wait for programs that they started. Those that wait for
# moments (live, fault) run two at once.

# Images for containers set it: then every process of the tests compiles anew what it imports.
unexport PYTHONDONTWRITEBYTECODE

# Tools: a virtual environment made from the lock, then our wheel in it. Both are stamps: no work when nothing changed.
.venv/.tools: requirements/dev.txt scripts/bootstrap
	@scripts/bootstrap
	@touch $@

.venv/.package: .venv/.tools pyproject.toml README.md LICENSE $(SOURCES)
	@scripts/install
	@touch $@

.PHONY: help install develop demo demo-real adopt-real test test-live test-fault test-full coverage lint format bench docs tools lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.package ## make .venv with the locked tools and the built package

develop: .venv/.tools ## as install, but the package is used where it stands
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch .venv/.develop

demo: install ## ship a small app and a change of it, go back; it goes on running
	@scripts/demo

demo-real: install ## ship httpbin, datasette, pypiserver and a new Django project
	@$(BIN)/python examples/demo_real.py

adopt-real: install ## fifteen applications, unedited: served or why not, in how many minutes (ONLY="NAME …")
	@$(BIN)/python examples/adopt_real.py $(ONLY)

test: install ## unit, contract, story and real apps; the units on other Pythons too
	@JOBS=$(JOBS) scripts/host-pythons
	@JOBS=$(JOBS) scripts/other-pythons
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not live and not fault and not full"

test-live: install ## real tools of this machine
	$(PYTEST) -n 2 -m "live and not full" tests

test-fault: install ## kill, partition, corrupt: one case of each kind
	$(PYTEST) -n 2 -m "fault and not full" tests

test-full: install ## every combination
	@JOBS=$(JOBS) scripts/other-pythons tests/unit/keeper
	$(PYTEST) -m "full or live or fault" tests

coverage: install ## branch coverage of the core, at least 95 %
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not live and not fault and not full" --cov --cov-report=
	$(BIN)/coverage report --ignore-errors --show-missing --skip-covered --fail-under=95 \
		--include='*/ecluse/model/*,*/ecluse/manifest/*,*/ecluse/loop/*,*/ecluse/engine/*,*/ecluse/ledger/*,*/ecluse/keeper/*'

lint: install ## ruff, mypy, import contracts, Python 3.9 for the host side
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --target=3.9- --violations --no-tips --eval-annotations src/ecluse/keeper src/ecluse/wire src/ecluse/serving src/ecluse/providers/outpost/there.py

format: .venv/.tools ## format and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: install ## measure, beside a peer in the same run
	@for bench in commands steps 'throughput 5' 'throughput 5 2' servers storm judge reading redaction; do \
		set -- $$bench; name=$$1; shift; $(BIN)/python benchmarks/$$name.py "$$@" || exit 1; done

bench-fleet: install ## fifty and a hundred hosts beside Ansible, pyinfra and Fabric; as root, with sshd and the network
	$(BIN)/python benchmarks/fleet.py 5 50 100
	$(BIN)/python benchmarks/fleet_deploy.py

bench-faults: install ## 1,000 kills at random moments on three hosts; about two hours
	$(BIN)/python benchmarks/faults.py 1000

docs: install ## write the reference pages from the code
	$(BIN)/python docs/generate.py

tools: .venv/.tools ## programs that some live tests use, apart from all else, in .tools
	@scripts/tools

lock: .venv/.tools ## lock again: hashes of every file, no index's address
	@scripts/lock

clean: ## remove everything that make made
	@scripts/demo-stop
	rm -rf .venv .venv-* .tools .make dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
