# The npm package: TypeScript and the WebAssembly modules in build/web. web/build.mjs does the work; the npm packages
# that it is built with are pinned in web/package-lock.json.

.PHONY: web web-test
web: build/web/package.json   ## the npm package for browsers, below build/web
web-test: web/node_modules/.package-lock.json build/livestore-web.wasm ## its unit tests
	@cd web && npm --silent test && npm --silent run types

build/web/package.json: $(shell find web/src -type f) $(wildcard web/*.json web/build.mjs) \
    build/livestore-web.wasm build/livestore-web-fts5.wasm web/node_modules/.package-lock.json
	@echo "  npm   build/web"
	@cd web && npm --silent run build

web/node_modules/.package-lock.json: web/package-lock.json
	@cd web && npm --silent ci --no-audit --no-fund
	@touch $@
