#include "server/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "port/port.h"
#include "server/asset.h"
#include "server/backend_sqlite.h"
#include "server/commits.h"
#include "server/download.h"
#include "server/front.h"

enum { SPARE_DESCRIPTORS = 64, STOP_MS = 3000, STOP_POLL_MS = 10 };

/* Stopping, in this order: no new connections, all that was pushed made durable and answered, connections closed with 1001,
 * the end. A second signal, or STOP_MS, skips what is left. */
typedef struct server {
  ls_serve_options options;
  uv_loop_t loop;
  ls_backend backend;
  ls_hub *hub;
  ls_auth *auth;
  ls_journal journal;
  ls_metrics metrics;
  ls_commits commits;
  ls_front front;
  uv_signal_t term, interrupt, hangup;
  uv_timer_t stopper;
  int64_t stop_by_ms; /* 0: not stopping */
  bool closing;       /* connections were told to close */
} server;

/* ---------------------------------------------------------------------------------------------- */
/* Options */

static void set_default(int64_t *option, int64_t value) {
  if (*option == 0) *option = value;
}

static void set_defaults(ls_serve_options *options) {
  if (!options->listen) options->listen = LS_SERVE_LISTEN;
  set_default(&options->max_frame_bytes, LS_SERVE_FRAME_BYTES);
  set_default(&options->max_frames_a_second, LS_SERVE_FRAMES);
  set_default(&options->idle_s, LS_SERVE_IDLE_S);
}

static int check_options(const ls_serve_options *options, ls_error *err) {
  if (options->max_frame_bytes < LS_WIRE_FRAME_BYTES) {
    return ls_fail(err, LS_EARGS, "--max-frame must be %d or more: clients send messages of that size", LS_WIRE_FRAME_BYTES);
  }
  if (!options->cert_file != !options->key_file) return ls_fail(err, LS_EARGS, "--cert and --key go together");
  if (options->jwt_secret_file && options->jwt_key_file) {
    return ls_fail(err, LS_EARGS, "--jwt-secret and --jwt-key exclude one another: tokens are checked against one key");
  }
  if (options->open && (options->jwt_secret_file || options->jwt_key_file)) {
    return ls_fail(err, LS_EARGS, "--open asks for no token, --jwt-secret and --jwt-key do");
  }
  return LS_OK;
}

static int check_access(const server *s, ls_error *err) {
  if (s->auth || s->options.open || s->front.listener.loopback) return LS_OK;
  return ls_fail(err, LS_EARGS,
                 "%s can be reached from elsewhere: ask for a token with --jwt-secret or --jwt-key, or say "
                 "--open to let all in",
                 s->options.listen);
}

/* A descriptor a connection; a file that is sent takes another one. */
static void raise_descriptors(ls_serve_options *options) {
  struct rlimit limit;
  rlim_t spare = SPARE_DESCRIPTORS + (options->app ? 2 * LS_DOWNLOADS : 0);
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur <= 2 * spare) return;
  int64_t most = (int64_t)(limit.rlim_cur - spare);
  if (options->max_connections == 0 || options->max_connections > most) options->max_connections = most;
}

/* ---------------------------------------------------------------------------------------------- */
/* Running */

static void commit_due(void *user) {
  server *s = user;
  ls_commits_due(&s->commits);
}

static size_t send_frame(void *user, void *link, const char *frame, size_t size) {
  server *s = user;
  return ls_front_send(&s->front, link, frame, size);
}

static void drop_peer(void *user, void *link, const char *why) {
  server *s = user;
  ls_front_drop(&s->front, link, why);
}

static void go_on_stopping(uv_timer_t *timer) {
  server *s = timer->data;
  bool late = ls_port_monotonic_ms() >= s->stop_by_ms;
  if (!s->closing && (late || ls_commits_settled(&s->commits))) {
    ls_front_close_all(&s->front, 1001, "the server is shutting down");
    s->closing = true;
  }
  if (late || (s->closing && !s->front.connections)) uv_stop(&s->loop);
}

static void on_signal(uv_signal_t *handle, int number) {
  server *s = handle->data;
  ls_journal_begin(&s->journal, "stop");
  ls_journal_text(&s->journal, "signal", number == SIGINT ? "SIGINT" : "SIGTERM");
  ls_journal_int(&s->journal, "connections", (int64_t)s->metrics.connections);
  ls_journal_end(&s->journal);
  if (s->stop_by_ms) {
    s->stop_by_ms = ls_port_monotonic_ms();
    return;
  }
  s->stop_by_ms = ls_port_monotonic_ms() + STOP_MS;
  ls_front_stop(&s->front);
  uv_timer_start(&s->stopper, go_on_stopping, 0, STOP_POLL_MS);
}

/* No file is held open that could be replaced, and no key is read again. */
static void on_hangup(uv_signal_t *handle, int number) {
  server *s = handle->data;
  (void)number;
  ls_journal_begin(&s->journal, "hangup");
  ls_journal_text(&s->journal, "why", "SIGHUP does nothing: start again to read keys and certificates");
  ls_journal_end(&s->journal);
}

/* What the process was started to ignore, as a shell's background jobs do, it goes on to ignore. */
static void listen_for(server *s, uv_signal_t *handle, int number, uv_signal_cb callback) {
  struct sigaction old;
  uv_signal_init(&s->loop, handle);
  handle->data = s;
  if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN) return;
  uv_signal_start(handle, callback, number);
}

