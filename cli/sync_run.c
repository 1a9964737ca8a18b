#include "sync_run.h"

#ifdef LS_NET /* otherwise there is nothing to run */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "number.h"
#include "sync_file.h"
#include "sync_input.h"

typedef struct work {
  cli_call *call;
  ls_store *store;
  const cli_sync *sync;
  cli_sync_input input;
  cli_sync_file file;
  ls_sync_status status;
  bool refused;       /* the server does not take what we push */
  uint64_t conflicts; /* before */
  double end_s;       /* 0: none */
} work;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------------------------------------- */
/* Saying how it goes */

/* Told each change, also those between two looks. */
static void put_phase(void *user, const ls_update *update) {
  work *w = user;
  char head[LS_SEQNUM_TEXT];
  cli_text *out = &w->call->out;
  ls_sync_status s;
  if (!update->rows || ls_sync_status_get(&s, w->store, &w->call->err)) return;
  switch (s.phase) {
    case LS_SYNC_CONNECTING: cli_text_printf(out, "connecting to %s\n", w->sync->url); break;
    case LS_SYNC_PULLING: cli_text_put(out, "connected\n"); break;
    case LS_SYNC_LIVE: cli_text_printf(out, "live at %s\n", ls_seqnum_format(s.upstream_head, head)); break;
    case LS_SYNC_WAITING:
      cli_text_printf(out, "offline: %s; next try in %.1f s\n", s.error.text, (double)s.next_try_ms / 1000);
      break;
    default: break;
  }
  cli_text_flush(out);
}

/* A push that is not taken leaves the connection as it is. */
static void put_refusal(work *w) {
  const ls_sync_status *s = &w->status;
  bool refused = s->phase == LS_SYNC_LIVE && s->error.code;
  if (refused && !w->refused && w->sync->live && !w->call->quiet) {
    cli_text_printf(&w->call->out, "%s\n", s->error.text);
    cli_text_flush(&w->call->out);
  }
  w->refused = refused;
}

static int follow_phases(work *w) {
  ls_node *phase, *subscription;
  int rc = ls_sync_signal(&phase, w->store, LS_SYNC_FACT_PHASE, &w->call->err);
  if (rc) return rc;
  rc = ls_subscribe(&subscription, phase, &(ls_subscribe_options){.later = true}, put_phase, w, &w->call->err);
  ls_node_release(phase);
  return rc;
}

static void show_progress(work *w) {
  uint64_t done = w->status.pulled + w->status.pushed, left = w->status.pending + (uint64_t)w->status.remaining;
  if (w->sync->live) return;
  cli_progress_show(&w->call->progress, "sync", done, done + left ? (double)done / (double)(done + left) : -1);
}

static void put_summary(work *w) {
  char head[LS_SEQNUM_TEXT], pulled[CLI_NUMBER_TEXT], pushed[CLI_NUMBER_TEXT], pending[CLI_NUMBER_TEXT];
  const ls_sync_status *s = &w->status;
  cli_text *out = &w->call->out;
  uint64_t conflicts = s->conflicts > w->conflicts ? s->conflicts - w->conflicts : 0;
  if (!w->call->quiet) {
    cli_text_printf(out, "%s: %s pulled, %s pushed, %" PRIu64 " %s", ls_seqnum_format(s->upstream_head, head),
                    cli_number_grouped(pulled, s->pulled), cli_number_grouped(pushed, s->pushed), conflicts,
                    conflicts == 1 ? "conflict" : "conflicts");
    if (s->pending) cli_text_printf(out, ", %s pending", cli_number_grouped(pending, s->pending));
    cli_text_char(out, '\n');
  }
  if (conflicts && w->sync->path)
    cli_complain(w->call, "some commits could not be kept: livestore conflicts %s lists them", w->sync->path);
}

/* ---------------------------------------------------------------------------------------------- */
/* When it ends */

