#include "support/merge_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/seqnum.h"
#include "support/merge_check.h"
#include "support/merge_node.h"
#include "support/random.h"

enum {
  CLIENTS = 2,
  SESSIONS = 2, /* of each client */
  NODES = CLIENTS * (1 + SESSIONS)
};

struct merge_world {
  uint64_t seed;
  bool trace, failed;
  random_source dice;
  char texts[MERGE_EVENTS][12]; /* the arguments, by which events are told apart */
  int written, written_synced;
  event_list backend;
  merge_node nodes[NODES]; /* of each client: its leader, then its sessions */
  merge_world_counts counts;
};

/* ---------------------------------------------------------------------------------------------- */

static void say(merge_world *w, const char *fmt, ...) {
  if (!w->trace) return;
  va_list args;
  va_start(args, fmt);
  printf("%5llu  ", (unsigned long long)w->counts.steps);
  vprintf(fmt, args);
  printf("\n");
  va_end(args);
}

static bool wrong(merge_world *w, const merge_node *where, const char *what) {
  w->failed = true;
  printf("seed %llu, step %llu, %s: %s\n", (unsigned long long)w->seed, (unsigned long long)w->counts.steps,
         where ? where->name : "backend", what);
  return false;
}

static void say_events(merge_world *w, const char *label, const ls_event *events, size_t n) {
  if (!w->trace || !n) return;
  printf("         %s", label);
  for (size_t i = 0; i < n; i++) {
    char text[LS_SEQNUM_TEXT];
    printf(" %s@%s", events[i].args, ls_seqnum_format(events[i].seq, text));
  }
  printf("\n");
}

static int client_of(const merge_world *w, const merge_node *n) { return (int)(n - w->nodes) / (1 + SESSIONS); }
static int session_of(const merge_world *w, const merge_node *n) { return (int)(n - w->nodes) % (1 + SESSIONS) - 1; }
static merge_node *leader_of(merge_world *w, const merge_node *n) {
  return &w->nodes[client_of(w, n) * (1 + SESSIONS)];
}

/* ---------------------------------------------------------------------------------------------- */
/* What has to hold in every log */

/* What a leader agrees upon is what the backend has, up to the upstream head. */
static const char *check_agreed(const merge_world *w, const merge_node *n) {
  size_t at = 0;
  for (size_t i = 0; i < n->agreed; i++) {
    if (n->log.all[i].seq.client) continue;
    bool upstream = at < w->backend.n && ls_event_equal(&n->log.all[i], &w->backend.all[at]);
    if (!upstream) return "something is confirmed that is not upstream";
    at++;
  }
  return at == (size_t)n->upstream_head.global ? NULL : "the log does not hold all up to the upstream head";
}

static bool check(merge_world *w, const merge_node *n) {
  const char *what = merge_node_check(n);
  if (!what && n->is_leader) what = check_agreed(w, n);
  return what ? wrong(w, n, what) : true;
}

/* ---------------------------------------------------------------------------------------------- */
/* A node merges */

static void count_merge(merge_world *w, const ls_merge_result *r) {
  w->counts.merges++;
  w->counts.confirming += r->confirmed > 0;
  w->counts.rebases += r->rebased > 0;
  w->counts.both += r->confirmed > 0 && r->rebased > 0;
}

static bool number(merge_world *w, merge_node *n, const ls_event *event) {
  const char *what = merge_node_number(n, event);
  return what ? wrong(w, n, what) : true;
}

static bool decide(merge_world *w, merge_node *n, const ls_merge_input *input) {
  const char *what = merge_node_decide(n, input);
  if (what) return wrong(w, n, what);
  count_merge(w, &n->result);
  return true;
}

static bool apply(merge_world *w, merge_node *n, const ls_merge_input *input, size_t taken_back) {
  size_t kept = merge_node_kept(n, taken_back);
  say_events(w, "rolled back", n->log.all + kept, n->log.n - kept);
  const char *what = merge_node_apply(n, input, taken_back);
  if (what) return wrong(w, n, what);
  say_events(w, "appended", n->log.all + kept, n->log.n - kept);
  return check(w, n);
}

static ls_merge_input input_of(const merge_node *n, ls_merge_kind kind, const ls_event *events, size_t n_events) {
  return (ls_merge_input){kind, events, n_events, n->is_leader && kind != LS_MERGE_PUSH, n->generation + 1};
}

/* Before the leader does what was decided: tell its sessions. */
static void tell(merge_node *n, const ls_merge_input *input, int by) {
  const ls_merge_result *r = &n->result;
  size_t taken_back = n->log.n - n->agreed - r->rolled_back;
  merge_message m = {taken_back ? LS_MERGE_REBASE : LS_MERGE_ADVANCE, n->told.n, taken_back, 0, by};
  m.n = input->n_events - r->fresh + r->rebased;
  if (!m.n) return;
  event_list_add(&n->told, n->log.all + n->agreed + r->rolled_back, taken_back);
  event_list_add(&n->told, input->events + r->fresh, input->n_events - r->fresh);
  event_list_add(&n->told, n->rebased.all, r->rebased);
  n->messages = merge_grown(n->messages, &n->messages_capacity, n->n_messages + 1, sizeof *n->messages);
  n->messages[n->n_messages++] = m;
  for (int s = 0; s < SESSIONS; s++) n[1 + s].news += s != by;
}

