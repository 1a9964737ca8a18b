/* Undo and redo for an application. What can be undone is undo_stack's to say, how it is undone undo_plan's. */
#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/undo_plan.h"

ls_undo_source ls_undo_source_of(const ls_store *store) {
  return (ls_undo_source){store->leader->log, store->session->schema, store->leader->client_id,
                          store->session->session_id};
}

static const ls_undo_list *list_of(const ls_store *store, bool redo) {
  return redo ? &store->session->undo.redo : &store->session->undo.undo;
}

static int check_left(const ls_undo_list *list, size_t n, bool redo, ls_error *err) {
  const char *what = redo ? "redo" : "undo";
  if (n == 0) return ls_fail(err, LS_EARGS, "how many commits to %s must be 1 or more", what);
  if (list->n >= n) return LS_OK;
  if (list->n == 0) return ls_fail(err, LS_ENOTFOUND, "this session has nothing to %s", what);
  return ls_fail(err, LS_ENOTFOUND, "this session has only %zu %s to %s, not %zu", list->n,
                 list->n == 1 ? "commit" : "commits", what, n);
}

/* The newest n entries of a list. */
static int plan_steps(ls_undo_plan *plan, ls_store *store, size_t n, ls_error *err) {
  ls_undo_source source = ls_undo_source_of(store);
  int rc = ls_undo_stack_read(&store->session->undo, &source, plan->redo ? 0 : n, plan->redo ? n : 0, err);
  const ls_undo_list *list = list_of(store, plan->redo);
  if (!rc) rc = check_left(list, n, plan->redo, err);
  if (rc) return rc;
  plan->steps = ls_calloc(n, sizeof *plan->steps);
  if (!plan->steps) return ls_fail_nomem(err);
  for (; plan->n < n; plan->n++) plan->steps[plan->n].entry = list->items[list->n - n + plan->n];
  return LS_OK;
}

static int fail_step(const ls_undo_plan *plan, size_t done, int rc, ls_error *err) {
  const char *what = plan->redo ? "redone" : "undone";
  return plan->n > 1 ? ls_wrap(err, rc, "%zu of %zu commits were %s, then", done, plan->n, what) : rc;
}

/* The index of the next event; callbacks may have committed since the last step. */
static int next_index(int64_t *out, ls_store *store, uint64_t readings, ls_error *err) {
  ls_undo_stack *stack = &store->session->undo;
  ls_undo_source source = ls_undo_source_of(store);
  int rc = ls_undo_stack_read(stack, &source, 0, 0, err);
  if (rc) return rc;
  *out = stack->next;
  return stack->readings == readings ? LS_OK : ls_fail(err, LS_EORDER, "the log was changed meanwhile");
}

/* The newest step first. Each says how far back the commit is that it takes back. */
static int commit_steps(ls_receipt *out, const ls_undo_plan *plan, ls_store *store, ls_error *err) {
  uint64_t readings = store->session->undo.readings;
  for (size_t i = plan->n; i > 0; i--) {
    const ls_undo_step *step = &plan->steps[i - 1];
    ls_receipt receipt;
    int64_t next;
    int rc = next_index(&next, store, readings, err);
    int64_t back = rc ? 0 : next - step->entry.index;
    if (!rc) rc = ls_store_commit(&receipt, store, step->inputs, step->n, plan->redo ? -back : back, err);
    if (rc) return fail_step(plan, plan->n - i, rc, err);
    if (i < plan->n) receipt.first = out->first;
    *out = receipt;
  }
  return LS_OK;
}

static int travel(ls_receipt *out, ls_store *store, size_t n, bool redo, ls_error *err) {
  ls_undo_plan plan = {.redo = redo};
  ls_receipt receipt;
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = plan_steps(&plan, store, n, err);
  if (!rc) rc = ls_undo_plan_make(&plan, store, err);
  if (!rc) rc = commit_steps(&receipt, &plan, store, err);
  ls_undo_plan_fini(&plan);
  if (!rc && out) *out = receipt;
  return rc;
}

int ls_undo(ls_receipt *out, ls_store *store, size_t n, ls_error *err) { return travel(out, store, n, false, err); }
int ls_redo(ls_receipt *out, ls_store *store, size_t n, ls_error *err) { return travel(out, store, n, true, err); }

/* ---------------------------------------------------------------------------------------------- */

/* The event that a commit, or what it undid or redid, began with. */
static int name_of(const char **out, const ls_undo_source *source, const ls_undo_list *list, ls_error *err) {
  *out = NULL;
  if (!list->n) return LS_OK;
  ls_undo_entry entry = list->items[list->n - 1];
  ls_log_brief first;
  const ls_event author = {.client_id = source->client_id, .session_id = source->session_id};
  while (entry.undoes) {
    int rc = ls_undo_target(&entry, source, &entry, err);
    if (rc) return rc;
  }
  int got = ls_log_session(&first, 1, source->log, &author, ls_seqnum_at_place(ls_seqnum_place(entry.first) - 1, 0),
                           false, 0, err);
  if (got == 1) *out = first.name;
  return got < 0 ? got : LS_OK;
}

static size_t at_most(size_t n, size_t most) { return n < most ? n : most; }

int ls_undo_status_get(ls_undo_status *out, ls_store *store, size_t most, ls_error *err) {
  ls_undo_status status;
  ls_undo_source source;
  ls_undo_stack *stack = &store->session->undo;
  int rc = ls_store_check_usable(store, err);
  if (rc) return rc;
  source = ls_undo_source_of(store);
  rc = ls_undo_stack_read(stack, &source, most, most, err);
  if (!rc) rc = name_of(&status.undo_name, &source, &stack->undo, err);
  if (!rc) rc = name_of(&status.redo_name, &source, &stack->redo, err);
  if (rc) return rc;
  status.undo = at_most(stack->undo.n, most);
  status.redo = at_most(stack->redo.n, most);
  *out = status;
  return LS_OK;
}
