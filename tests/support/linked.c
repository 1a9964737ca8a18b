#include "support/linked.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

ls_store *linked_leader(void) { return upstream_open(NULL, "c"); }

linked linked_open(const char *session_id, const char *schema) {
  linked l = {.leader = NULL};
  ls_error err;
  ls_options options = {.schema.json = schema ? schema : UPSTREAM_SCHEMA, .session_id = session_id};
  assert_ok(ls_uplink_open(&l.store, &options, &err), &err);
  return l;
}

static void drop_all(linked_message **queue) {
  while (*queue) {
    linked_message *message = *queue;
    *queue = message->next;
    free(message->data);
    free(message);
  }
}

void linked_cut(linked *l) {
  ls_downlink_close(l->downlink);
  l->downlink = NULL;
  l->leader = NULL;
  drop_all(&l->up);
  drop_all(&l->down);
}

void linked_connect(linked *l, ls_store *leader) {
  ls_error err;
  linked_cut(l);
  ls_uplink_lost(l->store);
  l->leader = leader;
  assert_ok(ls_downlink_open(&l->downlink, leader, &err), &err);
  linked_collect(l);
}

linked linked_joined(const char *session_id, ls_store *leader) {
  linked l = linked_open(session_id, NULL);
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  return l;
}

void linked_close(linked *l) {
  ls_error err;
  linked_cut(l);
  assert_ok(ls_close(l->store, &err), &err);
}

static void put(linked_message **queue, const void *data, size_t size) {
  linked_message *message = calloc(1, sizeof *message);
  assert_non_null(message);
  message->data = malloc(size);
  assert_non_null(message->data);
  memcpy(message->data, data, size);
  message->size = size;
  while (*queue) queue = &(*queue)->next;
  *queue = message;
}

static int collect(linked *l, ls_error *err) {
  const void *data;
  size_t size;
  int there;
  if (!l->downlink) return 0;
  while ((there = ls_uplink_take(&data, &size, l->store, err)) == 1) put(&l->up, data, size);
  if (there < 0) return there;
  while ((there = ls_downlink_take(&data, &size, l->downlink, err)) == 1) put(&l->down, data, size);
  return there;
}

int linked_try_collect(linked *l) { return collect(l, NULL); }

void linked_collect(linked *l) {
  ls_error err;
  assert_code(collect(l, &err), 0, &err);
}

int linked_deliver(linked *l, bool up, ls_error *err) {
  linked_message **queue = up ? &l->up : &l->down, *message = *queue;
  if (!message) return 1;
  *queue = message->next;
  int rc = up ? ls_downlink_receive(l->downlink, message->data, message->size, err)
              : ls_uplink_receive(l->store, message->data, message->size, err);
  free(message->data);
  free(message);
  return rc;
}

void linked_deliver_well(linked *l, bool up) {
  ls_error err;
  assert_ok(linked_deliver(l, up, &err), &err);
}

static bool deliver_one(linked *links, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (int up = 0; up < 2; up++) {
      ls_error err;
      int rc = linked_deliver(&links[i], up, &err);
      if (rc != 1 && rc != LS_ENOTFOUND) assert_ok(rc, &err); /* LS_ENOTFOUND: it greets anew */
      if (rc != 1) return true;
    }
  }
  return false;
}

void linked_settle(linked *links, size_t n) {
  do {
    for (size_t i = 0; i < n; i++) linked_collect(&links[i]);
  } while (deliver_one(links, n));
}

ls_uplink_status linked_status(const linked *l) {
  ls_uplink_status status;
  ls_error err;
  assert_ok(ls_uplink_status_get(&status, l->store, &err), &err);
  return status;
}

uint64_t linked_unsaved(const linked *l) { return linked_status(l).unsaved; }

ls_receipt linked_commit(const linked *l, const char *name, const char *args) {
  ls_receipt receipt;
  ls_error err;
  assert_ok(ls_commit(&receipt, l->store, name, args, &err), &err);
  return receipt;
}

void linked_assert_stage(const linked *l, ls_receipt receipt, ls_stage wanted) {
  assert_int_equal(ls_receipt_stage(l->store, &receipt), wanted);
}

void linked_assert_same(const linked *links, size_t n, ls_store *leader) {
  char expected[33], hash[33];
  ls_error err;
  assert_ok(ls_state_hash(expected, leader, &err), &err);
  for (size_t i = 0; i < n; i++) {
    assert_ok(ls_state_hash(hash, links[i].store, &err), &err);
    assert_string_equal(hash, expected);
    assert_int_equal(linked_unsaved(&links[i]), 0);
  }
}

void linked_finish(linked *l, ls_store *leader) {
  linked_assert_same(l, 1, leader);
  linked_close(l);
  fixture_close(leader);
}

size_t linked_count(const linked_message *queue) {
  size_t n = 0;
  for (; queue; queue = queue->next) n++;
  return n;
}

ls_link linked_read(const linked_message *message) {
  ls_link link = {.n = 0};
  ls_error err;
  assert_non_null(message);
  assert_ok(ls_link_read(&link, message->data, message->size, &err), &err);
  return link;
}

const char *linked_item(int id) {
  static char args[20];
  snprintf(args, sizeof args, "{\"id\":%d}", id);
  return args;
}

ls_receipt linked_put(const linked *l, int id) { return linked_commit(l, "put", linked_item(id)); }

int linked_id(const ls_event *event) {
  const char *id = strstr(event->args, "\"id\":");
  return id ? atoi(id + 5) : 0;
}

void linked_assert_log(ls_store *store, const char *wanted) {
  char ids[200] = "";
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  for (size_t at = 0; at < sizeof ids && ls_events_next(&event, events, &err) == 1;)
    at += (size_t)snprintf(ids + at, sizeof ids - at, at ? " %d" : "%d", linked_id(event));
  ls_events_close(events);
  assert_string_equal(ids, wanted);
}
