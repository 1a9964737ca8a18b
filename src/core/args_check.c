/* args_check.c - one walk over the value. Nothing is allocated for an object of plain values.
 *
 * Alternatives (anyOf and its like) can multiply, so each check has a number of steps that it may take; what runs out
 * of it is refused the same way on every node. */
#include "core/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/args_checker.h"

#define MAX_DEPTH 1024
#define STEPS_BASE ((uint64_t)1000000)
#define STEPS_PER_NODE 1000

static int check(ls_args_checker *c, const ls_args *args, uint32_t node);

/* The bits of LS_ARGS_… of which a schema must have one. */
static int type_bits(uint8_t *out, ls_args_checker *c, uint32_t node) {
  static const uint8_t bits[] = {
      [LS_JSON_NULL] = LS_ARGS_NULL,     [LS_JSON_FALSE] = LS_ARGS_BOOLEAN, [LS_JSON_TRUE] = LS_ARGS_BOOLEAN,
      [LS_JSON_NUMBER] = LS_ARGS_NUMBER, [LS_JSON_STRING] = LS_ARGS_STRING, [LS_JSON_ARRAY] = LS_ARGS_ARRAY,
      [LS_JSON_OBJECT] = LS_ARGS_OBJECT};
  *out = bits[ls_json_type_of(c->doc, node)];
  if (*out != LS_ARGS_NUMBER) return LS_OK;
  ls_json_number number;
  int result = ls_json_number_of(&number, c->doc, node, c->err);
  if (!result && number.is_int) *out |= LS_ARGS_INTEGER;
  return result;
}

static int check_type(ls_args_checker *c, const ls_args *args, uint32_t node) {
  uint8_t bits;
  if (args->types == LS_ARGS_ANY) return LS_OK;
  int result = type_bits(&bits, c, node);
  return result || (bits & args->types) ? result : ls_args_misfit_types(c, node, args->types);
}

/* ---- arrays and objects ---- */

static int check_array(ls_args_checker *c, const ls_args *args, uint32_t node) {
  int result = ls_args_check_range(c, node, ls_args_node_at(c, node)->count, args->elements, "elements");
  size_t index = 0;
  for (uint32_t i = node + 1; !result && i < ls_args_node_at(c, node)->next; i = ls_args_node_at(c, i)->next, index++) {
    const ls_args *element = index < args->prefix.n ? args->prefix.items[index] : args->items;
    result = element ? check(c, element, i) : LS_OK;
  }
  return !result && args->unique ? ls_args_check_unique(c, node) : result;
}

static int compare_name(const void *name, const void *member) {
  const ls_args_text *text = name;
  const ls_args_member *m = member;
  return ls_args_name_compare(text->data, text->size, m->name, m->size);
}

/* The member of that name, or NULL. Keys mostly come in order: `next` says where to go on looking. */
static const ls_args_member *find_member(const ls_args *args, ls_args_text name, size_t *next) {
  const ls_args_member *members = args->members;
  int order = -1;
  while (*next < args->n_members && (order = compare_name(&name, &members[*next])) > 0) (*next)++;
  if (*next < args->n_members && order == 0) return &members[*next];
  if (*next == 0 || compare_name(&name, &members[*next - 1]) > 0) return NULL;
  return bsearch(&name, members, *next, sizeof *members, compare_name);
}

static int misfit_unknown(ls_args_checker *c, const ls_args *args, uint32_t value) {
  char known[400];
  size_t size = 0;
  known[0] = 0;
  for (size_t i = 0; c->quiet == 0 && i < args->n_members && size < sizeof known; i++) {
    size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? ", " : "", args->members[i].name);
  }
  return ls_args_misfit(c, value, "not a property of this object (known: %s)", known[0] ? known : "none");
}

static int check_additional(ls_args_checker *c, const ls_args *args, uint32_t value) {
  if (!args->additional) return LS_OK;
  return args->additional->never ? misfit_unknown(c, args, value) : check(c, args->additional, value);
}

static int check_required(ls_args_checker *c, const ls_args *args, uint32_t node) {
  for (size_t i = 0; i < args->n_members; i++) {
    if (args->members[i].required && !ls_json_get(c->doc, node, args->members[i].name)) {
      return ls_args_misfit(c, node, "property \"%s\" is missing", args->members[i].name);
    }
  }
  return LS_OK;
}

/* All members; *complete tells that every required one was seen, and each just once. */
static int check_members(bool *complete, ls_args_checker *c, const ls_args *args, uint32_t node) {
  size_t next = 0, seen = 0;
  const ls_args_member *last = NULL;
  bool ordered = true;
  for (uint32_t key = node + 1; key < ls_args_node_at(c, node)->next; key = ls_args_node_at(c, key + 1)->next) {
    ls_args_text name = ls_args_characters(c, key);
    if (!name.data) return ls_fail_nomem(c->err);
    const ls_args_member *member = find_member(args, name, &next);
    if (member) {
      ordered = ordered && (!last || member > last);
      last = member;
      seen += member->required;
    }
    int result = member && member->schema ? check(c, member->schema, key + 1) : check_additional(c, args, key + 1);
    if (result) return result;
  }
  *complete = ordered && seen == args->n_required;
  return LS_OK;
}

