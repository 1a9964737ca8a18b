# WebAssembly modules. All import what src/port/wasm/host.h declares, from module "env".
#   build/livestore.wasm           the library: exports what the public headers declare, plus malloc and free
#   build/livestore-web.wasm       for pages: exports web/bridge, as small as it gets
#   build/livestore-web-fts5.wasm  the same with full-text search

WASM_CC := clang-19
WASM_BUILD := build/wasm
WASM_TARGET := --target=wasm32-wasi --sysroot=/ -isystem /usr/include/wasm32-wasi
WASM_SOURCES := $(wildcard src/base/*.c src/core/*.c src/sync/*.c src/port/*.c src/port/wasm/*.c)
WASM_OBJECTS := $(WASM_SOURCES:%.c=$(WASM_BUILD)/obj/%.o)
WASM_SQLITE := -DSQLITE_THREADSAFE=0 -DSQLITE_OS_OTHER=1 -DSQLITE_TEMP_STORE=3
WASM_CFLAGS = -std=c11 $(WARNINGS) -Werror -fvisibility=hidden -Iinclude -Isrc -isystem build/deps -DSQLITE_ENABLE_PREUPDATE_HOOK
WASM_LINK := $(WASM_CC) $(WASM_TARGET) -L/usr/lib/wasm32-wasi -fuse-ld=/usr/bin/wasm-ld-19 -mexec-model=reactor \
  -Wl,--gc-sections -Wl,-z,stack-size=1048576
WASM_MEMORY := -Wl,--strip-all -Wl,--initial-memory=16777216 -Wl,--max-memory=2147483648
# Sockets are the host's, which brings its own (livestore_host.h).
WASM_EXPORTS := malloc free $(shell tools/public-symbols.sh --without-net)

.PHONY: wasm wasm-unit test-wasm
wasm: build/livestore.wasm build/livestore-web.wasm build/livestore-web-fts5.wasm ## WebAssembly modules, build/*.wasm

WASM_READY := build/deps/sqlite3.h build/deps/xxhash.h build/packages-wasm

# -------------------------------------------------------------------------------------------------
# The library

$(WASM_BUILD)/obj/%.o: %.c tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -Os $(WASM_CFLAGS) -MMD -MP -c -o $@ $<

$(WASM_BUILD)/obj/sqlite3.o: build/deps/sqlite3.h tools/sqlite.mk tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) -Os -w -fvisibility=hidden $(SQLITE_OPTIONS) $(WASM_SQLITE) -c -o $@ build/deps/sqlite3.c

build/livestore.wasm: $(WASM_OBJECTS) $(WASM_BUILD)/obj/sqlite3.o
	@echo "  ld    $@"
	@$(WASM_LINK) $(WASM_MEMORY) -o $@ $^ $(WASM_EXPORTS:%=-Wl,--export=%)

# -------------------------------------------------------------------------------------------------
# For pages. What is left out of SQLite is what no statement of a store reaches: the authorizer refuses it, or only
# ls_check uses it, which pages do not have (INTEGRITY_CHECK). Nothing that changes what a query gives, or how it is run.
# Nothing lies below the global base, so that small offsets can be folded into loads (--low-memory-unused).
# FTS5 needs INCRBLOB. sqlite3-unit.o is the one of the unit tests, which do check stores.

PAGE_OPT := -Oz -DNDEBUG -ffunction-sections -fdata-sections -mbulk-memory -mnontrapping-fptoint
PAGE_FEATURES := --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals
PAGE_OBJECTS := $(patsubst %.c,$(WASM_BUILD)/page/%.o,$(WASM_SOURCES) $(wildcard web/bridge/*.c))
PAGE_SQLITE := $(filter-out -DSQLITE_ENABLE_STMT_SCANSTATUS -DSQLITE_ENABLE_FTS5,$(SQLITE_OPTIONS)) $(WASM_SQLITE) \
  -DSQLITE_UNTESTABLE -DSQLITE_OMIT_TRACE -DSQLITE_OMIT_COMPILEOPTION_DIAGS -DSQLITE_OMIT_AUTOVACUUM \
  -DSQLITE_OMIT_ALTERTABLE -DSQLITE_OMIT_ANALYZE -DSQLITE_OMIT_VACUUM -DSQLITE_OMIT_REINDEX

$(WASM_BUILD)/page/%.o: %.c tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) $(PAGE_OPT) -flto $(WASM_CFLAGS) -MMD -MP -c -o $@ $<

$(WASM_BUILD)/page/sqlite3.o: PAGE_SQLITE += -DSQLITE_OMIT_INCRBLOB -DSQLITE_OMIT_INTEGRITY_CHECK
$(WASM_BUILD)/page/sqlite3-fts5.o: PAGE_SQLITE += -DSQLITE_ENABLE_FTS5 -DSQLITE_OMIT_INTEGRITY_CHECK
$(WASM_BUILD)/page/sqlite3-unit.o: PAGE_SQLITE += -DSQLITE_ENABLE_FTS5
$(addprefix $(WASM_BUILD)/page/,sqlite3.o sqlite3-fts5.o sqlite3-unit.o): src/port/wasm/sqlite/small.c build/deps/sqlite3.h tools/sqlite.mk tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(WASM_CC) $(WASM_TARGET) $(PAGE_OPT) -w -fvisibility=hidden $(PAGE_SQLITE) -isystem build/deps -c -o $@ $<

build/livestore-web.wasm: $(PAGE_OBJECTS) $(WASM_BUILD)/page/sqlite3.o
build/livestore-web-fts5.wasm: $(PAGE_OBJECTS) $(WASM_BUILD)/page/sqlite3-fts5.o
build/livestore-web.wasm build/livestore-web-fts5.wasm:
	@echo "  ld    $@"
	@$(WASM_LINK) -flto $(WASM_MEMORY) -Wl,--global-base=1024 -o $(WASM_BUILD)/page/$(@F) $^
	@wasm-opt --low-memory-unused -Oz -Oz $(PAGE_FEATURES) -o $@ $(WASM_BUILD)/page/$(@F)
	@echo "        $$(gzip -9c $@ | wc -c) bytes gzipped"

# -------------------------------------------------------------------------------------------------
# The library's unit tests as WebAssembly, with the SQLite of pages

WASM_UNIT := $(WASM_BUILD)/unit
WASM_LEFT_OUT := $(shell sed -n 's/^\(test_[a-z_]*\) .*/\1/p' tests/wasm/unit/left-out.txt)
WASM_UNIT_PROGRAMS := $(filter-out $(WASM_LEFT_OUT:%=$(WASM_UNIT)/%.wasm),$(patsubst tests/unit/%.c,$(WASM_UNIT)/%.wasm,$(wildcard tests/unit/test_*.c)))
WASM_SUPPORT := $(filter-out tests/support/tmp.c tests/support/fault_vfs.c tests/support/loopback.c tests/support/hub_%,$(wildcard tests/support/*.c))
WASM_SUPPORT_OBJECTS := $(patsubst tests/%.c,$(WASM_UNIT)/obj/%.o,$(WASM_SUPPORT) $(wildcard tests/wasm/unit/*.c))
# Calls on files of a store go to the port's files; main is called by tests/wasm/unit/cmocka.c.
WASM_UNIT_DEFINES := -D_GNU_SOURCE -Dmain=test_main $(foreach f,access unlink remove rename truncate,-D$(f)=wasm_$(f))

wasm-unit: $(WASM_UNIT_PROGRAMS)

$(WASM_UNIT)/obj/%.o: tests/%.c tools/wasm.mk | $(WASM_READY)
	@mkdir -p $(@D)
	@$(WASM_CC) $(WASM_TARGET) -O1 -std=c11 -w -Itests/wasm/unit/include -Iinclude -Isrc -I. -Itests -isystem build/deps \
	  -DSQLITE_ENABLE_PREUPDATE_HOOK $(WASM_UNIT_DEFINES) -MMD -MP -c -o $@ $<

$(WASM_UNIT)/support.a: $(WASM_SUPPORT_OBJECTS) $(WASM_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(WASM_UNIT)/%.wasm: $(WASM_UNIT)/obj/unit/%.o $(WASM_UNIT)/support.a $(WASM_BUILD)/page/sqlite3-unit.o
	@echo "  ld    $(patsubst build/%,%,$@)"
	@$(WASM_LINK) -o $@ $^

$(WASM_BUILD)/test_pool: tests/wasm/test_pool.c tests/wasm/disk.c src/port/replace.c $(filter-out src/port/wasm/vfs%,$(wildcard src/port/wasm/*.c)) $(wildcard src/base/*.c) | build/deps/xxhash.h build/packages-test
	@mkdir -p $(@D)
	@$(CC) -std=c11 $(WARNINGS) -g -D_POSIX_C_SOURCE=200809L -fsanitize=address,undefined -Iinclude -Isrc -Itests -isystem build/deps \
	  -o $@ $^ -lcmocka

test-wasm: wasm $(WASM_BUILD)/test_pool wasm-unit ## tests of the WebAssembly modules, with the library's unit tests
	@$(WASM_BUILD)/test_pool
	@node tests/wasm/smoke.mjs build/livestore.wasm
	@node tests/wasm/unit/run-unit.mjs $(WASM_UNIT)

-include $(shell [ ! -d $(WASM_BUILD) ] || find $(WASM_BUILD) -name '*.d')
