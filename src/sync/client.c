#include "sync/client.h"

#include "base/alloc.h"
#include "base/err.h"
#include "sync/client_internal.h"

/* What a server may ask for. More would need more memory than it saves time. */
#define MOST_EVENTS 10000
#define MOST_BYTES (16 << 20)

/* ---------------------------------------------------------------------------------------------- */
/* Making and freeing */

static void set_default(int64_t *option, int64_t value) {
  if (*option <= 0) *option = value;
}

static void set_defaults(ls_client_options *options) {
  set_default(&options->ping_ms, 10000);
  set_default(&options->connect_ms, 10000);
  set_default(&options->answer_ms, 30000);
  set_default(&options->poll_ms, 5000);
  set_default(&options->retry_min_ms, 1000);
  set_default(&options->retry_max_ms, 30000);
}

int ls_client_new(ls_client **out, const ls_client_host *host, const ls_client_options *options, ls_error *err) {
  ls_client *client = ls_calloc(1, sizeof *client);
  char *store_id = ls_strdup(options->store_id);
  if (!client || !store_id) {
    ls_free(client);
    ls_free(store_id);
    return ls_fail_nomem(err);
  }
  client->host = *host;
  client->options = *options;
  client->options.store_id = client->store_id = store_id;
  client->random = options->seed;
  set_defaults(&client->options);
  for (int i = 0; i < LS_TIMERS; i++) client->timers[i] = LS_TIMER_OFF;
  *out = client;
  return 0;
}

void ls_client_free(ls_client *client) {
  if (!client) return;
  if (client->linked) client->host.disconnect(client->host.user);
  ls_wire_reader_fini(&client->reader);
  ls_bytes_fini(&client->payload);
  ls_bytes_fini(&client->frame);
  ls_bytes_fini(&client->args);
  ls_free(client->store_id);
  ls_free(client);
}

/* ---------------------------------------------------------------------------------------------- */
/* At the end of each call: what can be done by now */

static int send_what_is_due(ls_client *client, ls_error *err) {
  int code = 0;
  if (client->look && ls_client_push_may(client)) {
    client->look = false;
    code = ls_client_push_send(client, err);
  }
  if (!code && client->open && client->pull.wanted && !ls_client_is_busy(client))
    code = ls_client_pull_send(client, err);
  return code;
}

static int found_one(void *found, const ls_event *event) {
  (void)event;
  *(bool *)found = true;
  return 1;
}

static int weigh(ls_client *client, ls_error *err) {
  bool pending = false;
  int code = client->host.pending(client->host.user, ls_client_head(client), found_one, &pending, err);
  if (code) return ls_wrap(err, code, "reading what is pending");
  client->weigh = false;
  if (pending) client->status.equal = false;
  if (pending || !client->pull.caught_up) return 0;
  client->status.equal = true;
  ls_client_push_all_well(client);
  return 0;
}

static bool differs(const ls_client_status *a, const ls_client_status *b) {
  return a->phase != b->phase || a->pushing != b->pushing || a->equal != b->equal || a->remaining != b->remaining ||
         a->next_try_ms != b->next_try_ms || a->tries != b->tries || a->pulled != b->pulled || a->pushed != b->pushed ||
         a->error.code != b->error.code || strcmp(a->error.text, b->error.text) != 0;
}

static void tell(ls_client *client) {
  client->status.pushing = client->push.active;
  if (client->status.phase != LS_CLIENT_WAITING) client->status.next_try_ms = 0;
  if (!differs(&client->status, &client->told)) return;
  client->told = client->status;
  client->host.changed(client->host.user);
}

/* An error that `code` tells of ends the connection; without one there is nothing to end. */
static void settle(ls_client *client, int code, ls_error *err) {
  if (client->changed) ls_client_look(client);
  client->changed = false;
  if (!code) code = send_what_is_due(client, err);
  if (!code && client->weigh) code = weigh(client, err);
  if (code && client->linked) ls_client_trouble(client, err);
  if (client->options.once && client->open && client->pull.caught_up && client->status.equal && !client->push.active) {
    ls_client_stop_now(client);
  }
  tell(client);
}

