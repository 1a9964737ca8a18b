#include "support/core.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/seqnum.h"
#include "support/cmocka_all.h"

#define TEXTS 8

void core_assert_code(int rc, int wanted, const ls_error *err, const char *file, int line) {
  if (rc == wanted) return;
  print_error("expected %s, got %s: %s\n", ls_code_name(wanted), ls_code_name(rc), rc && err ? err->text : "");
  _fail(file, line);
}

void core_assert_says(const ls_error *err, const char *part, const char *file, int line) {
  if (strstr(err->text, part)) return;
  print_error("\"%s\" is not in \"%s\"\n", part, err->text);
  _fail(file, line);
}

static ls_schema *schema_from(const ls_schema_source *source) {
  ls_schema *schema = NULL;
  ls_error err;
  assert_ok(ls_schema_new(&schema, source, &err), &err);
  return schema;
}

ls_schema *core_schema(const char *json) { return schema_from(&(ls_schema_source){.json = json}); }
ls_schema *core_schema_of(const ls_schema_def *def) { return schema_from(&(ls_schema_source){.def = def}); }

ls_state *core_state(const ls_schema *schema) {
  ls_state *state = NULL;
  ls_error err;
  assert_ok(ls_state_new(&state, schema, NULL, NULL, &err), &err);
  state->capture.on = true;
  return state;
}

const char *core_digest(ls_state *state) {
  static char texts[TEXTS][33];
  static int at;
  ls_error err;
  char *text = texts[at++ % TEXTS];
  assert_ok(ls_state_digest(text, state, &err), &err);
  return text;
}

const char *core_value(ls_state *state, const char *sql) {
  static char texts[TEXTS][200];
  static int at;
  char *text = texts[at++ % TEXTS];
  sqlite3_stmt *stmt = NULL;
  ls_error err;
  assert_ok(ls_database_prepare(&stmt, &state->database, sql, NULL, LS_ACCESS_OWN, &err), &err);
  bool row = sqlite3_step(stmt) == SQLITE_ROW;
  const char *value = row ? (const char *)sqlite3_column_text(stmt, 0) : "(none)";
  snprintf(text, sizeof texts[0], "%s", value ? value : "NULL");
  sqlite3_finalize(stmt);
  return text;
}

ls_event core_event(int64_t global, const char *name, const char *args) {
  return (ls_event){.seq = {global, 0, 0},
                    .parent = {global - 1, 0, 0},
                    .name = name,
                    .args = args,
                    .args_size = strlen(args),
                    .client_id = "c",
                    .session_id = "s"};
}

ls_mark core_mark(int64_t global) { return (ls_mark){{global, 0, 0}, global ? (uint64_t)global * 77 : 0}; }

void core_append(ls_log *log, const char *name, const char *args) {
  ls_event event = core_event(1, name, args);
  ls_error err;
  ls_seqnum_next(&event.seq, &event.parent, ls_log_head(log).seq, false, 0);
  assert_ok(ls_log_append(log, &event, 1, &err), &err);
}
