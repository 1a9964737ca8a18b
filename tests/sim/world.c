#include "sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHECK_FILES = 4,            /* of how many schedules one ends with a look at the files */
  SETTLE_MS = 20 * 60 * 1000, /* within which all must be equal once everything works */
  MOST_AT_ONCE = 20000        /* happenings at one time: more means that two answer one another for ever */
};

uint32_t sim_below(uint32_t below) { return (uint32_t)(ls_sim_random() % below); }

/* ---------------------------------------------------------------------------------------------- */
/* One step */

static sim_client *next_to_tick(sim_world *w, int64_t *at_ms) {
  sim_client *next = NULL;
  *at_ms = INT64_MAX;
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client *c = &w->clients[i];
    int64_t due = sim_client_store(c) ? ls_transport_deadline_ms(sim_client_store(c)) : INT64_MAX;
    if (due >= *at_ms) continue;
    *at_ms = due;
    next = c;
  }
  return next;
}

static void tick(sim_client *c) {
  sim_client_enter(c);
  ls_transport_tick(sim_client_store(c), c->world->now_ms);
  sim_client_leave(c);
}

static void settle(sim_world *w);

static void act(sim_world *w, const sim_action *a) {
  char text[100];
  sim_say(w, "", "· %s", sim_action_format(a, text, sizeof text));
  w->counts.actions++;
  if (a->verb == SIM_SETTLE)
    settle(w);
  else if (a->who == SIM_WORLD)
    sim_expect(w, a);
  else if (a->who == SIM_SERVER)
    sim_server_act(w, a);
  else
    sim_client_act(&w->clients[a->who - 1], a);
}

static void pass_time(sim_world *w, int64_t to_ms) {
  if (to_ms > w->now_ms) w->now_ms = to_ms;
}

static void deliver(sim_world *w) {
  sim_happening h = sim_queue_take(&w->queue);
  pass_time(w, h.at_ms);
  w->counts.happenings++;
  sim_link_deliver(w, &h);
  sim_client *c = h.conn ? h.conn->client : NULL;
  if (c && sim_client_store(c) && h.kind == SIM_FRAME_DOWN) sim_check_pending(c);
}

/* What comes first, up to a time: false when nothing does. */
static bool step(sim_world *w, int64_t until_ms) {
  int64_t tick_ms;
  sim_client *c = next_to_tick(w, &tick_ms);
  const sim_happening *h = sim_queue_first(&w->queue);
  int64_t first_ms = h && h->at_ms <= tick_ms ? h->at_ms : tick_ms;
  if (first_ms > until_ms || (!h && !c)) return false;
  if (h && h->at_ms <= tick_ms) {
    deliver(w);
  } else {
    pass_time(w, tick_ms);
    tick(c);
  }
  return true;
}

static void run_until(sim_world *w, int64_t until_ms) {
  int64_t at_ms = w->now_ms;
  for (int n = 0; !w->wrong[0] && step(w, until_ms); n++) {
    if (w->now_ms != at_ms) n = 0;
    at_ms = w->now_ms;
    if (n > MOST_AT_ONCE) sim_wrong(w, "too much happens at once, and does not end");
  }
  pass_time(w, until_ms);
}

/* ---------------------------------------------------------------------------------------------- */
/* Settling */

static void heal(sim_world *w) {
  ls_sim_disk_set_room(w->server.disk, -1);
  ls_sim_disk_start(w->server.disk);
  w->server.unanswered = false;
  sim_server_start(w);
  if (!w->server.up) sim_wrong(w, "the server does not start");
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client *c = &w->clients[i];
    sim_link_cut(c, false);
    ls_sim_disk_set_room(c->disk, -1);
    ls_sim_disk_start(c->disk);
    sim_client_open(c);
    if (!sim_client_store(c)) sim_wrong(w, "%s does not open", c->name);
  }
}

/* With a log as long as the one before it, only its id tells that another backend answers. */
static bool knows_backend(const sim_client *c, const ls_sync_status *status) {
  const ls_backend *backend = &c->world->server.backend;
  ls_backend_head head;
  return status->backend_id && backend->head(backend->self, &head, SIM_STORE, NULL) == LS_OK &&
         strcmp(status->backend_id, head.backend_id) == 0;
}

