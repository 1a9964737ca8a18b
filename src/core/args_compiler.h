/* args_compiler - what the parts of compiling a JSON Schema share. Internal to args. */
#ifndef LS_CORE_ARGS_COMPILER_H
#define LS_CORE_ARGS_COMPILER_H

#include "core/args_node.h"

typedef struct ls_args_definition {
  ls_args_text name;
  uint32_t node;
  ls_args *args;
} ls_args_definition;

typedef struct ls_args_compiler {
  ls_arena *arena;
  const ls_json *doc;
  uint32_t root_node;
  ls_args *root;
  ls_args_definition *definitions; /* of the root's $defs */
  size_t n_definitions;
  ls_bytes scratch;
  ls_error *err;
} ls_args_compiler;

/* For walks over the elements or members of a node, from node + 1 on: the index behind a node and all in it. */
static inline uint32_t ls_args_end_of(const ls_args_compiler *c, uint32_t node) { return c->doc->nodes[node].next; }

static inline uint32_t ls_args_count_of(const ls_args_compiler *c, uint32_t node) { return c->doc->nodes[node].count; }

/* "place: text". Returns LS_ESCHEMA, or LS_ENOMEM. */
int ls_args_compile_fail(ls_args_compiler *c, uint32_t node, const char *fmt, ...) LS_FORMAT(3, 4);
/* Is a node of this type? */
int ls_args_compile_expect(ls_args_compiler *c, uint32_t node, ls_json_type type, const char *what);
/* What is in scratch, in the arena. */
int ls_args_compile_copy(ls_args_text *out, ls_args_compiler *c);
/* A name or text, which may not hold a NUL. */
int ls_args_compile_text(ls_args_text *out, ls_args_compiler *c, uint32_t node);
/* A schema inside another. */
int ls_args_compile_node(const ls_args **out, ls_args_compiler *c, uint32_t node);
/* One keyword of a schema; LS_ESCHEMA when it is none. */
int ls_args_compile_keyword(ls_args_compiler *c, ls_args *args, uint32_t key, uint32_t value);

#endif
