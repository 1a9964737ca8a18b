/* snapshot - STORE/state.db: the image of a state in memory, kept so that opening need not replay the whole log.
 *
 * The file is the SQLite database followed by a trailer, so an SQLite shell can open it (docs/files.md). The trailer
 * tells whether the image is whole; a torn or foreign file is the same as none. */
#ifndef LS_CORE_SNAPSHOT_H
#define LS_CORE_SNAPSHOT_H

#include "core/state.h"

/* Replace the file by the state's image. `sync`: survive the loss of power (otherwise a torn file is found out). */
int ls_snapshot_write(const char *file, ls_state *state, bool sync, ls_error *err);

/* Make a state from the file. LS_ENOTFOUND when there is none that can be used. */
int ls_snapshot_read(ls_state **out, const char *file, const ls_schema *schema, ls_notes *notes, ls_error *err);

#endif
