# SQLite: the pinned one, compiled with these options and built into the library; or the system's.

SQLITE_OPTIONS := \
  -DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_STMT_SCANSTATUS -DSQLITE_ENABLE_FTS5 \
  -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
  -DSQLITE_USE_ALLOCA -DSQLITE_STRICT_SUBTYPE=1 -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=1 -DSQLITE_OMIT_DEPRECATED \
  -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_PROGRESS_CALLBACK -DSQLITE_OMIT_TCL_VARIABLE -DSQLITE_OMIT_UTF16 \
  -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_COMPLETE -DSQLITE_OMIT_GET_TABLE

ifeq ($(SQLITE),pinned)
  DEPS := build/deps
  SQLITE_O := $(BUILD)/obj/sqlite3.o
  SQLITE_READY := $(DEPS)/sqlite3.h
  LIBS := -lm
else ifeq ($(SQLITE),system)
  DEPS := build/deps/system
  SQLITE_O :=
  SQLITE_READY := $(BUILD)/sqlite-checked
  LIBS := -lsqlite3 -lm
else
  $(error SQLITE must be pinned or system, not '$(SQLITE)')
endif

build/deps/sqlite3.h: tools/fetch-sqlite.sh
	@tools/fetch-sqlite.sh $(@D)
	@touch $@

$(BUILD)/sqlite-checked: tools/check-sqlite.sh | build/packages-system
	@mkdir -p $(@D)
	@tools/check-sqlite.sh $(CC)
	@touch $@

$(BUILD)/obj/sqlite3.o: tools/sqlite.mk build/deps/sqlite3.h $(BUILD)/flags-sqlite
	@mkdir -p $(@D)
	@echo "  cc    $(patsubst build/%,%,$@)"
	@$(CC) $(SQLITE_FLAGS) -w -fPIC -fvisibility=hidden $(SQLITE_OPTIONS) -c -o $@ build/deps/sqlite3.c
