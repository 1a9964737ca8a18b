/* Schema documents: what is read from them, each way to be wrong, and what their hash covers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/schema.h"
#include "support/cmocka_all.h"
#include "support/tmp.h"

static const char TODOS[] =
    "{\"livestore\": 1,"
    " \"tables\": [\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL, completed INTEGER NOT NULL DEFAULT 0)"
    " STRICT\", \"CREATE INDEX byText ON todos (text)\"],"
    " \"events\": {"
    "  \"v1.TodoCreated\": {"
    "   \"args\": {\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"}, \"text\": {\"type\": "
    "\"string\", \"deprecated\": \"use title\"}}, \"required\": [\"id\", \"text\"]},"
    "   \"sql\": [\"INSERT INTO todos (id, text) VALUES (:id, :text)\","
    "             \"UPDATE todos SET text = :_args WHERE id = :_client || :_session || :_global\"]},"
    "  \"v1.Noted\": {},"
    "  \"v1.Cleared\": {\"sql\": \"DELETE FROM todos\", \"clientOnly\": true, \"deprecated\": true}},"
    " \"documents\": {\"ui\": {\"value\": {\"type\": \"object\", \"properties\": {\"filter\": {\"type\": \"string\"}}},"
    "                        \"default\": {\"filter\": \"all\"}},"
    "                \"notes\": {\"value\": true, \"default\": null, \"id\": \"only\"}},"
    " \"unknownEvents\": \"ignore\"}";

static int from_json(ls_schema **out, const char *json, ls_error *err) {
  return ls_schema_new(out, &(ls_schema_source){.json = json}, err);
}

static ls_schema *good(const char *json) {
  ls_schema *schema = NULL;
  ls_error err = {0};
  if (from_json(&schema, json, &err)) fail_msg("%s", err.text);
  return schema;
}

static void everything_in_a_document_is_read(void **state) {
  (void)state;
  ls_schema *schema = good(TODOS);
  assert_int_equal(schema->n_tables, 4);
  assert_string_equal(schema->tables[1], "CREATE INDEX byText ON todos (text)");
  assert_string_equal(schema->tables[2], "CREATE TABLE \"notes\" (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  assert_int_equal(schema->n_events, 5);
  assert_int_equal(schema->unknown_events, LS_UNKNOWN_IGNORE);
  assert_int_equal(strlen(schema->hash), 32);
  assert_int_equal(strlen(schema->json), schema->json_size);
  assert_ptr_equal(strstr(schema->json, "{\"documents\":{\"notes\":"), schema->json);
  ls_schema_free(schema);
}

static void events_have_arguments_and_statements(void **state) {
  (void)state;
  ls_schema *schema = good(TODOS);
  const ls_event_type *event = ls_schema_event(schema, "v1.TodoCreated");
  assert_string_equal(event->name, "v1.TodoCreated");
  assert_int_equal(event->n_properties, 2);
  assert_string_equal(event->properties[1].name, "text");
  assert_string_equal(event->properties[1].deprecated, "use title"); /* EVD-03 */
  assert_int_equal(event->n_statements, 2);
  assert_int_equal(event->statements[0].n_params, 2);
  assert_int_equal(event->statements[0].params[1].kind, LS_PARAM_PROPERTY);
  assert_int_equal(event->statements[0].params[1].property, 1);
  assert_int_equal(event->statements[1].params[0].kind, LS_PARAM_ARGS);
  assert_int_equal(event->statements[1].params[1].kind, LS_PARAM_CLIENT);
  assert_int_equal(event->statements[1].params[2].kind, LS_PARAM_SESSION);
  assert_int_equal(event->statements[1].params[3].kind, LS_PARAM_GLOBAL);
  assert_false(event->client_only);
  assert_null(event->deprecated);
  event = ls_schema_event(schema, "v1.Cleared");
  assert_true(event->client_only);
  assert_string_equal(event->deprecated, "deprecated"); /* EVD-03 */
  assert_int_equal(event->n_statements, 1);
  assert_int_equal(ls_schema_event(schema, "v1.Noted")->n_statements, 0);
  assert_null(ls_schema_event(schema, "v1.Nothing"));
  ls_schema_free(schema);
}

