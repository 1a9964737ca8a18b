/* capture - records, with SQLite's preupdate hook, the old and new image of each row that changes, as a changeset.
 *
 * The hook also sees what triggers, foreign-key actions and REPLACE do, and WITHOUT ROWID tables. It fires before the
 * change, and a statement that fails half-way is undone without a word; so who runs a statement that fails cuts the
 * record back to where it was. */
#ifndef LS_CORE_CAPTURE_H
#define LS_CORE_CAPTURE_H

#include "core/changeset.h"

/* Zero-initialize; free with ls_capture_fini. */
typedef struct ls_capture {
  bool on;
  bool whole_rows;           /* record columns that an update leaves alone, too */
  const ls_table *only;      /* record the changes of this table; NULL for those of all */
  const uint64_t *wanted;    /* by table: these columns too (live.h); NULL for none */
  size_t limit;              /* stop recording beyond so many bytes, and say so in `overflow` */
  bool overflow;
  bool last_rowid;           /* a row got the largest row id; SQLite chooses the next ones at random */
  ls_bytes record;
  const ls_tables *tables;
  const char *last_name;     /* as SQLite passed it, and which table that is */
  const ls_table *last;
} ls_capture;

/* Install the hook on a connection whose tables are loaded. Both stay where they are. */
void ls_capture_install(ls_capture *capture, ls_database *database, const ls_tables *tables);
/* Forget what was recorded. */
void ls_capture_clear(ls_capture *capture);
void ls_capture_fini(ls_capture *capture);

#endif
