#include "core/undo_recount.h"

#include "base/alloc.h"
#include "base/err.h"

/* The session of an event, a new one if need be. There are few. */
static uint32_t session_of(const char **sessions, size_t *n, const ls_event *event) {
  size_t i = 0;
  while (i < *n && (sessions[2 * i] != event->client_id || sessions[2 * i + 1] != event->session_id)) i++;
  if (i == *n) {
    sessions[2 * i] = event->client_id;
    sessions[2 * i + 1] = event->session_id;
    ++*n;
  }
  return (uint32_t)i;
}

static int count(ls_undo_recount *r, const ls_event *events, ls_error *err) {
  const char **sessions = NULL;
  size_t capacity = 0;
  int rc = LS_OK;
  for (size_t i = 0; !rc && i < r->n; i++) {
    if (r->n_sessions == capacity) {
      const char **more = ls_realloc(sessions, (capacity = capacity * 2 + 4) * 2 * sizeof *sessions);
      if (more)
        sessions = more;
      else
        rc = ls_fail_nomem(err);
    }
    if (!rc) r->session[i] = session_of(sessions, &r->n_sessions, &events[i]);
  }
  ls_free(sessions);
  return rc;
}

static void place(ls_undo_recount *r) {
  for (size_t i = 0; i < r->n; i++) r->ordinal[i] = r->start[r->session[i] + 1]++;
  for (size_t s = 1; s <= r->n_sessions; s++) r->start[s] += r->start[s - 1];
}

int ls_undo_recount_new(ls_undo_recount *out, const ls_event *events, size_t n, ls_error *err) {
  ls_undo_recount r = {.n = n};
  if (n >= UINT32_MAX) return ls_fail(err, LS_ELIMIT, "more than 4,294,967,294 events are pending");
  r.session = ls_calloc(n + 1, sizeof *r.session);
  r.ordinal = ls_calloc(n + 1, sizeof *r.ordinal);
  r.left = ls_calloc(n + 1, sizeof *r.left);
  r.gone = ls_calloc(n + 1, sizeof *r.gone);
  int rc = r.session && r.ordinal && r.left && r.gone ? count(&r, events, err) : ls_fail_nomem(err);
  if (!rc) {
    r.start = ls_calloc(r.n_sessions + 2, sizeof *r.start);
    if (!r.start) rc = ls_fail_nomem(err);
  }
  if (rc) {
    ls_undo_recount_fini(&r);
    return rc;
  }
  place(&r);
  *out = r;
  return LS_OK;
}

void ls_undo_recount_fini(ls_undo_recount *r) {
  ls_free(r->session);
  ls_free(r->ordinal);
  ls_free(r->start);
  ls_free(r->left);
  ls_free(r->gone);
  memset(r, 0, sizeof *r);
}

bool ls_undo_recount_is_oldest(const ls_undo_recount *r, size_t event) { return !r->ordinal[event]; }

static size_t slot_of(const ls_undo_recount *r, size_t event) {
  return r->start[r->session[event]] + r->ordinal[event];
}

void ls_undo_recount_tell(ls_undo_recount *r, size_t first, size_t n, bool leaves) {
  for (size_t i = first; i < first + n; i++) {
    size_t slot = slot_of(r, i);
    bool begins = !r->ordinal[i];
    r->left[slot] = begins ? 0 : r->left[slot - 1] + r->gone[slot - 1];
    r->gone[slot] = leaves;
  }
}

bool ls_undo_recount_get(int64_t *out, const ls_undo_recount *r, size_t first, int64_t undoes) {
  int64_t back = undoes < 0 ? -undoes : undoes;
  size_t slot = slot_of(r, first);
  bool begins = !r->ordinal[first];
  uint32_t left = begins ? 0 : r->left[slot - 1] + r->gone[slot - 1];
  if (undoes && back <= (int64_t)r->ordinal[first]) {
    size_t target = slot - (size_t)back;
    if (r->gone[target]) return false;
    left -= r->left[target];
  }
  *out = undoes < 0 ? undoes + left : undoes > 0 ? undoes - left : 0;
  return true;
}
