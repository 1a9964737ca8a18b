#include "core/document.h"

#include "base/err.h"
#include "core/value.h"

static uint32_t next_member(const ls_json *doc, uint32_t key) { return doc->nodes[key + 1].next; }

/* A failure of an earlier one stays. */
static void key_text(ls_bytes *out, const ls_json *doc, uint32_t key) {
  out->size = 0;
  ls_json_string(out, doc, key);
}

/* Is a member one that the document's schema names, with a value that fits? */
static int check_member(const ls_document_type *type, const ls_json *doc, uint32_t key, ls_error *err) {
  ls_bytes name = {0};
  key_text(&name, doc, key);
  int rc = ls_bytes_cstr(&name) ? LS_OK : ls_fail_nomem(err);
  if (!rc) {
    const ls_args *schema = ls_args_property_schema(type->value, name.data);
    rc = schema ? ls_args_check(schema, doc, key + 1, err) : ls_fail(err, LS_EARGS, "the document has no such key");
    if (rc) ls_wrap(err, rc, "key \"%s\"", name.data);
  }
  ls_bytes_fini(&name);
  return rc;
}

int ls_document_check(const ls_document_type *type, const ls_json *args, ls_error *err) {
  uint32_t value = ls_json_get(args, 0, "value");
  if (!value) return ls_fail(err, LS_EARGS, "$.value is missing");
  if (!type->merges) return ls_args_check(type->value, args, value, err);
  if (ls_json_type_of(args, value) != LS_JSON_OBJECT) {
    return ls_fail(err, LS_EARGS, "$.value: expected an object, got %s", ls_json_type_name(ls_json_type_of(args, value)));
  }
  for (uint32_t key = value + 1; key < args->nodes[value].next; key = next_member(args, key)) {
    int rc = check_member(type, args, key, err);
    if (rc) return rc;
  }
  return LS_OK;
}

static void put_node(ls_bytes *out, const ls_json *doc, uint32_t node) {
  const ls_json_node *n = &doc->nodes[node];
  if (n->type == LS_JSON_STRING) ls_bytes_append(out, doc->text + n->start - 1, n->size + 2);
  else ls_bytes_append(out, doc->text + n->start, n->size);
}

static void put_member(ls_bytes *out, const ls_json *doc, uint32_t key) {
  if (out->size > 1) ls_bytes_byte(out, ',');
  put_node(out, doc, key);
  ls_bytes_byte(out, ':');
  put_node(out, doc, key + 1);
}

/* Is this member of an object to be taken? 1, 0, or negative when that cannot be told. */
typedef int (*member_fn)(const ls_document_type *type, const ls_json *doc, uint32_t key);

static int any_member(const ls_document_type *type, const ls_json *doc, uint32_t key) {
  (void)type, (void)doc, (void)key;
  return 1;
}

static int fitting_member(const ls_document_type *type, const ls_json *doc, uint32_t key) {
  int rc = check_member(type, doc, key, NULL);
  return rc == LS_ENOMEM ? rc : rc == LS_OK;
}

static uint32_t find_member(ls_bytes *scratch, const ls_json *doc, uint32_t object, const ls_json *keys, uint32_t key) {
  key_text(scratch, keys, key);
  return ls_bytes_cstr(scratch) ? ls_json_get(doc, object, scratch->data) : 0;
}

/* Append the object with the members of `under`, and instead of or beside them those of `over` that `take` accepts. */
static int merge(ls_bytes *out, const ls_document_type *type, const ls_json *under, uint32_t under_node,
                 const ls_json *over, uint32_t over_node, member_fn take, ls_error *err) {
  ls_bytes text = {0}, scratch = {0};
  ls_json merged = {0};
  ls_bytes_byte(&text, '{');
  for (uint32_t key = under_node + 1; key < under->nodes[under_node].next; key = next_member(under, key)) {
    uint32_t value = find_member(&scratch, over, over_node, under, key);
    int taken = value ? take(type, over, value - 1) : 0;
    if (taken == 0) put_member(&text, under, key);
    text.failed |= taken < 0;
  }
  for (uint32_t key = over_node + 1; key < over->nodes[over_node].next; key = next_member(over, key)) {
    int taken = take(type, over, key);
    if (taken == 1) put_member(&text, over, key);
    text.failed |= taken < 0;
  }
  ls_bytes_byte(&text, '}');
  int rc = ls_bytes_ok(&text) && ls_bytes_ok(&scratch) ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_json_parse(&merged, text.data, text.size, err);
  if (!rc) rc = ls_json_canonical(out, &merged, 0, err);
  ls_json_fini(&merged);
  ls_bytes_fini(&text);
  ls_bytes_fini(&scratch);
  return rc;
}

