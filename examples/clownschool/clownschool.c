/* clownschool - people who type into one text at the same time, each into a store of their own, with a server between
 * them. Reads on standard input what they did, and does it again:
 *
 *   clownschool SCHEMA DIR URL <ROWS        the stores are DIR/0, DIR/1, …
 *
 * A row is an edit, on a line (the format of the editing traces at https://github.com/josephg/editing-traces):
 *
 *   {"i":12,"agent":1,"parents":[9,11],"patches":[[40,0,"a"],[45,2,""]]}
 *
 * Agent 1 had in front of them what rows 9 and 11, and all rows that these came from, made of the text. A patch is a
 * position, how many characters are deleted there, and what is put there instead. A row is committed as a whole.
 *
 * When a row comes from rows of somebody else that its agent has not got, that one syncs and then the agent does. At no
 * other time anybody looks at the network: what they type meanwhile piles up, and is rebased. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <livestore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { PEOPLE = 8, PATCHES = 64, TIMEOUT_MS = 30000 };

typedef struct patch {
  int64_t pos, del;
  const char *ins; /* a JSON string as it stands in the row, quotes included */
  int ins_size;
} patch;

/* Which row of each agent is the newest that something comes from, plus 1; 0: none. */
typedef struct version {
  int64_t rows[PEOPLE];
} version;

typedef struct row {
  int64_t number;
  size_t agent;
  version from; /* its parents, and what they came from */
  patch patches[PATCHES];
  size_t n_patches;
} row;

typedef struct person {
  ls_store *store;
  version has;        /* rows in the store */
  int64_t synced;     /* number of the newest event that was on the server when this one synced last */
  int64_t pushed_row; /* newest row of this one that was among them, plus 1 */
} person;

typedef struct school {
  const char *schema, *dir, *url;
  person people[PEOPLE];
  size_t n_people;
  version *versions; /* of each row: its parents', and itself */
  size_t capacity;
  int64_t rows, edits, syncs, rebases, rebased;
} school;

static void die(const char *what, const char *why) {
  fprintf(stderr, "clownschool: %s: %s\n", what, why);
  exit(1);
}

