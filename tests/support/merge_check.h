/* merge_check - whether an answer of ls_merge keeps what merge.h promises, judged from the inputs alone. */
#ifndef LS_TESTS_SUPPORT_MERGE_CHECK_H
#define LS_TESTS_SUPPORT_MERGE_CHECK_H

#include "sync/merge.h"

/* NULL when all is well, or what is not. `rebased` is as ls_merge left it. */
const char *merge_check(const ls_merge_result *result, const ls_event *rebased, const ls_merge_state *state,
                        const ls_merge_input *input);

/* Of an advance: asked again with no more of what is pending than merge.h asks for, it is told as well whether anything
 * moves; and if not, the answer is the same, but for client-only events behind that part. */
const char *merge_check_part(const ls_merge_result *result, const ls_merge_state *state, const ls_merge_input *input);

/* All of two events, generations too. */
bool merge_same(const ls_event *a, const ls_event *b);

#endif
