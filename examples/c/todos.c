/* todos - a list of things to do that survives the program: open, commit, query, close.
 *
 *   cc -o todos todos.c $(pkg-config --cflags --libs livestore)
 *   ./todos        the first time, writes the list; each time after that, does the next thing on it */
#include <inttypes.h>
#include <livestore.h>
#include <stdio.h>

#define JSON(...) #__VA_ARGS__ /* JSON as it is, without a backslash before each quote */

/* The schema: tables, and for each event what its arguments look like and what it does to the tables. */

static const char *const tables[] = {
    "CREATE TABLE todos (id INTEGER PRIMARY KEY, text TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0) STRICT", NULL};

static const char *const add[] = {"INSERT INTO todos (id, text) VALUES (:id, :text)", NULL};
static const char *const finish[] = {"UPDATE todos SET done = 1 WHERE id = :id", NULL};

static const ls_event_def events[] = {
    {.name = "v1.TodoAdded",
     .args = JSON({
       "type": "object",
       "required": ["id", "text"],
       "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}
     }),
     .sql = add},
    {.name = "v1.TodoFinished",
     .args = JSON({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}),
     .sql = finish},
};

static const ls_schema_def schema = {.tables = tables, .events = events, .n_events = 2};

/* Several events are committed as one: all of them, or none. */
static int write_list(ls_store *store, ls_error *err) {
  const ls_input list[] = {
      {"v1.TodoAdded", JSON({"id": 1, "text": "Buy milk"})},
      {"v1.TodoAdded", JSON({"id": 2, "text": "Water the plants"})},
      {"v1.TodoAdded", JSON({"id": 3, "text": "Learn what an event is"})},
  };
  return ls_commit_all(NULL, store, list, 3, err);
}

/* Tables are read with SQL and changed by events. Gives the id of the next thing to do, 0 when all is done. */
static int find_next(int64_t *id, ls_store *store, ls_error *err) {
  ls_query *query;
  int rc = ls_query_open(&query, store, "SELECT min(id) FROM todos WHERE done = ?1", LS_PARAMS(ls_int(0)), err);
  if (rc) return rc;
  if ((rc = ls_query_next(query, err)) > 0) *id = ls_query_int(query, 0);
  ls_query_close(query);
  return rc < 0 ? rc : 0;
}

static int finish_next(ls_store *store, ls_error *err) {
  int64_t id = 0;
  int rc = find_next(&id, store, err);
  if (rc || id == 0) return rc;

  char args[40];
  snprintf(args, sizeof args, "{\"id\": %" PRId64 "}", id);
  return ls_commit(NULL, store, "v1.TodoFinished", args, err);
}

static int print_list(ls_store *store, ls_error *err) {
  ls_query *query;
  int rc = ls_query_open(&query, store, "SELECT done, text FROM todos ORDER BY id", LS_NO_PARAMS, err);
  if (rc) return rc;
  while ((rc = ls_query_next(query, err)) > 0) {
    printf("[%c] %s\n", ls_query_int(query, 0) ? 'x' : ' ', ls_query_text(query, 1));
  }
  ls_query_close(query);
  return rc;
}

static int run(ls_store *store, ls_error *err) {
  ls_status status;
  int rc = ls_status_get(&status, store, err);
  if (!rc) rc = status.events == 0 ? write_list(store, err) : finish_next(store, err);
  return rc ? rc : print_list(store, err);
}

int main(int argc, char **argv) {
  ls_error err = {0};
  ls_store *store = NULL;
  const ls_options options = {.schema.def = &schema};

  int rc = ls_open(&store, argc > 1 ? argv[1] : "my-todos", &options, &err);
  if (!rc) rc = run(store, &err);
  int closed = ls_close(store, rc ? NULL : &err);
  if (rc || closed) fprintf(stderr, "todos: %s\n", err.text);
  return rc || closed;
}
