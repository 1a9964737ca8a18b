/* All of an import happens in one transaction of the log, which the state is made from before it ends. So whatever goes
 * wrong, a crash included, the log is as empty as it was. */
#include "core/import.h"

#include "base/err.h"
#include "base/seqnum.h"
#include "core/sessions.h"

#define HEAD_SIZE 4096 /* bytes that tell the format */
#define PROGRESS_EVENTS 1000

typedef enum format { FORMAT_UNKNOWN, FORMAT_LINES, FORMAT_DOCUMENT, FORMAT_EVENTLOG, FORMAT_GZIP } format;

static size_t skip_space(const char *text, size_t size, size_t at) {
  while (at < size && text[at] && strchr(" \t\r\n", text[at])) at++;
  return at;
}

/* Does an object start here whose first key is one that only LiveStore's export has at its top? */
static bool starts_document(const char *text, size_t size, size_t at) {
  static const char *const keys[] = {"\"version\"", "\"storeId\"", "\"exportedAt\"", "\"eventCount\"", "\"events\""};
  at = skip_space(text, size, at + 1);
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    size_t length = strlen(keys[i]);
    if (size - at >= length && memcmp(text + at, keys[i], length) == 0) return true;
  }
  return false;
}

static bool starts_with(const ls_bytes *head, const char *magic, size_t size) {
  return head->size >= size && memcmp(head->data, magic, size) == 0;
}

static format format_of(const ls_bytes *head) {
  if (starts_with(head, "SQLite format 3", 16)) return FORMAT_EVENTLOG;
  if (starts_with(head, "\x1f\x8b", 2)) return FORMAT_GZIP;
  size_t at = skip_space(head->data, head->size, 0);
  if (at == head->size) return FORMAT_LINES; /* of which there are none */
  if (head->data[at] != '{') return FORMAT_UNKNOWN;
  return starts_document(head->data, head->size, at) ? FORMAT_DOCUMENT : FORMAT_LINES;
}

static int read_events(ls_importer *importer, ls_bytes *head, ls_port_reader *reader, ls_error *err) {
  switch (format_of(head)) {
    case FORMAT_LINES: return ls_import_lines(importer, head, reader, err);
    case FORMAT_DOCUMENT: return ls_import_document(importer, head, reader, err);
    case FORMAT_EVENTLOG: return ls_import_eventlog(importer, err);
    case FORMAT_GZIP: return ls_fail(err, LS_EFORMAT, "%s is compressed; unpack it with gunzip first", importer->file);
    default:
      return ls_fail(err, LS_EFORMAT,
                     "%s is not a format that can be imported: LiveStore's JSON export, JSON lines with one event"
                     " each, or LiveStore's eventlog@6.db",
                     importer->file);
  }
}

static int read_file(ls_importer *importer, ls_error *err) {
  ls_port_reader *reader = NULL;
  ls_bytes head = {0};
  int rc = ls_port_reader_open(&reader, importer->file, err), more = 1;
  while (!rc && more == 1 && head.size < HEAD_SIZE) more = ls_port_reader_next(&head, reader, HEAD_SIZE, err);
  if (!rc && more < 0) rc = more;
  if (!rc) rc = read_events(importer, &head, reader, err);
  ls_port_reader_close(reader);
  ls_bytes_fini(&head);
  return rc;
}

int ls_import_take(ls_importer *importer, const ls_event *event, ls_error *err) {
  int rc = ls_session_check_size(event, err);
  if (!rc) rc = ls_log_append(importer->store->leader->log, event, 1, err);
  if (rc) return rc;
  if (++importer->count % PROGRESS_EVENTS || !ls_store_progress(importer->store, "importing", importer->count, 0))
    return LS_OK;
  return ls_fail(err, LS_EABORT, "importing: stopped");
}

int ls_import_fail_at(const ls_importer *importer, int rc, const char *unit, uint64_t at, ls_error *err) {
  bool of_the_file = rc == LS_EJSON || rc == LS_EFORMAT || rc == LS_EORDER || rc == LS_ELIMIT;
  if (!of_the_file) return rc;
  err->code = LS_EFORMAT;
  return ls_wrap(err, LS_EFORMAT, "%s: %s %llu", importer->file, unit, (unsigned long long)at);
}

/* Make the state, then end the log's transaction. */
static int finish(ls_store *store, ls_error *err) {
  ls_schema *schema = store->session->schema;
  int rc = ls_store_make_anew(store, schema, err);
  if (rc) return rc;
  rc = ls_log_flush(store->leader->log, err);
  if (rc)
    ls_store_follow(store, NULL); /* if it cannot, the next call on the store makes it */
  else
    ls_store_snapshot(store, 0);
  return rc;
}

static int check_empty(ls_store *store, ls_error *err) {
  char text[LS_SEQNUM_TEXT];
  ls_seqnum head = ls_log_head(store->leader->log).seq;
  if (ls_seqnum_is_root(head)) return LS_OK;
  return ls_fail(err, LS_EEXISTS, "the store has events already (its head is %s); import into a new store",
                 ls_seqnum_format(head, text));
}

static int import(ls_importer *importer, bool dry_run, ls_error *err) {
  ls_store *store = importer->store;
  int rc = ls_sessions_check_first(store, "import", err);
  if (!rc) rc = ls_store_check_usable(store, err);
  if (!rc) rc = check_empty(store, err);
  if (!rc) rc = ls_log_begin(store->leader->log, err);
  if (rc) return rc;
  rc = read_file(importer, err);
  if (!rc && !dry_run) rc = finish(store, err);
  if (rc || dry_run) ls_log_abort(store->leader->log);
  else store->leader->receipts.committed += (int64_t)importer->count;
  return rc;
}

int ls_import(uint64_t *count, ls_store *store, const char *file, const ls_import_options *options, ls_error *err) {
  ls_error local;
  ls_importer importer = {.store = store, .file = file, .force = options && options->force};
  int rc = import(&importer, options && options->dry_run, err ? err : &local);
  if (!rc && count) *count = importer.count;
  ls_store_react(store);
  ls_json_fini(&importer.doc);
  ls_bytes_fini(&importer.texts);
  return rc;
}
