/* Checking a store: its log event by event, and its state against one that is made from the log. The store itself is
 * only read; what is made is in memory. */
#include "core/check.h"
#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "core/closed.h"
#include "core/document.h"
#include "base/seqnum.h"

#define PROGRESS_EVENTS 1000

void ls_check_tell(ls_check_run *run, ls_code code, ls_seqnum seq, const char *text) {
  run->report.findings++;
  if (run->each) run->each(run->user, &(ls_finding){code, seq, text});
}

static void tell_damage(ls_check_run *run, const ls_error *damage) {
  ls_check_tell(run, LS_ECORRUPT, LS_SEQNUM_ROOT, damage->text);
}

/* ---------------------------------------------------------------------------------------------- */
/* One event */

/* Are the arguments JSON, and written the one way? */
static int check_text(ls_check_run *run, const ls_event *event, ls_error *err) {
  ls_bytes_clear(&run->scratch);
  int rc = ls_json_parse(&run->args, event->args, event->args_size, err);
  if (!rc) rc = ls_json_canonical(&run->scratch, &run->args, 0, err);
  if (rc) return rc;
  bool same = run->scratch.size == event->args_size && memcmp(run->scratch.data, event->args, event->args_size) == 0;
  return same ? LS_OK : ls_fail(err, LS_EJSON, "the arguments are not canonical JSON");
}

static int check_args(ls_check_run *run, const ls_event *event, ls_error *err) {
  const ls_event_type *type = ls_schema_event(run->schema, event->name);
  if (!type) {
    bool refused = run->schema->unknown_events == LS_UNKNOWN_FAIL;
    return refused ? ls_fail(err, LS_EEVENT, "the schema does not know it") : LS_OK;
  }
  int rc = ls_args_check(type->args, &run->args, 0, err);
  return rc || !type->document ? rc : ls_document_check(type->document, &run->args, err);
}

