/* The module itself: its memory, and texts that are the same for all stores. */
#include "module.h"

#include "base/alloc.h"
#include "base/err.h"

ls_web *LS_EXPORT(ls_web_new)(void);
void *LS_EXPORT(ls_web_alloc)(size_t size);
void LS_EXPORT(ls_web_free)(void *memory);
const char *LS_EXPORT(ls_web_version)(void);

ls_web *ls_web_new(void) { return ls_calloc(1, sizeof(ls_web)); }

void *ls_web_alloc(size_t size) { return ls_malloc(size); }

void ls_web_free(void *memory) { ls_free(memory); }

const char *ls_web_version(void) { return ls_version(); }

ls_cells ls_web_take(ls_web *web) {
  ls_cells cells = web->cells;
  memset(&web->cells, 0, sizeof web->cells);
  ls_cells_clear(&cells);
  return cells;
}

int ls_web_give(ls_web *web, ls_cells *cells, int rc) {
  if (rc >= 0 && !ls_cells_ok(cells)) rc = ls_fail_nomem(&web->err);
  ls_cells_fini(&web->cells);
  web->cells = *cells;
  web->result.cells = cells->cells.data;
  web->result.n_cells = cells->cells.size / sizeof(uint64_t);
  web->result.text = cells->text.data;
  web->result.text_size = cells->text.size;
  web->result.rest = cells->rest.data;
  web->result.rest_size = cells->rest.size;
  return rc;
}
