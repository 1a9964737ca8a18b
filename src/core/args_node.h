/* args_node - a compiled JSON Schema, as its compiler leaves it and its checker reads it. Internal to args. */
#ifndef LS_CORE_ARGS_NODE_H
#define LS_CORE_ARGS_NODE_H

#include "core/args.h"
#include "core/args_format.h"

enum {
  LS_ARGS_NULL = 1,
  LS_ARGS_BOOLEAN = 2,
  LS_ARGS_INTEGER = 4,
  LS_ARGS_NUMBER = 8, /* any number, so it always comes with LS_ARGS_INTEGER */
  LS_ARGS_STRING = 16,
  LS_ARGS_ARRAY = 32,
  LS_ARGS_OBJECT = 64,
  LS_ARGS_ANY = 127
};

/* A name that `properties` or `required` gives. */
typedef struct ls_args_member {
  const char *name;
  size_t size;
  const ls_args *schema; /* NULL: only `required` names it */
  bool required;
} ls_args_member;

typedef struct ls_args_list {
  const ls_args **items;
  size_t n;
} ls_args_list;

/* A range of sizes; max is UINT64_MAX when nothing bounds it. */
typedef struct ls_args_range {
  uint64_t min, max;
} ls_args_range;

typedef struct ls_args_bound {
  bool given;
  double value;
} ls_args_bound;

typedef struct ls_args_text {
  const char *data;
  size_t size;
} ls_args_text;

struct ls_args {
  uint8_t types; /* LS_ARGS_… */
  bool never;    /* the schema `false` */
  bool unique;
  uint8_t mark; /* while compiling: how far a walk over this node has come */
  ls_args_format format;

  const ls_args_member *members; /* in the order of their names' bytes */
  size_t n_members, n_required;
  const ls_args *additional; /* NULL: anything */
  ls_args_range properties;

  ls_args_list prefix;
  const ls_args *items; /* behind the prefix; NULL: anything */
  ls_args_range elements;

  ls_args_range length; /* in characters */

  ls_args_bound minimum, maximum, above, below, multiple;

  const ls_args_text *options; /* canonical texts of enum; const is an enum of one */
  size_t n_options;

  ls_args_list all, any, one;
  const ls_args * not ;
  const ls_args *ref;

  const char *deprecated;

  const ls_args_property *named; /* of a root only: see ls_args_properties */
  const ls_args **named_schemas;
  size_t n_named;
};

/* Gather the names that an object schema gives, through allOf and $ref, into `root`. Uses the marks. */
int ls_args_collect(ls_args *root, ls_arena *arena, ls_error *err);

/* Compare names by their bytes, as memcmp does, the shorter one first. */
int ls_args_name_compare(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
