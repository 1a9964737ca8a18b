#include "event_line.h"

#include <stdio.h>

#include "json.h"

typedef struct reader {
  char *line, *at, *end;
  char *name, *name_end; /* with quotes */
  char *args, *args_end;
  ls_error *err;
} reader;

static bool fail(reader *r, const char *what, const char *at) {
  r->err->code = LS_EFORMAT;
  r->err->item = -1;
  snprintf(r->err->text, sizeof r->err->text, "column %zu: %s", (size_t)(at - r->line) + 1, what);
  return false;
}

static bool take(reader *r, char c) {
  r->at += cli_json_space(r->at, r->end) - r->at;
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

/* Step over a string or value; NULL when there is none. */
static char *take_piece(reader *r, const char *(*skip)(const char *, const char *), char **end) {
  r->at += cli_json_space(r->at, r->end) - r->at;
  char *from = r->at;
  const char *to = skip(from, r->end);
  if (!to) return NULL;
  r->at += to - from;
  *end = r->at;
  return from;
}

static bool read_member(reader *r) {
  char *key_end, *value_end;
  char *key = take_piece(r, cli_json_skip_string, &key_end);
  if (!key) return fail(r, "a key in quotes is expected here", r->at);
  bool good = cli_json_unescape(key, key_end - 1);
  bool is_name = good && strcmp(key, "name") == 0, is_args = good && strcmp(key, "args") == 0;
  if (!is_name && !is_args) {
    char text[120];
    snprintf(text, sizeof text, "key \"%.60s\" is not known here; an event has \"name\" and \"args\"",
             good ? key : "?");
    return fail(r, text, key);
  }
  if (is_name ? r->name : r->args) return fail(r, is_name ? "\"name\" is given twice" : "\"args\" is given twice", key);
  if (!take(r, ':')) return fail(r, "a colon is expected here", r->at);
  char *value = take_piece(r, cli_json_skip_value, &value_end);
  if (!value) return fail(r, "a whole JSON value is expected here", r->at);
  if (is_name && *value != '"') return fail(r, "\"name\" must be a text in quotes", value);
  *(is_name ? &r->name : &r->args) = value;
  *(is_name ? &r->name_end : &r->args_end) = value_end;
  return true;
}

static bool read_object(reader *r) {
  if (!take(r, '{')) return fail(r, "an event is expected here, as {\"name\": …, \"args\": {…}}", r->at);
  if (!take(r, '}')) {
    do {
      if (!read_member(r)) return false;
    } while (take(r, ','));
    if (!take(r, '}')) return fail(r, "a comma or } is expected here", r->at);
  }
  r->at += cli_json_space(r->at, r->end) - r->at;
  if (r->at < r->end) return fail(r, "nothing more is expected behind the event", r->at);
  if (!r->name) return fail(r, "the event has no \"name\"", r->line);
  return true;
}

int cli_event_line_read(ls_input *out, char *line, size_t size, ls_error *err) {
  reader r = {line, line, line + size, NULL, NULL, NULL, NULL, err};
  if (!read_object(&r)) return LS_EFORMAT;
  if (!cli_json_unescape(r.name, r.name_end - 1)) {
    fail(&r, "\"name\" has an escape that means nothing", r.name);
    return LS_EFORMAT;
  }
  if (r.args) *r.args_end = '\0';
  *out = (ls_input){r.name, r.args};
  return LS_OK;
}
