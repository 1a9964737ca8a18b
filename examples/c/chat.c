/* chat - people who talk to each other through a server, and read on without one: connect, wait for network and keyboard
 * at once, be told what is new.
 *
 *   cc -o chat chat.c $(pkg-config --cflags --libs livestore)
 *   livestore serve --data server &
 *   ./chat ann ws://127.0.0.1:8787        and in another terminal   ./chat bob ws://127.0.0.1:8787
 *
 * Each line that is typed is said. What is said offline is heard when the server is back. */
#include <errno.h>
#include <livestore.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JSON(...) #__VA_ARGS__

static const char *const tables[] = {"CREATE TABLE messages (id TEXT PRIMARY KEY, who TEXT NOT NULL, text TEXT NOT NULL)",
                                     NULL};
static const char *const say[] = {"INSERT INTO messages VALUES (:id, :who, :text)", NULL};
static const ls_event_def events[] = {
    {.name = "v1.Said",
     .args = JSON({
       "type": "object",
       "required": ["id", "who", "text"],
       "properties": {"id": {"type": "string"}, "who": {"type": "string"}, "text": {"type": "string"}}
     }),
     .sql = say}};
static const ls_schema_def schema = {.tables = tables, .events = events, .n_events = 1};

/* Print what is there and was not before. Our own words move behind what others said first, but are no news then. */
static int print_new(void *user, const ls_row_diff *diff) {
  const ls_update *update = user;
  if (diff->op != LS_OP_INSERT) return 0;
  ls_value who = ls_rows_value(update->rows, diff->after, 1), text = ls_rows_value(update->rows, diff->after, 2);
  printf("%.*s: %.*s\n", (int)who.as.b.size, (const char *)who.as.b.data, (int)text.as.b.size,
         (const char *)text.as.b.data);
  return 0;
}

static void show_messages(void *user, const ls_update *update) {
  (void)user;
  ls_rows_diff(update->before, update->rows, NULL, 0, print_new, (void *)update, NULL);
  fflush(stdout);
}

static void show_error(void *user, const ls_update *update) {
  (void)user;
  ls_value error = ls_rows_value(update->rows, 0, 0);
  if (error.type == LS_TYPE_TEXT) fprintf(stderr, "(%.*s)\n", (int)error.as.b.size, (const char *)error.as.b.data);
}

/* A line as a JSON string. */
static void quote(char *out, size_t size, const char *line) {
  size_t n = 0;
  for (; *line && *line != '\n' && n + 3 < size; line++) {
    if (*line == '"' || *line == '\\') out[n++] = '\\';
    if ((unsigned char)*line >= ' ') out[n++] = *line;
  }
  out[n] = '\0';
}

static int say_line(ls_store *store, const char *who, const char *line, ls_error *err) {
  static int said; /* since the program began; with that, ids never come twice */
  char text[2100], args[2400];
  quote(text, sizeof text, line);
  snprintf(args, sizeof args, "{\"id\": \"%.20s-%lld-%d-%d\", \"who\": \"%.20s\", \"text\": \"%s\"}", ls_client_id(store),
           (long long)time(NULL), (int)getpid(), said++, who, text);
  return ls_commit(NULL, store, "v1.Said", args, err);
}

/* Until the end of the input: wait for the keyboard and the network, whichever has something. */
static int talk(ls_store *store, const char *who, ls_error *err) {
  char line[1000];
  for (;;) {
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = ls_sync_fd(store), .events = POLLIN}};
    if (poll(fds, 2, ls_sync_timeout_ms(store)) < 0 && errno != EINTR) return 0;
    if (ls_sync_fd(store) >= 0 && ls_pump(store, 0, err) < 0) return err->code;
    if (!fds[0].revents) continue;
    if (!fgets(line, sizeof line, stdin)) return 0;
    int rc = say_line(store, who, line, err);
    if (rc) return rc;
  }
}

static int run(ls_store *store, const char *who, const char *url, ls_error *err) {
  ls_node *messages, *error, *errors;
  int rc = ls_watch(&messages, store, "SELECT id, who, text FROM messages ORDER BY rowid", LS_NO_PARAMS, show_messages,
                    NULL, err);
  if (!rc) rc = ls_sync_signal(&error, store, LS_SYNC_FACT_ERROR, err);
  if (!rc) rc = ls_subscribe(&errors, error, NULL, show_error, NULL, err);
  if (!rc && url) rc = ls_connect(store, url, NULL, err);
  if (!rc) rc = talk(store, who, err);
  return rc || !url ? rc : ls_sync_wait(store, 5000, err); /* what was said last is to be heard, too */
}

int main(int argc, char **argv) {
  if (argc < 2) {
    puts("chat NAME [URL]    say what is typed, and read what others say");
    return 0;
  }
  char path[100];
  ls_error err = {0};
  ls_store *store = NULL;
  const ls_options options = {.schema.def = &schema, .store_id = "chat"};

  setvbuf(stdin, NULL, _IONBF, 0); /* or lines would wait in the buffer, where poll does not see them */
  snprintf(path, sizeof path, "chat-%.80s", argv[1]);
  int rc = ls_open(&store, path, &options, &err);
  if (!rc) rc = run(store, argv[1], argv[2], &err);
  int closed = ls_close(store, rc ? NULL : &err);
  if (rc || closed) fprintf(stderr, "chat: %s\n", err.text);
  return rc || closed;
}
