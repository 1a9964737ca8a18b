/* The client's side of sync, as scripts: what happens, what the client does about it, and when
 * (tests/support/client_script.h). Connections, pages, backends, access. CASES: WIRE-04, 07, 11, LP-17, LP-20, LP-28,
 * CS-09, CS-32. */
#include "support/client_script.h"
#include "support/cmocka_all.h"

static void script(void **state) { client_script_run(*state); }

int main(void) {
  static const char *const NAMES[] = {
      "connect_first",
      "connect_resume",
      "connect_times_out",
      "offline",
      "offline_commit",
      "lost_everywhere",
      "lost_sending",
      "silent",
      "silent_asleep",
      "pull_pages",
      "pull_pages_of_a_chunk",
      "pull_live",
      "pull_overlap",
      "pull_gap",
      "pull_gap_for_ever",
      "pull_gap_after_long",
      "pull_unlinked",
      "pull_ended",
      "pull_two_backends",
      "pull_merge_fails",
      "pull_more_then_closed",
      "frames_of_others",
      "frames_garbage",
      "backend_mismatch_pull",
      "backend_mismatch_push",
      "backend_same_after_mismatch",
      "backend_in_page",
      "backend_not_wanted",
      "access_denied",
      "access_renewed",
      "once",
      "once_refused",
      "stop_anywhere",
  };
  enum { N = sizeof NAMES / sizeof NAMES[0] };
  struct CMUnitTest tests[N];
  for (int i = 0; i < N; i++) tests[i] = (struct CMUnitTest){NAMES[i], script, NULL, NULL, (void *)NAMES[i]};
  return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
