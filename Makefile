# The platform's commands. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help install run stack test check format contracts test-kubernetes bench clean-stack browser

UV_VERSION := 0.13.9
UV := .uv/bin/uv
PYTHON := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(UV):
	@echo "fetching uv, which fetches the rest …"
	@python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: $(UV) uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml)
	@$(UV) sync --frozen --all-packages
	@touch $@

install: .venv/.installed ## install everything that is needed, into .uv and .venv

run: install ## start everything on this machine with the example, until Ctrl-C
	@exec $(PYTHON) -m stack run

stack: install ## start everything, without the example: an empty platform
	@exec $(PYTHON) -m stack stack

browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "the page is tested in a real browser: install Debian's package chromium first"; exit 1; fi; }

test: install browser ## run every check and every test, against a real Kafka and PostgreSQL
	@$(MAKE) --no-print-directory check
	@$(PYTHON) -m pytest tests --ignore=tests/kubernetes

check: install ## lint, types, import rules, contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(PYTHON) -m pytest -q tests/contract

format: install ## format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

contracts: install ## write the JSON Schema and AsyncAPI documents anew
	@$(PYTHON) -m contracts

test-kubernetes: install ## build the images, deploy to the cluster of KUBECONFIG and prove the main job there
	@tests/kubernetes/run

bench: install ## measure speed and size beside peers, as tables and as bench.json in STACK_DIR (about ten minutes)
	@PYTHONPATH=tests exec $(PYTHON) -m performance

clean-stack: ## remove the stack's data
	@rm -rf "$${STACK_DIR:-.stack}"
