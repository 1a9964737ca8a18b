/* notes - lines for the application's log, each distinct one told once per store. */
#ifndef LS_CORE_NOTES_H
#define LS_CORE_NOTES_H

#include "core/names.h"
#include "livestore.h"

/* Zero-initialize but for log and user; free with ls_notes_fini. */
typedef struct ls_notes {
  ls_log_fn log; /* may be NULL */
  void *user;
  ls_names told;
} ls_notes;

void ls_note(ls_notes *notes, ls_log_level level, const char *key, const char *fmt, ...) LS_FORMAT(4, 5);
void ls_notes_fini(ls_notes *notes);

#endif
