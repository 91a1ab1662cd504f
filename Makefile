# The front door: `make help` lists every verb. Each is `python -m scripts.<verb>` underneath; add --help to learn more.
PYTHON ?= python3
# What the environment is made with: for `make matrix`, PYTHON is a list of those to measure beside it.
BASE := $(if $(filter matrix,$(MAKECMDGOALS)),python3,$(PYTHON))
VENV := .venv
PY := $(VENV)/bin/python
UV := .tools/bin/uv
# Bytecode must exist before anything is timed: without it every spawned worker compiles its imports anew.
export PYTHONDONTWRITEBYTECODE :=
export UV_LINK_MODE := copy
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

MEASURE = $(if $(ONLY),--only "$(ONLY)") $(if $(BLOCKS),--blocks $(BLOCKS)) $(if $(SEED),--seed $(SEED))
ELSEWHERE = $(if $(CLUSTER),--cluster "$(CLUSTER)") $(if $(BIND),--bind "$(BIND)") $(if $(ADDRESS),--address "$(ADDRESS)")
ADVISE = $(if $(TASKS),--tasks "$(TASKS)") $(if $(WAIT_MS),--wait-ms "$(WAIT_MS)") $(if $(CPU_MS),--cpu-ms "$(CPU_MS)") \
  $(if $(GIL_RELEASED),--gil-released "$(GIL_RELEASED)") $(if $(CORES),--cores "$(CORES)") $(if $(RUN),--run "$(RUN)") \
  $(if $(MEMORY_MB),--memory-mb "$(MEMORY_MB)") $(if $(TASK_MB),--task-mb "$(TASK_MB)") $(if $(AT_ONCE),--at-once "$(AT_ONCE)")
JUDGE = $(if $(TALK),--talk "$(TALK)") $(if $(RUN),--run $(RUN)) $(if $(BLOCKS),--blocks $(BLOCKS)) $(if $(SEED),--seed $(SEED))

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F : '/^[a-z]+:.*## / { print $$1 }' $(firstword $(MAKEFILE_LIST)))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Variables: ONLY="http and asyncio"  BLOCKS=20  SEED=7  RUN=results/latest  RESUME=results/runs/<id>'
	@echo '             TALK=async_await (or yours.toml)  ID=network-io  A=results/reference  B=results/latest'
	@echo '             WORK=path/to/file.py  EXPECT="asyncio at least 5x sequential"  MODELS="threads asyncio"'
	@echo '             CLUSTER=tcp://… (of dask, or of ray)  BIND=0.0.0.0 ADDRESS=<how its workers reach this machine>'
	@echo '             PYTHON=python3.13 (before the first call, or after make clean), or those of a matrix'

bench: $(VENV)/core ## measure, chart and answer: 10 blocks, with intervals
	@$(PY) -m scripts.bench $(MEASURE) $(ELSEWHERE) $(if $(RESUME),--resume $(RESUME))

quick: $(VENV)/core ## a few leading cells in 3 blocks: a first look, ranges only
	@$(PY) -m scripts.bench --quick $(MEASURE)

full: $(VENV)/full ## every experiment, those of the claims included
	@$(PY) -m scripts.bench --full $(MEASURE) $(ELSEWHERE)

matrix: $(VENV)/core ## the same under several Pythons, in turns (PYTHON="3.11 3.13 3.14t")
	@$(PY) -m scripts.matrix --python "$(PYTHON)" $(MEASURE)

claims: $(VENV)/core ## a verdict for every claim of a talk (TALK=async_await, or your own file.toml)
	@$(PY) -m scripts.claims $(JUDGE)

claim: $(VENV)/core ## a verdict for one claim, in a minute (ID=network-io)
	@$(PY) -m scripts.claims --id "$(ID)" $(JUDGE)

mine: $(VENV)/core ## your own work under every model that can run it (WORK=path/to/file.py)
	@$(PY) -m scripts.mine "$(WORK)" --models "$(MODELS)" --expect "$(EXPECT)" $(if $(JSON),--json "$(JSON)") $(if $(RESUME),--resume $(RESUME)) $(if $(BLOCKS),--blocks $(BLOCKS)) $(if $(SEED),--seed $(SEED))

compare: $(VENV)/core ## two runs side by side (A=results/reference B=results/latest)
	@$(PY) -m scripts.compare $(or $(A),results/reference) $(or $(B),results/latest) $(if $(TALK),--talk "$(TALK)")

advise: $(VENV)/core ## which model for your work (TASKS=5000 WAIT_MS=200 CPU_MS=3 CORES=8, or RUN= of a make mine)
	@$(PY) -m scripts.advise $(ADVISE)