/* EVD-11: no arguments is the empty object, and nothing else. */
static void an_event_without_args_takes_the_empty_object(void **state) {
  (void)state;
  ls_schema *schema = good(TODOS);
  const ls_event_type *event = ls_schema_event(schema, "v1.Noted");
  ls_json doc = {0};
  assert_int_equal(ls_json_parse(&doc, "{}", 2, NULL), LS_OK);
  assert_int_equal(ls_args_check(event->args, &doc, 0, NULL), LS_OK);
  assert_int_equal(ls_json_parse(&doc, "{\"a\":1}", 7, NULL), LS_OK);
  assert_int_equal(ls_args_check(event->args, &doc, 0, NULL), LS_EARGS);
  ls_json_fini(&doc);
  ls_schema_free(schema);
}

/* CD-01, CD-03, CD-11 */
static void documents_make_a_table_and_a_set_event(void **state) {
  (void)state;
  ls_schema *schema = good(TODOS);
  const ls_document_type *ui = ls_schema_document_type(schema, "ui"), *notes = ls_schema_document_type(schema, "notes");
  const ls_event_type *set = ls_schema_event(schema, "uiSet");
  assert_ptr_equal(set->document, ui);
  assert_true(set->client_only);
  assert_int_equal(set->n_properties, 2);
  assert_true(ui->merges);
  assert_string_equal(ui->default_value, "{\"filter\":\"all\"}");
  assert_null(ui->default_id);
  assert_false(notes->merges);
  assert_string_equal(notes->default_id, "only");
  assert_string_equal(notes->default_value, "null");
  assert_null(ls_schema_document_type(schema, "other"));
  ls_schema_free(schema);
}

