/* The state against the log: one is made from nothing, the one that is kept is brought to where that stands, and their
 * digests are compared. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/check.h"
#include "core/follow.h"
#include "core/readonly.h"
#include "base/seqnum.h"
#include "core/snapshot.h"
#include "core/store.h"

enum { WRITE_VERSION_AT = 18, READ_VERSION_AT = 19, HEADER_SIZE = 100 }; /* SQLite's file format, section 1.3 */

/* Damage of the log was told; the state then stands before it. */
static int follow(ls_check_run *run, ls_state *state, const char *what, ls_error *err) {
  ls_follow options = {.progress = run->progress, .user = run->progress_user, .what = what};
  int rc = ls_state_follow(state, run->log, &options, err);
  return rc == LS_ECORRUPT && run->damaged ? LS_OK : rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Events that failed */

/* Places come in order, here and there. */
static bool was_told(const ls_check_run *run, size_t *at, int64_t place) {
  int64_t told = -1;
  for (; *at < run->told.size; *at += sizeof told) {
    memcpy(&told, run->told.data + *at, sizeof told);
    if (told >= place) break;
  }
  return told == place;
}

static int tell_failure(ls_check_run *run, int64_t place, const char *text, ls_error *err) {
  if (!text) return ls_fail_nomem(err);
  char at[LS_SEQNUM_TEXT];
  ls_mark mark;
  int rc = ls_log_floor(&mark, run->log, ls_seqnum_at_place(place, 0), err);
  if (rc) return rc;
  ls_fail(err, LS_EMATERIALIZE, "%s %s", ls_seqnum_format(mark.seq, at), text);
  ls_check_tell(run, LS_EMATERIALIZE, mark.seq, err->text);
  return LS_OK;
}

static int tell_failures(ls_check_run *run, ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, "SELECT place, error FROM __livestore_failed ORDER BY place",
                               NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  size_t at = 0;
  int step = SQLITE_DONE;
  while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    int64_t place = sqlite3_column_int64(stmt, 0);
    if (!was_told(run, &at, place)) rc = tell_failure(run, place, (const char *)sqlite3_column_text(stmt, 1), err);
  }
  if (!rc && step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  sqlite3_finalize(stmt);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* The state that is kept */

static int image_of(unsigned char **out, size_t *size, const char *file, ls_error *err) {
  sqlite3 *db;
  int rc = ls_readonly_open(&db, file, err);
  if (rc) return rc;
  sqlite3_int64 length = 0;
  unsigned char *image = sqlite3_serialize(db, "main", &length, 0);
  if (!image) rc = ls_sqlite_fail(err, db, LS_ENOTFOUND, "%s", file);
  sqlite3_close(db);
  if (rc) return rc;
  *out = image;
  *size = (size_t)length;
  return LS_OK;
}

/* A state that lives in its file is in WAL mode; its image in memory must say that it is not. */
static int read_state_file(ls_state **out, ls_check_run *run, const char *file, ls_error *err) {
  unsigned char *image;
  size_t size;
  int rc = image_of(&image, &size, file, err);
  if (rc) return rc;
  if (size >= HEADER_SIZE) image[WRITE_VERSION_AT] = image[READ_VERSION_AT] = 1;
  rc = ls_state_open_image(out, run->schema, image, size, NULL, err);
  sqlite3_free(image);
  return rc;
}

/* A snapshot, or a state that lives in its file. LS_ENOTFOUND when it is neither. */
static int read_kept(ls_state **out, ls_check_run *run, const char *file, ls_error *err) {
  int rc = ls_snapshot_read(out, file, run->schema, NULL, err);
  if (rc != LS_ENOTFOUND) return rc;
  ls_error second;
  rc = read_state_file(out, run, file, &second);
  if (rc == LS_ENOMEM) *err = second;
  return rc && rc != LS_ENOMEM ? LS_ENOTFOUND : rc;
}

static void tell_unusable(ls_check_run *run, const ls_error *why) {
  ls_error line;
  ls_fail(&line, LS_EFORMAT, "the kept state cannot be used and will be made anew: %s", why->text);
  ls_check_tell(run, LS_EFORMAT, LS_SEQNUM_ROOT, line.text);
}

static int compare(ls_check_run *run, ls_state *kept, ls_mark made, ls_error *err) {
  bool same_place = ls_seqnum_equal(kept->at.seq, made.seq) && kept->at.sum == made.sum;
  if (!same_place) return LS_OK; /* it stands behind the damage, which was told */
  char hash[33];
  int rc = ls_state_digest(hash, kept, err);
  if (rc || strcmp(hash, run->report.state_hash) == 0) return rc;
  ls_fail(err, LS_ECORRUPT,
          "the kept state is not what the log gives (%s, not %s); make it anew with `livestore rebuild`", hash,
          run->report.state_hash);
  ls_check_tell(run, LS_ECORRUPT, LS_SEQNUM_ROOT, err->text);
  return LS_OK;
}

static int check_kept(ls_check_run *run, const char *file, ls_mark made, ls_error *err) {
  int there = ls_port_exists(file, err);
  if (there <= 0) return there;
  ls_state *kept;
  int rc = read_kept(&kept, run, file, err);
  if (rc == LS_ENOTFOUND) tell_unusable(run, err);
  if (rc) return rc == LS_ENOTFOUND ? LS_OK : rc;
  rc = follow(run, kept, "checking the kept state", err);
  if (rc == LS_ENOTFOUND)
    rc = (tell_unusable(run, err), LS_OK);
  else if (!rc)
    rc = compare(run, kept, made, err);
  ls_state_free(kept);
  return rc;
}

int ls_check_state(ls_check_run *run, ls_error *err) {
  ls_state *made = NULL;
  char *file = ls_store_file(run->path, "state.db");
  int rc = file ? ls_state_new(&made, run->schema, NULL, NULL, err) : ls_fail_nomem(err);
  if (!rc) rc = follow(run, made, "replaying the log", err);
  if (!rc) rc = tell_failures(run, made, err);
  if (!rc) rc = ls_state_digest(run->report.state_hash, made, err);
  if (!rc) rc = check_kept(run, file, made->at, err);
  ls_state_free(made);
  ls_free(file);
  return rc;
}
