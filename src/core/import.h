/* import - the parts of ls_import: import.c tells the formats apart and makes it all or nothing, one reader for each
 * format gives the events. */
#ifndef LS_CORE_IMPORT_H
#define LS_CORE_IMPORT_H

#include "base/json.h"
#include "core/store.h"

typedef struct ls_importer {
  ls_store *store;
  const char *file;
  bool force;
  uint64_t count; /* events taken */
  ls_json doc;    /* for the readers */
  ls_bytes texts;
} ls_importer;

/* Append an event to the store's log. LS_EORDER, LS_ELIMIT it cannot stand there; LS_EABORT progress said so. */
int ls_import_take(ls_importer *importer, const ls_event *event, ls_error *err);

/* Say where in the file it went wrong ("line", 7). What is the file's fault becomes LS_EFORMAT. */
int ls_import_fail_at(const ls_importer *importer, int rc, const char *unit, uint64_t at, ls_error *err);

/* The readers. What was read of the file so far is in `head`, which they may change.
 *   lines     JSON, one event a line
 *   document  LiveStore's export */
int ls_import_lines(ls_importer *importer, ls_bytes *head, ls_port_reader *reader, ls_error *err);
int ls_import_document(ls_importer *importer, ls_bytes *head, ls_port_reader *reader, ls_error *err);
/* LiveStore's eventlog database. */
int ls_import_eventlog(ls_importer *importer, ls_error *err);

#endif
