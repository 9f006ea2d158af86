# make lab: open the course.  make test: run every check.  Both make .venv first; all targets can be run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLD := .venv-colab
FIRST = $(firstword $(sort $(wildcard notebooks/[0-9]*.ipynb)))

.PHONY: lab install test notebooks bench colab clean

lab: install
	@$(BIN)/jupyter lab --allow-root --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(LAB) $(FIRST)

install: $(VENV)/installed

# The stamp is written last: an interrupted install starts over at the next call, and pip keeps what it has downloaded.
$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer; PYTHON=... names another.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

test: install
	$(BIN)/python -m pytest --nbval-lax tests notebooks

notebooks: install
	$(BIN)/python notebooks/build.py

bench: install
	$(BIN)/python tests/bench.py

# Colab's old stack (ipywidgets 7, ipykernel 6, IPython 7) in a second environment.
colab: $(OLD)/installed
	$(OLD)/bin/python -m pytest tests/test_notebooks.py

$(OLD)/installed: tests/requirements-colab.txt pyproject.toml
	$(PYTHON) -m venv $(OLD)
	$(OLD)/bin/pip install --quiet --requirement tests/requirements-colab.txt
	$(OLD)/bin/pip install --quiet --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(OLD)
