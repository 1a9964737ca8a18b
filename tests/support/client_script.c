#include "support/client_script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "support/client_fake.h"
#include "support/cmocka_all.h"

#define DIRECTORY "tests/data/client"
#define WORDS 16

typedef struct words {
  char *at[WORDS];
  int n;
} words;

static words split(char *line) {
  words w = {0};
  for (char *word = strtok(line, " "); word && w.n < WORDS; word = strtok(NULL, " ")) w.at[w.n++] = word;
  return w;
}

static const char *word(const words *w, int i) { return i < w->n ? w->at[i] : ""; }
static bool is(const words *w, int i, const char *text) { return strcmp(word(w, i), text) == 0; }

/* "7", "e7" */
static int64_t number(const words *w, int i) {
  const char *text = word(w, i);
  return strtoll(text + (*text == 'e'), NULL, 10);
}

static bool has(const words *w, const char *text) {
  for (int i = 1; i < w->n; i++) {
    if (is(w, i, text)) return true;
  }
  return false;
}

static int code_of(const char *name) {
  for (int code = -1; code > -100; code--) {
    if (strcmp(ls_code_name(code), name) == 0) return code;
  }
  fail_msg("no such code: %s", name);
  return 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* Frames of the server */

/* "e3…e7" */
static void read_range(client_fake_chunk *chunk, const char *text) {
  const char *end = strstr(text, "…");
  chunk->first = chunk->last = strtoll(text + 1, NULL, 10);
  if (end) chunk->last = strtoll(end + strlen("…e"), NULL, 10);
}

static void write_chunk(ls_bytes *out, const client_fake *fake, const words *w) {
  client_fake_chunk chunk = {.id = fake->pull_id, .first = 1, .parent = -1, .backend_id = "B1"};
  for (int i = 1; i < w->n; i++) {
    if (word(w, i)[0] == 'e')
      read_range(&chunk, word(w, i));
    else if (is(w, i, "mine"))
      chunk.mine = true;
    else if (is(w, i, "more-unknown"))
      chunk.info = LS_PAGE_MORE_UNKNOWN;
    else if (is(w, i, "numbers"))
      chunk.dialect = LS_DIALECT_NUMBERS;
    else if (is(w, i, "after"))
      chunk.parent = number(w, ++i);
    else if (is(w, i, "from"))
      chunk.backend_id = word(w, ++i);
    else if (is(w, i, "id"))
      chunk.id = (uint64_t)number(w, ++i);
    else if (is(w, i, "more")) {
      chunk.info = LS_PAGE_MORE;
      chunk.remaining = number(w, ++i);
    } else
      fail_msg("chunk does not know %s", word(w, i));
  }
  client_fake_write_chunk(out, fake, &chunk);
}

static bool read_failure(ls_failure *failure, const words *w) {
  *failure = (ls_failure){.message = "bad luck"};
  if (is(w, 0, "ahead")) {
    failure->kind = LS_FAILURE_SERVER_AHEAD;
    failure->minimum_expected = number(w, 1);
    failure->provided = number(w, 2);
  } else if (is(w, 0, "mismatch")) {
    failure->kind = LS_FAILURE_BACKEND_ID;
    failure->expected = word(w, 1);
    failure->received = word(w, 2);
  } else if (is(w, 0, "unknown") || is(w, 0, "refused")) {
    failure->kind = LS_FAILURE_UNKNOWN;
    failure->permanent = is(w, 0, "refused");
    failure->refused = word(w, 1)[0] == 'e' ? number(w, 1) : 0;
  } else if (is(w, 0, "died")) {
    failure->kind = LS_FAILURE_DEFECT;
  } else if (is(w, 0, "interrupted")) {
    failure->kind = LS_FAILURE_INTERRUPTED;
  } else {
    return false;
  }
  return true;
}

static void write_message(ls_bytes *out, client_fake *fake, const words *w) {
  ls_dialect dialect = has(w, "numbers") ? LS_DIALECT_NUMBERS : LS_DIALECT_STRINGS;
  uint64_t id = has(w, "pull") || is(w, 0, "ended") ? fake->pull_id : fake->push_id;
  ls_wire_limits limits = {number(w, 1), number(w, 2)};
  ls_failure failure;
  if (is(w, 0, "chunk"))
    write_chunk(out, fake, w);
  else if (is(w, 0, "taken"))
    ls_wire_write_success(out, dialect, id, LS_SUCCESS_PUSH);
  else if (is(w, 0, "ended"))
    ls_wire_write_success(out, dialect, id, LS_SUCCESS_PULL);
  else if (is(w, 0, "pong"))
    ls_wire_write_pong(out, limits.events ? &limits : NULL);
  else if (is(w, 0, "ping-pong"))
    ls_wire_write_rpc_pong(out, dialect, (uint64_t)number(w, 1));
  else if (is(w, 0, "defect"))
    ls_wire_write_defect(out, "bad luck");
  else if (read_failure(&failure, w))
    ls_wire_write_failure(out, dialect, id, &failure);
  else
    fail_msg("no such answer: %s", word(w, 0));
}

static void note_answers(client_fake *fake, const char *frame, size_t size) {
  ls_response response;
  if (ls_wire_read(&fake->reader, frame, size, NULL)) return;
  while (ls_wire_next_response(&response, &fake->reader, NULL) == 1) {
    bool exits = response.kind == LS_RESPONSE_SUCCESS || response.kind == LS_RESPONSE_FAILURE;
    if (exits && response.id == fake->push_id) fake->pushing = false;
    if (exits && response.id == fake->pull_id) fake->pulling = false;
  }
}

static void answer(client_fake *fake, char *text) {
  ls_bytes frame = {0};
  char *parts[WORDS];
  int n = 0;
  for (char *part = strtok(text, ";"); part && n < WORDS; part = strtok(NULL, ";")) parts[n++] = part;
  if (n > 1) ls_bytes_byte(&frame, '[');
  for (int i = 0; i < n; i++) {
    if (i > 0) ls_bytes_byte(&frame, ',');
    if (strncmp(parts[i], "json ", 5) == 0) {
      ls_bytes_text(&frame, parts[i] + 5);
    } else {
      words w = split(parts[i]);
      write_message(&frame, fake, &w);
    }
  }
  if (n > 1) ls_bytes_byte(&frame, ']');
  assert_true(ls_bytes_ok(&frame));
  note_answers(fake, frame.data, frame.size);
  ls_client_frame(fake->client, frame.data, frame.size, fake->now_ms);
  ls_bytes_fini(&frame);
}

/* ---------------------------------------------------------------------------------------------- */
/* What happens */

static void make_client(client_fake *fake, const words *w) {
  ls_client_options options = {.store_id = "s1", .seed = 1};
  const struct {
    const char *name;
    int64_t *value;
  } numbers[] = {
      {"push_events=", &options.push_events},   {"push_bytes=", &options.push_bytes},
      {"ping_ms=", &options.ping_ms},           {"connect_ms=", &options.connect_ms},
      {"answer_ms=", &options.answer_ms},       {"poll_ms=", &options.poll_ms},
      {"retry_min_ms=", &options.retry_min_ms}, {"retry_max_ms=", &options.retry_max_ms},
  };
  if (has(w, "http")) options.transport = LS_WIRE_HTTP;
  options.once = has(w, "once");
  for (int i = 1; i < w->n; i++) {
    for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
      size_t size = strlen(numbers[j].name);
      if (strncmp(word(w, i), numbers[j].name, size) == 0) *numbers[j].value = strtoll(word(w, i) + size, NULL, 10);
    }
  }
  client_fake_init(fake, &options);
}

