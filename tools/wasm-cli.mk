# The command as WebAssembly under Node, for the scenarios: it stands on WASI with the port to POSIX, as far as WASI has
# what that calls, and on SQLite's own files. There are no sockets, as with NET=no.
#   build/wasm/cli/livestore    runs like build/livestore

WASM_CLI := $(WASM_BUILD)/cli
WASM_CLI_SOURCES := $(filter-out cli/interrupt.c,$(wildcard cli/*.c)) $(wildcard src/port/posix/*.c tests/wasm/scenario/*.c)
WASM_CLI_OBJECTS := $(WASM_CLI_SOURCES:%.c=$(WASM_CLI)/obj/%.o) $(WASM_CLI)/obj/sqlite3.o \
  $(filter-out $(WASM_BUILD)/obj/src/port/wasm/%,$(WASM_OBJECTS))
WASM_CLI_DEFINES := -D_GNU_SOURCE -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID
WASM_CLI_SQLITE := -DSQLITE_THREADSAFE=0 -DSQLITE_TEMP_STORE=3 -DSQLITE_DEFAULT_UNIX_VFS='"unix-none"'

.PHONY: wasm-cli test-wasm-cli
wasm-cli: $(WASM_CLI)/livestore.wasm $(WASM_CLI)/livestore
test-build: wasm-cli

test-wasm-cli: wasm-cli ## scenarios with the command as WebAssembly
	@tests/wasm/scenario/run.sh --bin $(WASM_CLI)

$(WASM_CLI)/obj/%.o: %.c tools/wasm-cli.mk tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -Os $(WASM_CFLAGS) $(WASM_CLI_DEFINES) -I. -Itests -Itests/wasm/scenario/include \
	  -include tests/wasm/scenario/posix.h -MMD -MP -c -o $@ $<

$(WASM_CLI)/obj/sqlite3.o: build/deps/sqlite3.h tools/sqlite.mk tools/wasm-cli.mk tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -Os -w -fvisibility=hidden $(SQLITE_OPTIONS) $(WASM_CLI_SQLITE) -c -o $@ build/deps/sqlite3.c

$(WASM_CLI)/livestore.wasm: $(WASM_CLI_OBJECTS)
	@echo "  ld    $@"
	@$(filter-out -mexec-model=reactor,$(WASM_LINK)) $(WASM_MEMORY) -o $@ $^ -lwasi-emulated-signal -lwasi-emulated-getpid

$(WASM_CLI)/livestore: tests/wasm/scenario/livestore.cjs
	@mkdir -p $(@D)
	@install -m 755 $< $@
