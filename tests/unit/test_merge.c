/* Merging: the cases of LiveStore's own tests (SS-01 to SS-47), what it gets wrong, and what no correct peer sends.
 *
 * Events are written NAME@POSITION. Those whose name starts with R are by another client. An answer reads
 *   OUTCOME ok[confirmed] back[rolled back] new[fresh] again[rebased, with <PARENT] UPSTREAM/LOCAL */
#include "sync/merge.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"

enum { MOST = 16, GENERATION = 7 };

/* A list of events, read from its text. */
typedef struct list {
  char text[400];
  ls_event events[MOST];
  size_t n;
} list;

static ls_seqnum seqnum(const char *text) {
  ls_seqnum seq;
  ls_error err;
  assert_ok(ls_seqnum_parse(&seq, text, &err), &err);
  return seq;
}

static ls_event event_of(char *text) {
  char *at = strchr(text, '@');
  assert_non_null(at);
  *at = 0;
  return (ls_event){.seq = seqnum(at + 1),
                    .parent = {9, 9, 9},
                    .name = text,
                    .args = "{\"id\":\"a\"}",
                    .args_size = 10,
                    .client_id = text[0] == 'R' ? "other" : "me",
                    .session_id = "here",
                    .more = 3,
                    .undoes = -4};
}

static void list_of(list *out, const char *text) {
  char *rest;
  assert_true(strlen(text) < sizeof out->text);
  strcpy(out->text, text);
  out->n = 0;
  for (char *word = strtok_r(out->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    assert_true(out->n < MOST);
    out->events[out->n++] = event_of(word);
  }
}

/* ---------------------------------------------------------------------------------------------- */

static void put_events(ls_bytes *out, const char *label, const ls_event *events, size_t n, bool with_parent) {
  char text[LS_SEQNUM_TEXT];
  ls_bytes_printf(out, " %s[", label);
  for (size_t i = 0; i < n; i++) {
    ls_bytes_printf(out, "%s%s@%s", i ? " " : "", events[i].name, ls_seqnum_format(events[i].seq, text));
    if (with_parent) ls_bytes_printf(out, "<%s", ls_seqnum_format(events[i].parent, text));
  }
  ls_bytes_byte(out, ']');
}

static void put_result(ls_bytes *out, const ls_merge_result *result, const ls_event *rebased,
                       const ls_merge_state *state, const ls_merge_input *input) {
  char a[LS_SEQNUM_TEXT], b[LS_SEQNUM_TEXT];
  ls_bytes_clear(out);
  if (result->outcome == LS_MERGED_REJECT) {
    ls_bytes_printf(out, "reject, expected %s", ls_seqnum_format(result->expected, a));
    return;
  }
  ls_bytes_text(out, result->outcome == LS_MERGED_REBASE ? "rebase" : "advance");
  put_events(out, "ok", state->pending, result->confirmed, false);
  put_events(out, "back", state->pending + result->rolled_back, state->n_pending - result->rolled_back, false);
  put_events(out, "new", input->events + result->fresh, input->n_events - result->fresh, false);
  put_events(out, "again", rebased, result->rebased, true);
  ls_bytes_printf(out, " %s/%s", ls_seqnum_format(result->upstream_head, a), ls_seqnum_format(result->local_head, b));
}

typedef struct merge_case {
  const char *pending, *heads; /* upstream/local */
  ls_merge_kind kind;
  bool ignore;
  const char *events;
  const char *answer; /* or what the error says */
} merge_case;

/* Reads the case and merges. */
static int run(ls_bytes *answer, const merge_case *c, ls_error *err) {
  static list pending, events;
  char heads[2 * LS_SEQNUM_TEXT];
  list_of(&pending, c->pending);
  list_of(&events, c->events);
  assert_true(strlen(c->heads) < sizeof heads);
  strcpy(heads, c->heads);
  char *slash = strchr(heads, '/');
  assert_non_null(slash);
  *slash = 0;
  ls_merge_state state = {pending.events, pending.n, seqnum(heads), seqnum(slash + 1)};
  ls_merge_input input = {c->kind, events.events, events.n, c->ignore, GENERATION};
  ls_event rebased[MOST];
  ls_merge_result result, untouched;
  memset(&result, 0x5a, sizeof result);
  untouched = result;
  int rc = ls_merge(&result, rebased, &state, &input, err);
  if (rc) assert_memory_equal(&result, &untouched, sizeof result);
  if (!rc) put_result(answer, &result, rebased, &state, &input);
  for (size_t i = 0; !rc && i < result.rebased; i++) {
    assert_int_equal(rebased[i].more, 3);
    assert_int_equal(rebased[i].undoes, -4);
  }
  return rc;
}

static void check_answers(const merge_case *cases, size_t n) {
  ls_bytes answer = {0};
  for (size_t i = 0; i < n; i++) {
    ls_error err;
    int rc = run(&answer, &cases[i], &err);
    if (rc) fail_msg("row %zu: %s", i, err.text);
    assert_string_equal(ls_bytes_cstr(&answer), cases[i].answer);
  }
  ls_bytes_fini(&answer);
}

static void check_errors(int code, const merge_case *cases, size_t n) {
  ls_bytes answer = {0};
  for (size_t i = 0; i < n; i++) {
    ls_error err;
    int rc = run(&answer, &cases[i], &err);
    if (!rc) fail_msg("row %zu: %s", i, ls_bytes_cstr(&answer));
    assert_code(rc, code, &err);
    assert_says(&err, cases[i].answer);
  }
  ls_bytes_fini(&answer);
}

#define ADVANCE LS_MERGE_ADVANCE
#define REBASE LS_MERGE_REBASE
#define PUSH LS_MERGE_PUSH
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---------------------------------------------------------------------------------------------- */

/* Numbers are the rows of the table of cases that LiveStore's behaviour is described by. */
static void upstream_takes_back_and_gives_anew(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      /* #1, SS-01 */
      {"A@e2", "e0/e2", REBASE, false, "R1@e3 R2@e3.1",
       "rebase ok[] back[A@e2] new[R1@e3 R2@e3.1] again[A@e4r7<e3] e3.1/e4r7"},
      /* SS-02: upstream renumbered what it had given */
      {"A@e2", "e1.1/e2", REBASE, false, "R1@e1 R2@e1.1r1",
       "rebase ok[] back[A@e2] new[R1@e1 R2@e1.1r1] again[A@e2r7<e1r1] e1.1r1/e2r7"},
      /* #2, SS-03 */
      {"", "e0/e1", REBASE, false, "R1@e2", "rebase ok[] back[] new[R1@e2] again[] e2/e2"},
      /* Only taken back: the head stays. */
      {"A@e2 a@e2.1", "e1r2/e2.1", REBASE, false, "",
       "rebase ok[] back[A@e2 a@e2.1] new[] again[A@e2r7<e1r2 a@e2.1r7<e2r7] e1r2/e2.1r7"},
      /* What looks like a pending event is none. */
      {"A@e2", "e1/e2", REBASE, false, "A@e2", "rebase ok[] back[A@e2] new[A@e2] again[A@e3r7<e2] e2/e3r7"},
  };
  check_answers(cases, COUNT(cases));
}