static void wait_ms(client_fake *fake, int64_t ms) {
  int64_t until = fake->now_ms + ms;
  for (int ticks = 0; ls_client_deadline_ms(fake->client) <= until; ticks++) {
    int64_t deadline = ls_client_deadline_ms(fake->client);
    assert_true(ticks < 1000); /* nothing is busy for its own sake */
    if (deadline > fake->now_ms) fake->now_ms = deadline;
    ls_client_tick(fake->client, fake->now_ms);
  }
  fake->now_ms = until;
}

static void next_deadline(client_fake *fake) {
  int64_t deadline = ls_client_deadline_ms(fake->client);
  assert_true(deadline != INT64_MAX);
  if (deadline > fake->now_ms) fake->now_ms = deadline;
  ls_client_tick(fake->client, fake->now_ms);
}

static void closed(client_fake *fake, const words *w) {
  ls_error why = {0};
  fake->linked = fake->open = fake->pulling = fake->pushing = false;
  why.code = w->n > 1 ? code_of(word(w, 1)) : LS_EOFFLINE;
  snprintf(why.text, sizeof why.text, "the line is cut");
  ls_client_closed(fake->client, &why, fake->now_ms);
}

static void arm_failure(client_fake *fake, const words *w) {
  static const char *const SLOTS[FAKE_SLOTS] = {"connect", "send", "payload", "backend", "merge", "pending", "refused"};
  for (int i = 0; i < FAKE_SLOTS; i++) {
    if (is(w, 1, SLOTS[i])) fake->fails[i] = code_of(word(w, 2));
  }
}

