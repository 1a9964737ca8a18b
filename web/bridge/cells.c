#include "cells.h"

#include "base/utf8.h"

#define BOX UINT64_C(0x7ff8000000000000)
#define MAX_SAFE INT64_C(9007199254740991)

enum { TAG_NULL = 1, TAG_INT, TAG_TEXT, TAG_BIG, TAG_BLOB, TAG_ODD };

void ls_cells_clear(ls_cells *cells) {
  ls_bytes_clear(&cells->cells);
  ls_bytes_clear(&cells->text);
  ls_bytes_clear(&cells->rest);
}

bool ls_cells_ok(const ls_cells *cells) {
  return ls_bytes_ok(&cells->cells) && ls_bytes_ok(&cells->text) && ls_bytes_ok(&cells->rest);
}

void ls_cells_fini(ls_cells *cells) {
  ls_bytes_fini(&cells->cells);
  ls_bytes_fini(&cells->text);
  ls_bytes_fini(&cells->rest);
}

static void put(ls_cells *cells, uint64_t cell) {
  ls_bytes *out = &cells->cells;
  if (!ls_bytes_reserve(out, sizeof cell)) return;
  memcpy(out->data + out->size, &cell, sizeof cell);
  out->size += sizeof cell;
}

static void box(ls_cells *cells, uint64_t tag, uint32_t payload) { put(cells, BOX | tag << 32 | payload); }

void ls_cells_null(ls_cells *cells) { box(cells, TAG_NULL, 0); }

void ls_cells_real(ls_cells *cells, double value) {
  uint64_t cell;
  memcpy(&cell, &value, sizeof cell);
  put(cells, cell);
}

void ls_cells_int(ls_cells *cells, int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    box(cells, TAG_INT, (uint32_t)value);
  } else if (value >= -MAX_SAFE && value <= MAX_SAFE) {
    ls_cells_real(cells, (double)value);
  } else {
    box(cells, TAG_BIG, 0);
    ls_bytes_append(&cells->rest, &value, sizeof value);
  }
}

/* Bytes of ASCII at the start, eight at a time. */
static size_t ascii_prefix(const char *text, size_t size) {
  size_t at = 0;
  uint64_t word;
  for (; at + sizeof word <= size; at += sizeof word) {
    memcpy(&word, text + at, sizeof word);
    if (word & UINT64_C(0x8080808080808080)) break;
  }
  while (at < size && !((unsigned char)text[at] & 0x80)) at++;
  return at;
}

/* UTF-16 units of a text; false when it is not well-formed. */
static bool count_units(size_t *out, const char *text, size_t size) {
  size_t at = ascii_prefix(text, size), units = at;
  while (at < size) {
    size_t length = ls_utf8_length(text + at, size - at);
    if (length == 0) return false;
    units += length == 4 ? 2 : 1;
    at += length;
  }
  *out = units;
  return true;
}

static void put_rest(ls_cells *cells, uint64_t tag, const void *data, size_t size) {
  box(cells, tag, (uint32_t)size);
  ls_bytes_append(&cells->rest, data, size);
}

void ls_cells_text_n(ls_cells *cells, const char *text, size_t size) {
  size_t units;
  if (!count_units(&units, text, size)) {
    put_rest(cells, TAG_ODD, text, size);
    return;
  }
  box(cells, TAG_TEXT, (uint32_t)units);
  ls_bytes_append(&cells->text, text, size);
}

void ls_cells_text(ls_cells *cells, const char *text) {
  if (text) ls_cells_text_n(cells, text, strlen(text));
  else ls_cells_null(cells);
}

void ls_cells_value(ls_cells *cells, ls_value value) {
  switch (value.type) {
  case LS_TYPE_NULL: ls_cells_null(cells); break;
  case LS_TYPE_INT: ls_cells_int(cells, value.as.i); break;
  case LS_TYPE_REAL: ls_cells_real(cells, value.as.r); break;
  case LS_TYPE_TEXT: ls_cells_text_n(cells, value.as.b.data, value.as.b.size); break;
  case LS_TYPE_BLOB: put_rest(cells, TAG_BLOB, value.as.b.data, value.as.b.size); break;
  }
}

void ls_cells_seqnum(ls_cells *cells, ls_seqnum seq) {
  ls_cells_int(cells, seq.global);
  ls_cells_int(cells, seq.client);
  ls_cells_int(cells, seq.generation);
}

void ls_cells_event(ls_cells *cells, const ls_event *event) {
  ls_cells_seqnum(cells, event->seq);
  ls_cells_seqnum(cells, event->parent);
  ls_cells_text(cells, event->name);
  ls_cells_text_n(cells, event->args, event->args_size);
  ls_cells_text(cells, event->client_id);
  ls_cells_text(cells, event->session_id);
}

static void put_values(ls_cells *cells, const ls_value *values, size_t n) {
  for (size_t i = 0; values && i < n; i++) ls_cells_value(cells, values[i]);
}

void ls_cells_change(ls_cells *cells, const ls_change *change) {
  ls_cells_int(cells, change->op);
  ls_cells_text(cells, change->table);
  ls_cells_int(cells, (int64_t)change->n);
  ls_cells_int(cells, change->before != NULL);
  ls_cells_int(cells, change->after != NULL);
  for (size_t i = 0; i < change->n; i++) ls_cells_text(cells, change->columns[i]);
  put_values(cells, change->before, change->n);
  put_values(cells, change->after, change->n);
}

void ls_cells_receipt(ls_cells *cells, const ls_receipt *receipt) {
  ls_cells_seqnum(cells, receipt->first);
  ls_cells_seqnum(cells, receipt->last);
  ls_cells_int(cells, (int64_t)receipt->serial);
  ls_cells_int(cells, receipt->stage);
}

void ls_cells_error(ls_cells *cells, const ls_error *error) {
  ls_cells_text(cells, error->code ? ls_code_name(error->code) : NULL);
  ls_cells_int(cells, error->item);
  ls_cells_text(cells, error->code ? error->text : "");
}
