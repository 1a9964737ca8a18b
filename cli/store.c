#include "store.h"

#include <stdio.h>
#include <unistd.h>

static void warn(void *user, ls_log_level level, const char *key, const char *text) {
  (void)key;
  cli_call *call = user;
  if (level == LS_LOG_WARNING && !call->quiet) cli_complain(call, "warning: %s", text);
}

ls_options cli_store_options(cli_call *call) {
  snprintf(call->holder, sizeof call->holder, "livestore %s", call->command->name);
  return (ls_options){.mode = LS_OPEN_EXISTING,
                      .holder = call->holder,
                      .progress = cli_progress_each,
                      .progress_user = &call->progress,
                      .log = warn,
                      .log_user = call};
}

static bool is_store(const char *path) {
  cli_text file = {0};
  cli_text_printf(&file, "%s/log.db", path);
  bool found = access(file.data, F_OK) == 0;
  cli_text_fini(&file);
  return found;
}

int cli_store_fail(cli_call *call, const char *path) {
  if (call->err.code != LS_ENOTFOUND || is_store(path)) return cli_fail(call);
  cli_complain(call, "%s; make one with: livestore init %s --schema FILE", call->err.text, path);
  return CLI_FAILED;
}

ls_store *cli_store_open(cli_call *call, const char *path, const ls_options *options) {
  ls_store *store = NULL;
  if (ls_open(&store, path, options, &call->err)) cli_store_fail(call, path);
  cli_progress_wipe(&call->progress);
  return store;
}

ls_store *cli_store_open_usual(cli_call *call, const char *path) {
  ls_options options = cli_store_options(call);
  return cli_store_open(call, path, &options);
}

int cli_store_close(cli_call *call, ls_store *store, int status) {
  if (ls_close(store, &call->err)) status = cli_fail(call);
  return status;
}
