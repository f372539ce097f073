# Two environments and no more to know: .venv has everything, .venv-light has no torch. Each is
# made once, and again when what it is made from changes.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LIGHT := .venv-light/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INGREDIENTS := setup.cfg pyproject.toml constraints.txt
SOURCES := $(shell find export quantize runtime src/armlet -type f -not -name '*.pyc')

# Real photos; chelsea is the cat.
PHOTOS := chelsea.png rocket.jpg motorcycle_left.png coffee.png

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: demo/bundle/manifest.json demo/photos/chelsea.png ## Export the default network and classify real photos with both runtimes
	$(BIN)/edge-run classify demo/bundle demo/photos --backend litert
	$(BIN)/edge-run classify demo/bundle demo/photos --backend onnx --layers

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
test-light: .venv-light/dev demo/bundle/manifest.json ## Run the tests that need no torch, as on a device (PYTHON=python3.13 for another Python)
	$(LIGHT)/python -m pytest -m "not torch" --bundle demo/bundle

.PHONY: clean
clean: ## Remove what this file makes
	rm -rf .venv .venv-light demo build dist *.egg-info

.venv/demo: $(INGREDIENTS)
	@echo "installing armlet and torch into .venv, which takes minutes the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP_INSTALL) --editable '.[export,litert,demo]'
	touch $@

.venv/dev: .venv/demo
	$(BIN)/python $(PIP_INSTALL) --editable '.[export,litert,demo,dev]'
	touch $@

.venv-light/dev: $(INGREDIENTS)
	$(PYTHON) -m venv .venv-light
	$(LIGHT)/python $(PIP_INSTALL) --editable '.[onnx,litert,demo,dev]'
	touch $@

demo/bundle/manifest.json: .venv/demo $(SOURCES)
	$(BIN)/edge-export shufflenet_v2_x0_5 -o demo/bundle

demo/photos/chelsea.png: .venv/demo
	mkdir -p demo/photos
	folder=$$($(BIN)/python -c 'import skimage; print(skimage.__path__[0])')/data; \
		cp $(addprefix "$$folder"/,$(PHOTOS)) demo/photos
	touch $@
