#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "sync/client_internal.h"

int ls_client_pull_send(ls_client *client, ls_error *err) {
  const char *backend_id = client->host.backend_id(client->host.user);
  int64_t head = ls_client_head(client);
  ls_wire_pull pull = {.store_id = client->store_id,
                       .payload = ls_client_payload(client),
                       .live = !ls_client_is_http(client),
                       .has_cursor = head > 0 && *backend_id && !client->pull.from_start,
                       .cursor = head};
  if (pull.has_cursor) pull.backend_id = backend_id;
  client->pull.id = ls_client_request(client);
  client->pull.has_cursor = pull.has_cursor;
  client->pull.active = true;
  client->pull.wanted = client->pull.brought = false;
  ls_client_disarm(client, LS_TIMER_POLL);
  ls_client_arm(client, LS_TIMER_PAGE, client->options.answer_ms);
  ls_bytes_clear(&client->frame);
  ls_wire_write_pull(&client->frame, client->options.transport, client->pull.id, &pull);
  return ls_client_send(client, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Who is it? */

/* A cursor means nothing to a log that it was not taken from, so what came for it is not used. */
static int meet_backend(ls_client *client, const ls_wire_page *page, ls_error *err) {
  if (strcmp(page->backend_id, client->host.backend_id(client->host.user)) == 0) return 0;
  int code = client->host.backend(client->host.user, page->backend_id, err);
  if (code == LS_EBACKEND) ls_client_fail(client, err);
  if (code) return code;
  ls_client_push_confirm(client, true);
  if (!client->pull.has_cursor) return 0;
  client->pull.from_start = true;
  return ls_fail(err, LS_EBACKEND, "the server answered for another log, %s, than was asked for", page->backend_id);
}

static int meet_backends(ls_client *client, const ls_response *chunk, ls_error *err) {
  for (size_t i = 0; i < chunk->n_pages; i++) {
    if (strcmp(chunk->pages[i].backend_id, chunk->pages[0].backend_id) != 0) {
      return ls_fail(err, LS_EPROTOCOL, "one chunk has pages of two logs, %s and %s", chunk->pages[0].backend_id,
                     chunk->pages[i].backend_id);
    }
  }
  return chunk->n_pages ? meet_backend(client, &chunk->pages[0], err) : 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* The events of a chunk, as the log has them */

typedef struct batch {
  ls_event *events;
  size_t n;
  ls_arena args;
  int64_t head; /* upstream head, then the last event taken */
} batch;

/* LS_EPROTOCOL unless the event follows the head at once. */
static int check_link(const ls_wire_event *event, int64_t head, ls_error *err) {
  if (event->parent == head && event->seq > head && event->seq <= LS_SEQNUM_MAX_GLOBAL) return 0;
  return ls_fail(err, LS_EPROTOCOL, "the server gave e%lld with parent e%lld where what follows e%lld was expected",
                 (long long)event->seq, (long long)event->parent, (long long)head);
}

static int take_event(ls_client *client, batch *into, const ls_wire_event *event, ls_error *err) {
  ls_event *to = &into->events[into->n];
  int code = check_link(event, into->head, err);
  if (code) return code;
  code = ls_wire_to_event(to, &client->args, event, err);
  if (code == LS_ENOMEM) return code;
  if (code) return ls_fail(err, LS_EPROTOCOL, "e%lld as the server gave it: %s", (long long)event->seq, err->text);
  to->args = ls_arena_dup(&into->args, to->args, to->args_size);
  if (!to->args) return ls_fail_nomem(err);
  into->head = event->seq;
  into->n++;
  return 0;
}

/* What the log has already is passed over: servers may overlap. */
static int take_page(ls_client *client, batch *into, const ls_wire_page *page, ls_error *err) {
  for (size_t i = 0; i < page->n_events; i++) {
    if (page->events[i].seq <= into->head) continue;
    int code = take_event(client, into, &page->events[i], err);
    if (code) return code;
  }
  return 0;
}

static int take_chunk(ls_client *client, batch *into, const ls_response *chunk, ls_error *err) {
  size_t most = 0;
  for (size_t i = 0; i < chunk->n_pages; i++) most += chunk->pages[i].n_events;
  if (most == 0) return 0;
  into->events = ls_calloc(most, sizeof *into->events);
  if (!into->events) return ls_fail_nomem(err);
  int code = 0;
  for (size_t i = 0; i < chunk->n_pages && !code; i++) code = take_page(client, into, &chunk->pages[i], err);
  return code;
}

/* ---------------------------------------------------------------------------------------------- */
/* Merging them */

static int merge(ls_client *client, const batch *from, bool more, ls_error *err) {
  if (from->n == 0 && (more || !client->pull.held)) return 0;
  ls_client_merged merged = {0};
  int code = client->host.merge(client->host.user, &merged, from->events, from->n, more, err);
  if (code) return ls_wrap(err, code, "merging what the server gave");
  client->pull.held = more;
  client->status.pushed += merged.confirmed;
  client->status.pulled += from->n - merged.confirmed;
  if (from->n) {
    client->faults = 0;
    client->push.ahead = 0;
    client->pull.brought = true;
  }
  ls_client_push_confirm(client, merged.rebased);
  return 0;
}

static int take_and_merge(ls_client *client, const ls_response *chunk, bool more, ls_error *err) {
  batch taken = {.head = ls_client_head(client)};
  int code = take_chunk(client, &taken, chunk, err);
  if (!code) code = merge(client, &taken, more, err);
  ls_arena_fini(&taken.args);
  ls_free(taken.events);
  return code;
}

/* ---------------------------------------------------------------------------------------------- */
/* What a page means for the connection */

static void page_came(ls_client *client, bool more, int64_t remaining) {
  client->pull.caught_up = !more;
  client->pull.from_start = false;
  client->status.phase = more ? LS_CLIENT_PULLING : LS_CLIENT_LIVE;
  client->status.remaining = more ? remaining : 0;
  if (more) client->status.equal = false;
  client->status.tries = 0;
  if (client->push.errors == 0) ls_error_clear(&client->status.error);
  if (more || ls_client_is_http(client)) {
    ls_client_arm(client, LS_TIMER_PAGE, client->options.answer_ms);
  } else {
    ls_client_disarm(client, LS_TIMER_PAGE);
  }
  ls_client_look(client);
}

static int acknowledge(ls_client *client, ls_error *err) {
  if (ls_client_is_http(client)) return 0;
  ls_bytes_clear(&client->frame);
  ls_wire_write_ack(&client->frame, client->pull.id);
  return ls_client_send(client, err);
}

int ls_client_pull_chunk(ls_client *client, const ls_response *chunk, ls_error *err) {
  if (!client->pull.active || chunk->id != client->pull.id || chunk->n_pages == 0) return 0;
  const ls_wire_page *last = &chunk->pages[chunk->n_pages - 1];
  bool more = last->info != LS_PAGE_NO_MORE && last->n_events > 0; /* nothing is no part of more */
  int code = meet_backends(client, chunk, err);
  if (!code) code = take_and_merge(client, chunk, more, err);
  if (code) return code;
  page_came(client, more, last->remaining);
  return acknowledge(client, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* The end of a pull */

const char *ls_client_failure_text(const ls_failure *failure) {
  switch (failure->kind) {
    case LS_FAILURE_SERVER_AHEAD: return "the server is ahead";
    case LS_FAILURE_BACKEND_ID: return "the server keeps another log";
    case LS_FAILURE_INTERRUPTED: return "interrupted";
    default: return failure->message ? failure->message : "no reason given";
  }
}

static int pull_failed(ls_client *client, const ls_failure *failure, ls_error *err) {
  if (failure->kind == LS_FAILURE_BACKEND_ID) {
    client->pull.from_start = true;
    return ls_fail(err, LS_EBACKEND, "the server keeps the log %s, not %s", failure->expected, failure->received);
  }
  if (failure->permanent) return ls_fail(err, LS_EACCESS, "the server refused to give events: %s", failure->message);
  return ls_fail(err, LS_EOFFLINE, "the server ended the pull: %s", ls_client_failure_text(failure));
}

/* An answer that brings nothing says that there is no more. */
static int pull_answered(ls_client *client, ls_error *err) {
  static const batch nothing = {0};
  ls_client_disarm(client, LS_TIMER_PAGE);
  if (!client->pull.caught_up && client->pull.brought) {
    client->pull.wanted = true;
    return 0;
  }
  int code = merge(client, &nothing, false, err);
  if (code) return code;
  page_came(client, false, 0);
  ls_client_disarm(client, LS_TIMER_PAGE);
  ls_client_arm(client, LS_TIMER_POLL, client->options.poll_ms);
  return 0;
}

int ls_client_pull_exit(ls_client *client, const ls_response *exit, ls_error *err) {
  client->pull.active = false;
  if (exit->kind == LS_RESPONSE_FAILURE) return pull_failed(client, &exit->failure, err);
  if (ls_client_is_http(client)) return pull_answered(client, err);
  return ls_fail(err, LS_EOFFLINE, "the server ended the live pull");
}
