# Builds, installs and tests livestore. `make help` lists the targets.
#
# Sources are found by wildcard: add a file and it is built. Everything made goes below build/.
# Other variants of the build (sanitizers, another compiler) are this same Makefile with another BUILD, see
# tools/variants.mk; WebAssembly is in tools/wasm.mk.
#
# Variables, to be given on the command line:
#   CC, CFLAGS, LDFLAGS   compiler and its options
#   WERROR=               do not stop at warnings (the default with compilers that the project is not tested with)
#   SQLITE=pinned|system  the SQLite that tools/fetch-sqlite.sh fetches, built in; or the system's -lsqlite3
#   NET=yes|no            with src/net and server/, which need libwebsockets and what goes with it; or without
#   PACKAGES=no           do not look for Debian packages
#   JOBS                  how much `make run`, `make test` and `make soak` do at a time (the number of cores)
#   PORT                  where `make run` listens (8787)
#   RUN_ONCE=1            `make run` checks that it works, and ends; RUN_ONCE=0 stays also where nobody is at a terminal
#   PREFIX, DESTDIR       where `make install` puts things

VERSION := $(shell sed -n 's/^\#define LS_VERSION "\(.*\)"/\1/p' include/livestore.h)
SOVERSION := 0

BUILD := build
SQLITE := pinned
NET := yes
PACKAGES := yes
PORT ?=
RUN_ONCE ?=
CFLAGS := -O2 -g
JOBS := $(shell nproc)
PREFIX := /usr/local
BINDIR := $(PREFIX)/bin
LIBDIR := $(PREFIX)/lib
INCLUDEDIR := $(PREFIX)/include

.DEFAULT_GOAL := all

# -------------------------------------------------------------------------------------------------
# Sources

