#include "support/house.h"

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

ls_store *house_session(ls_store *store, const char *session_id) {
  ls_store *made;
  ls_error err;
  assert_ok(ls_session_open(&made, store, session_id, &err), &err);
  return made;
}

void house_add(house *h, size_t n) {
  static const char *const names[HOUSE_MOST] = {"s", "second", "third", "fourth", "fifth"};
  for (; h->n < n; h->n++) h->s[h->n] = house_session(h->s[0], names[h->n]);
}

house house_open(const char *path, size_t n) {
  house h = {.s = {upstream_open(path, "c")}, .n = 1};
  house_add(&h, n);
  return h;
}

house house_open_with(const char *path, const ls_options *options, size_t n) {
  house h = {.s = {fixture_open_with(path, options)}, .n = 1};
  house_add(&h, n);
  return h;
}

void house_close(house *h) {
  while (h->n) fixture_close(h->s[--h->n]);
}

void house_check(const house *h) {
  ls_seqnum head = ls_log_head(h->s[0]->leader->log).seq;
  for (size_t i = 0; i < h->n; i++) {
    assert_true(ls_seqnum_equal(h->s[i]->session->state->at.seq, head));
    assert_string_equal(fixture_hash(h->s[i]), fixture_hash(h->s[0]));
  }
  upstream_check(h->s[0]);
}

static void tell(void *user, const ls_update *update) {
  teller *t = user;
  t->calls++;
  t->value = ls_rows_value(update->rows, 0, 0).as.i;
  if (t->order) strcat(t->order, t->name);
}

void house_watch(teller *t, ls_store *store, const char *sql, const char *name, char *order) {
  ls_error err;
  *t = (teller){.name = name, .order = order};
  assert_ok(ls_watch(&t->node, store, sql, LS_NO_PARAMS, tell, t, &err), &err);
  t->calls = 0;
  if (order) order[0] = '\0';
}

void house_unwatch(teller *tellers, size_t n) {
  for (size_t i = 0; i < n; i++) ls_node_release(tellers[i].node);
}
