#include "support/client_fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "support/cmocka_all.h"

#define ARGS 64 /* bytes of arguments beside the text */

void client_fake_say(client_fake *fake, const char *fmt, ...) {
  if (fake->quiet) return;
  char line[2000];
  va_list args;
  va_start(args, fmt);
  vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  ls_bytes_printf(&fake->trace, "  [%lld] %s\n", (long long)fake->now_ms, line);
  assert_non_null(ls_bytes_cstr(&fake->trace));
}

static int fails(client_fake *fake, client_fake_slot slot, const char *what, ls_error *err) {
  int code = fake->fails[slot];
  fake->fails[slot] = 0;
  if (code == 0) return 0;
  client_fake_say(fake, "%s fails with %s", what, ls_code_name(code));
  return ls_fail(err, (ls_code)code, "%s failed", what);
}

/* ---------------------------------------------------------------------------------------------- */
/* The connection */

static int fake_connect(void *user, const char *payload, ls_error *err) {
  client_fake *fake = user;
  assert_false(fake->linked);
  fake->connects++;
  int code = fails(fake, FAKE_CONNECT, "connect", err);
  if (code) return code;
  client_fake_say(fake, "connect%s%s", payload ? " with " : "", payload ? payload : "");
  fake->linked = true;
  return 0;
}

static void fake_disconnect(void *user) {
  client_fake *fake = user;
  assert_true(fake->linked);
  client_fake_say(fake, "disconnect");
  fake->linked = fake->open = fake->pulling = fake->pushing = fake->pinging = false;
}

static int fake_payload(void *user, ls_bytes *out, ls_error *err) {
  client_fake *fake = user;
  int code = fails(fake, FAKE_PAYLOAD, "payload", err);
  if (!code) ls_bytes_text(out, fake->payload);
  return code;
}

static void say_pull(client_fake *fake, const ls_request *pull) {
  char cursor[100] = "the start";
  if (pull->has_cursor) {
    snprintf(cursor, sizeof cursor, "e%lld of %s", (long long)pull->cursor, pull->backend_id);
  }
  client_fake_say(fake, "→ %llu pull%s from %s%s%s", (unsigned long long)pull->id, pull->live ? " live" : "", cursor,
                  pull->payload ? " with " : "", pull->payload ? pull->payload : "");
  assert_false(fake->pulling);
  fake->pull_id = pull->id;
  fake->pull_cursor = pull->has_cursor ? pull->cursor : -1;
  fake->pulling = true;
  fake->pull_seen = false;
}

/* Only what the log has goes out, in its order, without gaps. */
static void check_push(const client_fake *fake, const ls_request *push) {
  size_t at = 0;
  assert_true(push->n_events > 0);
  while (at < fake->n_pending && fake->pending[at].seq != push->events[0].seq) at++;
  for (size_t i = 0; i < push->n_events; i++) {
    char args[ARGS];
    assert_true(at + i < fake->n_pending);
    assert_int_equal(push->events[i].seq, fake->pending[at + i].seq);
    assert_int_equal(push->events[i].parent, fake->pending[at + i].parent);
    snprintf(args, sizeof args, "{\"n\":%d,", fake->pending[at + i].label);
    assert_memory_equal(push->events[i].args, args, strlen(args));
  }
}

static void say_push(client_fake *fake, const ls_request *push) {
  check_push(fake, push);
  assert_false(fake->pushing);
  fake->pushing = true;
  fake->push_id = push->id;
  fake->push_events = push->n_events;
  fake->push_first = push->events[0].seq;
  fake->push_parent = push->events[0].parent;
  fake->push_last = push->events[push->n_events - 1].seq;
  client_fake_say(fake, "→ %llu push e%lld…e%lld after e%lld to %s%s%s", (unsigned long long)push->id,
                  (long long)fake->push_first, (long long)fake->push_last, (long long)fake->push_parent,
                  push->backend_id ? push->backend_id : "anyone", push->payload ? " with " : "",
                  push->payload ? push->payload : "");
}

static void say_request(client_fake *fake, const ls_request *request) {
  unsigned long long id = (unsigned long long)request->id;
  switch (request->kind) {
    case LS_REQUEST_PING:
      fake->pinging = request->rpc;
      fake->ping_id = request->id;
      if (request->rpc)
        client_fake_say(fake, "→ %llu ping", id);
      else
        client_fake_say(fake, "→ ping%s", request->asks_limits ? ", which limits?" : "");
      return;
    case LS_REQUEST_PULL: say_pull(fake, request); return;
    case LS_REQUEST_PUSH: say_push(fake, request); return;
    case LS_REQUEST_ACK: client_fake_say(fake, "→ ack %llu", id); return;
    case LS_REQUEST_INTERRUPT: client_fake_say(fake, "→ interrupt %llu", id); return;
    default: fail_msg("the client sent what is no request: %s", request->problem ? request->problem : request->tag);
  }
}