/* ---------------------------------------------------------------------------------------------- */
/* Steps. Each is true unless something is wrong. */

static bool commit(merge_world *w, merge_node *session) {
  ls_event events[3];
  size_t n = 1 + random_below(&w->dice, 3);
  ls_seqnum head = session->local_head;
  for (size_t i = 0; i < n && w->written < MERGE_EVENTS; i++) {
    bool client_only = random_below(&w->dice, 3) == 0;
    const char *text = w->texts[w->written++];
    w->written_synced += !client_only;
    events[i] = (ls_event){.name = client_only ? "co" : "sy",
                           .args = text,
                           .args_size = strlen(text),
                           .client_id = client_of(w, session) ? "c1" : "c0",
                           .session_id = session_of(w, session) ? "s1" : "s0"};
    ls_seqnum_next(&events[i].seq, &events[i].parent, head, client_only, session->generation);
    head = events[i].seq;
    session->own++;
    if (!number(w, session, &events[i])) return false;
    if (w->written == MERGE_EVENTS) n = i + 1;
  }
  say(w, "%s commits", session->name);
  ls_merge_input input = input_of(session, LS_MERGE_PUSH, events, n);
  if (!decide(w, session, &input)) return false;
  if (session->result.outcome != LS_MERGED_ADVANCE) return wrong(w, session, "refused its own commit");
  return apply(w, session, &input, 0);
}

/* Events behind those that were sent. A leader keeps client-only ones to itself. */
static bool send_up(merge_world *w, merge_node *n) {
  merge_push p = {.n = 0, .heard = n->heard};
  size_t most = 1 + random_below(&w->dice, MERGE_BATCH);
  for (; n->pushed < n->log.n && p.n < most; n->pushed++) {
    const ls_event *event = &n->log.all[n->pushed];
    if (!n->is_leader || !event->seq.client) p.events[p.n++] = *event;
  }
  if (!p.n) return true;
  say(w, "%s sends", n->name);
  say_events(w, "sent", p.events, p.n);
  n->sent = merge_grown(n->sent, &n->sent_capacity, n->n_sent + 1, sizeof *n->sent);
  n->sent[n->n_sent++] = p;
  return true;
}

static merge_push take_sent(merge_node *from) {
  merge_push p = from->sent[0];
  memmove(from->sent, from->sent + 1, --from->n_sent * sizeof *from->sent);
  return p;
}

/* What is on its way behind it is refused, too. It cannot be seen from numbers that something is missing in front of it:
 * others may have filled the place, and a synced event's parent says nothing of client-only events. */
static bool refuse(merge_world *w, merge_node *from, const char *by) {
  say(w, "%s refuses what %s sent", by, from->name);
  from->pushed = from->agreed;
  from->n_sent = 0;
  w->counts.refused++;
  return true;
}

static bool backend_takes(merge_world *w, merge_node *leader) {
  if (!leader->n_sent) return true;
  merge_push p = take_sent(leader);
  if (p.events[0].seq.global != (int64_t)w->backend.n + 1) return refuse(w, leader, "backend");
  say(w, "backend takes from %s", leader->name);
  for (size_t i = 0; i < p.n; i++) {
    p.events[i].seq = (ls_seqnum){(int64_t)w->backend.n + 1, 0, 0};
    p.events[i].parent = (ls_seqnum){(int64_t)w->backend.n, 0, 0};
    event_list_add(&w->backend, &p.events[i], 1);
  }
  return true;
}

/* A leader takes nothing from a session that has not heard all the news: what it offers may be numbered as if it had. */
static bool leader_takes(merge_world *w, merge_node *session) {
  merge_node *leader = leader_of(w, session);
  if (!session->n_sent) return true;
  merge_push p = take_sent(session);
  if (p.heard != session->news) return refuse(w, session, leader->name);
  ls_merge_input input = input_of(leader, LS_MERGE_PUSH, p.events, p.n);
  if (!decide(w, leader, &input)) return false;
  if (leader->result.outcome == LS_MERGED_REJECT) return refuse(w, session, leader->name);
  say(w, "%s takes from %s", leader->name, session->name);
  leader->own += p.n;
  for (size_t i = 0; i < p.n; i++) {
    if (!number(w, leader, &p.events[i])) return false;
  }
  tell(leader, &input, session_of(w, session));
  return apply(w, leader, &input, 0);
}

static bool leader_pulls(merge_world *w, merge_node *leader) {
  size_t from = (size_t)leader->upstream_head.global, n = w->backend.n - from;
  if (n > 1) n = 1 + random_below(&w->dice, (uint32_t)n);
  say(w, "%s pulls", leader->name);
  ls_merge_input input = input_of(leader, LS_MERGE_ADVANCE, w->backend.all + from, n);
  if (!decide(w, leader, &input)) return false;
  tell(leader, &input, -1);
  return apply(w, leader, &input, 0);
}

