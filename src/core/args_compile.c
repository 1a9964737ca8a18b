/* args_compile.c - JSON Schema to ls_args.
 *
 * $ref makes a graph of the nodes. A way around it that never goes into a property or an element would be checked
 * forever, so it is refused; each such way leads through the root or a definition, from where it is looked for. */
#include "core/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/args_compiler.h"

#define MAX_REFERENCES 100 /* schemas one after the other that speak about the same value */

int ls_args_compile_fail(ls_args_compiler *c, uint32_t node, const char *fmt, ...) {
  char text[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  ls_bytes_clear(&c->scratch);
  ls_json_path(&c->scratch, c->doc, node);
  const char *path = ls_bytes_cstr(&c->scratch);
  return path ? ls_fail(c->err, LS_ESCHEMA, "%s: %s", path, text) : ls_fail_nomem(c->err);
}

int ls_args_compile_expect(ls_args_compiler *c, uint32_t node, ls_json_type type, const char *what) {
  if (ls_json_type_of(c->doc, node) == type) return LS_OK;
  return ls_args_compile_fail(c, node, "expected %s, got %s", what, ls_json_type_name(ls_json_type_of(c->doc, node)));
}

int ls_args_compile_copy(ls_args_text *out, ls_args_compiler *c) {
  if (!ls_bytes_ok(&c->scratch)) return ls_fail_nomem(c->err);
  out->data = ls_arena_dup(c->arena, c->scratch.data, c->scratch.size);
  out->size = c->scratch.size;
  return out->data ? LS_OK : ls_fail_nomem(c->err);
}

int ls_args_compile_text(ls_args_text *out, ls_args_compiler *c, uint32_t node) {
  int result = ls_args_compile_expect(c, node, LS_JSON_STRING, "a string");
  if (result) return result;
  ls_bytes_clear(&c->scratch);
  ls_json_string(&c->scratch, c->doc, node);
  if (c->scratch.size > 0 && memchr(c->scratch.data, 0, c->scratch.size)) {
    return ls_args_compile_fail(c, node, "holds the character U+0000");
  }
  return ls_args_compile_copy(out, c);
}

/* ---- properties and required ---- */

static int compare_members(const void *a, const void *b) {
  const ls_args_member *x = a, *y = b;
  return ls_args_name_compare(x->name, x->size, y->name, y->size);
}

static int add_member(ls_args_member *member, ls_args_compiler *c, uint32_t name) {
  ls_args_text text;
  int result = ls_args_compile_text(&text, c, name);
  if (!result) {
    member->name = text.data;
    member->size = text.size;
  }
  return result;
}

static int add_properties(ls_args_member *members, ls_args_compiler *c, uint32_t node) {
  int result = ls_args_compile_expect(c, node, LS_JSON_OBJECT, "an object of schemas");
  for (uint32_t i = node + 1; !result && i < ls_args_end_of(c, node); i = ls_args_end_of(c, i + 1), members++) {
    result = add_member(members, c, i);
    if (!result) result = ls_args_compile_node(&members->schema, c, i + 1);
  }
  return result;
}

static int add_required(ls_args_member *members, ls_args_compiler *c, uint32_t node) {
  int result = ls_args_compile_expect(c, node, LS_JSON_ARRAY, "an array of property names");
  for (uint32_t i = node + 1; !result && i < ls_args_end_of(c, node); i = ls_args_end_of(c, i), members++) {
    result = add_member(members, c, i);
    members->required = true;
  }
  return result;
}

/* Sort, and make one of those with the same name. */
static void merge_members(ls_args *args, ls_args_member *members, size_t n) {
  qsort(members, n, sizeof *members, compare_members);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (kept > 0 && compare_members(&members[kept - 1], &members[i]) == 0) {
      members[kept - 1].required |= members[i].required;
      members[kept - 1].schema = members[i].schema ? members[i].schema : members[kept - 1].schema;
    } else {
      members[kept++] = members[i];
    }
  }
  args->members = members;
  args->n_members = kept;
  for (size_t i = 0; i < kept; i++) args->n_required += members[i].required;
}

static int read_members(ls_args_compiler *c, ls_args *args, uint32_t node) {
  uint32_t properties = ls_json_get(c->doc, node, "properties");
  uint32_t required = ls_json_get(c->doc, node, "required");
  size_t n_properties = properties ? ls_args_count_of(c, properties) : 0;
  size_t n = n_properties + (required ? ls_args_count_of(c, required) : 0);
  ls_args_member *members = ls_arena_alloc(c->arena, n * sizeof *members);
  int result = members ? LS_OK : ls_fail_nomem(c->err);
  if (!result && properties) result = add_properties(members, c, properties);
  if (!result && required) result = add_required(members + n_properties, c, required);
  if (!result) merge_members(args, members, n);
  return result;
}

