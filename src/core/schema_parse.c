/* schema_parse.c - the schema document as structures; SQL is only carried over. Nothing in the document is passed
 * over: a key that is not known is an error.
 *
 * What is read is the document's canonical text, so names come in the order of their bytes. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "core/schema_internal.h"

#define NAME_MAX_BYTES 255
#define SQL_MAX_BYTES ((size_t)64 * 1024)

typedef struct parser {
  ls_schema *schema;
  ls_json doc;
  ls_bytes scratch;
  ls_event_type *events;
  ls_document_type *documents;
  const char **tables;
  ls_error *err;
} parser;

int ls_schema_fail(const ls_json *doc, uint32_t node, ls_error *err, const char *fmt, ...) {
  char text[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  ls_bytes path = {0};
  ls_json_path(&path, doc, node);
  const char *place = ls_bytes_cstr(&path);
  int result = place ? ls_fail(err, LS_ESCHEMA, "%s: %s", place, text) : ls_fail_nomem(err);
  ls_bytes_fini(&path);
  return result;
}

static uint32_t end_of(const parser *p, uint32_t node) { return p->doc.nodes[node].next; }

static uint32_t count_of(const parser *p, uint32_t node) { return p->doc.nodes[node].count; }

static ls_json_type type_of(const parser *p, uint32_t node) { return ls_json_type_of(&p->doc, node); }

static int expect(parser *p, uint32_t node, ls_json_type type, const char *what) {
  if (type_of(p, node) == type) return LS_OK;
  return ls_schema_fail(&p->doc, node, p->err, "expected %s, got %s", what, ls_json_type_name(type_of(p, node)));
}

/* Is each key of an object one of those in the NULL-terminated list? */
static int check_keys(parser *p, uint32_t object, const char *what, const char *const *known) {
  int result = expect(p, object, LS_JSON_OBJECT, what);
  for (uint32_t key = object + 1; !result && key < end_of(p, object); key = end_of(p, key + 1)) {
    size_t i = 0;
    while (known[i] && !ls_json_equals(&p->doc, key, known[i])) i++;
    if (known[i]) continue;
    char list[200];
    size_t size = 0;
    for (i = 0; known[i]; i++) {
      size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i ? ", " : "", known[i]);
    }
    result = ls_schema_fail(&p->doc, key + 1, p->err, "no such key (known: %s)", list);
  }
  return result;
}

static int read_string(const char **out, parser *p, uint32_t node, const char *what) {
  int result = expect(p, node, LS_JSON_STRING, what);
  if (result) return result;
  ls_bytes_clear(&p->scratch);
  ls_json_string(&p->scratch, &p->doc, node);
  const char *text = ls_bytes_cstr(&p->scratch);
  if (!text) return ls_fail_nomem(p->err);
  if (strlen(text) != p->scratch.size) return ls_schema_fail(&p->doc, node, p->err, "holds the character U+0000");
  *out = ls_arena_strdup(&p->schema->arena, text);
  return *out ? LS_OK : ls_fail_nomem(p->err);
}

static int read_sql(const char **out, parser *p, uint32_t node) {
  int result = read_string(out, p, node, "a string with one SQL statement");
  if (!result && strlen(*out) > SQL_MAX_BYTES) {
    result =
        ls_schema_fail(&p->doc, node, p->err, "%zu bytes of SQL, at most %zu are allowed", strlen(*out), SQL_MAX_BYTES);
  }
  return result;
}

static int read_bool(bool *out, parser *p, uint32_t node) {
  *out = type_of(p, node) == LS_JSON_TRUE;
  return *out ? LS_OK : expect(p, node, LS_JSON_FALSE, "true or false");
}

/* C0, DEL, and C1, which takes two bytes. */
static bool has_control(const char *name) {
  for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
    if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0)) return true;
  }
  return false;
}

static int check_name(parser *p, uint32_t key, const char *name) {
  const char *wrong = !*name                          ? "is empty"
                      : has_control(name)             ? "holds a control character"
                      : strlen(name) > NAME_MAX_BYTES ? "is longer than 255 bytes"
                      : ls_schema_is_own(name)        ? "begins with \"livestore.\", which is for the library's own events"
                                                      : NULL;
  return wrong ? ls_schema_fail(&p->doc, key + 1, p->err, "the name %s", wrong) : LS_OK;
}

