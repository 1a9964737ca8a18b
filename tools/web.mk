# The npm package: TypeScript and the WebAssembly modules in build/web. web/build.mjs does the work; the npm packages
# that it is built with are pinned in web/package-lock.json.

.PHONY: web web-test bench-web
web: build/web/package.json   ## the npm package for browsers, below build/web
web-test: web/node_modules/.package-lock.json build/livestore-web.wasm build/livestore-web-fts5.wasm ## its unit tests
	@cd web && npm --silent test && npm --silent run types
	@node web/docs.mjs --check

bench-web: build/web/package.json build/bench-web/node_modules/.package-lock.json ## measure the web package beside LiveStore
	@node bench/web/run.mjs $(ARGS)

build/web/package.json: $(shell find web/src -type f) $(wildcard web/*.json web/*.mjs) web/README.md web/test/lib/sample-app.tsx \
    build/livestore-web.wasm build/livestore-web-fts5.wasm web/node_modules/.package-lock.json
	@echo "  npm   build/web"
	@cd web && npm --silent run build

web/node_modules/.package-lock.json: web/package-lock.json
	@cd web && npm --silent ci --no-audit --no-fund
	@touch $@

# LiveStore as it is on npm, for bench/web.
build/bench-web/node_modules/.package-lock.json: $(wildcard bench/web/package*.json)
	@echo "  npm   build/bench-web"
	@mkdir -p build/bench-web && cp $^ build/bench-web
	@cd build/bench-web && npm --loglevel error ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund
	@touch $@
