#include "todos.h"

#include <stdio.h>
#include <stdlib.h>

#define INSERT(suffix) "INSERT INTO todos (id, text) VALUES (:id || '" suffix "', :text)"

static const char *const tables[] = {
    "CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL, completed INTEGER NOT NULL DEFAULT 0) STRICT", NULL};
static const char *const created[] = {"INSERT INTO todos (id, text) VALUES (:id, :text)", NULL};
static const char *const edited[] = {"UPDATE todos SET text = :text WHERE id = :id", NULL};
static const char *const listed_1[] = {INSERT(".0"), NULL};
static const char *const listed_3[] = {INSERT(".0"), INSERT(".1"), INSERT(".2"), NULL};
static const char *const listed_10[] = {INSERT(".0"), INSERT(".1"), INSERT(".2"), INSERT(".3"),
                                        INSERT(".4"), INSERT(".5"), INSERT(".6"), INSERT(".7"),
                                        INSERT(".8"), INSERT(".9"), NULL};

static const bench_action actions[] = {
    [TODO_CREATED] = {"v1.TodoCreated", created},       [TODO_EDITED] = {"v1.TodoEdited", edited},
    [TODO_LISTED_1] = {"v1.TodosListed1", listed_1},    [TODO_LISTED_3] = {"v1.TodosListed3", listed_3},
    [TODO_LISTED_10] = {"v1.TodosListed10", listed_10},
};
#define N_ACTIONS (sizeof actions / sizeof actions[0])

#define ARGS                                                                                                           \
  "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}},"                 \
  "\"required\":[\"id\",\"text\"]}"

static const ls_event_def events[N_ACTIONS] = {
    {.name = "v1.TodoCreated", .args = ARGS, .sql = created},
    {.name = "v1.TodoEdited", .args = ARGS, .sql = edited},
    {.name = "v1.TodosListed1", .args = ARGS, .sql = listed_1},
    {.name = "v1.TodosListed3", .args = ARGS, .sql = listed_3},
    {.name = "v1.TodosListed10", .args = ARGS, .sql = listed_10},
};
static const ls_schema_def schema = {.tables = tables, .events = events, .n_events = N_ACTIONS};

const bench_domain todos_domain = {
    .schema = {.def = &schema}, .tables = tables, .actions = actions, .n_actions = N_ACTIONS};

/* George Marsaglia, "Xorshift RNGs", 2003. */
static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

enum { ID = 21 };

static void put_id(char *out, uint64_t *random) {
  static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  for (int i = 0; i < ID; i++) out[i] = letters[next_random(random) >> 58];
  out[ID] = 0;
}

bench_item *todos_make(size_t n) {
  enum { TEXT_SIZE = 80, ARGS_SIZE = 140, EACH = ID + 1 + TEXT_SIZE + ARGS_SIZE };
  bench_item *items = bench_alloc(n * (sizeof *items + EACH));
  char *at = (char *)(items + n);
  uint64_t random = 88172645463325252u;
  for (size_t i = 0; i < n; i++) {
    char *id = at, *text = id + ID + 1, *args = text + TEXT_SIZE;
    put_id(id, &random);
    snprintf(text, TEXT_SIZE, "Todo number %07zu: buy milk, bread and some apples", i);
    snprintf(args, ARGS_SIZE, "{\"id\":\"%s\",\"text\":\"%s\"}", id, text);
    items[i] = (bench_item){.args = args, .id = id, .text = text};
    at += EACH;
  }
  return items;
}
