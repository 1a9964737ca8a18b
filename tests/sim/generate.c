/* generate.c - a schedule from a seed. Each seed chooses what can go wrong in it, so that some have much of one thing
 * and nothing of another. */
#include "port/sim/sim.h"
#include "sim/schedule.h"
#include "sim/world.h"

typedef struct choice {
  sim_verb verb;
  int weight;
  int low, high; /* of its number */
} choice;

static const choice COMMITS[] = {
    {SIM_ADD, 8, 1, 5},   {SIM_SET, 6, 1, 5},   {SIM_REMOVE, 4, 1, 5},  {SIM_COUNT, 8, 1, 3}, {SIM_CLAIM, 3, 1, 4},
    {SIM_DRAFT, 4, 1, 3}, {SIM_MIX, 4, 1, 3},   {SIM_UNDO, 3, 0, 0},    {SIM_REDO, 2, 0, 0},  {SIM_RETRY, 2, 0, 0},
    {SIM_DROP, 1, 0, 0},  {SIM_FLUSH, 1, 0, 0}, {SIM_REBUILD, 1, 0, 0}, {SIM_BIG, 1, 1, 1},
};

/* Kinds of trouble; of each pair the second ends what the first began. */
static const choice NETWORK[] = {
    {SIM_CUT, 4, 0, 0}, {SIM_HEAL, 4, 0, 0}, {SIM_HANGUP, 4, 0, 0}, {SIM_SLOW, 3, 1, 400}, {SIM_RECONNECT, 1, 0, 0},
};
static const choice LIVES[] = {
    {SIM_CLOSE, 2, 0, 0},
    {SIM_OPEN, 8, 0, 0},
    {SIM_KILL, 2, 0, 0},
    {SIM_KILL_IN, 4, 1, 30},
    {SIM_JUMP, 1, -90000000, 90000000},
};
static const choice SESSIONS[] = {{SIM_SESSION, 4, 0, 0}, {SIM_END, 1, 0, 0}};
static const choice POWER[] = {
    {SIM_UNPLUG, 1, 0, 0},
    {SIM_UNPLUG_IN, 2, 1, 40},
    {SIM_OPEN, 4, 0, 0},
};
static const choice DISKS[] = {
    {SIM_FAULT, 4, 1, 60},
    {SIM_ROOM, 2, 0, 60000},
    {SIM_ROOMY, 3, 0, 0},
};
static const choice SERVER[] = {
    {SIM_KILL, 2, 0, 0},   {SIM_KILL_IN, 3, 1, 30},   {SIM_KILL_UNANSWERED, 3, 0, 0},
    {SIM_UNPLUG, 1, 0, 0}, {SIM_UNPLUG_IN, 2, 1, 30}, {SIM_START, 10, 0, 0},
    {SIM_FAULT, 2, 1, 40}, {SIM_ROOM, 1, 0, 60000},   {SIM_ROOMY, 2, 0, 0},
};
static const choice POISON[] = {{SIM_POISON, 1, 0, 7}};
static const choice UPGRADE[] = {{SIM_UPGRADE, 1, 0, 0}};
static const choice REPLACE[] = {{SIM_REPLACE, 1, 0, 0}};

typedef struct trouble {
  const choice *choices;
  size_t n;
  bool of_server;
  int one_in; /* schedules that have it */
  int weight; /* beside 20 of commits */
} trouble;

#define CHOICES(list) list, sizeof list / sizeof list[0]

static const trouble TROUBLES[] = {
    {CHOICES(NETWORK), false, 2, 8},  {CHOICES(LIVES), false, 2, 8},   {CHOICES(POWER), false, 4, 3},
    {CHOICES(SESSIONS), false, 2, 3}, {CHOICES(DISKS), false, 4, 4},   {CHOICES(SERVER), true, 2, 6},
    {CHOICES(POISON), true, 3, 2},    {CHOICES(UPGRADE), false, 4, 1}, {CHOICES(REPLACE), true, 12, 1},
};

enum { N_TROUBLES = sizeof TROUBLES / sizeof TROUBLES[0], COMMIT_WEIGHT = 20 };

static int between(int low, int high) { return low + (int)sim_below((uint32_t)(high - low + 1)); }

static const choice *choose(const choice *choices, size_t n) {
  int sum = 0;
  for (size_t i = 0; i < n; i++) sum += choices[i].weight;
  int at = between(0, sum - 1);
  for (; at >= choices->weight; choices++) at -= choices->weight;
  return choices;
}

static sim_action action_of(const sim_schedule *s, const choice *c, bool of_server) {
  sim_action a = {.verb = c->verb, .who = of_server ? SIM_SERVER : between(1, s->n_clients)};
  a.numbers[0] = between(c->low, c->high);
  bool batch = c->verb == SIM_ADD || c->verb == SIM_COUNT || c->verb == SIM_SET;
  if (batch && sim_below(4) == 0) a.numbers[1] = between(2, 4);
  if (c->verb == SIM_MIX) a.numbers[1] = between(2, 5);
  if (c->verb == SIM_SESSION || c->verb == SIM_END) a.session = between(1, SIM_SESSIONS - 1);
  if (c->verb <= SIM_REDO && sim_below(3) == 0) a.session = between(1, SIM_SESSIONS - 1);
  return a;
}

/* Mostly little time passes, now and then enough for retries and time-outs. */
static int64_t pause_ms(void) {
  uint32_t kind = sim_below(20);
  if (kind < 8) return between(0, 3);
  if (kind < 16) return between(5, 60);
  if (kind < 19) return between(500, 5000);
  return between(10000, 70000);
}

static int64_t sometimes(int one_in, int low, int high) { return sim_below((uint32_t)one_in) ? 0 : between(low, high); }

static void choose_options(sim_schedule *s) {
  s->n_clients = between(2, 3);
  s->durability = (ls_durability)between(0, 2);
  s->state = sim_below(6) ? LS_STATE_MEMORY : LS_STATE_FILE;
  s->snapshot = sometimes(3, 1, 12);
  s->rollback = sometimes(4, 1, 600);
  s->push = sometimes(3, 1, 4);
  s->chunk = sometimes(3, 1, 4);
  s->queue = sometimes(4, 300, 3000);
  s->event = sometimes(2, 8000, 8000);
  s->http = sometimes(4, 1, 2);
}

void sim_schedule_generate(sim_schedule *s, uint64_t seed, int steps) {
  bool has[N_TROUBLES];
  int64_t at_ms = 0;
  *s = (sim_schedule){.seed = seed};
  if (!ls_sim_begin(seed ^ UINT64_C(0x5bd1e995))) return;
  choose_options(s);
  for (int t = 0; t < N_TROUBLES; t++) has[t] = sim_below((uint32_t)TROUBLES[t].one_in) == 0;
  for (int i = between(steps / 2, steps * 3 / 2); i > 0; i--) {
    int sum = COMMIT_WEIGHT, t = 0;
    for (int k = 0; k < N_TROUBLES; k++) sum += has[k] ? TROUBLES[k].weight : 0;
    int at = between(0, sum - 1) - COMMIT_WEIGHT;
    for (; t < N_TROUBLES && at >= 0; t++) at -= has[t] ? TROUBLES[t].weight : 0;
    const trouble *of = at < 0 && t > 0 ? &TROUBLES[t - 1] : NULL;
    sim_action a =
        of ? action_of(s, choose(of->choices, of->n), of->of_server) : action_of(s, choose(CHOICES(COMMITS)), false);
    a.at_ms = at_ms += pause_ms();
    sim_schedule_add(s, a);
  }
}
