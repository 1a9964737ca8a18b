/* Applying events to a state: marks, events that fail and what is left of them, foreign keys, the clock, C functions,
 * unknown and deprecated events, and what a materializer sees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rollback.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST(...)                                                                                                      \
  (const char *const[]) { __VA_ARGS__, NULL }

typedef struct world {
  ls_schema *schema;
  ls_state *state;
  ls_notes notes;
} world;

static void start(world *w, ls_schema *schema) {
  ls_error err;
  w->schema = schema;
  assert_ok(ls_state_new(&w->state, schema, NULL, &w->notes, &err), &err);
  w->state->capture.on = true;
}

static void stop(world *w) {
  ls_state_free(w->state);
  ls_schema_free(w->schema);
  ls_notes_fini(&w->notes);
}

/* As a commit does: nothing is left of an event that fails. */
static int commit(ls_state *state, const char *name, const char *args, ls_error *err) {
  int64_t global = state->at.seq.global + 1;
  ls_event event = core_event(global, name, args);
  assert_ok(ls_state_begin(state, err), err);
  int rc = ls_state_apply(state, &event, false, err);
  if (rc) {
    ls_state_abort(state);
    return rc;
  }
  assert_ok(ls_state_commit(state, core_mark(global), err), err);
  return LS_OK;
}

/* As following does: it is recorded, and the head moves on. */
static void follow(ls_state *state, const char *name, const char *args) {
  ls_error err;
  int64_t global = state->at.seq.global + 1;
  ls_event event = core_event(global, name, args);
  assert_ok(ls_state_begin(state, &err), &err);
  assert_ok(ls_state_apply_or_fail(state, &event, &err), &err);
  assert_ok(ls_state_commit(state, core_mark(global), &err), &err);
}

static int64_t failures(ls_state *state) {
  uint64_t count;
  ls_error err;
  assert_ok(ls_state_failures(&count, state, &err), &err);
  return (int64_t)count;
}

/* ---------------------------------------------------------------------------------------------- */
/* The mark */

/* MAT-16 */
static void the_mark_starts_at_the_root_and_is_kept_whole(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  ls_state *copy = NULL;
  ls_image image = {0};
  start(&w, core_schema("{\"livestore\":1}"));
  assert_int_equal(w.state->at.seq.global + w.state->at.seq.client + w.state->at.seq.generation, 0);
  assert_int_equal(w.state->at.sum, 0);
  static const ls_mark marks[] = {
      {{1, 0, 0}, 1}, {{7, 3, 2}, UINT64_MAX}, {{7, 4, 0}, 9}, {{LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, 5}, 1}};
  for (size_t i = 0; i < COUNT(marks); i++) {
    assert_ok(ls_state_begin(w.state, &err), &err);
    assert_ok(ls_state_commit(w.state, marks[i], &err), &err);
    assert_ok(ls_state_image(&image, w.state, &err), &err);
    assert_ok(ls_state_open_image(&copy, w.schema, image.data, image.size, NULL, &err), &err);
    assert_int_equal(ls_seqnum_compare(copy->at.seq, marks[i].seq), 0);
    assert_int_equal(copy->at.sum, marks[i].sum);
    ls_state_free(copy);
    ls_image_fini(&image);
  }
  stop(&w);
}

static void an_abort_keeps_the_mark(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  start(&w, core_schema("{\"livestore\":1}"));
  assert_ok(ls_state_begin(w.state, &err), &err);
  ls_state_abort(w.state);
  assert_int_equal(w.state->at.seq.global, 0);
  assert_ok(ls_state_begin(w.state, &err), &err);
  assert_ok(ls_state_commit(w.state, core_mark(1), &err), &err);
  stop(&w);
}

