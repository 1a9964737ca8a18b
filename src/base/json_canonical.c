/* json_canonical - one text for equal values.
 *
 * An object's members must come out in the order of their keys. The keys' nodes have no use for `count`, so it links
 * them into a list in that order: sorting (a bottom-up merge sort of the list) needs no memory of its own. Order is
 * that of code points, which is that of UTF-8 bytes. */
#include <string.h>

#include "base/err.h"
#include "base/json_internal.h"

#define END 0          /* of a list of keys; node 0 is never a key */
#define MAX_RUNS 32    /* run i holds 2^i keys, and there are fewer than 2^32 */
#define FAST_DIGITS 15 /* integers of so many are exact and printed as they are written */

typedef struct writer {
  ls_bytes *out;
  const ls_json *doc;
  ls_json_node *nodes;
  ls_error *err;
} writer;

static int compare_escaped(const ls_json *doc, uint32_t a, uint32_t b) {
  const char *a_text = ls_json_text_of(doc, a), *b_text = ls_json_text_of(doc, b);
  size_t a_size = doc->nodes[a].size, b_size = doc->nodes[b].size;
  size_t i = 0, k = 0;
  while (i < a_size && k < b_size) {
    uint32_t a_code = ls_json_char_next(a_text, a_size, &i);
    uint32_t b_code = ls_json_char_next(b_text, b_size, &k);
    if (a_code != b_code) return a_code < b_code ? -1 : 1;
  }
  return (i < a_size) - (k < b_size);
}

