#include "core/equality.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "core/sql.h"

#define MAX_TERMS 8  /* conditions of the kind behind these are passed over */
#define MAX_TOKENS 6 /* of a condition; longer ones are not of this kind */

typedef struct term {
  ls_sql_token tokens[MAX_TOKENS];
  size_t n;               /* may be more than the array has */
  int params[MAX_TOKENS]; /* number of each that is a parameter */
} term;

typedef struct reader {
  sqlite3_stmt *stmt;
  const ls_table *table;
  const char *at;
  int last_param; /* the largest number so far: a bare ? is the next */
  bool unusual;
} reader;

static bool is_sign(ls_sql_token token, char sign) { return token.kind == LS_SQL_SIGN && *token.start == sign; }

static bool is_one_of(ls_sql_token token, const char *const *words) {
  for (; *words; words++) {
    if (ls_sql_is(token, *words)) return true;
  }
  return false;
}

static int param_number(reader *r, ls_sql_token token) {
  char name[64];
  if (token.size >= sizeof name) return 0;
  memcpy(name, token.start, token.size);
  name[token.size] = 0;
  if (token.size == 1) return r->last_param + 1;
  if (*name != '?') return sqlite3_bind_parameter_index(r->stmt, name);
  int number = 0;
  for (const char *digit = name + 1; *digit >= '0' && *digit <= '9' && number < 100000; digit++) {
    number = number * 10 + (*digit - '0');
  }
  return number;
}

/* The next token; *param is its number when it is a parameter. */
static ls_sql_token next(reader *r, int *param) {
  ls_sql_token token = ls_sql_next(&r->at);
  *param = 0;
  if (token.kind != LS_SQL_PARAM) return token;
  *param = param_number(r, token);
  if (*param < 1) r->unusual = true;
  if (*param > r->last_param) r->last_param = *param;
  return token;
}

/* Words that may make a query something else than rows of one table under one condition. */
static bool plain_words(const char *sql) {
  static const char *const unusual[] = {"with",   "join",    "union",   "intersect", "except",
                                        "values", "explain", "indexed", NULL};
  size_t selects = 0, froms = 0;
  ls_sql_token token = ls_sql_next(&sql);
  if (!ls_sql_is(token, "select")) return false;
  for (; token.kind != LS_SQL_END; token = ls_sql_next(&sql)) {
    selects += ls_sql_is(token, "select");
    froms += ls_sql_is(token, "from");
    if (is_one_of(token, unusual)) return false;
  }
  return selects == 1 && froms == 1;
}

/* A name as it is written, without its quotes, against the name of a column or table. */
static bool is_name(ls_sql_token token, const char *name) {
  if (token.kind == LS_SQL_WORD)
    return token.size == strlen(name) && sqlite3_strnicmp(token.start, name, (int)token.size) == 0;
  if (token.kind != LS_SQL_QUOTED || token.size < 2) return false;
  char close = *token.start == '[' ? ']' : *token.start;
  const char *at = token.start + 1, *end = token.start + token.size - 1;
  for (; at < end && *name; at++, name++) {
    if (*at == close && close != ']') at++;
    if (at >= end || sqlite3_strnicmp(at, name, 1) != 0) return false;
  }
  return at == end && !*name;
}

/* Move to the condition: behind "FROM [main.] table [[AS] alias] WHERE". */
static bool find_where(reader *r) {
  int param;
  ls_sql_token token;
  do token = next(r, &param);
  while (token.kind != LS_SQL_END && !ls_sql_is(token, "from"));
  ls_sql_token name = next(r, &param);
  token = next(r, &param);
  if (is_sign(token, '.')) {
    if (!ls_sql_is(name, "main")) return false;
    name = next(r, &param);
    token = next(r, &param);
  }
  if (!is_name(name, r->table->name)) return false;
  if (ls_sql_is(token, "where")) return true;
  if (ls_sql_is(token, "as")) token = next(r, &param);
  if (token.kind != LS_SQL_WORD && token.kind != LS_SQL_QUOTED) return false;
  return ls_sql_is(next(r, &param), "where");
}

