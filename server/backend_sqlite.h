/* backend_sqlite - the logs of all stores in one SQLite database, DIR/stores.db: so one commit makes the appends of any
 * number of stores durable. WAL with synchronous=FULL: what was synced survives the loss of power.
 *
 *   stores   id, name, head, events, backend_id        a row for each store that has events
 *   events   place = store << 40 | number, …           in the order of each store, append-only
 *   facts    "secret": what backend ids are made of
 *
 * A store's backend id is a digest of its name and the database's secret, drawn when that is made: asking for it writes
 * nothing, and it is the same after a restart. */
#ifndef LS_SERVER_BACKEND_SQLITE_H
#define LS_SERVER_BACKEND_SQLITE_H

#include "server/backend.h"

/* Open the database in a directory, both made when missing. Close with out->close.
 * LS_ELOCKED: another server has it; LS_EFORMAT: not such a database, or of a newer version; LS_ECORRUPT; LS_EIO */
int ls_backend_sqlite_open(ls_backend *out, const char *directory, ls_error *err);

#endif
