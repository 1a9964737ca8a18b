/* schema_undo.c - what a schema says about undoing an event, and the library's own events, which every schema knows.
 *
 * "undo": false, {"event": NAME, "args": EXPRESSION}, or a list of such. An expression is SQL that gives the
 * arguments as a JSON object; it is compiled as SELECT (expression), and may read what the event's materializer may. */
#include <string.h>

#include "base/err.h"
#include "core/restore.h"
#include "core/schema_internal.h"
#include "core/sql.h"

/* ---- parsing ---- */

static int read_text(const char **out, ls_arena *arena, const ls_json *doc, uint32_t object, const char *key,
                     const char *what, ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  if (!node || ls_json_type_of(doc, node) != LS_JSON_STRING) {
    return ls_schema_fail(doc, node ? node : object, err, "expected \"%s\", %s", key, what);
  }
  ls_bytes text = {0};
  ls_json_string(&text, doc, node);
  const char *copy = ls_bytes_cstr(&text) ? ls_arena_dup(arena, text.data, text.size) : NULL;
  bool whole = copy && strlen(copy) == text.size;
  ls_bytes_fini(&text);
  if (!copy) return ls_fail_nomem(err);
  *out = copy;
  return whole ? LS_OK : ls_schema_fail(doc, node, err, "holds the character U+0000");
}

static int read_inverse(ls_inverse_def *inverse, ls_arena *arena, const ls_json *doc, uint32_t node, ls_error *err) {
  if (ls_json_type_of(doc, node) != LS_JSON_OBJECT) {
    return ls_schema_fail(doc, node, err, "expected an object with \"event\" and \"args\", got %s",
                          ls_json_type_name(ls_json_type_of(doc, node)));
  }
  for (uint32_t key = node + 1; key < doc->nodes[node].next; key = doc->nodes[key + 1].next) {
    if (ls_json_equals(doc, key, "event") || ls_json_equals(doc, key, "args")) continue;
    return ls_schema_fail(doc, key + 1, err, "no such key (known: event, args)");
  }
  int result = read_text(&inverse->event, arena, doc, node, "event", "the name of the event that undoes this one", err);
  if (result || !ls_json_get(doc, node, "args")) return result;
  return read_text(&inverse->args.sql, arena, doc, node, "args", "an SQL expression that gives its arguments", err);
}

int ls_schema_read_undo(ls_event_type *event, ls_arena *arena, const ls_json *doc, uint32_t node, ls_error *err) {
  ls_json_type type = ls_json_type_of(doc, node);
  event->not_undoable = type == LS_JSON_FALSE;
  if (type == LS_JSON_FALSE || type == LS_JSON_TRUE) return LS_OK;
  bool list = type == LS_JSON_ARRAY;
  size_t n = list ? doc->nodes[node].count : 1;
  if (n == 0) return ls_schema_fail(doc, node, err, "is empty; false says that an event cannot be undone");
  ls_inverse_def *inverses = ls_arena_alloc(arena, n * sizeof *inverses);
  if (!inverses) return ls_fail_nomem(err);
  event->inverses = inverses;
  event->n_inverses = n;
  if (!list) return read_inverse(inverses, arena, doc, node, err);
  int result = LS_OK;
  uint32_t item = node + 1;
  for (size_t i = 0; !result && i < n; i++, item = doc->nodes[item].next) {
    result = read_inverse(&inverses[i], arena, doc, item, err);
  }
  return result;
}

/* ---- compiling ---- */

static int wrap(const char **out, ls_arena *arena, const char *expression, ls_error *err) {
  ls_bytes sql = {0};
  ls_bytes_printf(&sql, "SELECT (%s\n)", expression); /* the expression may end in a comment */
  *out = ls_bytes_ok(&sql) ? ls_arena_dup(arena, sql.data, sql.size) : NULL;
  ls_bytes_fini(&sql);
  return *out ? LS_OK : ls_fail_nomem(err);
}

static int compile_args(ls_statement *args, ls_arena *arena, const ls_event_type *event, ls_database *database,
                        ls_error *err) {
  sqlite3_stmt *stmt;
  int result = ls_sql_check_deterministic(args->sql, err);
  if (!result) result = wrap(&args->sql, arena, args->sql, err);
  if (!result) result = ls_database_prepare(&stmt, database, args->sql, NULL, LS_ACCESS_EVENT, err);
  if (result == LS_ESQL || result == LS_EREADONLY) {
    if (err) err->code = LS_ESCHEMA;
    return LS_ESCHEMA;
  }
  if (result) return result;
  if (sqlite3_column_count(stmt) != 1 || !sqlite3_stmt_readonly(stmt)) {
    result = ls_fail(err, LS_ESCHEMA, "one SQL expression is expected");
  }
  if (!result) result = ls_schema_resolve_params(args, arena, event, stmt, err);
  sqlite3_finalize(stmt);
  return result;
}

int ls_schema_compile_undo(const ls_schema *schema, const ls_event_type *event, ls_arena *arena, ls_database *database,
                           ls_error *err) {
  for (size_t i = 0; i < event->n_inverses; i++) {
    ls_inverse_def *inverse = (ls_inverse_def *)&event->inverses[i];
    const ls_event_type *target = ls_schema_event(schema, inverse->event);
    int result = LS_OK;
    if (!target || target->restores || target->becomes) {
      result = ls_fail(err, LS_ESCHEMA, "the schema has no event \"%s\" that can be committed", inverse->event);
    } else if (target->client_only && !event->client_only) {
      result = ls_fail(err, LS_ESCHEMA, "\"%s\" never leaves this client, so it cannot undo an event that does",
                       inverse->event);
    } else if (inverse->args.sql) {
      result = compile_args(&inverse->args, arena, event, database, err);
    }
    if (result) return ls_wrap(err, result, "event \"%s\", its undo", event->name);
  }
  return LS_OK;
}

/* ---- the library's own events ---- */

static const struct {
  const char *name;
  bool client_only;
} OWN[] = {{LS_UNDONE, false}, {LS_REDONE, false}, {LS_CLIENT_UNDONE, true}, {LS_CLIENT_REDONE, true}};
enum { N_OWN = sizeof OWN / sizeof *OWN };

/* What is inside the rows is checked as they are restored. */
static const char OWN_ARGS[] = "{\"type\":\"object\",\"required\":[\"rows\"],\"additionalProperties\":false,"
                               "\"properties\":{\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}";

int ls_schema_add_own(ls_schema *schema, ls_error *err) {
  ls_json doc = {0};
  const ls_args *args = NULL;
  ls_event_type *own = ls_arena_alloc(&schema->arena, N_OWN * sizeof *own);
  int result = own ? ls_json_parse(&doc, OWN_ARGS, strlen(OWN_ARGS), err) : ls_fail_nomem(err);
  if (!result) result = ls_args_compile(&args, &schema->arena, &doc, 0, err);
  ls_json_fini(&doc);
  if (result) return result;
  for (size_t i = 0; i < N_OWN; i++) {
    own[i] = (ls_event_type){.name = OWN[i].name, .args = args, .restores = true, .client_only = OWN[i].client_only};
  }
  schema->own = own;
  return LS_OK;
}

bool ls_schema_is_own(const char *event) { return strncmp(event, LS_OWN_EVENTS, strlen(LS_OWN_EVENTS)) == 0; }

const ls_event_type *ls_schema_own_event(const ls_schema *schema, const char *name) {
  for (size_t i = 0; schema->own && i < N_OWN; i++) {
    if (strcmp(schema->own[i].name, name) == 0) return &schema->own[i];
  }
  return NULL;
}
