#include "core/notes.h"

#include <stdarg.h>
#include <stdio.h>

void ls_note(ls_notes *notes, ls_log_level level, const char *key, const char *fmt, ...) {
  if (!notes || !notes->log) return;
  char text[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  size_t size = strlen(text);
  if (ls_names_find(&notes->told, text, size)) return;
  ls_names_add(&notes->told, text, size); /* without memory it is told again: better than not at all */
  notes->log(notes->user, level, key, text);
}

void ls_notes_fini(ls_notes *notes) { ls_names_fini(&notes->told); }
