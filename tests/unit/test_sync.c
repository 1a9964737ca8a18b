/* A store joined to a server through livestore_host.h: what converges, what is shown, and what may be asked from inside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "support/cmocka_all.h"
#include "support/loopback.h"

static int setup(void **state) {
  loopback *world = calloc(1, sizeof *world);
  *state = world;
  loopback_init(world, NULL);
  return 0;
}

static int teardown(void **state) {
  loopback_fini(*state);
  free(*state);
  return 0;
}

static void add(ls_store *store, const char *id) {
  char args[100];
  ls_error err;
  snprintf(args, sizeof args, "{\"id\":\"%s\",\"text\":\"from %s\"}", id, ls_client_id(store));
  if (ls_commit(NULL, store, "v1.TodoCreated", args, &err)) fail_msg("%s", err.text);
}

static void add_many(ls_store *store, const char *prefix, int n) {
  char id[40];
  for (int i = 0; i < n; i++) {
    snprintf(id, sizeof id, "%s%d", prefix, i);
    add(store, id);
  }
}

static int64_t number(ls_store *store, const char *sql) {
  ls_query *query;
  ls_error err;
  if (ls_query_open(&query, store, sql, LS_NO_PARAMS, &err)) fail_msg("%s", err.text);
  assert_int_equal(ls_query_next(query, NULL), 1);
  int64_t value = ls_query_int(query, 0);
  ls_query_close(query);
  return value;
}

static ls_sync_status status_of(ls_store *store) {
  ls_sync_status status;
  ls_error err;
  if (ls_sync_status_get(&status, store, &err)) fail_msg("%s", err.text);
  return status;
}

static void assert_same(ls_store *a, ls_store *b) {
  char x[33], y[33];
  assert_int_equal(ls_state_hash(x, a, NULL), LS_OK);
  assert_int_equal(ls_state_hash(y, b, NULL), LS_OK);
  assert_string_equal(x, y);
  assert_int_equal(status_of(a).head.global, status_of(b).head.global);
}

/* ---------------------------------------------------------------------------------------------- */
/* Converging */

static void two_stores_end_with_the_same_log_and_state(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  add_many(a, "a", 3);
  add_many(b, "b", 5);
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  assert_same(a, b);
  assert_int_equal(number(a, "SELECT count(*) FROM todos"), 8);
  add(a, "later");
  loopback_run(world);
  assert_same(a, b);
  assert_true(status_of(a).equal && status_of(b).equal);
  assert_int_equal(status_of(b).pushed, 5);
  assert_int_equal(status_of(b).pulled, 4);
}

static void client_only_events_are_not_counted(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  add(a, "x");
  loopback_run(world);
  for (int i = 0; i < 3; i++) assert_int_equal(ls_commit(NULL, a, "v1.Hovered", NULL, NULL), LS_OK);
  loopback_run(world);
  assert_true(status_of(a).equal);
  add(b, "y");
  loopback_run(world);
  assert_int_equal(status_of(a).pushed, 1);
  assert_int_equal(status_of(a).pulled, 1);
}

static void requests_do_as_well_as_a_stream(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  world->wires[0].transport.requests = world->wires[1].transport.requests = true;
  add_many(a, "a", 250);
  add_many(b, "b", 3);
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_wait(world, 20000);
  assert_same(a, b);
  assert_int_equal(number(b, "SELECT count(*) FROM todos"), 253);
}

static void what_is_committed_offline_is_pushed_when_the_server_is_back(void **state) {
  loopback *world = *state;
  ls_receipt receipt;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  world->down = true;
  loopback_cut(world);
  assert_int_equal(ls_commit(&receipt, a, "v1.TodoCreated", "{\"id\":\"x\",\"text\":\"\"}", NULL), LS_OK);
  loopback_wait(world, 5000);
  assert_int_equal(status_of(a).phase, LS_SYNC_WAITING);
  assert_string_equal(status_of(a).error.text, "nobody answers");
  assert_true(status_of(a).next_try_ms > 0);
  assert_int_equal(ls_receipt_stage(a, &receipt), LS_STAGE_DURABLE);
  world->down = false;
  loopback_wait(world, 40000);
  assert_int_equal(ls_receipt_stage(a, &receipt), LS_STAGE_CONFIRMED);
  assert_same(a, b);
  assert_int_equal(status_of(a).error.code, LS_OK);
}