static void an_image_of_something_else_is_not_taken(void **unused) {
  (void)unused;
  world w = {0}, other = {0};
  ls_error err;
  ls_state *copy = NULL;
  ls_image image = {0};
  start(&w, core_schema("{\"livestore\":1}"));
  start(&other, core_schema("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY)\"]}"));
  assert_ok(ls_state_image(&image, other.state, &err), &err);
  assert_code(ls_state_open_image(&copy, w.schema, image.data, image.size, NULL, &err), LS_ENOTFOUND, &err);
  assert_code(ls_state_open_image(&copy, other.schema, image.data, image.size / 2, NULL, &err), LS_ENOTFOUND, &err);
  assert_code(ls_state_open_image(&copy, other.schema, "x", 1, NULL, &err), LS_ENOTFOUND, &err);
  assert_null(copy);
  ls_image_fini(&image);
  stop(&w);
  stop(&other);
}

/* ---------------------------------------------------------------------------------------------- */
/* Events that fail */

static const char STRICT_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE p (id INTEGER PRIMARY KEY, v CHECK (v <> 9))\","
    "\"CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE RESTRICT)\","
    "\"CREATE TABLE d (id INTEGER PRIMARY KEY, p REFERENCES p DEFERRABLE INITIALLY DEFERRED)\"],\"events\":{"
    "\"p\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":\"integer\"}},"
    "\"required\":[\"id\"]},"
    "\"sql\":[\"INSERT INTO p VALUES (:id, 1)\",\"UPDATE p SET v = :v WHERE id = :id\"]},"
    "\"c\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}}},\"sql\":[\"INSERT INTO c(p) "
    "VALUES (:id)\"]},"
    "\"d\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}}},\"sql\":[\"INSERT INTO d(p) "
    "VALUES (:id)\"]},"
    "\"drop\":{\"sql\":[\"DELETE FROM p\"]},"
    "\"late\":{\"sql\":[\"INSERT INTO d VALUES (1, 77)\",\"INSERT INTO p VALUES (77, 0)\"]}}}";

static const struct failing {
  const char *name, *args;
  int code;
  const char *says;
} FAILING[] = {
    {"p", "{\"id\":1}", LS_EMATERIALIZE, "UNIQUE"},
    {"p", "{\"id\":5,\"v\":9}", LS_EMATERIALIZE, "CHECK"},
    {"p", "{}", LS_EARGS, "id"},
    {"p", "{\"id\":\"1\"}", LS_EARGS, "id"},
    {"p", "{\"id\":1", LS_EMATERIALIZE, "p"},
    {"c", "{\"id\":40}", LS_EMATERIALIZE, "FOREIGN KEY"},
    {"d", "{\"id\":40}", LS_EMATERIALIZE, "FOREIGN KEY"},
    {"drop", "{}", LS_EMATERIALIZE, "FOREIGN KEY"},
};

static void begin_with_rows(world *w) {
  ls_error err;
  start(w, core_schema(STRICT_SCHEMA));
  assert_ok(commit(w->state, "p", "{\"id\":1,\"v\":1}", &err), &err);
  assert_ok(commit(w->state, "c", "{\"id\":1}", &err), &err);
}

static void a_failing_event_names_itself_and_leaves_nothing(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  begin_with_rows(&w);
  const char *before = core_digest(w.state);
  for (size_t i = 0; i < COUNT(FAILING); i++) {
    assert_code(commit(w.state, FAILING[i].name, FAILING[i].args, &err), FAILING[i].code, &err);
    assert_says(&err, FAILING[i].says);
    assert_string_equal(core_digest(w.state), before);
    assert_int_equal(failures(w.state), 0);
    assert_int_equal(w.state->at.seq.global, 2);
  }
  assert_ok(commit(w.state, "late", "{}", &err), &err); /* its keys hold at its end */
  stop(&w);
}