static int check_event(ls_check_run *run, const ls_event *event, ls_error *err) {
  int rc = check_text(run, event, err);
  if (!rc && run->schema) rc = check_args(run, event, err);
  if (!rc || rc == LS_ENOMEM) return rc;
  char at[LS_SEQNUM_TEXT];
  int64_t place = ls_seqnum_place(event->seq);
  ls_bytes_append(&run->told, &place, sizeof place);
  if (!ls_bytes_ok(&run->told)) return ls_fail_nomem(err);
  ls_wrap(err, rc, "%s \"%s\"", ls_seqnum_format(event->seq, at), event->name);
  ls_check_tell(run, (ls_code)rc, event->seq, err->text);
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* The log */

/* The digest of what all clients share: synced events, without the numbers of rebases. */
static int add_to_hash(ls_check_run *run, const ls_event *event, ls_error *err) {
  ls_bytes *text = &run->scratch;
  ls_bytes_clear(text);
  ls_bytes_varint(text, (uint64_t)event->seq.global);
  ls_bytes_append(text, event->name, strlen(event->name) + 1);
  ls_bytes_append(text, event->client_id, strlen(event->client_id) + 1);
  ls_bytes_append(text, event->session_id, strlen(event->session_id) + 1);
  ls_bytes_append(text, event->args, event->args_size);
  ls_bytes_byte(text, 0);
  if (!ls_bytes_ok(text)) return ls_fail_nomem(err);
  ls_hash_add(run->hash, text->data, text->size);
  return LS_OK;
}

static int tell_progress(ls_check_run *run, ls_error *err) {
  if (run->report.events % PROGRESS_EVENTS || !run->progress) return LS_OK;
  if (!run->progress(run->progress_user, "checking the log", run->report.events, run->total)) return LS_OK;
  return ls_fail(err, LS_EABORT, "checking the log: stopped");
}

static int check_events(ls_check_run *run, ls_log_cursor *cursor, ls_error *err) {
  const ls_event *event;
  int more;
  while ((more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1) {
    int rc = check_event(run, event, err);
    if (!rc && event->seq.client == 0) rc = add_to_hash(run, event, err);
    if (rc) return rc;
    run->report.events++;
    run->report.last_good = event->seq;
    rc = tell_progress(run, err);
    if (rc) return rc;
  }
  if (more != LS_ECORRUPT) return more;
  tell_damage(run, err);
  run->damaged = true;
  return LS_OK;
}

static void tell_page(void *user, const char *text) {
  ls_error line;
  ls_fail(&line, LS_ECORRUPT, "log.db: %s", text);
  tell_damage(user, &line);
}

static void check_upstream(ls_check_run *run) {
  ls_error line;
  char upstream[LS_SEQNUM_TEXT], good[LS_SEQNUM_TEXT];
  ls_seqnum head = ls_log_upstream_head(run->log);
  if (!ls_seqnum_after(head, run->report.last_good)) return;
  ls_fail(&line, LS_ECORRUPT, "upstream has accepted events up to %s, and the log can be read up to %s",
          ls_seqnum_format(head, upstream), ls_seqnum_format(run->report.last_good, good));
  tell_damage(run, &line);
}

static int check_log(ls_check_run *run, ls_error *err) {
  ls_log_cursor *cursor = NULL;
  if (ls_log_damage(run->log)->code) tell_damage(run, ls_log_damage(run->log));
  int rc = ls_log_check_pages(run->log, tell_page, run, err);
  if (!rc) rc = ls_log_count(&run->total, run->log, LS_SEQNUM_ROOT, err);
  if (rc == LS_ECORRUPT) rc = LS_OK; /* the cursor tells where */
  if (!rc) rc = ls_log_cursor_open(&cursor, run->log, LS_SEQNUM_ROOT, err);
  if (!rc)
    rc = check_events(run, cursor, err);
  else if (rc == LS_ECORRUPT)
    rc = (tell_damage(run, err), run->damaged = true, LS_OK);
  ls_log_cursor_close(cursor);
  if (rc) return rc;
  check_upstream(run);
  ls_hash_hex(run->report.log_hash, run->hash);
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static bool is_given(const ls_schema_source *source) { return source->file || source->json || source->def; }

/* The schema given, or the one the store was last used with. Without one, the log can still be checked. */
static int load_schema(ls_check_run *run, const ls_schema_source *given, ls_error *err) {
  if (is_given(given)) return ls_schema_new(&run->schema, given, err);
  ls_bytes json = {0};
  int rc = ls_log_fact(&json, run->log, "schema", err);
  if (rc == 0) rc = ls_fail(err, LS_ECORRUPT, "the log keeps no schema document");
  if (rc == 1) rc = ls_bytes_cstr(&json) ? LS_OK : ls_fail_nomem(err);
  if (!rc) {
    ls_schema_source source = {.json = json.data, .functions = given->functions, .n_functions = given->n_functions};
    rc = ls_schema_new(&run->schema, &source, err);
  }
  ls_bytes_fini(&json);
  if (!rc || rc == LS_ENOMEM) return rc;
  ls_wrap(err, rc, "arguments and state cannot be checked without the store's schema");
  ls_check_tell(run, (ls_code)rc, LS_SEQNUM_ROOT, err->text);
  return LS_OK;
}

static int check_all(ls_check_run *run, const ls_options *options, ls_error *err) {
  run->hash = ls_hash_new();
  int rc = run->hash ? load_schema(run, &options->schema, err) : ls_fail_nomem(err);
  if (!rc) rc = check_log(run, err);
  if (!rc && run->schema) rc = ls_check_state(run, err);
  ls_schema_free(run->schema);
  ls_hash_free(run->hash);
  ls_json_fini(&run->args);
  ls_bytes_fini(&run->scratch);
  ls_bytes_fini(&run->told);
  return rc;
}

int ls_check(ls_check_report *out, const char *path, const ls_options *options, ls_finding_fn each, void *user,
             ls_error *err) {
  static const ls_options DEFAULTS;
  ls_error local;
  if (!err) err = &local;
  if (!options) options = &DEFAULTS;
  ls_check_run run = {
      .path = path, .each = each, .user = user, .progress = options->progress, .progress_user = options->progress_user};
  ls_closed closed;
  int rc = ls_closed_open(&closed, path, options->holder, err);
  if (rc == LS_ECORRUPT) {
    tell_damage(&run, err);
    rc = LS_OK;
  } else if (!rc) {
    run.log = closed.log;
    rc = check_all(&run, options, err);
    ls_closed_fini(&closed);
  }
  if (rc) return rc;
  ls_error_clear(err);
  *out = run.report;
  return LS_OK;
}
