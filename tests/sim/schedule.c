#include "sim/schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"

typedef struct verb_def {
  const char *name;
  int least, most; /* numbers */
} verb_def;

static const verb_def VERBS[SIM_VERBS] = {
    [SIM_ADD] = {"add", 1, 2},
    [SIM_SET] = {"set", 1, 2},
    [SIM_REMOVE] = {"remove", 1, 1},
    [SIM_COUNT] = {"count", 1, 2},
    [SIM_CLAIM] = {"claim", 1, 1},
    [SIM_DRAFT] = {"draft", 1, 1},
    [SIM_MIX] = {"mix", 1, 2},
    [SIM_BIG] = {"big", 1, 1},
    [SIM_UNDO] = {"undo", 0, 0},
    [SIM_REDO] = {"redo", 0, 0},
    [SIM_OPEN] = {"open", 0, 0},
    [SIM_CLOSE] = {"close", 0, 0},
    [SIM_SESSION] = {"session", 0, 0},
    [SIM_END] = {"end", 0, 0},
    [SIM_FLUSH] = {"flush", 0, 0},
    [SIM_REBUILD] = {"rebuild", 0, 0},
    [SIM_UPGRADE] = {"upgrade", 0, 0},
    [SIM_RETRY] = {"retry", 0, 0},
    [SIM_DROP] = {"drop", 0, 0},
    [SIM_JUMP] = {"jump", 1, 1},
    [SIM_RECONNECT] = {"reconnect", 0, 0},
    [SIM_CUT] = {"cut", 0, 0},
    [SIM_HEAL] = {"heal", 0, 0},
    [SIM_HANGUP] = {"hangup", 0, 0},
    [SIM_SLOW] = {"slow", 1, 1},
    [SIM_START] = {"start", 0, 0},
    [SIM_KILL_UNANSWERED] = {"kill-unanswered", 0, 0},
    [SIM_REPLACE] = {"replace", 0, 0},
    [SIM_POISON] = {"poison", 1, 1},
    [SIM_KILL] = {"kill", 0, 0},
    [SIM_UNPLUG] = {"unplug", 0, 0},
    [SIM_KILL_IN] = {"kill-in", 1, 1},
    [SIM_UNPLUG_IN] = {"unplug-in", 1, 1},
    [SIM_FAULT] = {"fault", 1, 1},
    [SIM_ROOM] = {"room", 1, 1},
    [SIM_ROOMY] = {"roomy", 0, 0},
    [SIM_SETTLE] = {"settle", 0, 0},
    [SIM_EXPECT_LOG] = {"expect-log", 1, 1},
    [SIM_EXPECT_CONFLICTS] = {"expect-conflicts", 2, 2},
    [SIM_EXPECT_ROWS] = {"expect-rows", 2, 2},
    [SIM_EXPECT_COUNT] = {"expect-count", 3, 3},
};

void sim_schedule_add(sim_schedule *s, sim_action action) {
  if (s->n == s->capacity) {
    s->capacity = s->capacity ? 2 * s->capacity : 64;
    s->actions = sim_realloc(s->actions, s->capacity * sizeof *s->actions);
  }
  s->actions[s->n++] = action;
}

void sim_schedule_fini(sim_schedule *s) { free(s->actions); }

/* ---------------------------------------------------------------------------------------------- */
/* Writing */

static int numbers_of(const sim_action *a) {
  const verb_def *verb = &VERBS[a->verb];
  int n = verb->most;
  while (n > verb->least && !a->numbers[n - 1]) n--;
  return n;
}

const char *sim_action_format(const sim_action *a, char *buf, size_t size) {
  char who[24];
  if (a->who > 0 && a->session)
    snprintf(who, sizeof who, "c%d.%d", a->who, a->session);
  else if (a->who > 0)
    snprintf(who, sizeof who, "c%d", a->who);
  else
    snprintf(who, sizeof who, "%s", a->who == SIM_SERVER ? "s" : "w");
  int at = snprintf(buf, size, "%-4s %s", who, VERBS[a->verb].name);
  for (int i = 0; i < numbers_of(a); i++) {
    at += snprintf(buf + at, size - (size_t)at, " %" PRId64, a->numbers[i]);
  }
  return buf;
}

static const char *const DURABILITIES[] = {"process", "power", "later"};

typedef struct option_def {
  const char *name;
  size_t offset;
} option_def;

static const option_def OPTIONS[] = {
    {"snapshot", offsetof(sim_schedule, snapshot)}, {"rollback", offsetof(sim_schedule, rollback)},
    {"push", offsetof(sim_schedule, push)},         {"chunk", offsetof(sim_schedule, chunk)},
    {"queue", offsetof(sim_schedule, queue)},       {"event", offsetof(sim_schedule, event)},
    {"http", offsetof(sim_schedule, http)},
};

