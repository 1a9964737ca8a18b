/* fuzz_schema - any text as a schema document: it is taken or refused with a text. What is taken is taken again, with
 * the same hash, from its own canonical text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES 4096 /* SQLite may take long over long statements */

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_schema: %s\n", what);
  abort();
}

static void take_again(const ls_schema *first) {
  ls_schema *second;
  ls_schema_source source = {.json = first->json};
  require(ls_schema_new(&second, &source, NULL) == LS_OK, "what was taken is taken again");
  require(strcmp(first->json, second->json) == 0, "its text is canonical");
  require(strcmp(first->hash, second->hash) == 0, "its hash is the same");
  ls_schema_free(second);
}

/* What can be looked up is what is there, in order. */
static void look_up(const ls_schema *schema) {
  for (size_t i = 0; i < schema->n_events; i++) {
    const ls_event_type *event = &schema->events[i];
    require(i == 0 || strcmp(event[-1].name, event->name) < 0, "events are in order");
    require(ls_schema_event(schema, event->name) == event, "an event is found by its name");
    require(!ls_schema_final(event)->becomes, "what it becomes in the end is no old form");
    for (size_t s = 0; s < event->n_statements; s++) {
      require(event->statements[s].sql[0] != 0, "a statement has a text");
      require(event->statements[s].n_params == 0 || event->statements[s].params, "and its parameters");
    }
  }
  for (size_t i = 0; i < schema->n_documents; i++) {
    const ls_document_type *document = &schema->documents[i];
    require(ls_schema_document_type(schema, document->name) == document, "a document is found by its name");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MAX_BYTES) return 0;
  char *text = malloc(size + 1);
  require(text != NULL, "memory");
  if (size) memcpy(text, data, size);
  text[size] = 0;
  ls_schema *schema = NULL;
  ls_error err = {0};
  ls_schema_source source = {.json = text};
  int rc = ls_schema_new(&schema, &source, &err);
  require(rc == err.code, "the code is in the error");
  require(rc == LS_OK || rc == LS_ESCHEMA || rc == LS_EJSON || rc == LS_ELIMIT, "it ends as the header says");
  require((rc == LS_OK) == (schema != NULL), "an error gives no schema");
  require((rc == LS_OK) == (err.text[0] == 0), "an error has a text");
  if (schema) {
    look_up(schema);
    take_again(schema);
  }
  ls_schema_free(schema);
  free(text);
  return 0;
}
