#include "support/linked.h"

#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/upstream_fixture.h"

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

uint64_t linked_unsaved(const linked *l) {
  ls_uplink_status status;
  ls_error err;
  assert_ok(ls_uplink_status_get(&status, l->store, &err), &err);
  return status.unsaved;
}