static void once_ends_when_both_ends_are_equal(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a");
  add_many(a, "a", 3);
  loopback_join(world, 0, &(ls_connect_options){.once = true});
  loopback_run(world);
  ls_sync_status status = status_of(a);
  assert_int_equal(status.phase, LS_SYNC_OFF);
  assert_true(status.equal);
  assert_int_equal(status.pushed, 3);
  assert_null(world->wires[0].peer);
  add(a, "more");
  assert_false(status_of(a).equal);
}

static void a_commit_that_can_no_longer_be_becomes_a_conflict(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  add(a, "same");
  add(b, "same");
  loopback_join(world, 0, NULL);
  loopback_run(world);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  assert_same(a, b);
  assert_int_equal(status_of(a).conflicts, 0);
  assert_int_equal(status_of(b).conflicts, 1);
  assert_true(status_of(b).equal);
}

/* ---------------------------------------------------------------------------------------------- */
/* What is shown */

typedef struct story {
  char text[400];
} story;

static void tell(void *user, const ls_update *update) {
  story *s = user;
  char word[100] = "null ";
  ls_value value = ls_rows_value(update->rows, 0, 0);
  if (value.type == LS_TYPE_INT) snprintf(word, sizeof word, "%d ", (int)value.as.i);
  if (value.type == LS_TYPE_TEXT) snprintf(word, sizeof word, "%.*s ", (int)value.as.b.size, (const char *)value.as.b.data);
  strncat(s->text, word, sizeof s->text - strlen(s->text) - 1);
}

/* Until the store is closed. */
static void follow(story *s, ls_store *store, ls_sync_fact fact) {
  ls_node *signal, *subscription;
  s->text[0] = '\0';
  assert_int_equal(ls_sync_signal(&signal, store, fact, NULL), LS_OK);
  assert_int_equal(ls_subscribe(&subscription, signal, NULL, tell, s, NULL), LS_OK);
  ls_node_release(signal);
}

static void signals_tell_how_it_goes(void **state) {
  loopback *world = *state;
  story phase, online, pending, error, conflicts;
  ls_store *a = loopback_open(world, 0, "a");
  follow(&phase, a, LS_SYNC_FACT_PHASE);
  follow(&online, a, LS_SYNC_FACT_ONLINE);
  follow(&pending, a, LS_SYNC_FACT_PENDING);
  follow(&error, a, LS_SYNC_FACT_ERROR);
  follow(&conflicts, a, LS_SYNC_FACT_CONFLICTS);
  add(a, "x");
  assert_int_equal(ls_commit(NULL, a, "v1.Hovered", NULL, NULL), LS_OK); /* never pushed */
  loopback_join(world, 0, NULL);
  loopback_run(world);
  world->down = true;
  loopback_cut(world);
  loopback_run(world);
  assert_string_equal(phase.text, "0 1 2 3 4 ");
  assert_string_equal(online.text, "0 1 0 ");
  assert_string_equal(pending.text, "0 1 0 ");
  assert_string_equal(error.text, "null cut ");
  assert_string_equal(conflicts.text, "0 ");
  world->down = false;
  loopback_wait(world, 5000);
  assert_string_equal(error.text, "null cut null ");
  ls_transport_detach(a);
  assert_string_equal(phase.text, "0 1 2 3 4 1 2 3 0 ");
}

static void a_store_that_is_not_connected_has_a_status_too(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a");
  add(a, "x");
  ls_sync_status status = status_of(a);
  assert_int_equal(status.phase, LS_SYNC_OFF);
  assert_int_equal(status.pending, 1);
  assert_false(status.online || status.equal);
  assert_null(status.url);
  assert_null(status.backend_id);
  ls_node *node;
  assert_int_equal(ls_sync_signal(&node, a, (ls_sync_fact)99, NULL), LS_EARGS);
}

static void count_call(void *user, const ls_update *update) {
  (void)update;
  ++*(int *)user;
}

