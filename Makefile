# make run     both published storms, from a fresh clone: sets up .venv, compiles the engine, runs
#              them through every design and writes a page for each into out/
# make test    the whole suite against the compiled install, the engine's tests on the source too
# make check   format, lint, types
# make tables  every table of docs/ that stands below its command, taken again; DATA=FOLDER names
#              the candle files that some of the commands read
# make charts  the chart of the README, drawn again in Chromium
# make bench   the benchmarks
# make clean   forget everything that was built
#
# PYTHON=python3.12 picks the interpreter (3.11 or later). FLAVOUR=interpreted lets the tests pass
# where there is no C compiler.

PYTHON ?= python3
FLAVOUR ?= compiled

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
FILES := pyproject.toml setup.py $(sort $(shell find src -name '*.py' -o -name '*.toml' -o -name 'page.*'))
ENGINE_TESTS := tests/engine tests/glp tests/gm tests/layered tests/orderbook tests/vamm \
	tests/test_auditor.py tests/test_determinism.py tests/test_machine.py tests/test_public.py
SIDE_BY_SIDE := --numprocesses auto --dist loadfile

.PHONY: run test check tables charts bench clean files
.DELETE_ON_ERROR:

run: $(VENV)/installed
	@mkdir -p out
	$(BIN)/seawall storm october-2025 --report out/october-2025.html
	$(BIN)/seawall storm jelly --report out/jelly.html

test: $(VENV)/tools
	SEAWALL_EXPECT=$(FLAVOUR) $(BIN)/pytest $(SIDE_BY_SIDE)
	SEAWALL_EXPECT=interpreted PYTHONPATH=src $(BIN)/pytest $(SIDE_BY_SIDE) $(ENGINE_TESTS)

check: $(VENV)/tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

tables: $(VENV)/installed
	$(BIN)/python docs/retake.py $(if $(DATA),--data '$(DATA)')

charts: $(VENV)/tools
	$(BIN)/python docs/october.py

# The peer that is measured beside is not needed: without it the table says so.
bench: $(VENV)/installed
	-$(PIP) 'seawall[bench]'
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The list of source files, rewritten only when a file comes or goes, so that this reinstalls too.
$(VENV)/files: files | $(BIN)/python
	@echo $(FILES) | cmp -s - $@ || echo $(FILES) > $@

$(VENV)/installed: $(FILES) $(VENV)/files | $(BIN)/python
	@echo "Installing Seawall with its engine compiled: about four minutes on two cores."
	rm -rf build
	$(PIP) .
	@touch $@

# The package is there already: this adds what the dev extra asks for besides.
$(VENV)/tools: $(VENV)/installed
	$(PIP) 'seawall[dev]'
	@touch $@
