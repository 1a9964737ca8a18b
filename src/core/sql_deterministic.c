/* sql_deterministic.c - what may not stand in a schema's SQL, told from its tokens.
 *
 * SQLite's authorizer tells about calls too, and exactly, but neither about those in a DEFAULT nor about arguments.
 * A name before "(" is taken for a call unless it stands where only a table's name can: after INTO, TABLE and the like.
 * A time that comes to date() and its like when the statement runs is not seen here; see `clock_read` in database.h. */
#include <sqlite3.h>
#include <string.h>

#include "base/err.h"
#include "core/sql.h"

#define MAX_NESTING 100 /* of parentheses; bounds the time that nested calls cost, too */

typedef struct scan {
  const char *sql;
  ls_sql_token before[2]; /* the token before this one, and the one before that */
  bool index;             /* CREATE INDEX … of which the ON has not come yet */
  size_t depth;
} scan;

static bool name_is(const char *name, size_t size, const char *other) {
  return size == strlen(other) && sqlite3_strnicmp(name, other, (int)size) == 0;
}

static bool is_refused(const char *name, size_t size) {
  static const char *const refused[] = {
      /* differ between calls, connections and versions */
      "random", "randomblob", "changes", "total_changes", "last_insert_rowid", "sqlite_version", "sqlite_source_id",
      "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_offset", "load_extension", "fts5_source_id",
      "current_date", "current_time", "current_timestamp",
      /* come from the system's mathematical library, whose last digit differs */
      "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "exp", "ln", "log", "log10", "log2",
      "pow", "power", "sin", "sinh", "tan", "tanh", "bm25"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (name_is(name, size, refused[i])) return true;
  }
  return false;
}

bool ls_sql_function_refused(const char *name) { return is_refused(name, strlen(name)); }

static int fail_at(const scan *s, const char *at, ls_error *err, const char *reason) {
  int line, column;
  ls_sql_place(s->sql, at, &line, &column);
  return ls_fail(err, LS_ESCHEMA, "line %d column %d: %s", line, column, reason);
}

static int fail_call(const scan *s, ls_sql_token name, ls_error *err, const char *reason) {
  int line, column;
  ls_sql_place(s->sql, name.start, &line, &column);
  return ls_fail(err, LS_ESCHEMA, "line %d column %d: %.*s() %s; give the value as an argument of the event", line,
                 column, (int)name.size, name.start, reason);
}

static bool is_sign(ls_sql_token token, char sign) { return token.kind == LS_SQL_SIGN && *token.start == sign; }

static bool is_literal(ls_sql_token token, const char *text) {
  return token.kind == LS_SQL_STRING && token.size >= 2 && name_is(token.start + 1, token.size - 2, text);
}

/* Which argument of a date function is its time, counted from 0; -1 for other functions. */
static int time_argument(ls_sql_token name) {
  static const char *const first[] = {"date", "time", "datetime", "julianday", "unixepoch", "timediff"};
  for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
    if (name_is(name.start, name.size, first[i])) return 0;
  }
  return name_is(name.start, name.size, "strftime") ? 1 : -1;
}

static const char *literal_reason(ls_sql_token literal) {
  if (is_literal(literal, "now") || is_literal(literal, "subsec") || is_literal(literal, "subsecond")) {
    return "of now reads the clock";
  }
  if (is_literal(literal, "localtime") || is_literal(literal, "utc")) {
    return "with 'localtime' or 'utc' depends on the machine's time zone";
  }
  return NULL;
}

/* 'subsec' is the time itself when it comes first, and a harmless modifier behind a time. */
static bool is_harmless_modifier(ls_sql_token literal, int argument, int time) {
  return argument > time && (is_literal(literal, "subsec") || is_literal(literal, "subsecond"));
}

