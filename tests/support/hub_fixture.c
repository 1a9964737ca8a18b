#include "support/hub_fixture.h"

#include <stdarg.h>
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/core.h"

/* ---------------------------------------------------------------------------------------------- */
/* The transcript */

static void write_seqs(ls_bytes *out, hub_peer *peer, const ls_wire_page *page) {
  if (!page->n_events) ls_bytes_text(out, "none");
  for (size_t i = 0, end; i < page->n_events; i = end) {
    const ls_wire_event *e = page->events;
    for (end = i + 1; end < page->n_events && e[end].seq == e[end - 1].seq + 1; end++) continue;
    ls_bytes_printf(out, "%s%lld", i ? " " : "", (long long)e[i].seq);
    if (end > i + 1) ls_bytes_printf(out, "-%lld", (long long)e[end - 1].seq);
  }
  for (size_t i = 0; i < page->n_events; i++) {
    const ls_wire_event *e = &page->events[i];
    if (e->seq <= peer->seen)
      fail_msg("%c: e%lld behind e%lld", peer->letter, (long long)e->seq, (long long)peer->seen);
    if (peer->events && e->parent != peer->seen) fail_msg("%c: e%lld is missing", peer->letter, (long long)e->parent);
    peer->seen = e->seq;
    peer->events++;
  }
}

static void write_chunk(ls_bytes *out, hub_peer *peer, const ls_response *r) {
  assert_int_equal(r->n_pages, 1);
  const ls_wire_page *page = r->pages;
  assert_true(page->backend_id && page->backend_id[0]);
  ls_bytes_printf(out, "chunk %llu: ", (unsigned long long)r->id);
  write_seqs(out, peer, page);
  if (page->info == LS_PAGE_MORE)
    ls_bytes_printf(out, " +%lld", (long long)page->remaining);
  else
    ls_bytes_text(out, " .");
}

static void write_failure(ls_bytes *out, const ls_response *r) {
  const ls_failure *f = &r->failure;
  unsigned long long id = r->id;
  switch (f->kind) {
    case LS_FAILURE_SERVER_AHEAD:
      ls_bytes_printf(out, "ahead %llu: %lld, had %lld", id, (long long)f->minimum_expected, (long long)f->provided);
      break;
    case LS_FAILURE_BACKEND_ID: ls_bytes_printf(out, "mismatch %llu: %s, had %s", id, f->expected, f->received); break;
    case LS_FAILURE_UNKNOWN:
      ls_bytes_printf(out, "%s %llu", f->permanent ? "refused" : "error", id);
      if (f->refused) ls_bytes_printf(out, " e%lld", (long long)f->refused);
      ls_bytes_printf(out, ": %s", f->message);
      break;
    case LS_FAILURE_DEFECT: ls_bytes_printf(out, "die %llu: %s", id, f->message); break;
    case LS_FAILURE_INTERRUPTED: ls_bytes_printf(out, "interrupted %llu", id); break;
  }
}

static void write_response(ls_bytes *out, hub_peer *peer, const ls_response *r) {
  switch (r->kind) {
    case LS_RESPONSE_PONG:
      ls_bytes_text(out, "pong");
      if (r->limits.events) {
        ls_bytes_printf(out, " %lld %lld", (long long)r->limits.events, (long long)r->limits.bytes);
      }
      break;
    case LS_RESPONSE_CHUNK: write_chunk(out, peer, r); break;
    case LS_RESPONSE_SUCCESS: ls_bytes_printf(out, "ok %llu", (unsigned long long)r->id); break;
    case LS_RESPONSE_FAILURE: write_failure(out, r); break;
    case LS_RESPONSE_DEFECT: ls_bytes_printf(out, "defect: %s", r->failure.message); break;
  }
}

static void write_frame(hub_peer *peer, const char *frame, size_t size) {
  hub_fixture *f = peer->fixture;
  ls_bytes *out = &f->trace;
  bool array = frame[0] == '[';
  ls_response r;
  ls_error err;
  size_t before = out->size;
  int more, n = 0;
  assert_ok(ls_wire_read(&f->reader, frame, size, &err), &err);
  ls_bytes_printf(out, "%c %s", peer->letter, array ? "[" : "");
  while ((more = ls_wire_next_response(&r, &f->reader, &err)) == 1) {
    if (n++) ls_bytes_text(out, "; ");
    write_response(out, peer, &r);
  }
  if (more) fail_msg("%s: %.*s", err.text, (int)size, frame);
  ls_bytes_text(out, array ? "]\n" : "\n");
  if (f->quiet) out->size = before;
}

