# The library for WebAssembly: base, core and sync with the wasm port and SQLite in one module. It exports what the public
# headers declare plus malloc and free, and imports what src/port/wasm/host.h declares plus three functions of
# WASI that are never called with a real file.

WASM_CC := clang-19
WASM_BUILD := build/wasm
WASM_SOURCES := $(wildcard src/base/*.c src/core/*.c src/sync/*.c src/port/wasm/*.c)
WASM_OBJECTS := $(patsubst %.c,$(WASM_BUILD)/obj/%.o,$(WASM_SOURCES)) $(WASM_BUILD)/obj/sqlite3.o
WASM_TARGET := --target=wasm32-wasi --sysroot=/ -isystem /usr/include/wasm32-wasi
WASM_SQLITE := -DSQLITE_THREADSAFE=0 -DSQLITE_OS_OTHER=1 -DSQLITE_TEMP_STORE=3
# Sockets are the host's, which brings its own (livestore_host.h).
WASM_EXPORTS := malloc free $(shell tools/public-symbols.sh --without-net)

wasm: build/livestore.wasm    ## the library as a WebAssembly module, build/livestore.wasm
.PHONY: wasm

$(WASM_BUILD)/obj/%.o: %.c tools/wasm.mk | build/deps/sqlite3.h build/deps/xxhash.h build/packages-wasm
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -std=c11 $(WARNINGS) -Werror -Os -fvisibility=hidden -Iinclude -Isrc -isystem build/deps -DSQLITE_ENABLE_PREUPDATE_HOOK -MMD -MP -c -o $@ $<

$(WASM_BUILD)/obj/sqlite3.o: build/deps/sqlite3.h tools/wasm.mk | build/packages-wasm
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -Os -w -fvisibility=hidden $(SQLITE_OPTIONS) $(WASM_SQLITE) -c -o $@ build/deps/sqlite3.c

build/livestore.wasm: $(WASM_OBJECTS)
	@echo "  ld    $@"
	@$(WASM_CC) $(WASM_TARGET) -L/usr/lib/wasm32-wasi -fuse-ld=/usr/bin/wasm-ld-19 -mexec-model=reactor -o $@ $^ -Wl,--strip-all \
	  -Wl,-z,stack-size=1048576 -Wl,--initial-memory=16777216 -Wl,--max-memory=2147483648 \
	  $(WASM_EXPORTS:%=-Wl,--export=%)

-include $(shell [ ! -d $(WASM_BUILD) ] || find $(WASM_BUILD) -name '*.d')
