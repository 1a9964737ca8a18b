/* schema_hash.c - a hash of all in a schema document that shapes the state.
 *
 * Left out: what only describes (titles, deprecation), what only concerns new or unknown events (clientOnly,
 * unknownEvents). Each part goes in as its size and its canonical text, so no two documents give the same parts. */
#include <stdio.h>

#include "base/err.h"
#include "base/hash.h"
#include "core/schema_internal.h"

typedef struct hasher {
  ls_hash *hash;
  const ls_json *doc;
} hasher;

static void add_text(hasher *h, const char *text, size_t size) {
  char head[24];
  int head_size = snprintf(head, sizeof head, "%zu:", size);
  ls_hash_add(h->hash, head, (size_t)head_size);
  ls_hash_add(h->hash, text, size);
}

static void add_word(hasher *h, const char *word) { add_text(h, word, strlen(word)); }

/* The text of a node; a string's without its quotes, so its type goes in too. */
static void add_node(hasher *h, uint32_t node) {
  const ls_json_node *n = &h->doc->nodes[node];
  add_word(h, ls_json_type_name(ls_json_type_of(h->doc, node)));
  add_text(h, h->doc->text + n->start, n->size);
}

static bool is_any_of(const ls_json *doc, uint32_t key, const char *const *list) {
  while (*list && !ls_json_equals(doc, key, *list)) list++;
  return *list != NULL;
}

static void add_schema(hasher *h, uint32_t node);

/* A keyword whose value is an object or array of schemas. */
static void add_schemas(hasher *h, uint32_t node) {
  const ls_json_node *nodes = h->doc->nodes;
  bool object = nodes[node].type == LS_JSON_OBJECT;
  add_word(h, object ? "{" : "[");
  for (uint32_t i = node + 1; i < nodes[node].next; i = nodes[i].next) {
    if (object) add_node(h, i++);
    add_schema(h, i);
  }
  add_word(h, object ? "}" : "]");
}

static void add_keyword(hasher *h, uint32_t key) {
  static const char *const notes[] = {"title", "description", "default",   "examples",   "$comment", "$schema",
                                      "$id",   "readOnly",    "writeOnly", "deprecated", NULL};
  static const char *const schema[] = {"items", "additionalProperties", "not", NULL};
  static const char *const schemas[] = {"properties", "$defs", "anyOf", "oneOf", "allOf", "prefixItems", NULL};
  if (is_any_of(h->doc, key, notes)) return;
  add_node(h, key);
  if (is_any_of(h->doc, key, schema))
    add_schema(h, key + 1);
  else if (is_any_of(h->doc, key, schemas))
    add_schemas(h, key + 1);
  else
    add_node(h, key + 1);
}

/* A JSON Schema without what only describes. */
static void add_schema(hasher *h, uint32_t node) {
  const ls_json_node *nodes = h->doc->nodes;
  if (nodes[node].type != LS_JSON_OBJECT) {
    add_node(h, node);
    return;
  }
  add_word(h, "{");
  for (uint32_t key = node + 1; key < nodes[node].next; key = nodes[key + 1].next) add_keyword(h, key);
  add_word(h, "}");
}

/* An event or a document: what of it is in the list, and one key that holds a JSON Schema. */
static void add_entry(hasher *h, uint32_t entry, const char *schema_key, const char *const *keys) {
  const ls_json_node *nodes = h->doc->nodes;
  add_node(h, entry);
  for (uint32_t key = entry + 2; key < nodes[entry + 1].next; key = nodes[key + 1].next) {
    bool schema = ls_json_equals(h->doc, key, schema_key);
    if (!schema && !is_any_of(h->doc, key, keys)) continue;
    add_node(h, key);
    if (schema)
      add_schema(h, key + 1);
    else
      add_node(h, key + 1);
  }
  add_word(h, ".");
}

static void add_entries(hasher *h, const char *name, const char *schema_key, const char *const *keys) {
  const ls_json_node *nodes = h->doc->nodes;
  uint32_t object = ls_json_get(h->doc, 0, name);
  add_word(h, name);
  if (!object) return;
  for (uint32_t key = object + 1; key < nodes[object].next; key = nodes[key + 1].next) {
    add_entry(h, key, schema_key, keys);
  }
}

int ls_schema_hash_of(ls_schema *schema, const ls_json *doc, ls_error *err) {
  static const char *const of_event[] = {"sql", "function", "becomes", NULL};
  static const char *const of_document[] = {"default", "id", "replace", NULL};
  hasher h = {ls_hash_new(), doc};
  if (!h.hash) return ls_fail_nomem(err);
  for (size_t i = 0; i < schema->n_tables; i++) add_word(&h, schema->tables[i]);
  add_entries(&h, "events", "args", of_event);
  add_entries(&h, "documents", "value", of_document);
  ls_hash_hex(schema->hash, h.hash);
  ls_hash_free(h.hash);
  return LS_OK;
}