static void a_failing_event_that_is_followed_is_recorded(void **unused) {
  (void)unused;
  world w = {0};
  begin_with_rows(&w);
  const char *before = core_digest(w.state);
  for (size_t i = 0; i < COUNT(FAILING); i++) {
    ls_bytes why = {0};
    ls_error err;
    follow(w.state, FAILING[i].name, FAILING[i].args);
    assert_string_equal(core_digest(w.state), before);
    assert_int_equal(failures(w.state), i + 1);
    assert_int_equal(ls_state_failure(&why, w.state, w.state->at.seq, &err), 1);
    assert_non_null(strstr(ls_bytes_cstr(&why), FAILING[i].says));
    ls_bytes_clear(&why);
    assert_int_equal(ls_state_failure(&why, w.state, (ls_seqnum){1, 0, 0}, &err), 0);
    ls_bytes_fini(&why);
  }
  follow(w.state, "p", "{\"id\":6,\"v\":2}");
  assert_string_equal(core_value(w.state, "SELECT v FROM p WHERE id = 6"), "2");
  stop(&w);
}

static void what_would_end_the_transaction_is_refused_by_the_schema(void **unused) {
  (void)unused;
  static const char *const wrong[] = {
      "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)",
      "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT FAIL)",
      "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE u (id INTEGER PRIMARY KEY)"};
  static const char *const wrong_events[] = {
      "INSERT OR ROLLBACK INTO t VALUES (1)", "UPDATE OR FAIL t SET id = 1",
      "INSERT INTO t VALUES (random())",      "INSERT INTO __livestore_state VALUES (2, 'x', 0, 0, 0, 0)",
      "DELETE FROM __livestore_rollback",         "INSERT INTO t SELECT place FROM __livestore_state"};
  ls_error err;
  for (size_t i = 0; i < COUNT(wrong); i++) {
    const ls_schema_def def = {.tables = LIST(wrong[i])};
    assert_code(ls_schema_check(&(ls_schema_source){.def = &def}, &err), LS_ESCHEMA, &err);
  }
  for (size_t i = 0; i < COUNT(wrong_events); i++) {
    const ls_event_def event = {.name = "e", .sql = LIST(wrong_events[i])};
    const ls_schema_def def = {
        .tables = LIST("CREATE TABLE t (id INTEGER PRIMARY KEY)"), .events = &event, .n_events = 1};
    assert_code(ls_schema_check(&(ls_schema_source){.def = &def}, &err), LS_ESCHEMA, &err);
    assert_says(&err, "\"e\"");
  }
}

/* A 'now' that is hidden in an argument is found when it is asked for. */
static void the_clock_is_found_out_when_it_is_read(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  start(&w,
        core_schema(
            "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v)\"],\"events\":{\"e\":{\"args\":"
            "{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"string\"}}},\"sql\":[\"INSERT INTO t(v) VALUES "
            "(datetime(:at))\"]}}}"));
  assert_ok(commit(w.state, "e", "{\"at\":\"2026-01-01\"}", &err), &err);
  assert_code(commit(w.state, "e", "{\"at\":\"now\"}", &err), LS_EMATERIALIZE, &err);
  assert_says(&err, "time");
  follow(w.state, "e", "{\"at\":\"now\"}");
  assert_int_equal(failures(w.state), 1);
  assert_ok(commit(w.state, "e", "{\"at\":\"2026-01-02\"}", &err), &err);
  assert_string_equal(core_value(w.state, "SELECT group_concat(v) FROM t"), "2026-01-01 00:00:00,2026-01-02 00:00:00");
  stop(&w);
}

