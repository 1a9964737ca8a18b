/* server.c - the server: a hub over SQLite on its own disk. What it sends goes to the links. When its disk stops, it is
 * dead: what it still does to come to an end is heard by nobody. */
#include "server/backend_sqlite.h"
#include "sim/world.h"

#define WHO "s"

static bool is_dead(const sim_world *w) { return !w->server.up || ls_sim_disk_is_stopped(w->server.disk); }

/* ---------------------------------------------------------------------------------------------- */
/* What the hub asks for */

static size_t send_frame(void *user, void *link, const char *frame, size_t size) {
  sim_world *w = user;
  sim_conn *conn = link;
  if (is_dead(w)) return 0;
  if (!conn->client) {
    sim_say_frame(w, "x", "◄─", frame, size, false);
    return 0;
  }
  if (conn->of) {
    sim_link_down(w, conn->of, SIM_FRAME_DOWN, frame, size);
    sim_queue_put(&w->queue, (sim_happening){.at_ms = w->now_ms, .kind = SIM_PART, .conn = conn});
    return 0;
  }
  sim_link_down(w, conn, SIM_FRAME_DOWN, frame, size);
  return conn->queued += size;
}

static void close_link(void *user, void *link, const char *why) {
  sim_world *w = user;
  sim_conn *conn = link;
  if (is_dead(w)) return;
  sim_say(w, WHO, "closes connection %d: %s", conn->number, why);
  conn->server_closed = true;
  if (conn->client) sim_link_down(w, conn->of ? conn->of : conn, SIM_CLOSE_DOWN, NULL, 0);
  sim_queue_put(&w->queue, (sim_happening){.at_ms = w->now_ms, .kind = SIM_PART, .conn = conn});
}

static void commit_due(void *user) {
  sim_world *w = user;
  if (!is_dead(w)) sim_queue_put(&w->queue, (sim_happening){.at_ms = w->now_ms + sim_below(4), .kind = SIM_COMMIT});
}

static void has_problem(void *user, const char *store_id, const ls_error *err) {
  (void)store_id;
  sim_say(user, WHO, "has a problem: %s", err->text);
}

/* ---------------------------------------------------------------------------------------------- */
/* Its log, as the oracle knows it */

typedef struct reading {
  sim_world *world;
  size_t at; /* events that the oracle knows are compared, others are added */
} reading;

static bool is_as_known(const sim_logged *known, const ls_wire_event *event) {
  return strcmp(known->name, event->name) == 0 && strcmp(known->client_id, event->client_id) == 0 &&
         strncmp(known->args, event->args ? event->args : "", event->args_size) == 0;
}

static int read_event(void *user, const ls_wire_event *event) {
  reading *r = user;
  sim_world *w = r->world;
  long long n = (long long)sim_oracle_number(event->name, event->args), seq = (long long)event->seq;
  if (r->at < w->oracle.n_log) {
    if (!is_as_known(&w->oracle.log[r->at], event))
      sim_wrong(w, "the server's e%lld is another event than it was", seq);
    r->at++;
    return 0;
  }
  const char *what = sim_oracle_log(&w->oracle, event);
  if (what) sim_wrong(w, "the server has taken #%lld as e%lld: %s", n, seq, what);
  r->at++;
  return 0;
}

static int read_once(reading *r, size_t from) {
  const ls_backend *backend = &r->world->server.backend;
  r->at = from;
  return backend->read(backend->self, SIM_STORE, (int64_t)from, read_event, r, NULL);
}

