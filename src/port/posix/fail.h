/* fail - turns errno into an ls_error. Internal to this folder. */
#ifndef LS_PORT_POSIX_FAIL_H
#define LS_PORT_POSIX_FAIL_H

#include "livestore.h"

/* Fill err with "cannot <action> <path>: <the system's reason>" for the errno of the call that just failed.
 * LS_EFULL when the device or quota is full, LS_ENOTFOUND when there is no such file, LS_ENOMEM, otherwise LS_EIO. */
int ls_posix_fail(ls_error *err, const char *action, const char *path);

#endif
