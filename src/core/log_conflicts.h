/* log_conflicts - commits that were set aside, kept in the log's file beside the events: tables conflicts and
 * conflict_events (docs/files.md). They are texts only: what they mean, and who may be one, is not known here. */
#ifndef LS_CORE_LOG_CONFLICTS_H
#define LS_CORE_LOG_CONFLICTS_H

#include "base/arena.h"
#include "core/log.h"

/* Inside ls_log_begin: keep one. Its id is chosen here. O(events). */
int ls_log_conflict_add(ls_log *log, const ls_conflict *conflict, ls_error *err);
/* Inside ls_log_begin: take one away. LS_ENOTFOUND */
int ls_log_conflict_remove(ls_log *log, int64_t id, ls_error *err);

int ls_log_conflict_count(uint64_t *out, ls_log *log, ls_error *err);

/* A conflict that was read, and the memory for it. Zero-initialize; free with ls_kept_conflict_fini. */
typedef struct ls_kept_conflict {
  ls_conflict conflict;
  ls_arena arena;
} ls_kept_conflict;

/* Read the one that follows an id: 1, 0 behind the last, or negative. What was read before is forgotten. */
int ls_log_conflict_next(ls_kept_conflict *out, ls_log *log, int64_t after, ls_error *err);
/* Read the one of an id. LS_ENOTFOUND */
int ls_log_conflict_get(ls_kept_conflict *out, ls_log *log, int64_t id, ls_error *err);
void ls_kept_conflict_fini(ls_kept_conflict *kept);

#endif
