# Each chore is one word. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := 0.13.9

# Dozens of processes start with the same modules: they are compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-sqlite test-postgresql lint format bench docs assets messages shots clean

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(READY)

# Compiled catalogues and front-end packages are built, never committed.
messages: $(READY)
	$(BIN)/python tools/messages.py compile

assets: $(READY)
	$(BIN)/python tools/assets.py

# Everything, with realistic data, at a printed local address. CHECK=1: look that the pages answer, then stop.
demo: messages assets
	$(BIN)/chappe demo $(if $(CHECK),--check)

# The same suite on both databases. DB=sqlite or DB=postgresql runs one of them.
test: messages assets
	$(BIN)/python -m tests.support.run $(if $(DB),--db $(DB)) $(ARGS)

lint: messages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/house.py
	$(BIN)/python tools/messages.py check

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format src tests tools benchmarks

bench: $(READY)
	$(BIN)/python -m benchmarks $(ARGS)

docs: messages
	$(BIN)/python tools/reference.py

shots: messages assets
	$(BIN)/python tools/manual_shots.py

clean:
	rm -rf var build dist src/chappe/web/static/vendor