static int compare_keys(const ls_json *doc, uint32_t a, uint32_t b) {
  const ls_json_node *x = &doc->nodes[a], *y = &doc->nodes[b];
  if (x->escaped || y->escaped) return compare_escaped(doc, a, b);
  size_t common = x->size < y->size ? x->size : y->size;
  int order = memcmp(doc->text + x->start, doc->text + y->start, common);
  return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* Merge two ordered lists; at equal keys, those of `a` first. */
static uint32_t merge(const writer *w, uint32_t a, uint32_t b) {
  uint32_t head = END, *tail = &head;
  while (a != END && b != END) {
    uint32_t *from = compare_keys(w->doc, a, b) <= 0 ? &a : &b;
    *tail = *from;
    tail = &w->nodes[*from].count;
    *from = *tail;
  }
  *tail = a != END ? a : b;
  return head;
}

/* Order a list: like counting in binary, run i is full when it holds 2^i keys and carries over to run i + 1. */
static uint32_t sort(const writer *w, uint32_t list) {
  uint32_t runs[MAX_RUNS] = {END};
  while (list != END) {
    uint32_t run = list;
    list = w->nodes[run].count;
    w->nodes[run].count = END;
    size_t i = 0;
    for (; runs[i] != END; i++) {
      run = merge(w, runs[i], run);
      runs[i] = END;
    }
    runs[i] = run;
  }
  uint32_t all = END;
  for (size_t i = 0; i < MAX_RUNS; i++) all = merge(w, runs[i], all);
  return all;
}

/* Link an object's keys as they stand in the text; tells whether they are in order, each one once. */
static bool link_keys(const writer *w, uint32_t object) {
  uint32_t members = w->nodes[object].count;
  uint32_t key = object + 1;
  bool ordered = true;
  for (uint32_t i = 1; i < members; i++) {
    uint32_t next = w->nodes[key + 1].next;
    w->nodes[key].count = next;
    ordered = ordered && compare_keys(w->doc, key, next) < 0;
    key = next;
  }
  if (members) w->nodes[key].count = END;
  return ordered;
}

/* Say where, in front of what went wrong there. */
static int fail_at(const writer *w, uint32_t node, int code) {
  if (!w->err) return code;
  ls_bytes path = {0};
  ls_json_path(&path, w->doc, node);
  const char *text = ls_bytes_cstr(&path);
  code = text ? ls_wrap(w->err, code, "%s", text) : ls_fail_nomem(w->err);
  ls_bytes_fini(&path);
  return code;
}

/* The first key of an object in order; the others follow by `count`. */
static int order_keys(const writer *w, uint32_t object, uint32_t *first) {
  *first = w->nodes[object].count ? object + 1 : END;
  if (link_keys(w, object)) return LS_OK;
  *first = sort(w, *first);
  for (uint32_t key = *first, next; (next = w->nodes[key].count) != END; key = next) {
    if (compare_keys(w->doc, key, next) != 0) continue;
    return fail_at(w, next, ls_fail(w->err, LS_EJSON, "this key is given twice; keep one of them"));
  }
  return LS_OK;
}

static void write_string(const writer *w, uint32_t string) {
  const ls_json_node *node = &w->nodes[string];
  if (!node->escaped) {
    /* The reader let nothing pass that needs an escape; so the text is copied with its quotes. */
    ls_bytes_append(w->out, w->doc->text + node->start - 1, (size_t)node->size + 2);
    return;
  }
  const char *text = ls_json_text_of(w->doc, string);
  ls_bytes_byte(w->out, '"');
  for (size_t at = 0; at < node->size;) ls_json_write_char(w->out, ls_json_char_next(text, node->size, &at));
  ls_bytes_byte(w->out, '"');
}

static bool is_short_integer(const char *text, size_t size) {
  if (size > FAST_DIGITS || text[0] == '-') return false;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

static int write_number(const writer *w, uint32_t number) {
  const char *text = ls_json_text_of(w->doc, number);
  size_t size = w->nodes[number].size;
  if (is_short_integer(text, size)) {
    ls_bytes_append(w->out, text, size);
    return LS_OK;
  }
  ls_json_number value;
  int rc = ls_json_number_of(&value, w->doc, number, w->err);
  if (rc) return fail_at(w, number, rc);
  ls_json_write_double(w->out, value.r);
  return LS_OK;
}

static int write_value(const writer *w, uint32_t node);

static int write_object(const writer *w, uint32_t object) {
  uint32_t key;
  int rc = order_keys(w, object, &key);
  if (rc) return rc;
  ls_bytes_byte(w->out, '{');
  for (bool first = true; key != END; key = w->nodes[key].count, first = false) {
    if (!first) ls_bytes_byte(w->out, ',');
    write_string(w, key);
    ls_bytes_byte(w->out, ':');
    rc = write_value(w, key + 1);
    if (rc) return rc;
  }
  ls_bytes_byte(w->out, '}');
  return LS_OK;
}

static int write_array(const writer *w, uint32_t array) {
  ls_bytes_byte(w->out, '[');
  uint32_t end = w->nodes[array].next;
  for (uint32_t node = array + 1; node < end; node = w->nodes[node].next) {
    if (node > array + 1) ls_bytes_byte(w->out, ',');
    int rc = write_value(w, node);
    if (rc) return rc;
  }
  ls_bytes_byte(w->out, ']');
  return LS_OK;
}

/* Recursion goes no deeper than LS_JSON_MAX_DEPTH. */
static int write_value(const writer *w, uint32_t node) {
  switch (ls_json_type_of(w->doc, node)) {
    case LS_JSON_OBJECT: return write_object(w, node);
    case LS_JSON_ARRAY: return write_array(w, node);
    case LS_JSON_NUMBER: return write_number(w, node);
    case LS_JSON_STRING: write_string(w, node); break;
    case LS_JSON_NULL: ls_bytes_append(w->out, "null", 4); break;
    case LS_JSON_FALSE: ls_bytes_append(w->out, "false", 5); break;
    case LS_JSON_TRUE: ls_bytes_append(w->out, "true", 4); break;
  }
  return LS_OK;
}

int ls_json_canonical(ls_bytes *out, const ls_json *doc, uint32_t node, ls_error *err) {
  size_t start = out->size;
  writer w = {.out = out, .doc = doc, .nodes = doc->nodes, .err = err};
  int rc = write_value(&w, node);
  if (rc == LS_OK && !ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  if (rc) out->size = start;
  return rc;
}
