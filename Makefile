# The only entry points. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
EGGS := dist
unexport PYTHONDONTWRITEBYTECODE  # where it is set, every start of Python compiles everything anew

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check fix recordings bench bench-long proof chaos lint-rules docs screenshots egg lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Install everything into .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m crawlers.browser.setup
	@$(BIN)/python -m crawlers.analysis.setup
	@touch $@

demo: setup ## Crawl stand-in sites into the embedded database and show what was stored
	@$(BIN)/python -m tests.demo

serve: setup ## Start database, dispatcher, dashboard and API until Ctrl-C; over the demo's data at first
	@$(BIN)/python -m tests.serve

test: setup ## Run every test, against real services that the tests start
	$(BIN)/python -m pytest --numprocesses auto

check: setup ## Format, lint, types, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

fix: setup ## Repair what can be repaired by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

recordings: setup ## Read real payloads: make recordings RECORDINGS=<folder>
	@test -n "$(RECORDINGS)" || { echo "make recordings needs a folder: make recordings RECORDINGS=<folder>"; exit 1; }
	@test -d "$(RECORDINGS)" || { echo "make recordings: no folder $(RECORDINGS)"; exit 1; }
	$(BIN)/python -m pytest tests/recordings --recordings "$(RECORDINGS)" -q

bench: setup ## Compare with peers, under 15 minutes; writes benchmarks/results.md
	$(BIN)/python -m benchmarks

bench-long: setup ## The benchmarks that take longer, once each
	$(BIN)/python -m benchmarks --long

proof: setup ## Serial turns under 200 faults and 10,000 requests, 300 pages in a browser
	$(BIN)/python -m pytest -m slow
	$(BIN)/python -m benchmarks.serial_faults --requests 10000 --faults 200

chaos: setup ## Storms over 50,000 pages, kills of every source; writes docs/chaos.md, docs/kills.md
	$(BIN)/python -m tests.chaos.sources
	$(BIN)/python -m tests.chaos

lint-rules: ## Let Prometheus' own tool check and test the alert rules; it must be installed
	@command -v promtool > /dev/null || { echo "promtool is needed: apt-get install prometheus, or its release"; exit 1; }
	promtool check rules --lint-fatal deploy/monitoring/alerts.yml
	promtool test rules tests/metrics/rules.yml

docs: setup ## Generate docs/sources.md, docs/tables.md and docs/routes.md
	$(BIN)/python -m docs.generate

screenshots: setup ## Show the demo's data in a browser; writes docs/screenshots
	$(BIN)/python -m docs.screenshots

egg: setup ## Build dist/crawlers.egg, for a Scrapyd
	@# Without what an earlier build left, which would go into the egg as well.
	@rm -rf $(EGGS)/build $(EGGS)/crawlers.egg && mkdir -p $(EGGS)
	@$(BIN)/python -W ignore -c 'import setuptools; setuptools.setup()' --quiet \
		build --build-base $(EGGS)/build egg_info --egg-base $(EGGS) \
		bdist_egg --bdist-dir $(EGGS)/build/files --dist-dir $(EGGS)/build
	@mv $(EGGS)/build/*.egg $(EGGS)/crawlers.egg && rm -r $(EGGS)/build $(EGGS)/*.egg-info

lock: setup ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --all-extras --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --python-version 3.11 --output-file requirements.lock pyproject.toml

clean: ## Remove the environment, the local data and every cache
	@# As root the database lives elsewhere, and .crawlers has a link to it.
	@test ! -x $(BIN)/python || $(BIN)/python -m crawlers.storage.embedded .crawlers .crawlers/demo
	rm -rf .venv .crawlers build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