/* The tokens up to the next AND at the top: 1; 0 for the last condition; -1 when this is no conjunction. */
static int next_term(term *out, reader *r) {
  static const char *const ends[] = {"group", "having", "window", "order", "limit", NULL};
  static const char *const unusual[] = {"or", "between", "case", NULL};
  int depth = 0, param;
  for (out->n = 0;;) {
    ls_sql_token token = next(r, &param);
    if (token.kind == LS_SQL_END || is_sign(token, ';')) return depth == 0 ? 0 : -1;
    if (is_sign(token, '(')) depth++;
    if (is_sign(token, ')') && --depth < 0) return -1;
    if (depth == 0) {
      if (is_one_of(token, ends)) return 0;
      if (is_one_of(token, unusual)) return -1;
      if (ls_sql_is(token, "and")) return 1;
    }
    if (out->n < MAX_TOKENS) {
      out->tokens[out->n] = token;
      out->params[out->n] = param;
    }
    out->n++;
  }
}

/* "column" or "table.column" at *at, which moves behind it: its index, or -1. */
static int take_column(const reader *r, const term *t, size_t *at) {
  if (*at + 2 < t->n && is_sign(t->tokens[*at + 1], '.')) *at += 2;
  if (*at >= t->n) return -1;
  for (size_t i = 0; i < r->table->n; i++) {
    if (!is_name(t->tokens[*at], r->table->columns[i])) continue;
    ++*at;
    return (int)i;
  }
  return -1;
}

/* = or == or IS */
static bool take_equals(const term *t, size_t *at) {
  if (*at >= t->n) return false;
  ls_sql_token token = t->tokens[(*at)++];
  if (ls_sql_is(token, "is")) return true;
  if (!is_sign(token, '=')) return false;
  if (*at < t->n && is_sign(t->tokens[*at], '=') && t->tokens[*at].start == token.start + 1) ++*at;
  return true;
}

/* A parameter or literal, perhaps with a sign before it. */
static bool take_value(const term *t, size_t *at, size_t *value) {
  *value = *at;
  if (*at < t->n && is_sign(t->tokens[*at], '-')) {
    ++*at;
    if (*at >= t->n || t->tokens[*at].kind != LS_SQL_NUMBER) return false;
  }
  if (*at >= t->n) return false;
  ls_sql_kind kind = t->tokens[(*at)++].kind;
  return kind == LS_SQL_PARAM || kind == LS_SQL_NUMBER || kind == LS_SQL_STRING || kind == LS_SQL_BLOB;
}

/* Is it a condition of the kind wanted? Then its column, and the token at which its value begins. */
static bool read_term(const reader *r, const term *t, size_t *column, size_t *value) {
  if (t->n < 3 || t->n > MAX_TOKENS) return false;
  size_t at = 0;
  int found = take_column(r, t, &at);
  bool good = found >= 0 && take_equals(t, &at) && take_value(t, &at, value) && at == t->n;
  if (!good) {
    at = 0;
    good = take_value(t, &at, value) && take_equals(t, &at) && (found = take_column(r, t, &at)) >= 0 && at == t->n;
  }
  if (good) *column = (size_t)found;
  return good;
}

static bool contains(const char *type, const char *part) {
  size_t size = strlen(part);
  for (; *type; type++) {
    if (sqlite3_strnicmp(type, part, (int)size) == 0) return true;
  }
  return false;
}

/* How SQLite compares a column with a value: false when there is a conversion or another collation to it. A column ANY
 * converts to numbers, or nothing when its table is STRICT. */
static bool compare_of(ls_compare *out, ls_database *database, const ls_table *table, size_t column) {
  const char *type, *collation;
  if (table->generated[column]) return false;
  int found = sqlite3_table_column_metadata(database->db, "main", table->name, table->columns[column], &type,
                                            &collation, NULL, NULL, NULL);
  if (found != SQLITE_OK) return false;
  if (!type) type = "";
  bool binary = collation && sqlite3_stricmp(collation, "BINARY") == 0;
  bool is_text = contains(type, "char") || contains(type, "clob") || contains(type, "text");
  if (contains(type, "int"))
    *out = LS_COMPARE_NUMBER;
  else if (is_text)
    *out = LS_COMPARE_TEXT;
  else
    *out = contains(type, "blob") || !*type ? LS_COMPARE_ANY : LS_COMPARE_NUMBER;
  return binary || *out == LS_COMPARE_NUMBER;
}

