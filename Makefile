# Everything a fresh machine needs, with only Python, pip, make and apt present.
# make run      the dashboard on a sample history          make test    all tests
# make check    linter, formatter, types                   make samples the sample histories, made anew
# make bench    measurements                               make campaign the long tests
# make docs     the documentation site                     make screenshots  pictures of every page

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
FILE ?= sample_states/momentum_outgrows_its_market.jsonl.gz
ARGS ?=

.PHONY: example run test check samples screenshots bench campaign docs clean

run: $(VENV)/.installed
	@$(BIN)/alpha-model open $(FILE) $(ARGS)

test: $(VENV)/.installed-dev
	@CHROMIUM="$$(sh tests/browser/find_chromium.sh $(BIN)/python)" && export CHROMIUM && $(BIN)/pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

samples: $(VENV)/.installed-dev
	$(BIN)/python sample_states/make_samples.py

screenshots: $(VENV)/.installed-dev
	@CHROMIUM="$$(sh tests/browser/find_chromium.sh $(BIN)/python)" && export CHROMIUM && $(BIN)/python tests/browser/screenshots.py $(ARGS)

example: $(VENV)/.installed-dev
	$(BIN)/python examples/momentum.py

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/bench_model.py
	$(BIN)/python benchmarks/bench_audit.py
	$(BIN)/python benchmarks/bench_metrics.py
	$(BIN)/python benchmarks/bench_recording.py
	$(BIN)/python benchmarks/bench_store.py
	$(BIN)/python benchmarks/bench_analysis.py
	$(BIN)/python benchmarks/bench_following.py
	@CHROMIUM="$$(sh tests/browser/find_chromium.sh $(BIN)/python)" && export CHROMIUM && $(BIN)/python benchmarks/bench_browser.py
	$(BIN)/python benchmarks/bench_sessions.py
	$(BIN)/python benchmarks/bench_reading.py

campaign: $(VENV)/.installed-dev
	$(BIN)/python campaigns/crash.py
	$(BIN)/python campaigns/differential.py
	$(BIN)/python campaigns/mutations.py
	$(BIN)/python campaigns/fuzz.py
	$(BIN)/python campaigns/read_sentences.py

docs: $(VENV)/.installed-dev
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) test-output .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Debian's Python comes without ensurepip, hence the second way.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version)'
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing the dashboard, which takes a minute the first time"
	@$(INSTALL) '.[dashboard,remote,sql]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing what the tests need, which takes two minutes the first time"
	@$(INSTALL) '.[dashboard,remote,sql,dev]'
	@touch $@ $(VENV)/.installed
