# .venv exports and runs, .venv-light-VERSION only runs (no torch); the others are each for one
# check. An environment is made once with PYTHON, and brought up to date when setup.cfg changes.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
BIN := .venv/bin
LIGHT := .venv-light-$(VERSION)/bin
MEDIAPIPE := .venv-mediapipe/bin
LITERT_TORCH := .venv-litert-torch/bin
TFLITE_RUNTIME := .venv-tflite-runtime/bin
WINDOWS := .venv-display/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INGREDIENTS := setup.cfg pyproject.toml constraints.txt
SOURCES := $(shell find export quantize runtime src/armlet -type f -not -name '*.pyc')

# What each engine of the benchmark needs, in an environment of its own.
INSTALL_ncnn := ncnn pnnx torch
INSTALL_mnn := MNN onnx
INSTALL_openvino := openvino nncf
INSTALL_executorch := executorch torch torchao
PEERS ?= litert-torch onnxruntime ncnn mnn openvino executorch

# Plain pip has no way to lock for another machine than this.
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --upgrade --generate-hashes \
	--python-version 3.11 --no-emit-index-url --no-header --no-annotate

# Real photos that scikit-image ships; chelsea is the cat.
PHOTOS := chelsea.png motorcycle_left.png rocket.jpg

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: demo/bundle/manifest.json demo/photos/chelsea.png ## Export the default network and classify real photos with both runtimes
	$(BIN)/edge-run classify demo/bundle demo/photos --top-k 2 --backend litert
	$(BIN)/edge-run classify demo/bundle demo/photos --top-k 2 --backend onnx --layers

.PHONY: test
test: lint .venv/dev ## Check the code and run every test that one environment can run
	$(BIN)/python -m pytest

.PHONY: lint
lint: .venv/dev ## Check style, types and who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test-light
test-light: .venv-light-$(VERSION)/dev demo/bundle/manifest.json ## Run the tests that need no torch, as on a device (PYTHON=python3.13 for another Python)
	$(LIGHT)/python -m pytest -m "not torch" --bundle=demo/bundle

.PHONY: test-accuracy
test-accuracy: .venv/dev demo/fashion-mnist/manifest.json ## Check int8 against float32 on 10,000 pictures of Debian's dataset-fashion-mnist
	$(BIN)/python -m pytest tests/accuracy_check.py

.PHONY: test-mediapipe
test-mediapipe: .venv-mediapipe/dev demo/bundle/manifest.json demo/fashion-mnist/manifest.json ## Check that MediaPipe reads our .tflite files as we say
	$(MEDIAPIPE)/python -m pytest --noconftest tests/mediapipe_check.py

.PHONY: test-tflite-runtime
test-tflite-runtime: .venv-tflite-runtime/dev demo/bundle/manifest.json demo/photos/chelsea.png ## Check the older runtime, which needs Python 3.11 and numpy 1
	$(TFLITE_RUNTIME)/python -m pytest --noconftest tests/tflite_runtime_check.py

.PHONY: bench
bench: .venv/dev ## Time armlet's files beside those of every engine that bench-peers has installed (ROUNDS=1 for a try)
	$(BIN)/python -m tests.bench.peers.bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(REPORT),--report $(REPORT))

.PHONY: bench-peers
bench-peers: $(subst .venv-bench-litert-torch/made,.venv-litert-torch/dev,$(PEERS:%=.venv-bench-%/made)) ## Install the other engines for bench, 6 GB (PEERS="ncnn mnn" for some)

.PHONY: bench-start
bench-start: .venv/demo demo/bundle/manifest.json demo/photos/chelsea.png ## Time the first label and 200 photos beside bare scripts, and what a tuning and a log with layers cost (ROUNDS=1 for a try)
	$(BIN)/python tests/bench/first_label.py $(if $(ROUNDS),--rounds $(ROUNDS))
	$(BIN)/python -m tests.bench.many_photos $(if $(ROUNDS),--rounds $(ROUNDS) --pictures 20)
	$(BIN)/python tests/bench/tuned_start.py $(if $(ROUNDS),--rounds $(ROUNDS))
	$(BIN)/python tests/bench/log_cost.py $(if $(ROUNDS),--rounds $(ROUNDS) --pictures 300)

.PHONY: test-arm
test-arm: .venv/dev demo/bundle/manifest.json demo/fashion-mnist/manifest.json demo/photos/chelsea.png ## Check edge-run and deploy on emulated ARM boards, and that no file takes more instructions
	$(BIN)/python -m pytest --bundle=demo/bundle --durations=0 --durations-min=5 \
		tests/arm/processors_check.py tests/arm/instructions_check.py \
		tests/arm/deploy_check.py tests/arm/machine_check.py

.PHONY: test-live
test-live: .venv/dev .venv-display/made demo/bundle/manifest.json ## Check the camera with a browser, a broker, an RTSP server and a screen (CONTRIBUTING.md says what that takes)
	$(BIN)/python -m pytest --bundle=demo/bundle --durations=0 --durations-min=5 \
		tests/runtime/web/browser_check.py tests/runtime/live/mqtt_check.py \
		tests/runtime/cameras/rtsp_check.py
	$(WINDOWS)/python -m pytest --bundle=demo/bundle tests/runtime/live/display_check.py

