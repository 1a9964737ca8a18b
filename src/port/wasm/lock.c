/* lock - one holder of a store at a time. The host gives its files to this module alone, so only the stores of this
 * module can be in each other's way: a list of those that are held is enough, and no file is needed. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"
#include "port/wasm/pool.h"

struct ls_port_lock {
  ls_port_lock *next;
  char name[LS_POOL_NAME];
  char holder[64];
};

/* Held ones; of this module, as the files are. */
static ls_port_lock *held;

static const ls_port_lock *find(const char *name) {
  const ls_port_lock *lock = held;
  while (lock && strcmp(lock->name, name) != 0) lock = lock->next;
  return lock;
}

int ls_port_lock_open(ls_port_lock **out, const char *path, const char *holder, ls_error *err) {
  ls_port_lock *lock = ls_calloc(1, sizeof *lock);
  if (!lock) return ls_fail_nomem(err);
  int rc = ls_pool_name(lock->name, path, err);
  const ls_port_lock *other = rc ? NULL : find(lock->name);
  if (other)
    rc = ls_fail(err, LS_ELOCKED, "%s is held by %s of this program; close it there first", path, other->holder);
  if (rc) {
    ls_free(lock);
    return rc;
  }
  snprintf(lock->holder, sizeof lock->holder, "%s", holder ? holder : "another store");
  lock->next = held;
  held = *out = lock;
  return LS_OK;
}

void ls_port_lock_close(ls_port_lock *lock) {
  if (!lock) return;
  ls_port_lock **at = &held;
  while (*at != lock) at = &(*at)->next;
  *at = lock->next;
  ls_free(lock);
}
