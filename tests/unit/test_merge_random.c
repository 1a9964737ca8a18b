/* Merging at random: single merges, and worlds of a backend and two clients whose every hop merges (SS-29, SS-31). What
 * has to hold is in support/merge_check.h and support/merge_world.h. A failure names its seed and, for a world, prints
 * its steps; MERGE_SEED runs that seed alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/merge_check.h"
#include "support/merge_world.h"
#include "support/random.h"

static long times(long ordinary) { return getenv("SOAK") ? ordinary * 100 : ordinary; }

/* ---------------------------------------------------------------------------------------------- */
/* Single merges */

enum { LONGEST = 7 };

static const char *const TEXTS[2 * LONGEST] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d"};

/* A chain of new events behind `head`. */
static size_t random_chain(random_source *dice, ls_event *out, const char *const *texts, const char *client,
                           ls_seqnum head, bool client_only, int64_t generation) {
  size_t n = random_below(dice, LONGEST);
  for (size_t i = 0; i < n; i++) {
    out[i] = (ls_event){
        .name = "e", .args = texts[i], .args_size = 1, .client_id = client, .session_id = "s", .more = (int64_t)i};
    ls_seqnum_next(&out[i].seq, &out[i].parent, head, client_only && random_below(dice, 2), generation);
    head = out[i].seq;
  }
  return n;
}

/* The first of the pending events as upstream echoes them, then events of others. */
static size_t random_echo(random_source *dice, ls_event *out, const ls_merge_state *state, bool synced) {
  size_t n = 0, echoed = random_below(dice, (uint32_t)state->n_pending + 1);
  ls_seqnum head = state->upstream_head;
  for (size_t i = 0; i < echoed; i++) {
    if (synced && state->pending[i].seq.client) continue;
    out[n] = state->pending[i];
    out[n].seq.generation = 0;
    head = out[n++].seq;
  }
  return n + random_chain(dice, out + n, TEXTS + LONGEST, "other", head, !synced, 0);
}

static const char *merge_once(uint64_t seed, merge_world_counts *counts) {
  random_source dice = random_from(seed);
  ls_event pending[LONGEST], events[2 * LONGEST], rebased[LONGEST];
  ls_merge_kind kind = (ls_merge_kind)random_below(&dice, 3);
  bool synced = random_below(&dice, 2);
  ls_seqnum upstream = {random_below(&dice, 3), synced ? 0 : random_below(&dice, 3), random_below(&dice, 2)};
  ls_seqnum base = upstream;
  if (synced && kind != LS_MERGE_REBASE) base.client = random_below(&dice, 3); /* confirmed client-only events */
  ls_merge_state state = {pending, 0, upstream, base};
  state.n_pending = random_chain(&dice, pending, TEXTS, "me", base, true, 1);
  if (state.n_pending) state.local_head = pending[state.n_pending - 1].seq;
  ls_merge_input input = {kind, events, 0, synced, 2 + random_below(&dice, 3)};
  if (kind == LS_MERGE_ADVANCE) input.n_events = random_echo(&dice, events, &state, synced);
  if (kind == LS_MERGE_REBASE) {
    input.n_events = random_chain(&dice, events, TEXTS + LONGEST, "other", upstream, !synced, 1);
  }
  if (kind == LS_MERGE_PUSH) {
    ls_seqnum head = random_below(&dice, 4) ? state.local_head : upstream;
    input.n_events = random_chain(&dice, events, TEXTS + LONGEST, "me", head, true, 1);
  }
  static ls_error err;
  ls_merge_result result;
  if (ls_merge(&result, rebased, &state, &input, &err)) return err.text;
  counts->steps++;
  counts->rebases += result.rebased > 0;
  counts->both += result.rebased > 0 && result.confirmed > 0;
  counts->refused += result.outcome == LS_MERGED_REJECT;
  const char *wrong = merge_check(&result, rebased, &state, &input);
  return wrong ? wrong : merge_check_part(&result, &state, &input);
}

static void every_answer_keeps_what_is_promised(void **state) {
  (void)state;
  merge_world_counts counts = {0};
  long seed = random_option("MERGE_SEED", 0), n = seed ? 1 : times(4000000);
  if (!seed) seed = 1;
  for (long i = 0; i < n; i++) {
    const char *wrong = merge_once((uint64_t)(seed + i), &counts);
    if (wrong) fail_msg("%s (MERGE_SEED=%ld)", wrong, seed + i);
  }
  printf("%llu merges: %llu rebased, %llu of them confirmed too, %llu refused\n", (unsigned long long)counts.steps,
         (unsigned long long)counts.rebases, (unsigned long long)counts.both, (unsigned long long)counts.refused);
}

/* ---------------------------------------------------------------------------------------------- */
/* Worlds */

static bool run_world(uint64_t seed, bool trace, merge_world_counts *counts) {
  enum { STEPS = 400 };
  merge_world *world = merge_world_new(seed, trace);
  bool good = true;
  for (int i = 0; good && i < STEPS; i++) good = merge_world_step(world);
  if (good) good = merge_world_settle(world);
  merge_world_count(counts, world);
  merge_world_free(world);
  return good;
}

static void worlds_converge(void **state) {
  (void)state;
  merge_world_counts counts = {0};
  long seed = random_option("MERGE_SEED", 0), n = seed ? 1 : times(5000);
  if (!seed) seed = 1;
  for (long i = 0; i < n; i++) {
    if (run_world((uint64_t)(seed + i), false, &counts)) continue;
    run_world((uint64_t)(seed + i), true, &counts);
    fail_msg("the world of MERGE_SEED=%ld went wrong, see its steps above", seed + i);
  }
  printf("%ld worlds, %llu steps, %llu events, %llu merges: %llu confirmed, %llu rebased, %llu both, %llu pushes "
         "refused\n",
         n, (unsigned long long)counts.steps, (unsigned long long)counts.events, (unsigned long long)counts.merges,
         (unsigned long long)counts.confirming, (unsigned long long)counts.rebases, (unsigned long long)counts.both,
         (unsigned long long)counts.refused);
  if (n > 1) assert_true(counts.both > 0 && counts.refused > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_answer_keeps_what_is_promised),
      cmocka_unit_test(worlds_converge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
