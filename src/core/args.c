/* args.c - what can be asked of a compiled schema. */
#include "core/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/args_node.h"

int ls_args_name_compare(const char *a, size_t a_size, const char *b, size_t b_size) {
  int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
  return order ? order : (a_size > b_size) - (a_size < b_size);
}

bool ls_args_is_object(const ls_args *args) {
  for (; args; args = args->ref) {
    if (args->types == LS_ARGS_OBJECT) return true;
  }
  return false;
}

const ls_args_property *ls_args_properties(const ls_args *args, size_t *n) {
  *n = args->n_named;
  return args->named;
}

static int compare_property(const void *name, const void *property) {
  return strcmp(name, ((const ls_args_property *)property)->name);
}

const ls_args *ls_args_property_schema(const ls_args *args, const char *name) {
  if (args->n_named == 0) return NULL;
  const ls_args_property *found = bsearch(name, args->named, args->n_named, sizeof *found, compare_property);
  return found ? args->named_schemas[found - args->named] : NULL;
}

/* One mention of a property; several of one name come together in sorting, in the order they were found. */
typedef struct mention {
  const ls_args_member *member;
  size_t order;
} mention;

typedef struct collection {
  mention *mentions; /* NULL while they are only counted */
  size_t n;
  uint8_t mark;
} collection;

/* Visit each node that speaks about the same value once. */
static void visit(ls_args *node, collection *c) {
  if (node->mark == c->mark) return;
  node->mark = c->mark;
  for (size_t i = 0; i < node->n_members; i++) {
    if (c->mentions) {
      c->mentions[c->n] = (mention){&node->members[i], c->n};
    }
    c->n++;
  }
  if (node->ref) visit((ls_args *)node->ref, c);
  for (size_t i = 0; i < node->all.n; i++) visit((ls_args *)node->all.items[i], c);
}

static int compare_mentions(const void *a, const void *b) {
  const mention *x = a, *y = b;
  int order = strcmp(x->member->name, y->member->name);
  return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Take all mentions of one name together. A name that is only required is no property. */
static void add_named(ls_args *root, ls_args_property *named, const mention *mentions, size_t n) {
  ls_args_property property = {mentions[0].member->name, false, NULL};
  const ls_args *schema = NULL;
  for (size_t i = 0; i < n; i++) {
    const ls_args_member *member = mentions[i].member;
    property.required |= member->required;
    if (member->schema) {
      schema = schema ? schema : member->schema;
      property.deprecated = property.deprecated ? property.deprecated : member->schema->deprecated;
    }
  }
  if (schema) {
    named[root->n_named] = property;
    root->named_schemas[root->n_named++] = schema;
  }
}

int ls_args_collect(ls_args *root, ls_arena *arena, ls_error *err) {
  collection c = {.mark = UINT8_MAX - 1};
  visit(root, &c);
  if (c.n == 0) return LS_OK;
  c.mentions = ls_arena_alloc(arena, c.n * sizeof *c.mentions);
  ls_args_property *named = ls_arena_alloc(arena, c.n * sizeof *named);
  root->named_schemas = ls_arena_alloc(arena, c.n * sizeof *root->named_schemas);
  if (!c.mentions || !named || !root->named_schemas) return ls_fail_nomem(err);
  c.n = 0;
  c.mark = UINT8_MAX;
  visit(root, &c);
  qsort(c.mentions, c.n, sizeof *c.mentions, compare_mentions);
  root->named = named;
  for (size_t i = 0, same; i < c.n; i += same) {
    for (same = 1; i + same < c.n && strcmp(c.mentions[i].member->name, c.mentions[i + same].member->name) == 0;) {
      same++;
    }
    add_named(root, named, &c.mentions[i], same);
  }
  return LS_OK;
}