static int read_name(const char **out, parser *p, uint32_t key) {
  int result = read_string(out, p, key, "a name");
  return result ? result : check_name(p, key, *out);
}

/* true: no reason; false: none at all. */
static int read_deprecated(const char **out, parser *p, uint32_t node) {
  *out = NULL;
  if (type_of(p, node) == LS_JSON_FALSE) return LS_OK;
  if (type_of(p, node) != LS_JSON_TRUE) {
    int result = read_string(out, p, node, "true or a text with the reason");
    if (result || **out) return result;
  }
  *out = "deprecated";
  return LS_OK;
}

static int compile_constant(const ls_args **out, parser *p, const char *json) {
  ls_json doc = {0};
  int result = ls_json_parse(&doc, json, strlen(json), p->err);
  if (!result) result = ls_args_compile(out, &p->schema->arena, &doc, 0, p->err);
  ls_json_fini(&doc);
  return result;
}

/* ---- events ---- */

static int read_args(ls_event_type *event, parser *p, uint32_t node) {
  if (node && type_of(p, node) == LS_JSON_STRING) {
    return ls_schema_fail(&p->doc, node, p->err,
                          "an expression gives the arguments of another event, which \"becomes\" names; a JSON Schema is "
                          "expected here");
  }
  int result = node ? ls_args_compile(&event->args, &p->schema->arena, &p->doc, node, p->err)
                    : compile_constant(&event->args, p, "{\"type\":\"object\",\"additionalProperties\":false}");
  if (result) return result;
  if (!ls_args_is_object(event->args)) {
    return ls_schema_fail(&p->doc, node, p->err,
                          "the arguments of an event are an object: \"type\": \"object\" is "
                          "expected here");
  }
  event->properties = ls_args_properties(event->args, &event->n_properties);
  return LS_OK;
}

/* A list of statements, or one alone. */
static int read_statements(ls_event_type *event, parser *p, uint32_t node) {
  bool list = type_of(p, node) == LS_JSON_ARRAY;
  size_t n = list ? count_of(p, node) : 1;
  ls_statement *statements = ls_arena_alloc(&p->schema->arena, n * sizeof *statements);
  if (!statements) return ls_fail_nomem(p->err);
  event->statements = statements;
  if (!list) {
    event->n_statements = 1;
    return read_sql(&statements[0].sql, p, node);
  }
  int result = LS_OK;
  for (uint32_t i = node + 1; !result && i < end_of(p, node); i = end_of(p, i)) {
    result = read_sql(&statements[event->n_statements++].sql, p, i);
  }
  return result;
}

static int read_version(int *out, parser *p, uint32_t node) {
  ls_json_number number;
  int result = expect(p, node, LS_JSON_NUMBER, "the version of a C function");
  if (!result) result = ls_json_number_of(&number, &p->doc, node, p->err);
  if (result) return result;
  if (!number.is_int || number.i < 1 || number.i > INT_MAX) {
    return ls_schema_fail(&p->doc, node, p->err, "expected the version of a C function, an integer of 1 or more");
  }
  *out = (int)number.i;
  return LS_OK;
}

static int read_materializer(ls_event_type *event, parser *p, uint32_t object) {
  uint32_t sql = ls_json_get(&p->doc, object, "sql");
  uint32_t function = ls_json_get(&p->doc, object, "function");
  if (sql && function) {
    return ls_schema_fail(&p->doc, object, p->err, "an event has either \"sql\" or \"function\", not both");
  }
  if (sql) return read_statements(event, p, sql);
  return function ? read_version(&event->version, p, function) : LS_OK;
}

