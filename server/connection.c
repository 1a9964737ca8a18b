#include "server/connection.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"

enum { CLOSE_MS = 5000 }; /* how long what is queued may take once it is to be closed */

static void link_in(ls_connection *c) {
  c->next = c->front->connections;
  if (c->next) c->next->previous = c;
  c->front->connections = c;
  c->front->metrics->connections++;
}

static void link_out(ls_connection *c) {
  if (c->next) c->next->previous = c->previous;
  if (c->previous)
    c->previous->next = c->next;
  else
    c->front->connections = c->next;
  c->front->metrics->connections--;
}

ls_connection *ls_connection_new(ls_front *front, struct lws *wsi, const char *store_id, ls_wire_transport transport,
                                 const ls_admission *admission) {
  ls_connection *c = ls_calloc(1, sizeof *c);
  if (!c) return NULL;
  c->tally = ls_tally_add(&front->tallies, store_id);
  if (!c->tally) {
    ls_free(c);
    return NULL;
  }
  c->front = front;
  c->wsi = wsi;
  c->transport = transport;
  c->grant = admission->grant;
  c->expires_ms = admission->expires_ms;
  c->id = ++front->last_id;
  c->opened_ms = c->heard_ms = c->refilled_ms = ls_port_monotonic_ms();
  c->allowance = front->options->max_frames_a_second * 4000;
  link_in(c);
  return c;
}

static void log_end(const ls_connection *c) {
  ls_journal *journal = c->front->journal;
  ls_journal_begin(journal, "close");
  ls_journal_int(journal, "id", (int64_t)c->id);
  ls_journal_text(journal, "store", c->tally->store_id);
  ls_journal_int(journal, "code", c->code);
  ls_journal_text(journal, "why", c->why[0] ? c->why : "the connection was lost");
  ls_journal_int(journal, "ms", ls_port_monotonic_ms() - c->opened_ms);
  ls_journal_int(journal, "frames_in", (int64_t)c->frames_in);
  ls_journal_int(journal, "frames_out", (int64_t)c->frames_out);
  ls_journal_end(journal);
}

void ls_connection_free(ls_connection *c) {
  if (!c) return;
  if (c->peer && c->transport == LS_WIRE_WEBSOCKET) log_end(c);
  ls_peer_free(c->peer);
  while (c->first) ls_connection_sent(c);
  link_out(c);
  ls_tally_remove(&c->front->tallies, c->tally);
  ls_bytes_fini(&c->in);
  ls_free(c);
}

int ls_connection_open(ls_connection *c, ls_error *err) {
  return ls_peer_new(&c->peer, c->front->hub, c->tally->store_id, c->transport, c->grant, c, err);
}

/* May it send a frame now? */
static bool allow(ls_connection *c, int64_t now_ms) {
  int64_t rate = c->front->options->max_frames_a_second, most = rate * 4000;
  int64_t idle_ms = now_ms - c->refilled_ms;
  c->allowance = idle_ms >= 4000 ? most : c->allowance + idle_ms * rate;
  if (c->allowance > most) c->allowance = most;
  c->refilled_ms = now_ms;
  if (c->allowance < 1000) return false;
  c->allowance -= 1000;
  return true;
}

void ls_connection_take(ls_connection *c, const char *frame, size_t size) {
  c->heard_ms = ls_port_monotonic_ms();
  c->frames_in++;
  if (allow(c, c->heard_ms))
    ls_peer_frame(c->peer, frame, size, ls_port_time_ms());
  else
    ls_connection_close(c, 4429, "too many frames a second");
}

bool ls_connection_queue(ls_connection *c, const char *frame, size_t size) {
  ls_outgoing *outgoing = ls_malloc(sizeof *outgoing + LWS_PRE + size);
  if (!outgoing) return false;
  outgoing->next = NULL;
  outgoing->size = size;
  memcpy(outgoing->bytes + LWS_PRE, frame, size);
  if (c->last)
    c->last->next = outgoing;
  else
    c->first = outgoing;
  c->last = outgoing;
  c->queued += size;
  return true;
}

void ls_connection_sent(ls_connection *c) {
  ls_outgoing *outgoing = c->first;
  c->first = outgoing->next;
  if (!c->first) c->last = NULL;
  c->queued -= outgoing->size;
  ls_free(outgoing);
}

/* The first reason counts, and starts the clock. */
static void begin_close(ls_connection *c, uint16_t code, const char *why) {
  if (c->closing) return;
  c->closing = true;
  c->kill_ms = ls_port_monotonic_ms() + CLOSE_MS;
  c->code = code;
  strncpy(c->why, why, sizeof c->why - 1);
}

void ls_connection_close(ls_connection *c, uint16_t code, const char *why) {
  begin_close(c, code, why);
  if (!c->ended) lws_callback_on_writable(c->wsi);
}

int ls_connection_end(ls_connection *c, uint16_t code, const char *why) {
  begin_close(c, code, why);
  c->ended = true;
  lws_close_reason(c->wsi, (enum lws_close_status)c->code, (unsigned char *)c->why, strlen(c->why));
  return -1;
}
