#include "core/pending.h"

#include "base/alloc.h"
#include "base/err.h"

int ls_pending_add(ls_pending *pending, const ls_event *event, ls_error *err) {
  if (pending->n == pending->capacity) {
    size_t capacity = pending->capacity ? pending->capacity * 2 : 64;
    ls_event *events = ls_realloc(pending->events, capacity * sizeof *events);
    if (!events) return ls_fail_nomem(err);
    pending->events = events;
    pending->capacity = capacity;
  }
  ls_event *copy = &pending->events[pending->n];
  *copy = *event;
  copy->args = ls_arena_dup(&pending->arena, event->args, event->args_size);
  if (!copy->args) return ls_fail_nomem(err);
  pending->n++;
  return LS_OK;
}

int ls_pending_read(ls_pending *out, ls_log *log, ls_seqnum since, size_t synced, ls_error *err) {
  ls_log_cursor *cursor;
  const ls_event *event;
  int rc = ls_log_cursor_open(&cursor, log, since, err), more = 1;
  if (rc) return rc;
  while (!rc && synced && (more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1) {
    rc = ls_pending_add(out, event, err);
    synced -= !event->seq.client;
  }
  out->whole = more == 0;
  ls_log_cursor_close(cursor);
  return rc ? rc : more < 0 ? more : LS_OK;
}

void ls_pending_fini(ls_pending *pending) {
  ls_free(pending->events);
  ls_arena_fini(&pending->arena);
  memset(pending, 0, sizeof *pending);
}

size_t ls_pending_commit(const ls_event *events, size_t n) {
  size_t size = 1;
  while (size < n && events[size].client_id == events->client_id && events[size].more + 1 == events[size - 1].more)
    size++;
  return size;
}
