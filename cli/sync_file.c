#include "sync_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "number.h"

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The time of day, so many milliseconds from now. */
static ls_value time_text(char *buf, size_t size, int64_t in_ms) {
  struct timespec now;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &now);
  time_t then = now.tv_sec + (time_t)((now.tv_nsec / 1000000 + in_ms) / 1000);
  strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &utc));
  return ls_text(buf);
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing */

cli_sync_file cli_sync_file_of(cli_call *call, ls_store *store, const char *path, const char *url) {
  cli_sync_file file = {.call = call, .store = store, .path = path, .url = url};
  time_text(file.since, sizeof file.since, 0);
  return file;
}

static bool has_failed(const ls_sync_status *s) { return s->phase == LS_SYNC_WAITING || s->phase == LS_SYNC_FAILED; }

static void note_error(cli_sync_file *file, const ls_sync_status *now) {
  const ls_sync_status *seen = &file->seen;
  bool again = has_failed(now) && !has_failed(seen);
  if (now->error.code && (again || strcmp(now->error.text, seen->error.text) != 0))
    time_text(file->error_time, sizeof file->error_time, 0);
  file->seen = *now;
}

static void fill(ls_value *values, const cli_sync_file *file, char next_try[32]) {
  const ls_sync_status *s = &file->seen;
  values[CLI_FIELD_URL] = ls_text(file->url);
  values[CLI_FIELD_ONLINE] = ls_text(s->online ? "true" : "false");
  values[CLI_FIELD_PULLED] = ls_int((int64_t)s->pulled);
  values[CLI_FIELD_PUSHED] = ls_int((int64_t)s->pushed);
  values[CLI_FIELD_SINCE] = ls_text(file->since);
  values[CLI_FIELD_PID] = ls_int(getpid());
  if (s->phase == LS_SYNC_WAITING) values[CLI_FIELD_NEXT_TRY] = time_text(next_try, 32, s->next_try_ms);
  if (!s->error.code) return;
  values[CLI_FIELD_LAST_ERROR] = ls_text(s->error.text);
  values[CLI_FIELD_ERROR_CODE] = ls_text(ls_code_name(s->error.code));
  values[CLI_FIELD_ERROR_TIME] = ls_text(file->error_time);
}

static bool write_whole(const char *path, const char *temp, const cli_text *json) {
  cli_text out = {.fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (out.fd < 0) return false;
  cli_text_append(&out, json->data, json->size);
  bool good = cli_text_flush(&out);
  int error = out.error;
  if (close(out.fd) != 0 && good) good = false, error = errno;
  cli_text_fini(&out);
  if (!good) errno = error;
  return good && rename(temp, path) == 0;
}

/* That it cannot be written is said once, and is no reason not to sync. */
static void replace(cli_sync_file *file, const cli_text *json) {
  cli_text path = {0}, temp = {0};
  cli_text_printf(&path, "%s/sync.json", file->path);
  cli_text_printf(&temp, "%s/sync.json.tmp", file->path);
  bool good = write_whole(path.data, temp.data, json);
  if (!good && !file->broken && !file->call->quiet)
    cli_complain(file->call, "warning: %s cannot be written: %s", path.data, strerror(errno));
  if (!good) unlink(temp.data);
  file->broken = !good;
  cli_text_fini(&path);
  cli_text_fini(&temp);
}

static void write_changes(cli_sync_file *file, bool last) {
  cli_standing standing;
  cli_text json = {0};
  char next_try[32];
  if (cli_standing_get(&standing, file->store, NULL)) return;
  if (last) file->seen.phase = LS_SYNC_OFF, file->seen.online = false;
  if (last) standing.values[CLI_FIELD_PHASE] = ls_text("off");
  fill(standing.values, file, next_try);
  cli_output_object(&json, CLI_FIELDS, standing.values, CLI_N_FIELDS);
  cli_text_char(&json, '\n');
  if (json.size == file->written.size && memcmp(json.data, file->written.data, json.size) == 0) {
    cli_text_fini(&json);
    return;
  }
  replace(file, &json);
  cli_text_fini(&file->written);
  file->written = json;
}

void cli_sync_file_keep(cli_sync_file *file, const ls_sync_status *status) {
  if (!file->path) return;
  note_error(file, status);
  file->due = true;
  if (file->looked_s > 0 && now_s() < file->looked_s + 1) return;
  file->looked_s = now_s();
  file->due = false;
  write_changes(file, false);
}

int cli_sync_file_timeout_ms(const cli_sync_file *file) {
  if (!file->due) return -1;
  double left = (file->looked_s + 1 - now_s()) * 1000 + 1;
  return left > 0 ? (int)left : 0;
}

void cli_sync_file_end(cli_sync_file *file) {
  if (file->path) write_changes(file, true);
  cli_text_fini(&file->written);
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

static bool read_text(cli_text *text, const char *path) {
  cli_text name = {0};
  char block[4096];
  cli_text_printf(&name, "%s/sync.json", path);
  FILE *in = fopen(name.data, "r");
  cli_text_fini(&name);
  if (!in) return false;
  for (size_t n; text->size < 1 << 20 && (n = fread(block, 1, sizeof block, in)) > 0;) cli_text_append(text, block, n);
  fclose(in);
  return text->size > 0;
}

static void set_field(ls_value *values, const char *name, ls_value value) {
  for (size_t i = 0; i < CLI_N_FIELDS; i++) {
    if (strcmp(CLI_FIELDS[i].name, name) == 0) values[i] = value;
  }
}

/* A text in quotes is what it says; anything else is a number, true, false or null. It is ended by a NUL in place. */
static bool read_value(ls_value *out, char *from, char *to) {
  bool text = *from == '"';
  if (text && !cli_json_unescape(from, to - 1)) return false;
  if (!text) *to = '\0';
  *out = text ? ls_text(from) : cli_value_typed(from);
  return true;
}

typedef struct reader {
  char *at, *end;
} reader;

static bool take(reader *r, char c) {
  r->at += cli_json_space(r->at, r->end) - r->at;
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

/* Step over a string or value; NULL when there is none. */
static char *take_piece(reader *r, const char *(*skip)(const char *, const char *)) {
  r->at += cli_json_space(r->at, r->end) - r->at;
  char *from = r->at;
  const char *to = skip(from, r->end);
  r->at += to ? to - from : 0;
  return to ? from : NULL;
}

/* Reads "name": value and the comma or brace behind it, which it leaves in `*next`. */
static bool read_member(ls_value *values, reader *r, char *next) {
  char *key = take_piece(r, cli_json_skip_string), *key_end = r->at;
  if (!key || !take(r, ':')) return false;
  char *value = take_piece(r, cli_json_skip_value), *value_end = r->at;
  if (!value) return false;
  *next = take(r, ',') ? ',' : take(r, '}') ? '}' : '\0';
  ls_value read;
  if (!*next || !cli_json_unescape(key, key_end - 1) || !read_value(&read, value, value_end)) return false;
  set_field(values, key, read);
  return true;
}

static bool read_object(ls_value *values, reader *r) {
  char next = ',';
  if (!take(r, '{')) return false;
  while (next == ',') {
    if (!read_member(values, r, &next)) return false;
  }
  return true;
}

bool cli_sync_file_read(ls_value *values, cli_text *text, const char *path) {
  for (size_t i = 0; i < CLI_N_FIELDS; i++) values[i] = ls_null();
  if (!read_text(text, path)) return false;
  reader r = {text->data, text->data + text->size};
  return read_object(values, &r);
}
