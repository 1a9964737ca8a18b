# Other builds of the same sources, for `make test`. Each is the main Makefile with another BUILD and other options.

ASAN := BUILD=build/asan CFLAGS='-O1 -g' SQLITE_FLAGS='-O1 -fsanitize=address' \
  SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
# SQLite is not instrumented here: gcc's object serves.
CLANG := BUILD=build/clang CC=clang-14 SQLITE_O='$(SQLITE_O)'
FUZZ := BUILD=build/libfuzzer CC=clang-14 SQLITE_O='$(SQLITE_O)' CFLAGS='-O1 -g' \
  SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
SYSTEM_SQLITE := BUILD=build/system SQLITE=system

VARIANTS := test-asan test-clang test-fuzz test-system
.PHONY: test-build test-release $(VARIANTS)

# All that tools/test.sh runs.
test-build: test-release $(VARIANTS) wasm wasm-unit $(WASM_BUILD)/test_pool web app build/packages-web
test-release: build/packages-test build/packages-net lib cli examples unit sim bench-program

# What the variants share is made here first, once.
$(VARIANTS): | build/packages-build build/packages-test build/packages-system build/packages-net $(DEPS)/sqlite3.h $(DEPS)/xxhash.h
test-clang test-fuzz: | $(SQLITE_O)

test-asan:
	@$(MAKE) --no-print-directory $(ASAN) cli examples unit sim replay
test-clang:
	@$(MAKE) --no-print-directory $(CLANG) cli unit sim bench-program
test-fuzz:
	@$(MAKE) --no-print-directory $(FUZZ) fuzzers
test-system:
	@$(MAKE) --no-print-directory $(SYSTEM_SQLITE) cli unit