static void subscriptions_wait_while_pages_follow_one_another(void **state) {
  loopback *world = *state;
  int calls = 0;
  ls_node *node;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  loopback_fini(world);
  loopback_init(world, &(ls_hub_limits){.chunk_events = 50});
  a = loopback_open(world, 0, "a");
  b = loopback_open(world, 1, "b");
  add_many(a, "a", 500);
  loopback_join(world, 0, NULL);
  loopback_run(world);
  assert_true(status_of(a).equal);
  assert_int_equal(ls_watch(&node, b, "SELECT count(*) FROM todos", LS_NO_PARAMS, count_call, &calls, NULL), LS_OK);
  calls = 0;
  loopback_join(world, 1, NULL);
  loopback_run(world);
  assert_int_equal(number(b, "SELECT count(*) FROM todos"), 500);
  assert_int_equal(calls, 1);
}

/* ---------------------------------------------------------------------------------------------- */
/* Who we are */

static int give_token(void *user, ls_payload *out, ls_error *err) {
  char text[60];
  int *n = user;
  if (++*n == 1) return ls_fail(err, LS_EIO, "no token yet");
  snprintf(text, sizeof text, "{\"authToken\":\"%d\"}", *n);
  return ls_payload_set(out, text, err);
}

static void a_token_is_asked_for_anew_with_each_connection(void **state) {
  loopback *world = *state;
  int n = 0;
  ls_store *a = loopback_open(world, 0, "a");
  loopback_join(world, 0, &(ls_connect_options){.payload = give_token, .payload_user = &n});
  loopback_run(world);
  assert_int_equal(status_of(a).phase, LS_SYNC_WAITING);
  assert_non_null(strstr(status_of(a).error.text, "no token yet"));
  loopback_wait(world, 3000);
  assert_string_equal(world->wires[0].payload, "{\"authToken\":\"2\"}");
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
  loopback_cut(world);
  loopback_wait(world, 3000);
  assert_string_equal(world->wires[0].payload, "{\"authToken\":\"3\"}");
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
}

static void a_token_that_is_refused_is_not_sent_again(void **state) {
  loopback *world = *state;
  world->wanted = "{\"authToken\":\"right\"}";
  ls_store *a = loopback_open(world, 0, "a");
  loopback_join(world, 0, &(ls_connect_options){.token = "wrong \"one\""});
  loopback_wait(world, 100000);
  assert_int_equal(world->wires[0].connects, 1);
  assert_string_equal(world->wires[0].payload, "{\"authToken\":\"wrong \\\"one\\\"\"}");
  assert_int_equal(status_of(a).phase, LS_SYNC_FAILED);
  assert_int_equal(status_of(a).error.code, LS_EACCESS);
  ls_transport_detach(a);
  loopback_join(world, 0, &(ls_connect_options){.token = "right"});
  loopback_run(world);
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
}

static void a_token_that_expired_is_renewed(void **state) {
  loopback *world = *state;
  int n = 1;
  world->wanted = "{\"authToken\":\"6\"}"; /* asked once to connect, and once more whether there is another */
  ls_store *a = loopback_open(world, 0, "a");
  loopback_join(world, 0, &(ls_connect_options){.payload = give_token, .payload_user = &n});
  loopback_wait(world, 100000);
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
}

static int give_nonsense(void *user, ls_payload *out, ls_error *err) {
  (void)user;
  return ls_payload_set(out, "{authToken}", err);
}

static void a_payload_that_is_no_json_is_not_sent(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a");
  loopback_join(world, 0, &(ls_connect_options){.payload = give_nonsense});
  loopback_run(world);
  assert_int_equal(world->wires[0].connects, 0);
  assert_non_null(strstr(status_of(a).error.text, "the sync payload"));
}

/* ---------------------------------------------------------------------------------------------- */
/* Another server */

static ls_store *synced_then_replaced(loopback *world, ls_backend_policy policy) {
  ls_store *a = loopback_open(world, 0, "a");
  add_many(a, "old", 3);
  loopback_join(world, 0, &(ls_connect_options){.backend = policy});
  loopback_run(world);
  world->down = true;
  loopback_cut(world);
  add(a, "pending");
  loopback_replace_server(world);
  ls_store *b = loopback_open(world, 1, "b");
  add(b, "new");
  world->down = false;
  loopback_join(world, 1, NULL);
  loopback_wait(world, 100000);
  return a;
}

