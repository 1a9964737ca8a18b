/* schema_upcast.c - old forms of events in a schema: what each becomes, and the expression that makes its arguments.
 *
 * An expression is compiled as SELECT (expression), with parentheses checked beforehand so that it stays inside them.
 * It may read no table, so that what an old event means depends on that event alone. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/schema_internal.h"
#include "core/sql.h"

static const char BEFORE[] = "SELECT (", AFTER[] = "\n)"; /* the expression may end in a comment */

/* ---- chains ---- */

/* Is an event one of a chain from `at` to `end`? */
static bool is_among(const ls_event_type *at, const ls_event_type *end, const ls_event_type *event) {
  while (at != end && at != event) at = at->next;
  return at == event;
}

/* "a" → "b" → "c", up to a name that the schema does not have, or one that was there before. */
static const char *chain_of(ls_bytes *out, const ls_event_type *start) {
  const ls_event_type *at = start;
  ls_bytes_printf(out, "\"%s\"", at->name);
  for (; at->becomes; at = at->next) {
    ls_bytes_printf(out, " → \"%s\"", at->becomes);
    if (!at->next || is_among(start, at, at->next)) break;
  }
  return ls_bytes_cstr(out);
}

static int fail_chain(const ls_json *doc, uint32_t node, const ls_event_type *start, const char *name, ls_error *err) {
  ls_bytes text = {0};
  const char *chain = chain_of(&text, start);
  int result = ls_fail_nomem(err);
  if (chain && name) {
    result = ls_schema_fail(doc, node, err, "%s: the schema has no event \"%s\"", chain, name);
  } else if (chain) {
    result = ls_schema_fail(doc, node, err,
                            "%s: this goes round in a circle; an old form becomes, in the end, an event "
                            "that is none",
                            chain);
  }
  ls_bytes_fini(&text);
  return result;
}

static int check_chain(const ls_schema *schema, const ls_json *doc, uint32_t object, const ls_event_type *start,
                       ls_error *err) {
  uint32_t becomes = ls_json_get(doc, object, "becomes");
  const ls_event_type *at = start;
  for (size_t steps = 0; at->becomes; at = at->next, steps++) {
    if (!at->next) return fail_chain(doc, becomes, start, at->becomes, err);
    if (steps > schema->n_events) return fail_chain(doc, becomes, start, NULL, err);
  }
  return LS_OK;
}

/* Whether an old form leaves the client follows from what it becomes; the document may say so too. */
static int link_client_only(ls_event_type *event, const ls_json *doc, uint32_t object, ls_error *err) {
  const ls_event_type *final = ls_schema_final(event);
  event->client_only = final->client_only;
  uint32_t node = ls_json_get(doc, object, "clientOnly");
  ls_json_type same = final->client_only ? LS_JSON_TRUE : LS_JSON_FALSE;
  if (!node || ls_json_type_of(doc, node) == same) return LS_OK;
  return ls_schema_fail(doc, node, err, "expected %s, or nothing: so it is with \"%s\", which this event becomes",
                        final->client_only ? "true" : "false", final->name);
}

int ls_schema_link(ls_schema *schema, const ls_json *doc, ls_error *err) {
  ls_event_type *events = (ls_event_type *)schema->events;
  uint32_t object = ls_json_get(doc, 0, "events");
  for (size_t i = 0; i < schema->n_events; i++) {
    if (events[i].becomes) events[i].next = ls_schema_event(schema, events[i].becomes);
  }
  int result = LS_OK;
  for (size_t i = 0; !result && i < schema->n_events; i++) {
    if (!events[i].becomes) continue;
    uint32_t event = ls_json_get(doc, object, events[i].name);
    result = check_chain(schema, doc, event, &events[i], err);
    if (!result) result = link_client_only(&events[i], doc, event, err);
  }
  return result;
}

/* ---- expressions ---- */

static int check_closed(const char *expression, ls_error *err) {
  const char *at = expression;
  int depth = 0;
  for (;;) {
    ls_sql_token token = ls_sql_next(&at);
    if (token.kind == LS_SQL_END) break;
    if (token.kind != LS_SQL_SIGN) continue;
    if (*token.start == ';') return ls_schema_fail_sql(err, expression, token.start, "an expression has no ;");
    depth += (*token.start == '(') - (*token.start == ')');
    if (depth < 0) return ls_schema_fail_sql(err, expression, token.start, "this ) closes nothing");
  }
  return depth ? ls_schema_fail_sql(err, expression, at, "a ( is not closed") : LS_OK;
}