static void check(int rc, const char *what, const ls_error *err) {
  if (rc < 0) die(what, err->text);
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading rows */

static const char *behind(const char *text, const char *key) {
  const char *at = text ? strstr(text, key) : NULL;
  if (!at) die("not a row of a trace", text ? text : "");
  return at + strlen(key);
}

/* The integer at *at, which moves behind it. */
static int64_t number(const char **at) {
  int64_t value = 0;
  if (**at < '0' || **at > '9') die("a number is wanted here", *at);
  for (; **at >= '0' && **at <= '9' && value < INT32_MAX; ++*at) value = value * 10 + (**at - '0');
  return value;
}

/* A JSON string at `at`: its size, quotes included. */
static int string_size(const char *at) {
  const char *end = at + 1;
  if (*at != '"') die("a string is wanted here", at);
  while (*end && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
  if (!*end) die("a string does not end", at);
  return (int)(end + 1 - at);
}

static void merge(version *into, const version *other) {
  for (size_t k = 0; k < PEOPLE; k++) {
    if (other->rows[k] > into->rows[k]) into->rows[k] = other->rows[k];
  }
}

static void read_parents(row *out, const char *at, const school *s) {
  out->from = (version){{0}};
  while (*at != ']') {
    int64_t parent = number(&at);
    if (parent >= out->number) die("a parent that comes later", at);
    merge(&out->from, &s->versions[parent]);
    if (*at == ',') at++;
  }
}

static void read_patches(row *out, const char *at) {
  for (out->n_patches = 0; *at == '['; out->n_patches++) {
    if (out->n_patches == PATCHES) die("too many patches", at);
    patch *p = &out->patches[out->n_patches];
    at++;
    p->pos = number(&at);
    at = behind(at, ",");
    p->del = number(&at);
    p->ins = at = behind(at, ",");
    p->ins_size = string_size(at);
    at = behind(at + p->ins_size, "]");
    if (*at == ',') at++;
  }
}

static void read_row(row *out, const char *line, const school *s) {
  const char *at = behind(line, "\"i\":");
  out->number = number(&at);
  if (out->number != s->rows) die("rows are numbered 0, 1, 2 …", line);
  at = behind(line, "\"agent\":");
  int64_t agent = number(&at);
  if (agent >= PEOPLE) die("too many agents", line);
  out->agent = (size_t)agent;
  read_parents(out, behind(line, "\"parents\":["), s);
  read_patches(out, behind(line, "\"patches\":["));
}

/* What the row has made is what its parents were, and itself. */
static void remember(school *s, const row *r) {
  if ((size_t)s->rows == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 1024;
    s->versions = realloc(s->versions, s->capacity * sizeof *s->versions);
    if (!s->versions) die("no memory", "for so many rows");
  }
  version *v = &s->versions[s->rows++];
  *v = r->from;
  v->rows[r->agent] = r->number + 1;
}

/* ---------------------------------------------------------------------------------------------- */
/* Stores */

static void join(school *s, size_t agent) {
  char dir[4096], name[20];
  ls_error err;
  snprintf(dir, sizeof dir, "%s/%zu", s->dir, agent);
  snprintf(name, sizeof name, "agent%zu", agent);
  const ls_options options = {
      .schema.file = s->schema, .mode = LS_OPEN_NEW, .store_id = "clownschool", .client_id = name, .session_id = name};
  check(ls_open(&s->people[agent].store, dir, &options, &err), dir, &err);
  check(ls_connect(s->people[agent].store, s->url, NULL, &err), s->url, &err);
}

/* Agents who did not do anything yet have a store, too. */
static person *person_of(school *s, size_t agent) {
  for (; s->n_people <= agent; s->n_people++) join(s, s->n_people);
  return &s->people[agent];
}

static ls_sync_status status_of(const person *p) {
  ls_sync_status status;
  ls_error err;
  check(ls_sync_status_get(&status, p->store, &err), "status", &err);
  return status;
}

/* What was pending while somebody else's events were pulled has been rebased on them. */
static void count_rebase(school *s, const ls_sync_status *before, const ls_sync_status *after) {
  int64_t accepted = after->upstream_head.global - before->upstream_head.global;
  int64_t own = (int64_t)before->pending - (int64_t)after->pending;
  if (before->pending == 0 || accepted <= own) return;
  s->rebases++;
  s->rebased += (int64_t)before->pending;
}

/* Until this one has all up to event `head`, and the server all that this one wrote. */
static void sync_until(school *s, size_t agent, int64_t head) {
  ls_error err;
  person *p = &s->people[agent];
  ls_sync_status before = status_of(p), now = before;
  while (now.upstream_head.global < head || now.pending > 0) {
    int rc = ls_pump(p->store, TIMEOUT_MS, &err);
    check(rc, "sync", &err);
    now = status_of(p);
    if (rc == 0 && !now.online) die("sync", now.error.text);
  }
  count_rebase(s, &before, &now);
  p->synced = now.upstream_head.global;
  p->pushed_row = p->has.rows[agent];
  s->syncs++;
}

/* Get what the row comes from. */
static void catch_up(school *s, const row *r) {
  person *p = person_of(s, r->agent);
  for (size_t k = 0; k < s->n_people; k++) {
    person *other = &s->people[k];
    if (k == r->agent || r->from.rows[k] <= p->has.rows[k]) continue;
    if (other->pushed_row < r->from.rows[k]) sync_until(s, k, 0);
    sync_until(s, r->agent, other->synced);
    p->has.rows[k] = other->pushed_row;
  }
}

static char *make_args(const patch *p) {
  size_t size = 80 + (size_t)p->ins_size;
  char *args = malloc(size);
  if (!args) die("no memory", "for an edit");
  snprintf(args, size, "{\"id\":\"text\",\"pos\":%" PRId64 ",\"del\":%" PRId64 ",\"ins\":%.*s}", p->pos, p->del,
           p->ins_size, p->ins);
  return args;
}

static void type(school *s, const row *r) {
  ls_input events[PATCHES];
  char *args[PATCHES];
  ls_error err;
  person *p = person_of(s, r->agent);
  for (size_t i = 0; i < r->n_patches; i++) {
    args[i] = make_args(&r->patches[i]);
    events[i] = (ls_input){"v1.TextEdited", args[i]};
  }
  check(ls_commit_all(NULL, p->store, events, r->n_patches, &err), "commit", &err);
  for (size_t i = 0; i < r->n_patches; i++) free(args[i]);
  p->has.rows[r->agent] = r->number + 1;
  s->edits += (int64_t)r->n_patches;
}

/* ---------------------------------------------------------------------------------------------- */
/* The end */

/* All push what they have left, and pull what the others had. */
static void part(school *s) {
  int64_t head = 0;
  for (size_t k = 0; k < s->n_people; k++) {
    sync_until(s, k, head);
    if (s->people[k].synced > head) head = s->people[k].synced;
  }
  for (size_t k = 0; k < s->n_people; k++) sync_until(s, k, head);
}

/* Each one's position and the digest of the tables, and whether a replay from nothing gives the same. */
static void report(school *s, size_t agent) {
  char digest[33], again[33];
  ls_error err;
  person *p = &s->people[agent];
  ls_sync_status status = status_of(p);
  check(ls_state_hash(digest, p->store, &err), "digest", &err);
  check(ls_rebuild(p->store, &err), "rebuild", &err);
  check(ls_state_hash(again, p->store, &err), "digest", &err);
  printf("%zu stands at e%" PRId64 ", state %s, %s when replayed\n", agent, status.head.global, digest,
         strcmp(digest, again) == 0 ? "the same" : again);
  check(ls_close(p->store, &err), "close", &err);
}

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void replay(school *s, FILE *from) {
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, from) > 0) {
    row r;
    read_row(&r, line, s);
    catch_up(s, &r);
    type(s, &r);
    remember(s, &r);
  }
  free(line);
  part(s);
}

int main(int argc, char **argv) {
  if (argc != 4) die("usage", "clownschool SCHEMA DIR URL <ROWS");
  school s = {.schema = argv[1], .dir = argv[2], .url = argv[3]};
  if (mkdir(s.dir, 0777)) die(s.dir, "cannot be made");
  double start = now_s();
  replay(&s, stdin);
  double seconds = now_s() - start;
  printf("%" PRId64 " commits with %" PRId64 " edits by %zu people\n", s.rows, s.edits, s.n_people);
  printf("%" PRId64 " times somebody synced; %" PRId64 " rebases, of %" PRId64 " edits in all\n", s.syncs, s.rebases,
         s.rebased);
  for (size_t k = 0; k < s.n_people; k++) report(&s, k);
  fprintf(stderr, "in %.1f s\n", seconds);
  free(s.versions);
  return 0;
}