/* Read what is durable: all of it, or what is new. Once more when the disk fails, which it does once. */
static void read_log(sim_world *w, bool all) {
  reading r = {w, 0};
  size_t before = w->oracle.n_log;
  if (read_once(&r, all ? 0 : before) && read_once(&r, all ? 0 : w->oracle.n_log)) return;
  if (r.at < before) {
    sim_wrong(w, "the server has lost events: its log ends at e%zu and had come to e%zu", r.at, before);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Its life */

void sim_server_start(sim_world *w) {
  sim_server *s = &w->server;
  ls_error err;
  if (s->up) return;
  ls_sim_clock_set(w->now_ms, SIM_EPOCH + w->now_ms);
  const ls_hub_limits limits = {
      .chunk_events = w->schedule->chunk, .queue_bytes = w->schedule->queue, .event_bytes = w->schedule->event};
  const ls_hub_host host = {
      .user = w, .send = send_frame, .close = close_link, .commit_due = commit_due, .problem = has_problem};
  int rc = ls_backend_sqlite_open(&s->backend, "s", &err);
  if (rc) {
    sim_say(w, WHO, "does not start: %s", err.text);
    if (ls_sim_disk_is_stopped(s->disk)) {
      if (s->loses_power) ls_sim_disk_lose(s->disk);
      ls_sim_disk_start(s->disk);
    }
    return;
  }
  rc = ls_hub_new(&s->hub, &s->backend, &host, &limits, &err);
  if (rc) {
    sim_wrong(w, "the server's hub: %s", err.text);
    s->backend.close(s->backend.self);
    return;
  }
  s->up = true;
  sim_say(w, WHO, "starts");
  read_log(w, true);
  sim_server_check(w);
}

/* Whoever is connected is told, sooner or later. */
static void part_all(sim_world *w) {
  for (sim_conn *conn = w->conns; conn; conn = conn->next) {
    if (!conn->peer) continue;
    ls_peer_free(conn->peer);
    conn->peer = NULL;
    if (conn->client && !conn->server_closed) sim_link_down(w, conn->of ? conn->of : conn, SIM_CLOSE_DOWN, NULL, 0);
  }
}

void sim_server_stop(sim_world *w) {
  sim_server *s = &w->server;
  if (!s->up) return;
  s->up = false;
  part_all(w);
  ls_hub_free(s->hub);
  s->backend.close(s->backend.self);
}

void sim_server_crash(sim_world *w, bool power) {
  sim_say(w, WHO, "dies%s", power ? ", without power" : "");
  w->counts.crashes++;
  ls_sim_disk_stop(w->server.disk, 0);
  sim_server_stop(w);
  if (power) ls_sim_disk_lose(w->server.disk);
  ls_sim_disk_start(w->server.disk);
}

void sim_server_check(sim_world *w) {
  if (w->server.up && ls_sim_disk_is_stopped(w->server.disk)) sim_server_crash(w, w->server.loses_power);
}

/* ---------------------------------------------------------------------------------------------- */
/* Connections */

bool sim_server_accept(sim_world *w, sim_conn *conn) {
  ls_error err;
  ls_sim_clock_set(w->now_ms, SIM_EPOCH + w->now_ms);
  ls_wire_transport transport = conn->of ? LS_WIRE_HTTP : LS_WIRE_WEBSOCKET;
  int rc = ls_peer_new(&conn->peer, w->server.hub, SIM_STORE, transport, (ls_grant){true, true}, conn, &err);
  if (rc) sim_say(w, WHO, "does not accept connection %d: %s", conn->number, err.text);
  sim_server_check(w);
  return rc == LS_OK;
}

/* What carries one request. NULL: it is not taken, and its sender is told so. */
static sim_conn *take_request(sim_world *w, sim_conn *of) {
  sim_conn *conn = sim_conn_new(w, of->client);
  conn->of = of;
  if (w->server.up && sim_server_accept(w, conn)) return conn;
  sim_link_down(w, of, SIM_CLOSE_DOWN, NULL, 0);
  return NULL;
}

void sim_server_frame(sim_world *w, sim_conn *conn, const char *frame, size_t size) {
  if (conn->requests) conn = take_request(w, conn);
  if (!conn || !conn->peer || conn->server_closed) return;
  sim_say_frame(w, WHO, "◄─", frame, size, true);
  ls_sim_clock_set(w->now_ms, SIM_EPOCH + w->now_ms);
  ls_peer_frame(conn->peer, frame, size, SIM_EPOCH + w->now_ms);
  sim_server_check(w);
}

void sim_server_part(sim_world *w, sim_conn *conn) {
  if (!conn->peer) return;
  sim_say(w, WHO, "forgets connection %d", conn->number);
  ls_peer_free(conn->peer);
  conn->peer = NULL;
  sim_server_check(w);
}

void sim_server_leave(sim_world *w, sim_conn *conn) {
  for (sim_conn *each = w->conns; each; each = each->next) {
    if (each == conn || each->of == conn) sim_server_part(w, each);
  }
}

/* A round in its three steps, so that the server can die between them. */
void sim_server_commit(sim_world *w) {
  sim_server *s = &w->server;
  ls_error err = {0};
  if (!s->up || !ls_hub_commit_begin(s->hub)) return;
  ls_sim_clock_set(w->now_ms, SIM_EPOCH + w->now_ms);
  int rc = s->backend.sync(s->backend.self, &err);
  bool dies = ls_sim_disk_is_stopped(s->disk) || (s->unanswered && !rc);
  if (rc) sim_say(w, WHO, "cannot make it durable: %s", err.text);
  if (!rc && !ls_sim_disk_is_stopped(s->disk)) read_log(w, false);
  if (dies) {
    bool unanswered = s->unanswered;
    s->unanswered = false;
    s->up = false; /* nobody hears of the end of this round */
    ls_hub_commit_end(s->hub, LS_EIO, &err);
    s->up = true;
    sim_server_crash(w, !unanswered && s->loses_power);
    return;
  }
  ls_hub_commit_end(s->hub, rc, &err);
  sim_server_check(w);
}

/* ---------------------------------------------------------------------------------------------- */
/* What comes to a server that no client of ours would send */

typedef struct poison_def {
  const char *name, *before, *after; /* of the event's number */
} poison_def;

static const poison_def POISONS[] = {
    {"v1.Unheard", "{\"n\":", "}"},                                   /* an event that no schema knows */
    {"v1.Added", "{\"n\":", ",\"id\":\"not a number\",\"title\":7}"}, /* arguments that do not fit */
    {"v1.Added", "{\"n\":", ",\"id\":1,\"title\":\"again\"}"},        /* a key that may be there */
    {"v1.Claimed", "{\"n\":", ",\"name\":\"name1\"}"},                /* a name that may be taken */
    {"v1.Drafted", "{\"n\":", ",\"id\":1,\"text\":\"not mine\"}"},    /* one that should have stayed at home */
    {"v1.Counted", "{ \"id\" : 1.0, \"by\": 1e0, \"n\":", " }"},      /* good, but not canonical */
    {"v1.Counted", "{\"id\":1,\"by\":1,\"n\":", ",\"by\":2}"},        /* one name twice */
    {"livestore.Unheard", "{\"n\":", "}"},
};

static void push_poison(sim_world *w, sim_conn *conn, const poison_def *poison) {
  ls_bytes frame = {0};
  char args[200];
  int64_t parent = (int64_t)w->oracle.n_log;
  int64_t n = sim_oracle_new(&w->oracle, (sim_event){.fate = SIM_TRIED, .first = (int64_t)w->oracle.n + 1, .count = 1});
  int size = snprintf(args, sizeof args, "%s%lld%s", poison->before, (long long)n, poison->after);
  const ls_event event = {.seq = {parent + 1, 0, 0},
                          .parent = {parent, 0, 0},
                          .name = poison->name,
                          .args = args,
                          .args_size = (size_t)size,
                          .client_id = "x",
                          .session_id = "x"};
  ls_wire_push_begin(&frame, LS_WIRE_WEBSOCKET, 1, SIM_STORE, NULL);
  ls_wire_push_event(&frame, &event, true);
  ls_wire_push_end(&frame, NULL);
  if (ls_bytes_ok(&frame)) sim_server_frame(w, conn, frame.data, frame.size);
  ls_bytes_fini(&frame);
}

static void poison(sim_world *w, int64_t kind) {
  if (!w->server.up) return;
  sim_conn *conn = sim_conn_new(w, NULL);
  if (!sim_server_accept(w, conn) || !w->server.up) return;
  push_poison(w, conn, &POISONS[(size_t)kind % (sizeof POISONS / sizeof POISONS[0])]);
}

static void replace(sim_world *w) {
  sim_server_stop(w);
  ls_sim_disk_wipe(w->server.disk);
  sim_oracle_replace(&w->oracle);
  sim_server_start(w);
}

void sim_server_act(sim_world *w, const sim_action *a) {
  sim_server *s = &w->server;
  switch (a->verb) {
    case SIM_START: sim_server_start(w); break;
    case SIM_KILL:
      if (s->up) sim_server_crash(w, false);
      break;
    case SIM_UNPLUG:
      if (s->up) sim_server_crash(w, true);
      break;
    case SIM_KILL_IN:
    case SIM_UNPLUG_IN:
      s->loses_power = a->verb == SIM_UNPLUG_IN;
      if (a->numbers[0] > 0) ls_sim_disk_stop(s->disk, (uint64_t)a->numbers[0]);
      break;
    case SIM_KILL_UNANSWERED: s->unanswered = true; break;
    case SIM_FAULT: ls_sim_disk_set_fault(s->disk, (uint64_t)a->numbers[0]); break;
    case SIM_ROOM: ls_sim_disk_set_room(s->disk, a->numbers[0]); break;
    case SIM_ROOMY: ls_sim_disk_set_room(s->disk, -1); break;
    case SIM_REPLACE: replace(w); break;
    case SIM_POISON: poison(w, a->numbers[0]); break;
    default: sim_wrong(w, "the server cannot do that");
  }
}
