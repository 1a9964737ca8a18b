#include "server/websocket.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum {
  TURN_BYTES = 1 << 20, /* written to one connection before others have their turn */
  NOW_BYTES = 4096      /* of a frame that is written at once */
};

static void log_open(const ls_connection *c) {
  ls_journal *journal = c->front->journal;
  char address[LS_ADDRESS_TEXT];
  ls_address_of_peer(address, lws_get_socket_fd(c->wsi));
  ls_journal_begin(journal, "connect");
  ls_journal_int(journal, "id", (int64_t)c->id);
  ls_journal_text(journal, "store", c->tally->store_id);
  ls_journal_text(journal, "peer", address);
  ls_journal_text(journal, "access", c->grant.write ? "write" : "read");
  ls_journal_end(journal);
}

int ls_websocket_opened(ls_connection *c) {
  ls_error err = {0};
  c->front->metrics->opened++;
  if (ls_connection_open(c, &err)) {
    ls_journal_error(c->front->journal, "store", err.text);
    return ls_connection_end(c, 1011, "the store cannot be read");
  }
  log_open(c);
  return 0;
}

/* A message comes in pieces of fragments; it is joined only when it is more than one piece. */
int ls_websocket_received(ls_connection *c, const char *piece, size_t size) {
  size_t rest = lws_remaining_packet_payload(c->wsi);
  int64_t limit = c->front->options->max_frame_bytes;
  if (c->closing || c->front->stopping) return 0;
  if (lws_frame_is_binary(c->wsi)) return ls_connection_end(c, 1003, "binary frames are not spoken here: send text");
  if ((int64_t)(c->in.size + size + rest) > limit) {
    char why[LS_CONNECTION_WHY];
    snprintf(why, sizeof why, "a message may have %lld bytes", (long long)limit);
    return ls_connection_end(c, 1009, why);
  }
  bool whole = rest == 0 && lws_is_final_fragment(c->wsi);
  if (whole && c->in.size == 0) {
    ls_connection_take(c, piece, size);
    return 0;
  }
  ls_bytes_append(&c->in, piece, size);
  if (!ls_bytes_ok(&c->in)) return ls_connection_end(c, 1011, "the server is out of memory");
  if (!whole) return 0;
  ls_connection_take(c, c->in.data, c->in.size);
  ls_bytes_fini(&c->in);
  return 0;
}

/* False when the connection is gone. What the socket does not take is kept by libwebsockets. */
static bool write_frame(ls_connection *c, unsigned char *frame, size_t size) {
  c->frames_out++;
  c->front->metrics->frames_out++;
  return lws_write(c->wsi, frame, size, LWS_WRITE_TEXT) >= 0;
}

static bool write_queue(ls_connection *c) {
  size_t written = 0;
  while (c->first && written < TURN_BYTES && !lws_partial_buffered(c->wsi)) {
    if (!write_frame(c, c->first->bytes + LWS_PRE, c->first->size)) return false;
    written += c->first->size;
    ls_connection_sent(c);
  }
  return true;
}

bool ls_websocket_write_now(ls_connection *c, const char *frame, size_t size) {
  unsigned char room[LWS_PRE + NOW_BYTES];
  if (size > NOW_BYTES || c->first || c->closing || lws_partial_buffered(c->wsi)) return false;
  memcpy(room + LWS_PRE, frame, size);
  if (!write_frame(c, room + LWS_PRE, size)) ls_connection_close(c, 1006, "writing has failed");
  return true;
}

/* To return -1 from here would mean that writing has failed, and no close frame would be sent. This does not free the
 * wsi, which has a frame to send first; done a second time, it would. */
static int end(ls_connection *c) {
  ls_connection_end(c, c->code, c->why);
  lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
  return 0;
}

int ls_websocket_writable(ls_connection *c) {
  if (c->ended) return 0;
  if (!write_queue(c)) return -1;
  if (c->first || lws_partial_buffered(c->wsi)) {
    lws_callback_on_writable(c->wsi);
    return 0;
  }
  if (c->closing) return end(c);
  if (c->peer) ls_peer_drained(c->peer);
  return 0;
}

/* libwebsockets answers the close frame: nothing is written any more. */
void ls_websocket_closing(ls_connection *c, const unsigned char *body, size_t size) {
  char why[LS_CONNECTION_WHY] = "the client closed";
  if (size > 2) snprintf(why, sizeof why, "the client closed: %.*s", (int)(size - 2), (const char *)body + 2);
  c->ended = true;
  ls_connection_close(c, (uint16_t)(size >= 2 ? body[0] << 8 | body[1] : 1005), why);
}
