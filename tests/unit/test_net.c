/* ls_connect against a server in a process of its own, over real sockets. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "livestore.h"
#include "server/serve.h"
#include "support/cmocka_all.h"
#include "support/tmp.h"
#include "support/todo_store.h"

enum { WAIT_MS = 20000 };

typedef struct world {
  void *directory;
  char *data;
  pid_t server;
  char listen[40], ws[60], http[60];
} world;

static void serve(const world *w, int out) {
  char *log = tmp_path(w->directory, "server.log");
  if (dup2(out, STDOUT_FILENO) < 0 || !freopen(log, "a", stderr)) _exit(1);
  const ls_serve_options options = {.data = w->data, .listen = w->listen};
  _exit(ls_serve(&options, NULL) != LS_OK);
}

/* "listening on ws://ADDRESS:PORT" */
static void read_address(world *w, int in) {
  char line[100] = "";
  size_t size = 0;
  while (!strchr(line, '\n')) {
    ssize_t n = read(in, line + size, sizeof line - size - 1);
    assert_true(n > 0);
    size += (size_t)n;
  }
  const char *address = strstr(line, "ws://");
  assert_non_null(address);
  snprintf(w->listen, sizeof w->listen, "%.*s", (int)strcspn(address + 5, "\n"), address + 5);
  snprintf(w->ws, sizeof w->ws, "ws://%s", w->listen);
  snprintf(w->http, sizeof w->http, "http://%s", w->listen);
}

static void start_server(world *w) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  w->server = fork();
  assert_true(w->server >= 0);
  if (w->server == 0) serve(w, ends[1]);
  close(ends[1]);
  read_address(w, ends[0]);
  close(ends[0]);
}

static void stop_server(world *w, int signal_number) {
  kill(w->server, signal_number);
  waitpid(w->server, NULL, 0);
}

static int setup(void **state) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  tmp_setup(&w->directory);
  w->data = tmp_path(w->directory, "server");
  snprintf(w->listen, sizeof w->listen, "127.0.0.1:0");
  start_server(w);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  world *w = *state;
  stop_server(w, SIGTERM);
  free(w->data);
  tmp_teardown(&w->directory);
  free(w);
  return 0;
}

/* ---------------------------------------------------------------------------------------------- */

static ls_store *open_store(const char *client_id) {
  ls_options options = todo_options();
  ls_store *store;
  ls_error err;
  options.client_id = client_id;
  if (ls_open(&store, NULL, &options, &err)) fail_msg("%s", err.text);
  return store;
}

static void add(ls_store *store, const char *id, size_t text_size) {
  char *text = malloc(text_size + 1), *args = malloc(text_size + 100);
  ls_error err;
  assert_true(text && args);
  memset(text, 'x', text_size);
  text[text_size] = '\0';
  snprintf(args, text_size + 100, "{\"id\":\"%s-%s\",\"text\":\"%s\"}", ls_client_id(store), id, text);
  if (ls_commit(NULL, store, "v1.TodoCreated", args, &err)) fail_msg("%s", err.text);
  free(args);
  free(text);
}

static void add_many(ls_store *store, int n, size_t text_size) {
  char id[20];
  for (int i = 0; i < n; i++) {
    snprintf(id, sizeof id, "%d", i);
    add(store, id, text_size);
  }
}

static void connect_store(ls_store *store, const char *url) {
  const ls_connect_options options = {.retry_min_ms = 20, .retry_max_ms = 200};
  ls_error err;
  if (ls_connect(store, url, &options, &err)) fail_msg("%s", err.text);
}

static void wait_equal(ls_store *store) {
  ls_error err;
  if (ls_sync_wait(store, WAIT_MS, &err)) fail_msg("%s", err.text);
}