static void upstream_gives_more(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      /* #3, SS-18 */
      {"A@e2", "e1/e2", ADVANCE, false, "", "advance ok[] back[] new[] again[] e1/e2"},
      {"", "e1/e1.2", ADVANCE, true, "", "advance ok[] back[] new[] again[] e1/e1.2"},
      /* #6, SS-09 */
      {"A@e1", "e0/e1", ADVANCE, false, "A@e1", "advance ok[A@e1] back[] new[] again[] e1/e1"},
      /* #7, SS-10 */
      {"A@e1 B@e2", "e0/e2", ADVANCE, false, "A@e1", "advance ok[A@e1] back[] new[] again[] e1/e2"},
      /* #8, SS-11 */
      {"A@e1", "e0/e1", ADVANCE, false, "A@e1 r@e1.1", "advance ok[A@e1] back[] new[r@e1.1] again[] e1.1/e1.1"},
      /* #9, SS-12 */
      {"a@e1.1", "e1/e1.1", ADVANCE, false, "a@e1.1 b@e1.2 c@e1.3 D@e2 d@e2.1",
       "advance ok[a@e1.1] back[] new[b@e1.2 c@e1.3 D@e2 d@e2.1] again[] e2.1/e2.1"},
      /* #10, SS-13 */
      {"A@e1 a@e1.1", "e0/e1.1", ADVANCE, false, "A@e1", "advance ok[A@e1] back[] new[] again[] e1/e1.1"},
      /* #11, SS-14 */
      {"a@e0.1 A@e1", "e0/e1", ADVANCE, true, "A@e1", "advance ok[a@e0.1 A@e1] back[] new[] again[] e1/e1"},
      /* #12, SS-15 */
      {"a@e0.1 A@e1 B@e2", "e0/e2", ADVANCE, true, "A@e1", "advance ok[a@e0.1 A@e1] back[] new[] again[] e1/e2"},
      /* #13, SS-16 */
      {"a@e0.1 A@e1 b@e1.1", "e0/e1.1", ADVANCE, true, "A@e1 R@e2",
       "advance ok[a@e0.1 A@e1 b@e1.1] back[] new[R@e2] again[] e2/e2"},
      /* #24, SS-33 */
      {"a@e0.1", "e0/e0.1", ADVANCE, true, "R@e1", "advance ok[a@e0.1] back[] new[R@e1] again[] e1/e1"},
      /* SS-41 */
      {"A@e3 B@e4", "e2/e4", ADVANCE, false, "A@e3 B@e4 R@e5", "advance ok[A@e3 B@e4] back[] new[R@e5] again[] e5/e5"},
      /* SS-47 */
      {"a@e2.1 b@e2.2 A@e3", "e2/e3", ADVANCE, true, "A@e3",
       "advance ok[a@e2.1 b@e2.2 A@e3] back[] new[] again[] e3/e3"},
      /* Client-only events behind what is confirmed are, too, and the local head stays. */
      {"A@e1 a@e1.1 b@e1.2", "e0/e1.2", ADVANCE, true, "A@e1",
       "advance ok[A@e1 a@e1.1 b@e1.2] back[] new[] again[] e1/e1.2"},
      {"A@e1 a@e1.1 B@e2", "e0/e2", ADVANCE, true, "A@e1", "advance ok[A@e1 a@e1.1] back[] new[] again[] e1/e2"},
      {"b@e1.3", "e1/e1.3", ADVANCE, true, "R@e2", "advance ok[b@e1.3] back[] new[R@e2] again[] e2/e2"},
      /* Generations do not matter; the log keeps its own number. */
      {"A@e3r1", "e2/e3r1", ADVANCE, false, "A@e3", "advance ok[A@e3r1] back[] new[] again[] e3/e3r1"},
      {"", "e2/e2", ADVANCE, false, "R@e3 R@e4", "advance ok[] back[] new[R@e3 R@e4] again[] e4/e4"},
  };
  check_answers(cases, COUNT(cases));
}

