# Thin: every target is one command that can be run by hand. "make help" lists them.

# The stack: a file stacks/Pulumi.<stack>.yaml.
STACK ?= kind

# Nothing here needs a C compiler. One build mode for all: what "make up" compiles, "make test" does not compile again.
export CGO_ENABLED ?= 0
export GOFLAGS := $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false

# Compilers live for seconds: they give memory back later (docs/decisions/0037-memory-for-time.md).
COMPILE := GOGC=$${GOGC:-400}

RAMPART := bin/rampart
LINTER := .rampart/bin/golangci-lint
# A cache for each place of a clone: what the linter found elsewhere, it reports with paths of elsewhere, and if those are
# gone it no longer sees the exceptions in the files. It outlives the clone: the next one at the same place has use for it.
export GOLANGCI_LINT_CACHE := $(or $(RAMPART_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rampart)/lint$(CURDIR)
# The packages of single units, for recipes that go on with "&&": a list that cannot be made fails them, where go test would be
# glad of half a list.
LIST_UNIT = all=$$(go list ./...) && unit=$$(echo "$$all" | \
	grep -v -e /tests/e2e -e /tests/engine -e /tests/apiserver -e /tests/browser -e /tests/cli -e /tests/full)

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z0-9-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: rampart ## make the stack, or bring it to what its file says (STACK=kind)
	@$(RAMPART) up --stack $(STACK)

.PHONY: preview
preview: rampart ## show what up would change
	@$(RAMPART) preview --stack $(STACK)

.PHONY: plan
plan: rampart ## say what the stack will make, whom it lets in and what it costs; needs no account
	@$(RAMPART) plan --stack $(STACK)

.PHONY: destroy
destroy: rampart ## remove the stack: cluster, network, files and state
	@$(RAMPART) destroy --stack $(STACK)

.PHONY: verify
verify: rampart ## attack the running cluster and say which controls held; needs root
	@$(RAMPART) verify --stack $(STACK)

.PHONY: report
report: rampart ## make a page for people out of what verify found
	@$(RAMPART) report --stack $(STACK)

.PHONY: kubeconfig
kubeconfig: rampart ## print where the cluster's kubeconfig is
	@$(RAMPART) kubeconfig --stack $(STACK)

.PHONY: tools
tools: rampart ## find or build what a run needs, and start nothing
	@$(RAMPART) tools --stack $(STACK)

.PHONY: doctor
doctor: rampart ## look for what would keep a run from working
	@$(RAMPART) doctor --stack $(STACK)

# What has a cluster runs every time. Of the rest, Go keeps results: a suite on API servers or through the engine runs again when it
# has changed, or what it installs, or what the programs that it starts are made from (tests/framework/inputs), or the browser.
ALWAYS := -count=1
CLUSTERS := ./tests/e2e/interruption ./tests/e2e/vanilla
SUITES := ./tests/browser ./tests/cli ./tests/engine/eks ./tests/engine/aks ./tests/apiserver/... ./tests/engine/...

# Tests on real parts wait more than they work, so that some run side by side: the specs of the cluster, which take longest, and
# two others. Go starts packages in the order in which they are named: first what takes longest, last what is short.
#
# All nodes of a cluster together weigh as much to the kernel as one process beside them: compilers and tests step back, or
# pods get no time to answer in. What takes longest steps back least. No real part steps back further than this: an etcd that
# gets no time for two seconds makes its API server unhealthy. So there are few at a time: what has a cluster is not done before
# the others are, and would wait for nothing but a processor. The packages of test-clusters see to that with seats (tests/framework).
.PHONY: test
test: ## all tests; they bring their own tools and their own cluster
	@$(MAKE) --no-print-directory --jobs=3 tools browser sigstore
	@$(MAKE) --no-print-directory --keep-going --jobs=4 test-cluster test-clusters test-suites test-unit

.PHONY: test-cluster
test-cluster:
	@$(COMPILE) nice -n 5 go test $(ALWAYS) -timeout 60m -parallel 12 ./tests/e2e

.PHONY: test-clusters
test-clusters:
	@$(COMPILE) nice -n 10 go test $(ALWAYS) -timeout 60m -p 2 -parallel 6 $(CLUSTERS)

.PHONY: test-suites
test-suites:
	@RAMPART_BROWSER=$$(cd tools/browser && go run .) && export RAMPART_BROWSER && $(COMPILE) nice -n 10 go test -timeout 60m -p 1 -parallel 6 $(SUITES)

.PHONY: test-unit
test-unit: ## tests of single packages; what has not changed since is not run again
	@$(LIST_UNIT) && $(COMPILE) nice -n 19 go test $$unit
	@cd tools/airgap && $(COMPILE) nice -n 19 go test ./...

.PHONY: test-race
test-race: ## tests of single packages with the race detector; needs a C compiler
	@$(LIST_UNIT) && CGO_ENABLED=1 go test -race $$unit

.PHONY: test-browser
test-browser: browser ## the report in a real browser; gets Chromium and axe-core if they are missing
	@$(COMPILE) go test -count=1 -timeout 15m ./tests/browser/...

# What the tests run on is built before them, in sight and outside their time limits.
.PHONY: test-engine
test-engine: tools ## the program through the real Pulumi engine, without a cluster
	@$(COMPILE) go test -count=1 -timeout 45m ./tests/engine/...

.PHONY: test-apiserver
test-apiserver: tools sigstore ## a real API server without nodes: what it admits, and to whom
	@$(COMPILE) go test -count=1 -timeout 45m ./tests/apiserver/...

.PHONY: test-e2e
test-e2e: tools ## a real cluster, brought up through the product and attacked; needs root
	@$(COMPILE) go test -count=1 -timeout 45m -parallel 6 ./tests/e2e/...

# Not part of "make test": an hour, and three more versions of Kubernetes to build on a fresh machine.
.PHONY: test-full
test-full: rampart ## what takes too long for every change: upgrades, other TLS floors, workers, each sabotage alone; needs root
	@$(COMPILE) go test -count=1 -timeout 180m -v ./tests/full/...
	@$(COMPILE) go test -count=1 -timeout 60m -parallel 6 -v -run TestVerifySeesSabotage ./tests/e2e -apart
	@$(COMPILE) go test -count=1 -timeout 60m -run TestInvariantsOfAnyCluster ./providers/eks ./providers/aks ./providers/gke -rapid.checks=1250

.PHONY: bench
bench: ## measure builds, up and destroy, beside the same by hand (BENCH="-cold -json results.json")
	@mkdir -p -m 700 .rampart && $(COMPILE) go build -o .rampart/bin/bench ./tests/bench && .rampart/bin/bench $(BENCH)

.PHONY: generate
generate: ## write what is generated from code: the page of controls
	@go generate ./baseline

.PHONY: lint
lint: $(LINTER) ## check the code, the import rules of the house included
	@$(LINTER) run ./...
	@for module in airgap browser sigstore; do (cd tools/$$module && ../../$(LINTER) run ./...) || exit 1; done

.PHONY: fix
fix: $(LINTER) ## mend what the linter can mend by itself
	@$(LINTER) run --fix ./...

.PHONY: clean
clean: ## remove what was compiled from this clone; state and clusters stay
	rm -rf bin .rampart/bin .rampart/road.stamp $(GOLANGCI_LINT_CACHE)

.PHONY: browser
browser:
	@cd tools/browser && $(COMPILE) go run . >/dev/null

.PHONY: sigstore
sigstore:
	@mkdir -p -m 700 .rampart && cd tools/sigstore && $(COMPILE) go build -ldflags="-s -w" -o ../../.rampart/bin/sigstore .

.PHONY: rampart
rampart:
	@[ -x $(RAMPART) ] || echo "Compiling the command line (minutes if nothing of it is cached yet)"
	@$(COMPILE) go build -ldflags="-s -w" -o $(RAMPART) ./cmd/rampart

$(LINTER): tools/lint/go.mod tools/lint/go.sum
	@echo "Compiling the linter (minutes if nothing of it is cached yet)"
	@mkdir -p -m 700 .rampart && cd tools/lint && \
		$(COMPILE) go build -ldflags="-s -w" -o ../../$(LINTER) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $(LINTER)