/* An old form: another event is what it is materialized as. Any object fits it. */
static int read_old_form(ls_event_type *event, parser *p, uint32_t object) {
  static const char *const known[] = {"becomes", "args", "clientOnly", NULL};
  int result = check_keys(p, object, "an object that describes an event", known);
  if (!result) result = read_name(&event->becomes, p, ls_json_get(&p->doc, object, "becomes"));
  if (!result) result = compile_constant(&event->args, p, "{\"type\":\"object\"}");
  uint32_t args = result ? 0 : ls_json_get(&p->doc, object, "args");
  if (!args) return result;
  result = expect(p, args, LS_JSON_STRING, "an SQL expression that gives the arguments of what the event becomes");
  return result ? result : read_statements(event, p, args);
}

static int read_present_form(ls_event_type *event, parser *p, uint32_t object) {
  static const char *const known[] = {"args", "sql", "function", "clientOnly", "deprecated", "becomes", "undo", NULL};
  int result = check_keys(p, object, "an object that describes an event", known);
  if (!result) result = read_args(event, p, ls_json_get(&p->doc, object, "args"));
  if (!result) result = read_materializer(event, p, object);
  uint32_t client_only = result ? 0 : ls_json_get(&p->doc, object, "clientOnly");
  if (client_only) result = read_bool(&event->client_only, p, client_only);
  uint32_t deprecated = result ? 0 : ls_json_get(&p->doc, object, "deprecated");
  if (deprecated) result = read_deprecated(&event->deprecated, p, deprecated);
  uint32_t undo = result ? 0 : ls_json_get(&p->doc, object, "undo");
  if (undo) result = ls_schema_read_undo(event, &p->schema->arena, &p->doc, undo, p->err);
  return result;
}

static int read_event(parser *p, uint32_t key) {
  ls_event_type *event = &p->events[p->schema->n_events];
  uint32_t object = key + 1;
  int result = read_name(&event->name, p, key);
  if (!result) result = expect(p, object, LS_JSON_OBJECT, "an object that describes an event");
  if (result) return result;
  bool old = ls_json_get(&p->doc, object, "becomes") != 0;
  result = old ? read_old_form(event, p, object) : read_present_form(event, p, object);
  if (!result) p->schema->n_events++;
  return result;
}

/* ---- documents ---- */

static int read_default(ls_document_type *document, parser *p, uint32_t object) {
  uint32_t node = ls_json_get(&p->doc, object, "default");
  if (!node) return ls_schema_fail(&p->doc, object, p->err, "a document needs a \"default\" value");
  int result = ls_args_check(document->value, &p->doc, node, p->err);
  if (result == LS_EARGS) {
    if (p->err) p->err->code = LS_ESCHEMA;
    return ls_wrap(p->err, LS_ESCHEMA, "the default does not fit the document's own schema");
  }
  if (!result) {
    ls_bytes_clear(&p->scratch);
    result = ls_json_canonical(&p->scratch, &p->doc, node, p->err);
  }
  if (result) return result;
  document->default_value = ls_arena_dup(&p->schema->arena, p->scratch.data, p->scratch.size);
  return document->default_value ? LS_OK : ls_fail_nomem(p->err);
}

static int read_document_value(ls_document_type *document, parser *p, uint32_t object) {
  uint32_t value = ls_json_get(&p->doc, object, "value");
  if (!value) return ls_schema_fail(&p->doc, object, p->err, "a document needs the JSON Schema of its \"value\"");
  int result = ls_args_compile(&document->value, &p->schema->arena, &p->doc, value, p->err);
  return result ? result : read_default(document, p, object);
}

static int add_table(parser *p, const char *sql, size_t size) {
  const char *copy = ls_arena_dup(&p->schema->arena, sql, size);
  if (!copy) return ls_fail_nomem(p->err);
  p->tables[p->schema->n_tables++] = copy;
  return LS_OK;
}