.PHONY: count-arm
count-arm: .venv/dev ## Count the instructions of the files of bench on emulated ARM processors (MODELS=FOLDER for others)
	$(BIN)/python -m tests.arm.count_instructions $(MODELS)

.PHONY: test-arm-all
test-arm-all: .venv/dev .venv-fleet/made demo/bundle/manifest.json ## Check more on emulated boards: Pi 3, 32 bits, Debian 13, systemd, a fleet (an hour; needs root)
	.venv-fleet/bin/ansible-lint --offline -q device_scripts/fleet
	$(BIN)/python -m pytest --bundle=demo/bundle --durations=0 --durations-min=5 tests/arm/all/*_check.py

.PHONY: bench-live
bench-live: .venv/dev demo/photos/chelsea.png ## Time the live loop, alone and with five viewers, beside bare inference (ROUNDS=1 for a try)
	$(BIN)/python -m tests.bench.live_loop $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: bench-rewrites
bench-rewrites: .venv/demo ## Time files with each rewrite of the graph beside files without it
	$(BIN)/python tests/bench/rewrites.py $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: bench-cold-start
bench-cold-start: .venv/demo ## Time a start with what runtimes can make on the device, and without
	$(BIN)/python -m tests.bench.cold_start $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: test-litert-torch
test-litert-torch: .venv-litert-torch/dev ## Check the optional second way to TFLite (installs 2.5 GB)
	@# anyio, which comes along, has a pytest plugin that pytest warns about.
	$(LITERT_TORCH)/python -m pytest -p no:anyio tests/litert_torch_check.py

.PHONY: lock
lock: .venv-lock/made ## Write device_scripts/locks anew: what a device installs, with hashes
	$(LOCK) --extra litert --extra onnx --extra web --extra mqtt --constraint constraints.txt --no-emit-package colorama \
		--constraint device_scripts/locks/64bit.in setup.cfg --output-file device_scripts/locks/64bit.txt
	$(LOCK) --no-deps device_scripts/locks/32bit.in --output-file device_scripts/locks/32bit.txt

.PHONY: clean
clean: ## Remove what this file makes
	rm -rf .venv .venv-* .arm demo build dist *.egg-info

%/bin/python:
	$(PYTHON) -m venv $*

.venv-fleet/made: constraints.txt | .venv-fleet/bin/python
	$(firstword $|) $(PIP_INSTALL) ansible-core ansible-lint
	touch $@

.venv-lock/made: | .venv-lock/bin/python
	$(firstword $|) -m pip install --quiet --disable-pip-version-check uv
	touch $@

.venv/demo: $(INGREDIENTS) | $(BIN)/python
	@echo "installing armlet and torch into .venv, which takes minutes the first time"
	$(BIN)/python $(PIP_INSTALL) --editable '.[export,litert,demo]'
	touch $@

.venv/dev: .venv/demo
	$(BIN)/python $(PIP_INSTALL) --editable '.[export,litert,demo,dev]'
	touch $@

.venv-light-$(VERSION)/dev: $(INGREDIENTS) | $(LIGHT)/python
	$(LIGHT)/python $(PIP_INSTALL) --editable '.[onnx,litert,demo,dev]'
	touch $@

.venv-mediapipe/dev: constraints.txt | $(MEDIAPIPE)/python
	$(MEDIAPIPE)/python $(PIP_INSTALL) mediapipe pytest
	touch $@

.venv-tflite-runtime/dev: $(INGREDIENTS) | $(TFLITE_RUNTIME)/python
	$(TFLITE_RUNTIME)/python $(PIP_INSTALL) --editable '.[tflite-runtime]' pytest
	touch $@

.venv-litert-torch/dev: $(INGREDIENTS) | $(LITERT_TORCH)/python
	$(LITERT_TORCH)/python $(PIP_INSTALL) --editable '.[export,litert-torch,demo,dev]'
	touch $@

# The one environment whose OpenCV opens windows.
.venv-display/made: $(INGREDIENTS) | $(WINDOWS)/python
	$(WINDOWS)/python $(PIP_INSTALL) --editable '.[litert,demo]' pytest python-xlib
	$(WINDOWS)/python -m pip uninstall --quiet --yes opencv-python-headless
	$(WINDOWS)/python $(PIP_INSTALL) opencv-python
	touch $@

.venv-bench-onnxruntime/made: tests/bench/peers/newest.txt | .venv-bench-onnxruntime/bin/python
	$(firstword $|) -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(patsubst INSTALL_%,.venv-bench-%/made,$(filter INSTALL_%,$(.VARIABLES))): \
		.venv-bench-%/made: constraints.txt | .venv-bench-%/bin/python
	@echo "installing $* for the benchmark"
	$(firstword $|) $(PIP_INSTALL) numpy $(INSTALL_$*)
	touch $@

demo/bundle/manifest.json: .venv/demo $(SOURCES)
	$(BIN)/edge-export shufflenet_v2_x0_5 -o demo/bundle

demo/fashion-mnist/manifest.json: .venv/demo $(SOURCES)
	$(BIN)/edge-export shufflenet_v2_x0_5 --weights fashion-mnist -o demo/fashion-mnist

demo/photos/chelsea.png: .venv/demo
	@mkdir -p demo/photos
	@data=$$($(BIN)/python -c 'import skimage; print(skimage.__path__[0])')/data; \
		cp $(PHOTOS:%="$$data"/%) demo/photos
	@touch $@
