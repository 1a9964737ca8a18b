#include "base/err.h"
#include "sync/client_internal.h"

/* ---------------------------------------------------------------------------------------------- */
/* When to try again */

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t draw(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

int64_t ls_client_backoff_ms(ls_client *client, uint64_t n) {
  int64_t wait = client->options.retry_min_ms;
  for (uint64_t i = 1; i < n && wait < client->options.retry_max_ms; i++) wait *= 2;
  if (wait > client->options.retry_max_ms) wait = client->options.retry_max_ms;
  int64_t percent = 80 + (int64_t)(draw(&client->random) % 41);
  return wait / 100 * percent + wait % 100 * percent / 100;
}

/* ---------------------------------------------------------------------------------------------- */
/* Losing a connection */

/* What the host holds back for a page that will not come is shown now. */
static void release_held(ls_client *client) {
  ls_client_merged merged = {0};
  if (client->pull.held) (void)client->host.merge(client->host.user, &merged, NULL, 0, false, NULL);
  client->pull.held = false;
}

/* Forget the connection and all that was under way on it. */
static void unlink_host(ls_client *client) {
  bool from_start = client->pull.from_start;
  if (client->linked) client->host.disconnect(client->host.user);
  release_held(client);
  client->linked = client->open = client->pinging = false;
  client->pull = (ls_client_pull){.from_start = from_start};
  client->push = (ls_client_push){0};
  client->status.pushing = false;
  client->status.remaining = 0;
  for (int i = 0; i < LS_TIMERS; i++) client->timers[i] = LS_TIMER_OFF;
}

static void wait_and_retry(ls_client *client, const ls_error *why) {
  unlink_host(client);
  client->status.error = *why;
  client->status.phase = LS_CLIENT_WAITING;
  client->status.tries++;
  uint64_t n = client->status.tries > client->faults ? client->status.tries : client->faults;
  ls_client_arm(client, LS_TIMER_RETRY, ls_client_backoff_ms(client, n));
  client->status.next_try_ms = client->timers[LS_TIMER_RETRY];
}

void ls_client_fail(ls_client *client, const ls_error *why) {
  unlink_host(client);
  client->status.error = *why;
  client->status.phase = LS_CLIENT_FAILED;
}

/* The server broke the rules. A connection that went well for long shows that it does not always. */
static void fault(ls_client *client, const ls_error *why) {
  bool went_well = client->open && client->now_ms - client->opened_ms >= client->options.retry_max_ms;
  client->faults = went_well ? 1 : client->faults + 1;
  if (client->faults >= LS_CLIENT_FAULTS) {
    ls_client_fail(client, why);
  } else {
    wait_and_retry(client, why);
  }
}

/* Has the host another payload than the one that this connection was refused with? When it cannot tell, perhaps. */
static bool payload_is_new(ls_client *client) {
  ls_bytes now = {0};
  int code = client->host.payload(client->host.user, &now, NULL);
  bool same = !code && ls_bytes_ok(&now) && now.size == client->payload.size &&
              (now.size == 0 || memcmp(now.data, client->payload.data, now.size) == 0);
  ls_bytes_fini(&now);
  return !same;
}

static void denied(ls_client *client, const ls_error *why) {
  ls_error kept = *why;
  if (payload_is_new(client)) {
    wait_and_retry(client, &kept);
  } else {
    ls_client_fail(client, &kept);
  }
}

void ls_client_trouble(ls_client *client, const ls_error *why) {
  switch (why->code) {
    case LS_EOFFLINE:
    case LS_ENOMEM:
    case LS_EIO:
    case LS_EFULL: wait_and_retry(client, why); return;
    case LS_EPROTOCOL:
    case LS_EORDER:
    case LS_EBACKEND: fault(client, why); return;
    case LS_EACCESS: denied(client, why); return;
    default: ls_client_fail(client, why);
  }
}

void ls_client_lost(ls_client *client, const ls_error *why) {
  ls_error unknown = {0};
  if (!why) {
    ls_fail(&unknown, LS_EOFFLINE, "the connection was closed");
    why = &unknown;
  }
  client->linked = false;
  if (why->code == LS_EACCESS) {
    denied(client, why);
  } else {
    wait_and_retry(client, why);
  }
}

void ls_client_stop_now(ls_client *client) {
  if (client->open && client->pull.active && !ls_client_is_http(client)) {
    ls_bytes_clear(&client->frame);
    ls_wire_write_interrupt(&client->frame, client->pull.id);
    (void)ls_client_send(client, NULL); /* the connection ends anyway */
  }
  unlink_host(client);
  client->status.phase = LS_CLIENT_IDLE;
}

/* ---------------------------------------------------------------------------------------------- */
/* Making one */

static int ask_payload(ls_client *client, ls_error *err) {
  ls_bytes_clear(&client->payload);
  int code = client->host.payload(client->host.user, &client->payload, err);
  if (code) return ls_wrap(err, code, "the sync payload");
  return ls_bytes_cstr(&client->payload) ? 0 : ls_fail_nomem(err);
}

void ls_client_connect(ls_client *client) {
  ls_error err = {0};
  ls_client_disarm(client, LS_TIMER_RETRY);
  client->limits = (ls_wire_limits){0};
  client->status.phase = LS_CLIENT_CONNECTING;
  if (ask_payload(client, &err) || client->host.connect(client->host.user, ls_client_payload(client), &err)) {
    wait_and_retry(client, &err);
    return;
  }
  client->linked = true;
  ls_client_arm(client, LS_TIMER_CONNECT, client->options.connect_ms);
}

/* ---------------------------------------------------------------------------------------------- */
/* Sending */

#define FRAME_KEPT 65536

/* Memory of the largest push would stay for as long as the client. */
static void shrink_frame(ls_client *client) {
  if (client->frame.capacity > FRAME_KEPT) ls_bytes_fini(&client->frame);
}

int ls_client_send(ls_client *client, ls_error *err) {
  if (!ls_bytes_ok(&client->frame)) return ls_fail_nomem(err);
  ls_error why = {0};
  int code = client->host.send(client->host.user, client->frame.data, client->frame.size, &why);
  shrink_frame(client);
  if (!code) return 0;
  return code == LS_ENOMEM ? ls_fail_nomem(err) : ls_fail(err, LS_EOFFLINE, "sending failed: %s", why.text);
}

uint64_t ls_client_request(ls_client *client) {
  if (ls_client_is_http(client)) ls_client_arm(client, LS_TIMER_PING, client->options.ping_ms);
  return client->next_id++;
}