/* ---------------------------------------------------------------------------------------------- */
/* Starting and stopping */

void ls_client_start(ls_client *client, int64_t now_ms) {
  ls_error err = {0};
  ls_client_phase phase = client->status.phase;
  client->now_ms = now_ms;
  if (phase == LS_CLIENT_IDLE || phase == LS_CLIENT_FAILED) {
    ls_error_clear(&client->status.error);
    client->status.tries = 0;
    client->faults = 0;
  }
  if (!client->linked) ls_client_connect(client);
  ls_client_look(client);
  settle(client, 0, &err);
}

void ls_client_stop(ls_client *client, int64_t now_ms) {
  client->now_ms = now_ms;
  ls_client_stop_now(client);
  tell(client);
}

/* ---------------------------------------------------------------------------------------------- */
/* Connections */

static int send_ping(ls_client *client, bool asks_limits, ls_error *err) {
  ls_bytes_clear(&client->frame);
  ls_wire_write_ping(&client->frame, asks_limits);
  ls_client_arm(client, LS_TIMER_PING, client->options.ping_ms);
  return ls_client_send(client, err);
}

void ls_client_opened(ls_client *client, int64_t now_ms) {
  ls_error err = {0};
  int code = 0;
  client->now_ms = now_ms;
  if (!client->linked || client->open) return;
  client->open = true;
  client->opened_ms = now_ms;
  client->status.phase = LS_CLIENT_PULLING;
  ls_client_disarm(client, LS_TIMER_CONNECT);
  client->pull.wanted = true;
  if (!ls_client_is_http(client)) {
    ls_client_arm(client, LS_TIMER_SILENCE, 2 * client->options.ping_ms);
    code = send_ping(client, true, &err);
  }
  settle(client, code, &err);
}