static void happen(client_fake *fake, char *line) {
  if (strncmp(line, "answer ", 7) == 0) {
    answer(fake, line + 7);
    return;
  }
  words w = split(line);
  if (is(&w, 0, "options"))
    make_client(fake, &w);
  else if (is(&w, 0, "log")) {
    fake->head = number(&w, 1);
    snprintf(fake->backend_id, sizeof fake->backend_id, "%s", word(&w, 2));
  } else if (is(&w, 0, "payload"))
    snprintf(fake->payload, sizeof fake->payload, "%s", word(&w, 1));
  else if (is(&w, 0, "commit"))
    client_fake_commit(fake, (int)number(&w, 1), (size_t)number(&w, 2));
  else if (is(&w, 0, "commit-in-merge"))
    fake->commit_in_merge = (int)number(&w, 1);
  else if (is(&w, 0, "start"))
    ls_client_start(fake->client, fake->now_ms);
  else if (is(&w, 0, "stop"))
    ls_client_stop(fake->client, fake->now_ms);
  else if (is(&w, 0, "opened")) {
    fake->open = true;
    ls_client_opened(fake->client, fake->now_ms);
  } else if (is(&w, 0, "closed"))
    closed(fake, &w);
  else if (is(&w, 0, "wait"))
    wait_ms(fake, number(&w, 1));
  else if (is(&w, 0, "next"))
    next_deadline(fake);
  else if (is(&w, 0, "sleep"))
    fake->now_ms += number(&w, 1);
  else if (is(&w, 0, "fail"))
    arm_failure(fake, &w);
  else
    fail_msg("no such line: %s", line);
}

/* ---------------------------------------------------------------------------------------------- */
/* The file */

static char *read_all(const char *path) {
  ls_bytes text = {0};
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("%s cannot be read", path);
  for (int c; (c = fgetc(file)) != EOF;) ls_bytes_byte(&text, (char)c);
  fclose(file);
  assert_non_null(ls_bytes_cstr(&text));
  return text.data;
}

static void write_all(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* Which line of two texts differs first? */
static void show_difference(const char *path, const char *wanted, const char *got) {
  int line = 1;
  size_t start = 0, i = 0;
  for (; wanted[i] == got[i] && wanted[i]; i++) {
    if (wanted[i] != '\n') continue;
    line++;
    start = i + 1;
  }
  fail_msg("%s:%d: wanted\n%.*s\ngot\n%.*s", path, line, (int)strcspn(wanted + start, "\n"), wanted + start,
           (int)strcspn(got + start, "\n"), got + start);
}

void client_script_run(const char *name) {
  char path[200];
  client_fake fake = {0};
  snprintf(path, sizeof path, DIRECTORY "/%s.txt", name);
  char *wanted = read_all(path), *next = wanted;
  while (*next) {
    char line[8000];
    size_t size = strcspn(next, "\n");
    snprintf(line, sizeof line, "%.*s", (int)size, next);
    next += size + (next[size] == '\n');
    if (line[0] == ' ') continue;
    ls_bytes_printf(&fake.trace, "%s\n", line);
    if (line[0] && line[0] != '#') happen(&fake, line);
  }
  assert_non_null(ls_bytes_cstr(&fake.trace));
  if (getenv("CLIENT_SCRIPTS_WRITE"))
    write_all(path, fake.trace.data);
  else if (strcmp(wanted, fake.trace.data) != 0)
    show_difference(path, wanted, fake.trace.data);
  client_fake_fini(&fake);
  ls_free(wanted);
}
