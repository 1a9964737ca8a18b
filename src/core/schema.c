/* schema.c - a schema from its source, and looking things up in it. */
#include "core/schema_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"

static int read_source(ls_bytes *out, const ls_schema_source *source, ls_error *err) {
  if ((source->file != NULL) + (source->json != NULL) + (source->def != NULL) != 1) {
    return ls_fail(err, LS_ESCHEMA, "a schema comes from exactly one of a file, a JSON text and a C structure");
  }
  if (source->file) return ls_port_read_file(out, source->file, err);
  if (source->def) return ls_schema_document(out, source->def, err);
  ls_bytes_text(out, source->json);
  return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}

static const ls_function *find_function(const ls_function *functions, size_t n, const char *event) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(functions[i].event, event) == 0) return &functions[i];
  }
  return NULL;
}

int ls_schema_attach(ls_schema *schema, const ls_function *functions, size_t n, ls_error *err) {
  for (size_t i = 0; i < schema->n_events; i++) {
    ls_event_type *type = (ls_event_type *)&schema->events[i];
    if (type->version == 0) continue;
    const ls_function *function = find_function(functions, n, type->name);
    if (!function || !function->fn) {
      return ls_fail(err, LS_ESCHEMA, "event \"%s\": the schema asks for version %d of a C function, and none is given",
                     type->name, type->version);
    }
    if (function->version != type->version) {
      return ls_fail(err, LS_ESCHEMA,
                     "event \"%s\": the schema asks for version %d of a C function, version %d is given", type->name,
                     type->version, function->version);
    }
    type->fn = function->fn;
    type->user = function->user;
  }
  return LS_OK;
}

/* The functions that stand in the C structure itself. */
static int attach_def(ls_schema *schema, const ls_schema_def *def, ls_error *err) {
  ls_function *functions = ls_calloc(def->n_events, sizeof *functions);
  if (!functions) return ls_fail_nomem(err);
  for (size_t i = 0; i < def->n_events; i++) {
    const ls_event_def *event = &def->events[i];
    functions[i] = (ls_function){event->name, event->version, event->fn, event->user};
  }
  int result = ls_schema_attach(schema, functions, def->n_events, err);
  ls_free(functions);
  return result;
}

int ls_schema_new(ls_schema **out, const ls_schema_source *source, ls_error *err) {
  ls_bytes text = {0};
  ls_schema *schema = ls_calloc(1, sizeof *schema);
  int result = schema ? read_source(&text, source, err) : ls_fail_nomem(err);
  if (!result) result = ls_schema_parse(schema, text.data ? text.data : "", text.size, err);
  if (!result) result = ls_schema_compile(schema, err);
  if (!result) {
    result = source->def ? attach_def(schema, source->def, err)
                         : ls_schema_attach(schema, source->functions, source->n_functions, err);
  }
  ls_bytes_fini(&text);
  if (result) {
    ls_schema_free(schema);
    return source->file && result != LS_ENOTFOUND && result != LS_EIO ? ls_wrap(err, result, "%s", source->file)
                                                                      : result;
  }
  *out = schema;
  return LS_OK;
}

void ls_schema_free(ls_schema *schema) {
  if (!schema) return;
  ls_arena_fini(&schema->arena);
  ls_free(schema);
}

int ls_schema_check(const ls_schema_source *source, ls_error *err) {
  ls_schema *schema;
  int result = ls_schema_new(&schema, source, err);
  if (!result) ls_schema_free(schema);
  return result;
}

static int compare_event(const void *name, const void *event) {
  return strcmp(name, ((const ls_event_type *)event)->name);
}

const ls_event_type *ls_schema_event(const ls_schema *schema, const char *name) {
  if (ls_schema_is_own(name)) return ls_schema_own_event(schema, name);
  if (schema->n_events == 0) return NULL;
  return bsearch(name, schema->events, schema->n_events, sizeof *schema->events, compare_event);
}

const ls_event_type *ls_schema_final(const ls_event_type *type) {
  while (type->next) type = type->next;
  return type;
}

const ls_document_type *ls_schema_document_type(const ls_schema *schema, const char *name) {
  for (size_t i = 0; i < schema->n_documents; i++) {
    if (strcmp(schema->documents[i].name, name) == 0) return &schema->documents[i];
  }
  return NULL;
}