static size_t on_send(void *user, void *link, const char *frame, size_t size) {
  hub_peer *peer = link;
  (void)user;
  assert_false(peer->closed);
  if (peer->fixture->raw) {
    static const char OK[] = "{\"_tag\":\"Success\",\"value\":{}}";
    for (size_t i = 0; i + sizeof OK - 1 <= size; i++) peer->fixture->oks += memcmp(frame + i, OK, sizeof OK - 1) == 0;
    return 0;
  }
  write_frame(peer, frame, size);
  ls_bytes_clear(&peer->last);
  ls_bytes_append(&peer->last, frame, size);
  assert_non_null(ls_bytes_cstr(&peer->last));
  peer->queued = peer->slow ? peer->queued + size : 0;
  return peer->queued;
}

static void on_close(void *user, void *link, const char *why) {
  hub_peer *peer = link;
  (void)user;
  assert_false(peer->closed);
  peer->closed = true;
  if (!peer->fixture->raw) ls_bytes_printf(&peer->fixture->trace, "%c closed: %s\n", peer->letter, why);
}

static void on_due(void *user) {
  hub_fixture *f = user;
  assert_false(f->due);
  f->due = true;
}

static void on_problem(void *user, const char *store_id, const ls_error *err) {
  hub_fixture *f = user;
  assert_true(err->code != LS_OK && err->text[0]);
  assert_true(!store_id || ls_store_id_valid(store_id));
  f->problems++;
}

void hub_expect_at(hub_fixture *f, const char *expected, const char *file, int line) {
  const char *text = ls_bytes_cstr(&f->trace);
  assert_non_null(text);
  if (strcmp(text, expected) != 0) {
    print_error("%s:%d: expected\n%sbut was\n%s", file, line, expected, text);
    _fail(file, line);
  }
  ls_bytes_clear(&f->trace);
}

/* ---------------------------------------------------------------------------------------------- */

void hub_fixture_init(hub_fixture *f, const ls_backend *backend, const ls_hub_limits *limits) {
  ls_error err;
  memset(f, 0, sizeof *f);
  if (backend)
    f->backend = *backend;
  else
    f->memory = hub_memory_open(&f->backend);
  ls_hub_host host = {f, on_send, on_close, on_due, on_problem};
  assert_ok(ls_hub_new(&f->hub, &f->backend, &host, limits, &err), &err);
}

void hub_fixture_fini(hub_fixture *f) {
  for (int i = 0; i < HUB_PEERS; i++) {
    if (f->peers[i].peer) hub_part(f, (char)('A' + i));
  }
  ls_hub_free(f->hub);
  f->backend.close(f->backend.self);
  ls_wire_reader_fini(&f->reader);
  ls_bytes_fini(&f->trace);
  ls_bytes_fini(&f->text);
}

static hub_peer *peer_of(hub_fixture *f, char letter) { return &f->peers[letter - 'A']; }

hub_peer *hub_join_with(hub_fixture *f, char letter, const char *store_id, ls_wire_transport transport,
                        ls_grant grant) {
  ls_error err;
  hub_peer *peer = peer_of(f, letter);
  assert_null(peer->peer);
  *peer = (hub_peer){.fixture = f, .letter = letter, .transport = transport};
  snprintf(peer->store_id, sizeof peer->store_id, "%s", store_id);
  assert_ok(ls_peer_new(&peer->peer, f->hub, store_id, transport, grant, peer, &err), &err);
  return peer;
}

hub_peer *hub_join(hub_fixture *f, char letter, const char *store_id) {
  return hub_join_with(f, letter, store_id, LS_WIRE_WEBSOCKET, (ls_grant){true, true});
}

hub_peer *hub_join_http(hub_fixture *f, char letter, const char *store_id) {
  return hub_join_with(f, letter, store_id, LS_WIRE_HTTP, (ls_grant){true, true});
}

