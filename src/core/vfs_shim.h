/* vfs_shim - a VFS of SQLite that tells when the clock is asked, and otherwise passes everything on.
 *
 * SQLite has no hook for "a statement asked for the time", but it takes the time from the connection's VFS. So each
 * connection of a state has a VFS of its own, on top of the one that is SQLite's default when it is opened. */
#ifndef LS_CORE_VFS_SHIM_H
#define LS_CORE_VFS_SHIM_H

#include "livestore.h"

typedef struct ls_vfs_shim ls_vfs_shim;

/* Register a VFS.
 *   clock_read  set to true whenever the clock is asked; the VFS's name is made from its address, so it must be
 *               the only one that uses it */
int ls_vfs_shim_register(ls_vfs_shim **out, bool *clock_read, ls_error *err);
/* The shim that was registered for `clock_read`; NULL when there is none. */
ls_vfs_shim *ls_vfs_shim_find(const bool *clock_read);
/* Its name, for sqlite3_open_v2. */
const char *ls_vfs_shim_name(const ls_vfs_shim *shim);
/* Connections that use it must have been closed. NULL is fine. */
void ls_vfs_shim_unregister(ls_vfs_shim *shim);

#endif
