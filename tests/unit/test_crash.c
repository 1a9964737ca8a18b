/* The process that works on a store is killed at a random moment, and the power fails at another: what was acknowledged
 * as durable is there, what is there is a beginning of what was tried, and the state is what a replay gives. Each round
 * goes on in the directory that the one before left.
 *   LS_KILLS  rounds (25; 200 with SOAK in the environment)
 *   LS_SEED   the seed, printed by each run; the moments still differ, as time does */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "support/fault_store.h"
#include "support/fault_vfs.h"
#include "support/tmp.h"

#define DIRECTORY_EVENTS 3000 /* then a new directory, so that a round stays quick */
#define BATCH_MAX 20

static uint64_t seed;

static uint32_t below(uint32_t limit) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(seed >> 33) % limit;
}

/* What the child tells, before and after what it does. */
typedef struct report {
  char what;      /* 'o' opened, 't' tries a commit, 'c' committed, 'f' flushed, 's' writes a snapshot, 'p' has done so,
                     'r' rebuilds, 'd' has done so */
  int first, end; /* events of the commit: first up to but not with end */
} report;

/* What the parent has learned from it. */
typedef struct account {
  int durable, tried;                     /* events below these */
  int first, end;                         /* of the newest commit tried */
  unsigned char inside[BATCH_MAX * 4096]; /* by event of this round: is it in the middle of a batch? */
  int start;                              /* first event of the round */
  char last;                              /* the newest report */
} account;

/* ---------------------------------------------------------------------------------------------- */
/* The child */

static void tell(int pipe, char what, int first, int end) {
  report r = {what, first, end};
  if (write(pipe, &r, sizeof r) != (ssize_t)sizeof r) _exit(3);
}

static void give_up(const char *what, const ls_error *err) {
  fprintf(stderr, "child: %s: %s\n", what, err->text);
  _exit(2);
}

static int commit(ls_store *store, int pipe, int first, int n, ls_error *err) {
  ls_input inputs[BATCH_MAX];
  char args[BATCH_MAX][FAULT_STORE_ARGS];
  for (int i = 0; i < n; i++) inputs[i] = (ls_input){fault_store_event(args[i], first + i), args[i]};
  tell(pipe, 't', first, first + n);
  int rc = ls_commit_all(NULL, store, inputs, (size_t)n, err);
  if (!rc) tell(pipe, 'c', first, first + n);
  return rc;
}

static void snapshot(ls_store *store, int pipe) {
  tell(pipe, 's', 0, 0);
  ls_store_snapshot(store, 0);
  tell(pipe, 'p', 0, 0);
}

/* Commit, and now and then flush or rebuild, until killed or failing. */
static int work(ls_store *store, int pipe, int next, int end, ls_error *err) {
  int rc = LS_OK;
  while (!rc && next < end) {
    int n = below(2) ? 1 : 1 + (int)below(BATCH_MAX);
    rc = commit(store, pipe, next, n, err);
    next += n;
    if (!rc && store->options.snapshot_events == 1) snapshot(store, pipe);
    if (!rc && below(20) == 0) {
      rc = ls_flush(store, err);
      if (!rc) tell(pipe, 'f', 0, next);
    }
    if (!rc && below(100) == 0) {
      tell(pipe, 'r', 0, 0);
      rc = ls_rebuild(store, err);
      if (!rc) tell(pipe, 'd', 0, next);
    }
  }
  return rc;
}

static void be_killed(const fault_store *fs, int pipe, int next) {
  ls_store *store;
  ls_error err;
  if (ls_open(&store, fs->path, &fs->options, &err)) give_up("open", &err);
  tell(pipe, 'o', 0, 0);
  if (work(store, pipe, next, next + BATCH_MAX * 4000, &err)) give_up("work", &err);
  pause();
}

/* All I/O fails from some moment on; then what was not synced is lost. */
static void lose_power(const fault_store *fs, int pipe, int next) {
  ls_store *store;
  ls_error err;
  fault_vfs_install();
  fault_vfs_track();
  if (ls_open(&store, fs->path, &fs->options, &err)) give_up("open", &err);
  fault_vfs_arm(1 + (long)below(below(2) ? 200 : 3000), FAULT_VFS_ALL, true);
  work(store, pipe, next, next + 1000, &err);
  fault_vfs_lose_power(seed);
  _exit(0);
}

/* ---------------------------------------------------------------------------------------------- */
/* The parent */

static void learn(account *a, const report *r, bool later) {
  a->last = r->what;
  if (r->what == 't') {
    a->first = r->first;
    a->tried = a->end = r->end;
    for (int i = r->first + 1; i < r->end; i++) a->inside[i - a->start] = 1;
  }
  if ((r->what == 'c' && !later) || r->what == 'f' || r->what == 'd') a->durable = r->end;
}

static void nap(long us) { nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL); }

/* Read the reports that are there, up to the first one or the last. */
static bool read_reports(account *a, int pipe, bool later, bool all) {
  report r;
  bool any = false;
  while ((all || !any) && read(pipe, &r, sizeof r) == (ssize_t)sizeof r) {
    learn(a, &r, later);
    any = true;
  }
  return any;
}

static pid_t start(void (*child)(const fault_store *, int, int), const fault_store *fs, int next, int *out) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(ends[0]);
    child(fs, ends[1], next);
    _exit(0);
  }
  close(ends[1]);
  *out = ends[0];
  return pid;
}