enum { N_OPTIONS = sizeof OPTIONS / sizeof OPTIONS[0] };

static int64_t *option_of(sim_schedule *s, const option_def *def) { return (int64_t *)((char *)s + def->offset); }

void sim_schedule_write(const sim_schedule *s, FILE *file) {
  sim_schedule copy = *s;
  fprintf(file, "seed %" PRIu64 "\nclients %d\ndurability %s\n", s->seed, s->n_clients, DURABILITIES[s->durability]);
  if (s->state == LS_STATE_FILE) fprintf(file, "state file\n");
  for (size_t i = 0; i < N_OPTIONS; i++) {
    int64_t value = *option_of(&copy, &OPTIONS[i]);
    if (value) fprintf(file, "%s %" PRId64 "\n", OPTIONS[i].name, value);
  }
  for (size_t i = 0; i < s->n; i++) {
    char text[100];
    fprintf(file, "%-6" PRId64 " %s\n", s->actions[i].at_ms, sim_action_format(&s->actions[i], text, sizeof text));
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

static bool read_number(int64_t *out, const char *text) {
  char *end;
  *out = strtoll(text, &end, 10);
  return *text && !*end;
}

static bool read_who(sim_action *a, const char *text, int n_clients) {
  if (strcmp(text, "s") == 0)
    a->who = SIM_SERVER;
  else if (strcmp(text, "w") == 0)
    a->who = SIM_WORLD;
  else if (sscanf(text, "c%d.%d", &a->who, &a->session) < 1 || a->who < 1 || a->who > n_clients)
    return false;
  return a->session >= 0 && a->session < SIM_SESSIONS;
}

static bool read_verb(sim_action *a, const char *text) {
  for (a->verb = 0; a->verb < SIM_VERBS; a->verb++) {
    if (strcmp(VERBS[a->verb].name, text) == 0) return true;
  }
  return false;
}

static bool read_time(sim_action *a, const sim_schedule *s, const char *text) {
  int64_t before = s->n ? s->actions[s->n - 1].at_ms : 0;
  if (!read_number(&a->at_ms, text + (*text == '+'))) return false;
  if (*text == '+') a->at_ms += before;
  return a->at_ms >= before;
}

static bool read_action(sim_schedule *s, char **words, int n) {
  sim_action a = {0};
  if (n < 3 || !read_time(&a, s, words[0]) || !read_who(&a, words[1], s->n_clients) || !read_verb(&a, words[2]))
    return false;
  if (n - 3 < VERBS[a.verb].least || n - 3 > VERBS[a.verb].most) return false;
  for (int i = 3; i < n; i++) {
    if (!read_number(&a.numbers[i - 3], words[i])) return false;
  }
  sim_schedule_add(s, a);
  return true;
}

static bool read_durability(sim_schedule *s, const char *word) {
  for (int i = 0; i < 3; i++) {
    if (strcmp(DURABILITIES[i], word) == 0) {
      s->durability = (ls_durability)i;
      return true;
    }
  }
  return false;
}

static bool read_option(sim_schedule *s, char **words) {
  int64_t number = 0;
  if (strcmp(words[0], "durability") == 0) return read_durability(s, words[1]);
  if (strcmp(words[0], "state") == 0) {
    s->state = LS_STATE_FILE;
    return strcmp(words[1], "file") == 0;
  }
  if (!read_number(&number, words[1]) || number < 0) return false;
  for (size_t i = 0; i < N_OPTIONS; i++) {
    if (strcmp(words[0], OPTIONS[i].name) != 0) continue;
    *option_of(s, &OPTIONS[i]) = number;
    return true;
  }
  if (strcmp(words[0], "seed") == 0)
    s->seed = (uint64_t)number;
  else if (strcmp(words[0], "clients") == 0 && number <= SIM_CLIENTS)
    s->n_clients = (int)number;
  else
    return false;
  return true;
}

static bool read_line(sim_schedule *s, char *line) {
  char *words[8];
  int n = 0;
  line[strcspn(line, "#\n")] = 0;
  for (char *word = strtok(line, " \t"); word && n < 8; word = strtok(NULL, " \t")) words[n++] = word;
  return n == 0 || (n == 2 ? read_option(s, words) : read_action(s, words, n));
}

bool sim_schedule_read(sim_schedule *out, FILE *file, const char *name) {
  char line[200];
  *out = (sim_schedule){.seed = 1, .n_clients = 2};
  for (int i = 1; fgets(line, sizeof line, file); i++) {
    if (read_line(out, line)) continue;
    fprintf(stderr, "%s:%d: not a line of a scenario (see tests/sim/schedule.h)\n", name, i);
    sim_schedule_fini(out);
    return false;
  }
  return true;
}
