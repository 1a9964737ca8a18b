/* rows_document.c - the events of examples/document: somebody types a text, one edit an event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "bench.h"

#define SCHEMA_FILE "examples/document/schema.json"
enum { EDITS = 10000, MAX_TEXTS = 16, LETTERS_BETWEEN_MOVES = 60 };

/* ---- the domain is the example's, and plain SQLite runs the very same SQL ---- */

typedef struct texts {
  const char *items[MAX_TEXTS]; /* NULL-terminated */
} texts;

static char *read_schema(void) {
  FILE *file = fopen(SCHEMA_FILE, "rb");
  char *text = bench_alloc(1 << 16);
  if (!file) bench_die("%s is missing; run this in the project's root", SCHEMA_FILE);
  fread(text, 1, (1 << 16) - 1, file);
  fclose(file);
  return text;
}

static void read_texts(texts *out, sqlite3 *db, const char *json, const char *path) {
  sqlite3_stmt *stmt;
  size_t n = 0;
  if (sqlite3_prepare_v2(db, "SELECT value FROM json_each(?1, ?2)", -1, &stmt, NULL))
    bench_die("%s", sqlite3_errmsg(db));
  sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
  while (n < MAX_TEXTS - 1 && sqlite3_step(stmt) == SQLITE_ROW) {
    out->items[n++] = bench_text("%s", (const char *)sqlite3_column_text(stmt, 0));
  }
  sqlite3_finalize(stmt);
  if (n == 0) bench_die("%s has nothing at %s", SCHEMA_FILE, path);
}

static void read_domain(texts *tables, texts *sql) {
  sqlite3 *db;
  char *json = read_schema();
  if (sqlite3_open(":memory:", &db)) bench_die("out of memory");
  read_texts(tables, db, json, "$.tables");
  read_texts(sql, db, json, "$.events.\"v1.TextEdited\".sql");
  sqlite3_close(db);
  free(json);
}

static void free_texts(texts *t) {
  for (size_t i = 0; t->items[i]; i++) free((char *)(uintptr_t)t->items[i]);
}

/* ---- the edits ---- */

/* Letters one behind the other, each twentieth taken back; now and then the cursor goes to a distant place. */
static bench_item *type_text(void) {
  enum { ARGS_SIZE = 80, INS_SIZE = 2, EACH = ARGS_SIZE + INS_SIZE };
  bench_item *edits = bench_alloc(EDITS * sizeof *edits + EDITS * EACH);
  char *at = (char *)(edits + EDITS);
  int64_t cursor = 0, length = 0;
  for (int i = 0; i < EDITS; i++, at += EACH) {
    char *ins = at + ARGS_SIZE;
    bool erase = i % 20 == 19;
    if (i % LETTERS_BETWEEN_MOVES == LETTERS_BETWEEN_MOVES - 1) cursor = length * (i % 7) / 7 + erase;
    ins[0] = erase ? '\0' : "abcdefghijklmnopqrstuvwxyz"[i % 26];
    if (erase) cursor--;
    snprintf(at, ARGS_SIZE, "{\"id\":\"doc\",\"pos\":%d,\"del\":%d,\"ins\":\"%s\"}", (int)cursor, erase, ins);
    edits[i] = (bench_item){.args = at, .id = "doc", .text = ins, .pos = cursor, .del = erase};
    if (!erase) cursor++;
    length += erase ? -1 : 1;
  }
  return edits;
}

/* Microseconds per event, in batches. */
void row_document(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  texts tables = {{0}}, sql = {{0}};
  read_domain(&tables, &sql);
  const bench_action edit = {"v1.TextEdited", sql.items};
  const bench_domain domain = {
      .schema = {.file = SCHEMA_FILE}, .tables = tables.items, .actions = &edit, .n_actions = 1};
  bench_item *edits = type_text();
  void *stores[SIDES];
  for (int s = 0; s < SIDES; s++) {
    char *dir = bench_dir(bench, bench_sides[s], "document", true);
    stores[s] = bench_sides[s]->open(&(bench_place){.dir = dir, .domain = &domain});
    free(dir);
  }
  for (size_t i = 0; i < EDITS; i += BATCH) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i / BATCH, k);
      double start = now_us();
      bench_sides[s]->commit(stores[s], 0, edits + i, BATCH);
      samples_add(&out[s], (now_us() - start) / BATCH);
    }
  }
  for (int s = 0; s < SIDES; s++) bench_sides[s]->close(stores[s]);
  free(edits);
  free_texts(&tables);
  free_texts(&sql);
}
