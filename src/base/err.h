/* err - filling an ls_error where it arises, and adding context on the way up. */
#ifndef LS_BASE_ERR_H
#define LS_BASE_ERR_H

#include "livestore.h"

/* Fill *err (may be NULL) and return `code`. The format is printf's. */
int ls_fail(ls_error *err, ls_code code, const char *fmt, ...) LS_FORMAT(3, 4);

/* Put context before the text that is already there: "context: text". Returns err's code, or `code` when err is
 * NULL. Keeps err->item. */
int ls_wrap(ls_error *err, int code, const char *fmt, ...) LS_FORMAT(3, 4);

/* LS_ENOMEM, "out of memory". */
int ls_fail_nomem(ls_error *err);

/* Make *err say that nothing is wrong. */
void ls_error_clear(ls_error *err);

#endif
