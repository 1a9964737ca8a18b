/* migration_compare.c - how the new state of a migration differs from the present one: table by table, and row by row
 * where both have a table with the same key. For each row of the old table the new one is asked for the row of that
 * key. */
#include "base/err.h"
#include "core/migration.h"
#include "base/seqnum.h"
#include "core/sql.h"

/* A table on one side. */
typedef struct side {
  ls_database *database;
  const ls_table *table;
  struct column {
    const char *name, *declared;
    int key; /* its place in the key, from 1; 0 when it is not in it */
  } * columns;
  size_t n, n_key;
} side;

typedef struct comparison {
  ls_migration *m;
  ls_arena *arena;
  ls_error *err;
} comparison;

static int prepare(sqlite3_stmt **out, ls_database *database, const char *sql, ls_error *err) {
  return ls_database_prepare(out, database, sql, NULL, LS_ACCESS_OWN, err);
}

static int fail_step(ls_database *database, ls_error *err) {
  return ls_sqlite_fail(err, database->db, LS_EIO, "comparing the states");
}

/* ---------------------------------------------------------------------------------------------- */
/* Columns */

static int read_column(struct column *column, ls_arena *arena, sqlite3_stmt *stmt, ls_error *err) {
  const char *name = (const char *)sqlite3_column_text(stmt, 0), *declared = (const char *)sqlite3_column_text(stmt, 1);
  if (name) column->name = ls_arena_strdup(arena, name);
  if (declared) column->declared = ls_arena_strdup(arena, declared);
  column->key = sqlite3_column_int(stmt, 2);
  return column->name && column->declared ? LS_OK : ls_fail_nomem(err);
}

static int read_columns(side *s, comparison *c) {
  sqlite3_stmt *stmt;
  s->columns = ls_arena_alloc(c->arena, (s->table->n + 1) * sizeof *s->columns);
  if (!s->columns) return ls_fail_nomem(c->err);
  int rc =
      prepare(&stmt, s->database,
              "SELECT name, trim(type || iif(\"notnull\", ' NOT NULL', '') || ifnull(' DEFAULT ' || dflt_value, '')"
              " || iif(hidden >= 2, ' GENERATED', '')), pk FROM pragma_table_xinfo(?1)",
              c->err);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, s->table->name, -1, SQLITE_STATIC);
  int step = SQLITE_DONE;
  while (!rc && s->n < s->table->n && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    rc = read_column(&s->columns[s->n++], c->arena, stmt, c->err);
  }
  if (!rc && step != SQLITE_DONE && step != SQLITE_ROW) rc = fail_step(s->database, c->err);
  sqlite3_finalize(stmt);
  for (size_t i = 0; i < s->n; i++) s->n_key += s->columns[i].key > 0;
  return rc;
}

static const struct column *find_column(const side *s, const char *name) {
  for (size_t i = 0; i < s->n; i++) {
    if (sqlite3_stricmp(s->columns[i].name, name) == 0) return &s->columns[i];
  }
  return NULL;
}

static bool same_key(const side *old, const side *new) {
  if (old->n_key != new->n_key) return false;
  for (size_t i = 0; i < old->n; i++) {
    const struct column *other = find_column(new, old->columns[i].name);
    if ((other ? other->key : 0) != old->columns[i].key) return false;
  }
  return true;
}

