/* client.c - a client: a store on a disk of its own, with further sessions, a subscription in each, and a clock that
 * may be wrong. Between sim_client_enter and sim_client_leave the library runs; when its disk stops meanwhile, the
 * process is dead: what the library still does to come to an end reaches neither disk nor network. */
#include "core/store.h"
#include "core/sync.h"
#include "sim/world.h"

static void told(void *user, const ls_update *update) {
  sim_view *view = user;
  if (!update->rows) return;
  ls_rows_release(view->rows);
  view->rows = ls_rows_retain((ls_rows *)update->rows);
  view->told = true;
}

/* ---------------------------------------------------------------------------------------------- */

void sim_client_init(sim_client *c, sim_world *w, int id) {
  *c = (sim_client){.world = w, .id = id, .schema = 1, .delay_ms = 1 + sim_below(10)};
  snprintf(c->name, sizeof c->name, "c%d", id);
  c->disk = ls_sim_disk_of(c->name);
}

void sim_client_enter(sim_client *c) { ls_sim_clock_set(c->world->now_ms, SIM_EPOCH + c->world->now_ms + c->jump_ms); }

/* What is wrong with syncing, once. Nothing is read of the disk for it: with a timeline happens what happens
 * without. */
static void say_trouble(sim_client *c) {
  const ls_sync *sync = sim_client_store(c) ? sim_client_store(c)->sync : NULL;
  if (!c->world->timeline || !sync || !sync->client) return;
  const ls_error *error = &ls_client_status_get(sync->client)->error;
  if (error->code && strcmp(error->text, c->trouble) != 0) sim_say(c->world, c->name, "has trouble: %s", error->text);
  snprintf(c->trouble, sizeof c->trouble, "%s", error->code ? error->text : "");
}

void sim_client_leave(sim_client *c) {
  say_trouble(c);
  if (!ls_sim_disk_is_stopped(c->disk)) sim_follow_undos(c);
  if (ls_sim_disk_is_stopped(c->disk)) sim_client_crash(c, c->loses_power);
}

static void look_at(sim_client *c, sim_view *view) {
  ls_error err;
  int rc = ls_watch(&view->watch, view->store, SIM_WATCHED, LS_NO_PARAMS, told, view, &err);
  if (rc && !ls_sim_disk_is_stopped(c->disk) && !c->flaky)
    sim_wrong(c->world, "%s cannot be watched: %s", c->name, err.text);
}

static void forget_view(sim_view *view) {
  ls_node_release(view->watch);
  ls_rows_release(view->rows);
  *view = (sim_view){0};
}

/* The further ones first. */
static void close_all(sim_client *c) {
  for (int i = SIM_SESSIONS - 1; i >= 0; i--) {
    sim_view *view = &c->views[i];
    ls_store *store = view->store;
    ls_error err;
    forget_view(view);
    if (ls_close(store, &err) && !ls_sim_disk_is_stopped(c->disk)) sim_say(c->world, c->name, "closing: %s", err.text);
  }
}

void sim_client_crash(sim_client *c, bool power) {
  sim_say(c->world, c->name, "dies%s", power ? ", without power" : "");
  c->world->counts.crashes++;
  ls_sim_disk_stop(c->disk, 0);
  sim_link_abandon(c, power);
  close_all(c);
  if (power) ls_sim_disk_lose(c->disk);
  ls_sim_disk_start(c->disk);
  sim_oracle_crash(&c->world->oracle, c->id, power ? 2 : 1);
  if (power) sim_forget_tried(c);
  if (sim_promise_of(c) < (power ? 2 : 1)) memset(c->numbers, 0, sizeof c->numbers);
}

/* ---------------------------------------------------------------------------------------------- */

static int connect_store(sim_client *c, ls_error *err) {
  const ls_connect_options options = {.push_events = c->world->schedule->push};
  const ls_transport transport = sim_transport(c);
  return ls_transport_attach(sim_client_store(c), &transport, "sim", &options, err);
}