static void upstream_gives_something_else(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      /* #14, SS-19 */
      {"A@e1", "e0/e1", ADVANCE, false, "r@e1.1", "rebase ok[] back[A@e1] new[r@e1.1] again[A@e2r7<e1] e1.1/e2r7"},
      /* #15, SS-20 */
      {"A@e1", "e0/e1", ADVANCE, false, "R@e1", "rebase ok[] back[A@e1] new[R@e1] again[A@e2r7<e1] e1/e2r7"},
      /* #16, SS-21 */
      {"A@e1", "e0/e1", ADVANCE, false, "r@e1.1 s@e1.2 t@e1.3 R@e2",
       "rebase ok[] back[A@e1] new[r@e1.1 s@e1.2 t@e1.3 R@e2] again[A@e3r7<e2] e2/e3r7"},
      /* #17, SS-22: what was confirmed is told, too */
      {"A@e1 a@e1.1", "e0/e1.1", ADVANCE, false, "A@e1 s@e1.2 t@e1.3 R@e2",
       "rebase ok[A@e1] back[a@e1.1] new[s@e1.2 t@e1.3 R@e2] again[a@e2.1r7<e2] e2/e2.1r7"},
      /* #18, SS-23 */
      {"A@e1 a@e1.1", "e0/e1.1", ADVANCE, false, "r@e1.1 s@e1.2 t@e1.3 R@e2",
       "rebase ok[] back[A@e1 a@e1.1] new[r@e1.1 s@e1.2 t@e1.3 R@e2] again[A@e3r7<e2 a@e3.1r7<e3r7] e2/e3.1r7"},
      /* #25, SS-34 */
      {"a@e0.1 A@e1", "e0/e1", ADVANCE, true, "R@e1",
       "rebase ok[] back[a@e0.1 A@e1] new[R@e1] again[a@e1.1r7<e1 A@e2r7<e1r7] e1/e2r7"},
      /* #26, SS-35 */
      {"A@e1 a@e1.1 B@e2", "e0/e2", ADVANCE, true, "A@e1 R@e2",
       "rebase ok[A@e1] back[a@e1.1 B@e2] new[R@e2] again[a@e2.1r7<e2 B@e3r7<e2r7] e2/e3r7"},
      /* Behind a base of an older generation, whose number the first parent keeps. */
      {"A@e3r4", "e2r4/e3r4", ADVANCE, false, "R@e3r5",
       "rebase ok[] back[A@e3r4] new[R@e3r5] again[A@e4r7<e3r5] e3r5/e4r7"},
  };
  check_answers(cases, COUNT(cases));
}

/* LiveStore takes the place among the synced events for the place among all: it rolls back, doubles and pushes again
 * what it has just confirmed. */