/* CD-04 */
static void a_document_that_is_replaced_does_not_merge(void **state) {
  (void)state;
  ls_schema *schema =
      good("{\"livestore\":1,\"documents\":{\"a \\\"b\\\"\":{\"value\":{\"type\":\"object\"},\"default\":{},"
           "\"replace\":true}}}");
  assert_false(schema->documents[0].merges);
  assert_string_equal(schema->tables[0],
                      "CREATE TABLE \"a \"\"b\"\"\" (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  ls_schema_free(schema);
}

/* The rest of a document with two tables and one event, of which a test gives the statements. */
#define TABLE "\"CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)\""
#define TABLES(more) "{\"livestore\":1,\"tables\":[" TABLE "," more "]}"
#define SQL(sql)                                                                                                       \
  "{\"livestore\":1,\"tables\":[" TABLE "],\"events\":{\"v1.A\":{\"args\":{\"type\":\"object\",\"properties\":"        \
  "{\"id\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}}},\"sql\":" sql "}}}"
#define EVENT(event) "{\"livestore\":1,\"events\":{\"v1.A\":" event "}}"
#define DOCUMENT(document) "{\"livestore\":1,\"documents\":{\"d\":" document "}}"
#define NAME_100 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
  const char *json, *text;
} WRONG[] = {
    /* the document */
    {"[]", "$: expected a schema document (an object), got array"},
    {"{}", "$: a schema document says \"livestore\": 1"},
    {"{\"livestore\":2}", "$.livestore: expected 1, the version of schema documents that is known here"},
    {"{\"livestore\":\"1\"}", "$.livestore: expected 1, got string"},
    {"{\"livestore\":1,\"table\":[]}",
     "$.table: no such key (known: livestore, tables, events, documents, unknownEvents)"},
    {"{\"livestore\":1,\"tables\":{}}", "$.tables: expected an array of SQL statements, got object"},
    {"{\"livestore\":1,\"tables\":[1]}", "$.tables[0]: expected a string with one SQL statement, got number"},
    {"{\"livestore\":1,\"tables\":[\"a\\u0000\"]}", "$.tables[0]: holds the character U+0000"},
    {"{\"livestore\":1,\"unknownEvents\":\"panic\"}", "$.unknownEvents: expected \"warn\", \"ignore\" or \"fail\""},
    {"{\"livestore\":1,\"unknownEvents\":null}", "$.unknownEvents: expected \"warn\", \"ignore\" or \"fail\""},
    {"{\"livestore\":1,\"events\":[]}", "$.events: expected an object of events by their names, got array"},
    /* events */
    {EVENT("{\"sqls\":[]}"),
     "$.events.\"v1.A\".sqls: no such key (known: args, sql, function, clientOnly, deprecated, becomes, undo)"},
    {EVENT("[]"), "$.events.\"v1.A\": expected an object that describes an event, got array"},
    {EVENT("{\"args\":{\"type\":\"string\"}}"),
     "$.events.\"v1.A\".args: the arguments of an event are an object: \"type\": \"object\" is expected here"},
    {EVENT("{\"args\":{\"type\":\"object\",\"properties\":{\"a\":{\"minLength\":-1}}}}"),
     "$.events.\"v1.A\".args.properties.a.minLength: expected an integer of 0 or more"},
    {EVENT("{\"sql\":3}"), "$.events.\"v1.A\".sql: expected a string with one SQL statement, got number"},
    {EVENT("{\"sql\":[3]}"), "$.events.\"v1.A\".sql[0]: expected a string with one SQL statement, got number"},
    {EVENT("{\"sql\":[],\"function\":1}"), "$.events.\"v1.A\": an event has either \"sql\" or \"function\", not both"},
    {EVENT("{\"function\":0}"),
     "$.events.\"v1.A\".function: expected the version of a C function, an integer of 1 or more"},
    {EVENT("{\"function\":true}"), "$.events.\"v1.A\".function: expected the version of a C function, got boolean"},
    {EVENT("{\"function\":1}"), "event \"v1.A\": the schema asks for version 1 of a C function, and none is given"},
    {EVENT("{\"clientOnly\":1}"), "$.events.\"v1.A\".clientOnly: expected true or false, got number"},
    {EVENT("{\"deprecated\":1}"), "$.events.\"v1.A\".deprecated: expected true or a text with the reason, got number"},
    {"{\"livestore\":1,\"events\":{\"\":{}}}", "$.events.\"\": the name is empty"},
    {"{\"livestore\":1,\"events\":{\"a\\u0007\":{}}}", "$.events.\"a\\u0007\": the name holds a control character"},
    {"{\"livestore\":1,\"events\":{\"" NAME_100 NAME_100 NAME_100 "\":{}}}", NULL},
    /* documents */
    {DOCUMENT("{}"), "$.documents.d: a document needs the JSON Schema of its \"value\""},
    {DOCUMENT("{\"value\":true}"), "$.documents.d: a document needs a \"default\" value"},
    {DOCUMENT("{\"value\":{\"type\":\"string\"},\"default\":3}"),
     "the default does not fit the document's own schema: $.documents.d.default: expected string, got number 3"},
    {DOCUMENT("{\"value\":true,\"default\":3,\"id\":3}"),
     "$.documents.d.id: expected the id that is used when none is given, got number"},
    {DOCUMENT("{\"value\":true,\"default\":3,\"replace\":3}"),
     "$.documents.d.replace: expected true or false, got number"},
    {DOCUMENT("{\"value\":true,\"default\":3,\"merge\":3}"),
     "$.documents.d.merge: no such key (known: value, default, id, replace, undo)"},
    {"{\"livestore\":1,\"events\":{\"dSet\":{}},\"documents\":{\"d\":{\"value\":true,\"default\":3}}}",
     "event \"dSet\" is there twice: a document makes one of them"},
    {"{\"livestore\":1,\"tables\":[\"CREATE TABLE d (a PRIMARY "
     "KEY)\"],\"documents\":{\"d\":{\"value\":true,\"default\":3}}}",
     "table of document \"d\": line 1 column 14: table \"d\" already exists"},
    {"{\"livestore\":1,\"documents\":{\"sqlite_d\":{\"value\":true,\"default\":3}}}",
     "table of document \"sqlite_d\": object name reserved for internal use: sqlite_d"},
    /* tables */
    {TABLES("\"CREATE TABLE u (\""), "table statement 2 (CREATE TABLE u (): incomplete input"},
    {TABLES("\"CREATE TABLE u (id TEXT PRIMARY KEY,\\n id TEXT)\""), NULL},
    {TABLES("\"CREATE TABLE u (id TEXT)\""), "table u has no PRIMARY KEY; each table needs a declared one"},
    {TABLES("\"CREATE TABLE u (id TEXT PRIMARY KEY); CREATE TABLE v (id TEXT PRIMARY KEY)\""),
     "table statement 2 (CREATE TABLE u (id TEXT PRIMARY KEY); CR…): line 1 column 39: one statement is expected here, "
     "and a second one begins"},
    {TABLES("\"\""), "table statement 2 (): line 1 column 1: CREATE TABLE, INDEX, VIEW or TRIGGER is expected"},
    {TABLES("\"INSERT INTO t VALUES (1, 2)\""), "table statement 2 (INSERT INTO t VALUES (1, 2)): line 1 column 1: "
                                                "CREATE TABLE, INDEX, VIEW or TRIGGER is expected"},
    {TABLES("\"CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT)\""), NULL},
    {TABLES("\"CREATE TEMP TABLE u (id INTEGER PRIMARY KEY)\""), NULL},
    {TABLES("\"CREATE TABLE __livestore_u (id INTEGER PRIMARY KEY)\""), NULL},
    {TABLES("\"CREATE TABLE u (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP)\""), NULL},
    {TABLES("\"CREATE VIEW v AS SELECT nowhere FROM t\""), "view v: no such column: nowhere"},
    {TABLES("\"CREATE TRIGGER r AFTER UPDATE OF n ON t BEGIN INSERT INTO u VALUES (1); END\""),
     "table t, its triggers or foreign keys: no such table: main.u"},
    {TABLES("\"CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO __livestore_state VALUES (1); END\""), NULL},
    {TABLES("\"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'no'); END\""), NULL},
    {TABLES("\"CREATE TABLE u (id TEXT PRIMARY KEY REFERENCES t (n))\""),
     "table u, its triggers or foreign keys: foreign key mismatch - \"u\" referencing \"t\""},
    /* materializers */
    {SQL("[\"DELETE FROM t\",\"INSERT INTO t\\nVALUES (:id, :txt)\"]"),
     "event \"v1.A\", statement 2: line 2 column 14: parameter :txt is given by no argument (arguments: id, n)"},
    {SQL("\"DELETE FROM t WHERE id = :_user\""),
     "event \"v1.A\", statement 1: line 1 column 26: parameter :_user is given by no argument (arguments: id, n)"},
    {SQL("\"DELETE FROM t WHERE n = ? AND id = :id\""),
     "event \"v1.A\", statement 1: line 1 column 25: parameters are written :name, with the name of an argument"},
    {SQL("\"DELETE FROM t WHERE id = $id\""),
     "event \"v1.A\", statement 1: line 1 column 26: parameters are written :name, with the name of an argument"},
    {SQL("\"DELETE FROM t WHERE id = ?2\""), NULL},
    {SQL("\"INSERT INTO u VALUES (1)\""), "event \"v1.A\", statement 1: no such table: u"},
    {SQL("\"UPDATE t SET x = 1\""), "event \"v1.A\", statement 1: no such column: x"},
    {SQL("\"SELECT 1\""),
     "event \"v1.A\", statement 1: line 1 column 1: INSERT, REPLACE, UPDATE or DELETE is expected"},
    {SQL("\"DROP TABLE t\""),
     "event \"v1.A\", statement 1: line 1 column 1: INSERT, REPLACE, UPDATE or DELETE is expected"},
    {SQL("\"WITH a AS (SELECT 1) SELECT * FROM a\""),
     "event \"v1.A\", statement 1: line 1 column 1: this statement only reads, so it does nothing; INSERT, UPDATE or "
     "DELETE is expected"},
    {SQL("\"DELETE FROM t RETURNING id\""),
     "event \"v1.A\", statement 1: line 1 column 1: RETURNING gives rows that nobody reads"},
    {SQL("\"DELETE FROM t; DELETE FROM t\""),
     "event \"v1.A\", statement 1: line 1 column 16: one statement is expected here, and a second one begins"},
    {SQL("\"INSERT INTO t VALUES (:id, random())\""),
     "event \"v1.A\", statement 1: line 1 column 28: random() does not give the same answer on every node; give the "
     "value as an argument of the event"},
    {SQL("\"INSERT INTO t VALUES (:id, unixepoch('now'))\""), NULL},
    {SQL("\"INSERT OR ROLLBACK INTO t VALUES (:id, 1)\""), NULL},
    {SQL("\"INSERT INTO __livestore_state VALUES (1)\""), NULL},
    {SQL("\"INSERT INTO t SELECT name, 1 FROM sqlite_schema\""),
     "event \"v1.A\", statement 1: a materializer only reads and writes the schema's tables, but this statement reads "
     "sqlite_master, which is not the same on every node"},
};

