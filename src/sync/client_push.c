#include <stdio.h>

#include "base/err.h"
#include "sync/client_internal.h"

#define FRAME_END 256 /* room for what ends a push; a backend id has some 20 bytes */

/* ---------------------------------------------------------------------------------------------- */
/* How much */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* An option limits what the server offers; neither can lift the other's. */
static int64_t limit(int64_t option, int64_t server, int64_t otherwise) {
  if (option && server) return least(option, server);
  return option ? option : server ? server : otherwise;
}

static int64_t most_events(const ls_client *client) {
  return limit(client->options.push_events, client->limits.events, LS_WIRE_EVENTS);
}

static int64_t most_bytes(const ls_client *client) {
  return limit(client->options.push_bytes, client->limits.bytes, LS_WIRE_BYTES);
}

/* Of a push of one event. */
static int64_t largest_frame(const ls_client *client) {
  return client->limits.bytes > LS_WIRE_FRAME_BYTES ? client->limits.bytes : LS_WIRE_FRAME_BYTES;
}

/* ---------------------------------------------------------------------------------------------- */
/* What was accepted and has not come back */

static int64_t accepted(const ls_client_push *push) { return push->n_ends ? push->ends[push->n_ends - 1] : 0; }

static void forget_accepted(ls_client *client) {
  client->push.n_ends = 0;
  ls_client_disarm(client, LS_TIMER_ECHO);
}

static void drop_confirmed(ls_client *client, int64_t head) {
  ls_client_push *push = &client->push;
  size_t gone = 0;
  while (gone < push->n_ends && push->ends[gone] <= head) gone++;
  push->n_ends -= gone;
  memmove(push->ends, push->ends + gone, push->n_ends * sizeof push->ends[0]);
  if (push->n_ends) {
    ls_client_arm(client, LS_TIMER_ECHO, client->options.answer_ms);
  } else {
    ls_client_disarm(client, LS_TIMER_ECHO);
  }
}

static void end_waiting(ls_client *client) {
  client->push.wait_for = 0;
  ls_client_disarm(client, LS_TIMER_PARKED);
}

void ls_client_push_all_well(ls_client *client) {
  client->push.ahead = client->push.errors = 0;
  ls_client_disarm(client, LS_TIMER_PUSH_AGAIN);
  ls_error_clear(&client->status.error);
}

void ls_client_push_confirm(ls_client *client, bool rebased) {
  int64_t head = ls_client_head(client);
  if (rebased) {
    client->push.stale = client->push.active;
    forget_accepted(client);
  } else {
    drop_confirmed(client, head);
  }
  if (client->push.wait_for <= head) end_waiting(client);
  ls_client_look(client);
}

/* ---------------------------------------------------------------------------------------------- */
/* Sending */

typedef struct batch {
  ls_client *client;
  int64_t n;
  int64_t oversize; /* the first event does not fit into any frame; 0: it does */
} batch;

static bool fits_no_frame(const batch *into, size_t bytes) {
  return (int64_t)(into->client->frame.size + bytes) + FRAME_END > largest_frame(into->client);
}

static bool is_full(const batch *into, size_t bytes) {
  const ls_client *client = into->client;
  return into->n >= most_events(client) || (int64_t)(client->frame.size + bytes) > most_bytes(client);
}

/* One event goes with any limit but that of a frame. */
static int add(void *context, const ls_event *event) {
  batch *into = context;
  ls_client_push *push = &into->client->push;
  size_t bytes = ls_wire_event_bytes(event);
  if (into->n > 0 && is_full(into, bytes)) return 1;
  if (into->n == 0) {
    if (fits_no_frame(into, bytes)) {
      into->oversize = event->seq.global;
      return 1;
    }
    push->first = event->seq.global;
    push->parent = event->parent.global;
  }
  ls_wire_push_event(&into->client->frame, event, into->n == 0);
  push->last = event->seq.global;
  into->n++;
  return 0;
}

/* Nothing else can be done for it, and nothing behind it could ever be sent. */
static int refuse_oversize(ls_client *client, int64_t seq, ls_error *err) {
  char why[160];
  snprintf(why, sizeof why, "e%lld is too large to be synced: a frame holds at most %lld bytes", (long long)seq,
           (long long)largest_frame(client));
  int code = client->host.refused(client->host.user, seq, why, err);
  if (code) return ls_wrap(err, code, "setting aside e%lld", (long long)seq);
  client->changed = true;
  return 0;
}

static void push_began(ls_client *client) {
  client->push.id = ls_client_request(client);
  client->push.active = true;
  client->push.stale = false;
  client->push.head = ls_client_head(client);
  ls_client_arm(client, LS_TIMER_ANSWER, client->options.answer_ms);
}

