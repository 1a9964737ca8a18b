/* args_checker - what the parts of checking a value share. Internal to args.
 * A check returns LS_OK, LS_EARGS when the value does not fit, or another code, which ends the whole check. */
#ifndef LS_CORE_ARGS_CHECKER_H
#define LS_CORE_ARGS_CHECKER_H

#include "core/args_node.h"

#define LS_ARGS_SHOWN 40 /* bytes of a value that a message shows */

typedef struct ls_args_checker {
  const ls_json *doc;
  ls_bytes scratch;
  uint64_t steps; /* left */
  unsigned depth;
  unsigned quiet; /* above 0 while alternatives are tried: what does not fit is not described */
  ls_error *err;
} ls_args_checker;

static inline const ls_json_node *ls_args_node_at(const ls_args_checker *c, uint32_t node) {
  return &c->doc->nodes[node];
}

/* The text of a node as it stands in the document. */
ls_args_text ls_args_raw(const ls_args_checker *c, uint32_t node);
/* The characters of a string, in the document or in scratch; the data is NULL when memory ran out. */
ls_args_text ls_args_characters(ls_args_checker *c, uint32_t string);
/* Size of the text's beginning in whole characters, at most `max` bytes. */
int ls_args_shown_size(ls_args_text text, size_t max);

/* "place: text". Returns code, or LS_ENOMEM. */
int ls_args_fail_path(ls_args_checker *c, ls_code code, uint32_t node, const char *text);
/* A value that does not fit: LS_EARGS. The second says what was found, the third which types were expected. */
int ls_args_misfit(ls_args_checker *c, uint32_t node, const char *fmt, ...) LS_FORMAT(3, 4);
int ls_args_misfit_got(ls_args_checker *c, uint32_t node, const char *expected);
int ls_args_misfit_types(ls_args_checker *c, uint32_t node, uint8_t types);

int ls_args_check_number(ls_args_checker *c, const ls_args *args, uint32_t node);
int ls_args_check_string(ls_args_checker *c, const ls_args *args, uint32_t node);
int ls_args_check_unique(ls_args_checker *c, uint32_t array);
int ls_args_check_options(ls_args_checker *c, const ls_args *args, uint32_t node);
/* Is a number of characters, elements or properties within its range? */
int ls_args_check_range(ls_args_checker *c, uint32_t node, uint64_t n, ls_args_range range, const char *what);

#endif
