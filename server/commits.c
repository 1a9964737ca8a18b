#include "server/commits.h"

#include "base/err.h"
#include "port/port.h"

/* On a thread of the pool. */
static void flush(uv_work_t *work) {
  ls_commits *commits = work->data;
  int64_t from_us = ls_port_monotonic_us();
  ls_error_clear(&commits->err);
  commits->result = commits->backend->sync(commits->backend->self, &commits->err);
  commits->took_us = ls_port_monotonic_us() - from_us;
}

static void finish(ls_commits *commits) {
  commits->busy = false;
  ls_histogram_add(&commits->metrics->sync, commits->took_us);
  if (commits->result) {
    commits->metrics->sync_errors++;
    ls_journal_error(commits->journal, "sync", commits->err.text);
  }
  ls_hub_commit_end(commits->hub, commits->result, &commits->err);
}

/* What came in meanwhile is begun at the end of this turn. */
static void flushed(uv_work_t *work, int status) {
  ls_commits *commits = work->data;
  (void)status;
  finish(commits);
  ls_commits_due(commits);
}

static void begin(uv_check_t *turn_end) {
  ls_commits *commits = turn_end->data;
  uv_idle_stop(&commits->awake);
  if (!commits->due || commits->busy) return;
  commits->due = false;
  if (!ls_hub_commit_begin(commits->hub)) return;
  commits->busy = true;
  if (uv_queue_work(turn_end->loop, &commits->flush, flush, flushed) == 0) return;
  flush(&commits->flush);
  finish(commits);
}

static void stay_awake(uv_idle_t *awake) { (void)awake; }

void ls_commits_open(ls_commits *commits, uv_loop_t *loop) {
  commits->flush.data = commits->turn_end.data = commits;
  uv_idle_init(loop, &commits->awake);
  uv_check_init(loop, &commits->turn_end);
  uv_check_start(&commits->turn_end, begin);
}

void ls_commits_due(ls_commits *commits) {
  commits->due = true;
  if (!commits->busy && !uv_is_closing((uv_handle_t *)&commits->awake)) uv_idle_start(&commits->awake, stay_awake);
}

bool ls_commits_settled(const ls_commits *commits) { return !commits->due && !commits->busy; }

void ls_commits_close(ls_commits *commits) {
  uv_close((uv_handle_t *)&commits->turn_end, NULL);
  uv_close((uv_handle_t *)&commits->awake, NULL);
}
