# One word for each wish, the same on a desk and in CI. The first word typed sets everything up by itself.
PYTHON ?= python3
BIN    := .venv/bin
# The tests, or some of them: make test T=tests/duties
T      ?=
# What builds a container image: docker, podman, buildah.
ENGINE ?= docker
# How many tests run at once.
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
UV     := $(if $(wildcard .tools/bin/uv),.tools/bin/uv,uv)
LOCK    = $(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock"

# Hundreds of processes are started by tests and drills: what one has compiled serves the next.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo drills test again lint types contracts check outages bench lock pictures assets wheel image clean format set-up

help:  ## these words
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

demo: set-up  ## an outage from the first alert to the review, on this machine alone (FAST=1: without the waiting)
	@$(BIN)/kuaihui demo $(if $(FAST),--fast)

drills: set-up  ## every drill on real parts to its end, about half an hour (SPEED=20)
	@$(BIN)/kuaihui drill --all --speed $(or $(SPEED),20) --port 0

test: set-up  ## every test (T=tests/duties for some)
	@$(BIN)/python tools/debian_packages.py
	@mkdir -p build && rm -f build/junit.xml build/again.xml
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses=8 --dist=worksteal --junitxml=build/junit.xml $(if $(T),,-p tests.covered) $(T)

again: set-up  ## the few tests that failed last, once more and one at a time
	@$(BIN)/python tools/ask_again.py build/again.xml

lint: set-up  ## style and layout
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: set-up  ## lay the code out as lint wants it
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format

types: set-up  ## types, strictly
	@$(BIN)/pyright

contracts: set-up  ## which room may import which
	@$(BIN)/lint-imports

check: lint types contracts test  ## all that CI asks for

outages: set-up  ## an outage in an emulated Feishu with trouble at each of its calls, about 20 minutes (FIRST=1 STEP=1)
	@$(BIN)/python -m tests.integrations.feishu.troubles $(or $(FIRST),1) $(or $(STEP),1) $(WAYS)

bench: set-up  ## the measurements in bench/, in short
	@for bench in bench/[a-z]*.py; do echo "== $$bench"; $(BIN)/python -m "bench.$$(basename "$$bench" .py)" --quick || exit 1; done

lock:  ## write down the libraries that pyproject.toml asks for (UPGRADE=1: the newest ones, npm's too)
	@$(LOCK) $(if $(UPGRADE),--upgrade) --group dev pyproject.toml -o requirements/dev.txt
	@$(LOCK) --extra feishu pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	@echo uv | $(LOCK) $(if $(UPGRADE),--upgrade) - -o requirements/uv.txt
	@$(if $(UPGRADE),$(BIN)/python tools/build_assets.py --lock)

pictures: set-up  ## docs/pictures: every page, phone and desk, light and dark (N=incident for some)
	@$(BIN)/python tools/take_pictures.py $(N)

assets: set-up  ## the pages' scripts, from npm

wheel: set-up  ## dist/: what pip installs anywhere
	@rm -rf dist && $(BIN)/python -m hatchling build -t wheel -d dist

image: wheel  ## a container image named kuaihui (ENGINE=podman)
	@$(ENGINE) build -f deploy/Containerfile -t kuaihui .

clean:  ## remove what was built; keeps .tools and .venv
	@rm -rf build dist node_modules .pytest_cache .ruff_cache .import_linter_cache .hypothesis src/kuaihui/app/web/vendor

set-up:  ## the libraries; afterwards the word kuaihui is in .venv/bin
	@$(PYTHON) tools/set_up.py
