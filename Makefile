# Needs Python 3.11 and make; everything else is put into .tools/ and .venv/ on first use (tools/bootstrap.sh).
#   make PYTHON=/path/to/python3.11 ...    which Python to use
#   make UV=/path/to/uv ...                which uv to use

PYTHON ?=
UV ?=
export PYTHON UV

BIN := .venv/bin
BOOTSTRAP := @tools/bootstrap.sh
EXTRAS := $(if $(filter 1,$(REGULARS_REQUIRE_SPARK)),spark) $(if $(filter 1,$(REGULARS_REQUIRE_POSTGRES)),postgres) \
	$(if $(filter 1,$(REGULARS_REQUIRE_DASK)),dask)

.DEFAULT_GOAL := help
.PHONY: help report test lab check bench notebooks messages env map setup clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

report: ## make the reports of CDNOW, the Complete Journey and the demo company; then open reports/index.html
	$(BOOTSTRAP) grocery
	$(BIN)/regulars run params/cdnow.yml params/grocery.yml params/demo.yml params/demo_zh.yml

test: ## run the tests side by side, every notebook against its outputs; REGULARS_SLOW=1 for all
	$(BOOTSTRAP) dev grocery $(EXTRAS)
	$(BIN)/pytest -n auto

lab: ## open JupyterLab on the notebooks
	$(BOOTSTRAP) grocery
	$(BIN)/jupyter lab notebooks

check: ## lint, format, types, translations, and the form of the notebooks and their outputs; changes nothing
	$(BOOTSTRAP) dev grocery
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/messages.py --check
	$(BIN)/pytest --quiet tests/repository/test_notebooks.py

bench: ## measure speed and memory against what one would use otherwise (minutes; wants an idle machine)
	$(BOOTSTRAP) dev grocery
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

notebooks: ## run the notebooks on their defaults and write their text outputs again, to be committed
	$(BOOTSTRAP) dev grocery
	$(BIN)/python tools/notebooks.py

messages: ## collect what pages say into the catalogues of other languages, to be translated
	$(BOOTSTRAP) dev grocery
	$(BIN)/python tools/messages.py

env: ## write environment.yml again from pyproject.toml and uv.lock, for those who use conda
	$(BOOTSTRAP) dev grocery
	$(BIN)/python tools/environment.py

map: ## write docs/ARCHITECTURE.md again, the map of all files, from the first sentences of the modules
	$(BOOTSTRAP) dev grocery
	$(BIN)/python tools/architecture.py

setup: ## make ready for development: everything installed, `make check` before each commit
	$(BOOTSTRAP) dev grocery dask postgres spark
	$(BIN)/pre-commit install

clean: ## remove .venv, .tools and caches; reports and data stay
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache build dist spark-warehouse
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