/* What is stored under an id, appended to out: 1; 0 when nothing is. */
static int stored_value(ls_bytes *out, ls_state *state, const ls_document_type *type, const char *id, ls_error *err) {
  char *sql = sqlite3_mprintf("SELECT value FROM \"%w\" WHERE id = ?1", type->name);
  if (!sql) return ls_fail_nomem(err);
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, sql, NULL, LS_ACCESS_OWN, err);
  sqlite3_free(sql);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) ls_bytes_append(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
  else if (step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "document %s", type->name);
  if (!rc && !ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

static int store_value(ls_state *state, const ls_document_type *type, const char *id, const char *value, size_t size,
                       ls_error *err) {
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2", type->name);
  if (!sql) return ls_fail_nomem(err);
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, sql, NULL, LS_ACCESS_OWN, err);
  sqlite3_free(sql);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
  sqlite3_bind_text64(stmt, 2, value, size, SQLITE_STATIC, SQLITE_UTF8);
  if (sqlite3_step(stmt) != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EMATERIALIZE, "document %s", type->name);
  sqlite3_finalize(stmt);
  return rc;
}

/* The value to store for a set: its own, or what is there (or the default) with its keys merged in. */
static int new_value(ls_bytes *out, ls_state *state, const ls_document_type *type, const char *id, const ls_json *args,
                     uint32_t value, ls_error *err) {
  ls_json old = {0};
  ls_bytes text = {0};
  bool merges = type->merges && ls_json_type_of(args, value) == LS_JSON_OBJECT;
  if (!merges) return ls_json_canonical(out, args, value, err);
  int rc = stored_value(&text, state, type, id, err);
  if (rc == 0) ls_bytes_text(&text, type->default_value);
  if (rc >= 0) rc = ls_json_parse(&old, text.data, text.size, err);
  if (!rc && ls_json_type_of(&old, 0) == LS_JSON_OBJECT) rc = merge(out, type, &old, 0, args, value, any_member, err);
  else if (!rc) rc = ls_json_canonical(out, args, value, err);
  ls_json_fini(&old);
  ls_bytes_fini(&text);
  return rc;
}

int ls_document_apply(ls_state *state, const ls_document_type *type, const ls_json *args, ls_error *err) {
  uint32_t id_node = ls_json_get(args, 0, "id"), value = ls_json_get(args, 0, "value");
  if (!id_node || !value) return ls_fail(err, LS_EARGS, "$.id and $.value are needed");
  ls_bytes id = {0}, text = {0};
  ls_json_string(&id, args, id_node);
  int rc = ls_bytes_cstr(&id) ? new_value(&text, state, type, id.data, args, value, err) : ls_fail_nomem(err);
  if (!rc) rc = store_value(state, type, id.data, text.data, text.size, err);
  ls_bytes_fini(&id);
  ls_bytes_fini(&text);
  return rc;
}

/* `stored` as it may be shown under the schema of today. */
static int present(ls_bytes *out, const ls_document_type *type, const ls_bytes *stored, ls_error *err) {
  ls_json value = {0}, defaults = {0};
  int rc = ls_json_parse(&value, stored->data, stored->size, NULL);
  if (!rc && !type->merges) rc = ls_args_check(type->value, &value, 0, NULL);
  bool fits = rc == LS_OK;
  rc = rc == LS_ENOMEM ? ls_fail_nomem(err) : LS_OK;
  if (rc) {
    ls_json_fini(&value);
    return rc;
  }
  if (fits && type->merges && ls_json_type_of(&value, 0) == LS_JSON_OBJECT) {
    rc = ls_json_parse(&defaults, type->default_value, strlen(type->default_value), err);
    if (!rc) rc = merge(out, type, &defaults, 0, &value, 0, fitting_member, err);
  } else if (fits && !type->merges) {
    ls_bytes_append(out, stored->data, stored->size);
  } else {
    ls_bytes_text(out, type->default_value);
  }
  ls_json_fini(&value);
  ls_json_fini(&defaults);
  return rc ? rc : ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}

int ls_document_read(ls_bytes *out, ls_state *state, const ls_document_type *type, const char *id, ls_error *err) {
  ls_bytes stored = {0};
  int rc = stored_value(&stored, state, type, id, err);
  if (rc == 1) {
    rc = present(out, type, &stored, err);
  } else if (rc == 0) {
    ls_bytes_text(out, type->default_value);
    if (!ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  }
  ls_bytes_fini(&stored);
  return rc;
}