/* Behind it SQLite would choose row ids at random, and nodes would differ. */
static void the_last_row_id_is_refused(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  start(&w, core_schema("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY)\",\"CREATE TABLE u (id INTEGER "
                        "PRIMARY KEY) WITHOUT ROWID\"],\"events\":{\"t\":{\"sql\":\"INSERT INTO t VALUES "
                        "(9223372036854775807)\"},\"move\":{\"sql\":[\"INSERT INTO t VALUES (1)\",\"UPDATE t SET id = "
                        "9223372036854775807\"]},\"u\":{\"sql\":\"INSERT INTO u VALUES (9223372036854775807)\"}}}"));
  assert_code(commit(w.state, "t", "{}", &err), LS_EMATERIALIZE, &err);
  assert_says(&err, "row id 9223372036854775807");
  assert_code(commit(w.state, "move", "{}", &err), LS_EMATERIALIZE, &err);
  assert_ok(commit(w.state, "u", "{}", &err), &err); /* which has no row ids */
  stop(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* C functions */

typedef struct script {
  const char *sql[4];
  bool ignores; /* goes on behind a statement that fails */
  int answer;   /* returned at the end */
  int codes[4]; /* what each statement answered */
} script;

static int run_script(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  script *s = user;
  (void)event;
  for (int i = 0; i < 4 && s->sql[i]; i++) {
    s->codes[i] = ls_materializer_exec(m, s->sql[i], NULL, 0, NULL, NULL, err);
    if (s->codes[i] && !s->ignores) return s->codes[i];
  }
  return s->answer;
}

static void start_script(world *w, script *s) {
  const ls_event_def event = {.name = "run", .fn = run_script, .version = 1, .user = s};
  const ls_schema_def def = {
      .tables = LIST("CREATE TABLE t (id INTEGER PRIMARY KEY, v NOT NULL)"), .events = &event, .n_events = 1};
  start(w, core_schema_of(&def));
}

static void a_statement_that_fails_leaves_nothing_and_the_function_may_go_on(void **unused) {
  (void)unused;
  static const struct {
    const char *sql;
    int code;
  } cases[] = {
      {"INSERT INTO t SELECT 5, 'a' UNION ALL SELECT 6, 'b' UNION ALL SELECT 1, 'c'", LS_EMATERIALIZE},
      {"UPDATE t SET v = NULL WHERE id = 1 OR v = 'x'", LS_EMATERIALIZE},
      {"INSERT OR FAIL INTO t SELECT 5, 'a' UNION ALL SELECT 1, 'c'", LS_ESQL},
      {"INSERT OR ROLLBACK INTO t VALUES (1, 'c')", LS_ESQL},
      {"ROLLBACK", LS_EREADONLY},
      {"COMMIT", LS_EREADONLY},
      {"SAVEPOINT event", LS_EREADONLY},
      {"DROP TABLE t", LS_EREADONLY},
      {"PRAGMA user_version = 4", LS_EREADONLY},
      {"INSERT INTO t VALUES (9, random())", LS_ESQL},
      {"UPDATE __livestore_state SET place = 4", LS_EREADONLY},
      {"INSERT INTO none VALUES (1)", LS_ESQL},
      {"", LS_ESQL},
      {"DELETE FROM t; DELETE FROM t", LS_ESQL},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    world w = {0};
    ls_error err;
    script s = {.sql = {"INSERT INTO t VALUES (1, 'a')"}, .ignores = true};
    start_script(&w, &s);
    assert_ok(commit(w.state, "run", "{}", &err), &err);
    const char *before = core_digest(w.state);
    s = (script){.sql = {"INSERT INTO t VALUES (2, 'x')", cases[i].sql, "INSERT INTO t VALUES (3, 'z')"},
                 .ignores = true};
    assert_ok(commit(w.state, "run", "{}", &err), &err);
    assert_int_equal(s.codes[1], cases[i].code);
    assert_string_equal(core_value(w.state, "SELECT group_concat(id || v) FROM t"), "1a,2x,3z");
    assert_ok(ls_rollback_step(w.state, &err), &err);
    assert_string_equal(core_digest(w.state), before);
    stop(&w);
  }
}

static void what_a_function_calls_its_failure_is_one_of_the_event(void **unused) {
  (void)unused;
  static const int answers[] = {LS_EMATERIALIZE, LS_EIO, LS_ECORRUPT, LS_EABORT, LS_EFULL, -1000, 1};
  for (size_t i = 0; i < COUNT(answers); i++) {
    world w = {0};
    ls_error err;
    script s = {.sql = {"INSERT INTO t VALUES (1, 'a')"}, .answer = answers[i]};
    start_script(&w, &s);
    assert_code(commit(w.state, "run", "{}", &err), LS_EMATERIALIZE, &err);
    assert_says(&err, "\"run\"");
    follow(w.state, "run", "{}");
    assert_int_equal(failures(w.state), 1);
    assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"), "0");
    stop(&w);
  }
}

/* MAT-01, MAT-02 */
typedef struct seen_rows {
  char text[40];
} seen_rows;

static int note_row(void *user, const ls_value *values, size_t n) {
  seen_rows *seen = user;
  assert_int_equal(n, 1);
  assert_int_equal(values[0].type, LS_TYPE_TEXT);
  strncat(seen->text, values[0].as.b.data, values[0].as.b.size);
  return 0;
}

static int insert_with_earlier(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)user;
  seen_rows seen = {""};
  const char *args = strchr(event->args, ':') + 2;
  int rc = ls_materializer_exec(m, "SELECT id FROM t ORDER BY id", NULL, 0, note_row, &seen, err);
  if (rc) return rc;
  return ls_materializer_exec(m, "INSERT INTO t VALUES (?1, ?2)", LS_PARAMS(ls_text_n(args, 1), ls_text(seen.text)),
                              NULL, NULL, err);
}

static void a_materializer_sees_the_rows_of_earlier_events(void **unused) {
  (void)unused;
  static const char args[] =
      "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}},\"required\":[\"id\"]}";
  const ls_event_def events[] = {
      {.name = "c", .args = args, .fn = insert_with_earlier, .version = 1},
      {.name = "sql",
       .args = args,
       .sql = LIST("INSERT INTO t VALUES (:id, (SELECT coalesce(group_concat(id, ''), '') FROM t))")}};
  const ls_schema_def def = {
      .tables = LIST("CREATE TABLE t (id TEXT PRIMARY KEY, earlier)"), .events = events, .n_events = 2};
  for (size_t i = 0; i < COUNT(events); i++) {
    world w = {0};
    ls_error err;
    start(&w, core_schema_of(&def));
    assert_ok(commit(w.state, events[i].name, "{\"id\":\"a\"}", &err), &err);
    assert_ok(commit(w.state, events[i].name, "{\"id\":\"b\"}", &err), &err);
    assert_ok(commit(w.state, events[i].name, "{\"id\":\"c\"}", &err), &err);
    assert_string_equal(core_value(w.state, "SELECT group_concat(earlier, '|') FROM t"), "|a|ab");
    stop(&w);
  }
}

static int stop_at_once(void *user, const ls_value *values, size_t n) {
  (void)values, (void)n;
  return ++*(int *)user;
}

static int read_one_row(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)event;
  return ls_materializer_exec(m, "VALUES (1), (2), (3)", NULL, 0, stop_at_once, user, err);
}