/* What SQLite says of a place in the SELECT, said of the expression. */
static int fail_prepare(ls_database *database, int code, const char *expression, ls_error *err) {
  if (code != LS_ESQL && code != LS_EREADONLY) return code;
  int offset = sqlite3_error_offset(database->db) - (int)strlen(BEFORE);
  if (code == LS_ESQL && offset >= 0) {
    size_t size = strlen(expression);
    const char *at = expression + ((size_t)offset < size ? (size_t)offset : size);
    return ls_schema_fail_sql(err, expression, at, sqlite3_errmsg(database->db));
  }
  if (err) err->code = LS_ESCHEMA;
  return LS_ESCHEMA;
}

static int compare_properties(const void *a, const void *b) {
  return strcmp(((const ls_args_property *)a)->name, ((const ls_args_property *)b)->name);
}

/* The old arguments have no JSON Schema, so any of them may be asked for. */
static int collect_properties(ls_event_type *event, ls_arena *arena, sqlite3_stmt *stmt, const char *expression,
                              ls_error *err) {
  int n = sqlite3_bind_parameter_count(stmt);
  ls_args_property *properties = ls_arena_alloc(arena, ((size_t)n + 1) * sizeof *properties);
  if (!properties) return ls_fail_nomem(err);
  for (int i = 1; i <= n; i++) {
    ls_param_kind kind;
    const char *name = sqlite3_bind_parameter_name(stmt, i);
    if (!name || *name != ':') {
      return ls_schema_fail_sql(err, expression, ls_schema_find_param(expression, name),
                                "parameters are written :name, with the name of an argument");
    }
    if (ls_schema_special_param(&kind, name + 1)) continue;
    properties[event->n_properties].name = ls_arena_strdup(arena, name + 1);
    if (!properties[event->n_properties++].name) return ls_fail_nomem(err);
  }
  if (event->n_properties) qsort(properties, event->n_properties, sizeof *properties, compare_properties);
  event->properties = properties;
  return LS_OK;
}

static ls_param param_of(const ls_event_type *event, const char *name) {
  ls_param param = {LS_PARAM_PROPERTY, 0};
  if (ls_schema_special_param(&param.kind, name)) return param;
  while (strcmp(event->properties[param.property].name, name) != 0) param.property++;
  return param;
}

static int resolve(ls_event_type *event, ls_arena *arena, sqlite3_stmt *stmt, const char *expression, ls_error *err) {
  ls_statement *statement = (ls_statement *)event->statements;
  int result = collect_properties(event, arena, stmt, expression, err);
  if (result) return result;
  size_t n = (size_t)sqlite3_bind_parameter_count(stmt);
  ls_param *params = ls_arena_alloc(arena, (n + 1) * sizeof *params);
  if (!params) return ls_fail_nomem(err);
  for (size_t i = 0; i < n; i++) params[i] = param_of(event, sqlite3_bind_parameter_name(stmt, (int)i + 1) + 1);
  statement->params = params;
  statement->n_params = n;
  return LS_OK;
}

static int wrap(const char **out, ls_arena *arena, const char *expression, ls_error *err) {
  size_t before = strlen(BEFORE), size = strlen(expression);
  char *sql = ls_arena_alloc(arena, before + size + sizeof AFTER);
  if (!sql) return ls_fail_nomem(err);
  memcpy(sql, BEFORE, before);
  memcpy(sql + before, expression, size);
  memcpy(sql + before + size, AFTER, sizeof AFTER);
  *out = sql;
  return LS_OK;
}

static int compile(ls_event_type *event, ls_arena *arena, ls_database *database, ls_error *err) {
  ls_statement *statement = (ls_statement *)event->statements;
  const char *expression = statement->sql;
  sqlite3_stmt *stmt;
  int result = check_closed(expression, err);
  if (!result) result = ls_sql_check_deterministic(expression, err);
  if (!result) result = wrap(&statement->sql, arena, expression, err);
  if (result) return result;
  result = ls_database_prepare(&stmt, database, statement->sql, NULL, LS_ACCESS_PURE, err);
  if (result) return fail_prepare(database, result, expression, err);
  result = resolve(event, arena, stmt, expression, err);
  sqlite3_finalize(stmt);
  return result;
}

int ls_schema_compile_upcast(ls_event_type *event, ls_arena *arena, ls_database *database, ls_error *err) {
  int result = event->n_statements ? compile(event, arena, database, err) : LS_OK;
  return result ? ls_wrap(err, result, "event \"%s\", the args of what it becomes", event->name) : LS_OK;
}
