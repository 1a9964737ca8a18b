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

static int print_status(cli_call *call, const ls_store *store, const ls_status *s) {
  static const cli_column columns[] = {
      {"store", false},        {"client", false},  {"session", false},   {"schema", false},      {"head", false},
      {"upstreamHead", false}, {"state", false},   {"snapshot", false},  {"events", false},      {"pending", false},
      {"failed", false},       {"logSize", false}, {"stateSize", false}, {"snapshotSize", false}};
  place head, upstream, state, snapshot, log_bytes, state_bytes, snapshot_bytes;
  const ls_value values[] = {ls_text(ls_store_id(store)),
                             ls_text(ls_client_id(store)),
                             ls_text(ls_session_id(store)),
                             ls_text(ls_schema_hash(store)),
                             position(&head, s->head),
                             position(&upstream, s->upstream_head),
                             position(&state, s->state),
                             position(&snapshot, s->snapshot),
                             ls_int((int64_t)s->events),
                             ls_int((int64_t)s->pending),
                             ls_int((int64_t)s->failed),
                             bytes(call, &log_bytes, s->log_bytes),
                             bytes(call, &state_bytes, s->state_bytes),
                             bytes(call, &snapshot_bytes, s->snapshot_bytes)};
  cli_output_record(call, columns, values, sizeof columns / sizeof *columns);
  return CLI_DONE;
}

static int run(cli_call *call) {
  const char *path = NULL;
  ls_status status;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}, CLI_FORMAT_OPTION(call)};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int rc = ls_status_get(&status, store, &call->err);
  return cli_store_close(call, store, rc ? cli_fail(call) : print_status(call, store, &status));
}

const cli_command cli_cmd_status = {"status", "where the store stands",
                                    "livestore status STORE\n\n"
                                    "Show who the store is, the hash of its schema, and where it stands:\n\n"
                                    "  head           the newest event of the log; NULL when there is none\n"
                                    "  upstream head  the newest event that upstream has accepted\n"
                                    "  state          the event up to which the tables are made\n"
                                    "  snapshot       the event up to which they are saved in state.db\n"
                                    "  pending        events that upstream has not accepted\n"
                                    "  failed         events that the tables could not take (docs/guarantees.md)\n\n"
                                    "  --format F     table (default), json (an array of one object), jsonl or csv\n\n"
                                    "Example:\n"
                                    "  $ livestore status todos --format json\n",
                                    run};