static int give_up(work *w, const char *what) {
  const ls_error *error = &w->status.error;
  cli_complain(w->call, "%s%s%s", what, what[0] && error->code ? ": " : "", error->code ? error->text : "");
  return CLI_FAILED;
}

/* The exit status, or -1 to go on. */
static int decide(work *w) {
  const ls_sync_status *s = &w->status;
  bool ending = !w->sync->live || (w->sync->commit_stdin && w->input.ended);
  bool all_read = !w->sync->commit_stdin || w->input.ended;
  if (cli_interrupted()) return w->sync->live ? CLI_DONE : give_up(w, "interrupted");
  if (s->phase == LS_SYNC_FAILED) return give_up(w, "");
  if (ending && all_read && s->equal) return CLI_DONE;
  if (w->sync->live) return -1;
  if (w->end_s > 0 && now_s() >= w->end_s) return give_up(w, "not in sync in time");
  /* Another log is what --backend is about. A live one with an error has a push that was not taken. */
  bool failed = s->phase == LS_SYNC_WAITING || (s->phase == LS_SYNC_LIVE && s->error.code);
  return failed && s->error.code != LS_EBACKEND && w->end_s == 0 ? give_up(w, "") : -1;
}

/* ---------------------------------------------------------------------------------------------- */
/* Waiting */

/* -1 is never. */
static int sooner_ms(int a, int b) { return a < 0 || (b >= 0 && b < a) ? b : a; }

static int timeout_ms(const work *w) {
  int most = sooner_ms(ls_sync_timeout_ms(w->store), cli_sync_file_timeout_ms(&w->file));
  if (w->end_s == 0) return most;
  double left = (w->end_s - now_s()) * 1000 + 1;
  return sooner_ms(most, left < 0 ? 0 : left > 1e9 ? 1000000000 : (int)left);
}

static bool wait_and_work(work *w) {
  struct pollfd fds[2] = {{.fd = ls_sync_fd(w->store), .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  bool reads = w->sync->commit_stdin && !w->input.ended;
  if (poll(fds, reads ? 2 : 1, timeout_ms(w)) < 0 && errno != EINTR) {
    cli_complain(w->call, "waiting failed: %s", strerror(errno));
    return false;
  }
  if (reads && fds[1].revents && !cli_sync_input_take(&w->input, w->call, w->store)) return false;
  return ls_pump(w->store, 0, &w->call->err) >= 0 || cli_fail(w->call) == CLI_DONE;
}

static int look(work *w) {
  if (ls_sync_status_get(&w->status, w->store, &w->call->err)) return cli_fail(w->call);
  cli_sync_file_keep(&w->file, &w->status);
  show_progress(w);
  put_refusal(w);
  return decide(w);
}

static int work_on(work *w) {
  int status = look(w);
  while (status < 0) status = wait_and_work(w) ? look(w) : CLI_FAILED;
  return status;
}

static int begin(work *w) {
  ls_error *err = &w->call->err;
  int rc = ls_sync_status_get(&w->status, w->store, err);
  w->conflicts = w->status.conflicts;
  if (!rc && w->sync->live && !w->call->quiet) rc = follow_phases(w);
  return rc ? rc : ls_connect(w->store, w->sync->url, &w->sync->options, err);
}

int cli_sync_run(cli_call *call, ls_store *store, const cli_sync *sync) {
  work w = {
      .call = call, .store = store, .sync = sync, .end_s = sync->timeout_s ? now_s() + (double)sync->timeout_s : 0};
  int status = CLI_FAILED;
  if (begin(&w)) {
    cli_fail(call);
  } else {
    w.file = cli_sync_file_of(call, store, sync->path, sync->url);
    status = work_on(&w);
    cli_sync_file_end(&w.file);
  }
  ls_disconnect(store);
  cli_progress_wipe(&call->progress);
  if (status == CLI_DONE) put_summary(&w);
  cli_sync_input_fini(&w.input);
  return status;
}
#endif