ifneq ($(NET),no)
  NET_SOURCES := $(wildcard src/net/*.c)
  SERVER_SOURCES := $(wildcard server/*.c)
  NET_DEFINE := -DLS_NET
  NET_LIBS := -Wl,--as-needed -lwebsockets -luv -lssl -lcrypto -Wl,--no-as-needed
  SERVER_LIBS := -Wl,--as-needed -ljwt -Wl,--no-as-needed
endif
LIB_SOURCES := $(wildcard src/base/*.c src/core/*.c src/sync/*.c src/port/*.c src/port/posix/*.c) $(NET_SOURCES)
CLI_SOURCES := $(wildcard cli/*.c)
BENCH_SOURCES := $(wildcard bench/*.c)
SUPPORT_SOURCES := $(wildcard tests/support/*.c)
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
TEST_PROGRAM_SOURCES := $(wildcard tests/programs/*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
ifeq ($(NET),no)
  SUPPORT_SOURCES := $(filter-out tests/support/hub_% tests/support/loopback.c,$(SUPPORT_SOURCES))
  BENCH_SOURCES := $(filter-out $(addprefix bench/,peer.c relay.c rows_server.c rows_sync.c server.c websocket.c),$(BENCH_SOURCES))
  UNIT_SOURCES := $(filter-out $(addprefix tests/unit/test_,hub% backend% server% net% sync% url% fault_hub% fault_sync%),$(UNIT_SOURCES))
endif
HEADERS := $(wildcard include/*.h)
ALL_SOURCES := $(wildcard src/*/*.[ch] src/port/*/*.[ch] server/*.[ch] cli/*.[ch] bench/*.[ch] tests/*/*.[ch] examples/*/*.c)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB_OBJECTS := $(call objects,$(LIB_SOURCES))
NET_OBJECTS := $(call objects,$(NET_SOURCES) $(SERVER_SOURCES))
SERVER_OBJECTS := $(call objects,$(SERVER_SOURCES))
CLI_OBJECTS := $(call objects,$(CLI_SOURCES))
BENCH_OBJECTS := $(call objects,$(BENCH_SOURCES))
SUPPORT_OBJECTS := $(call objects,$(SUPPORT_SOURCES))
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
TEST_PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/tests/%,$(TEST_PROGRAM_SOURCES))
REPLAY_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/replay/%,$(FUZZ_SOURCES))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))

# -------------------------------------------------------------------------------------------------
# Options of the compiler

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wno-sign-conversion
WERROR := $(if $(filter 12 14.0.6,$(shell $(CC) -dumpversion)),-Werror)
SQLITE_FLAGS := $(filter -O%,$(CFLAGS))
# SANITIZE and SQLITE_FLAGS are set by the variants.
COMPILE = $(CC) -std=c11 $(WARNINGS) $(WERROR) -fPIC -fvisibility=hidden -Iinclude $(INCLUDES) $(SYSTEM) $(CFLAGS) \
  $(SANITIZE) -MMD -MP
LINK = $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS)

# What is in front of the port layer may use the system, the core may not.
SYSTEM := -D_POSIX_C_SOURCE=200809L
$(BUILD)/obj/src/%.o: SYSTEM :=
$(BUILD)/obj/src/port/posix/%.o: SYSTEM := -D_POSIX_C_SOURCE=200809L
$(BUILD)/obj/src/net/%.o $(BUILD)/obj/server/%.o: SYSTEM := -D_GNU_SOURCE
# The command and the examples see the public headers only; the command that serves, server/serve.h too.
INCLUDES = -Isrc -I. -isystem $(DEPS) -DSQLITE_ENABLE_PREUPDATE_HOOK $(NET_DEFINE)
$(BUILD)/obj/examples/%.o: INCLUDES :=
$(BUILD)/obj/cli/%.o: INCLUDES = -I. $(NET_DEFINE)
$(BUILD)/obj/tests/%.o $(BUILD)/obj/bench/%.o: INCLUDES += -Itests

include tools/sqlite.mk

# -------------------------------------------------------------------------------------------------
.PHONY: all lib cli help
all: lib cli   ## the library and the command

# Text after "##" is the help.
help:         ## this list
	@sed -n 's/^\([a-z-]*\):.*##/\1/p' Makefile tools/*.mk | sort | awk '{name = $$1; $$1 = ""; printf "  make %-18s %s\n", name, $$0}'

lib: $(BUILD)/liblivestore.a $(BUILD)/liblivestore.so $(BUILD)/livestore.pc  ## the library, static and shared
cli: $(BUILD)/livestore       ## the command, build/livestore

.DELETE_ON_ERROR:
.SECONDARY:

# -------------------------------------------------------------------------------------------------
# What is needed before anything compiles

# Rewritten when the options change; objects depend on them.
$(BUILD)/flags: OPTIONS = $(CC) $(CFLAGS) $(SANITIZE) $(WERROR) $(SQLITE) $(NET_DEFINE)
$(BUILD)/flags-sqlite: OPTIONS = $(CC) $(SQLITE_FLAGS)
$(BUILD)/flags $(BUILD)/flags-sqlite: force
	@mkdir -p $(@D)
	@echo '$(OPTIONS)' | cmp -s - $@ || echo '$(OPTIONS)' >$@
.PHONY: force

$(NET_OBJECTS): | build/packages-net
$(call objects,$(wildcard tests/*/*.c)): | build/packages-test

build/packages-%: tools/packages.txt
	@mkdir -p $(@D)
	@[ $(PACKAGES) = no ] || tools/install.sh $*
	@touch $@

$(DEPS)/xxhash.h: | build/packages-build
	@mkdir -p $(@D)
	@printf '#include <xxhash.h>\n' | $(CC) -E -M -x c - | grep -o '[^ ]*/xxhash\.h' | { read -r file && cp "$$file" $@; }

# -------------------------------------------------------------------------------------------------
# Compiling

$(BUILD)/obj/%.o: %.c $(BUILD)/flags $(SQLITE_READY) | $(DEPS)/xxhash.h
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(COMPILE) -MF $(@:.o=.d) -c -o $@ $<

-include $(shell [ ! -d $(BUILD)/obj ] || find $(BUILD)/obj -name "*.d")