static void each_wrong_document_is_refused_with_its_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
    ls_schema *schema;
    ls_error err = {0};
    int result = from_json(&schema, WRONG[i].json, &err);
    if (result != LS_ESCHEMA) fail_msg("%s: %s", WRONG[i].json, err.text);
    assert_int_equal(err.code, LS_ESCHEMA);
    if (WRONG[i].text) assert_string_equal(err.text, WRONG[i].text);
    assert_int_equal(from_json(&schema, WRONG[i].json, NULL), LS_ESCHEMA);
  }
}

static void text_that_is_not_json_has_a_place_too(void **state) {
  (void)state;
  ls_schema *schema;
  ls_error err;
  assert_int_equal(from_json(&schema, "{\"livestore\":1,}", &err), LS_EJSON);
  assert_non_null(strstr(err.text, "line 1"));
  assert_int_equal(from_json(&schema, "", &err), LS_EJSON);
  assert_int_equal(from_json(&schema, "{\"livestore\":1,\"events\":{\"a\":{},\"a\":{}}}", &err), LS_EJSON);
}

static const char *const FINE[] = {
    "{\"livestore\":1}",
    "{\"livestore\":1.0,\"tables\":[],\"events\":{},\"documents\":{}}",
    TABLES("\"CREATE TABLE u (id INTEGER PRIMARY KEY, t REFERENCES t ON DELETE CASCADE) WITHOUT ROWID\""),
    TABLES("\"CREATE TABLE u (a, b, c AS (a || b), PRIMARY KEY (a, b))\""),
    TABLES("\"CREATE VIRTUAL TABLE f USING fts5 (id, body)\", \"CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO f "
           "VALUES (new.id, new.n); END\""),
    TABLES("\"-- all of them\\nCREATE VIEW v AS SELECT id, upper(id) AS \\\"some name\\\" FROM t\""),
    SQL("\"WITH x AS (SELECT :id) INSERT INTO t SELECT *, :n FROM x WHERE true ON CONFLICT (id) DO UPDATE SET n = "
        ":n\""),
    SQL("\"REPLACE INTO t VALUES (:id, date(:n))\""),
    SQL("\"DELETE FROM t;;\""),
    SQL("[]"),
    EVENT("{\"args\":{\"type\":\"object\"},\"deprecated\":\"old\"}"),
};