static void a_function_may_stop_reading(void **unused) {
  (void)unused;
  int rows = 0;
  const ls_event_def event = {.name = "run", .fn = read_one_row, .version = 1, .user = &rows};
  world w = {0};
  ls_error err;
  start(&w, core_schema_of(&(ls_schema_def){.events = &event, .n_events = 1}));
  assert_ok(commit(w.state, "run", "{}", &err), &err);
  assert_int_equal(rows, 1);
  stop(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* Binding */

/* MAT-03, and the rest of what an event is. */
static void a_materializer_is_given_the_event_itself(void **unused) {
  (void)unused;
  world w = {0};
  ls_error err;
  start(&w, core_schema("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, c, s, g, "
                        "a)\"],\"events\":{\"e\":{\"args\":"
                        "{\"type\":\"object\",\"properties\":{\"x\":true}},\"sql\":[\"INSERT INTO t(c, s, g, a) VALUES "
                        "(:_client, :_session, :_global, :_args)\"]}}}"));
  assert_ok(commit(w.state, "e", "{\"x\":[1,{}]}", &err), &err);
  assert_string_equal(core_value(w.state, "SELECT c || '|' || s || '|' || g || '|' || a FROM t"),
                      "c|s|1|{\"x\":[1,{}]}");
  stop(&w);
}

static void arguments_are_bound_by_their_type(void **unused) {
  (void)unused;
  static const struct {
    const char *args, *wanted;
  } cases[] = {
      {"{\"b\":null}", "null:NULL"},
      {"{}", "null:NULL"},
      {"{\"b\":true}", "integer:1"},
      {"{\"b\":false}", "integer:0"},
      {"{\"b\":-7}", "integer:-7"},
      {"{\"b\":-9007199254740992}", "integer:-9007199254740992"},
      {"{\"b\":1.5}", "real:1.5"},
      {"{\"b\":1e300}", "real:1.0e+300"},
      {"{\"b\":\"\"}", "text:''"},
      {"{\"b\":\"it's \\u00fc \\\"x\\\"\"}", "text:'it''s \xc3\xbc \"x\"'"},
      {"{\"b\":[]}", "text:'[]'"},
      {"{\"b\":{\"k\":\"\\n\"}}", "text:'{\"k\":\"\\n\"}'"},
      {"{\"a\":1,\"b\":2,\"c\":3}", "integer:2"},
      {"{\"a\":1,\"bb\":4,\"c\":3}", "null:NULL"},
      {"{\"a\":{\"b\":1},\"b\":2}", "integer:2"},
  };
  world w = {0};
  ls_error err;
  start(&w,
        core_schema(
            "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v)\"],\"events\":{\"e\":{\"args\":"
            "{\"type\":\"object\",\"properties\":{\"a\":true,\"b\":true,\"bb\":true,\"c\":true}},"
            "\"sql\":[\"DELETE FROM t\",\"INSERT INTO t(v) VALUES (:b)\"]}}}"));
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_ok(commit(w.state, "e", cases[i].args, &err), &err);
    assert_string_equal(core_value(w.state, "SELECT typeof(v) || ':' || quote(v) FROM t"), cases[i].wanted);
  }
  assert_ok(commit(w.state, "e", "{\"b\":\"a\\u0000b\"}", &err), &err);
  assert_string_equal(core_value(w.state, "SELECT hex(v) FROM t"), "610062");
  stop(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* Unknown and deprecated events */

typedef struct told {
  int n;
  char key[8][30], text[8][200];
} told;

static void tell(void *user, ls_log_level level, const char *key, const char *text) {
  told *t = user;
  assert_int_equal(level, LS_LOG_WARNING);
  assert_true(t->n < 8);
  snprintf(t->key[t->n], sizeof t->key[0], "%s", key);
  snprintf(t->text[t->n++], sizeof t->text[0], "%s", text);
}

/* UE-01, UE-02: they stay in the log, change nothing, and the head moves on. A callback (UE-04) is the log function. */
static void unknown_events_follow_the_policy(void **unused) {
  (void)unused;
  static const struct {
    const char *policy;
    int code, told, failed;
  } cases[] = {{"warn", LS_OK, 1, 0}, {"ignore", LS_OK, 0, 0}, {"fail", LS_EEVENT, 0, 2}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    told t = {0};
    world w = {.notes = {.log = tell, .user = &t}};
    ls_error err;
    char json[100];
    snprintf(json, sizeof json, "{\"livestore\":1,\"unknownEvents\":\"%s\"}", cases[i].policy);
    start(&w, core_schema(json));
    const char *before = core_digest(w.state);
    assert_code(commit(w.state, "v9.New", "{}", &err), cases[i].code, &err);
    if (cases[i].code) assert_says(&err, "v9.New");
    int64_t at = w.state->at.seq.global;
    assert_int_equal(t.n, cases[i].told);
    if (t.n) assert_string_equal(t.key[0], "unknown-event");
    t.n = 0;
    follow(w.state, "v9.New", "not even JSON");
    follow(w.state, "v9.New", "{}");
    assert_int_equal(failures(w.state), cases[i].failed);
    assert_int_equal(w.state->at.seq.global, at + 2);
    assert_string_equal(core_digest(w.state), before);
    stop(&w);
  }
}

/* UE-05: here an event without a materializer is a known one that changes nothing. */
static void an_event_without_a_materializer_changes_nothing(void **unused) {
  (void)unused;
  told t = {0};
  world w = {.notes = {.log = tell, .user = &t}};
  ls_error err;
  start(&w, core_schema("{\"livestore\":1,\"events\":{\"e\":{\"args\":{\"type\":\"object\",\"properties\":{\"x\":{"
                        "\"type\":\"string\"}}}}}}"));
  assert_ok(commit(w.state, "e", "{\"x\":\"y\"}", &err), &err);
  assert_code(commit(w.state, "e", "{\"x\":1}", &err), LS_EARGS, &err);
  assert_int_equal(w.state->at.seq.global, 1);
  assert_int_equal(t.n, 0);
  stop(&w);
}

/* EVD-07, EVD-09, EVD-10 */
static void deprecations_are_told_once(void **unused) {
  (void)unused;
  told t = {0};
  world w = {.notes = {.log = tell, .user = &t}};
  ls_error err;
  start(&w, core_schema("{\"livestore\":1,\"events\":{\"new\":{},\"old\":{\"deprecated\":\"use "
                        "new\",\"args\":{\"type\":\"object\",\"properties\":{"
                        "\"a\":{\"type\":\"string\",\"deprecated\":true},\"b\":{\"type\":\"string\"}}}}}}"));
  assert_ok(commit(w.state, "new", "{}", &err), &err);
  assert_int_equal(t.n, 0);
  for (int i = 0; i < 3; i++) assert_ok(commit(w.state, "old", "{\"b\":\"x\"}", &err), &err);
  assert_int_equal(t.n, 1);
  assert_string_equal(t.key[0], "deprecated-event");
  assert_non_null(strstr(t.text[0], "old"));
  assert_non_null(strstr(t.text[0], "use new"));
  for (int i = 0; i < 3; i++) assert_ok(commit(w.state, "old", "{\"a\":\"x\"}", &err), &err);
  assert_int_equal(t.n, 2);
  assert_string_equal(t.key[1], "deprecated-field");
  assert_non_null(strstr(t.text[1], "old: a"));
  stop(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_mark_starts_at_the_root_and_is_kept_whole),
      cmocka_unit_test(an_abort_keeps_the_mark),
      cmocka_unit_test(an_image_of_something_else_is_not_taken),
      cmocka_unit_test(a_failing_event_names_itself_and_leaves_nothing),
      cmocka_unit_test(a_failing_event_that_is_followed_is_recorded),
      cmocka_unit_test(what_would_end_the_transaction_is_refused_by_the_schema),
      cmocka_unit_test(the_clock_is_found_out_when_it_is_read),
      cmocka_unit_test(the_last_row_id_is_refused),
      cmocka_unit_test(a_statement_that_fails_leaves_nothing_and_the_function_may_go_on),
      cmocka_unit_test(what_a_function_calls_its_failure_is_one_of_the_event),
      cmocka_unit_test(a_materializer_sees_the_rows_of_earlier_events),
      cmocka_unit_test(a_function_may_stop_reading),
      cmocka_unit_test(a_materializer_is_given_the_event_itself),
      cmocka_unit_test(arguments_are_bound_by_their_type),
      cmocka_unit_test(unknown_events_follow_the_policy),
      cmocka_unit_test(an_event_without_a_materializer_changes_nothing),
      cmocka_unit_test(deprecations_are_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
