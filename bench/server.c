#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "server/serve.h"

static const char *const arguments[SIDES] = {[OURS] = "--serve", [PLAIN] = "--relay"};

bool server_is(const char *argument) {
  return strcmp(argument, arguments[OURS]) == 0 || strcmp(argument, arguments[PLAIN]) == 0;
}

/* What keeps one client from asking for too much would stand in the way of one that measures. */
static int serve(const char *dir) {
  ls_error err;
  const ls_serve_options options = {
      .data = dir, .listen = "127.0.0.1:0", .max_frames_a_second = 1000000, .idle_s = 600, .quiet = true};
  if (ls_serve(&options, &err)) bench_die("server: %s", err.text);
  return 0;
}

int server_main(const char *argument, const char *dir) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return strcmp(argument, arguments[OURS]) == 0 ? serve(dir) : relay_main(dir);
}

static void run_server(int side, const char *dir, const int ends[2]) {
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  close(ends[1]);
  execl("/proc/self/exe", "bench", arguments[side], dir, (char *)NULL);
  _exit(1);
}

static int read_port(int from) {
  char line[100];
  int port = 0;
  FILE *file = fdopen(from, "r");
  if (!file || !fgets(line, sizeof line, file) || sscanf(line, "listening on ws://127.0.0.1:%d", &port) != 1)
    bench_die("the server does not start");
  fclose(file);
  return port;
}

void server_start(bench_server *out, int side, const char *dir) {
  int ends[2];
  fflush(stdout);
  if (pipe(ends)) bench_die("no pipe");
  out->pid = fork();
  if (out->pid < 0) bench_die("no process");
  if (out->pid == 0) run_server(side, dir, ends);
  close(ends[1]);
  out->port = read_port(ends[0]);
  out->url = bench_text("ws://127.0.0.1:%d", out->port);
}

double server_bytes(const bench_server *server) { return bench_process_bytes(server->pid, "VmRSS:"); }

void server_stop(bench_server *server) {
  kill(server->pid, SIGKILL); /* nothing of it is needed any more */
  waitpid(server->pid, NULL, 0);
  free(server->url);
}