static void good_documents_are_taken(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof FINE / sizeof FINE[0]; i++) ls_schema_free(good(FINE[i]));
}

static void hash_of(char out[33], const char *json) {
  ls_schema *schema = good(json);
  memcpy(out, schema->hash, 33);
  ls_schema_free(schema);
}

#define HASHED(tables, event, document, rest)                                                                          \
  "{\"livestore\":1,\"tables\":[" tables "],\"events\":{\"e\":" event "},\"documents\":{\"d\":" document "}" rest "}"
#define ARGS(more)                                                                                                     \
  "{\"args\":{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"" more "}}},\"sql\":[]}"
#define VALUE "{\"value\":{\"type\":\"object\"},\"default\":{}"

static const struct {
  const char *json;
  bool same;
} HASHES[] = {
    {HASHED(TABLE, ARGS(""), VALUE "}", ""), true},
    {" " HASHED(TABLE, ARGS(""), VALUE "}", ",\"unknownEvents\":\"fail\""), true},
    {HASHED(TABLE, ARGS(",\"title\":\"a\",\"deprecated\":true"), VALUE "}", ""), true},
    {HASHED(TABLE,
            "{\"deprecated\":\"x\",\"clientOnly\":true,"
            "\"args\":{\"description\":\"\",\"type\":\"object\","
            "\"properties\":{\"title\":{\"type\":\"string\"}}},\"sql\":[]}",
            VALUE "}", ""),
     true},
    {HASHED(TABLE ",\"CREATE INDEX i ON t (n)\"", ARGS(""), VALUE "}", ""), false},
    {HASHED(TABLE, ARGS(",\"minLength\":1"), VALUE "}", ""), false},
    {HASHED(TABLE, "{\"args\":{\"type\":\"object\",\"properties\":{}},\"sql\":[]}", VALUE "}", ""), false},
    {HASHED(TABLE,
            "{\"args\":{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"}}},\"sql\":[\"DELETE "
            "FROM t\"]}",
            VALUE "}", ""),
     false},
    {HASHED(TABLE, ARGS(""), VALUE ",\"replace\":true}", ""), false},
    {HASHED(TABLE, ARGS(""), VALUE ",\"id\":\"x\"}", ""), false},
    {HASHED(TABLE, ARGS(""), "{\"value\":{\"type\":\"object\"},\"default\":{\"a\":1}}", ""), false},
};