static int check_object(ls_args_checker *c, const ls_args *args, uint32_t node) {
  bool complete = true;
  int result = ls_args_check_range(c, node, ls_args_node_at(c, node)->count, args->properties, "properties");
  if (!result && (args->n_members > 0 || args->additional)) result = check_members(&complete, c, args, node);
  return !result && !complete ? check_required(c, args, node) : result;
}

/* ---- alternatives ---- */

/* LS_OK, LS_EARGS without a text, or an error that ends the whole check. */
static int try(ls_args_checker *c, const ls_args *args, uint32_t node) {
  c->quiet++;
  int result = check(c, args, node);
  c->quiet--;
  return result;
}

static int count_fits(size_t *fits, ls_args_checker *c, const ls_args_list *list, uint32_t node, size_t enough) {
  *fits = 0;
  for (size_t i = 0; i < list->n && *fits < enough; i++) {
    int result = try(c, list->items[i], node);
    if (result && result != LS_EARGS) return result;
    *fits += !result;
  }
  return LS_OK;
}

/* None of them fits: tell of the types when it is they, and of the one alternative that this type leaves. */
static int misfit_list(ls_args_checker *c, const ls_args_list *list, uint32_t node) {
  const ls_args *left = NULL;
  uint8_t types = 0, bits;
  size_t n = 0;
  int result = c->quiet > 0 ? LS_EARGS : type_bits(&bits, c, node);
  if (result) return result;
  for (size_t i = 0; i < list->n; i++) {
    types |= list->items[i]->types;
    if (list->items[i]->types & bits) {
      left = list->items[i];
      n++;
    }
  }
  if (n == 0) return ls_args_misfit_types(c, node, types);
  return n == 1 ? check(c, left, node) : ls_args_misfit(c, node, "fits none of the %zu alternatives", list->n);
}

static int check_any(ls_args_checker *c, const ls_args *args, uint32_t node) {
  size_t fits;
  int result = count_fits(&fits, c, &args->any, node, 1);
  return result || fits > 0 ? result : misfit_list(c, &args->any, node);
}

static int check_one(ls_args_checker *c, const ls_args *args, uint32_t node) {
  size_t fits;
  int result = count_fits(&fits, c, &args->one, node, 2);
  if (result || fits == 1) return result;
  return fits == 0 ? misfit_list(c, &args->one, node)
                   : ls_args_misfit(c, node, "fits more than one of the %zu alternatives of oneOf", args->one.n);
}

static int check_not(ls_args_checker *c, const ls_args *args, uint32_t node) {
  int result = try(c, args->not, node);
  if (result == LS_EARGS) return LS_OK;
  return result ? result : ls_args_misfit(c, node, "is what the schema's \"not\" excludes");
}

static int check_all(ls_args_checker *c, const ls_args *args, uint32_t node) {
  int result = args->ref ? check(c, args->ref, node) : LS_OK;
  for (size_t i = 0; !result && i < args->all.n; i++) result = check(c, args->all.items[i], node);
  return result;
}

/* ---- all together ---- */

static int check_own(ls_args_checker *c, const ls_args *args, uint32_t node) {
  int result = check_type(c, args, node);
  if (result) return result;
  switch (ls_json_type_of(c->doc, node)) {
    case LS_JSON_NUMBER: result = ls_args_check_number(c, args, node); break;
    case LS_JSON_STRING: result = ls_args_check_string(c, args, node); break;
    case LS_JSON_ARRAY: result = check_array(c, args, node); break;
    case LS_JSON_OBJECT: result = check_object(c, args, node); break;
    default: break;
  }
  return !result && args->options ? ls_args_check_options(c, args, node) : result;
}

static int check_all_of_it(ls_args_checker *c, const ls_args *args, uint32_t node) {
  int result = args->never ? ls_args_misfit(c, node, "nothing is allowed here") : check_own(c, args, node);
  if (!result) result = check_all(c, args, node);
  if (!result && args->any.n > 0) result = check_any(c, args, node);
  if (!result && args->one.n > 0) result = check_one(c, args, node);
  if (!result && args->not ) result = check_not(c, args, node);
  return result;
}

/* A step for the node, and one for each of its elements or members. */
static bool take_steps(ls_args_checker *c, uint32_t node) {
  uint64_t steps = 1 + (uint64_t)ls_args_node_at(c, node)->count;
  if (steps > c->steps) return false;
  c->steps -= steps;
  return true;
}

static int check(ls_args_checker *c, const ls_args *args, uint32_t node) {
  if (!take_steps(c, node) || c->depth >= MAX_DEPTH) {
    return ls_args_fail_path(c, LS_ELIMIT, node, "the schema has too many alternatives or levels to check this value");
  }
  c->depth++;
  int result = check_all_of_it(c, args, node);
  c->depth--;
  return result;
}

int ls_args_check(const ls_args *args, const ls_json *doc, uint32_t value, ls_error *err) {
  ls_args_checker c = {.doc = doc, .err = err};
  c.steps = STEPS_BASE + (uint64_t)STEPS_PER_NODE * (doc->nodes[value].next - value);
  int result = check(&c, args, value);
  ls_bytes_fini(&c.scratch);
  return result;
}