static int fake_send(void *user, const char *text, size_t size, ls_error *err) {
  client_fake *fake = user;
  ls_request request;
  int code = fails(fake, FAKE_SEND, "send", err);
  if (code) return code;
  assert_true(fake->open);
  fake->sends++;
  code = ls_wire_read(&fake->reader, text, size, err);
  if (!code) code = ls_wire_next_request(&request, &fake->reader, err) == 1 ? 0 : LS_ENOMEM;
  if (code) return code; /* memory: the fault sweeps */
  say_request(fake, &request);
  return 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* The log */

static int64_t last_of_log(const client_fake *fake) {
  return fake->n_pending ? fake->pending[fake->n_pending - 1].seq : fake->head;
}

/* Number what is pending behind `head`. */
static void renumber(client_fake *fake, int64_t head) {
  for (size_t i = 0; i < fake->n_pending; i++, head++) {
    fake->pending[i].parent = head;
    fake->pending[i].seq = head + 1;
  }
}

static void drop_pending(client_fake *fake, size_t at, size_t n) {
  fake->n_pending -= n;
  memmove(fake->pending + at, fake->pending + at + n, (fake->n_pending - at) * sizeof fake->pending[0]);
}

void client_fake_commit(client_fake *fake, int n, size_t bytes) {
  for (int i = 0; i < n && fake->n_pending < CLIENT_FAKE_PENDING; i++) {
    int64_t last = last_of_log(fake);
    fake->pending[fake->n_pending++] = (client_fake_event){last + 1, last, ++fake->labels, bytes};
  }
  if (fake->client) ls_client_changed(fake->client);
}

/* {"n":7,"text":"xxx"} */
static char *write_args(const client_fake_event *event) {
  char *args = malloc(event->bytes + ARGS);
  assert_non_null(args);
  int size = snprintf(args, ARGS, "{\"n\":%d,\"text\":\"", event->label);
  memset(args + size, 'x', event->bytes);
  strcpy(args + size + event->bytes, "\"}");
  return args;
}

static int64_t fake_upstream_head(void *user) { return ((client_fake *)user)->head; }
static const char *fake_backend_id(void *user) { return ((client_fake *)user)->backend_id; }

static int fake_backend(void *user, const char *backend_id, ls_error *err) {
  client_fake *fake = user;
  int code = fails(fake, FAKE_BACKEND, "backend", err);
  if (code) return code;
  client_fake_say(fake, "backend %s", backend_id);
  assert_string_not_equal(fake->backend_id, backend_id);
  if (*fake->backend_id) {
    fake->head = 0;
    renumber(fake, 0);
  }
  snprintf(fake->backend_id, sizeof fake->backend_id, "%s", backend_id);
  return 0;
}

static bool is_own(const client_fake_event *own, const ls_event *event) {
  char *args = write_args(own);
  bool same = own->seq == event->seq.global && strcmp(event->client_id, "me") == 0 && strcmp(args, event->args) == 0;
  free(args);
  return same;
}

static void say_merge(client_fake *fake, const ls_client_merged *merged, const ls_event *events, size_t n, bool more) {
  if (n == 0) {
    client_fake_say(fake, "merge nothing%s", more ? ", more follow" : "");
    return;
  }
  client_fake_say(fake, "merge e%lld…e%lld%s", (long long)events[0].seq.global, (long long)events[n - 1].seq.global,
                  more ? ", more follow" : "");
  if (merged->confirmed) client_fake_say(fake, "confirmed %zu", merged->confirmed);
  if (merged->rebased) {
    client_fake_say(fake, "rebased to e%lld…e%lld", (long long)fake->pending[0].seq, (long long)last_of_log(fake));
  }
}

static int fake_merge(void *user, ls_client_merged *out, const ls_event *events, size_t n, bool more, ls_error *err) {
  client_fake *fake = user;
  ls_client_merged merged = {0};
  int code = fails(fake, FAKE_MERGE, "merge", err);
  if (code) return code;
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(events[i].parent.global, fake->head);
    assert_true(events[i].seq.global > fake->head);
    fake->head = events[i].seq.global;
    if (fake->n_pending && !merged.rebased && is_own(&fake->pending[0], &events[i])) {
      drop_pending(fake, 0, 1);
      merged.confirmed++;
    } else {
      merged.rebased = fake->n_pending > 0;
    }
  }
  if (merged.rebased) renumber(fake, fake->head);
  say_merge(fake, &merged, events, n, more);
  client_fake_commit(fake, fake->commit_in_merge, 0);
  fake->commit_in_merge = 0;
  *out = merged;
  return 0;
}

