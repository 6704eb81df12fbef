# The commands of daily work. Everything uses .venv in this folder; `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := build/dev
JOBS ?= 2
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export OMP_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One build at a time in a tree, however many terminals ask for one.
LOCK := mkdir -p build && exec 9>build/.lock && flock 9
BUILD_TOOLS := scikit-build-core pybind11 cmake ninja
EDITABLE := --no-build-isolation --config-settings=build-dir=$(BUILD) \
	--config-settings=cmake.define.RACER_BUILD_TESTS=ON
# What an editable install fixes: settings and the set of packages. Any change here reinstalls.
FINGERPRINT = cat pyproject.toml CMakeLists.txt <(find racer viewer tools -name __init__.py | sort) | cksum

.PHONY: help demo test test-slow integrations test-cpp lint tidy format stubs determinism bench peers sanitize fuzz setup \
	build wheel clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: build  ## train an agent for three minutes, evaluate it, draw its laps
	$(BIN)/python -m racer.tools.demo

test: build test-cpp  ## C++ tests, then Python tests
	$(BIN)/python -m pytest -q -n $(JOBS)

test-slow: build  ## the tests that `make test` leaves out
	$(BIN)/python -m pytest -q -m slow

# Frameworks in venvs of their own over .venv. RLlib has a Gymnasium of its own choice.
INTEGRATIONS := build/integrations
RLLIB_PINS := $(INTEGRATIONS)/rllib.txt
integrations: build $(INTEGRATIONS)/.installed  ## the programs of docs/integrations.md, framework by framework
	$(BIN)/python -m pytest -q -m integrations

$(INTEGRATIONS)/.installed: constraints.txt Makefile
	@mkdir -p $(INTEGRATIONS)
	@grep -v '^gymnasium==' constraints.txt > $(RLLIB_PINS)
	@for name in torch rllib; do \
	    test -x $(INTEGRATIONS)/$$name/bin/python || $(PYTHON) -m venv $(INTEGRATIONS)/$$name; \
	    $(INTEGRATIONS)/$$name/bin/python -c "import sysconfig; from pathlib import Path; \
	        base = '$(CURDIR)/$(VENV)/lib/python%s/site-packages' % sysconfig.get_python_version(); \
	        Path(sysconfig.get_path('purelib'), 'base.pth').write_text( \
	        f'import site; site.addsitedir({base!r})')"; \
	done
	@$(INTEGRATIONS)/torch/bin/pip install -q -c constraints.txt torchrl skrl rl-zoo3 'minari[hdf5,create]'
	@$(INTEGRATIONS)/rllib/bin/pip install -q -c $(RLLIB_PINS) 'ray[rllib]' tianshou
	@touch $@

test-cpp: build  ## C++ tests alone
	@$(LOCK) && $(BIN)/cmake --build $(BUILD) --target racer_tests
	$(BIN)/ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

determinism: build  ## the golden hashes over compilers, levels, instruction sets, ARM64
	$(BIN)/python -m racer.tools.determinism

bench: build  ## measure the engine, the environments and training
	$(BIN)/racer bench

# The peers of `racer bench peers`, in a venv of their own; their wheels need nothing of the system.
PEERS := build/peers
peers: $(PEERS)/.installed  ## install the simulators that `racer bench peers` compares with

$(PEERS)/.installed: tools/bench/peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install -q -r $<
	@touch $@

# Car-ticks of the fuzzer under the sanitizers (minutes) and without (ten minutes on two cores).
SANITIZE_TICKS ?= 1e7
TICKS ?= 1e9
# $(call fuzz,BUILD FOLDER,CAR-TICKS): half of them on each of two cores, with a seed of its own.
fuzz = half=$$($(PYTHON) -c 'print(float("$(2)") / 2)'); seed=$$(date +%s); \
	$(1)/test_fuzz $$half $$seed & first=$$!; \
	$(1)/test_fuzz $$half $$((seed + 1)); wait $$first