static int add_document_table(parser *p, const ls_document_type *document) {
  ls_bytes *sql = &p->scratch;
  ls_bytes_clear(sql);
  ls_bytes_text(sql, "CREATE TABLE \"");
  for (const char *at = document->name; *at; at++) {
    if (*at == '"') ls_bytes_byte(sql, '"');
    ls_bytes_byte(sql, *at);
  }
  ls_bytes_text(sql, "\" (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  return ls_bytes_ok(sql) ? add_table(p, sql->data, sql->size) : ls_fail_nomem(p->err);
}

/* The event that sets a document. What value fits is for the document to say, which takes parts of one. */
static int add_document_event(parser *p, uint32_t key, const ls_document_type *document, bool undo) {
  ls_event_type *event = &p->events[p->schema->n_events];
  ls_bytes_clear(&p->scratch);
  ls_bytes_printf(&p->scratch, "%sSet", document->name);
  if (!ls_bytes_ok(&p->scratch)) return ls_fail_nomem(p->err);
  event->name = ls_arena_dup(&p->schema->arena, p->scratch.data, p->scratch.size);
  if (!event->name) return ls_fail_nomem(p->err);
  int result = check_name(p, key, event->name);
  if (!result) {
    result = compile_constant(&event->args, p,
                              "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
                              "\"value\":true},\"required\":[\"id\",\"value\"],"
                              "\"additionalProperties\":false}");
  }
  if (result) return result;
  event->properties = ls_args_properties(event->args, &event->n_properties);
  event->document = document;
  event->client_only = true;
  event->not_undoable = !undo;
  p->schema->n_events++;
  return LS_OK;
}

static int read_document(parser *p, uint32_t key) {
  static const char *const known[] = {"value", "default", "id", "replace", "undo", NULL};
  ls_document_type *document = &p->documents[p->schema->n_documents];
  uint32_t object = key + 1;
  bool replace = false, undo = true;
  int result = read_name(&document->name, p, key);
  if (!result) result = check_keys(p, object, "an object that describes a document", known);
  if (!result) result = read_document_value(document, p, object);
  uint32_t id = result ? 0 : ls_json_get(&p->doc, object, "id");
  if (id) result = read_string(&document->default_id, p, id, "the id that is used when none is given");
  uint32_t replace_node = result ? 0 : ls_json_get(&p->doc, object, "replace");
  if (replace_node) result = read_bool(&replace, p, replace_node);
  uint32_t undo_node = result ? 0 : ls_json_get(&p->doc, object, "undo");
  if (undo_node) result = read_bool(&undo, p, undo_node);
  if (!result) document->merges = ls_args_is_object(document->value) && !replace;
  if (!result) result = add_document_table(p, document);
  if (!result) result = add_document_event(p, key, document, undo);
  if (!result) p->schema->n_documents++;
  return result;
}

/* ---- the whole ---- */

static int read_each(parser *p, uint32_t object, const char *what, int (*read)(parser *p, uint32_t key)) {
  int result = object ? expect(p, object, LS_JSON_OBJECT, what) : LS_OK;
  for (uint32_t key = object + 1; object && !result && key < end_of(p, object); key = end_of(p, key + 1)) {
    result = read(p, key);
  }
  return result;
}

static int read_tables(parser *p, uint32_t array) {
  int result = array ? expect(p, array, LS_JSON_ARRAY, "an array of SQL statements") : LS_OK;
  for (uint32_t i = array + 1; array && !result && i < end_of(p, array); i = end_of(p, i)) {
    result = read_sql(&p->tables[p->schema->n_tables++], p, i);
  }
  return result;
}

static int read_policy(parser *p, uint32_t node) {
  static const struct {
    const char *name;
    ls_unknown_events policy;
  } policies[] = {{"warn", LS_UNKNOWN_WARN}, {"ignore", LS_UNKNOWN_IGNORE}, {"fail", LS_UNKNOWN_FAIL}};
  for (size_t i = 0; node && type_of(p, node) == LS_JSON_STRING && i < sizeof policies / sizeof policies[0]; i++) {
    if (ls_json_equals(&p->doc, node, policies[i].name)) {
      p->schema->unknown_events = policies[i].policy;
      return LS_OK;
    }
  }
  return node ? ls_schema_fail(&p->doc, node, p->err, "expected \"warn\", \"ignore\" or \"fail\"") : LS_OK;
}

static int check_format(parser *p) {
  uint32_t node = ls_json_get(&p->doc, 0, "livestore");
  ls_json_number number;
  if (!node) return ls_schema_fail(&p->doc, 0, p->err, "a schema document says \"livestore\": 1");
  int result = expect(p, node, LS_JSON_NUMBER, "1");
  if (!result) result = ls_json_number_of(&number, &p->doc, node, p->err);
  if (!result && (!number.is_int || number.i != 1)) {
    result = ls_schema_fail(&p->doc, node, p->err, "expected 1, the version of schema documents that is known here");
  }
  return result;
}

static int compare_events(const void *a, const void *b) {
  return strcmp(((const ls_event_type *)a)->name, ((const ls_event_type *)b)->name);
}

static int sort_events(parser *p) {
  ls_schema *schema = p->schema;
  if (schema->n_events > 0) qsort(p->events, schema->n_events, sizeof *p->events, compare_events);
  for (size_t i = 1; i < schema->n_events; i++) {
    if (compare_events(&p->events[i - 1], &p->events[i]) != 0) continue;
    return ls_fail(p->err, LS_ESCHEMA, "event \"%s\" is there twice%s", p->events[i].name,
                   p->events[i - 1].document || p->events[i].document ? ": a document makes one of them" : "");
  }
  return LS_OK;
}

static int allocate(parser *p, uint32_t tables, uint32_t events, uint32_t documents) {
  ls_arena *arena = &p->schema->arena;
  size_t n_documents = documents ? count_of(p, documents) : 0;
  size_t n_events = n_documents + (events ? count_of(p, events) : 0);
  size_t n_tables = n_documents + (tables ? count_of(p, tables) : 0);
  p->schema->tables = p->tables = ls_arena_alloc(arena, n_tables * sizeof *p->tables);
  p->schema->events = p->events = ls_arena_alloc(arena, n_events * sizeof *p->events);
  p->schema->documents = p->documents = ls_arena_alloc(arena, n_documents * sizeof *p->documents);
  return p->tables && p->events && p->documents ? LS_OK : ls_fail_nomem(p->err);
}

static int parse(parser *p) {
  static const char *const known[] = {"livestore", "tables", "events", "documents", "unknownEvents", NULL};
  int result = check_keys(p, 0, "a schema document (an object)", known);
  if (!result) result = check_format(p);
  if (result) return result;
  uint32_t tables = ls_json_get(&p->doc, 0, "tables");
  uint32_t events = ls_json_get(&p->doc, 0, "events");
  uint32_t documents = ls_json_get(&p->doc, 0, "documents");
  result = allocate(p, tables, events, documents);
  if (!result) result = read_tables(p, tables);
  if (!result) result = read_each(p, events, "an object of events by their names", read_event);
  if (!result) result = read_each(p, documents, "an object of documents by their names", read_document);
  if (!result) result = sort_events(p);
  if (!result) result = ls_schema_add_own(p->schema, p->err);
  if (!result) result = ls_schema_link(p->schema, &p->doc, p->err);
  return result ? result : read_policy(p, ls_json_get(&p->doc, 0, "unknownEvents"));
}

/* The document's canonical text becomes the schema's, and is parsed. */
static int parse_canonical(parser *p, const char *json, size_t size) {
  ls_schema *schema = p->schema;
  int result = ls_json_parse(&p->doc, json, size, p->err);
  if (!result) result = ls_json_canonical(&p->scratch, &p->doc, 0, p->err);
  if (result) return result;
  schema->json_size = p->scratch.size;
  schema->json = ls_arena_dup(&schema->arena, p->scratch.data, p->scratch.size);
  return schema->json ? ls_json_parse(&p->doc, schema->json, schema->json_size, p->err) : ls_fail_nomem(p->err);
}

int ls_schema_parse(ls_schema *schema, const char *json, size_t size, ls_error *err) {
  parser p = {.schema = schema, .err = err};
  int result = parse_canonical(&p, json, size);
  if (!result) result = parse(&p);
  if (!result) result = ls_schema_hash_of(schema, &p.doc, err);
  ls_json_fini(&p.doc);
  ls_bytes_fini(&p.scratch);
  return result;
}
