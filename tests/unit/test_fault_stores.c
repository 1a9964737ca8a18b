/* The logs of stores in SQLite: what is left when I/O fails, the process is killed, or power is lost.
 *   LS_KILLS  rounds of the last two (12; 150 with SOAK in the environment)
 *   LS_SEED   the seed, printed by each run; the moments of kills still differ, as time does */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_vfs.h"
#include "support/random.h"
#include "support/stores_fixture.h"
#include "support/tmp.h"

#define STORES 3

typedef struct account {
  int64_t synced[STORES], tried[STORES];
} account;

static const char *const NAMES[STORES] = {"a", "b", "c"};

/* Rounds of appends, each made durable, until one fails. */
static int work(account *a, int rounds, random_source *r, ls_error *err) {
  for (int i = 0; i < rounds; i++) {
    int64_t at[STORES];
    memcpy(at, a->synced, sizeof at);
    for (unsigned k = 0, n = 1 + random_below(r, 4); k < n; k++) {
      unsigned s = random_below(r, STORES), events = 1 + random_below(r, 9);
      if (a->tried[s] < at[s] + events) a->tried[s] = at[s] + events;
      int rc = stores_append(NAMES[s], at[s], events, err);
      if (rc) return rc;
      at[s] += events;
    }
    int rc = stores.sync(stores.self, err);
    if (rc) return rc;
    memcpy(a->synced, at, sizeof at);
  }
  return LS_OK;
}

static int count_events(void *user, const ls_wire_event *e) {
  int64_t *n = user;
  assert_int_equal(e->seq, *n + 1);
  ++*n;
  return 0;
}

/* What was synced is there, and nothing that was not tried. */
static void check(account *a, const char *label) {
  ls_error err;
  for (int s = 0; s < STORES; s++) {
    int64_t n = 0;
    int rc = stores.read(stores.self, NAMES[s], 0, count_events, &n, &err);
    if (rc) fail_msg("%s: %s", label, err.text);
    if (n < a->synced[s] || n > a->tried[s]) {
      fail_msg("%s: %lld events of store %s, which has %lld to %lld", label, (long long)n, NAMES[s],
               (long long)a->synced[s], (long long)a->tried[s]);
    }
    ls_backend_head h = stores_head(NAMES[s]);
    assert_int_equal(h.head, n);
    assert_int_equal(h.events, n);
    a->synced[s] = n;
    a->tried[s] = n;
  }
}

static bool run_with_fault(const char *directory, long k, int kind) {
  account a = {0};
  ls_error err = {0};
  random_source r = random_from(7);
  char label[60];
  snprintf(label, sizeof label, "fault %d at %ld", kind, k);
  if (kind == 2)
    fault_vfs_arm_full((k - 1) * 2000);
  else
    fault_vfs_arm(k, FAULT_VFS_ALL, kind == 1);
  int rc = ls_backend_sqlite_open(&stores, directory, &err);
  bool opened = rc == LS_OK;
  if (opened) rc = work(&a, 6, &r, &err);
  bool failed = fault_vfs_disarm();
  if (rc && (!failed || (rc != LS_EIO && rc != LS_EFULL) || err.code != rc))
    fail_msg("%s: %d, %s", label, rc, err.text);
  if (opened && rc) {
    stores.sync(stores.self, NULL); /* an append that failed is told once more, here */
    check(&a, label);
    assert_int_equal(work(&a, 1, &r, &err), LS_OK);
  }
  if (opened) stores.close(stores.self);
  stores_open(directory);
  check(&a, label);
  assert_int_equal(work(&a, 1, &r, &err), LS_OK);
  stores.close(stores.self);
  return failed;
}

static void faults_of_io_cost_nothing_that_was_synced(void **state) {
  long step = getenv("SOAK") ? 1 : 5;
  for (int kind = 0; kind < 3; kind++) {
    char name[30];
    bool failed = true;
    long k = 1;
    for (; failed; k += step) {
      snprintf(name, sizeof name, "%d-%ld", kind, k);
      char *directory = tmp_path(*state, name);
      failed = run_with_fault(directory, k, kind);
      free(directory);
    }
    print_message("fault %d: up to %ld\n", kind, k);
  }
}

/* The child tells what it has synced; all before the last words is durable. */
static void be_a_server(const char *directory, int pipe, account *a, uint64_t seed, bool power) {
  ls_error err;
  random_source r = random_from(seed);
  if (power) fault_vfs_track();
  if (ls_backend_sqlite_open(&stores, directory, &err)) _exit(2);
  if (power) fault_vfs_arm(1 + (long)random_below(&r, 1500), FAULT_VFS_ALL, true);
  do {
    if (write(pipe, a, sizeof *a) != (ssize_t)sizeof *a) _exit(3);
  } while (work(a, 1, &r, &err) == LS_OK && (!power || a->synced[0] < 4000));
  if (write(pipe, a, sizeof *a) != (ssize_t)sizeof *a) _exit(3);
  if (power) fault_vfs_lose_power(seed);
  _exit(0);
}

static void kill_round(const char *directory, account *a, random_source *r, bool power) {
  int ends[2];
  account told;
  uint64_t seed = random_below(r, UINT32_MAX);
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(ends[0]);
    be_a_server(directory, ends[1], a, seed, power);
  }
  close(ends[1]);
  if (!power) {
    assert_int_equal(read(ends[0], a, sizeof *a), sizeof *a);
    nanosleep(&(struct timespec){0, (long)random_below(r, 30000000)}, NULL);
    kill(pid, SIGKILL);
  }
  while (read(ends[0], &told, sizeof told) == (ssize_t)sizeof told) *a = told;
  close(ends[0]);
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  if (power && status) fail_msg("the child ended with %d", status);
  for (int s = 0; s < STORES; s++) a->tried[s] = a->synced[s] + 4 * 9; /* the round that was not told of */
  stores_open(directory);
  check(a, power ? "power lost" : "killed");
  stores.close(stores.self);
}

static void lose_rounds(const char *directory, bool power) {
  long seed = random_option("LS_SEED", (long)time(NULL)), rounds = random_option("LS_KILLS", getenv("SOAK") ? 150 : 12);
  random_source r = random_from((uint64_t)seed);
  account a = {0};
  for (long i = 0; i < rounds; i++) {
    char name[30];
    if (i % 4 == 0) memset(&a, 0, sizeof a);
    snprintf(name, sizeof name, "%s-%ld", power ? "power" : "kill", i / 4);
    char *path = tmp_path(directory, name);
    kill_round(path, &a, &r, power);
    free(path);
  }
  print_message("%ld rounds, LS_SEED=%ld\n", rounds, seed);
}

static void what_was_synced_survives_a_kill(void **state) { lose_rounds(*state, false); }
static void what_was_synced_survives_the_loss_of_power(void **state) { lose_rounds(*state, true); }

int main(void) {
  fault_vfs_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(faults_of_io_cost_nothing_that_was_synced, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(what_was_synced_survives_a_kill, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(what_was_synced_survives_the_loss_of_power, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
