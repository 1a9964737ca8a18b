/* module - what the functions of the bridge share: the result and the error of the last call, as JavaScript finds them.
 *
 * Each function that JavaScript calls is marked with LS_EXPORT. It is given the module, then handles, then what it
 * works with: NUL-terminated texts and ls_value arrays, which JavaScript has written into memory of ls_web_alloc.
 * Results are 0 or more, or a negative ls_code; pointers are NULL on errors. What there is to read is then in
 * ls_web.result, an error in ls_web.err, both until the next call. */
#ifndef LS_WEB_MODULE_H
#define LS_WEB_MODULE_H

#include "base/json.h"
#include "cells.h"
#include "livestore_host.h"

#define LS_EXPORT(name) __attribute__((export_name(#name))) name

/* Events to commit as JavaScript gives them. */
typedef struct ls_web_inputs {
  ls_json json;
  ls_bytes inputs; /* ls_input each */
  ls_bytes names;  /* those that have escapes */
} ls_web_inputs;

typedef struct ls_web {
  /* src/core/memory.ts knows where these are. */
  struct {
    const void *cells;
    size_t n_cells;
    const char *text;
    size_t text_size;
    const char *rest;
    size_t rest_size;
  } result;
  ls_error err;
  /* Memory that is used again. A call takes it, so that calls from inside callbacks find other memory. */
  ls_cells cells;
  ls_web_inputs inputs;
} ls_web;

typedef struct ls_web_function {
  struct ls_web_store *store;
  int index;
} ls_web_function;

typedef struct ls_web_store {
  ls_store *store; /* NULL while it is being opened */
  int id;          /* of the object whose callbacks it has */
  size_t n;
  ls_web_function functions[]; /* n */
} ls_web_store;

/* Empty memory to write a result into, given back with ls_web_give whatever happens. */
ls_cells ls_web_take(ls_web *web);
/* Make it the result. rc when that is an error; otherwise rc, or LS_ENOMEM. */
int ls_web_give(ls_web *web, ls_cells *cells, int rc);

/* Read events from JSON text, [{"name":…,"args":{…}},…], which is cut up in place; n inputs in out->inputs. On an error
 * out is to be given back, too. LS_EJSON, LS_EARGS */
int ls_web_inputs_read(ls_web_inputs *out, size_t *n, char *json, size_t size, ls_error *err);
ls_web_inputs ls_web_inputs_take(ls_web *web);
void ls_web_inputs_give(ls_web *web, ls_web_inputs *inputs);

#endif
