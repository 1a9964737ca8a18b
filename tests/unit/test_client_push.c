/* The client's pushes, as scripts (tests/support/client_script.h): batches, echoes, conflicts, refusals. CASES: WIRE-08, 09,
 * 10, 19, LP-01, LP-14, CS-02, CS-13. */
#include "support/client_script.h"
#include "support/cmocka_all.h"

static void script(void **state) { client_script_run(*state); }

int main(void) {
  static const char *const NAMES[] = {
      "push_echo_before_answer",
      "push_echo_after_answer",
      "push_batches",
      "push_in_parts",
      "push_by_bytes",
      "push_limits",
      "push_large",
      "push_too_large",
      "push_conflict",
      "push_conflict_seen",
      "push_conflict_silent",
      "push_conflict_for_ever",
      "push_server_lost_events",
      "push_lost_what_it_took",
      "push_taken_but_replaced",
      "push_rebased_under_way",
      "push_unknown_error",
      "push_refused",
      "push_refused_without_event",
      "push_refused_not_pending",
      "push_unanswered",
      "push_no_echo",
      "push_commit_in_merge",
      "push_pending_fails",
  };
  enum { N = sizeof NAMES / sizeof NAMES[0] };
  struct CMUnitTest tests[N];
  for (int i = 0; i < N; i++) tests[i] = (struct CMUnitTest){NAMES[i], script, NULL, NULL, (void *)NAMES[i]};
  return cmocka_run_group_tests_name("client_push", tests, NULL, NULL);
}
