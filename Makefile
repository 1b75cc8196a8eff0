# Two commands: `make demo` shows Musaic at work, `make test` proves it. Each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint types unit test-server test-genai2 bench setup setup-dev clean

demo: setup
	@$(BIN)/musaic demo --dir musaic-demo

test: setup-dev lint types unit
	@echo "make test: passed. The real Milvus server was left out: it needs root; run 'make test-server' (as .ci/run does)."

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-dev
	$(BIN)/mypy

unit: setup-dev
	$(BIN)/pytest

test-server: setup-dev
	$(BIN)/python -m tests.server.run

test-genai2: setup-dev $(VENV)/.genai2
	PYTHONPATH=$(VENV)/genai2 $(BIN)/pytest -p no:cacheprovider $(wildcard tests/test_gemini*.py)

bench: setup-dev $(VENV)/.bench
	$(BIN)/python -m benchmarks

setup: $(VENV)/.core
setup-dev: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -m venv --clear $(VENV)

# Ctrl-C in the middle leaves a Python without pip, or with half of it: pip writes its list of files last.
$(VENV)/.made: $(BIN)/python
	@$(BIN)/python -c 'import importlib.metadata as m, sys; sys.exit(not m.files("pip"))' 2>/dev/null \
	  && $(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --version >/dev/null
	@touch $@

$(VENV)/.core: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing Musaic into $(VENV) (about a minute, once)"
	@$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@$(PIP) install -q -c constraints.txt -e '.[dev]'
	@touch $@

# The other major version of Google's SDK, beside the pinned one.
$(VENV)/.genai2: $(VENV)/.dev
	@$(PIP) install -q --target $(VENV)/genai2 'google-genai==2.34.0' 'httpx==0.28.1'
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) install -q -c constraints.txt -e '.[dev,bench]'
	@touch $@

clean:
	rm -rf $(VENV) musaic-demo .mypy_cache .ruff_cache .pytest_cache bench-work