/* What a literal is, as SQLite reads it. */
static int literal_value(ls_value *out, ls_arena *arena, ls_database *database, const char *text, size_t size,
                         ls_error *err) {
  char *sql = sqlite3_mprintf("SELECT %.*s", (int)size, text);
  if (!sql) return ls_fail_nomem(err);
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_OWN, err);
  sqlite3_free(sql);
  if (rc) return rc;
  if (sqlite3_step(stmt) != SQLITE_ROW) rc = ls_sqlite_fail(err, database->db, LS_ESQL, "a literal of the query");
  sqlite3_value *value = rc ? NULL : sqlite3_column_value(stmt, 0);
  int type = value ? sqlite3_value_type(value) : SQLITE_NULL;
  if (type == SQLITE_INTEGER)
    *out = ls_int(sqlite3_value_int64(value));
  else if (type == SQLITE_FLOAT)
    *out = ls_real(sqlite3_value_double(value));
  else
    *out = ls_null();
  if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
    const void *data = sqlite3_value_blob(value);
    size_t bytes = (size_t)sqlite3_value_bytes(value);
    char *copy = bytes && !data ? NULL : ls_arena_dup(arena, data ? data : "", bytes);
    *out = type == SQLITE_TEXT ? ls_text_n(copy, bytes) : ls_blob(copy, bytes);
    if (!copy) rc = ls_fail_nomem(err);
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int add_term(ls_equality *list, size_t *n, ls_arena *arena, ls_database *database, const reader *r,
                    const term *t, ls_error *err) {
  size_t value;
  ls_equality *e = &list[*n];
  if (!read_term(r, t, &e->column, &value) || !compare_of(&e->compare, database, r->table, e->column)) return LS_OK;
  e->param = (size_t)t->params[value];
  ls_sql_token first = t->tokens[value], last = t->tokens[value + is_sign(first, '-')];
  int rc = LS_OK;
  if (!e->param) {
    rc = literal_value(&e->value, arena, database, first.start, (size_t)(last.start + last.size - first.start), err);
  }
  if (!rc && (e->param || ls_equality_fits(e, e->value))) ++*n;
  return rc;
}

int ls_equality_find(ls_equality **out, size_t *n, ls_arena *arena, ls_database *database, sqlite3_stmt *stmt,
                     const ls_table *table, const char *sql, ls_error *err) {
  reader r = {.stmt = stmt, .table = table, .at = sql};
  term t = {.n = 0};
  *out = NULL;
  *n = 0;
  if (!plain_words(sql) || !find_where(&r)) return LS_OK;
  ls_equality list[MAX_TERMS];
  size_t count = 0;
  int more = 1, rc = LS_OK;
  while (!rc && more == 1) {
    more = next_term(&t, &r);
    if (more >= 0 && count < MAX_TERMS) rc = add_term(list, &count, arena, database, &r, &t, err);
  }
  if (rc || more < 0 || r.unusual || count == 0) return rc;
  *out = (ls_equality *)(void *)ls_arena_dup(arena, list, count * sizeof *list); /* aligned for anything */
  if (!*out) return ls_fail_nomem(err);
  *n = count;
  return LS_OK;
}

bool ls_equality_fits(const ls_equality *equality, ls_value value) {
  switch (equality->compare) {
    case LS_COMPARE_NUMBER: return value.type == LS_TYPE_INT || value.type == LS_TYPE_REAL;
    case LS_COMPARE_TEXT: return value.type == LS_TYPE_TEXT;
    case LS_COMPARE_ANY: return value.type != LS_TYPE_NULL;
  }
  return false;
}

/* All numbers as doubles: those that only the double cannot tell apart share a key. */
uint64_t ls_equality_key(size_t table, size_t column, ls_value value) {
  uint64_t place = ((uint64_t)table << 32) | (uint64_t)column;
  if (value.type == LS_TYPE_TEXT) return ls_hash64(value.as.b.data, value.as.b.size, place * 4 + 1);
  if (value.type == LS_TYPE_BLOB) return ls_hash64(value.as.b.data, value.as.b.size, place * 4 + 2);
  double number = value.type == LS_TYPE_INT ? (double)value.as.i : value.type == LS_TYPE_REAL ? value.as.r : 0;
  if (number == 0) number = 0; /* -0.0 equals 0.0 */
  return ls_hash64(&number, sizeof number, place * 4 + (value.type == LS_TYPE_NULL ? 3 : 0));
}