static int64_t count(ls_store *store) {
  ls_query *query;
  assert_int_equal(ls_query_open(&query, store, "SELECT count(*) FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_query_next(query, NULL), 1);
  int64_t n = ls_query_int(query, 0);
  ls_query_close(query);
  return n;
}

static void close_store(ls_store *store) { assert_int_equal(ls_close(store, NULL), LS_OK); }

/* ---------------------------------------------------------------------------------------------- */

static void stores_converge(const char *url_a, const char *url_b) {
  ls_store *a = open_store("a"), *b = open_store("b");
  add_many(a, 300, 10);
  add_many(b, 20, 10);
  connect_store(a, url_a);
  wait_equal(a);
  connect_store(b, url_b);
  wait_equal(b);
  assert_int_equal(count(b), 320);
  close_store(b);
  close_store(a);
}

static void stores_converge_over_a_websocket(void **state) {
  world *w = *state;
  stores_converge(w->ws, w->ws);
}

static void stores_converge_over_http(void **state) {
  world *w = *state;
  stores_converge(w->http, w->http);
}

static void frames_larger_than_any_buffer_arrive_whole(void **state) {
  world *w = *state;
  ls_store *a = open_store("a"), *b = open_store("b");
  add_many(a, 8, 400000);
  connect_store(a, w->ws);
  wait_equal(a);
  connect_store(b, w->http);
  wait_equal(b);
  assert_int_equal(count(b), 8);
  ls_disconnect(b);
  add_many(b, 3, 400000);
  connect_store(b, w->http);
  wait_equal(b);
  wait_equal(a);
  close_store(a);
  close_store(b);
}

/* As docs/sync.md shows it: one descriptor and one time, nothing else. */
static void one_poll_waits_for_two_stores(void **state) {
  world *w = *state;
  ls_store *stores[2] = {open_store("a"), open_store("b")};
  for (int i = 0; i < 2; i++) connect_store(stores[i], w->ws);
  wait_equal(stores[0]);
  wait_equal(stores[1]);
  for (int sent = 0; count(stores[1]) < 20;) {
    struct pollfd fds[2];
    int timeout = WAIT_MS;
    if (count(stores[1]) == sent) {
      char id[20];
      snprintf(id, sizeof id, "%d", sent++);
      add(stores[0], id, 5);
    }
    for (int i = 0; i < 2; i++) {
      fds[i] = (struct pollfd){.fd = ls_sync_fd(stores[i]), .events = POLLIN};
      int ms = ls_sync_timeout_ms(stores[i]);
      if (ms >= 0 && ms < timeout) timeout = ms;
    }
    assert_true(timeout < WAIT_MS); /* there is always a ping to come */
    poll(fds, 2, timeout);
    for (int i = 0; i < 2; i++) assert_true(ls_pump(stores[i], 0, NULL) >= 0);
  }
  close_store(stores[0]);
  close_store(stores[1]);
}

static void a_server_that_comes_back_is_found(void **state) {
  world *w = *state;
  ls_store *a = open_store("a"), *b = open_store("b");
  connect_store(a, w->ws);
  add_many(a, 5, 5);
  wait_equal(a);
  stop_server(w, SIGKILL);
  add(a, "alone", 5);
  ls_error err;
  assert_int_equal(ls_sync_wait(a, 300, &err), LS_EOFFLINE);
  start_server(w);
  wait_equal(a);
  connect_store(b, w->ws);
  wait_equal(b);
  assert_int_equal(count(b), 6);
  close_store(a);
  close_store(b);
}

/* ---------------------------------------------------------------------------------------------- */

static void a_thread_of_the_library_pumps(void **state) {
  world *w = *state;
  const ls_connect_options options = {.thread = true};
  ls_error err;
  ls_store *a = open_store("a"), *b = open_store("b");
  assert_int_equal(ls_connect(a, w->ws, &options, &err), LS_OK);
  assert_int_equal(ls_connect(b, w->ws, &options, &err), LS_OK);
  for (int i = 0; i < 50; i++) {
    char id[20];
    snprintf(id, sizeof id, "%d", i);
    ls_lock(a);
    add(a, id, 5);
    ls_unlock(a);
  }
  wait_equal(a);
  int64_t n = 0;
  for (int i = 0; i < WAIT_MS / 10 && n < 50; i++) {
    poll(NULL, 0, 10);
    ls_lock(b);
    n = count(b);
    ls_unlock(b);
  }
  assert_int_equal(n, 50);
  assert_int_equal(ls_pump(a, 0, &err), LS_ELOCKED);
  ls_lock(a);
  assert_int_equal(ls_close(a, &err), LS_ELOCKED);
  assert_int_equal(ls_sync_wait(a, 0, &err), LS_ELOCKED);
  ls_unlock(a);
  ls_disconnect(a);
  assert_int_equal(ls_sync_fd(a), -1);
  close_store(a);
  close_store(b);
}

typedef struct meddler {
  ls_store *store;
  int pumped, calls;
} meddler;

static void meddle(void *user, const ls_update *update) {
  meddler *m = user;
  (void)update;
  m->calls++;
  m->pumped = ls_pump(m->store, 0, NULL);
  ls_disconnect(m->store);
}

static void what_a_subscription_may_not_do_it_is_told(void **state) {
  world *w = *state;
  ls_node *node;
  ls_store *a = open_store("a"), *b = open_store("b");
  meddler m = {.store = a};
  connect_store(a, w->ws);
  wait_equal(a);
  const ls_subscribe_options later = {.later = true};
  ls_node *live;
  assert_int_equal(ls_live_open(&live, a, NULL, "SELECT count(*) FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_subscribe(&node, live, &later, meddle, &m, NULL), LS_OK);
  connect_store(b, w->ws);
  add(b, "x", 5);
  wait_equal(b);
  for (int i = 0; i < 100 && m.calls == 0; i++) assert_true(ls_pump(a, 100, NULL) >= 0);
  assert_int_equal(m.calls, 1);
  assert_int_equal(m.pumped, LS_ELOCKED);
  ls_sync_status status;
  assert_int_equal(ls_sync_status_get(&status, a, NULL), LS_OK);
  assert_int_equal(status.phase, LS_SYNC_OFF);
  ls_disconnect(a);
  assert_int_equal(ls_pump(a, 0, NULL), LS_ENOTFOUND);
  close_store(a);
  close_store(b);
}

static void without_a_connection_there_is_nothing_to_pump(void **state) {
  world *w = *state;
  ls_error err;
  ls_store *a = open_store("a");
  assert_int_equal(ls_pump(a, -1, &err), LS_ENOTFOUND);
  assert_int_equal(ls_sync_wait(a, -1, &err), LS_ENOTFOUND);
  assert_int_equal(ls_sync_fd(a), -1);
  assert_int_equal(ls_sync_timeout_ms(a), -1);
  ls_lock(a);
  ls_unlock(a);
  ls_disconnect(a);
  assert_int_equal(ls_connect(a, "example.org", NULL, &err), LS_EARGS);
  assert_int_equal(ls_connect(a, NULL, NULL, &err), LS_EARGS);
  connect_store(a, w->ws);
  assert_int_equal(ls_connect(a, w->ws, NULL, &err), LS_EEXISTS);
  wait_equal(a);
  close_store(a);
}

static void a_file_without_authorities_is_refused(void **state) {
  static const char *const texts[] = {
      "",
      "{\"livestore\":1}\n",
      "-----BEGIN PUBLIC KEY-----\nMAAwAA==\n-----END PUBLIC KEY-----\n",
      "-----BEGIN CERTIFICATE-----\nMAAwAA==\n-----END CERTIFICATE-----\n",
  };
  world *w = *state;
  char *file = tmp_path(w->directory, "ca.pem"), wanted[700];
  const ls_connect_options options = {.ca_file = file};
  ls_error err;
  ls_store *a = open_store("a");
  assert_int_equal(ls_connect(a, "wss://h", &options, &err), LS_ENOTFOUND);
  snprintf(wanted, sizeof wanted, "%s: no certificate in PEM form", file);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    tmp_write(file, texts[i], strlen(texts[i]));
    assert_int_equal(ls_connect(a, "wss://h", &options, &err), LS_EARGS);
    assert_string_equal(err.text, wanted);
  }
  free(file);
  close_store(a);
}

static void what_is_no_sync_server_is_said_to_be_none(void **state) {
  world *w = *state;
  ls_error err;
  char url[80];
  ls_store *a = open_store("a");
  snprintf(url, sizeof url, "wss://%s", w->listen); /* it speaks no TLS */
  connect_store(a, url);
  assert_int_equal(ls_sync_wait(a, 300, &err), LS_EOFFLINE);
  assert_non_null(strstr(err.text, w->listen));
  ls_disconnect(a);
  connect_store(a, "ws://127.0.0.1:1");
  assert_int_equal(ls_sync_wait(a, 100, &err), LS_EOFFLINE);
  assert_non_null(strstr(err.text, "127.0.0.1:1 cannot be reached"));
  ls_disconnect(a);
  connect_store(a, "ws://no-such-host.invalid");
  assert_int_equal(ls_sync_wait(a, 100, &err), LS_EOFFLINE);
  assert_non_null(strstr(err.text, "no-such-host.invalid"));
  close_store(a);
}

/* Takes a request and answers it late. A connection that is closed with some of the request unread is reset, and the
 * answer may be lost with it. */
static void answer_late(int listener) {
  static const char answer[] = "HTTP/1.1 503 Late\r\nContent-Length: 0\r\n\r\n";
  char request[4096];
  int connection = accept(listener, NULL, NULL);
  if (connection < 0 || read(connection, request, sizeof request) <= 0) _exit(1);
  sleep(6);
  bool failed = write(connection, answer, sizeof answer - 1) < 0 || shutdown(connection, SHUT_WR);
  while (read(connection, request, sizeof request) > 0) continue;
  _exit(failed);
}

/* More than the 5 s that libwebsockets waits by itself. */
static void an_answer_may_take_its_time(void **state) {
  (void)state;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 5), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
  pid_t server = fork();
  assert_true(server >= 0);
  if (server == 0) answer_late(listener);
  char url[40];
  ls_error err;
  ls_store *a = open_store("a");
  snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  connect_store(a, url);
  ls_sync_status status = {.phase = LS_SYNC_OFF};
  for (int i = 0; i < 300 && !status.error.code; i++) {
    assert_true(ls_pump(a, 100, &err) >= 0);
    assert_int_equal(ls_sync_status_get(&status, a, &err), LS_OK);
  }
  assert_non_null(strstr(status.error.text, "503"));
  close_store(a);
  close(listener);
  waitpid(server, NULL, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(stores_converge_over_a_websocket, setup, teardown),
      cmocka_unit_test_setup_teardown(stores_converge_over_http, setup, teardown),
      cmocka_unit_test_setup_teardown(frames_larger_than_any_buffer_arrive_whole, setup, teardown),
      cmocka_unit_test_setup_teardown(one_poll_waits_for_two_stores, setup, teardown),
      cmocka_unit_test_setup_teardown(a_server_that_comes_back_is_found, setup, teardown),
      cmocka_unit_test_setup_teardown(a_thread_of_the_library_pumps, setup, teardown),
      cmocka_unit_test_setup_teardown(what_a_subscription_may_not_do_it_is_told, setup, teardown),
      cmocka_unit_test_setup_teardown(without_a_connection_there_is_nothing_to_pump, setup, teardown),
      cmocka_unit_test_setup_teardown(a_file_without_authorities_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_no_sync_server_is_said_to_be_none, setup, teardown),
      cmocka_unit_test(an_answer_may_take_its_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