static void client_only_events_do_not_shift_what_is_rolled_back(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      {"a@e0.1 b@e0.2 A@e1 B@e2", "e0/e2", ADVANCE, true, "A@e1 R@e2",
       "rebase ok[a@e0.1 b@e0.2 A@e1] back[B@e2] new[R@e2] again[B@e3r7<e2] e2/e3r7"},
      {"a@e0.1 A@e1 b@e1.1 B@e2 C@e3", "e0/e3", ADVANCE, true, "A@e1 B@e2 R@e3",
       "rebase ok[a@e0.1 A@e1 b@e1.1 B@e2] back[C@e3] new[R@e3] again[C@e4r7<e3] e3/e4r7"},
      {"a@e0.1 A@e1 b@e1.1 c@e1.2 B@e2 d@e2.1", "e0/e2.1", ADVANCE, true, "A@e1 R@e2 R@e3",
       "rebase ok[a@e0.1 A@e1] back[b@e1.1 c@e1.2 B@e2 d@e2.1] new[R@e2 R@e3] "
       "again[b@e3.1r7<e3 c@e3.2r7<e3.1r7 B@e4r7<e3r7 d@e4.1r7<e4r7] e3/e4.1r7"},
  };
  check_answers(cases, COUNT(cases));
}

static void downstream_pushes(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      /* #19, SS-24 */
      {"A@e1", "e0/e1", PUSH, false, "a@e1.1 b@e1.2 c@e1.3",
       "advance ok[] back[] new[a@e1.1 b@e1.2 c@e1.3] again[] e0/e1.3"},
      /* #20, SS-25 */
      {"", "e0/e0", PUSH, true, "a@e0.1", "advance ok[] back[] new[a@e0.1] again[] e0/e0"},
      /* #21, SS-26 */
      {"", "e0/e0", PUSH, true, "a@e0.1 A@e1", "advance ok[] back[] new[a@e0.1 A@e1] again[] e0/e1"},
      {"", "e0/e0", PUSH, true, "A@e1 a@e1.1", "advance ok[] back[] new[A@e1 a@e1.1] again[] e0/e1"},
      /* #22, SS-27 */
      {"A@e1 a@e1.1", "e0/e1.1", PUSH, false, "b@e1.1 c@e1.2", "reject, expected e1.2"},
      {"A@e1r3", "e0/e1r3", PUSH, true, "B@e1r4", "reject, expected e1.1r3"},
      /* SS-28 */
      {"A@e1", "e0/e1", PUSH, false, "", "advance ok[] back[] new[] again[] e0/e1"},
      /* Holes are for others to judge. */
      {"A@e1", "e0/e1", PUSH, false, "B@e3", "advance ok[] back[] new[B@e3] again[] e0/e3"},
  };
  check_answers(cases, COUNT(cases));
}

/* #23, SS-17: arguments are canonical, so what JSON cannot tell apart is the same text. Here, that each part counts. */
static void an_event_that_differs_in_any_part_is_another(void **unused) {
  (void)unused;
  ls_event pending = {{1, 0, 0}, {0, 0, 0}, "A", "{\"id\":\"a\"}", 10, "me", "here", 0, 0};
  ls_event arriving[6] = {pending, pending, pending, pending, pending, pending};
  arriving[1].name = "B";
  arriving[2].args = "{\"id\":\"b\"}";
  arriving[3].client_id = "other";
  arriving[4].session_id = "there";
  arriving[5].parent.generation = 3, arriving[5].seq.generation = 4; /* no part of it */
  for (size_t i = 0; i < COUNT(arriving); i++) {
    ls_merge_state state = {&pending, 1, {0, 0, 0}, {1, 0, 0}};
    ls_merge_input input = {LS_MERGE_ADVANCE, &arriving[i], 1, false, 1};
    ls_merge_result result;
    ls_event rebased;
    ls_error err;
    assert_ok(ls_merge(&result, &rebased, &state, &input, &err), &err);
    assert_int_equal(result.outcome, i == 0 || i == 5 ? LS_MERGED_ADVANCE : LS_MERGED_REBASE);
  }
}

