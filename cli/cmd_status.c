/* livestore status - where a store stands. */
#include "number.h"
#include "options.h"
#include "output.h"
#include "store.h"

typedef struct place {
  char text[LS_SEQNUM_TEXT];
} place;

static ls_value position(place *buf, ls_seqnum seq) {
  if (seq.global == 0 && seq.client == 0) return ls_null();
  return ls_text(ls_seqnum_format(seq, buf->text));
}

/* For people in their units, for programs in bytes. */
static ls_value bytes(const cli_call *call, place *buf, uint64_t n) {
  return call->format == CLI_TABLE ? ls_text(cli_number_bytes(buf->text, n)) : ls_int((int64_t)n);
}

static ls_value text_or_null(const char *text) { return text ? ls_text(text) : ls_null(); }

static int print_status(cli_call *call, const ls_store *store, const ls_status *s, const ls_sync_status *sync) {
  static const cli_column columns[] = {
      {"store", false},        {"client", false},  {"session", false},   {"schema", false},      {"head", false},
      {"upstreamHead", false}, {"backend", false}, {"state", false},     {"snapshot", false},    {"events", false},
      {"pending", false},      {"failed", false},  {"conflicts", false}, {"logSize", false},     {"stateSize", false},
      {"snapshotSize", false}};
  place head, upstream, state, snapshot, log_bytes, state_bytes, snapshot_bytes;
  const ls_value values[] = {ls_text(ls_store_id(store)),
                             ls_text(ls_client_id(store)),
                             ls_text(ls_session_id(store)),
                             ls_text(ls_schema_hash(store)),
                             position(&head, s->head),
                             position(&upstream, s->upstream_head),
                             text_or_null(sync->backend_id),
                             position(&state, s->state),
                             position(&snapshot, s->snapshot),
                             ls_int((int64_t)s->events),
                             ls_int((int64_t)sync->pending),
                             ls_int((int64_t)s->failed),
                             ls_int((int64_t)s->conflicts),
                             bytes(call, &log_bytes, s->log_bytes),
                             bytes(call, &state_bytes, s->state_bytes),
                             bytes(call, &snapshot_bytes, s->snapshot_bytes)};
  cli_output_record(call, columns, values, sizeof columns / sizeof *columns);
  return CLI_DONE;
}

static int run(cli_call *call) {
  const char *path = NULL;
  ls_status status;
  ls_sync_status sync;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}, CLI_FORMAT_OPTION(call)};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int rc = ls_status_get(&status, store, &call->err);
  if (!rc) rc = ls_sync_status_get(&sync, store, &call->err);
  return cli_store_close(call, store, rc ? cli_fail(call) : print_status(call, store, &status, &sync));
}

const cli_command cli_cmd_status = {"status", "where the store stands",
                                    "livestore status STORE\n\n"
                                    "Show who the store is, the hash of its schema, and where it stands:\n\n"
                                    "  head           the newest event of the log; NULL when there is none\n"
                                    "  upstream head  the newest event that upstream has accepted\n"
                                    "  backend        the id that the server gave that log; NULL before the first sync\n"
                                    "  state          the event up to which the tables are made\n"
                                    "  snapshot       the event up to which they are saved in state.db\n"
                                    "  pending        events that upstream has not accepted yet; those that never leave this\n"
                                    "                 device are left out\n"
                                    "  failed         events that the tables could not take (docs/guarantees.md)\n"
                                    "  conflicts      commits that were set aside (livestore conflicts)\n\n"
                                    "  --format F     table (default), json (an array of one object), jsonl or csv\n\n"
                                    "Example:\n"
                                    "  $ livestore status todos --format json\n",
                                    run};