/* Events 0, 1, 2 … without a hole, each what it was committed as; returns how many. */
static int count_log(ls_store *store) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  int n = 0, more;
  char args[FAULT_STORE_ARGS];
  assert_int_equal(ls_events_open(&events, store, NULL, &err), LS_OK);
  for (; (more = ls_events_next(&event, events, &err)) == 1; n++) {
    assert_int_equal(fault_store_number(event), n);
    assert_string_equal(event->name, fault_store_event(args, n));
  }
  if (more < 0) fail_msg("event %d: %s", n, err.text);
  ls_events_close(events);
  return n;
}

static void check_state(ls_store *store) {
  char hash[33], replayed[33];
  ls_error err;
  assert_int_equal(ls_state_hash(hash, store, &err), LS_OK);
  assert_int_equal(ls_rebuild(store, &err), LS_OK);
  assert_int_equal(ls_state_hash(replayed, store, &err), LS_OK);
  assert_string_equal(hash, replayed);
}

/* Returns the number of events in the log. */
static int check(const fault_store *fs, const account *a) {
  ls_store *store;
  ls_error err;
  if (ls_open(&store, fs->path, &fs->options, &err)) fail_msg("after the crash: %s", err.text);
  int n = count_log(store);
  if (n < a->durable) fail_msg("%d events were acknowledged as durable, the log has %d", a->durable, n);
  if (n > a->tried) fail_msg("%d events were tried, the log has %d", a->tried, n);
  if (n < a->tried && a->inside[n - a->start]) fail_msg("the log ends with event %d, in the middle of a batch", n);
  check_state(store);
  if (ls_close(store, &err)) fail_msg("closing: %s", err.text);
  return n;
}

static bool left_behind(const fault_store *fs, const char *name) {
  char *file = tmp_path(fs->path, name);
  bool there = ls_port_exists(file, NULL) == 1;
  ls_port_remove_file(file, NULL);
  free(file);
  return there;
}

static void choose_options(fault_store *fs, int round) {
  static const ls_durability durabilities[] = {LS_DURABILITY_PROCESS, LS_DURABILITY_LATER, LS_DURABILITY_POWER};
  fs->options.durability = durabilities[round % 3];
  fs->options.state = round % 8 == 7 ? LS_STATE_FILE : LS_STATE_MEMORY;
  /* 1: one after each commit, also when by its size it is not due yet. */
  fs->options.snapshot_events = round % 4 == 1 ? 1 : round % 4 == 3 ? 1 + below(40) : 0;
  fs->options.flush_events = 1 + below(50);
}

typedef struct counts {
  int kills, opening, committing, snapshotting, rebuilding;
} counts;

/* Kill the child after a while; now and then before it has opened the store. */
static void kill_one(counts *c, account *a, const fault_store *fs, int next) {
  int pipe, status;
  bool later = fs->options.durability == LS_DURABILITY_LATER;
  pid_t pid = start(be_killed, fs, next, &pipe);
  if (below(6)) read_reports(a, pipe, later, false);
  nap((long)below(below(4) ? 4000 : 20000));
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  read_reports(a, pipe, later, true);
  close(pipe);
  bool in_snapshot = left_behind(fs, "state.db.tmp") || a->last == 's';
  c->kills++;
  c->opening += a->last == 0;
  c->snapshotting += in_snapshot;
  c->committing += a->last == 't' && !in_snapshot;
  c->rebuilding += a->last == 'r' && !in_snapshot;
}

static void cut_power(counts *c, account *a, const fault_store *fs, int next) {
  int pipe, status;
  pid_t pid = start(lose_power, fs, next, &pipe);
  read_reports(a, pipe, fs->options.durability != LS_DURABILITY_POWER, true);
  close(pipe);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  /* Only with durability POWER does a flush or a rebuild sync the log. */
  if (fs->options.durability != LS_DURABILITY_POWER) a->durable = next;
  c->kills++;
}

static int rounds(void) {
  const char *given = getenv("LS_KILLS");
  return given ? atoi(given) : getenv("SOAK") ? 200 : 25;
}

static void run_rounds(counts *c, const char *parent, void (*crash)(counts *, account *, const fault_store *, int)) {
  fault_store fs = {0};
  char name[20];
  account *a = malloc(sizeof *a);
  assert_non_null(a);
  for (int i = 0, n = DIRECTORY_EVENTS; i < rounds(); i++) {
    if (n >= DIRECTORY_EVENTS) {
      snprintf(name, sizeof name, "%d", i);
      char *path = tmp_path(parent, name);
      fault_store_fini(&fs);
      fault_store_init(&fs, path);
      free(path);
      n = 0;
    }
    choose_options(&fs, i);
    memset(a, 0, sizeof *a);
    a->start = a->durable = a->tried = n;
    crash(c, a, &fs, n);
    n = check(&fs, a);
  }
  fault_store_fini(&fs);
  free(a);
}

static void test_a_killed_process_loses_nothing_acknowledged(void **state) {
  counts c = {0};
  print_message("seed %llu\n", (unsigned long long)seed);
  run_rounds(&c, *state, kill_one);
  print_message("%d kills: %d while opening, %d in a commit, %d in a snapshot, %d in a rebuild\n", c.kills, c.opening,
                c.committing, c.snapshotting, c.rebuilding);
}

static void test_a_loss_of_power_loses_nothing_acknowledged_as_synced(void **state) {
  counts c = {0};
  print_message("seed %llu\n", (unsigned long long)seed);
  run_rounds(&c, *state, cut_power);
  print_message("%d losses of power\n", c.kills);
}

int main(void) {
  const char *given = getenv("LS_SEED");
  seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_killed_process_loses_nothing_acknowledged, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_loss_of_power_loses_nothing_acknowledged_as_synced, tmp_setup,
                                      tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
