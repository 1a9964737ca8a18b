#include "core/closed.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/store.h"

static int check_there(const char *path, const char *file, ls_error *err) {
  int there = ls_port_exists(file, err);
  if (there == 0) return ls_fail(err, LS_ENOTFOUND, "%s: there is no store", path);
  return there < 0 ? there : LS_OK;
}

int ls_closed_open(ls_closed *out, const char *path, const char *holder, ls_error *err) {
  ls_closed closed = {0};
  char *file = ls_store_file(path, "log.db"), *lock = ls_store_file(path, "lock");
  int rc = file && lock ? check_there(path, file, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_port_lock_open(&closed.lock, lock, holder ? holder : "livestore", err);
  if (!rc) rc = ls_log_open_readonly(&closed.log, file, err);
  ls_free(file);
  ls_free(lock);
  if (rc)
    ls_closed_fini(&closed);
  else
    *out = closed;
  return rc;
}

void ls_closed_fini(ls_closed *closed) {
  ls_log_close(closed->log, NULL);
  ls_port_lock_close(closed->lock);
}