lesson: $(VENV)/core ## the pitfalls as short programs to run and read (LESSON=the_gil; without it a list)
	@$(PY) -m scripts.lesson $(LESSON)

charts: $(VENV)/core ## draw the charts of a run again (RUN=results/latest)
	@$(PY) -m scripts.charts $(RUN)

report: $(VENV)/core ## write report.html of a run again (RUN=results/latest)
	@$(PY) -m scripts.report $(RUN)

slides: $(VENV)/core ## a deck about a run: PDF and 1920 x 1080 pictures, light and dark (RUN=results/latest)
	@$(PY) -m scripts.slides $(RUN)

trace: $(VENV)/core ## when each task ran, for Perfetto to open (ONLY="scaling and asyncio")
	@$(PY) -m scripts.trace $(RUN) $(if $(ONLY),--only "$(ONLY)")

race: $(VENV)/core ## watch the models race, live, on a page of your own (ARGS="--open --port 8000")
	@$(PY) -m scripts.race $(ARGS)

dev: $(VENV)/dev ## the same page while you work on it: reloads by itself (PORT=8000)
	@$(VENV)/bin/adev runserver scripts/site/app.py --app-factory dev_app --host 127.0.0.1 \
	  --port $(or $(PORT),8000) --static scripts/site/static

doctor: $(VENV)/core ## what this machine can and cannot establish
	@$(PY) -m scripts.doctor

models: $(VENV)/core ## every model: what it is, and whether it runs here or why not
	@$(PY) -m scripts.models

aa: $(VENV)/core ## the suite against itself: identical twins, planted differences
	@$(PY) -m scripts.aa $(if $(BLOCKS),--blocks $(BLOCKS)) $(if $(SEED),--seed $(SEED))

selfbench: $(VENV)/core ## what the suite costs: harness, server, blocks, charts and report
	@$(PY) -m benchmarks.selfcheck.harness_overhead
	@$(PY) -m scripts.selfbench $(RUN)
	@$(PY) -m benchmarks.selfcheck.server_overhead

SIDE_BY_SIDE := -n auto -p no:benchmark
test: $(VENV)/dev ## every test that this machine can run
	@$(if $(ARGS),,$(PY) -m pytest -q -m "not real and not browser" $(SIDE_BY_SIDE) &&) $(PY) -m pytest -q $(or $(ARGS),-m "real or browser")

check: lint ## format, lint, types and the fast tests
	@$(PY) -m pytest -q -m "not real and not browser and not slow" $(SIDE_BY_SIDE)

lint: $(VENV)/dev ## format, lint and types
	@$(PY) -m ruff format --quiet --check . && $(PY) -m ruff check --quiet . && $(PY) -m mypy --no-error-summary

torture: $(VENV)/dev ## the long versions of the fault tests: 100 kills, 1,000 corruptions
	@$(PY) -m scripts.torture

reference: $(VENV)/core ## make a run the committed reference and renew the README (RUN=results/latest)
	@$(PY) -m scripts.reference $(RUN)

clean: ## remove the environment and caches; results stay
	rm -rf $(VENV) .venvs .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: uv from a pinned wheel, then exactly what the lock says, hashes checked.
$(UV): requirements-uv.lock
	@$(BASE) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "overlap: Python 3.11 or newer is needed, and $(BASE) is $$($(BASE) -V 2>&1). Next: make bench PYTHON=python3.13"; exit 2; }
	@echo "overlap: setting up .tools and $(VENV) (once) ..."
	@$(BASE) -m venv --clear .tools
	@.tools/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

$(VENV)/core: requirements.lock $(UV)
	@$(UV) venv -q --clear --no-project --python "$$(command -v $(BASE))" $(VENV)
	@$(UV) pip sync -q --require-hashes --compile-bytecode requirements.lock
	@touch $@

$(VENV)/full: requirements-full.lock $(VENV)/core
	@$(UV) pip install -q --require-hashes --compile-bytecode -r requirements-full.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/full
	@$(UV) pip install -q --require-hashes --compile-bytecode -r requirements-dev.lock
	@touch $@

# After changing the dependencies in pyproject.toml.
COMPILE := $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(UV) ## pin the dependencies of pyproject.toml again
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) --extra loops --extra clients --extra cluster --extra databases --extra frameworks -c requirements.lock pyproject.toml -o requirements-full.lock
	@$(COMPILE) --extra dev -c requirements-full.lock pyproject.toml -o requirements-dev.lock
	@echo uv | $(COMPILE) - -o requirements-uv.lock
