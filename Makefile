# `make serve` and `make test` are all that a fresh machine needs.
export HOST ?= 127.0.0.1
export PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test faults hosts bench lock

serve: $(VENV)/base.stamp
	@$(BIN)/python manage.py serve

test: $(VENV)/dev.stamp
	@sh tests/run

# Sends forms through a failing network while processes are killed; SEED repeats a run.
faults: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.faults.run

# Two hosts on PostgreSQL, Redis and nginx: no double claim, restarts under load.
hosts: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.hosts.run

# Shares of a bare Django's throughput, in six minutes; BENCH_FLAGS=--docs keeps them,
# BENCH_SOAK_SECONDS=600 watches the memory for ten more.
bench: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.run $(BENCH_FLAGS)

# Rewrites both locks from the ranges in pyproject.toml; needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --all-extras -q -o requirements/base.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --all-extras -q -c requirements/base.txt --group dev -o requirements/dev.txt pyproject.toml

$(VENV)/base.stamp: requirements/base.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@ $(VENV)/base.stamp
