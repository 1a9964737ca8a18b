/* Saving a log to a file. On a damaged log, the file is finished as it would be if the log ended there. */
#include "base/err.h"
#include "core/closed.h"
#include "base/event_json.h"
#include "base/seqnum.h"

#define PROGRESS_EVENTS 1000
#define DAY_MS INT64_C(86400000)

typedef struct exporter {
  ls_log *log;
  ls_port_writer *writer;
  const char *file;
  ls_format format;
  ls_progress_fn progress;
  void *user;
  ls_bytes text; /* on its way to the writer */
  uint64_t count, total;
  ls_error damage; /* code 0 for none */
} exporter;

/* The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin in March (Howard Hinnant,
 * "chrono-compatible low-level date algorithms"). */
static void put_date(ls_bytes *out, int64_t day) {
  int64_t z = day + 719468, era = z / 146097, of_era = z - era * 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;
  int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
  month = month < 10 ? month + 3 : month - 9;
  ls_bytes_printf(out, "%04d-%02d-%02d", (int)(year + era * 400 + (month <= 2)), (int)month, (int)of_month);
}

static void put_time(ls_bytes *out, int64_t time_ms) {
  int of_day_ms = (int)(time_ms % DAY_MS);
  put_date(out, time_ms / DAY_MS);
  ls_bytes_printf(out, "T%02d:%02d:%02d.%03dZ", of_day_ms / 3600000, of_day_ms / 60000 % 60, of_day_ms / 1000 % 60,
                  of_day_ms % 1000);
}

static int write_text(exporter *e, ls_error *err) {
  if (!ls_bytes_ok(&e->text)) return ls_fail_nomem(err);
  int rc = ls_port_writer_add(e->writer, e->text.data, e->text.size, err);
  ls_bytes_clear(&e->text);
  return rc;
}

/* How many events there are is only known at the end. */
static int write_head(exporter *e, ls_error *err) {
  if (e->format == LS_FORMAT_JSONL) return LS_OK;
  ls_bytes id = {0};
  int rc = ls_log_fact(&id, e->log, "store_id", err);
  if (rc == 0) rc = ls_fail(err, LS_ENOTFOUND, "the log belongs to no store yet");
  if (rc == 1) {
    ls_bytes_text(&e->text, "{\"version\":1,\"storeId\":");
    ls_json_write_string(&e->text, id.data, id.size);
    ls_bytes_text(&e->text, ",\"exportedAt\":\"");
    put_time(&e->text, ls_port_time_ms());
    ls_bytes_text(&e->text, "\",\"events\":[");
    rc = write_text(e, err);
  }
  ls_bytes_fini(&id);
  return rc;
}

static int write_event(exporter *e, const ls_event *event, ls_error *err) {
  bool document = e->format == LS_FORMAT_LIVESTORE;
  if (document) ls_bytes_text(&e->text, e->count ? ",\n" : "\n");
  ls_event_json_write(&e->text, event, document ? LS_EVENT_GLOBAL : LS_EVENT_CLIENT);
  if (!document) ls_bytes_byte(&e->text, '\n');
  e->count++;
  return write_text(e, err);
}

static int write_end(exporter *e, ls_error *err) {
  if (e->format == LS_FORMAT_JSONL) return LS_OK;
  ls_bytes_printf(&e->text, "\n],\"eventCount\":%llu}\n", (unsigned long long)e->count);
  return write_text(e, err);
}

static int tell(const exporter *e, uint64_t seen, ls_error *err) {
  if (seen % PROGRESS_EVENTS || !e->progress || !e->progress(e->user, "exporting", seen, e->total)) return LS_OK;
  return ls_fail(err, LS_EABORT, "exporting: stopped");
}

static int write_events(exporter *e, ls_log_cursor *cursor, ls_error *err) {
  const ls_event *event;
  for (uint64_t seen = 1;; seen++) {
    int more = ls_log_cursor_next(&event, NULL, cursor, &e->damage);
    if (more == 0 || more == LS_ECORRUPT) return LS_OK;
    if (more < 0) {
      if (err) *err = e->damage;
      return more;
    }
    bool wanted = e->format == LS_FORMAT_JSONL || event->seq.client == 0;
    int rc = wanted ? write_event(e, event, err) : LS_OK;
    if (!rc) rc = tell(e, seen, err);
    if (rc) return rc;
  }
}

static int write_all(exporter *e, ls_error *err) {
  ls_log_cursor *cursor = NULL;
  ls_error local;
  int rc = ls_log_count(&e->total, e->log, LS_SEQNUM_ROOT, &local); /* of no account when it cannot be told */
  rc = rc == LS_ENOMEM ? ls_fail_nomem(err) : write_head(e, err);
  if (!rc) rc = ls_log_cursor_open(&cursor, e->log, LS_SEQNUM_ROOT, err);
  if (!rc) rc = write_events(e, cursor, err);
  if (!rc) rc = write_end(e, err);
  ls_log_cursor_close(cursor);
  return rc;
}

static int write_file(exporter *e, ls_error *err) {
  int rc = ls_port_writer_open(&e->writer, e->file, err);
  if (rc) return rc;
  rc = write_all(e, err);
  if (!rc) return ls_port_writer_commit(e->writer, true, err);
  ls_port_writer_abort(e->writer);
  return rc;
}

int ls_export(uint64_t *count, const char *path, const char *file, ls_format format, const ls_options *options,
              ls_error *err) {
  if (format == LS_FORMAT_EVENTLOG)
    return ls_fail(err, LS_EFORMAT, "LiveStore's eventlog database can only be imported");
  exporter e = {.file = file, .format = format};
  if (options) e.progress = options->progress, e.user = options->progress_user;
  ls_closed closed;
  int rc = ls_closed_open(&closed, path, options ? options->holder : NULL, err);
  if (rc) return rc;
  e.log = closed.log;
  rc = write_file(&e, err);
  ls_closed_fini(&closed);
  ls_bytes_fini(&e.text);
  if (rc) return rc;
  if (count) *count = e.count;
  if (e.damage.code != LS_ECORRUPT) return LS_OK;
  return ls_fail(err, LS_ECORRUPT, "%s; %s holds the %llu events before the damage", e.damage.text, file,
                 (unsigned long long)e.count);
}
