/* cells - the form in which results cross to JavaScript: any number of SQLite values, decoded there in one pass.
 *
 *   cells   8 bytes each. A double is itself: SQLite has no NaN. All else is the NaN of these bits:
 *
 *            31            3   0 31             0
 *           ┌───────────────┬───┬────────────────┐
 *           │ 0x7ff8000     │tag│ payload        │    1 NULL
 *           └───────────────┴───┴────────────────┘    2 integer     payload: its value, 32 bits
 *                                                     3 text        UTF-16 units that it takes of `text`
 *                                                     4 big integer 8 bytes of `rest`
 *                                                     5 blob        bytes that it takes of `rest`
 *                                                     6 odd text    the same: it is not well-formed UTF-8
 *   text    all texts, one behind the other, UTF-8: JavaScript makes one string of it and cuts that up
 *   rest    what is read one by one
 *
 * An integer of more than 32 bits that a double holds exactly is that double. */
#ifndef LS_WEB_CELLS_H
#define LS_WEB_CELLS_H

#include "base/bytes.h"
#include "livestore.h"

/* Zero-initialize; running out of memory is sticky. */
typedef struct ls_cells {
  ls_bytes cells, text, rest;
} ls_cells;

void ls_cells_clear(ls_cells *cells);
bool ls_cells_ok(const ls_cells *cells);
void ls_cells_fini(ls_cells *cells);

void ls_cells_null(ls_cells *cells);
void ls_cells_int(ls_cells *cells, int64_t value);
void ls_cells_real(ls_cells *cells, double value);
void ls_cells_text_n(ls_cells *cells, const char *text, size_t size);
void ls_cells_text(ls_cells *cells, const char *text); /* NULL is NULL */
void ls_cells_value(ls_cells *cells, ls_value value);

/* Several: global, client, generation. */
void ls_cells_seqnum(ls_cells *cells, ls_seqnum seq);
/* seq, parent, name, args, client id, session id. */
void ls_cells_event(ls_cells *cells, const ls_event *event);
/* op, table, number of columns, is there a before, is there an after; columns; values before; values after. */
void ls_cells_change(ls_cells *cells, const ls_change *change);
/* first, last, serial, stage. */
void ls_cells_receipt(ls_cells *cells, const ls_receipt *receipt);
/* code's name, or NULL when there is none; item, text. */
void ls_cells_error(ls_cells *cells, const ls_error *error);

#endif
