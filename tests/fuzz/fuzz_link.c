/* fuzz_link - messages between a session and a leader in different places. A message is a byte that says for whom it is
 * ('u': up to the leader, else down to the session) and what follows up to the next byte 1. Whatever they say: the leader's
 * state is that of a replay of its log, and a new session agrees with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "livestore_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT\"],"
    "\"events\":{\"put\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{},\"name\":{}}},"
    "\"sql\":\"INSERT INTO items VALUES (:id, :name)\"},"
    "\"local\":{\"clientOnly\":true,\"args\":{\"type\":\"object\",\"properties\":{\"id\":{}}},"
    "\"sql\":\"DELETE FROM items WHERE id = :id\"}}}";

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_link: %s\n", what);
  abort();
}

/* Carry what both have to say, for so many messages at most. */
static void carry(ls_store *session, ls_downlink *link, int most) {
  const void *message;
  size_t size;
  for (int i = 0; i < most; i++) {
    bool up = ls_uplink_take(&message, &size, session, NULL) == 1;
    if (up) ls_downlink_receive(link, message, size, NULL);
    bool down = ls_downlink_take(&message, &size, link, NULL) == 1;
    if (down) ls_uplink_receive(session, message, size, NULL);
    if (!up && !down) return;
  }
}

static void check(ls_store *leader) {
  ls_error err;
  ls_store *session;
  ls_downlink *link;
  char before[33], after[33], there[33];
  require(ls_state_hash(before, leader, &err) == LS_OK, "the leader has a state");
  require(ls_rebuild(leader, &err) == LS_OK && ls_state_hash(after, leader, &err) == LS_OK, "which can be made anew");
  require(strcmp(before, after) == 0, "and is that of its log");
  require(ls_uplink_open(&session, &(ls_options){.schema.json = SCHEMA, .session_id = "new"}, &err) == LS_OK,
          "a session");
  require(ls_downlink_open(&link, leader, &err) == LS_OK, "can be joined");
  carry(session, link, 1000);
  require(ls_state_hash(there, session, &err) == LS_OK && strcmp(there, before) == 0, "and agrees");
  ls_downlink_close(link);
  require(ls_close(session, &err) == LS_OK, "and can be closed");
}

static void deliver(ls_store *session, ls_downlink *link, const uint8_t *message, size_t size) {
  if (*message == 'u')
    ls_downlink_receive(link, message + 1, size - 1, NULL);
  else
    ls_uplink_receive(session, message + 1, size - 1, NULL);
  carry(session, link, 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ls_store *leader, *session;
  ls_downlink *link;
  ls_options options = {.schema.json = SCHEMA, .client_id = "c", .session_id = "s"};
  ls_error err;
  require(ls_open(&leader, NULL, &options, &err) == LS_OK, "a leader can be opened");
  require(ls_uplink_open(&session, &options, &err) == LS_OK, "and a session");
  require(ls_downlink_open(&link, leader, &err) == LS_OK, "a leader can be joined");
  carry(session, link, 10);
  ls_commit(NULL, session, "put", "{\"id\":1,\"name\":\"a\"}", &err);
  for (size_t from = 0, end; from < size; from = end + 1) {
    const uint8_t *next = memchr(data + from, 1, size - from);
    end = next ? (size_t)(next - data) : size;
    if (end > from) deliver(session, link, data + from, end - from);
  }
  ls_downlink_close(link);
  require(ls_close(session, &err) == LS_OK, "the session can be closed");
  check(leader);
  require(ls_close(leader, &err) == LS_OK, "and the leader");
  return 0;
}