static void the_hash_covers_what_shapes_the_state_and_nothing_else(void **state) {
  (void)state;
  char first[33], other[33];
  hash_of(first, HASHES[0].json);
  for (size_t i = 0; i < sizeof HASHES / sizeof HASHES[0]; i++) {
    hash_of(other, HASHES[i].json);
    if ((strcmp(first, other) == 0) != HASHES[i].same) fail_msg("%s", HASHES[i].json);
  }
}

static int do_nothing(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)m, (void)event, (void)user, (void)err;
  return LS_OK;
}

static void functions_are_given_with_their_version(void **state) {
  (void)state;
  int user;
  ls_function functions[] = {{"other", 1, do_nothing, NULL}, {"v1.A", 2, do_nothing, &user}};
  ls_schema_source source = {.json = EVENT("{\"function\":2}"), .functions = functions, .n_functions = 2};
  ls_schema *schema;
  assert_int_equal(ls_schema_new(&schema, &source, NULL), LS_OK);
  assert_ptr_equal(schema->events[0].fn, do_nothing);
  assert_ptr_equal(schema->events[0].user, &user);
  assert_int_equal(schema->events[0].version, 2);
  ls_schema_free(schema);
  functions[1].version = 1;
  ls_error err;
  assert_int_equal(ls_schema_new(&schema, &source, &err), LS_ESCHEMA);
  assert_string_equal(err.text, "event \"v1.A\": the schema asks for version 2 of a C function, version 1 is given");
}

static const ls_event_def EVENTS[] = {
    {.name = "v1.Created",
     .args = "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}}",
     .sql = (const char *const[]){"INSERT INTO t VALUES (:id, 0)", "DELETE FROM t WHERE id = :id", NULL}},
    {.name = "v1.Counted \"all\"", .fn = do_nothing, .version = 3, .user = (void *)"user", .client_only = true},
    {.name = "v1.Old", .deprecated = "use v2"},
};
static const ls_document_def DOCUMENTS[] = {
    {.name = "ui", .value = "{\"type\":\"object\"}", .default_value = "{}", .default_id = "x", .replace_whole = true}};
static const ls_schema_def DEF = {.tables =
                                      (const char *const[]){"CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)", NULL},
                                  .events = EVENTS,
                                  .n_events = 3,
                                  .documents = DOCUMENTS,
                                  .n_documents = 1,
                                  .unknown_events = LS_UNKNOWN_FAIL};

static void structures_give_the_same_schema_as_their_document(void **state) {
  (void)state;
  ls_schema *from_def, *from_document;
  ls_function function = {"v1.Counted \"all\"", 3, do_nothing, NULL};
  assert_int_equal(ls_schema_new(&from_def, &(ls_schema_source){.def = &DEF}, NULL), LS_OK);
  ls_schema_source again = {.json = from_def->json, .functions = &function, .n_functions = 1};
  assert_int_equal(ls_schema_new(&from_document, &again, NULL), LS_OK);
  assert_string_equal(from_def->hash, from_document->hash);
  const ls_event_type *counted = ls_schema_event(from_def, "v1.Counted \"all\"");
  assert_ptr_equal(counted->fn, do_nothing);
  assert_string_equal(counted->user, "user");
  assert_true(counted->client_only);
  assert_string_equal(ls_schema_event(from_document, "v1.Old")->deprecated, "use v2");
  assert_int_equal(from_document->unknown_events, LS_UNKNOWN_FAIL);
  assert_string_equal(from_document->documents[0].default_id, "x");
  assert_int_equal(ls_schema_check(&(ls_schema_source){.def = &(ls_schema_def){0}}, NULL), LS_OK);
  ls_schema_free(from_def);
  ls_schema_free(from_document);
}

