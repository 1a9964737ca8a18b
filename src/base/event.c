#include "base/event.h"

#include "base/hash.h"

bool ls_event_equal(const ls_event *a, const ls_event *b) {
  return a->seq.global == b->seq.global && a->seq.client == b->seq.client && a->args_size == b->args_size &&
         strcmp(a->name, b->name) == 0 && strcmp(a->client_id, b->client_id) == 0 &&
         strcmp(a->session_id, b->session_id) == 0 && memcmp(a->args, b->args, a->args_size) == 0;
}

int64_t ls_event_gap(const ls_event *event) {
  return event->seq.client ? 0 : event->seq.global - event->parent.global - 1;
}

/* What most events have nothing to say about. Arguments hold no NUL, so this cannot be taken for a part of them. */
static void put_commit(ls_bytes *out, const ls_event *event) {
  ls_bytes_byte(out, 0);
  ls_bytes_varint(out, (uint64_t)event->more);
  ls_bytes_varint(out, (uint64_t)event->undoes << 1 ^ (event->undoes < 0 ? UINT64_MAX : 0));
}

bool ls_event_sum(uint64_t *out, const ls_event *event, uint64_t before, ls_bytes *scratch) {
  ls_bytes_clear(scratch);
  ls_bytes_varint(scratch, (uint64_t)event->seq.global);
  ls_bytes_varint(scratch, (uint64_t)event->seq.client);
  ls_bytes_varint(scratch, (uint64_t)event->seq.generation);
  ls_bytes_varint(scratch, (uint64_t)ls_event_gap(event));
  ls_bytes_append(scratch, event->name, strlen(event->name) + 1);
  ls_bytes_append(scratch, event->client_id, strlen(event->client_id) + 1);
  ls_bytes_append(scratch, event->session_id, strlen(event->session_id) + 1);
  ls_bytes_append(scratch, event->args, event->args_size);
  if (event->more || event->undoes) put_commit(scratch, event);
  if (!ls_bytes_ok(scratch)) return false;
  *out = ls_hash64(scratch->data, scratch->size, before);
  return true;
}
