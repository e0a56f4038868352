# Everything a newcomer needs: `make demo` and `make test`. See CONTRIBUTING.md.

VERSION ?= 0.1.0
CACHE   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/voute

# One set of flags everywhere, so that operator, tests, cert-manager and the
# local cluster share one build cache.
export CGO_ENABLED = 0
export GOFLAGS = -trimpath -buildvcs=false
export GOTOOLCHAIN = local

CONTROLLER_GEN = go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0
LOCAL = $(CACHE)/bin/local

.DEFAULT_GOAL := help
.PHONY: help demo demo-down test test-unit test-simulated test-e2e lint generate check-generated bench-operator bench-server soak build images local tools

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## --- See it run

demo: local ## Run a client's vault on a real cluster on this machine (or on $KUBECONFIG's).
	@$(LOCAL) demo

demo-down: local ## Remove the demo and everything it started.
	@$(LOCAL) demo-down

## --- Check it

test: ## Everything that decides whether a change lands.
	@hack/check.sh

SIMULATED := ./test/convergence ./test/year
# These take longest and wait most: they begin first, and one package more runs at
# once than there are processors. The list that follows has them again: go test
# runs each once.
LONGEST := ./test/crash ./controllers

test-unit: tools ## Pure tests and tests against a real API server, Vault and clamd.
	VOUTE_TOOLS=$$($(LOCAL) tools) go test -p $$(($$(nproc) + 1)) -timeout 60m $(LONGEST) $$(go list ./... | grep -v $(patsubst ./%,-e /%$$,./test/e2e $(SIMULATED)))
	go -C hack test ./...
	VOUTE_TOOLS=$$($(LOCAL) tools) go -C hack/charts test ./...

test-simulated: tools ## Random lives and whole years, most of them against an API in memory.
	VOUTE_TOOLS=$$($(LOCAL) tools) nice go test -timeout 60m $(SIMULATED)

test-e2e: local ## The whole on a real node: samples, mail, documents, keys, deletion.
	@hack/e2e.sh

soak: tools ## The long campaigns: hours, not part of `make test`.
	@hack/soak.sh

lint: ## golangci-lint with the Kubernetes API linter.
	@hack/lint.sh

generate: ## Deep copies and CRDs from the types under api/; rights from the markers beside the code; charts and reference from all of these.
	$(CONTROLLER_GEN) object paths=./api/...
	$(CONTROLLER_GEN) crd paths=./api/v1alpha1 output:crd:dir=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=voute-operator paths=./controllers/... paths=./internal/... output:rbac:dir=config/rbac
	go -C hack/charts run ./cmd/generate

check-generated: ## Fail when `make generate` would change something.
	@hack/check-generated.sh

## --- Measure it

bench-operator: tools ## Figures of the operator with N tenants (50 when not said) beside a bare client.
	VOUTE_TOOLS=$$($(LOCAL) tools) go test ./test/benchoperator -run TestFigures -count=1 -v -timeout 6h -tenants $(or $(N),50) $(if $(ROUNDS),-rounds $(ROUNDS))

bench-server: tools ## Figures of the sharing server beside a bare HTTPS handler; FIGURES=upload,memory,download,idle for some of them.
	VOUTE_TOOLS=$$($(LOCAL) tools) go test ./test/benchserver -run TestFigures -count=1 -v -timeout 2h -figures $(or $(FIGURES),all) -rounds $(or $(ROUNDS),5)

## --- Build it

build: ## The operator, the sharing server and the plugin of kubectl, into bin/.
	go build -ldflags "-s -w -X voute.dev/voute/internal/version.Version=$(VERSION)" -o bin/voute-operator ./cmd/operator
	go build -ldflags "-s -w -X voute.dev/voute/server/version.Version=$(VERSION)" -o bin/voute-server ./cmd/server
	go build -ldflags "-s -w -X voute.dev/voute/internal/version.Version=$(VERSION)" -o bin/kubectl-voute ./cmd/kubectl-voute

images: local ## The two images as archives, into out/: no engine, no base image.
	@$(LOCAL) images --out out

local:
	@mkdir -p $(CACHE)/bin && go -C hack build -ldflags "-s -w" -o $(LOCAL) ./cmd/local

tools: local
	@$(LOCAL) build