sanitize: setup  ## the C++ tests and the fuzzer under ASan and UBSan, the threads under TSan
	@$(LOCK) && $(BIN)/cmake --preset asan-ubsan >/dev/null && $(BIN)/cmake --build --preset asan-ubsan
	@$(LOCK) && $(BIN)/cmake --preset tsan >/dev/null && \
	    $(BIN)/cmake --build --preset tsan --target test_determinism
	$(BIN)/ctest --preset asan-ubsan -E 'test_fuzz|test_determinism'
	build/asan-ubsan/test_determinism --threads 20
	build/tsan/test_determinism --threads 20
	@$(call fuzz,build/asan-ubsan,$(SANITIZE_TICKS))

fuzz: build  ## drive TICKS car-ticks (default 1e9) of nonsense on both cores, each with its own seed
	@$(LOCK) && $(BIN)/cmake --build $(BUILD) --target test_fuzz
	@$(call fuzz,$(BUILD),$(TICKS))

setup: $(VENV)/.installed  ## create .venv and install the tested versions of everything

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Racer needs Python 3.10 or newer")'
	@$(LOCK) && test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(LOCK) && $(BIN)/python -m pip install -q -c constraints.txt $(BUILD_TOOLS)
	@$(LOCK) && $(BIN)/python -m pip install -q -c constraints.txt $(EDITABLE) -e '.[all,dev]'
	@$(FINGERPRINT) > $(BUILD)/.fingerprint
	@touch $@

build: setup  ## rebuild the extension after a change to C++ code
	@$(LOCK); \
	if [ -f $(BUILD)/CMakeCache.txt ] && [ "$$(cat $(BUILD)/.fingerprint 2>/dev/null)" = "$$($(FINGERPRINT))" ]; then \
	    $(BIN)/cmake --build $(BUILD) >$(BUILD)/.log 2>&1 || { cat $(BUILD)/.log; exit 1; }; \
	    grep -E 'warning|\[[0-9]+/' $(BUILD)/.log || true; \
	    $(BIN)/cmake --install $(BUILD) --strip \
	        --prefix "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" >/dev/null; \
	else \
	    $(BIN)/python -m pip install -q --no-deps $(EDITABLE) -e .; \
	    $(FINGERPRINT) > $(BUILD)/.fingerprint; \
	fi

# mypy sees the package as it is installed: viewer and tools inside racer.
TYPED := build/typed
lint: setup  ## ruff, mypy, clang-format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@rm -rf $(TYPED) && mkdir -p $(TYPED)/racer
	@ln -s $(CURDIR)/racer/* $(CURDIR)/viewer $(CURDIR)/tools $(TYPED)/racer/
	cd $(TYPED) && MYPYPATH=. $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p racer
	find cpp bindings tests/cpp -name '*.[ch]pp' | xargs -r $(BIN)/clang-format --dry-run -Werror

# -fsched-pressure is GCC's alone.
tidy: build  ## clang-tidy over every C++ source
	@test -x $(BIN)/clang-tidy || $(BIN)/python -m pip install -q -c constraints.txt clang-tidy
	@ls cpp/src/*/*.cpp bindings/*.cpp | xargs -P $(JOBS) -n 1 $(BIN)/clang-tidy --quiet -p $(BUILD) \
	    --removed-arg=-fsched-pressure 2>/dev/null

format: setup  ## rewrite the sources as lint wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find cpp bindings tests/cpp -name '*.[ch]pp' | xargs -r $(BIN)/clang-format -i

stubs: build  ## regenerate racer/_core/ from the extension
	$(BIN)/python -m racer.tools.stubs

wheel: setup  ## build the sdist and, from it, the wheel, into dist/
	@rm -rf dist && mkdir -p dist
	$(BIN)/python -c 'import scikit_build_core.build as b; b.build_sdist("dist")'
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist dist/*.tar.gz

clean:  ## remove what was built; .venv and runs/ stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f $(VENV)/.installed
	find racer viewer tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