void sim_client_connect(sim_client *c) {
  ls_error err;
  sim_client_enter(c);
  ls_transport_detach(sim_client_store(c));
  if (connect_store(c, &err)) sim_wrong(c->world, "%s does not connect: %s", c->name, err.text);
  sim_client_leave(c);
}

static void opened(sim_client *c) {
  ls_error err;
  c->life++;
  sim_say(c->world, c->name, "opens its store, schema %d", c->schema);
  look_at(c, &c->views[0]);
  if (connect_store(c, &err)) sim_wrong(c->world, "%s does not connect: %s", c->name, err.text);
}

void sim_client_open(sim_client *c) {
  const sim_schedule *s = c->world->schedule;
  char path[16];
  ls_error err = {0};
  if (sim_client_store(c)) return;
  snprintf(path, sizeof path, "%s/store", c->name);
  const ls_options options = {.schema = {.json = SIM_SCHEMAS[c->schema - 1]},
                              .store_id = SIM_STORE,
                              .client_id = c->name,
                              .session_id = "s0",
                              .durability = s->durability,
                              .state = s->state,
                              .snapshot_events = s->snapshot,
                              .rollback_bytes = s->rollback};
  sim_client_enter(c);
  int rc = ls_open(&c->views[0].store, path, &options, &err);
  if (!rc)
    opened(c);
  else
    sim_say(c->world, c->name, "does not open: %s", err.text);
  if (rc == LS_ECORRUPT || rc == LS_EFORMAT || rc == LS_ELOCKED || rc == LS_ESCHEMA) {
    sim_wrong(c->world, "%s does not open: %s", c->name, err.text);
  }
  sim_client_leave(c);
}

/* What the store answers for with `later` is durable from here on. */
static void flushed(sim_client *c) {
  sim_oracle *o = &c->world->oracle;
  int survives = c->world->schedule->durability == LS_DURABILITY_LATER ? 1 : 0;
  for (size_t i = 0; i < o->n; i++) {
    sim_event *e = &o->events[i];
    if (e->client == c->id && e->fate == SIM_TAKEN && e->survives < survives) e->survives = survives;
  }
}

/* What was not flushed may be lost, and its numbers given again. */
static void not_flushed(sim_client *c) {
  if (c->world->schedule->durability != LS_DURABILITY_LATER) return;
  sim_oracle_crash(&c->world->oracle, c->id, 1);
  memset(c->numbers, 0, sizeof c->numbers);
}

/* With `later` it may be lost whenever the library flushes, which it does when it likes. */
static void grow_flaky(sim_client *c) {
  c->flaky = true;
  not_flushed(c);
}

void sim_client_close(sim_client *c) {
  if (!sim_client_store(c)) return;
  ls_error err;
  sim_client_enter(c);
  int rc = ls_flush(sim_client_store(c), &err);
  if (rc)
    not_flushed(c);
  else
    flushed(c);
  if (!ls_sim_disk_is_stopped(c->disk)) {
    sim_say(c->world, c->name, "closes its store");
    close_all(c);
  }
  sim_client_leave(c);
}

static void flush(sim_client *c) {
  ls_error err;
  int rc = ls_flush(sim_client_store(c), &err);
  if (rc)
    not_flushed(c);
  else
    flushed(c);
}