/* ---- schemas ---- */

static ls_args *node_new(ls_args_compiler *c) {
  ls_args *args = ls_arena_alloc(c->arena, sizeof *args);
  if (args) {
    args->types = LS_ARGS_ANY;
    args->properties.max = args->elements.max = args->length.max = UINT64_MAX;
  }
  return args;
}

static int compile_into(ls_args *args, ls_args_compiler *c, uint32_t node) {
  ls_json_type type = ls_json_type_of(c->doc, node);
  args->never = type == LS_JSON_FALSE;
  if (type == LS_JSON_TRUE || type == LS_JSON_FALSE) return LS_OK;
  int result = ls_args_compile_expect(c, node, LS_JSON_OBJECT, "a JSON Schema (an object, true or false)");
  for (uint32_t i = node + 1; !result && i < ls_args_end_of(c, node); i = ls_args_end_of(c, i + 1)) {
    result = ls_args_compile_keyword(c, args, i, i + 1);
  }
  return result ? result : read_members(c, args, node);
}

int ls_args_compile_node(const ls_args **out, ls_args_compiler *c, uint32_t node) {
  ls_args *args = node_new(c);
  *out = args;
  return args ? compile_into(args, c, node) : ls_fail_nomem(c->err);
}

static int find_definitions(ls_args_compiler *c) {
  if (ls_json_type_of(c->doc, c->root_node) != LS_JSON_OBJECT) return LS_OK;
  uint32_t defs = ls_json_get(c->doc, c->root_node, "$defs");
  if (!defs) return LS_OK;
  int result = ls_args_compile_expect(c, defs, LS_JSON_OBJECT, "an object of schemas");
  if (result) return result;
  c->definitions = ls_arena_alloc(c->arena, ls_args_count_of(c, defs) * sizeof *c->definitions);
  if (!c->definitions) return ls_fail_nomem(c->err);
  for (uint32_t i = defs + 1; !result && i < ls_args_end_of(c, defs); i = ls_args_end_of(c, i + 1)) {
    ls_args_definition *def = &c->definitions[c->n_definitions++];
    def->node = i + 1;
    def->args = node_new(c);
    result = def->args ? ls_args_compile_text(&def->name, c, i) : ls_fail_nomem(c->err);
  }
  return result;
}

static int compile_definitions(ls_args_compiler *c) {
  int result = LS_OK;
  for (size_t i = 0; !result && i < c->n_definitions; i++) {
    result = compile_into(c->definitions[i].args, c, c->definitions[i].node);
  }
  return result;
}

/* ---- circles ---- */

enum { UNSEEN, ENTERED, LEFT };

static bool circles(const ls_args *node, unsigned depth);

static bool list_circles(const ls_args_list *list, unsigned depth) {
  for (size_t i = 0; i < list->n; i++) {
    if (circles(list->items[i], depth)) return true;
  }
  return false;
}

/* Does a way that stays with one value lead back to a node on it, or on and on? */
static bool circles(const ls_args *node, unsigned depth) {
  if (!node || node->mark == LEFT) return false;
  if (node->mark == ENTERED || depth > MAX_REFERENCES) return true;
  ls_args *entered = (ls_args *)node;
  entered->mark = ENTERED;
  if (circles(node->ref, depth + 1) || circles(node->not, depth + 1) || list_circles(&node->all, depth + 1) ||
      list_circles(&node->any, depth + 1) || list_circles(&node->one, depth + 1)) {
    return true;
  }
  entered->mark = LEFT;
  return false;
}

static int check_circles(ls_args_compiler *c) {
  const char *text = "refers to itself without going into a property or element, or through more than 100 schemas";
  if (circles(c->root, 0)) return ls_args_compile_fail(c, c->root_node, "%s", text);
  for (size_t i = 0; i < c->n_definitions; i++) {
    if (circles(c->definitions[i].args, 0)) return ls_args_compile_fail(c, c->definitions[i].node, "%s", text);
  }
  return LS_OK;
}

int ls_args_compile(const ls_args **out, ls_arena *arena, const ls_json *doc, uint32_t schema, ls_error *err) {
  ls_args_compiler c = {.arena = arena, .doc = doc, .root_node = schema, .err = err};
  c.root = node_new(&c);
  int result = c.root ? find_definitions(&c) : ls_fail_nomem(err);
  if (!result) result = compile_definitions(&c);
  if (!result) result = compile_into(c.root, &c, schema);
  if (!result) result = check_circles(&c);
  if (!result) result = ls_args_collect(c.root, arena, err);
  if (!result) *out = c.root;
  ls_bytes_fini(&c.scratch);
  return result;
}