static void say_where(server *s) {
  const char *secure = s->options.cert_file ? "s" : "";
  printf("listening on ws%s://%s\n", secure, s->front.listener.text);
  if (s->options.app) printf("the app is at http%s://%s/\n", secure, s->front.listener.text);
  fflush(stdout);
  ls_journal_begin(&s->journal, "start");
  ls_journal_text(&s->journal, "version", ls_version());
  ls_journal_text(&s->journal, "listen", s->front.listener.text);
  ls_journal_text(&s->journal, "data", s->options.data);
  if (s->options.app) ls_journal_text(&s->journal, "app", s->options.app);
  ls_journal_text(&s->journal, "tls", s->options.cert_file ? "yes" : "no");
  ls_journal_text(&s->journal, "tokens", s->auth ? ls_auth_algorithm(s->auth) : "none: open to all who can connect");
  ls_journal_int(&s->journal, "max_connections", s->options.max_connections);
  ls_journal_end(&s->journal);
}

static void say_end(server *s) {
  ls_hub_stats stats;
  ls_hub_stats_get(&stats, s->hub);
  ls_journal_begin(&s->journal, "end");
  ls_journal_int(&s->journal, "events", (int64_t)stats.events);
  ls_journal_int(&s->journal, "connections", (int64_t)s->metrics.opened);
  ls_journal_end(&s->journal);
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening and closing */

static int open_keys(server *s, ls_error *err) {
  const ls_serve_options *o = &s->options;
  if (!o->jwt_secret_file && !o->jwt_key_file) return LS_OK;
  return ls_auth_open(&s->auth, o->jwt_secret_file, o->jwt_key_file, err);
}

/* Commits that fail are told where they are made. */
static void note_problem(void *user, const char *store_id, const ls_error *err) {
  server *s = user;
  if (store_id) ls_journal_error(&s->journal, "store", err->text);
}

static int open_hub(server *s, ls_error *err) {
  ls_hub_host host = {
      .user = s, .send = send_frame, .close = drop_peer, .commit_due = commit_due, .problem = note_problem};
  ls_hub_limits limits = {.frame_bytes = s->options.max_frame_bytes, .strict = s->options.strict};
  int rc = ls_backend_sqlite_open(&s->backend, s->options.data, err);
  return rc ? rc : ls_hub_new(&s->hub, &s->backend, &host, &limits, err);
}

static void open_handles(server *s) {
  s->commits.hub = s->hub;
  s->commits.backend = &s->backend;
  s->commits.journal = &s->journal;
  s->commits.metrics = &s->metrics;
  ls_commits_open(&s->commits, &s->loop);
  listen_for(s, &s->term, SIGTERM, on_signal);
  listen_for(s, &s->interrupt, SIGINT, on_signal);
  listen_for(s, &s->hangup, SIGHUP, on_hangup);
  uv_timer_init(&s->loop, &s->stopper);
  s->stopper.data = s;
}

static void close_handles(server *s) {
  ls_commits_close(&s->commits);
  uv_close((uv_handle_t *)&s->term, NULL);
  uv_close((uv_handle_t *)&s->interrupt, NULL);
  uv_close((uv_handle_t *)&s->hangup, NULL);
  uv_close((uv_handle_t *)&s->stopper, NULL);
}

static int open_server(server *s, ls_error *err) {
  int rc = check_options(&s->options, err);
  if (!rc && s->options.app) rc = ls_asset_check(s->options.app, err);
  if (!rc) rc = open_keys(s, err);
  if (!rc) rc = ls_listener_open(&s->front.listener, s->options.listen, err);
  if (!rc) rc = check_access(s, err);
  if (!rc) rc = open_hub(s, err);
  return rc;
}

static int run(server *s, ls_error *err) {
  s->front.options = &s->options;
  s->front.loop = &s->loop;
  s->front.hub = s->hub;
  s->front.auth = s->auth;
  s->front.journal = &s->journal;
  s->front.metrics = &s->metrics;
  open_handles(s);
  int rc = ls_front_open(&s->front, err);
  if (!rc) {
    say_where(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    ls_hub_commit(s->hub, NULL);
    say_end(s);
  }
  ls_front_close(&s->front);
  close_handles(s);
  uv_run(&s->loop, UV_RUN_DEFAULT);
  ls_front_fini(&s->front);
  return rc;
}

int ls_serve(const ls_serve_options *options, ls_error *err) {
  server s = {.options = *options, .journal = {.fd = STDERR_FILENO, .json = options->json, .quiet = options->quiet}};
  set_defaults(&s.options);
  raise_descriptors(&s.options);
  s.metrics.started_ms = ls_port_monotonic_ms();
  s.front.listener.fd = -1;
  int rc = uv_loop_init(&s.loop) ? ls_fail(err, LS_EIO, "libuv does not start") : LS_OK;
  if (rc) return rc;
  rc = open_server(&s, err);
  if (!rc) rc = run(&s, err);
  if (s.front.listener.fd >= 0) close(s.front.listener.fd);
  ls_hub_free(s.hub);
  if (s.backend.close) s.backend.close(s.backend.self);
  ls_auth_close(s.auth);
  ls_journal_fini(&s.journal);
  uv_loop_close(&s.loop);
  return rc;
}
