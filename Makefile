# The front door: `make help` lists every verb. Each is `python -m scripts.<verb>` underneath; add --help to learn more.
SETTINGS := A ADDRESS ARGS AT_ONCE B BASE BIND BLOCKS CACHE CLUSTER CONDITION CORES CPU_MS EXPECT FROM GIL_RELEASED HEAD ID \
  JSON LESSON MEMORY_MB MODELS ONLY OUTPUT PORT PROJECT PYTHON QUICK REPEAT RESUME RUN SEED TALK TASKS TASK_MB \
  THRESHOLD WAIT_MS WAIT_QUIET WATCH WORK
# A setting is what is typed after `make`: a shell's own PYTHON or CLUSTER is somebody else's, and is not passed on.
$(foreach name,$(SETTINGS),$(if $(findstring environment,$(origin $(name))),$(eval override $(name) :=)$(eval unexport $(name))))
# Nor may a shell's variables decide which Python is changed, how it runs, or what is installed. Those that say where
# packages are fetched from stay, since the lock's hashes decide what is accepted, and those that KEEP_ENV names.
FETCHING := $(addprefix PIP_,INDEX_URL EXTRA_INDEX_URL FIND_LINKS CERT CLIENT_CERT PROXY TRUSTED_HOST TIMEOUT DEFAULT_TIMEOUT \
  RETRIES CONFIG_FILE KEYRING_PROVIDER) $(addprefix UV_,INDEX_URL EXTRA_INDEX_URL DEFAULT_INDEX INDEX FIND_LINKS \
  INSECURE_HOST NATIVE_TLS SYSTEM_CERTS HTTP_TIMEOUT HTTP_RETRIES OFFLINE CONCURRENT_DOWNLOADS KEYRING_PROVIDER)
unexport $(filter-out $(FETCHING) $(KEEP_ENV),$(filter PYTHON% PIP_% UV_% PYTEST_% CONDA_% AIOHTTP_% MULTIDICT_% YARL_%, \
  $(.VARIABLES))) VIRTUAL_ENV MPLBACKEND MATPLOTLIBRC
# What the doctor says is left out.
LEFT_OUT := $(foreach name,$(filter PYTHON%,$(.VARIABLES)),$(if $(findstring environment,$(origin $(name))),$(name)))

# What the environment is made with: for `make matrix` and `make mine`, PYTHON is what to measure in.
HOST_PYTHON := $(or $(if $(filter matrix mine,$(MAKECMDGOALS)),,$(value PYTHON)),python3)
VENV := .venv
PY := $(VENV)/bin/python
UV := .tools/bin/uv
# What is downloaded and what libraries remember stays in this folder; the environments are links into it.
CACHE := $(or $(value CACHE),$(CURDIR)/.cache)
export OVERLAP_CACHE = $(CACHE)
export UV_CACHE_DIR = $(CACHE)/uv
export UV_LINK_MODE := hardlink
export MPLCONFIGDIR = $(CACHE)/matplotlib

# Every value reaches the shell in single quotes, whatever is in it.
quoted = '$(subst ','\'',$(value $(1)))'
option = $(if $(value $(2)),--$(1)=$(call quoted,$(2)))
MEASURE = $(call option,only,ONLY) $(call option,blocks,BLOCKS) $(call option,seed,SEED)
ELSEWHERE = $(call option,cluster,CLUSTER) $(call option,bind,BIND) $(call option,address,ADDRESS)
ADVISE = $(call option,tasks,TASKS) $(call option,wait-ms,WAIT_MS) $(call option,cpu-ms,CPU_MS) \
  $(call option,gil-released,GIL_RELEASED) $(call option,cores,CORES) $(call option,run,RUN) \
  $(call option,memory-mb,MEMORY_MB) $(call option,task-mb,TASK_MB) $(call option,at-once,AT_ONCE)
JUDGE = $(call option,talk,TALK) $(call option,output,OUTPUT) $(call option,run,RUN) $(call option,blocks,BLOCKS) $(call option,seed,SEED)
ONE_RUN = $(if $(value RUN),-- $(call quoted,RUN))

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F : '/^[a-z]+:.*## / { print $$1 }' $(firstword $(MAKEFILE_LIST)))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Variables: ONLY="http and asyncio"  BLOCKS=20  REPEAT=3  SEED=7  RUN=results/latest'
	@echo '             RESUME=results/runs/<id>  TALK=async_await (or yours.toml)  ID=network-io'
	@echo '             A=results/reference  B=results/latest'
	@echo '             WORK=path/to/file.py  EXPECT="asyncio at least 5x sequential"  MODELS="threads asyncio"'
	@echo '             CLUSTER=tcp://… (of dask, or of ray)  BIND=0.0.0.0 ADDRESS=<how its workers reach this machine>'
	@echo '             PYTHON=python3.13 (before the first call, or after make clean), or those of a matrix'

bench: $(VENV)/core ## measure, chart and answer: 10 blocks, with intervals
	@$(PY) -m scripts.bench $(MEASURE) $(ELSEWHERE) $(call option,repeat,REPEAT) $(call option,resume,RESUME)

