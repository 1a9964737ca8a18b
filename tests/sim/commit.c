/* commit.c - what clients commit, and what is noted of it. */
#include <inttypes.h>

#include "sim/world.h"

/* ---------------------------------------------------------------------------------------------- */
/* Events of a commit */

enum { TEXT = 200, BIG = 20000 };

typedef struct batch {
  ls_input inputs[SIM_BATCH];
  char texts[SIM_BATCH][TEXT];
  int64_t numbers[SIM_BATCH];
  size_t n;
} batch;

static const char *name_of(const sim_client *c, sim_verb verb) {
  switch (verb) {
    case SIM_ADD: return c->schema == 2 ? "v2.Added" : "v1.Added";
    case SIM_SET: return "v1.Titled";
    case SIM_REMOVE: return "v1.Removed";
    case SIM_CLAIM: return "v1.Claimed";
    case SIM_DRAFT: return "v1.Drafted";
    default: return "v1.Counted";
  }
}

static void write_args(char out[TEXT], const sim_client *c, sim_verb verb, int64_t id, int64_t n) {
  const char *rank = verb == SIM_ADD && c->schema == 2 ? ",\"rank\":3" : "";
  switch (verb) {
    case SIM_ADD:
    case SIM_SET:
      snprintf(out, TEXT, "{\"id\":%" PRId64 ",\"n\":%" PRId64 ",\"title\":\"%s wrote %" PRId64 "\"%s}", id, n, c->name,
               n, rank);
      break;
    case SIM_REMOVE: snprintf(out, TEXT, "{\"id\":%" PRId64 ",\"n\":%" PRId64 "}", id, n); break;
    case SIM_CLAIM: snprintf(out, TEXT, "{\"n\":%" PRId64 ",\"name\":\"name%" PRId64 "\"}", n, id); break;
    case SIM_DRAFT:
      snprintf(out, TEXT, "{\"id\":%" PRId64 ",\"n\":%" PRId64 ",\"text\":\"%s\"}", id, n, c->name);
      break;
    default: snprintf(out, TEXT, "{\"by\":1,\"id\":%" PRId64 ",\"n\":%" PRId64 "}", id, n);
  }
}

static void add(batch *b, sim_client *c, sim_verb verb, int64_t id, size_t count) {
  sim_oracle *o = &c->world->oracle;
  size_t at = b->n++;
  b->numbers[at] = sim_oracle_new(o, (sim_event){.client = c->id,
                                                 .life = c->life,
                                                 .count = (int64_t)count,
                                                 .client_only = verb == SIM_DRAFT,
                                                 .fate = SIM_TRIED});
  o->events[b->numbers[at] - 1].first = b->numbers[0];
  write_args(b->texts[at], c, verb, id, b->numbers[at]);
  b->inputs[at] = (ls_input){name_of(c, verb), b->texts[at]};
}

