#include "core/uplink_match.h"

static bool by(const ls_event *event, const ls_event *author) {
  return strcmp(event->session_id, author->session_id) == 0 && strcmp(event->client_id, author->client_id) == 0;
}

static bool same(const ls_event *a, const ls_event *b) {
  return a->args_size == b->args_size && strcmp(a->name, b->name) == 0 && memcmp(a->args, b->args, a->args_size) == 0;
}

/* The first from `from` on that a given event is; n when it is none of them: the leader committed it for the session. */
static size_t find(const ls_own *own, const ls_event *events, size_t from, size_t n, const ls_event *given) {
  while (from < n && (own[from].fate == LS_OWN_OTHER || !same(&events[from], given))) from++;
  return from;
}

static void set_aside(ls_own *own, size_t from, size_t to) {
  for (; from < to; from++) {
    if (own[from].fate != LS_OWN_OTHER) own[from].fate = LS_OWN_ASIDE;
  }
}

void ls_own_match(ls_own *out, const ls_event *events, size_t n, size_t theirs, const ls_event *given, size_t n_given,
                  const ls_event *author) {
  size_t next = 0;
  for (size_t i = 0; i < n; i++) out[i].fate = by(&events[i], author) ? LS_OWN_MOVED : LS_OWN_OTHER;
  for (size_t i = 0; i < n_given && next < theirs; i++) {
    size_t at = by(&given[i], author) ? find(out, events, next, theirs, &given[i]) : theirs;
    if (at == theirs) continue;
    set_aside(out, next, at);
    out[at] = (ls_own){LS_OWN_KEPT, given[i].seq};
    next = at + 1;
  }
  set_aside(out, next, theirs);
}