static void rebuild(sim_client *c) {
  ls_error err;
  char before[33], after[33];
  ls_store *store = sim_client_store(c);
  if (ls_state_hash(before, store, &err) || ls_rebuild(store, &err) || ls_state_hash(after, store, &err)) {
    sim_say(c->world, c->name, "is not rebuilt: %s", err.text);
  } else if (strcmp(before, after) != 0) {
    sim_wrong(c->world, "%s: the state is %s, and %s when it is made anew", c->name, before, after);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Further sessions */

static void open_session(sim_client *c, int i) {
  char id[8];
  ls_error err;
  sim_view *view = &c->views[i];
  if (i == 0 || view->store) return;
  snprintf(id, sizeof id, "s%d", i);
  sim_client_enter(c);
  int rc = ls_session_open(&view->store, sim_client_store(c), id, &err);
  if (rc)
    sim_say(c->world, c->name, "opens no session %s: %s", id, err.text);
  else
    look_at(c, view);
  sim_client_leave(c);
}

static void end_session(sim_client *c, int i) {
  ls_error err;
  ls_store *store = c->views[i].store;
  if (i == 0 || !store) return;
  sim_client_enter(c);
  forget_view(&c->views[i]);
  if (ls_close(store, &err)) sim_say(c->world, c->name, "closing session s%d: %s", i, err.text);
  sim_client_leave(c);
}

static void upgrade(sim_client *c) {
  ls_error err;
  int rc = LS_OK;
  for (int i = SIM_SESSIONS - 1; i > 0; i--) end_session(c, i); /* the schema is everybody's */
  sim_client_enter(c);
  if (sim_client_store(c)) rc = ls_schema_set(sim_client_store(c), &(ls_schema_source){.json = SIM_SCHEMAS[1]}, &err);
  if (rc) sim_say(c->world, c->name, "is not upgraded: %s", err.text);
  if (!rc || ls_sim_disk_is_stopped(c->disk)) c->schema = 2;
  sim_client_leave(c);
}

/* ---------------------------------------------------------------------------------------------- */
/* Actions */

static void act_on_link(sim_client *c, sim_verb verb, int64_t number) {
  switch (verb) {
    case SIM_CUT: sim_link_cut(c, true); break;
    case SIM_HEAL: sim_link_cut(c, false); break;
    case SIM_HANGUP: sim_link_hangup(c); break;
    default: c->delay_ms = number;
  }
}

static void act_on_machine(sim_client *c, sim_verb verb, int64_t number) {
  switch (verb) {
    case SIM_KILL:
    case SIM_UNPLUG:
      if (sim_client_store(c)) sim_client_crash(c, verb == SIM_UNPLUG);
      break;
    case SIM_KILL_IN:
    case SIM_UNPLUG_IN:
      c->loses_power = verb == SIM_UNPLUG_IN;
      if (number > 0) ls_sim_disk_stop(c->disk, (uint64_t)number);
      break;
    case SIM_FAULT:
      grow_flaky(c);
      ls_sim_disk_set_fault(c->disk, (uint64_t)number);
      break;
    case SIM_ROOM:
      grow_flaky(c);
      ls_sim_disk_set_room(c->disk, number);
      break;
    case SIM_ROOMY: ls_sim_disk_set_room(c->disk, -1); break;
    default: c->jump_ms += number;
  }
}

static void act_on_store(sim_client *c, const sim_action *a) {
  sim_client_enter(c);
  switch (a->verb) {
    case SIM_FLUSH: flush(c); break;
    case SIM_REBUILD: rebuild(c); break;
    case SIM_RETRY:
    case SIM_DROP: sim_conflict_act(c, a); break;
    default: sim_commit(c, a);
  }
  sim_client_leave(c);
  if (sim_client_store(c)) sim_check_pending(c);
}

void sim_client_act(sim_client *c, const sim_action *a) {
  switch (a->verb) {
    case SIM_OPEN: sim_client_open(c); return;
    case SIM_CLOSE: sim_client_close(c); return;
    case SIM_UPGRADE: upgrade(c); return;
    case SIM_RECONNECT:
      if (sim_client_store(c)) sim_client_connect(c);
      return;
    case SIM_SESSION:
      if (sim_client_store(c)) open_session(c, a->session);
      return;
    case SIM_END: end_session(c, a->session); return;
    default: break;
  }
  if (a->verb >= SIM_CUT && a->verb <= SIM_SLOW)
    act_on_link(c, a->verb, a->numbers[0]);
  else if (a->verb >= SIM_KILL || a->verb == SIM_JUMP)
    act_on_machine(c, a->verb, a->numbers[0]);
  else if (sim_client_store(c))
    act_on_store(c, a);
}
