/* livestore sync - exchange events with a server. */
#include "options.h"
#include "store.h"

#ifdef LS_NET
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sync_run.h"

enum { TOKEN_SIZE = 8192 };

static int fail_token(ls_error *err, const char *path, const char *why) {
  err->code = LS_EACCESS;
  err->item = -1;
  snprintf(err->text, sizeof err->text, "%.800s: %s", path, why);
  return err->code;
}

static int read_token_file(char token[TOKEN_SIZE], const char *path, ls_error *err) {
  FILE *file = fopen(path, "r");
  if (!file) return fail_token(err, path, strerror(errno));
  size_t size = fread(token, 1, TOKEN_SIZE - 1, file);
  bool failed = ferror(file) != 0;
  int error = errno;
  fclose(file);
  if (failed) return fail_token(err, path, strerror(error));
  token[size] = '\0';
  token[strcspn(token, " \r\n")] = '\0';
  return token[0] && !strpbrk(token, "\"\\") ? LS_OK : fail_token(err, path, "it holds no token");
}

/* It is read anew for each connection, so that it can be renewed while we run. */
static int read_token(void *user, ls_payload *out, ls_error *err) {
  char token[TOKEN_SIZE], json[TOKEN_SIZE + 32];
  int rc = read_token_file(token, user, err);
  if (rc) return rc;
  snprintf(json, sizeof json, "{\"authToken\":\"%s\"}", token);
  return ls_payload_set(out, json, err);
}

static int sync_store(cli_call *call, const char *path, const cli_sync *sync) {
  ls_store *store = cli_store_open_usual(call, path);
  return store ? cli_store_close(call, store, cli_sync_run(call, store, sync)) : CLI_FAILED;
}

static int run(cli_call *call) {
  static const char *const policies[] = {"set-aside", "stop", "upload", NULL}; /* in the order of ls_backend_policy */
  const char *path = NULL, *token_file = NULL;
  cli_sync sync = {.url = NULL};
  int policy = LS_BACKEND_SET_ASIDE;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"URL", CLI_OPERAND, &sync.url, NULL},
      {"live", CLI_FLAG, &sync.live, NULL},
      {"commit-stdin", CLI_FLAG, &sync.commit_stdin, NULL},
      {"token", CLI_STRING, &sync.options.token, NULL},
      {"token-file", CLI_STRING, &token_file, NULL},
      {"ca", CLI_STRING, &sync.options.ca_file, NULL},
      {"insecure", CLI_FLAG, &sync.options.insecure, NULL},
      {"timeout", CLI_NUMBER, &sync.timeout_s, NULL},
      {"backend", CLI_CHOICE, &policy, policies},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (sync.options.token && token_file) return cli_usage(call, "either --token or --token-file can be given, not both");
  if (sync.live && sync.timeout_s) return cli_usage(call, "--timeout is for syncing once, not for --live");
  sync.options.backend = (ls_backend_policy)policy;
  if (token_file) {
    sync.options.payload = read_token;
    sync.options.payload_user = (void *)(size_t)token_file; /* read only */
  }
  sync.path = path;
  return sync_store(call, path, &sync);
}
#else
static int run(cli_call *call) {
  cli_complain(call, "this livestore was built without networks: make NET=yes builds them in");
  return CLI_FAILED;
}
#endif

const cli_command cli_cmd_sync = {
    "sync", "exchange events with a server",
    "livestore sync STORE URL [OPTION ...]\n\n"
    "Pull what others did from the server at URL, put what this store did behind it, push that, and return when both\n"
    "ends are equal. URL begins with ws:// or wss://, or with http:// or https:// where WebSockets do not get through.\n"
    "The server's store is the one of this store's id; livestore init --id makes another copy of it. Commits that can\n"
    "no longer be, since what came before them took their place, are set aside: livestore conflicts lists them.\n\n"
    "  --live            stay connected, and say when the connection comes and goes; until Ctrl-C.\n"
    "                    livestore status tells how it stands meanwhile\n"
    "  --commit-stdin    meanwhile commit the events of standard input, a line each as for livestore commit --from;\n"
    "                    its end ends --live, too, once both ends are equal\n"
    "  --token TOKEN     who we are\n"
    "  --token-file FILE the same from a file, which is read again for each connection\n"
    "  --ca FILE         trust these authorities, too (PEM)\n"
    "  --insecure        take any certificate; for tests\n"
    "  --timeout S       try again for so many seconds when the server cannot be reached (default: fail at once)\n"
    "  --backend WHAT    when the server has lost its log, or another one answers:\n"
    "                      set-aside  keep our log under another name, and take the server's (default)\n"
    "                      stop       change nothing, and fail\n"
    "                      upload     push all that we have behind what the server has\n"
    "  --quiet           print nothing\n\n"
    "Example:\n"
    "  $ livestore sync todos ws://127.0.0.1:8787\n"
    "  e12: 5 pulled, 3 pushed, 0 conflicts\n",
    run};
