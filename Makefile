# One place for every command of the README. A fresh machine needs Python 3.11 or newer, make and git.
PYTHON ?= python3
PORT ?= 8001
VENV ?= .venv
# In a folder of its own: Spark is larger than all the rest.
SPARK := .venv-spark
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run serve dev test spark coverage lint contracts lock sbom bench sample screenshots clean

run: $(VENV)/run.stamp ## the main job on the bundled sample, offline
	@$(BIN)/regiokompas run --from sample

serve: $(VENV)/run.stamp ## the current release on http://127.0.0.1:$(PORT)
	@$(BIN)/regiokompas serve --port $(PORT)

dev: $(VENV)/run.stamp ## the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/regiokompas dev --port 3000

test: $(VENV)/dev.stamp $(VENV)/dask.stamp ## every test
	@$(BIN)/python -m pytest

spark: $(SPARK)/run.stamp $(VENV)/dev.stamp ## every table of the sample on DuckDB and on Spark, compared; needs Java
	@$(BIN)/python -m pytest tests/pipeline/test_spark.py

coverage: $(VENV)/dev.stamp ## what the tests of parts reach, which may not become less
	$(BIN)/python -m coverage run -m pytest tests/unit --numprocesses=0
	$(BIN)/python -m coverage report

lint: $(VENV)/dev.stamp ## ruff, mypy --strict, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

contracts: $(VENV)/run.stamp ## the columns of the wide tables, after a change of the indicators or themes
	@$(BIN)/python -m pipelines.indicators.wide_marts

sample: $(VENV)/dev.stamp ## makes the bundled sample anew, byte for byte the same
	$(BIN)/python -m pipelines.sample.make_sample

screenshots: $(VENV)/dev.stamp run ## the pictures in docs and, in screenshots, of every kind of page, from the sample
	@$(BIN)/python tools/make_pictures.py

lock: ## resolves the dependencies anew; needs uv
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-strip-extras pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-strip-extras --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-strip-extras --extra spark -c requirements.lock pyproject.toml -o requirements-spark.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-strip-extras --extra dask -c requirements.lock pyproject.toml \
	  $$(sed -nE '/win32/d; s/^([a-z0-9._-]+).*==.*/--no-emit-package \1/p' requirements.lock) -o requirements-dask.lock

bench: $(VENV)/dev.stamp run ## how fast it is, beside what people would use instead; writes docs/performance.md
	@$(BIN)/python -m benchmarks.everything

sbom: $(VENV)/dev.stamp ## what the software is made of, with hashes and licences, as CycloneDX in sbom.cdx.json
	@$(BIN)/python -m tools.make_sbom

clean: ## removes the environment and everything that was built; landed data stays
	rm -rf $(VENV) $(SPARK) data/build data/dagster

%/bin/pip:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("regiokompas needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $*

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(SPARK)/run.stamp: requirements-spark.lock pyproject.toml | $(SPARK)/bin/pip
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp

# Beside the environment and not in it: pandas, which comes with it, would be loaded by every run.
$(VENV)/dask.stamp: requirements-dask.lock $(VENV)/run.stamp
	rm -rf $(VENV)/dask
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(VENV)/dask -r requirements-dask.lock
	@touch $@
