/* livestore serve - a server that stores sync with. */
#include "server/serve.h"

#include "options.h"

#ifdef LS_NET
static int serve(cli_call *call, const ls_serve_options *options) {
  return ls_serve(options, &call->err) ? cli_fail(call) : CLI_DONE;
}
#else
static int serve(cli_call *call, const ls_serve_options *options) {
  (void)options;
  cli_complain(call, "this livestore was built without its server: make NET=yes builds it in");
  return CLI_FAILED;
}
#endif

static int run(cli_call *call) {
  static const char *const logs[] = {"text", "json", NULL};
  ls_serve_options o = {.data = NULL};
  int log = 0;
  const cli_option known[] = {
      {"data", CLI_STRING, &o.data, NULL},
      {"app", CLI_STRING, &o.app, NULL},
      {"listen", CLI_STRING, &o.listen, NULL},
      {"cert", CLI_STRING, &o.cert_file, NULL},
      {"key", CLI_STRING, &o.key_file, NULL},
      {"jwt-secret", CLI_STRING, &o.jwt_secret_file, NULL},
      {"jwt-key", CLI_STRING, &o.jwt_key_file, NULL},
      {"open", CLI_FLAG, &o.open, NULL},
      {"cors", CLI_STRING, &o.cors, NULL},
      {"max-connections", CLI_NUMBER, &o.max_connections, NULL},
      {"max-per-store", CLI_NUMBER, &o.max_store_connections, NULL},
      {"max-frame", CLI_NUMBER, &o.max_frame_bytes, NULL},
      {"max-rate", CLI_NUMBER, &o.max_frames_a_second, NULL},
      {"idle", CLI_NUMBER, &o.idle_s, NULL},
      {"strict", CLI_FLAG, &o.strict, NULL},
      {"log", CLI_CHOICE, &log, logs},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (!o.data) return cli_usage(call, "--data DIR is missing: where the stores are kept");
  o.json = log == 1;
  o.quiet = call->quiet;
  return serve(call, &o);
}

const cli_command cli_cmd_serve = {
    "serve", "let stores sync with one another, as their server",
    "livestore serve --data DIR [OPTION ...]\n\n"
    "Keep the logs of any number of stores in the directory DIR, which is made when it is not there, and let clients\n"
    "sync with them: over WebSockets, and over HTTP as well. Runs until SIGTERM or Ctrl-C. Whoever can connect is let\n"
    "in when only this machine can, but no web pages from elsewhere; on other addresses a token is asked for\n"
    "(docs/server.md).\n\n"
    "  --listen ADDRESS:PORT   where (default 127.0.0.1:8787; port 0 takes a free one, no address means any)\n"
    "  --app DIR               serve the web app in this directory, too, at http://ADDRESS:PORT/\n"
    "  --cert FILE --key FILE  speak TLS, with this certificate chain and key (PEM)\n"
    "  --jwt-secret FILE       ask for tokens signed with this secret (HS256)\n"
    "  --jwt-key FILE          ask for tokens signed for this public key (PEM): RSA (RS256) or P-256 (ES256)\n"
    "  --open                  ask for no token, wherever clients and pages come from\n"
    "  --cors ORIGIN           let web pages of this origin (https://app.example), or * for all, connect and use HTTP\n"
    "  --max-connections N     at a time (default: as many as the system gives descriptors)\n"
    "  --max-per-store N       at a time to one store (default: no limit of its own)\n"
    "  --max-frame BYTES       the largest message to take (default 4194304)\n"
    "  --max-rate N            messages a second from one connection, after a burst (default 5000)\n"
    "  --idle SECONDS          close a connection that was silent for so long (default 60)\n"
    "  --strict                refuse events whose numbers leave holes\n"
    "  --log FORMAT            of the log on standard error: text (default) or json\n"
    "  --quiet                 log errors only\n\n"
    "Example:\n"
    "  $ livestore serve --data ./server\n"
    "  listening on ws://127.0.0.1:8787\n",
    run};