static void what_is_wrong_in_structures_is_named(void **state) {
  (void)state;
  static const char *const nowhere[] = {"DELETE FROM nowhere", NULL};
  const struct {
    ls_event_def event;
    const char *text;
    int code;
  } cases[] = {
      {{.name = "a", .args = "{"}, "event \"a\", args: ", LS_EJSON},
      {{.name = "a", .args = "{},\"b\":{}"}, "event \"a\", args: ", LS_EJSON},
      {{.name = "a", .fn = do_nothing}, "event \"a\": version 0 of its C function, 1 or more is expected", LS_ESCHEMA},
      {{.name = NULL}, "an event has no name", LS_ESCHEMA},
      {{.name = "a", .sql = nowhere}, "event \"a\", statement 1: no such table: nowhere", LS_ESCHEMA},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_error err = {0};
    ls_schema_def def = {.events = &cases[i].event, .n_events = 1};
    assert_int_equal(ls_schema_check(&(ls_schema_source){.def = &def}, &err), cases[i].code);
    assert_ptr_equal(strstr(err.text, cases[i].text), err.text);
  }
  ls_error err = {0};
  ls_document_def document = {.name = "d", .value = "true"};
  ls_schema_def def = {.documents = &document, .n_documents = 1};
  assert_int_equal(ls_schema_check(&(ls_schema_source){.def = &def}, &err), LS_ESCHEMA);
  assert_string_equal(err.text, "document \"d\": a name, a value schema and a default value are needed");
}

static void a_schema_has_exactly_one_source(void **state) {
  (void)state;
  assert_int_equal(ls_schema_check(&(ls_schema_source){0}, NULL), LS_ESCHEMA);
  assert_int_equal(ls_schema_check(&(ls_schema_source){.json = "{}", .def = &DEF}, NULL), LS_ESCHEMA);
}

static void files_are_read_and_named_in_errors(void **state) {
  char *good_path = tmp_path(*state, "good.json"), *bad = tmp_path(*state, "bad.json");
  char *missing = tmp_path(*state, "missing.json");
  tmp_write(good_path, TODOS, strlen(TODOS));
  tmp_write(bad, "{\"livestore\":3}", 15);
  ls_error err;
  assert_int_equal(ls_schema_check(&(ls_schema_source){.file = good_path}, &err), LS_OK);
  assert_int_equal(ls_schema_check(&(ls_schema_source){.file = bad}, &err), LS_ESCHEMA);
  assert_ptr_equal(strstr(err.text, bad), err.text);
  assert_int_equal(ls_schema_check(&(ls_schema_source){.file = missing}, &err), LS_ENOTFOUND);
  assert_non_null(strstr(err.text, missing));
  free(good_path);
  free(bad);
  free(missing);
}

static int allocations, failing;

static int fail_one(void) { return ++allocations == failing; }

static void sweep(const ls_schema_source *source, int expected) {
  int result = LS_ENOMEM;
  for (failing = 1; result == LS_ENOMEM; failing++) {
    ls_schema *schema = NULL;
    ls_error err = {0};
    allocations = 0;
    ls_alloc_set_fault(fail_one);
    result = ls_schema_new(&schema, source, &err);
    ls_alloc_set_fault(NULL);
    assert_int_equal(err.code, result);
    if (!result)
      ls_schema_free(schema);
    else
      assert_null(schema);
  }
  assert_int_equal(result, expected);
  assert_true(failing > 5);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  sweep(&(ls_schema_source){.json = TODOS}, LS_OK);
  sweep(&(ls_schema_source){.def = &DEF}, LS_OK);
  sweep(&(ls_schema_source){.json = DOCUMENT("{\"value\":{\"type\":\"string\"},\"default\":3}")}, LS_ESCHEMA);
  sweep(&(ls_schema_source){.json = SQL("\"INSERT INTO t VALUES (:id, :txt)\"")}, LS_ESCHEMA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_in_a_document_is_read),
      cmocka_unit_test(events_have_arguments_and_statements),
      cmocka_unit_test(an_event_without_args_takes_the_empty_object),
      cmocka_unit_test(documents_make_a_table_and_a_set_event),
      cmocka_unit_test(a_document_that_is_replaced_does_not_merge),
      cmocka_unit_test(each_wrong_document_is_refused_with_its_place),
      cmocka_unit_test(text_that_is_not_json_has_a_place_too),
      cmocka_unit_test(good_documents_are_taken),
      cmocka_unit_test(the_hash_covers_what_shapes_the_state_and_nothing_else),
      cmocka_unit_test(functions_are_given_with_their_version),
      cmocka_unit_test(structures_give_the_same_schema_as_their_document),
      cmocka_unit_test(what_is_wrong_in_structures_is_named),
      cmocka_unit_test(a_schema_has_exactly_one_source),
      cmocka_unit_test_setup_teardown(files_are_read_and_named_in_errors, tmp_setup, tmp_teardown),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