static int compare_columns(ls_table_change *out, const side *old, const side *new, comparison *c) {
  ls_column_change *changes = ls_arena_alloc(c->arena, (old->n + new->n + 1) * sizeof *changes);
  if (!changes) return ls_fail_nomem(c->err);
  out->columns = changes;
  for (size_t i = 0; i < old->n; i++) {
    const struct column *column = &old->columns[i], *other = find_column(new, column->name);
    if (other && sqlite3_stricmp(other->declared, column->declared) == 0) continue;
    changes[out->n_columns++] = (ls_column_change){column->name, column->declared, other ? other->declared : NULL};
  }
  for (size_t i = 0; i < new->n; i++) {
    const struct column *column = &new->columns[i];
    if (find_column(old, column->name)) continue;
    changes[out->n_columns++] = (ls_column_change){column->name, NULL, column->declared};
  }
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Rows */

static int count_rows(uint64_t *out, const side *s, comparison *c) {
  char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", s->table->name);
  sqlite3_stmt *stmt;
  int rc = sql ? prepare(&stmt, s->database, sql, c->err) : ls_fail_nomem(c->err);
  sqlite3_free(sql);
  if (rc) return rc;
  if (sqlite3_step(stmt) == SQLITE_ROW)
    *out = (uint64_t)sqlite3_column_int64(stmt, 0);
  else
    rc = fail_step(s->database, c->err);
  sqlite3_finalize(stmt);
  return rc;
}

/* The columns of the key, in its order, and then the others that both sides have. */
static void put_columns(ls_bytes *sql, const side *old, const side *new) {
  ls_bytes_text(sql, "SELECT ");
  for (int place = 1; (size_t)place <= old->n_key; place++) {
    for (size_t i = 0; i < old->n; i++) {
      if (old->columns[i].key == place) ls_sql_put(sql, place > 1 ? ", \"%w\"" : "\"%w\"", old->columns[i].name);
    }
  }
  for (size_t i = 0; i < old->n; i++) {
    if (!old->columns[i].key && find_column(new, old->columns[i].name)) ls_sql_put(sql, ", \"%w\"", old->columns[i].name);
  }
  ls_sql_put(sql, " FROM \"%w\"", old->table->name);
}

static int prepare_old(sqlite3_stmt **out, const side *old, const side *new, comparison *c) {
  ls_bytes sql = {0};
  put_columns(&sql, old, new);
  const char *text = ls_bytes_cstr(&sql);
  int rc = text ? prepare(out, old->database, text, c->err) : ls_fail_nomem(c->err);
  ls_bytes_fini(&sql);
  return rc;
}

/* Two rows of a table may have keys that are the same but for the NULLs in them; one is as good as the other. */
static int prepare_new(sqlite3_stmt **out, const side *old, const side *new, comparison *c) {
  ls_bytes sql = {0};
  put_columns(&sql, old, new);
  for (int place = 1; (size_t)place <= old->n_key; place++) {
    for (size_t i = 0; i < old->n; i++) {
      if (old->columns[i].key != place) continue;
      ls_sql_put(&sql, place > 1 ? " AND \"%w\" IS " : " WHERE \"%w\" IS ", old->columns[i].name);
      ls_bytes_printf(&sql, "?%d", place);
    }
  }
  ls_bytes_text(&sql, " LIMIT 1");
  const char *text = ls_bytes_cstr(&sql);
  int rc = text ? prepare(out, new->database, text, c->err) : ls_fail_nomem(c->err);
  ls_bytes_fini(&sql);
  return rc;
}

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int i) {
  int type = sqlite3_column_type(a, i);
  if (type != sqlite3_column_type(b, i)) return false;
  if (type == SQLITE_NULL) return true;
  if (type == SQLITE_INTEGER) return sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
  if (type == SQLITE_FLOAT) {
    double x = sqlite3_column_double(a, i), y = sqlite3_column_double(b, i);
    return memcmp(&x, &y, sizeof x) == 0;
  }
  const void *left = sqlite3_column_blob(a, i), *right = sqlite3_column_blob(b, i);
  size_t size = (size_t)sqlite3_column_bytes(a, i);
  return size == (size_t)sqlite3_column_bytes(b, i) && (size == 0 || memcmp(left, right, size) == 0);
}

static bool same_row(sqlite3_stmt *a, sqlite3_stmt *b) {
  int n = sqlite3_column_count(a);
  for (int i = 0; i < n; i++) {
    if (!same_value(a, b, i)) return false;
  }
  return true;
}

/* Is the row that `old` stands at in the new table, and what has become of it? */
static int compare_row(uint64_t *found, uint64_t *changed, sqlite3_stmt *old, sqlite3_stmt *new, int n_key) {
  int result = SQLITE_OK;
  for (int i = 0; !result && i < n_key; i++) result = sqlite3_bind_value(new, i + 1, sqlite3_column_value(old, i));
  if (result) return result;
  int step = sqlite3_step(new);
  if (step == SQLITE_ROW) {
    ++*found;
    *changed += !same_row(old, new);
  }
  sqlite3_reset(new);
  return step == SQLITE_ROW || step == SQLITE_DONE ? SQLITE_OK : step;
}

