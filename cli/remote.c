#define _XOPEN_SOURCE 700 /* nftw */
#include "remote.h"

#ifdef LS_NET

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "sync_run.h"

/* It knows no event, so all are kept as they are. */
static const char SCHEMA[] = "{\"livestore\":1,\"unknownEvents\":\"ignore\",\"tables\":[],\"events\":{}}";

bool cli_remote_is(const char *path) { return strstr(path, "://") != NULL; }

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status;
  (void)kind;
  (void)place;
  remove(path);
  return 0;
}

void cli_remote_remove(const cli_remote *remote) { nftw(remote->path, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

static int exchange(cli_call *call, const cli_remote *remote, ls_store *store) {
  const cli_sync sync = {.url = remote->url, .options = {.token = remote->token, .backend = LS_BACKEND_STOP}};
  bool quiet = call->quiet;
  call->quiet = true;
  int status = cli_sync_run(call, store, &sync);
  call->quiet = quiet;
  return status;
}

static ls_store *open_copy(cli_call *call, cli_remote *remote) {
  const char *temp = getenv("TMPDIR");
  snprintf(remote->path, sizeof remote->path, "%.200s/livestore-XXXXXX", temp ? temp : "/tmp");
  if (!mkdtemp(remote->path)) {
    cli_complain(call, "%s: %s", remote->path, strerror(errno));
    return NULL;
  }
  ls_options options = cli_store_options(call);
  options.mode = LS_OPEN_NEW;
  options.schema.json = SCHEMA;
  options.store_id = remote->store_id;
  ls_store *store = NULL;
  if (ls_open(&store, remote->path, &options, &call->err)) cli_fail(call);
  return store;
}

ls_store *cli_remote_open(cli_call *call, cli_remote *remote, uint64_t *pulled) {
  ls_status status;
  ls_store *store = open_copy(call, remote);
  int failed = !store || exchange(call, remote, store);
  if (!failed && ls_status_get(&status, store, &call->err)) failed = cli_fail(call);
  if (failed) {
    ls_close(store, NULL);
    cli_remote_remove(remote);
    return NULL;
  }
  *pulled = status.events;
  return store;
}

static int say_refused(void *user, const ls_conflict *conflict) {
  cli_call *call = user;
  char position[LS_SEQNUM_TEXT];
  const ls_event *event = &conflict->events[conflict->item];
  cli_complain(call, "%s %s was not taken: %s", ls_seqnum_format(event->seq, position), event->name, conflict->error);
  return 0;
}

int cli_remote_push(cli_call *call, const cli_remote *remote, ls_store *store) {
  ls_status status;
  if (exchange(call, remote, store)) return CLI_FAILED;
  if (ls_status_get(&status, store, &call->err)) return cli_fail(call);
  if (status.conflicts && ls_conflicts(store, say_refused, call, &call->err)) return cli_fail(call);
  return status.conflicts ? CLI_FAILED : CLI_DONE;
}

#else

bool cli_remote_is(const char *path) {
  (void)path;
  return false;
}

ls_store *cli_remote_open(cli_call *call, cli_remote *remote, uint64_t *pulled) {
  (void)call, (void)remote, (void)pulled;
  return NULL;
}

int cli_remote_push(cli_call *call, const cli_remote *remote, ls_store *store) {
  (void)call, (void)remote, (void)store;
  return CLI_FAILED;
}

void cli_remote_remove(const cli_remote *remote) { (void)remote; }

#endif
