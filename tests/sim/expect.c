/* expect.c - what a scenario expects. */
#include <inttypes.h>

#include "sim/world.h"

static int64_t query_number(sim_client *c, const char *sql, int64_t param) {
  ls_query *query;
  ls_error err;
  if (!sim_client_store(c) || ls_query_open(&query, sim_client_store(c), sql, LS_PARAMS(ls_int(param)), &err))
    return -1;
  int64_t number = ls_query_next(query, &err) == 1 ? ls_query_int(query, 0) : 0;
  ls_query_close(query);
  return number;
}

static int64_t value_of(sim_world *w, const sim_action *a) {
  if (a->verb == SIM_EXPECT_LOG) return (int64_t)w->oracle.n_log;
  if (a->numbers[0] < 1 || a->numbers[0] > w->schedule->n_clients) return -1;
  sim_client *c = &w->clients[a->numbers[0] - 1];
  if (a->verb == SIM_EXPECT_ROWS) return query_number(c, "SELECT count(*) FROM item WHERE ?1 IS NOT NULL", 0);
  if (a->verb == SIM_EXPECT_COUNT) return query_number(c, "SELECT total FROM tally WHERE id = ?1", a->numbers[1]);
  ls_status status;
  ls_error err;
  return sim_client_store(c) && !ls_status_get(&status, sim_client_store(c), &err) ? (int64_t)status.conflicts : -1;
}

void sim_expect(sim_world *w, const sim_action *a) {
  int64_t expected = a->numbers[a->verb == SIM_EXPECT_LOG ? 0 : a->verb == SIM_EXPECT_COUNT ? 2 : 1];
  int64_t value = value_of(w, a);
  char text[100];
  if (value != expected) sim_wrong(w, "%s: it is %" PRId64, sim_action_format(a, text, sizeof text) + 5, value);
}