static int compare_rows(ls_table_change *out, const side *old, const side *new, comparison *c) {
  sqlite3_stmt *from = NULL, *to = NULL;
  uint64_t found = 0;
  int rc = prepare_old(&from, old, new, c), step = SQLITE_DONE;
  if (!rc) rc = prepare_new(&to, old, new, c);
  while (!rc && (step = sqlite3_step(from)) == SQLITE_ROW) {
    if (compare_row(&found, &out->changed, from, to, (int)old->n_key)) rc = fail_step(new->database, c->err);
  }
  if (!rc && step != SQLITE_DONE) rc = fail_step(old->database, c->err);
  sqlite3_finalize(from);
  sqlite3_finalize(to);
  if (rc) return rc;
  out->compared = true;
  out->removed = out->rows_before - found;
  out->added = out->rows_after > found ? out->rows_after - found : 0;
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Tables */

static int compare_table(ls_table_change *out, const ls_table *before, const ls_table *after, comparison *c) {
  side old = {.database = &c->m->store->session->state->database, .table = before};
  side new = {.database = &c->m->state->database, .table = after};
  out->name = ls_arena_strdup(c->arena, before ? before->name : after->name);
  out->before = before != NULL;
  out->after = after != NULL;
  int rc = out->name ? LS_OK : ls_fail_nomem(c->err);
  if (!rc && before) rc = count_rows(&out->rows_before, &old, c);
  if (!rc && after) rc = count_rows(&out->rows_after, &new, c);
  out->removed = out->rows_before;
  out->added = out->rows_after;
  if (rc || !before || !after) return rc;
  rc = read_columns(&old, c);
  if (!rc) rc = read_columns(&new, c);
  if (!rc) rc = compare_columns(out, &old, &new, c);
  return rc || !same_key(&old, &new) ? rc : compare_rows(out, &old, &new, c);
}

static const ls_table *table_at(const ls_tables *tables, size_t *at) {
  while (*at < tables->n && tables->tables[*at].shadow) ++*at;
  return *at < tables->n ? &tables->tables[*at] : NULL;
}

/* Both lists are in the order of their names. */
static int compare_tables(ls_migration_report *out, comparison *c) {
  const ls_tables *before = &c->m->store->session->state->tables, *after = &c->m->state->tables;
  ls_table_change *changes = ls_arena_alloc(c->arena, (before->n + after->n + 1) * sizeof *changes);
  if (!changes) return ls_fail_nomem(c->err);
  out->tables = changes;
  int rc = LS_OK;
  for (size_t i = 0, j = 0; !rc;) {
    const ls_table *old = table_at(before, &i), *new = table_at(after, &j);
    if (!old && !new) break;
    int order = !old ? 1 : !new ? -1 : strcmp(old->name, new->name);
    rc = compare_table(&changes[out->n_tables++], order <= 0 ? old : NULL, order >= 0 ? new : NULL, c);
    i += order <= 0;
    j += order >= 0;
  }
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Events */

static int read_failure(ls_failed_event *out, sqlite3_stmt *stmt, comparison *c) {
  ls_mark mark;
  int rc = ls_log_floor(&mark, c->m->store->leader->log, ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), 0), c->err);
  if (rc) return rc;
  const char *name = (const char *)sqlite3_column_text(stmt, 1), *error = (const char *)sqlite3_column_text(stmt, 2);
  out->seq = mark.seq;
  out->name = name ? ls_arena_strdup(c->arena, name) : NULL;
  out->error = error ? ls_arena_strdup(c->arena, error) : NULL;
  return out->name && out->error ? LS_OK : ls_fail_nomem(c->err);
}

