#include "support/hub_memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "server/iso_time.h"
#include "support/cmocka_all.h"

#define MOST_STORES 64

typedef struct store {
  char id[132];
  ls_wire_event *events;
  size_t n, durable;
} store;

struct hub_memory {
  store stores[MOST_STORES];
  size_t n;
  hub_memory_faults faults;
  bool lost;
  const char *of;
  ls_backend_changed_fn changed;
  void *user;
};

hub_memory_faults *hub_memory_fault(hub_memory *memory) { return &memory->faults; }

void hub_memory_name(hub_memory *memory, const char *name) { memory->of = name; }

static int fault(int *code, ls_error *err) {
  int rc = *code;
  *code = LS_OK;
  return rc ? ls_fail(err, (ls_code)rc, "a fault") : LS_OK;
}

static store *find(hub_memory *m, const char *store_id) {
  for (size_t i = 0; i < m->n; i++) {
    if (strcmp(m->stores[i].id, store_id) == 0) return &m->stores[i];
  }
  assert_true(m->n < MOST_STORES);
  store *s = &m->stores[m->n++];
  snprintf(s->id, sizeof s->id, "%s", store_id);
  return s;
}

static void forget(store *s, size_t n) {
  while (s->n > n) {
    ls_wire_event *e = &s->events[--s->n];
    free((char *)e->name);
    free((char *)e->args);
    free((char *)e->client_id);
    free((char *)e->session_id);
    free((char *)e->created_at);
  }
}

static char *copy(const char *text) {
  char *made = text ? strdup(text) : NULL;
  assert_true(made || !text);
  return made;
}

static void add(store *s, const ls_wire_event *event, int64_t created_at_ms) {
  char created_at[LS_ISO_TIME];
  s->events = realloc(s->events, (s->n + 1) * sizeof *s->events);
  assert_non_null(s->events);
  ls_wire_event e = *event;
  e.name = copy(event->name);
  e.args = event->args ? strndup(event->args, event->args_size) : NULL;
  e.client_id = copy(event->client_id);
  e.session_id = copy(event->session_id);
  e.created_at = copy(ls_iso_time(created_at, created_at_ms));
  s->events[s->n++] = e;
}

static int64_t head_of(const store *s, size_t n) { return n ? s->events[n - 1].seq : 0; }

static int head(void *self, ls_backend_head *out, const char *store_id, ls_error *err) {
  hub_memory *m = self;
  int rc = fault(&m->faults.head, err);
  if (rc) return rc;
  const store *s = find(m, store_id);
  *out = (ls_backend_head){.head = head_of(s, s->durable), .events = (int64_t)s->durable};
  snprintf(out->backend_id, sizeof out->backend_id, "%.8s-%.20s", m->of ? m->of : "of", store_id);
  return LS_OK;
}

static int append_if(void *self, const char *store_id, int64_t parent, const ls_wire_event *events, size_t n,
                     int64_t created_at_ms, ls_error *err) {
  hub_memory *m = self;
  store *s = find(m, store_id);
  int rc = fault(&m->faults.append, err);
  if (rc) m->lost = true;
  if (rc) return rc;
  if (head_of(s, s->n) != parent) return ls_fail(err, LS_EORDER, "store %s is elsewhere", store_id);
  for (size_t i = 0; i < n; i++) add(s, &events[i], created_at_ms);
  return LS_OK;
}

static int sync_all(void *self, ls_error *err) {
  hub_memory *m = self;
  int rc = fault(&m->faults.sync, err);
  if (!rc && m->lost) rc = ls_fail(err, LS_EIO, "an append failed");
  m->lost = false;
  for (size_t i = 0; i < m->n; i++) {
    if (rc) forget(&m->stores[i], m->stores[i].durable);
    m->stores[i].durable = m->stores[i].n;
  }
  return rc;
}

static int read_after(void *self, const char *store_id, int64_t after, ls_backend_event_fn each, void *user,
                      ls_error *err) {
  hub_memory *m = self;
  int rc = fault(&m->faults.read, err);
  const store *s = find(m, store_id);
  for (size_t i = 0; !rc && i < s->durable; i++) {
    if (s->events[i].seq > after && each(user, &s->events[i])) break;
  }
  return rc;
}

static int count_after(void *self, int64_t *out, const char *store_id, int64_t after, ls_error *err) {
  const store *s = find(self, store_id);
  (void)err;
  *out = 0;
  for (size_t i = 0; i < s->durable; i++) *out += s->events[i].seq > after;
  return LS_OK;
}

static int list(void *self, ls_backend_store_fn each, void *user, ls_error *err) {
  hub_memory *m = self;
  ls_backend_head h;
  for (size_t i = 0; i < m->n; i++) {
    int rc = head(self, &h, m->stores[i].id, err);
    if (rc) return rc;
    if (h.events && each(user, m->stores[i].id, &h)) break;
  }
  return LS_OK;
}

static int watch(void *self, ls_backend_changed_fn changed, void *user, ls_error *err) {
  hub_memory *m = self;
  (void)err;
  m->changed = changed;
  m->user = user;
  return LS_OK;
}

static void close_all(void *self) {
  hub_memory *m = self;
  for (size_t i = 0; i < m->n; i++) {
    forget(&m->stores[i], 0);
    free(m->stores[i].events);
  }
  free(m);
}

hub_memory *hub_memory_open(ls_backend *out) {
  hub_memory *m = calloc(1, sizeof *m);
  assert_non_null(m);
  *out = (ls_backend){m, head, append_if, sync_all, read_after, count_after, list, watch, close_all};
  return m;
}

void hub_memory_append(hub_memory *m, const char *store_id, size_t n) {
  store *s = find(m, store_id);
  assert_true(s->n == s->durable);
  for (size_t i = 0; i < n; i++) {
    int64_t at = head_of(s, s->n);
    ls_wire_event event = {.seq = at + 1,
                           .parent = at,
                           .name = "other",
                           .args = "{}",
                           .args_size = 2,
                           .client_id = "o",
                           .session_id = "o"};
    add(s, &event, 0);
  }
  s->durable = s->n;
  m->changed(m->user, store_id);
}
