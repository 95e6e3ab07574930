PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: quickstart demo docs test clean

quickstart: $(VENV)/train
	$(BIN)/seq2edge quickstart

demo: $(VENV)/demo
	$(BIN)/seq2edge demo

docs: $(VENV)/docs
	$(BIN)/pip install --quiet --no-deps --editable .
	$(BIN)/sphinx-build -W --keep-going -b html docs build/site
	$(BIN)/sphinx-build -W --keep-going -q -b linkcheck docs build/linkcheck

test: $(VENV)/dev
	$(BIN)/pip install --quiet --no-deps --editable .
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/pytest --numprocesses 2 --dist worksteal

# A stamp for each extra: installing again is only needed when the dependencies change. The editable install is a
# tree of links, so files that came since need a new one; it takes a second.
$(VENV)/train $(VENV)/demo $(VENV)/docs $(VENV)/dev: $(VENV)/%: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info runs bundles
