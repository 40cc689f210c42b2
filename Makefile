# Every target needs Go alone, except generate-schema and conformance (Python 3). .ci/run installs what it needs.
GO       ?= go
BUF      := $(GO) tool -modfile=tools/buf.mod buf
LINT     := $(GO) tool -modfile=tools/lint.mod golangci-lint
PKG      ?= ./...
BENCH    ?= .
COUNT    ?= 10
SEED     ?= 0
SEEDS    ?= 200
PARALLEL ?= 3
export CGO_ENABLED = 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/octet
	$(GO) build -trimpath -o bin/octet ./cmd/octet

.PHONY: test
test: ## run the tests (PKG=./pkg/ir for one package)
	$(GO) test $(PKG)

.PHONY: update
update: ## rewrite golden files, then read the diff
	$(GO) test $$($(GO) list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' $(PKG) | \
		awk '/internal\/golden/ { print $$1 }') -update

.PHONY: lint
lint: ## vet, golangci-lint and buf lint
	$(GO) vet ./...
	$(LINT) run
	$(BUF) lint

.PHONY: generate
generate: generate-proto generate-schema generate-asm ## regenerate everything that is generated

.PHONY: generate-proto
generate-proto: ## proto/**/*.pb.go
	$(BUF) format -w
	$(BUF) generate

.PHONY: generate-schema
generate-schema: ## pkg/tflite/schema/litert_generated.go
	pkg/tflite/schema/generate.sh

.PHONY: generate-asm
generate-asm: ## pkg/kernel/*_amd64.s and *_arm64.s
	cd pkg/kernel/_asm && $(GO) generate ./...

.PHONY: bench
bench: ## each kernel with its GFLOPS or GB/s, then calibration and conversion beside the peers (ARGS are passed on)
	$(GO) test -run '^$$' -bench . -benchtime 50ms ./pkg/kernel
	python3 conformance/run.py setup corpus models
	conformance/.venv/bin/python -W ignore conformance/bench.py $(ARGS)

.PHONY: soak
soak: ## 10,000 jobs through a cluster of processes: does anything grow? (ARGS="-soak-jobs 3000" for fewer)
	$(GO) test -tags soak -count 1 -run TestSoak -timeout 3h -v ./cmd/octet -args $(ARGS)

.PHONY: benchstat
benchstat: ## benchmarks as benchstat reads them (PKG, BENCH and COUNT choose)
	$(GO) test -run '^$$' -bench '$(BENCH)' -count $(COUNT) $(PKG)

.PHONY: conformance
conformance: ## compare with TensorFlow and LiteRT (ARGS are passed on)
	python3 conformance/run.py $(ARGS)

.PHONY: chaos
chaos: ## clusters of processes that fail in all ways, by SEEDS plans from SEED on (root gives network namespaces and full disks)
	$(GO) test -tags chaos -count=1 -v -parallel $(PARALLEL) -timeout 0 ./internal/chaos -args -seed $(SEED) -seeds $(SEEDS)

.PHONY: conformance-env
conformance-env: ## only the peers' Python environment, conformance/.venv
	python3 conformance/run.py setup

.PHONY: release
release: ## dist/: programs for five systems, archives, bills of materials, image, checksums; the same bytes for all who build this commit
	cd tools/release && $(GO) run . $(ARGS)

.PHONY: image
image: ## dist/octet-VERSION-image.tar, without a container engine
	cd tools/release && $(GO) run . -image -dirty $(ARGS)

.PHONY: kube
kube: build ## check the manifests of deployments/
	cd tools/kube && $(GO) run . $(ARGS)

.PHONY: kube-smoke
kube-smoke: build ## apply the manifests to a real kube-apiserver, which is built first (long)
	$(GO) build -modfile=tools/apiserver.mod -trimpath -o bin/kube-apiserver \
		-ldflags '-X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37' \
		k8s.io/kubernetes/cmd/kube-apiserver
	$(GO) build -modfile=tools/etcd.mod -trimpath -o bin/etcd go.etcd.io/etcd/server/v3
	cd tools/kube && $(GO) run . -apiserver ../../bin/kube-apiserver -etcd ../../bin/etcd $(ARGS)

.PHONY: ci
ci: ## all that decides about a change
	.ci/run