void hub_part(hub_fixture *f, char letter) {
  hub_peer *peer = peer_of(f, letter);
  ls_peer_free(peer->peer);
  peer->peer = NULL;
  ls_bytes_fini(&peer->last);
}

void hub_frame(hub_fixture *f, char letter, const char *fmt, ...) {
  char text[4000];
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  assert_true(size >= 0 && (size_t)size < sizeof text);
  ls_peer_frame(peer_of(f, letter)->peer, text, (size_t)size, HUB_NOW_MS);
}

static const char *rpc(const hub_peer *peer) { return peer->transport == LS_WIRE_HTTP ? "SyncHttpRpc" : "SyncWsRpc"; }

static void begin_request(hub_fixture *f, const hub_peer *peer, int id, const char *what) {
  const char *quote = peer->numbers ? "" : "\"";
  ls_bytes_clear(&f->text);
  ls_bytes_printf(&f->text, "{\"_tag\":\"Request\",\"id\":%s%d%s,\"tag\":\"%s.%s\",\"payload\":{\"storeId\":\"%s\"",
                  quote, id, quote, rpc(peer), what, peer->store_id);
}

static void end_request(hub_fixture *f, hub_peer *peer) {
  ls_bytes_text(&f->text, "},\"headers\":[]}");
  assert_true(ls_bytes_ok(&f->text));
  ls_peer_frame(peer->peer, f->text.data, f->text.size, HUB_NOW_MS);
}

static void pull(hub_fixture *f, char letter, int id, int64_t since, bool live) {
  hub_peer *peer = peer_of(f, letter);
  ls_backend_head head;
  assert_ok(f->backend.head(f->backend.self, &head, peer->store_id, NULL), NULL);
  begin_request(f, peer, id, "Pull");
  if (peer->transport == LS_WIRE_WEBSOCKET) ls_bytes_printf(&f->text, ",\"live\":%s", live ? "true" : "false");
  if (since < 0) {
    ls_bytes_text(&f->text, ",\"cursor\":{\"_tag\":\"None\"}");
  } else {
    ls_bytes_printf(&f->text,
                    ",\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"%s\",\"eventSequenceNumber\":%lld}}",
                    head.backend_id, (long long)since);
  }
  peer->seen = since < 0 ? 0 : since;
  peer->events = 0;
  end_request(f, peer);
}

void hub_pull(hub_fixture *f, char letter, int id, int64_t since) { pull(f, letter, id, since, true); }
void hub_pull_once(hub_fixture *f, char letter, int id, int64_t since) { pull(f, letter, id, since, false); }

void hub_push(hub_fixture *f, char letter, int id, int64_t parent, size_t n) {
  hub_peer *peer = peer_of(f, letter);
  begin_request(f, peer, id, "Push");
  ls_bytes_text(&f->text, ",\"batch\":[");
  for (size_t i = 0; i < n; i++) {
    long long seq = parent + 1 + (int64_t)i;
    ls_bytes_printf(&f->text,
                    "%s{\"name\":\"v1.Made\",\"args\":{\"n\":%lld,\"by\":\"%c\"},\"seqNum\":%lld,\"parentSeqNum\":%lld,"
                    "\"clientId\":\"c%c\",\"sessionId\":\"s\"}",
                    i ? "," : "", seq, letter, seq, seq - 1, letter);
  }
  ls_bytes_text(&f->text, "],\"backendId\":{\"_tag\":\"None\"}");
  end_request(f, peer);
}

void hub_ack(hub_fixture *f, char letter, int id) {
  const char *quote = peer_of(f, letter)->numbers ? "" : "\"";
  hub_frame(f, letter, "{\"_tag\":\"Ack\",\"requestId\":%s%d%s}", quote, id, quote);
}

void hub_interrupt(hub_fixture *f, char letter, int id) {
  const char *quote = peer_of(f, letter)->numbers ? "" : "\"";
  hub_frame(f, letter, "{\"_tag\":\"Interrupt\",\"requestId\":%s%d%s}", quote, id, quote);
}

void hub_drain(hub_fixture *f, char letter) {
  hub_peer *peer = peer_of(f, letter);
  peer->queued = 0;
  ls_peer_drained(peer->peer);
}

void hub_commit(hub_fixture *f) {
  if (!f->due) return;
  f->due = false;
  ls_hub_commit(f->hub, NULL);
}
