#include "core/follow.h"

#include "base/err.h"
#include "base/seqnum.h"
#include "core/rollback.h"

/* Events of a transaction. All of them are tried at once; when one is at fault they are done again one by one, each
 * inside a savepoint. Faults are rare, so the savepoints mostly are not paid for. */
#define CHUNK 1000

/* A damaged state is no state; damage of the log is something else. */
static int of_state(int rc, ls_error *err) {
  if (rc != LS_ECORRUPT) return rc;
  if (err) err->code = LS_ENOTFOUND;
  return ls_wrap(err, LS_ENOTFOUND, "the state is damaged");
}

static bool beyond(ls_seqnum seq, const ls_follow *options) {
  return !ls_seqnum_is_root(options->until) && ls_seqnum_after(seq, options->until);
}

typedef struct branch {
  ls_log *log;
  const ls_follow *options;
  int failed; /* the log could not be read */
} branch;

/* Is it a place of the log, and one to stop at? */
static int on_branch(void *user, ls_mark at, ls_error *err) {
  branch *b = user;
  ls_mark mark;
  int found = ls_log_mark(&mark, b->log, at.seq, err);
  if (found < 0) b->failed = found;
  return found < 0 ? found : found && mark.sum == at.sum && !beyond(at.seq, b->options);
}

static int roll_back(ls_state *state, ls_log *log, const ls_follow *options, ls_error *err) {
  branch b = {.log = log, .options = options};
  int rc = ls_rollback_all(state, on_branch, &b, err);
  if (!rc && ls_seqnum_after(ls_log_base(log).seq, state->at.seq))
    rc = ls_fail(err, LS_ENOTFOUND, "the log begins behind where the state stands");
  return b.failed ? b.failed : of_state(rc, err);
}

typedef struct replay {
  ls_state *state;
  ls_log *log;
  ls_log_cursor *cursor;
  const ls_follow *options;
  ls_mark at;      /* newest event applied */
  ls_seqnum told;  /* newest event that options->applied was told */
  bool one_by_one; /* after a fault in this chunk */
  bool done;
  ls_error damage; /* of the log, behind what was applied; code 0: none */
  uint64_t count, total;
} replay;

static bool has_enough(const replay *r) { return r->options->most && r->count >= r->options->most; }

/* When a chunk is done again, its first events were told already: they have done now what they did then. */
static int tell_applied(replay *r, const ls_event *event, ls_error *err) {
  if (!r->options->applied) return LS_OK;
  int rc = LS_OK;
  if (ls_seqnum_after(event->seq, r->told)) {
    r->told = event->seq;
    rc = r->options->applied(r->options->user, r->state, event, err);
  }
  ls_capture_clear(&r->state->capture);
  return rc;
}

/* Apply events to the open transaction until it is full: 0, or the code of what went wrong. Damage of the log ends it
 * without an error, so that what is good before it is kept. */
static int fill(replay *r, ls_error *err) {
  for (int i = 0; i < CHUNK && !has_enough(r); i++) {
    const ls_event *event;
    ls_mark mark;
    int more = ls_log_cursor_next(&event, &mark, r->cursor, &r->damage);
    r->done = more == LS_ECORRUPT || more == 0 || (more == 1 && beyond(mark.seq, r->options));
    if (r->done) return LS_OK;
    if (more < 0) {
      if (err) *err = r->damage;
      return more;
    }
    int rc = r->one_by_one ? ls_state_apply_or_fail(r->state, event, err) : ls_state_apply(r->state, event, false, err);
    if (!rc) rc = tell_applied(r, event, err);
    if (rc) return rc;
    r->at = mark;
    r->count++;
  }
  return LS_OK;
}

static int restart_chunk(replay *r, ls_error *err) {
  ls_log_cursor_close(r->cursor);
  r->cursor = NULL;
  r->at = r->state->at;
  return ls_log_cursor_open(&r->cursor, r->log, r->at.seq, err);
}

/* What somebody was told is no way back: the capture was emptied behind each event. */
static int commit_chunk(replay *r, ls_error *err) {
  ls_capture *capture = &r->state->capture;
  bool capturing = capture->on;
  capture->on = capturing && !r->options->applied;
  int rc = of_state(ls_state_commit(r->state, r->at, err), err);
  capture->on = capturing;
  return rc;
}

static int replay_chunk(replay *r, ls_error *err) {
  uint64_t count = r->count;
  int rc = ls_state_begin(r->state, err);
  if (rc) return of_state(rc, err);
  rc = fill(r, err);
  if (!rc && r->count > count) return commit_chunk(r, err);
  ls_state_abort(r->state); /* also when there was nothing to do: a record must lead somewhere */
  if (!rc || r->one_by_one || !ls_state_event_at_fault(rc)) return of_state(rc, err);
  r->count = count;
  rc = restart_chunk(r, err);
  r->one_by_one = true;
  if (!rc) rc = replay_chunk(r, err);
  r->one_by_one = false;
  return rc;
}

static int tell(const replay *r, ls_error *err) {
  if (!r->options->progress || !r->options->progress(r->options->user, r->options->what, r->count, r->total)) return LS_OK;
  return ls_fail(err, LS_EABORT, "%s: stopped", r->options->what);
}

static int count_events(replay *r, ls_error *err) {
  if (!r->options->progress) return LS_OK;
  uint64_t behind = 0;
  int rc = ls_log_count(&r->total, r->log, r->state->at.seq, err);
  if (!rc && !ls_seqnum_is_root(r->options->until)) rc = ls_log_count(&behind, r->log, r->options->until, err);
  r->total -= behind < r->total ? behind : r->total;
  return rc == LS_ECORRUPT ? LS_OK : rc; /* the total is for progress only; what is good is replayed */
}

static int replay_all(replay *r, ls_error *err) {
  int rc = count_events(r, err);
  if (!rc) rc = restart_chunk(r, err);
  while (!rc && !r->done && !has_enough(r)) {
    rc = tell(r, err);
    if (!rc) rc = replay_chunk(r, err);
  }
  return rc ? rc : tell(r, err);
}

int ls_state_follow(ls_state *state, ls_log *log, const ls_follow *options, ls_error *err) {
  static const ls_follow NONE = {.what = "following the log"};
  if (!options) options = &NONE;
  replay r = {.state = state, .log = log, .options = options};
  int rc = roll_back(state, log, options, err);
  if (rc || ls_seqnum_equal(state->at.seq, ls_log_head(log).seq)) return rc;
  bool capturing = state->capture.on;
  /* Only what upstream may still renumber needs a way back, and that only when there is something below it. */
  state->capture.on = capturing && (options->applied || !ls_seqnum_is_root(ls_log_upstream_head(log)));
  rc = replay_all(&r, err);
  if (options->count) *options->count += r.count;
  if (!rc && r.damage.code) {
    if (err) *err = r.damage;
    rc = r.damage.code;
  }
  ls_log_cursor_close(r.cursor);
  state->capture.on = capturing;
  return rc;
}
