# Two commands matter: `make demo` and `make test`. Both make .venv and install locked, hashed dependencies.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
UV := $(VENV)/lock/bin/uv
LOCK := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links --no-emit-index-annotation --quiet

PICTURES := activity booking-times free-stock wait lead-time releases coverage

.PHONY: demo test lint types contracts tests pictures accuracy bench endurance evidence lock docs dist clean

demo: $(VENV)/base.stamp
	$(BIN)/amtspuls demo

# mypy uses one core for a minute, and tests now and then wait: side by side they take less.
test: lint contracts
	$(MAKE) --no-print-directory -j 2 types tests

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/test.stamp
	$(BIN)/mypy

contracts: $(VENV)/test.stamp
	$(BIN)/lint-imports --no-logo

# Real weeks, killed processes, simulated offices, dozens of pictures and generated examples are many rounds of the
# same: tracing each line of them costs minutes and covers next to nothing that the other tests do not.
# Bytecode is kept whatever the surroundings say: workers and the processes of tests load the same modules often.
tests: export PYTHONDONTWRITEBYTECODE :=
tests: $(VENV)/test.stamp
	$(BIN)/pytest -n 2 --dist worksteal -m "(slow or property) and not live"
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term -m "not slow and not property and not live"

# The pictures of the documentation, from the town of the demo. SVG of the same archive is the same text.
pictures: $(VENV)/base.stamp
	$(BIN)/amtspuls demo --to build/town
	for name in $(PICTURES); do \
		$(BIN)/amtspuls plot $$name --archive build/town/archive --out docs/img/$$name.svg || exit 1; done

endurance: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks.reliability

evidence: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks.evidence

accuracy: $(VENV)/base.stamp
	$(BIN)/python -m benchmarks.accuracy

bench: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks

docs: $(VENV)/docs.stamp
	$(BIN)/mkdocs build --strict --quiet --site-dir site

# A wheel, installed into an empty environment, must be able to run the demo: catalogue, migrations and
# templates are in it, those of a new system too.
dist: $(VENV)/dist.stamp
	rm -rf dist $(VENV)/wheel-test
	$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	$(PYTHON) -m venv $(VENV)/wheel-test
	$(VENV)/wheel-test/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/base.txt
	$(VENV)/wheel-test/bin/python -m pip --quiet --disable-pip-version-check install --no-deps dist/*.whl
	cd dist && ../$(VENV)/wheel-test/bin/amtspuls demo --days 0.25 --to demo-of-the-wheel
	cd dist && ../$(VENV)/wheel-test/bin/amtspuls new-system termin_x >/dev/null
	@ls -l dist

lock: $(VENV)/made.stamp
	test -x $(UV) || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip --quiet install uv; }
	mkdir -p requirements
	$(LOCK) --group build --output-file requirements/base.txt
	$(LOCK) --group build --group test --output-file requirements/test.txt
	$(LOCK) --group build --group docs --output-file requirements/docs.txt
	$(LOCK) --group build --group dist --output-file requirements/dist.txt
	! grep -nE '^--|https?://|file:' requirements/*.txt

$(VENV)/made.stamp:
	PYTHON="$(PYTHON)" sh scripts/make-venv $(VENV)
	@touch $@

$(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(VENV)/made.stamp
	$(PIP) install --require-hashes -r $<
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) dist site build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