/* The first events that are pending are enough to see that none has to move. */
static void an_advance_may_be_given_a_part_of_what_is_pending(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      {"A@e1", "e0/e3", ADVANCE, false, "A@e1", "advance ok[A@e1] back[] new[] again[] e1/e3"},
      {"a@e0.1 A@e1", "e0/e3.2", ADVANCE, true, "A@e1", "advance ok[a@e0.1 A@e1] back[] new[] again[] e1/e3.2"},
      {"A@e1 B@e2", "e0/e9", ADVANCE, false, "A@e1 B@e2", "advance ok[A@e1 B@e2] back[] new[] again[] e2/e9"},
      /* What has to move is asked for again with all. */
      {"A@e1", "e0/e9", ADVANCE, false, "R@e1", "rebase ok[] back[A@e1] new[R@e1] again[A@e2r7<e1] e1/e2r7"},
  };
  static const merge_case too_few[] = {
      {"A@e1", "e0/e3", ADVANCE, false, "A@e1 B@e2", "nothing is pending that could be e2"},
      {"", "e0/e3", ADVANCE, true, "A@e1", "does not lie behind the local head e3"},
  };
  check_answers(cases, COUNT(cases));
  check_errors(LS_EORDER, too_few, COUNT(too_few));
}

static void what_no_correct_peer_sends_is_refused(void **unused) {
  (void)unused;
  static const merge_case cases[] = {
      /* #4, SS-06, SS-07 */
      {"", "e2/e2", ADVANCE, false, "R@e1",
       "upstream sent again what it had sent: e1 does not lie behind the upstream head e2"},
      {"", "e2/e2", ADVANCE, true, "R@e2", "e2 does not lie behind the upstream head e2"},
      {"A@e3", "e2/e3", ADVANCE, true, "R@e2r1", "e2r1 does not lie behind the upstream head e2"},
      /* SS-08 */
      {"", "e0/e2", ADVANCE, false, "R@e1", "e1 does not lie behind the local head e2"},
      {"", "e0/e2", ADVANCE, false, "R@e2", "e2 does not lie behind the local head e2"},
      /* #5, SS-04, SS-05 */
      {"", "e0/e0", ADVANCE, false, "R@e1.2 R@e1.1",
       "events arrived out of order: e1.1 does not lie behind the one before it, e1.2"},
      {"", "e0/e0", ADVANCE, false, "R@e1 R@e2 R@e1.5", "e1.5 does not lie behind the one before it, e2"},
      {"", "e0/e0", ADVANCE, true, "R@e1 R@e1r1", "e1r1 does not lie behind the one before it, e1"},
      {"A@e1", "e0/e1", REBASE, false, "R@e2 R@e1", "e1 does not lie behind the one before it, e2"},
      {"A@e1", "e0/e1", PUSH, false, "B@e2 B@e2", "e2 does not lie behind the one before it, e2"},
      {"A@e1", "e0/e1", PUSH, true, "B@e1 A@e0.1", "e0.1 does not lie behind the one before it, e1"},
      /* Upstream does not know client-only events. */
      {"A@e1", "e0/e1", ADVANCE, true, "A@e1 r@e1.1", "e1.1 is client-only, but came from upstream"},
      {"A@e1", "e0/e1", REBASE, true, "r@e0.1", "e0.1 is client-only, but came from upstream"},
      /* Heads do not go back. */
      {"A@e6", "e5/e6", REBASE, false, "R@e4", "the upstream head would go back from e5 to e4"},
      {"", "e2/e5", REBASE, false, "R@e3", "the local head would go back from e5 to e3"},
      {"A@e5", "e0/e5", ADVANCE, false, "R@e1", "the local head would go back from e5 to e2"},
  };
  check_errors(LS_EORDER, cases, COUNT(cases));
}

static void positions_have_an_end(void **unused) {
  (void)unused;
  static const merge_case synced[] = {
      {"A@e1", "e0/e1", ADVANCE, true, "R@e549755813887", "would become e549755813888r7, which is beyond"},
      {"a@e1.1", "e1/e1.1", ADVANCE, false, "R@e1.16777215", "would become e1.16777216r7, which is beyond"},
  };
  static const merge_case last[] = {
      {"A@e1", "e0/e1", ADVANCE, true, "R@e549755813886",
       "rebase ok[] back[A@e1] new[R@e549755813886] again[A@e549755813887r7<e549755813886] "
       "e549755813886/e549755813887r7"},
  };
  check_errors(LS_ELIMIT, synced, COUNT(synced));
  check_answers(last, COUNT(last));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(upstream_takes_back_and_gives_anew),
      cmocka_unit_test(upstream_gives_more),
      cmocka_unit_test(upstream_gives_something_else),
      cmocka_unit_test(client_only_events_do_not_shift_what_is_rolled_back),
      cmocka_unit_test(downstream_pushes),
      cmocka_unit_test(an_event_that_differs_in_any_part_is_another),
      cmocka_unit_test(an_advance_may_be_given_a_part_of_what_is_pending),
      cmocka_unit_test(what_no_correct_peer_sends_is_refused),
      cmocka_unit_test(positions_have_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
