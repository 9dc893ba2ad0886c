# Two commands on a fresh machine with Python 3.11 or later: `make nightly` and `make test`.
# Everything is set up in .venv/ from the locked requirements; the second time takes seconds.

SHELL := /bin/sh
BIN := .venv/bin
HOME_FOLDER := $(if $(wildcard company),company,demo)
DEEP_TOPICS := truths nights past kills blows rebuild servers browser spark

# Without bytecode every start is two to five times slower.
unexport PYTHONDONTWRITEBYTECODE
# Nothing here reports home; on a closed network it would be dead time.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

.PHONY: help nightly test test-deep test-python serve lint docs bench lock audit setup clean

help:
	@echo "make nightly          set up, then run the night on company/ if there is one, else on demo/"
	@echo "make test             set up, then run the tests"
	@echo "make test-deep TOPIC  long tests of one topic: $(DEEP_TOPICS)"
	@echo "make test-python      the tests and a night on another Python (PYTHON=python3.13, VERSIONS=newest, TESTS=tests/unit)"
	@echo "make serve            Dagster UI on the same company, on this machine only"
	@echo "make lint             ruff, mypy and sqlfluff"
	@echo "make bench SIZE       measure the night at a size (S, M/10, M) and write benchmarks/RESULTS.md"
	@echo "make docs             write the generated pages anew: dictionary, checks, rules, company schema"
	@echo "make lock             write requirements*.txt anew from pyproject.toml (UPGRADE=1: newest versions)"
	@echo "make audit            compare the locked packages with published advisories (needs a network)"
	@echo "make clean            remove .venv, .venv-spark and caches; company/ and demo/ stay"

nightly: .venv/runtime.stamp
	@sh scripts/ensure_company.sh "$(HOME_FOLDER)"
	@$(BIN)/gapwise nightly --home "$(HOME_FOLDER)"

serve: .venv/runtime.stamp
	@sh scripts/ensure_company.sh "$(HOME_FOLDER)"
	@$(BIN)/gapwise serve --home "$(HOME_FOLDER)"

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n 2 -m "not deep"

# Environments of their own beside .venv; docs/reports/pythons.md keeps what was seen.
VERSIONS ?= locked
TESTS ?= tests
test-python:
	@sh scripts/test_python.sh "$(or $(PYTHON),python3)" "$(VERSIONS)" $(TESTS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy pipelines
	$(BIN)/sqlfluff lint --processes 1 --disable-progress-bar dbt_project/models dbt_project/tests

docs: .venv/dev.stamp
	@PYTHONPATH=. $(BIN)/python scripts/write_docs.py

SIZE ?= S
bench: .venv/dev.stamp
	@$(BIN)/python -m benchmarks run "$(SIZE)"

setup: .venv/dev.stamp

# A stamp in a .venv that was moved, or whose Python has gone, stands for nothing.
ifneq ($(shell .venv/bin/python -c "" 2>/dev/null && { [ -L .venv ] || [ "$$(cat .venv/made-in 2>/dev/null)" = "$$(pwd)" ]; } && echo works),works)
.PHONY: .venv/runtime.stamp .venv/dev.stamp
endif

.venv/runtime.stamp: requirements.txt pyproject.toml scripts/set_up.sh
	@sh scripts/set_up.sh requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt pyproject.toml scripts/set_up.sh
	@sh scripts/set_up.sh requirements-dev.txt
	@touch .venv/runtime.stamp $@

# Spark's environment stands apart: what is installed beside a night is imported by it, every night.
ifneq ($(shell .venv-spark/bin/python -c "" 2>/dev/null && [ "$$(cat .venv-spark/made-in 2>/dev/null)" = "$$(pwd)" ] && echo works),works)
.PHONY: .venv-spark/spark.stamp
endif

.venv-spark/spark.stamp: requirements-spark.txt pyproject.toml scripts/set_up.sh scripts/set_up_java.sh
	@sh scripts/set_up_java.sh
	@sh scripts/set_up.sh requirements-spark.txt .venv-spark
	@touch $@

lock:
	@sh scripts/lock.sh $(if $(UPGRADE),--upgrade)

# A package of its own, outside the lock: what judges the lock is not part of it.
audit:
	@sh scripts/audit.sh

# The caches of the tools and the build, never what a company keeps.
clean:
	rm -rf .venv .venv-spark build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	rm -rf dbt_project/target dbt_project/logs dbt_project/dbt_packages
	find pipelines tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# `make test-deep nights` and `make test-deep TOPIC=nights` are the same: under this goal a topic is
# an argument, not something to build.
ifneq ($(filter test-deep,$(MAKECMDGOALS)),)
TOPIC ?= $(filter-out test-deep,$(MAKECMDGOALS))
.PHONY: $(DEEP_TOPICS)
$(DEEP_TOPICS):
	@:
endif

test-deep: $(if $(filter spark,$(TOPIC)),.venv-spark/spark.stamp,.venv/dev.stamp)
	@sh scripts/test_deep.sh "$(strip $(TOPIC))" $(DEEP_TOPICS)
