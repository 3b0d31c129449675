# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
# They need Python >= 3.11 and make; everything else comes from the package registries.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
ARGS ?=

.PHONY: setup demo test check firmware bench screenshots pages-report texts lock clean help

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | awk -F':.*## *' '{printf "  make %-13s %s\n", $$1, $$2}'

setup:           ## prepare .venv, node and the MicroPython runtime (quick when nothing changed)
	@$(PYTHON) tools/setup.py $(VENV)

demo: setup      ## two simulated bands train, sync and get a new plan; open the printed address
	@$(RUN)/repbeat demo $(ARGS)

test: setup      ## everything CI runs: lint, types, and all tests
	@$(RUN)/python tools/check.py
	@$(RUN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup     ## lint and types only
	@$(RUN)/python tools/check.py

firmware: setup  ## the firmware against the stubs of each board's chip, and its compiled sizes
	@$(RUN)/python tools/check_firmware.py $(ARGS)

bench: setup     ## speed and size, as ratios within one run
	@$(RUN)/repbeat bench $(ARGS)

screenshots: setup ## every page, phone and desktop, light and dark, into build/screenshots
	@$(RUN)/python -m repbeat_tools.faces.screenshots $(ARGS)

pages-report: setup ## bytes, requests, barriers and first paint of every page, as JSON
	@$(RUN)/python -m repbeat_tools.faces.report $(ARGS)

texts: setup     ## bring the pages' translations up to date with their texts
	@$(RUN)/python -m repbeat_tools.texts

lock:            ## renew requirements.lock and the npm lock from pyproject.toml and package.json
	@$(PYTHON) -m venv build/lock && build/lock/bin/pip -q install uv
	build/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --all-extras \
	  --no-emit-index-url --no-header -q pyproject.toml -o requirements.lock
	cd tools/runtime && ../../$(RUN)/npm install --package-lock-only

clean:           ## remove what setup made
	rm -rf $(VENV) tools/runtime/node_modules build
