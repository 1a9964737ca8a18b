#include "port/posix/fail.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static ls_code code_of(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT: return LS_EFULL;
    case ENOENT: return LS_ENOTFOUND;
    case ENOMEM: return LS_ENOMEM;
    default: return LS_EIO;
  }
}

int ls_posix_fail(ls_error *err, const char *action, const char *path) {
  int reason = errno;
  char text[128];
  if (strerror_r(reason, text, sizeof text)) text[0] = 0;
  return ls_fail(err, code_of(reason), "cannot %s %.800s: %s", action, path, text);
}
