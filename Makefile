SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# What is shipped: static, without paths of this machine. Tests and tools are
# compiled as go does by itself, so that they share its cache with yours.
go_build := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# A folder with npm packages is up to date while its stamp is newer than its lock.
stamp := node_modules/.installed
npm_stamps := web/$(stamp) e2e/$(stamp) auth/clienttest/$(stamp)

web_sources := $(shell find web/src web/public web/scripts -type f 2>/dev/null) $(wildcard web/*.html web/*.json web/*.ts)

.PHONY: help run dev build test check bench browser

help: ## what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

run: build ## build, and start on http://localhost:3000 with the data in ./data (flags: ARGS="--addr :3000")
	@exec bin/snug serve $(ARGS)

build: web/dist/index.html ## leave the server with the client in it in bin/snug
	@$(go_build) -o bin/snug ./cmd/snug

web/dist/index.html: web/$(stamp) $(web_sources)
	@cd web && npm run --silent build

# npm ci takes the lock file by its word.
%/$(stamp): %/package-lock.json %/package.json
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Vite answers on 5173 and passes /api on to the server. Either end ends both.
dev: web/$(stamp) ## the client with hot reload on http://localhost:5173, in front of the server
	@$(go_build) -o bin/snug-dev ./cmd/snug
	@trap 'kill $$server $$vite 2>/dev/null || true; wait' EXIT; trap 'exit 0' INT TERM; \
	bin/snug-dev serve --addr 127.0.0.1:3000 $(ARGS) & server=$$!; \
	(cd web && exec node node_modules/vite/bin/vite.js) & vite=$$!; \
	wait -n || true

# Beside the server there is one that reaches a web of the tests' own, and differs in nothing else.
test: build browser $(npm_stamps) ## everything: Go with the race detector, TypeScript, a real browser
	@mkdir -p bin && rm -f bin/test-summary
	@$(go_build) -tags e2e -o bin/snug-e2e ./cmd/snug
	@go build -o bin/runtests ./internal/runtests
	@bin/runtests -bin bin/snug -summary bin/test-summary

# What the browser tests need and this machine may lack. Without the shell they take the
# whole of Chromium, and longer.
browser:
	@as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	if [ ! -x /usr/bin/chromium ] && ! command -v apt-get >/dev/null; then echo "install chromium to /usr/bin/chromium for the browser tests" >&2; exit 1; fi; \
	install() { $$as apt-get update -qq; DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends "$$@" >/dev/null; }; \
	[ -x /usr/bin/chromium ] || install chromium fonts-noto-color-emoji; \
	[ -x /usr/bin/chromium-headless-shell ] || ! command -v apt-get >/dev/null || install chromium-headless-shell || echo "no chromium-headless-shell: the browser tests run in chromium"

check: web/$(stamp) e2e/$(stamp) ## formatters, linters, types, generated files
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt -w $$unformatted"; exit 1; }
	@go vet ./...
	@cd auth/providertest && go vet ./...
	@go tool staticcheck ./...
	@go test ./internal/...
	@go test -run 'TestExampleFile' ./cmd/snug/internal/config
	@cd web && npm run --silent check
	@cd e2e && npm run --silent check

bench: build ## how fast the built server is, beside the floors and other servers (ARGS="-quick": does it work)
	@go run ./bench -server bin/snug $(ARGS)