quick: $(VENV)/core ## a few cells in 3 blocks: a first look, ranges only
	@$(PY) -m scripts.bench --quick $(MEASURE)

full: $(VENV)/full ## every experiment in 6 blocks, 4 more of what make bench measures, and where the time goes
	@$(PY) -m scripts.bench --full $(MEASURE) $(ELSEWHERE) $(call option,repeat,REPEAT)

matrix: $(VENV)/core ## the same cells under several Pythons, in turns (PYTHON="3.11 3.13 3.14t")
	@$(PY) -m scripts.matrix $(call option,python,PYTHON) $(MEASURE)

claims: $(VENV)/core ## a verdict for every claim of a talk (TALK=async_await, or your own file.toml)
	@$(PY) -m scripts.claims $(JUDGE)

claim: $(VENV)/core ## a verdict for one claim, in a minute (ID=network-io)
	@$(PY) -m scripts.claims --id=$(call quoted,ID) $(JUDGE)

mine: $(VENV)/core ## your own work under the models that fit (WORK=path/to/file.py)
	@$(PY) -m scripts.mine $(call option,models,MODELS) $(call option,expect,EXPECT) $(call option,json,JSON) $(call option,resume,RESUME) \
	  $(call option,blocks,BLOCKS) $(call option,seed,SEED) $(call option,python,PYTHON) $(if $(value QUICK),--quick) \
	  --project=$(call quoted,$(if $(value PROJECT),PROJECT,PWD)) -- $(call quoted,WORK)

ab: $(VENV)/core ## two revisions, or two versions of a library, of your work (BASE=main WORK=path/to/file.py)
	@$(PY) -m scripts.ab $(call option,base,BASE) $(call option,head,HEAD) $(call option,models,MODELS) $(call option,blocks,BLOCKS) \
	  $(call option,threshold,THRESHOLD) $(call option,wait-quiet,WAIT_QUIET) $(call option,json,JSON) $(call option,seed,SEED) -- $(call quoted,WORK)

share: $(VENV)/core ## one small file of a run and its verdicts, for make atlas (RUN=results/latest CONDITION="one core")
	@$(PY) -m scripts.share $(call option,condition,CONDITION) $(ONE_RUN)

atlas: $(VENV)/core ## claims over many machines, from shared files (FROM=folder WATCH=1)
	@$(PY) -m scripts.atlas $(if $(value WATCH),--watch) $(if $(value FROM),-- $(call quoted,FROM))

compare: $(VENV)/core ## two runs side by side (A=results/reference B=results/latest)
	@$(PY) -m scripts.compare $(call option,talk,TALK) -- $(if $(value A),$(call quoted,A),results/reference) $(if $(value B),$(call quoted,B),results/latest)

advise: $(VENV)/core ## which model for your work (TASKS=5000 WAIT_MS=200 CPU_MS=3 CORES=8, or RUN= of a make mine)
	@$(PY) -m scripts.advise $(ADVISE)

lesson: $(VENV)/core ## the pitfalls as short programs to run and read (LESSON=the_gil; without it a list)
	@$(PY) -m scripts.lesson $(if $(value LESSON),-- $(call quoted,LESSON))

charts: $(VENV)/core ## draw the charts of a run again (RUN=results/latest)
	@$(PY) -m scripts.charts $(ONE_RUN)

report: $(VENV)/core ## write report.html of a run again (RUN=results/latest)
	@$(PY) -m scripts.report $(ONE_RUN)

slides: $(VENV)/core ## a deck about a run: PDF, HTML, PPTX and pictures (RUN=results/latest ONLY=speedup,timeline)
	@$(PY) -m scripts.slides $(call option,only,ONLY) $(ONE_RUN)

why: $(VENV)/core ## where the time of cells goes (ONLY="network and threads and c50", or WORK=path/to/file.py)
	@$(PY) -m scripts.why $(call option,only,ONLY) $(call option,models,MODELS) $(call option,run,RUN) $(if $(value WORK),-- $(call quoted,WORK))

trace: $(VENV)/core ## when each task ran, for Perfetto to open (ONLY="scaling and asyncio")
	@$(PY) -m scripts.trace $(call option,only,ONLY) $(ONE_RUN)

race: $(VENV)/core ## watch the models race, live, on a page of your own (ARGS="--open --port 8000")
	@$(PY) -m scripts.race $(ARGS)

dev: $(VENV)/dev ## the same page while you work on it: reloads by itself (PORT=8000)
	@$(VENV)/bin/adev runserver scripts/site/app.py --app-factory dev_app --host 127.0.0.1 \
	  --port $(or $(PORT),8000) --static scripts/site/static

doctor: $(VENV)/core ## what this machine can and cannot establish
	@OVERLAP_LEFT_OUT="$(LEFT_OUT)" $(PY) -m scripts.doctor

models: $(VENV)/core ## every model: what it is, and whether it runs here or why not
	@$(PY) -m scripts.models

aa: $(VENV)/core ## the suite against itself: A/A controls, planted differences
	@$(PY) -m scripts.aa $(call option,blocks,BLOCKS) $(call option,seed,SEED)