# -------------------------------------------------------------------------------------------------
# The library. Only what livestore.h declares stays visible: a program may have a SQLite of its own.

$(BUILD)/liblivestore.a: $(SQLITE_O) $(LIB_OBJECTS)
	@echo "  ar    $@"
	@ld -r -o $(BUILD)/obj/liblivestore.o $^
	@objcopy --localize-hidden $(BUILD)/obj/liblivestore.o
	@rm -f $@
	@ar rcs $@ $(BUILD)/obj/liblivestore.o

$(BUILD)/liblivestore.so: $(SQLITE_O) $(LIB_OBJECTS)
	@echo "  ld    $@"
	@$(LINK) -shared -Wl,-soname,liblivestore.so.$(SOVERSION) -Wl,-z,defs -o $@ $^ $(NET_LIBS) $(LIBS)
	@ln -sf liblivestore.so $@.$(SOVERSION)

# The server uses what the library hides.
$(BUILD)/livestore: $(CLI_OBJECTS) $(if $(SERVER_OBJECTS),$(BUILD)/server.a $(BUILD)/objects.a $(SQLITE_O),$(BUILD)/liblivestore.a)
	@echo "  ld    $@"
	@$(LINK) -o $@ $^ -lz $(SERVER_LIBS) $(NET_LIBS) $(LIBS)

$(BUILD)/livestore.pc: tools/livestore.pc.in force
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	  -e 's|@VERSION@|$(VERSION)|; s|@LIBS@|$(if $(NET_SOURCES),$(filter -l%,$(NET_LIBS))) $(LIBS)|' $< >$@