static void another_log_sets_the_old_one_aside(void **state) {
  loopback *world = *state;
  ls_store *a = synced_then_replaced(world, LS_BACKEND_SET_ASIDE);
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
  assert_int_equal(number(a, "SELECT count(*) FROM todos"), 1);
  assert_int_equal(status_of(a).conflicts, 1);
  assert_same(a, world->wires[1].store);
}

static void another_log_stops_syncing_when_told_so(void **state) {
  loopback *world = *state;
  ls_store *a = synced_then_replaced(world, LS_BACKEND_STOP);
  assert_int_equal(status_of(a).phase, LS_SYNC_FAILED);
  assert_int_equal(status_of(a).error.code, LS_EBACKEND);
  assert_int_equal(number(a, "SELECT count(*) FROM todos"), 4);
  assert_int_equal(status_of(a).conflicts, 0);
}

static void another_log_is_given_what_we_have_when_told_so(void **state) {
  loopback *world = *state;
  ls_store *a = synced_then_replaced(world, LS_BACKEND_UPLOAD);
  assert_int_equal(status_of(a).phase, LS_SYNC_LIVE);
  assert_int_equal(number(a, "SELECT count(*) FROM todos"), 5);
  assert_same(a, world->wires[1].store);
}

/* ---------------------------------------------------------------------------------------------- */
/* From inside, and the end */

typedef struct meddler {
  ls_store *store;
  int closed, attached;
  bool detach, commit;
} meddler;

static void meddle(void *user, const ls_update *update) {
  meddler *m = user;
  (void)update;
  m->closed = ls_close(m->store, NULL);
  if (m->detach) ls_transport_detach(m->store);
  if (m->commit && number(m->store, "SELECT count(*) FROM todos") < 5) add_many(m->store, "inside", 1);
  m->commit = false;
}

static void a_subscription_may_stop_syncing_but_not_close(void **state) {
  loopback *world = *state;
  ls_node *node;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  meddler m = {.store = a};
  assert_int_equal(ls_watch(&node, a, "SELECT count(*) FROM todos", LS_NO_PARAMS, meddle, &m, NULL), LS_OK);
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  m = (meddler){.store = a, .detach = true};
  add(b, "x");
  loopback_run(world);
  assert_int_equal(m.closed, LS_ELOCKED);
  assert_int_equal(status_of(a).phase, LS_SYNC_OFF);
  assert_int_equal(world->wires[0].detached, 0);
  m.detach = false;
  loopback_join(world, 0, NULL); /* the old one goes, the new one comes */
  assert_int_equal(world->wires[0].detached, 1);
  add(b, "y");
  loopback_run(world);
  assert_same(a, b);
}

static void what_a_subscription_commits_is_pushed(void **state) {
  loopback *world = *state;
  ls_node *node;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b");
  meddler m = {.store = a};
  assert_int_equal(ls_watch(&node, a, "SELECT count(*) FROM todos", LS_NO_PARAMS, meddle, &m, NULL), LS_OK);
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  m.commit = true;
  add(b, "x");
  loopback_run(world);
  assert_int_equal(number(b, "SELECT count(*) FROM todos"), 2);
  assert_same(a, b);
}

static void sessions_share_one_connection(void **state) {
  loopback *world = *state;
  story phase, pending;
  ls_error err;
  ls_store *a = loopback_open(world, 0, "a"), *b = loopback_open(world, 1, "b"), *window;
  assert_int_equal(ls_session_open(&window, a, "window", &err), LS_OK);
  assert_int_equal(ls_transport_attach(window, &world->wires[0].transport, NULL, NULL, &err), LS_ELOCKED);
  follow(&phase, window, LS_SYNC_FACT_PHASE);
  follow(&pending, window, LS_SYNC_FACT_PENDING);
  loopback_join(world, 0, NULL);
  loopback_join(world, 1, NULL);
  loopback_run(world);
  add(window, "x");
  loopback_run(world);
  assert_string_equal(phase.text, "0 1 2 3 ");
  assert_string_equal(pending.text, "0 1 0 ");
  assert_int_equal(status_of(window).phase, LS_SYNC_LIVE);
  assert_int_equal(number(b, "SELECT count(*) FROM todos"), 1);
  add(b, "y");
  loopback_run(world);
  assert_int_equal(number(window, "SELECT count(*) FROM todos"), 2);
  assert_int_equal(ls_close(window, &err), LS_OK);
}