int ls_client_push_send(ls_client *client, ls_error *err) {
  int64_t head = ls_client_head(client), sent = accepted(&client->push);
  const char *backend_id = client->host.backend_id(client->host.user);
  batch into = {.client = client};
  ls_bytes_clear(&client->frame);
  ls_wire_push_begin(&client->frame, client->options.transport, client->next_id, client->store_id,
                     ls_client_payload(client));
  int code = client->host.pending(client->host.user, sent > head ? sent : head, add, &into, err);
  if (code) return ls_wrap(err, code, "reading what is pending");
  if (into.oversize) return refuse_oversize(client, into.oversize, err);
  if (into.n == 0) return 0;
  ls_wire_push_end(&client->frame, *backend_id ? backend_id : NULL);
  push_began(client);
  return ls_client_send(client, err);
}

bool ls_client_push_may(const ls_client *client) {
  return client->open && client->pull.caught_up && !client->push.active && !client->push.wait_for &&
         client->timers[LS_TIMER_PUSH_AGAIN] == LS_TIMER_OFF && client->push.n_ends < LS_CLIENT_AHEAD &&
         !ls_client_is_busy(client);
}

/* ---------------------------------------------------------------------------------------------- */
/* Answers */

/* The n-th refusal in a row waits longer than the one before. */
static void push_later(ls_client *client, unsigned n) {
  client->look = true;
  ls_client_arm(client, LS_TIMER_PUSH_AGAIN, ls_client_backoff_ms(client, n));
}

static void push_accepted(ls_client *client) {
  ls_client_push *push = &client->push;
  client->faults = 0;
  ls_client_push_all_well(client);
  client->pull.wanted = ls_client_is_http(client);
  if (push->stale || push->last <= ls_client_head(client)) return;
  push->ends[push->n_ends++] = push->last;
  ls_client_arm(client, LS_TIMER_ECHO, client->options.answer_ms);
}

/* A head that is before where this push began was further on once. */
static int server_is_behind(ls_client *client, const ls_failure *failure, ls_error *err) {
  return ls_fail(err, LS_EBACKEND, "the server is at e%lld and was at e%lld before: it has lost events",
                 (long long)failure->minimum_expected, (long long)client->push.head);
}

/* What it has more is to come by the pull. When that is here already, it may have come since the push was sent: try at
 * once, but only once. */
static int server_is_ahead(ls_client *client, const ls_failure *failure, ls_error *err) {
  ls_client_push *push = &client->push;
  if (failure->minimum_expected < push->head) return server_is_behind(client, failure, err);
  if (!push->stale && failure->minimum_expected < push->parent) forget_accepted(client);
  client->pull.wanted = ls_client_is_http(client);
  if (failure->minimum_expected > ls_client_head(client)) {
    push->wait_for = failure->minimum_expected;
    ls_client_arm(client, LS_TIMER_PARKED, client->options.answer_ms);
  } else if (push->ahead++) {
    push_later(client, push->ahead - 1);
  }
  return 0;
}

/* A refusal that names no event is about none: a token that may not write, say. Setting events aside would not help. */
static bool names_own_event(const ls_client *client, const ls_failure *failure) {
  return failure->permanent && failure->refused >= client->push.first && failure->refused <= client->push.last;
}

static int push_failed(ls_client *client, const ls_failure *failure, ls_error *err) {
  ls_client_push *push = &client->push;
  const char *text = ls_client_failure_text(failure);
  ls_code code = failure->permanent ? LS_EACCESS : LS_EIO;
  ls_error *shown = client->options.once && failure->permanent ? err : &client->status.error;
  ls_fail(shown, code, "the server did not take e%lld…e%lld: %s", (long long)push->first, (long long)push->last, text);
  if (shown == err) return code;
  push_later(client, ++push->errors);
  return 0;
}

static int event_refused(ls_client *client, const ls_failure *failure, ls_error *err) {
  if (client->push.stale) return 0; /* the number is another event's by now; it will be refused under its own */
  int code = client->host.refused(client->host.user, failure->refused, ls_client_failure_text(failure), err);
  if (code == LS_ENOTFOUND) return push_failed(client, failure, err);
  if (code) return ls_wrap(err, code, "setting aside e%lld", (long long)failure->refused);
  return 0;
}

static int push_refused(ls_client *client, const ls_failure *failure, ls_error *err) {
  switch (failure->kind) {
    case LS_FAILURE_SERVER_AHEAD: return server_is_ahead(client, failure, err);
    case LS_FAILURE_BACKEND_ID:
      client->pull.from_start = true;
      return ls_fail(err, LS_EBACKEND, "the server keeps the log %s, not %s", failure->expected, failure->received);
    default:
      if (names_own_event(client, failure)) return event_refused(client, failure, err);
      return push_failed(client, failure, err);
  }
}

int ls_client_push_exit(ls_client *client, const ls_response *exit, ls_error *err) {
  client->push.active = false;
  ls_client_disarm(client, LS_TIMER_ANSWER);
  ls_client_look(client);
  if (exit->kind == LS_RESPONSE_FAILURE) return push_refused(client, &exit->failure, err);
  push_accepted(client);
  return 0;
}
