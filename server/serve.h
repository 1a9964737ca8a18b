/* serve - the server, whole: a directory of stores behind a listening socket. */
#ifndef LS_SERVER_SERVE_H
#define LS_SERVER_SERVE_H

#include "livestore.h"

typedef struct ls_serve_options {
  const char *data;            /* directory of the stores; made when it is not there */
  const char *listen;          /* ADDRESS:PORT; port 0: any free one. NULL: LS_SERVE_LISTEN */
  const char *cert_file, *key_file; /* PEM; both for TLS, or neither */
  const char *jwt_secret_file; /* HS256 */
  const char *jwt_key_file;    /* PEM public key: RSA for RS256, P-256 for ES256 */
  const char *app;             /* directory of a web app to serve at the same address; NULL: none */
  bool open;                   /* ask for no token, even where others than this machine can connect, and let all pages in */
  const char *cors;            /* "*" or the one origin whose web pages may use HTTP, and connect; NULL: none */
  int64_t max_connections;     /* 0: as many as the system has descriptors for */
  int64_t max_store_connections; /* to one store; 0: no limit of its own */
  int64_t max_frame_bytes;     /* 0: LS_SERVE_FRAME_BYTES */
  int64_t max_frames_a_second; /* from one connection, after a burst of four times as many; 0: LS_SERVE_FRAMES */
  int64_t idle_s;              /* close what has sent nothing for so long; 0: LS_SERVE_IDLE_S */
  bool strict;                 /* refuse events whose numbers leave holes */
  bool quiet;                  /* log errors only */
  bool json;                   /* log lines are JSON */
} ls_serve_options;

#define LS_SERVE_LISTEN "127.0.0.1:8787"
#define LS_SERVE_FRAME_BYTES (4 << 20)
#define LS_SERVE_FRAMES 5000
#define LS_SERVE_IDLE_S 60

/* Serve until SIGTERM or SIGINT. Prints "listening on ws://ADDRESS:PORT" on standard output, and its log on standard error.
 * LS_EARGS options that do not go together; LS_ELOCKED another server has the directory; LS_EIO … */
int ls_serve(const ls_serve_options *options, ls_error *err);

#endif
