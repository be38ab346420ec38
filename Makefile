STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s
.NOTPARALLEL:
.PHONY: help setup test check race modules fuzz

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the database servers, the Djangos and the C compiler that the tests need
	@script/setup

test: setup check race modules fuzz ## everything that CI runs: setup, check, race, modules, fuzz

check: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

race: ## all tests under the race detector
	go test -race ./...

modules: ## vet and build the modules nested in this one
	@set -e; for mod in $$(find . -mindepth 2 -name go.mod -not -path '*/testdata/*'); do \
		echo "go vet and go build beside $$mod"; \
		(cd "$$(dirname "$$mod")"; go vet ./...; go build -o /dev/null ./...); \
	done

fuzz: ## fuzz each target for FUZZTIME (10s)
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "go test -fuzz $$target in $$file"; \
			(cd "$$(dirname "$$file")"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) .); \
		done; \
	done
