/* server - a process that others connect to: `livestore serve`, or the limit of it, the relay. It is this program again,
 * with --serve or --relay, and ends with the bench. */
#ifndef LS_BENCH_SERVER_H
#define LS_BENCH_SERVER_H

#include <stdbool.h>

typedef struct bench_server {
  int pid, port;
  char *url;
} bench_server;

/* Start it and wait until it listens on 127.0.0.1.
 *   side  OURS or PLAIN
 *   dir   where it keeps what it is given; it is there already */
void server_start(bench_server *out, int side, const char *dir);
double server_bytes(const bench_server *server); /* resident */
void server_stop(bench_server *server);

/* The process: main() with one of these arguments. False when it is another one. */
bool server_is(const char *argument);
int server_main(const char *argument, const char *dir);

/* The relay: it takes frames of WebSockets on connections that were not asked to become any, writes each to a plain log
 * and makes that durable, and then writes it to all who are connected. It answers an empty frame with an empty frame,
 * and with it nobody else. */
int relay_main(const char *dir);

#endif