static int list_failures(ls_migration_report *out, size_t most, comparison *c) {
  sqlite3_stmt *stmt;
  ls_database *database = &c->m->state->database;
  size_t n = out->failed < most ? (size_t)out->failed : most;
  ls_failed_event *failures = ls_arena_alloc(c->arena, (n + 1) * sizeof *failures);
  if (!failures) return ls_fail_nomem(c->err);
  out->failures = failures;
  int rc = prepare(&stmt, database, "SELECT place, name, error FROM __livestore_failed ORDER BY place", c->err);
  if (rc) return rc;
  while (!rc && out->n_failures < n) {
    rc = sqlite3_step(stmt) == SQLITE_ROW ? LS_OK : fail_step(database, c->err);
    if (!rc) rc = read_failure(&failures[out->n_failures++], stmt, c);
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int count_failures(ls_migration_report *out, size_t most, comparison *c) {
  int rc = ls_state_failures(&out->failed_before, c->m->store->session->state, c->err);
  if (!rc) rc = ls_state_failures(&out->failed, c->m->state, c->err);
  return rc ? rc : list_failures(out, most, c);
}

/* Count the event if the new schema does not know it; counts[id - 1] is that of a name. */
static int count_unknown(ls_names *names, ls_bytes *counts, const ls_event *event, comparison *c) {
  if (ls_schema_event(c->m->schema, event->name)) return LS_OK;
  size_t size = strlen(event->name);
  uint64_t zero = 0, count;
  uint32_t id = ls_names_find(names, event->name, size);
  if (!id) {
    id = ls_names_add(names, event->name, size);
    ls_bytes_append(counts, &zero, sizeof zero);
  }
  if (!id || !ls_bytes_ok(counts)) return ls_fail_nomem(c->err);
  char *at = counts->data + (id - 1) * sizeof count;
  memcpy(&count, at, sizeof count);
  count++;
  memcpy(at, &count, sizeof count);
  return LS_OK;
}

static int list_unknown(ls_migration_report *out, const ls_names *names, const ls_bytes *counts, comparison *c) {
  ls_event_count *unknown = ls_arena_alloc(c->arena, (names->n + 1) * sizeof *unknown);
  if (!unknown) return ls_fail_nomem(c->err);
  out->unknown = unknown;
  for (; out->n_unknown < names->n; out->n_unknown++) {
    ls_event_count *entry = &unknown[out->n_unknown];
    entry->name = ls_arena_strdup(c->arena, ls_names_text(names, (int64_t)out->n_unknown + 1));
    if (!entry->name) return ls_fail_nomem(c->err);
    memcpy(&entry->events, counts->data + out->n_unknown * sizeof entry->events, sizeof entry->events);
  }
  return LS_OK;
}

static int count_events(ls_migration_report *out, comparison *c) {
  ls_log_cursor *cursor = NULL;
  ls_names names = {0};
  ls_bytes counts = {0};
  const ls_event *event;
  int rc = ls_log_cursor_open(&cursor, c->m->store->leader->log, LS_SEQNUM_ROOT, c->err), more = 0;
  while (!rc && (more = ls_log_cursor_next(&event, NULL, cursor, c->err)) == 1) {
    rc = count_unknown(&names, &counts, event, c);
    out->events++;
  }
  if (!rc) rc = more;
  if (!rc) rc = list_unknown(out, &names, &counts, c);
  ls_log_cursor_close(cursor);
  ls_names_fini(&names);
  ls_bytes_fini(&counts);
  return rc;
}

int ls_migration_compare(const ls_migration_report **out, ls_migration *m, size_t failures, ls_error *err) {
  comparison c = {m, &m->arena, err};
  int rc = ls_store_check_usable(m->store, err);
  if (!rc) rc = ls_flush(m->store, err);
  if (!rc) rc = ls_migration_advance(m, 0, err);
  if (rc) return rc;
  ls_arena_fini(&m->arena);
  m->report = (ls_migration_report){.schema_hash = m->schema->hash};
  rc = count_events(&m->report, &c);
  if (!rc) rc = count_failures(&m->report, failures, &c);
  if (!rc) rc = compare_tables(&m->report, &c);
  if (!rc) *out = &m->report;
  return rc;
}