selfbench: $(VENV)/core ## what the suite costs: harness, server, blocks, charts and report
	@$(PY) -m benchmarks.selfcheck.harness_overhead
	@$(PY) -m scripts.selfbench $(ONE_RUN)
	@$(PY) -m benchmarks.selfcheck.server_overhead

TORTURE := (quiet or long)
SIDE_BY_SIDE := -n auto -p no:benchmark
# Tests of real servers wait for a third of their time: three at a time on two cores, and never more than four.
WAITING := -n $$(cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores > 2 ? 4 : cores * 3 / 2))) --dist worksteal -p no:benchmark
test: lint ## format, lint, types, and every test that this machine can run
	@$(if $(ARGS),$(PY) -m pytest -q $(ARGS),$(PY) -m pytest -q -m "not real and not browser and not $(TORTURE)" $(SIDE_BY_SIDE) && \
	  $(PY) -m pytest -q -m "(real or browser) and not alone and not $(TORTURE)" $(WAITING) && \
	  $(PY) -m pytest -q -m "alone and not $(TORTURE)")

check: lint ## format, lint, types and the fast tests
	@$(PY) -m pytest -q -m "not real and not browser and not slow and not $(TORTURE)" $(SIDE_BY_SIDE)

docs: $(VENV)/dev ## the documentation as a site, in .cache/site
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "Open .cache/site/index.html"

lint: $(VENV)/dev ## format, lint and types
	@$(PY) -m ruff format --quiet --check . && $(PY) -m ruff check --quiet . && $(PY) -m mypy --no-error-summary

torture: $(VENV)/dev ## the long versions of the tests, and planted causes on a quiet machine
	@$(PY) -m scripts.torture && $(PY) -m pytest -q -m "$(TORTURE)"

reference: $(VENV)/core ## make a run the committed reference and renew the README (RUN=results/latest)
	@$(PY) -m scripts.reference $(ONE_RUN)

clean: ## remove the environment and caches; results stay
	rm -rf $(VENV) .venvs .tools .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: uv from a pinned wheel, then exactly what the lock says, hashes checked. Every call names its Python.
LOUD := $(if $(filter yes,$(shell test -t 2 && echo yes)),,-q)
INSTALL = $(UV) pip install $(LOUD) --python $(PY) --require-hashes -r
$(UV): requirements-uv.lock
	@$(HOST_PYTHON) -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "overlap: Python 3.11 or newer is needed, and $(HOST_PYTHON) is $$($(HOST_PYTHON) -V 2>&1). Next: make bench PYTHON=python3.13"; exit 2; }
	@$(HOST_PYTHON) -I -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "overlap: $(HOST_PYTHON) cannot make environments: it has no ensurepip. Next: apt-get install python3-venv, or PYTHON=another"; exit 3; }
	@echo "overlap: 1 of 3: fetching uv, which installs the rest (25 MB, once) ..." >&2
	@$(HOST_PYTHON) -I -m venv --clear .tools
	@.tools/bin/python -I -m pip install -q --no-user --disable-pip-version-check --cache-dir '$(CACHE)/pip' \
	  --require-hashes -r requirements-uv.lock
	@touch $@

# Of packages that no block imports, the bytecode is written when they are first used; that of all others exists before
# anything is timed. Nobody runs the tests of numpy, pandas, scipy and matplotlib here: 95 MB.
UNTIMED := /(fontTools|matplotlib|mpl_toolkits|pandas|pygments)/
UNTESTED := '(' $(foreach name,numpy pandas scipy matplotlib,-path '*/$(name)/*' -o) -false ')'
$(VENV)/core: requirements.lock $(UV)
	@echo "overlap: 2 of 3: fetching $$(grep -c '^[a-z].*==' requirements.lock) packages into $(VENV) (115 MB, once) ..." >&2
	@$(UV) venv -q --clear --no-project --python "$$(command -v $(HOST_PYTHON))" $(VENV)
	@$(UV) pip sync $(LOUD) --python $(PY) --require-hashes requirements.lock
	@find $(VENV)/lib -type d -name tests $(UNTESTED) -prune -exec rm -rf {} +
	@echo "overlap: 3 of 3: compiling ..." >&2
	@$(PY) -I -m compileall -qq -x '$(UNTIMED)' $(VENV)/lib || true
	@touch $@

$(VENV)/full: requirements-full.lock $(VENV)/core
	@echo "overlap: fetching what make full measures beside the core (130 MB, once) ..." >&2
	@$(INSTALL) requirements-full.lock --compile-bytecode
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/full
	@echo "overlap: fetching what the tests need (85 MB, once) ..." >&2
	@$(INSTALL) requirements-dev.lock --compile-bytecode
	@touch $@

# After changing the dependencies in pyproject.toml.
COMPILE := $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(UV) ## pin the dependencies of pyproject.toml again
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) --extra loops --extra clients --extra cluster --extra databases --extra frameworks --extra slides -c requirements.lock pyproject.toml -o requirements-full.lock
	@$(COMPILE) --extra dev -c requirements-full.lock pyproject.toml -o requirements-dev.lock
	@echo uv | $(COMPILE) - -o requirements-uv.lock
