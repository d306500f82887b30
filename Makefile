# Everything sets itself up: a virtual environment in .venv with the locked requirements.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test serve lint bench prove lock clean

demo: .venv/runtime
	$(BIN)/ml-connector demo $(if $(KEEP),--keep)

serve: .venv/runtime
	$(BIN)/ml-connector demo --keep

test: .venv/dev
	$(BIN)/pytest tests --ignore tests/crash --ignore tests/specs --ignore tests/demo -n 3 --dist loadfile --no-loadscope-reorder --timeout 300
	$(BIN)/pytest tests/crash --timeout 1200

prove: .venv/dev
	$(BIN)/pytest tests/crash --timeout 3000

lint: .venv/dev
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	DATABASE_URL=postgresql:///none $(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	$(BIN)/python bench/run.py

# Anew after a change of pyproject.toml; needs uv.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements/dev.txt

.venv/runtime: requirements/runtime.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

.venv/dev: requirements/dev.txt .venv/runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

clean:
	rm -rf .venv build src/*.egg-info
