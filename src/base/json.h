/* json - one small reader and writer for the paths where speed matters: commits, replay, the wire.
 *
 * The reader turns a text into a flat array of nodes in document order; no node owns memory, each one points into
 * the text, which must outlive the document. It accepts exactly RFC 8259 with well-formed UTF-8, at most
 * LS_JSON_MAX_DEPTH levels deep.
 *
 *   {"a":[1,2]}   node 0 OBJECT count 1, next 5
 *                 node 1 STRING a                  (a key, then its value)
 *                 node 2 ARRAY  count 2, next 5
 *                 node 3 NUMBER 1
 *                 node 4 NUMBER 2
 *
 * Canonical text: no white space; keys in the order of their UTF-8 bytes; strings escaped only where they must be
 * (\" \\ \b \f \n \r \t, \u00xx for other controls, \udxxx for a lone surrogate); numbers as ECMAScript prints the
 * IEEE double that is meant. Equal values have equal canonical texts. What JSON allows and doubles or objects
 * cannot hold is an error: a key given twice, a number that is infinite as a double, an integer beyond 2^53 that is not
 * what its double is printed as (9007199254740993; but 9007199254740994 and 1e20 are fine). */
#ifndef LS_BASE_JSON_H
#define LS_BASE_JSON_H

#include "base/bytes.h"
#include "livestore.h"

#define LS_JSON_MAX_DEPTH 512

typedef enum ls_json_type {
  LS_JSON_NULL, LS_JSON_FALSE, LS_JSON_TRUE, LS_JSON_NUMBER, LS_JSON_STRING, LS_JSON_ARRAY, LS_JSON_OBJECT
} ls_json_type;

typedef struct ls_json_node {
  uint8_t type;       /* ls_json_type */
  bool escaped;       /* STRING: holds at least one backslash */
  uint32_t start;     /* offset of its text; for a STRING, behind the opening quote */
  uint32_t size;      /* bytes of its text; for a STRING, without the quotes */
  uint32_t next;      /* index of the node behind this one and all inside it */
  uint32_t count;     /* ARRAY: elements; OBJECT: members; a key's is ls_json_canonical's own */
} ls_json_node;

/* A parsed document. Zero-initialize, use again for the next text, free with ls_json_fini. Node 0 is the whole. */
typedef struct ls_json {
  const char *text; /* borrowed */
  size_t size;
  ls_json_node *nodes;
  size_t n, capacity;
} ls_json;

/* Read a text. Texts of 4 GiB and more are refused. LS_EJSON names line, column and what was expected;
 * LS_ELIMIT too deep; LS_ENOMEM. O(size). On an error the document is empty. */
int ls_json_parse(ls_json *doc, const char *text, size_t size, ls_error *err);
void ls_json_fini(ls_json *doc);

static inline ls_json_type ls_json_type_of(const ls_json *doc, uint32_t node) {
  return (ls_json_type)doc->nodes[node].type;
}
/* "object", "string" … for messages; true and false are both "boolean". */
const char *ls_json_type_name(ls_json_type type);

/* The value of a key of an object, as node index; 0 when there is none (node 0 is never the value of a key).
 * O(members). */
uint32_t ls_json_get(const ls_json *doc, uint32_t object, const char *key);
/* Is this STRING node the given text? */
bool ls_json_equals(const ls_json *doc, uint32_t string, const char *text);

/* The characters of a STRING, escapes undone, appended to `out`. A lone surrogate becomes U+FFFD. */
void ls_json_string(ls_bytes *out, const ls_json *doc, uint32_t string);

typedef struct ls_json_number {
  bool is_int;  /* an integer of at most 2^53 in size; then i is set (and r too) */
  int64_t i;
  double r;
} ls_json_number;

/* A NUMBER as the double it means. LS_ELIMIT: too large for a double, or an integer that no double is
 * printed as. */
int ls_json_number_of(ls_json_number *out, const ls_json *doc, uint32_t number, ls_error *err);

/* Append the canonical text of a node. LS_EJSON: a key given twice; LS_ELIMIT as ls_json_number_of; LS_ENOMEM.
 * The error names the place as a path: $.todo.tags[2]. O(size log members). */
int ls_json_canonical(ls_bytes *out, const ls_json *doc, uint32_t node, ls_error *err);

/* Append the path from the root to a node: $.todo.tags[2]. */
void ls_json_path(ls_bytes *out, const ls_json *doc, uint32_t node);

/* Writing. Strings are UTF-8 (bytes that are not become U+FFFD) and come out quoted and escaped; numbers as
 * ECMAScript prints them (non-finite ones as null). */
void ls_json_write_string(ls_bytes *out, const char *text, size_t size);
void ls_json_write_double(ls_bytes *out, double value);

#endif