static void fill(batch *b, sim_client *c, const sim_action *a) {
  size_t n = a->numbers[1] < 1 ? 1 : a->numbers[1] > SIM_BATCH ? SIM_BATCH : (size_t)a->numbers[1];
  static const sim_verb MIX[] = {SIM_COUNT, SIM_DRAFT, SIM_SET};
  for (size_t i = 0; i < n; i++) {
    sim_verb verb = a->verb == SIM_MIX ? MIX[i % 3] : a->verb;
    add(b, c, verb, a->numbers[0] + (int64_t)i, n);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* What became of it */

int sim_promise_of(const sim_client *c) {
  switch (c->world->schedule->durability) {
    case LS_DURABILITY_POWER: return 2;
    case LS_DURABILITY_PROCESS: return 1;
    default: return 0;
  }
}

static void note(sim_client *c, const batch *b, int rc, const ls_receipt *receipt) {
  bool dead = ls_sim_disk_is_stopped(c->disk);
  for (size_t i = 0; i < b->n; i++) {
    sim_event *e = sim_oracle_event(&c->world->oracle, b->numbers[i]);
    if (dead) continue; /* nobody was there any more to be told */
    e->fate = rc ? SIM_REFUSED : SIM_TAKEN;
    e->survives = sim_promise_of(c);
    e->receipt = *receipt;
  }
  if (c->flaky && !sim_promise_of(c)) sim_oracle_crash(&c->world->oracle, c->id, 1);
}

/* Each event from the first to the last: a commit of synced and client-only events is undone by several. */
static void note_undone(sim_client *c, ls_store *store, const ls_receipt *r) {
  ls_seqnum since = r->first.client ? (ls_seqnum){r->first.global, r->first.client - 1, 0}
                                    : (ls_seqnum){r->first.global - 1, LS_SEQNUM_MAX_CLIENT, 0};
  ls_events *events;
  const ls_event *e;
  if (ls_events_open(&events, store, &(ls_event_filter){.since = since, .until = r->last}, NULL)) return;
  while (ls_events_next(&e, events, NULL) == 1) {
    sim_oracle_undo(&c->world->oracle, (sim_undo){.client = c->id,
                                                  .fate = SIM_TAKEN,
                                                  .survives = sim_promise_of(c),
                                                  .client_only = e->seq.client != 0,
                                                  .seq = e->seq,
                                                  .digest = sim_oracle_digest(e->name, e->args)});
  }
  ls_events_close(events);
}

/* What it would have been is not known when the process dies. */
static void note_undo(sim_client *c, ls_store *store, int rc, const ls_receipt *receipt) {
  const sim_undo tried = {.client = c->id, .fate = SIM_TRIED, .weak = true};
  bool dead = ls_sim_disk_is_stopped(c->disk);
  for (int i = 0; dead && i < SIM_BATCH; i++) sim_oracle_undo(&c->world->oracle, tried);
  if (!dead && !rc) note_undone(c, store, receipt);
}

static bool may_fail(int rc) {
  return rc == LS_EMATERIALIZE || rc == LS_EIO || rc == LS_EFULL || rc == LS_ENOTFOUND || rc == LS_ELIMIT;
}

static void say(sim_client *c, const sim_action *a, const batch *b, int rc, const ls_receipt *r, const ls_error *err) {
  char text[100], first[LS_SEQNUM_TEXT], last[LS_SEQNUM_TEXT];
  sim_action_format(a, text, sizeof text);
  if (rc) {
    sim_say(c->world, c->name, "%s #%" PRId64 ": %s", text + 5, b->n ? b->numbers[0] : 0, err->text);
    if (!may_fail(rc)) sim_wrong(c->world, "%s: %s fails: %s", c->name, text + 5, err->text);
    return;
  }
  ls_seqnum_format(r->first, first);
  ls_seqnum_format(r->last, last);
  sim_say(c->world, c->name, "%s #%" PRId64 " is %s…%s", text + 5, b->n ? b->numbers[0] : 0, first, last);
  c->world->counts.commits++;
  c->world->counts.events += b->n;
}

static int commit_big(ls_receipt *out, ls_store *store, batch *b, ls_error *err) {
  static char text[BIG + TEXT];
  int at = snprintf(text, sizeof text, "{\"id\":1,\"n\":%" PRId64 ",\"title\":\"", b->numbers[0]);
  memset(text + at, 'x', BIG);
  snprintf(text + at + BIG, sizeof text - (size_t)at - BIG, "\"}");
  b->inputs[0] = (ls_input){"v1.Titled", text};
  return ls_commit_all(out, store, b->inputs, 1, err);
}

void sim_commit(sim_client *c, const sim_action *a) {
  batch b = {.n = 0};
  ls_store *store = c->views[a->session].store;
  ls_receipt receipt = {0};
  ls_error err = {0};
  int rc;
  if (!store) return;
  if (a->verb != SIM_UNDO && a->verb != SIM_REDO) fill(&b, c, a);
  if (a->verb == SIM_UNDO)
    rc = ls_undo(&receipt, store, 1, &err);
  else if (a->verb == SIM_REDO)
    rc = ls_redo(&receipt, store, 1, &err);
  else if (a->verb == SIM_BIG)
    rc = commit_big(&receipt, store, &b, &err);
  else
    rc = ls_commit_all(&receipt, store, b.inputs, b.n, &err);
  if (a->verb == SIM_UNDO || a->verb == SIM_REDO) note_undo(c, store, rc, &receipt);
  note(c, &b, rc, &receipt);
  say(c, a, &b, rc, &receipt, &err);
  if (rc) ls_refresh(store, NULL); /* a flush that failed with it has taken back what was told */
  if (!ls_sim_disk_is_stopped(c->disk)) sim_check_view(c, a->session);
}