static int fake_pending(void *user, int64_t after, int (*each)(void *context, const ls_event *event), void *context,
                        ls_error *err) {
  client_fake *fake = user;
  int code = fails(fake, FAKE_PENDING, "pending", err);
  if (code) return code;
  for (size_t i = 0; i < fake->n_pending; i++) {
    if (fake->pending[i].seq <= after) continue;
    char *args = write_args(&fake->pending[i]);
    ls_event event = {.seq = {fake->pending[i].seq, 0, 1},
                      .parent = {fake->pending[i].parent, 0, 0},
                      .name = "v1.Mine",
                      .args = args,
                      .args_size = strlen(args),
                      .client_id = "me",
                      .session_id = "here"};
    int stop = each(context, &event);
    free(args);
    if (stop) return 0;
  }
  return 0;
}

static int fake_refused(void *user, int64_t seq, const char *why, ls_error *err) {
  client_fake *fake = user;
  int code = fails(fake, FAKE_REFUSED, "refused", err);
  if (code) return code;
  client_fake_say(fake, "refused e%lld: %s", (long long)seq, why);
  for (size_t i = 0; i < fake->n_pending; i++) {
    if (fake->pending[i].seq != seq) continue;
    drop_pending(fake, i, 1);
    renumber(fake, fake->head);
    return 0;
  }
  return ls_fail(err, LS_ENOTFOUND, "e%lld is not pending", (long long)seq);
}

/* ---------------------------------------------------------------------------------------------- */
/* Its status */

static const char *const PHASES[] = {"idle", "connecting", "pulling", "live", "waiting", "failed"};

static void fake_changed(void *user) {
  client_fake *fake = user;
  if (!fake->client) return;
  const ls_client_status *status = ls_client_status_get(fake->client);
  char until[60] = "", remaining[60] = "", moved[60] = "";
  if (status->phase == LS_CLIENT_WAITING) {
    snprintf(until, sizeof until, " until %lld, try %llu", (long long)status->next_try_ms,
             (unsigned long long)status->tries);
  }
  if (status->remaining) snprintf(remaining, sizeof remaining, ", %lld remain", (long long)status->remaining);
  if (status->pulled || status->pushed) {
    snprintf(moved, sizeof moved, ", %llu in, %llu out", (unsigned long long)status->pulled,
             (unsigned long long)status->pushed);
  }
  client_fake_say(fake, "= %s%s%s%s%s%s%s%s%s%s", PHASES[status->phase], until, remaining,
                  status->pushing ? ", pushing" : "", status->equal ? ", equal" : "", moved,
                  status->error.code ? "; " : "", status->error.code ? ls_code_name(status->error.code) : "",
                  status->error.code ? ": " : "", status->error.text);
}

ls_client_host client_fake_host(client_fake *fake) {
  return (ls_client_host){.user = fake,
                          .connect = fake_connect,
                          .send = fake_send,
                          .disconnect = fake_disconnect,
                          .payload = fake_payload,
                          .upstream_head = fake_upstream_head,
                          .backend_id = fake_backend_id,
                          .backend = fake_backend,
                          .merge = fake_merge,
                          .pending = fake_pending,
                          .refused = fake_refused,
                          .changed = fake_changed};
}

void client_fake_init(client_fake *fake, const ls_client_options *options) {
  ls_client_host host = client_fake_host(fake);
  assert_int_equal(ls_client_new(&fake->client, &host, options, NULL), 0);
}

void client_fake_fini(client_fake *fake) {
  fake->quiet = true;
  ls_client_free(fake->client);
  ls_wire_reader_fini(&fake->reader);
  ls_bytes_fini(&fake->trace);
}

/* ---------------------------------------------------------------------------------------------- */
/* What a server says */

static void write_event(ls_bytes *out, const client_fake *fake, int64_t seq, int64_t parent, bool mine, bool first) {
  client_fake_event other = {.label = (int)seq};
  const client_fake_event *own = NULL;
  for (size_t i = 0; mine && i < fake->n_pending; i++) {
    if (fake->pending[i].seq == seq) own = &fake->pending[i];
  }
  char *args = write_args(own ? own : &other);
  ls_wire_event event = {.seq = seq,
                         .parent = parent,
                         .name = own ? "v1.Mine" : "v1.Other",
                         .args = args,
                         .args_size = strlen(args),
                         .client_id = own ? "me" : "other",
                         .session_id = "here",
                         .created_at = "2026-01-01T00:00:00.000Z"};
  ls_wire_chunk_event(out, &event, first);
  free(args);
}

void client_fake_write_chunk(ls_bytes *out, const client_fake *fake, const client_fake_chunk *chunk) {
  ls_wire_chunk_begin(out, chunk->dialect, chunk->id);
  for (int64_t seq = chunk->first; seq <= chunk->last; seq++) {
    bool first = seq == chunk->first;
    write_event(out, fake, seq, first && chunk->parent >= 0 ? chunk->parent : seq - 1, chunk->mine, first);
  }
  ls_wire_chunk_end(out, chunk->info, chunk->remaining, chunk->backend_id);
}
