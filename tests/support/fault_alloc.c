#include "support/fault_alloc.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

static sqlite3_mem_methods below;
static long left;  /* allocations until the one that fails; 0 when none is to */
static bool stays; /* all after it fail too */
static bool fired;
static long blocks;

static int must_fail(void) {
  if (left == 0) return 0;
  if (left > 1) {
    left--;
    return 0;
  }
  fired = true;
  if (!stays) left = 0;
  return 1;
}

static void *fault_malloc(int size) {
  void *block = must_fail() ? NULL : below.xMalloc(size);
  blocks += block != NULL;
  return block;
}

static void fault_free(void *block) {
  blocks -= block != NULL;
  below.xFree(block);
}

static void *fault_realloc(void *block, int size) { return must_fail() ? NULL : below.xRealloc(block, size); }

void fault_alloc_install(void) {
  int rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &below);
  sqlite3_mem_methods methods = below;
  methods.xMalloc = fault_malloc;
  methods.xFree = fault_free;
  methods.xRealloc = fault_realloc;
  if (!rc) rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  if (!rc) rc = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
  if (!rc) rc = sqlite3_initialize();
  if (rc) {
    fprintf(stderr, "SQLite does not take the test's allocator: %s\n", sqlite3_errstr(rc));
    exit(1);
  }
  ls_alloc_set_fault(must_fail);
}

void fault_alloc_arm(long k, bool sticky) {
  left = k;
  stays = sticky;
  fired = false;
}

bool fault_alloc_disarm(void) {
  left = 0;
  return fired;
}

long fault_alloc_sqlite_blocks(void) { return blocks; }