static void closing_in_the_middle_of_it_detaches(void **state) {
  loopback *world = *state;
  ls_store *a = loopback_open(world, 0, "a");
  add_many(a, "a", 300);
  loopback_join(world, 0, NULL);
  ls_transport_tick(a, world->now_ms);
  loopback_close(world, 0);
  assert_int_equal(world->wires[0].detached, 1);
  assert_null(world->wires[0].peer);
  loopback_run(world);
}

static void one_transport_at_a_time(void **state) {
  loopback *world = *state;
  ls_error err;
  ls_store *a = loopback_open(world, 0, "a");
  loopback_join(world, 0, NULL);
  assert_int_equal(loopback_try_join(world, 0, NULL, &err), LS_EEXISTS);
  assert_non_null(strstr(err.text, "loop:back"));
  ls_transport_detach(a);
  ls_transport_detach(a);
  assert_int_equal(world->wires[0].detached, 1);
  const ls_connect_options both = {.token = "t", .payload = give_token};
  assert_int_equal(loopback_try_join(world, 0, &both, &err), LS_EARGS);
  const ls_connect_options backwards = {.retry_min_ms = 10, .retry_max_ms = 5};
  assert_int_equal(loopback_try_join(world, 0, &backwards, &err), LS_EARGS);
  assert_int_equal(ls_transport_attach(a, &(ls_transport){.user = a}, NULL, NULL, &err), LS_EARGS);
  assert_int_equal(ls_transport_deadline_ms(a), INT64_MAX);
  ls_transport_tick(a, 1);
  ls_transport_opened(a, 1);
  ls_transport_frame(a, "[]", 2, 1);
  ls_transport_closed(a, NULL, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(two_stores_end_with_the_same_log_and_state, setup, teardown),
      cmocka_unit_test_setup_teardown(client_only_events_are_not_counted, setup, teardown),
      cmocka_unit_test_setup_teardown(requests_do_as_well_as_a_stream, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_committed_offline_is_pushed_when_the_server_is_back, setup, teardown),
      cmocka_unit_test_setup_teardown(once_ends_when_both_ends_are_equal, setup, teardown),
      cmocka_unit_test_setup_teardown(a_commit_that_can_no_longer_be_becomes_a_conflict, setup, teardown),
      cmocka_unit_test_setup_teardown(signals_tell_how_it_goes, setup, teardown),
      cmocka_unit_test_setup_teardown(a_store_that_is_not_connected_has_a_status_too, setup, teardown),
      cmocka_unit_test_setup_teardown(subscriptions_wait_while_pages_follow_one_another, setup, teardown),
      cmocka_unit_test_setup_teardown(a_token_is_asked_for_anew_with_each_connection, setup, teardown),
      cmocka_unit_test_setup_teardown(a_token_that_is_refused_is_not_sent_again, setup, teardown),
      cmocka_unit_test_setup_teardown(a_token_that_expired_is_renewed, setup, teardown),
      cmocka_unit_test_setup_teardown(a_payload_that_is_no_json_is_not_sent, setup, teardown),
      cmocka_unit_test_setup_teardown(another_log_sets_the_old_one_aside, setup, teardown),
      cmocka_unit_test_setup_teardown(another_log_stops_syncing_when_told_so, setup, teardown),
      cmocka_unit_test_setup_teardown(another_log_is_given_what_we_have_when_told_so, setup, teardown),
      cmocka_unit_test_setup_teardown(a_subscription_may_stop_syncing_but_not_close, setup, teardown),
      cmocka_unit_test_setup_teardown(what_a_subscription_commits_is_pushed, setup, teardown),
      cmocka_unit_test_setup_teardown(sessions_share_one_connection, setup, teardown),
      cmocka_unit_test_setup_teardown(closing_in_the_middle_of_it_detaches, setup, teardown),
      cmocka_unit_test_setup_teardown(one_transport_at_a_time, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
