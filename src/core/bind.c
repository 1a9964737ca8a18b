#include "core/bind.h"

/* Members of canonical objects and properties are in the same order, so one walk
 * through both does. */
void ls_bind_properties(ls_state *state, const ls_event_type *type) {
  const ls_json *args = &state->args;
  memset(state->properties, 0, type->n_properties * sizeof *state->properties);
  size_t p = 0;
  for (uint32_t key = 1; key < args->nodes[0].next && p < type->n_properties;) {
    int order = 1;
    while (p < type->n_properties && order > 0) {
      const char *name = type->properties[p].name;
      const char *text = args->text + args->nodes[key].start;
      size_t size = args->nodes[key].size, length = strlen(name);
      order = memcmp(text, name, size < length ? size : length);
      if (order == 0) order = (size > length) - (size < length);
      if (args->nodes[key].escaped) order = ls_json_equals(args, key, name) ? 0 : -1;
      if (order > 0) p++;
    }
    if (order == 0) state->properties[p++] = key + 1;
    key = args->nodes[key + 1].next;
  }
}

static int bind_string(sqlite3_stmt *stmt, int at, ls_state *state, uint32_t node) {
  const ls_json *args = &state->args;
  const ls_json_node *n = &args->nodes[node];
  if (!n->escaped) return sqlite3_bind_text64(stmt, at, args->text + n->start, n->size, SQLITE_STATIC, SQLITE_UTF8);
  ls_bytes_clear(&state->scratch);
  ls_json_string(&state->scratch, args, node);
  if (!ls_bytes_cstr(&state->scratch)) return SQLITE_NOMEM;
  return sqlite3_bind_text64(stmt, at, state->scratch.data, state->scratch.size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int bind_number(sqlite3_stmt *stmt, int at, const ls_json *args, uint32_t node) {
  ls_json_number number;
  if (ls_json_number_of(&number, args, node, NULL)) return SQLITE_MISMATCH;
  return number.is_int ? sqlite3_bind_int64(stmt, at, number.i) : sqlite3_bind_double(stmt, at, number.r);
}

static int bind_node(sqlite3_stmt *stmt, int at, ls_state *state, uint32_t node) {
  const ls_json *args = &state->args;
  if (node == 0) return sqlite3_bind_null(stmt, at);
  const ls_json_node *n = &args->nodes[node];
  switch (ls_json_type_of(args, node)) {
    case LS_JSON_NULL: return sqlite3_bind_null(stmt, at);
    case LS_JSON_FALSE: return sqlite3_bind_int(stmt, at, 0);
    case LS_JSON_TRUE: return sqlite3_bind_int(stmt, at, 1);
    case LS_JSON_NUMBER: return bind_number(stmt, at, args, node);
    case LS_JSON_STRING: return bind_string(stmt, at, state, node);
    default: return sqlite3_bind_text64(stmt, at, args->text + n->start, n->size, SQLITE_STATIC, SQLITE_UTF8);
  }
}

int ls_bind_param(sqlite3_stmt *stmt, int at, ls_state *state, const ls_param *param, const ls_event *event) {
  switch (param->kind) {
    case LS_PARAM_ARGS: return sqlite3_bind_text64(stmt, at, event->args, event->args_size, SQLITE_STATIC, SQLITE_UTF8);
    case LS_PARAM_CLIENT: return sqlite3_bind_text(stmt, at, event->client_id, -1, SQLITE_STATIC);
    case LS_PARAM_SESSION: return sqlite3_bind_text(stmt, at, event->session_id, -1, SQLITE_STATIC);
    case LS_PARAM_GLOBAL: return sqlite3_bind_int64(stmt, at, event->seq.global);
    default: return bind_node(stmt, at, state, state->properties[param->property]);
  }
}
