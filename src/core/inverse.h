/* inverse - what takes back the changes of one or more events: for each row that they touched the difference between
 * what it was before the first and what it is behind the last, turned round, as the arguments of a restoring event
 * (restore.h). A row is followed through changes of its key. */
#ifndef LS_CORE_INVERSE_H
#define LS_CORE_INVERSE_H

#include "core/changeset.h"
#include "core/names.h"

struct ls_inverse_row;

/* Zero-initialize; free with ls_inverse_fini. */
typedef struct ls_inverse {
  struct ls_inverse_row *rows; /* in the order in which they were first touched */
  size_t n, capacity;
  ls_names keys;
  size_t *live, *gone; /* by key id: the row that has this key, that had it when it was deleted; n + 1, 0 for none */
  size_t n_keys;
  ls_bytes key;
} ls_inverse;

/* One change more, whole rows known. When others changed the row since the last one, what they made of it is what will
 * be restored.
 * LS_ELIMIT the change is in a virtual table, which cannot be restored row by row. */
int ls_inverse_add(ls_inverse *inverse, const ls_row_change *change, ls_error *err);
/* Append {"rows":[…]}, the newest row first. Check `out` afterwards. */
void ls_inverse_write(ls_bytes *out, const ls_inverse *inverse);
void ls_inverse_fini(ls_inverse *inverse);

#endif