/* What the leader took back is the end of what the session has agreed upon. */
static bool check_taken_back(merge_world *w, merge_node *session, const ls_event *events, size_t n) {
  if (n > session->agreed) return wrong(w, session, "more was taken back than was given");
  for (size_t i = 0; i < n; i++) {
    if (!merge_same(&session->log.all[session->agreed - n + i], &events[i])) {
      return wrong(w, session, "what was taken back is not the end of what was given");
    }
  }
  return true;
}

static bool session_reads(merge_world *w, merge_node *session) {
  merge_node *leader = leader_of(w, session);
  if (session->read == leader->n_messages) return true;
  merge_message m = leader->messages[session->read++];
  const ls_event *events = leader->told.all + m.from;
  session->heard += m.by != session_of(w, session);
  say(w, "%s reads", session->name);
  if (!check_taken_back(w, session, events, m.taken_back)) return false;
  ls_merge_input input = input_of(session, m.kind, events + m.taken_back, m.n);
  return decide(w, session, &input) && apply(w, session, &input, m.taken_back);
}

bool merge_world_step(merge_world *w) {
  merge_node *leader = &w->nodes[random_below(&w->dice, CLIENTS) * (1 + SESSIONS)];
  merge_node *session = leader + 1 + random_below(&w->dice, SESSIONS);
  w->counts.steps++;
  switch (random_below(&w->dice, 10)) {
    case 0: return w->written == MERGE_EVENTS || commit(w, session);
    case 1:
    case 2: return send_up(w, session);
    case 3:
    case 4: return leader_takes(w, session);
    case 5:
    case 6: return session_reads(w, session);
    case 7: return send_up(w, leader);
    case 8: return backend_takes(w, leader);
    default: return leader_pulls(w, leader);
  }
}

/* ---------------------------------------------------------------------------------------------- */

static bool settle_node(merge_world *w, merge_node *n) {
  while (!w->failed && n->is_leader && (size_t)n->upstream_head.global < w->backend.n) leader_pulls(w, n);
  while (!w->failed && !n->is_leader && n->read < leader_of(w, n)->n_messages) session_reads(w, n);
  while (!w->failed && n->pushed < n->log.n) send_up(w, n);
  while (!w->failed && n->n_sent) n->is_leader ? backend_takes(w, n) : leader_takes(w, n);
  return !w->failed;
}

/* Only client-only events behind the last synced one may wait for a leader's next pull. */
static bool check_settled(merge_world *w, merge_node *n) {
  for (size_t i = n->agreed; i < n->log.n; i++) {
    if (!n->is_leader || !n->log.all[i].seq.client) return wrong(w, n, "something is still pending");
  }
  const event_list *log = &leader_of(w, n)->log;
  if (n->log.n != log->n) return wrong(w, n, "the log is not as long as its leader's");
  for (size_t i = 0; i < log->n; i++) {
    if (!merge_same(&n->log.all[i], &log->all[i])) return wrong(w, n, "the log is not its leader's");
  }
  return check(w, n);
}

bool merge_world_settle(merge_world *w) {
  enum { ROUNDS = 20 };
  say(w, "settling");
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = NODES; i-- > 0;) {
      if (!settle_node(w, &w->nodes[i])) return false;
    }
  }
  if (w->backend.n != (size_t)w->written_synced) return wrong(w, NULL, "not every synced event came here once");
  for (int i = 0; i < NODES; i++) {
    if (!check_settled(w, &w->nodes[i])) return false;
  }
  return true;
}

/* ---------------------------------------------------------------------------------------------- */

merge_world *merge_world_new(uint64_t seed, bool trace) {
  merge_world *w = calloc(1, sizeof *w);
  if (!w) abort();
  w->seed = seed;
  w->trace = trace;
  w->dice = random_from(seed);
  for (int i = 0; i < MERGE_EVENTS; i++) snprintf(w->texts[i], sizeof w->texts[i], "%d", i);
  for (int i = 0; i < NODES; i++) {
    merge_node *n = &w->nodes[i];
    n->is_leader = session_of(w, n) < 0;
    snprintf(n->name, sizeof n->name, n->is_leader ? "c%d" : "c%d.s%d", client_of(w, n), session_of(w, n));
  }
  return w;
}

void merge_world_free(merge_world *w) {
  for (int i = 0; w && i < NODES; i++) merge_node_fini(&w->nodes[i]);
  if (w) free(w->backend.all);
  free(w);
}

void merge_world_count(merge_world_counts *to, const merge_world *w) {
  to->steps += w->counts.steps;
  to->merges += w->counts.merges;
  to->confirming += w->counts.confirming;
  to->rebases += w->counts.rebases;
  to->both += w->counts.both;
  to->refused += w->counts.refused;
  to->events += (uint64_t)w->written;
}
