STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
TEST := go test -timeout 30m
.NOTPARALLEL:
.PHONY: help setup test djangos check race configs matrix modules advisories clusters faults faults-long planted fuzz bench

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the database servers, the Djangos, the browser and the C compiler that the tests need
	@script/setup

test: setup djangos check race configs modules advisories faults fuzz ## everything that CI runs: all of these

djangos: ## say which Djangos are tested here, and which are not and why
	go test -count 1 -v -run '^TestDjangos$$' ./internal/djangotest

check: ## gofmt, the length of lines, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	@long=$$(grep -rnE --include='*.go' '^[^`]{101,}$$' . || true); \
	if [ -n "$$long" ]; then echo "lines of more than 100 columns:"; echo "$$long"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

race: ## all tests under the race detector, Echo's own too; of the adapters, each under a gorm.Config of its own
	$(TEST) -race -skip '^TestEveryEnd$$' ./...
	$(TEST) -run '^TestEveryEnd$$' ./internal/verdict # a walk through a pure function: nothing races
	cd echosession && $(TEST) -race -skip '^TestSuite$$' ./...

configs: ## the root and one Django once more, under SkipDefaultTransaction
	GORMSESSION_GORM=bare GORMSESSION_DJANGOS=5.2 $(TEST) . ./django

matrix: ## what issues statements, each adapter, under each gorm.Config: an hour
	@set -e; for config in default prepared bare both; do \
		echo "under $$config"; export GORMSESSION_GORM=$$config; \
		$(TEST) . ./ginsession ./httpsession ./django; \
		(cd echosession; $(TEST) ./...); \
	done

modules: ## vet, build and test the modules nested in this one
	@set -e; for mod in $$(find . -mindepth 2 -name go.mod -not -path '*/testdata/*'); do \
		echo "go vet, go build and go test beside $$mod"; \
		(cd "$$(dirname "$$mod")"; go vet ./...; go build -o /dev/null ./...; $(TEST) ./...); \
	done

advisories: ## compare the versions that go.mod asks for with the Go vulnerability database
	cd internal/advisories && go run .

clusters: ## pairs, clusters, poolers and replicas that lag, started here: some minutes; docs/scaling.md
	GORMSESSION_CLUSTERS=1 go test -count 1 -v -timeout 30m ./internal/clusters

faults: ## lose, hold and kill what there is, for four minutes at most; REPORT=FILE writes what was found
	cd internal/faults && go test -count 1 -timeout 10m -run '^TestFaults$$' -form=short $(if $(REPORT),-report=$(abspath $(REPORT)))

faults-long: ## the same with more of everything, under each setting of GORM, and write docs/reliability.md: an hour
	cd internal/faults && go test -count 1 -timeout 6h -run '^TestFaults$$' -form=long -report=../../docs/reliability.md

planted: ## plant faults in copies of the library, and see each found; writes its part of docs/reliability.md
	cd internal/faults && go run ./planted -report ../../docs/reliability.md

# A target that fails is run once more: go test -fuzz may miss its own deadline on a busy machine, and
# an input that fails is kept, and fails again.
fuzz: ## fuzz each target for FUZZTIME (10s)
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "go test -fuzz $$target in $$file"; \
			fuzz="go test -run ^\$$ -fuzz ^$$target\$$ -fuzztime $(FUZZTIME) ."; \
			(cd "$$(dirname "$$file")"; $$fuzz || $$fuzz); \
		done; \
	done

bench: ## measure beside the floors and other libraries, and write docs/performance.md: an hour, on a quiet machine
	cd bench && go run .