# The objects as they are, internals visible: for tests and the bench.
$(BUILD)/objects.a: $(LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/server.a: $(SERVER_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

# -------------------------------------------------------------------------------------------------
# Test programs

# Each takes out of the archives what it uses.
INTERNALS := $(if $(SERVER_OBJECTS),$(BUILD)/server.a) $(BUILD)/objects.a $(SQLITE_O)
INTERNAL_LIBS = $(SERVER_LIBS) $(NET_LIBS) $(LIBS)

.PHONY: unit replay fuzzers
unit: $(UNIT_PROGRAMS) $(TEST_PROGRAMS)
replay: $(REPLAY_PROGRAMS)
fuzzers: $(FUZZ_PROGRAMS)

$(UNIT_PROGRAMS): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJECTS) $(INTERNALS)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^ -lcmocka $(INTERNAL_LIBS)

$(TEST_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/obj/tests/programs/%.o $(BUILD)/objects.a $(SQLITE_O)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^ -lz $(LIBS)

$(REPLAY_PROGRAMS): $(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(INTERNALS)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^ $(INTERNAL_LIBS)

$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(INTERNALS)
	@mkdir -p $(@D)
	@$(LINK) -fsanitize=fuzzer -o $@ $^ $(INTERNAL_LIBS)

# -------------------------------------------------------------------------------------------------
# Example programs and the bench

.PHONY: examples
examples: $(BUILD)/git_events $(BUILD)/todos $(if $(NET_SOURCES),$(BUILD)/chat $(BUILD)/clownschool)

$(BUILD)/git_events: $(BUILD)/obj/examples/git-history/git_events.o
	@$(LINK) -o $@ $^

$(BUILD)/todos $(BUILD)/chat: $(BUILD)/%: $(BUILD)/obj/examples/c/%.o $(BUILD)/liblivestore.a
	@$(LINK) -o $@ $^ $(NET_LIBS) $(LIBS)

$(BUILD)/clownschool: $(BUILD)/obj/examples/clownschool/clownschool.o $(BUILD)/liblivestore.a
	@$(LINK) -o $@ $^ $(NET_LIBS) $(LIBS)

$(BUILD)/bench: $(BENCH_OBJECTS) $(INTERNALS)
	@echo "  ld    $@"
	@$(LINK) -o $@ $^ $(INTERNAL_LIBS)

.PHONY: bench-program
bench-program: $(if $(BENCH_SOURCES),$(BUILD)/bench)

# -------------------------------------------------------------------------------------------------
# What people call

.PHONY: run test soak bench bench-sync bench-instructions install uninstall clean distclean format

run:          ## the to-do app: builds all of it and serves it at http://localhost:8787/ (PORT=N for another port)
	+@$(MAKE) --no-print-directory -j$(JOBS) cli app
	@BUILD='$(BUILD)' PORT='$(PORT)' RUN_ONCE='$(RUN_ONCE)' examples/web-todomvc/run.sh

# A test whose programs match a word of VALGRIND_SKIP is too slow for valgrind, and is not run twice without it.
VALGRIND_SKIP := fault crash migration random past history rollback upcast undo import net uplink store_state live query graph json export store_schema

test:         ## everything, in some minutes
	+@MAKE='$(MAKE)' JOBS=$(JOBS) VALGRIND_SKIP='$(VALGRIND_SKIP)' tools/test.sh

soak:         ## the same for much longer: SOAK=1 for the tests, a minute for each fuzz target
	+@MAKE='$(MAKE)' JOBS=$(JOBS) VALGRIND_SKIP= SOAK=1 FUZZ_SECONDS=60 tools/test.sh

# What LiveStore itself was found to do; shown beside our figures.
LIVESTORE_FIGURES := build/interop/bench.jsonl

bench: bench-program ## measure; ARGS='--json' and the like are given to the program
	@$(BUILD)/bench --livestore $(LIVESTORE_FIGURES) $(ARGS)

bench-sync: bench-program cli ## measure syncing only, and LiveStore too where `make interop` has installed it
	@[ ! -d build/interop/node_modules ] || \
	  LIVESTORE=$(BUILD)/livestore tests/interop/bench.sh wrangler >$(LIVESTORE_FIGURES)
	@$(BUILD)/bench --only 'sync-*,rebase-*' --livestore $(LIVESTORE_FIGURES) $(ARGS)

bench-instructions: bench-program build/packages-test ## count instructions of commits and queries with valgrind
	@bench/instructions.sh $(BUILD)/bench

install: lib cli             ## to PREFIX (/usr/local), below DESTDIR if given
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)'
	install -m 755 $(BUILD)/livestore '$(DESTDIR)$(BINDIR)/livestore'
	install -m 644 $(HEADERS) '$(DESTDIR)$(INCLUDEDIR)'
	install -m 644 $(BUILD)/liblivestore.a '$(DESTDIR)$(LIBDIR)'
	install -m 755 $(BUILD)/liblivestore.so '$(DESTDIR)$(LIBDIR)/liblivestore.so.$(VERSION)'
	ln -sf liblivestore.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/liblivestore.so.$(SOVERSION)'
	ln -sf liblivestore.so.$(SOVERSION) '$(DESTDIR)$(LIBDIR)/liblivestore.so'
	install -m 644 $(BUILD)/livestore.pc '$(DESTDIR)$(LIBDIR)/pkgconfig'

uninstall:    ## what install put there
	rm -f '$(DESTDIR)$(BINDIR)/livestore' '$(DESTDIR)$(LIBDIR)/pkgconfig/livestore.pc'
	rm -f '$(DESTDIR)$(LIBDIR)'/liblivestore.a '$(DESTDIR)$(LIBDIR)'/liblivestore.so*
	rm -f $(patsubst include/%,'$(DESTDIR)$(INCLUDEDIR)/%',$(HEADERS))

clean:        ## remove what was built, but keep the fetched SQLite
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +

distclean:    ## remove all that was built or fetched
	rm -rf build

format: build/packages-format ## clang-format over the sources, in place; livestore.h is laid out by hand
	@clang-format-14 -i $(ALL_SOURCES)

include tools/wasm.mk tools/wasm-cli.mk tools/web.mk tools/app.mk tools/interop.mk tools/variants.mk tools/sim.mk