static bool is_equal(sim_client *c) {
  ls_sync_status status;
  ls_error err;
  if (ls_sync_status_get(&status, sim_client_store(c), &err)) return false;
  if (status.phase == LS_SYNC_FAILED) sim_wrong(c->world, "%s has stopped syncing: %s", c->name, status.error.text);
  return status.phase == LS_SYNC_LIVE && status.equal && !status.pending &&
         status.upstream_head.global == (int64_t)c->world->oracle.n_log && knows_backend(c, &status);
}

static bool all_equal(sim_world *w) {
  if (sim_queue_first(&w->queue)) return false; /* what is on its way may change that */
  for (int i = 0; i < w->schedule->n_clients; i++) {
    if (!is_equal(&w->clients[i])) return false;
  }
  return true;
}

static void say_who_waits(sim_world *w) {
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client *c = &w->clients[i];
    ls_sync_status s;
    ls_error err;
    if (is_equal(c) || ls_sync_status_get(&s, sim_client_store(c), &err)) continue;
    sim_wrong(
        w, "%s is not equal to the server in %d minutes: phase %d, %" PRIu64 " pending, at e%" PRId64 " of e%zu; %s",
        c->name, SETTLE_MS / 60000, (int)s.phase, s.pending, s.upstream_head.global, w->oracle.n_log, s.error.text);
  }
}

static void settle(sim_world *w) {
  int64_t end_ms = w->now_ms + SETTLE_MS;
  heal(w);
  while (!w->wrong[0] && !all_equal(w) && w->now_ms < end_ms) run_until(w, w->now_ms + 100);
  if (!w->wrong[0] && !all_equal(w)) say_who_waits(w);
  if (!w->wrong[0]) sim_compare_all(w);
}

/* True when it was half-way through the fleet. */
static bool upgrade_all(sim_world *w) {
  int upgraded = 0;
  for (int i = 0; i < w->schedule->n_clients; i++) upgraded += w->clients[i].schema == 2;
  if (!upgraded || upgraded == w->schedule->n_clients) return false;
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client_act(&w->clients[i], &(sim_action){.who = i + 1, .verb = SIM_UPGRADE});
  }
  return true;
}

/* ---------------------------------------------------------------------------------------------- */

static void begin(sim_world *w) {
  w->server.disk = ls_sim_disk_of("s");
  sim_server_start(w);
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client_init(&w->clients[i], w, i + 1);
    sim_client_open(&w->clients[i]);
  }
}

static void run(sim_world *w) {
  begin(w);
  for (; w->next < w->schedule->n && !w->wrong[0]; w->next++) {
    const sim_action *a = &w->schedule->actions[w->next];
    run_until(w, a->at_ms > w->now_ms ? a->at_ms : w->now_ms);
    if (!w->wrong[0]) act(w, a);
  }
  if (!w->wrong[0]) settle(w);
  if (!w->wrong[0] && upgrade_all(w)) settle(w);
  if (!w->wrong[0] && w->schedule->seed % CHECK_FILES == 0) sim_compare_files(w);
}

static void end(sim_world *w) {
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client_close(&w->clients[i]);
    sim_queue_fini(&w->clients[i].held);
  }
  sim_server_stop(w);
  sim_queue_fini(&w->queue);
  sim_oracle_fini(&w->oracle);
  while (w->conns) {
    sim_conn *conn = w->conns;
    w->conns = conn->next;
    free(conn);
  }
  ls_sim_end();
}

bool sim_run(const sim_schedule *schedule, FILE *timeline, char *wrong, size_t wrong_size, sim_counts *counts) {
  static sim_world world;
  world = (sim_world){.schedule = schedule, .timeline = timeline, .counts = *counts};
  if (!ls_sim_begin(schedule->seed)) return false;
  run(&world);
  world.timeline = NULL;
  end(&world);
  world.counts.schedules++;
  *counts = world.counts;
  snprintf(wrong, wrong_size, "%s", world.wrong);
  return !world.wrong[0];
}
