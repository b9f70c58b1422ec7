# demo: run the tour.  test: run the suite.  check: what CI runs.  bench: measure.  clean: as after a clone.
# Each sets up .venv from nothing at its first run and reuses it until pyproject.toml changes.
# Settings: PYTHON=interpreter for .venv, MODEL=provider/name for demo, ARGS="..." for pytest or the benchmarks.

# Recipes take relative paths only, so the checkout may lie under a path with spaces.
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
PYTHON ?=
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11)

.PHONY: demo test check lint types bench clean
.DELETE_ON_ERROR:
# Two installs into one environment at the same time spoil it, and nothing here gains from -j.
.NOTPARALLEL:

demo: .venv/.installed
	$(PY) examples/demo.py $(if $(MODEL),--model "$(MODEL)")

test: .venv/.installed-dev
	$(PY) -m pytest -n auto --maxprocesses 4 $(ARGS)

check: lint types test

lint: .venv/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: .venv/.installed-dev
	$(PY) -m mypy

bench: .venv/.installed-dev
	$(PY) -m benchmarks.run $(ARGS)

# An interpreter is taken only if it could make an environment with pip in it: Debian ships some that cannot.
$(PY):
	@for python in $(CANDIDATES); do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "setting up .venv with $$("$$python" --version) ($$python)"; \
	        "$$python" -m venv --clear .venv && exit 0; \
	        rm -rf .venv; exit 1; \
	    fi; \
	done; \
	echo 'agentopt needs Python 3.11 or newer with venv and pip; looked for: $(subst ",,$(CANDIDATES)).' \
	     'Install one, or name it: make PYTHON=/path/to/python3 (on Debian and Ubuntu also: apt install python3-venv)' >&2; \
	exit 1

.venv/.installed: pyproject.toml | $(PY)
	@echo "installing agentopt and what it needs into .venv (a minute or two)"
	@$(PIP) -e .
	@touch $@

.venv/.installed-dev: pyproject.toml | $(PY)
	@echo "installing agentopt, what it needs and what its tests need into .venv (a minute or two)"
	@$(PIP) -e '.[dev]'
	@touch .venv/.installed $@

clean:
	rm -rf .venv .bench build dist agentopt.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
