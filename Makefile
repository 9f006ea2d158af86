# make lab: open the course.  make check: lint and the quick tests.  make test: every check.
# All make .venv first; all targets can be interrupted and run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FIRST = $(firstword $(sort $(wildcard notebooks/[0-9]*.ipynb)))
PYTEST := -m pytest -n 2 --dist loadgroup
OTHERS := colab oldest

.PHONY: lab install lint check test notebooks bench clean $(OTHERS)

lab: install
	@$(BIN)/jupyter lab --allow-root --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(LAB) $(FIRST)

install: $(VENV)/installed

# The stamp is written last: an interrupted install starts over at the next call, and pip keeps
# what it has downloaded.
$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "The course needs Python 3.11 or newer; PYTHON=... names another.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check

check: lint  # three at a time: many tests wait
	$(BIN)/python $(PYTEST) -n 3 -m "not slow" tests

test: lint
	$(BIN)/python $(PYTEST) --nbval-lax tests notebooks

notebooks: install
	$(BIN)/python notebooks/build.py

bench: install
	$(BIN)/python tests/bench.py

# The notebooks, and what draws, on Colab's old stack (ipywidgets 7, ipykernel 6, IPython 7) and
# on the oldest versions that the ranges allow, each in an environment of its own.
$(OTHERS): %: .venv-%/installed
	MOVES=brief .venv-$@/bin/python -m pytest -k "not another_run" \
	  tests/test_notebooks.py tests/test_picture.py

.venv-%/installed: tests/requirements-%.txt pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/pip install --quiet --requirement tests/requirements-$*.txt
	.venv-$*/bin/pip install --quiet --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(OTHERS:%=.venv-%)