/* The arguments of a date function; `at` is behind its "(". */
static int check_date(const scan *s, ls_sql_token name, const char *at, int time, ls_error *err) {
  int argument = 0;
  size_t depth = 0;
  bool empty = true;
  for (;;) {
    ls_sql_token token = ls_sql_next(&at);
    if (token.kind == LS_SQL_END || (depth == 0 && is_sign(token, ')'))) break;
    empty = false;
    if (depth == 0 && is_sign(token, ',')) {
      argument++;
    } else if (is_sign(token, '(')) {
      depth++;
    } else if (is_sign(token, ')')) {
      depth--;
    } else if (depth == 0 && argument >= time && !is_harmless_modifier(token, argument, time)) {
      const char *reason = literal_reason(token);
      if (reason) return fail_call(s, name, err, reason);
    }
  }
  if (empty || argument < time) return fail_call(s, name, err, "without a time reads the clock");
  return LS_OK;
}

/* Does a table's name stand here, before the "(" of its columns? */
static bool is_table_place(const scan *s) {
  static const char *const words[] = {"into", "table", "exists", "references", "view", "with", "recursive"};
  if (is_sign(s->before[0], '.')) return true;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (ls_sql_is(s->before[0], words[i])) return true;
  }
  return s->index && ls_sql_is(s->before[0], "on");
}

static ls_sql_token without_quotes(ls_sql_token token) {
  if (token.kind == LS_SQL_QUOTED && token.size >= 2) {
    token.start++;
    token.size -= 2;
  }
  return token;
}

static int check_call(const scan *s, ls_sql_token token, const char *at, ls_error *err) {
  ls_sql_token open = ls_sql_next(&at);
  if (!is_sign(open, '(') || is_table_place(s)) return LS_OK;
  ls_sql_token name = without_quotes(token);
  if (is_refused(name.start, name.size)) return fail_call(s, name, err, "does not give the same answer on every node");
  int time = time_argument(name);
  return time < 0 ? LS_OK : check_date(s, name, at, time, err);
}

static bool is_clock_word(ls_sql_token token) {
  return ls_sql_is(token, "current_date") || ls_sql_is(token, "current_time") || ls_sql_is(token, "current_timestamp");
}

/* OR ROLLBACK, ON CONFLICT ROLLBACK, RAISE(ROLLBACK …), and the same with FAIL. */
static bool is_resolution(const scan *s, ls_sql_token token, const char *word) {
  return ls_sql_is(token, word) && (ls_sql_is(s->before[0], "or") || ls_sql_is(s->before[0], "conflict") ||
                                          (is_sign(s->before[0], '(') && ls_sql_is(s->before[1], "raise")));
}

static int check_word(const scan *s, ls_sql_token token, const char *at, ls_error *err) {
  if (is_clock_word(token) && !is_sign(s->before[0], '.')) {
    return fail_at(s, token.start, err,
                   "CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME read the clock; give the "
                   "time as an argument of the event");
  }
  if (is_resolution(s, token, "rollback")) {
    return fail_at(s, token.start, err, "ROLLBACK would end the store's own transaction; use ABORT");
  }
  if (is_resolution(s, token, "fail")) {
    return fail_at(s, token.start, err, "FAIL would keep a part of what the statement did; use ABORT");
  }
  return check_call(s, token, at, err);
}

static int check_token(scan *s, ls_sql_token token, const char *at, ls_error *err) {
  if (token.kind == LS_SQL_WORD || token.kind == LS_SQL_QUOTED) return check_word(s, token, at, err);
  if (is_sign(token, '(') && ++s->depth > MAX_NESTING) {
    return fail_at(s, token.start, err, "parentheses are nested more than 100 deep");
  }
  if (is_sign(token, ')') && s->depth > 0) s->depth--;
  return LS_OK;
}

static void advance(scan *s, ls_sql_token token) {
  if (ls_sql_is(token, "index") && (ls_sql_is(s->before[0], "create") || ls_sql_is(s->before[0], "unique"))) {
    s->index = true;
  } else if (ls_sql_is(s->before[0], "on")) {
    s->index = false;
  }
  s->before[1] = s->before[0];
  s->before[0] = token;
}

int ls_sql_check_deterministic(const char *sql, ls_error *err) {
  scan s = {.sql = sql};
  const char *at = sql;
  for (;;) {
    ls_sql_token token = ls_sql_next(&at);
    if (token.kind == LS_SQL_END) return LS_OK;
    int result = check_token(&s, token, at, err);
    if (result) return result;
    advance(&s, token);
  }
}
