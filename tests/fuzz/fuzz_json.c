/* fuzz_json - the JSON reader and writer against SQLite's, and against themselves.
 *
 * 1. Accepted or not: as json_valid(text, 1), except that
 *      - more than LS_JSON_MAX_DEPTH levels are refused with LS_ELIMIT (SQLite's limit is 1000)
 *      - strings must be well-formed UTF-8, which SQLite does not look at: what it accepts is what the reader accepts
 *        once each bad byte is replaced by a good one
 *      - a NUL is a byte like others, and wrong everywhere; for SQLite it ends the text
 * 2. Canonical text reads back, is its own canonical text, and has the leaves that SQLite's json_tree sees.
 * 3. Doubles and strings that were read can be written and read again. */
#include <float.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TREE_BYTES 4096 /* json_tree is slow on large texts */

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_json: %s\n", what);
  abort();
}

static sqlite3_stmt *prepare(const char *sql) {
  static sqlite3 *db;
  if (!db) require(sqlite3_open(":memory:", &db) == SQLITE_OK, "SQLite opens");
  sqlite3_stmt *stmt = NULL;
  require(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
  return stmt;
}

static bool sqlite_accepts(const char *text, size_t size) {
  static sqlite3_stmt *stmt;
  if (!stmt) stmt = prepare("SELECT json_valid(?1, 1)");
  sqlite3_bind_text(stmt, 1, text, (int)size, SQLITE_TRANSIENT);
  require(sqlite3_step(stmt) == SQLITE_ROW, "json_valid answers");
  bool valid = sqlite3_column_int(stmt, 0) != 0;
  sqlite3_reset(stmt);
  return valid;
}

/* What the reader says of the text with each byte that is not UTF-8 replaced. */
static int parse_repaired(const char *text, size_t size) {
  char *copy = malloc(size);
  require(copy != NULL, "there is memory");
  for (size_t at = 0; at < size;) {
    size_t length = ls_utf8_length(text + at, size - at);
    if (length) memcpy(copy + at, text + at, length);
    if (!length) copy[at] = '~';
    at += length ? length : 1;
  }
  ls_json doc = {0};
  int rc = ls_json_parse(&doc, copy, size, NULL);
  ls_json_fini(&doc);
  free(copy);
  return rc;
}

static void compare_acceptance(const char *text, size_t size, int rc) {
  const char *nul = memchr(text, '\0', size);
  if (nul) {
    require(rc != LS_OK, "a NUL is refused");
    size_t before = (size_t)(nul - text);
    require(sqlite_accepts(text, size) == sqlite_accepts(text, before), "for SQLite a NUL ends the text");
    return;
  }
  if (rc == LS_EJSON && !ls_utf8_valid(text, size)) rc = parse_repaired(text, size);
  if (rc != LS_ELIMIT) require(sqlite_accepts(text, size) == (rc == LS_OK), "the reader and SQLite accept the same");
}

/* One byte for each node: is it a key? json_tree has no rows for keys. Freed by the caller. */
static uint8_t *find_keys(const ls_json *doc) {
  uint8_t *is_key = calloc(doc->n, 1);
  require(is_key != NULL, "there is memory");
  for (uint32_t object = 0; object < doc->n; object++) {
    if (ls_json_type_of(doc, object) != LS_JSON_OBJECT) continue;
    for (uint32_t key = object + 1; key < doc->nodes[object].next; key = doc->nodes[key + 1].next) is_key[key] = 1;
  }
  return is_key;
}

/* json_tree's names of types. */
static bool same_type(ls_json_type type, const char *name) {
  switch (type) {
    case LS_JSON_FALSE: return strcmp(name, "false") == 0;
    case LS_JSON_TRUE: return strcmp(name, "true") == 0;
    case LS_JSON_STRING: return strcmp(name, "text") == 0;
    case LS_JSON_NUMBER: return strcmp(name, "integer") == 0 || strcmp(name, "real") == 0;
    default: return strcmp(name, ls_json_type_name(type)) == 0;
  }
}

/* SQLite's own conversion may be off by a unit in the last place. */
static bool nearly(double a, double b) {
  double size = a < 0 ? -a : a, apart = a < b ? b - a : a - b;
  return apart <= size * DBL_EPSILON * 2 || apart <= 3 * DBL_TRUE_MIN;
}

static void compare_number(const ls_json *doc, uint32_t node, sqlite3_stmt *row) {
  ls_json_number number;
  require(ls_json_number_of(&number, doc, node, NULL) == LS_OK, "a canonical number is in range");
  if (number.is_int && sqlite3_column_type(row, 1) == SQLITE_INTEGER) {
    require(sqlite3_column_int64(row, 1) == number.i, "integers agree exactly");
  } else {
    require(nearly(number.r, sqlite3_column_double(row, 1)), "doubles agree");
  }
}

/* SQLite ends a string at \u0000 and keeps lone surrogates as three bytes; such strings are not compared. */
static bool is_comparable(const ls_json *doc, uint32_t node) {
  const char *text = doc->text + doc->nodes[node].start;
  for (size_t i = 0; doc->nodes[node].escaped && i + 6 <= doc->nodes[node].size; i++) {
    if (memcmp(text + i, "\\u0000", 6) == 0 || memcmp(text + i, "\\ud", 3) == 0) return false;
  }
  return true;
}

static void compare_string(const ls_json *doc, uint32_t node, sqlite3_stmt *row) {
  if (!is_comparable(doc, node)) return;
  ls_bytes own = {0};
  ls_json_string(&own, doc, node);
  require(own.size == (size_t)sqlite3_column_bytes(row, 1), "strings are equally long");
  require(own.size == 0 || memcmp(own.data, sqlite3_column_text(row, 1), own.size) == 0, "strings agree");
  require(ls_json_equals(doc, node, ls_bytes_cstr(&own)), "a string equals itself");
  ls_bytes_fini(&own);
}

static void compare_node(const ls_json *doc, uint32_t node, sqlite3_stmt *row) {
  ls_json_type type = ls_json_type_of(doc, node);
  require(same_type(type, (const char *)sqlite3_column_text(row, 0)), "types agree");
  if (type == LS_JSON_NUMBER) compare_number(doc, node, row);
  if (type == LS_JSON_STRING) compare_string(doc, node, row);
}

static void compare_tree(const ls_json *doc) {
  static sqlite3_stmt *stmt;
  if (!stmt) stmt = prepare("SELECT type, atom FROM json_tree(?1)");
  uint8_t *is_key = find_keys(doc);
  sqlite3_bind_text(stmt, 1, doc->text, (int)doc->size, SQLITE_TRANSIENT);
  for (uint32_t node = 0; node < doc->n; node++) {
    if (is_key[node]) continue;
    require(sqlite3_step(stmt) == SQLITE_ROW, "SQLite sees as many values");
    compare_node(doc, node, stmt);
  }
  require(sqlite3_step(stmt) == SQLITE_DONE, "SQLite sees no more values");
  sqlite3_reset(stmt);
  free(is_key);
}

static void rewrite_string(const ls_json *doc, uint32_t node) {
  ls_bytes value = {0}, text = {0}, back = {0};
  ls_json again = {0};
  ls_json_string(&value, doc, node);
  ls_json_write_string(&text, value.size ? value.data : "", value.size);
  require(ls_json_parse(&again, text.data, text.size, NULL) == LS_OK, "a written string reads back");
  ls_json_string(&back, &again, 0);
  require(back.size == value.size && (!back.size || !memcmp(back.data, value.data, back.size)), "as the same string");
  ls_json_fini(&again);
  ls_bytes_fini(&value);
  ls_bytes_fini(&text);
  ls_bytes_fini(&back);
}

static void rewrite_number(const ls_json *doc, uint32_t node) {
  ls_json_number number, back;
  if (ls_json_number_of(&number, doc, node, NULL) != LS_OK) return;
  ls_bytes text = {0};
  ls_json again = {0};
  ls_json_write_double(&text, number.r);
  require(ls_json_parse(&again, text.data, text.size, NULL) == LS_OK, "a written number reads back");
  require(ls_json_number_of(&back, &again, 0, NULL) == LS_OK && back.r == number.r, "as the same number");
  ls_json_fini(&again);
  ls_bytes_fini(&text);
}

static void rewrite_leaves(const ls_json *doc) {
  for (uint32_t node = 0; node < doc->n; node++) {
    if (ls_json_type_of(doc, node) == LS_JSON_STRING) rewrite_string(doc, node);
    if (ls_json_type_of(doc, node) == LS_JSON_NUMBER) rewrite_number(doc, node);
  }
}

static void check_canonical(const ls_json *doc) {
  ls_bytes first = {0}, second = {0};
  ls_json again = {0};
  ls_error err = {0};
  int rc = ls_json_canonical(&first, doc, 0, &err);
  require(rc == err.code && (rc == LS_OK || rc == LS_EJSON || rc == LS_ELIMIT), "canonical ends as its header says");
  if (rc == LS_OK) {
    require(ls_json_parse(&again, first.data, first.size, &err) == LS_OK, "canonical text reads back");
    require(ls_json_canonical(&second, &again, 0, &err) == LS_OK, "canonical text has a canonical text");
    require(second.size == first.size && memcmp(second.data, first.data, first.size) == 0, "which is itself");
    if (first.size <= MAX_TREE_BYTES) compare_tree(&again);
  } else {
    require(first.size == 0, "an error leaves the output as it was");
  }
  ls_bytes_fini(&first);
  ls_bytes_fini(&second);
  ls_json_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  ls_json doc = {0};
  ls_error err = {0};
  int rc = ls_json_parse(&doc, text, size, &err);
  require(rc == err.code && (rc == LS_OK || rc == LS_EJSON || rc == LS_ELIMIT), "parsing ends as its header says");
  require((rc == LS_OK) == (doc.n > 0), "an error leaves no document");
  if (size) compare_acceptance(text, size, rc);
  if (rc == LS_OK) {
    check_canonical(&doc);
    rewrite_leaves(&doc);
  }
  ls_json_fini(&doc);
  return 0;
}