void ls_client_closed(ls_client *client, const ls_error *why, int64_t now_ms) {
  ls_error err = {0};
  client->now_ms = now_ms;
  if (!client->linked) return;
  ls_client_lost(client, why);
  settle(client, 0, &err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Frames */

/* What is not said stays as it was: pings that ask nothing are answered with nothing. */
static void take_limits(ls_client *client, const ls_wire_limits *said) {
  if (said->events > 0) client->limits.events = said->events < MOST_EVENTS ? said->events : MOST_EVENTS;
  if (said->bytes > 0) client->limits.bytes = said->bytes < MOST_BYTES ? said->bytes : MOST_BYTES;
}

static int handle_exit(ls_client *client, const ls_response *exit, ls_error *err) {
  if (client->push.active && exit->id == client->push.id) return ls_client_push_exit(client, exit, err);
  if (client->pull.active && exit->id == client->pull.id) return ls_client_pull_exit(client, exit, err);
  if (!client->pinging || exit->id != client->ping_id) return 0;
  client->pinging = false;
  ls_client_disarm(client, LS_TIMER_PONG);
  if (exit->kind == LS_RESPONSE_SUCCESS) return 0;
  return ls_fail(err, LS_EOFFLINE, "the server did not answer a ping: %s", ls_client_failure_text(&exit->failure));
}

static int handle(ls_client *client, const ls_response *response, ls_error *err) {
  switch (response->kind) {
    case LS_RESPONSE_PONG: take_limits(client, &response->limits); return 0;
    case LS_RESPONSE_CHUNK: return ls_client_pull_chunk(client, response, err);
    case LS_RESPONSE_DEFECT:
      return ls_fail(err, LS_EOFFLINE, "the server gave up: %s", ls_client_failure_text(&response->failure));
    default: return handle_exit(client, response, err);
  }
}

/* What cannot be read is the server's fault, unless memory ran out. But to an HTTP request anything on the way may have
 * answered: a proxy, the login page of a network. */
static int unreadable(const ls_client *client, int code, ls_error *err) {
  if (code == LS_ENOMEM) return code;
  ls_code blame = ls_client_is_http(client) ? LS_EOFFLINE : LS_EPROTOCOL;
  return ls_fail(err, blame, "the server sent what is no message: %s", err->text);
}

static int handle_all(ls_client *client, const char *frame, size_t size, ls_error *err) {
  ls_response response;
  int more = ls_wire_read(&client->reader, frame, size, err);
  if (more) return unreadable(client, more, err);
  while ((more = ls_wire_next_response(&response, &client->reader, err)) > 0) {
    int code = handle(client, &response, err);
    if (code) return code;
  }
  if (more) return unreadable(client, more, err);
  if (ls_client_is_busy(client)) return ls_fail(err, LS_EOFFLINE, "the answer of the server is not whole");
  return 0;
}

void ls_client_frame(ls_client *client, const char *frame, size_t size, int64_t now_ms) {
  ls_error err = {0};
  client->now_ms = now_ms;
  if (!client->open) return;
  if (!ls_client_is_http(client)) ls_client_arm(client, LS_TIMER_SILENCE, 2 * client->options.ping_ms);
  settle(client, handle_all(client, frame, size, &err), &err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Time */

/* What is overdue when a timer that only watches has run out. */
static const struct {
  ls_client_timer timer;
  const char *text;
} WATCHES[] = {
    {LS_TIMER_CONNECT, "no connection in time"},
    {LS_TIMER_SILENCE, "the server is silent"},
    {LS_TIMER_PONG, "no answer to a ping in time"},
    {LS_TIMER_PAGE, "no answer to a pull in time"},
    {LS_TIMER_ANSWER, "no answer to a push in time"},
    {LS_TIMER_ECHO, "the server took events but does not give them back"},
    {LS_TIMER_PARKED, "the server is ahead but does not give what it has"},
};

/* Has it run out? Then it is off. */
static bool rang(ls_client *client, ls_client_timer timer) {
  if (client->timers[timer] > client->now_ms) return false;
  ls_client_disarm(client, timer);
  return true;
}

static int watch(ls_client *client, ls_error *err) {
  for (size_t i = 0; i < sizeof WATCHES / sizeof WATCHES[0]; i++) {
    if (rang(client, WATCHES[i].timer)) return ls_fail(err, LS_EOFFLINE, "%s", WATCHES[i].text);
  }
  return 0;
}

/* Any other request shows as well that there is a server. */
static int send_ping_request(ls_client *client, ls_error *err) {
  if (ls_client_is_busy(client)) {
    ls_client_arm(client, LS_TIMER_PING, client->options.ping_ms);
    return 0;
  }
  client->pinging = true;
  client->ping_id = ls_client_request(client);
  ls_bytes_clear(&client->frame);
  ls_wire_write_rpc_ping(&client->frame, client->ping_id, client->store_id);
  ls_client_arm(client, LS_TIMER_PONG, client->options.answer_ms);
  return ls_client_send(client, err);
}

static int ping_if_due(ls_client *client, ls_error *err) {
  if (!rang(client, LS_TIMER_PING)) return 0;
  return ls_client_is_http(client) ? send_ping_request(client, err) : send_ping(client, false, err);
}

void ls_client_tick(ls_client *client, int64_t now_ms) {
  ls_error err = {0};
  client->now_ms = now_ms;
  if (rang(client, LS_TIMER_RETRY)) ls_client_connect(client);
  int code = watch(client, &err);
  if (!code) code = ping_if_due(client, &err);
  if (rang(client, LS_TIMER_POLL)) client->pull.wanted = true;
  if (rang(client, LS_TIMER_PUSH_AGAIN)) client->look = true;
  settle(client, code, &err);
}

int64_t ls_client_deadline_ms(const ls_client *client) {
  int64_t first = client->changed ? 0 : LS_TIMER_OFF;
  for (int i = 0; i < LS_TIMERS; i++) {
    if (client->timers[i] < first) first = client->timers[i];
  }
  return first;
}

void ls_client_changed(ls_client *client) { client->changed = true; }

const ls_client_status *ls_client_status_get(const ls_client *client) { return &client->status; }
