/* merge_cases FILE - answer recorded cases of merging and compare with the recorded answers.
 *
 * FILE is JSON lines, gzip or plain; a line is a case:
 *   {"ignoreClientOnly":false,
 *    "state":{"pending":[EVENT…],"upstreamHead":SEQ,"localHead":SEQ},
 *    "payload":{"kind":"upstream-advance" | "upstream-rebase" | "local-push","newEvents":[EVENT…],
 *               "rollbackEvents":[EVENT…]},                      (of an upstream-rebase: what upstream took back)
 *    "result":{"kind":"advance","state":{…},"newEvents":[EVENT…],"confirmedEvents":[EVENT…]}
 *           | {"kind":"rebase","state":{…},"newEvents":[EVENT…],"rollbackEvents":[EVENT…]}    (and "confirmedEvents")
 *           | {"kind":"reject","expectedMinimumId":SEQ}
 *           | {"kind":"defect"}}
 *   EVENT {"name":…,"n":…,"client":…,"seq":SEQ,"parent":SEQ}       SEQ [global,client,generation]
 * "n" is all that an event says. What "defect" names is an error here.
 *
 * Generations may be higher than the recorded ones, which are used again by LiveStore; but no event may be of an older
 * one than recorded, nor stand otherwise to its parent's. Prints each difference and the counts; the exit status is 1
 * when there is any, 2 when the file cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/seqnum.h"
#include "sync/merge.h"

/* What is read or compared at present. Memory is the arena's, of one case. */
typedef struct reader {
  ls_json doc;
  ls_arena arena;
  ls_error err;
  bool failed; /* then err says why */
} reader;

typedef struct events {
  ls_event *all;
  size_t n;
} events;

typedef enum answer_kind { ANSWER_ADVANCE, ANSWER_REBASE, ANSWER_REJECT, ANSWER_DEFECT } answer_kind;

/* An answer in the words of the file. */
typedef struct answer {
  answer_kind kind;
  ls_seqnum upstream_head, local_head, expected;
  events pending, new, confirmed, rolled_back;
  bool tells_confirmed;
} answer;

typedef struct test_case {
  ls_merge_state state;
  ls_merge_input input;
  events taken_back; /* by upstream */
  answer recorded;
} test_case;

/* ---------------------------------------------------------------------------------------------- */
/* Reading a case. The first thing that is wrong stays in reader->err; after it everything reads as empty. */

static void refuse(reader *r, const char *key, const char *expected) {
  if (!r->failed) ls_fail(&r->err, LS_EFORMAT, "\"%s\": expected %s", key, expected);
  r->failed = true;
}

static void *reserve(reader *r, size_t size) {
  void *memory = ls_arena_alloc(&r->arena, size ? size : 1);
  if (memory) return memory;
  fprintf(stderr, "merge_cases: out of memory\n");
  exit(2);
}

static uint32_t member(reader *r, uint32_t object, const char *key, ls_json_type type) {
  uint32_t node = r->failed ? 0 : ls_json_get(&r->doc, object, key);
  if (node && ls_json_type_of(&r->doc, node) == type) return node;
  refuse(r, key, ls_json_type_name(type));
  return 0;
}

static int64_t read_count(reader *r, uint32_t node, const char *key) {
  ls_json_number number = {0};
  bool good = !r->failed && ls_json_type_of(&r->doc, node) == LS_JSON_NUMBER &&
              !ls_json_number_of(&number, &r->doc, node, NULL) && number.is_int && number.i >= 0;
  if (!good) refuse(r, key, "integers from 0 on");
  return good ? number.i : 0;
}

static ls_seqnum read_seq(reader *r, uint32_t object, const char *key) {
  uint32_t node = member(r, object, key, LS_JSON_ARRAY);
  if (!node) return LS_SEQNUM_ROOT;
  if (r->doc.nodes[node].count != 3) refuse(r, key, "[global, client, generation]");
  ls_seqnum seq = LS_SEQNUM_ROOT;
  seq.global = read_count(r, node + 1, key);
  seq.client = read_count(r, node + 2, key);
  seq.generation = read_count(r, node + 3, key);
  if (!ls_seqnum_in_range(seq)) refuse(r, key, "a position within the limits");
  return seq;
}

static const char *read_text(reader *r, uint32_t object, const char *key) {
  uint32_t node = member(r, object, key, LS_JSON_STRING);
  if (!node) return "";
  return memcpy(reserve(r, r->doc.nodes[node].size + 1), r->doc.text + r->doc.nodes[node].start,
                r->doc.nodes[node].size);
}

static ls_event read_event(reader *r, uint32_t object) {
  uint32_t n = member(r, object, "n", LS_JSON_NUMBER);
  ls_event event = {.name = read_text(r, object, "name"),
                    .client_id = read_text(r, object, "client"),
                    .session_id = "",
                    .args = "",
                    .seq = read_seq(r, object, "seq"),
                    .parent = read_seq(r, object, "parent")};
  if (!n) return event;
  event.args_size = r->doc.nodes[n].size;
  event.args = memcpy(reserve(r, event.args_size + 1), r->doc.text + r->doc.nodes[n].start, event.args_size);
  return event;
}

static events read_events(reader *r, uint32_t object, const char *key) {
  uint32_t array = member(r, object, key, LS_JSON_ARRAY);
  if (!array) return (events){NULL, 0};
  events list = {reserve(r, r->doc.nodes[array].count * sizeof(ls_event)), 0};
  for (uint32_t node = array + 1; node < r->doc.nodes[array].next; node = r->doc.nodes[node].next) {
    if (ls_json_type_of(&r->doc, node) != LS_JSON_OBJECT) refuse(r, key, "objects");
    list.all[list.n++] = read_event(r, node);
  }
  return list;
}

/* Which of the words it is. */
static int read_word(reader *r, uint32_t object, const char *key, const char *const *words, const char *expected) {
  uint32_t node = member(r, object, key, LS_JSON_STRING);
  for (int i = 0; node && words[i]; i++) {
    if (ls_json_equals(&r->doc, node, words[i])) return i;
  }
  refuse(r, key, expected);
  return 0;
}

static answer read_answer(reader *r, uint32_t object) {
  static const char *const words[] = {"advance", "rebase", "reject", "defect", NULL};
  answer a = {.kind = (answer_kind)read_word(r, object, "kind", words, "advance, rebase, reject or defect")};
  if (a.kind == ANSWER_DEFECT) return a;
  if (a.kind == ANSWER_REJECT) {
    a.expected = read_seq(r, object, "expectedMinimumId");
    return a;
  }
  uint32_t state = member(r, object, "state", LS_JSON_OBJECT);
  a.pending = read_events(r, state, "pending");
  a.upstream_head = read_seq(r, state, "upstreamHead");
  a.local_head = read_seq(r, state, "localHead");
  a.new = read_events(r, object, "newEvents");
  a.tells_confirmed = a.kind == ANSWER_ADVANCE || (!r->failed && ls_json_get(&r->doc, object, "confirmedEvents"));
  if (a.tells_confirmed) a.confirmed = read_events(r, object, "confirmedEvents");
  if (a.kind == ANSWER_REBASE) a.rolled_back = read_events(r, object, "rollbackEvents");
  return a;
}

static test_case read_case(reader *r) {
  static const char *const words[] = {"upstream-advance", "upstream-rebase", "local-push", NULL};
  test_case c = {0};
  uint32_t ignore = ls_json_get(&r->doc, 0, "ignoreClientOnly");
  ls_json_type type = ls_json_type_of(&r->doc, ignore);
  if (!ignore || (type != LS_JSON_TRUE && type != LS_JSON_FALSE)) refuse(r, "ignoreClientOnly", "boolean");
  uint32_t state = member(r, 0, "state", LS_JSON_OBJECT), payload = member(r, 0, "payload", LS_JSON_OBJECT);
  events pending = read_events(r, state, "pending"), arriving = read_events(r, payload, "newEvents");
  c.state =
      (ls_merge_state){pending.all, pending.n, read_seq(r, state, "upstreamHead"), read_seq(r, state, "localHead")};
  c.input =
      (ls_merge_input){.events = arriving.all, .n_events = arriving.n, .ignore_client_only = type == LS_JSON_TRUE};
  c.input.kind = (ls_merge_kind)read_word(r, payload, "kind", words, "upstream-advance, upstream-rebase or local-push");
  if (c.input.kind == LS_MERGE_REBASE) c.taken_back = read_events(r, payload, "rollbackEvents");
  c.recorded = read_answer(r, member(r, 0, "result", LS_JSON_OBJECT));
  return c;
}

/* ---------------------------------------------------------------------------------------------- */
/* Answering */

static void add(events *to, const ls_event *from, size_t n) {
  for (size_t i = 0; i < n; i++) to->all[to->n++] = from[i];
}

static events join(reader *r, const ls_event *a, size_t n_a, const ls_event *b, size_t n_b) {
  events list = {reserve(r, (n_a + n_b) * sizeof(ls_event)), 0};
  add(&list, a, n_a);
  add(&list, b, n_b);
  return list;
}

/* What is pending of the events pushed. */
static events taken(reader *r, const test_case *c, const ls_merge_result *result) {
  events list = join(r, NULL, 0, c->input.events, c->input.n_events);
  list.n = 0;
  for (size_t i = result->fresh; c->input.kind == LS_MERGE_PUSH && i < c->input.n_events; i++) {
    if (!c->input.ignore_client_only || !c->input.events[i].seq.client) add(&list, &c->input.events[i], 1);
  }
  return list;
}

static int64_t newest_generation(events list, int64_t than) {
  for (size_t i = 0; i < list.n; i++) {
    if (list.all[i].seq.generation > than) than = list.all[i].seq.generation;
  }
  return than;
}

/* One that nothing in the case has used. */
static int64_t unused_generation(const test_case *c) {
  int64_t newest = newest_generation((events){(ls_event *)c->state.pending, c->state.n_pending}, 0);
  newest = newest_generation((events){(ls_event *)c->input.events, c->input.n_events}, newest);
  newest = newest_generation(c->taken_back, newest);
  if (c->state.upstream_head.generation > newest) newest = c->state.upstream_head.generation;
  if (c->state.local_head.generation > newest) newest = c->state.local_head.generation;
  return newest + 1;
}

static answer find_answer(reader *r, const test_case *c) {
  ls_event *rebased = reserve(r, c->state.n_pending * sizeof *rebased);
  ls_merge_input input = c->input;
  input.generation = unused_generation(c);
  ls_merge_result result;
  if (ls_merge(&result, rebased, &c->state, &input, &r->err)) return (answer){.kind = ANSWER_DEFECT};
  if (result.outcome == LS_MERGED_REJECT) return (answer){.kind = ANSWER_REJECT, .expected = result.expected};
  const ls_event *pending = c->state.pending;
  events kept = join(r, pending + result.confirmed, result.rolled_back - result.confirmed, rebased, result.rebased);
  events pushed = taken(r, c, &result);
  return (answer){
      .kind = result.outcome == LS_MERGED_REBASE ? ANSWER_REBASE : ANSWER_ADVANCE,
      .upstream_head = result.upstream_head,
      .local_head = result.local_head,
      .pending = join(r, kept.all, kept.n, pushed.all, pushed.n),
      .new = join(r, input.events + result.fresh, input.n_events - result.fresh, rebased, result.rebased),
      .confirmed = join(r, pending, result.confirmed, NULL, 0),
      .rolled_back = join(r, c->taken_back.all, c->taken_back.n, pending + result.rolled_back,
                          c->state.n_pending - result.rolled_back),
  };
}

/* ---------------------------------------------------------------------------------------------- */
/* Comparing. Each function says what differs first, and true when nothing does. */

static const char *const KINDS[] = {"advance", "rebase", "reject", "defect"};

static int order(int64_t a, int64_t b) { return (a > b) - (a < b); }

static bool same_seq(ls_seqnum found, ls_seqnum recorded) {
  return ls_seqnum_place(found) == ls_seqnum_place(recorded) && found.generation >= recorded.generation;
}

static bool same_event(const ls_event *found, const ls_event *recorded) {
  return ls_event_equal(found, recorded) && same_seq(found->seq, recorded->seq) &&
         same_seq(found->parent, recorded->parent) &&
         order(found->seq.generation, found->parent.generation) ==
             order(recorded->seq.generation, recorded->parent.generation);
}

static void print_event(const char *label, const ls_event *event) {
  char seq[LS_SEQNUM_TEXT], parent[LS_SEQNUM_TEXT];
  printf("%s %s %s by %s at %s behind %s", label, event->name, event->args, event->client_id,
         ls_seqnum_format(event->seq, seq), ls_seqnum_format(event->parent, parent));
}

static bool compare_events(size_t line, const char *what, events found, events recorded) {
  for (size_t i = 0; i < found.n && i < recorded.n; i++) {
    if (same_event(&found.all[i], &recorded.all[i])) continue;
    printf("line %zu: %s [%zu]: ", line, what, i);
    print_event("recorded", &recorded.all[i]);
    print_event(", found", &found.all[i]);
    printf("\n");
    return false;
  }
  if (found.n != recorded.n) printf("line %zu: %s: recorded %zu events, found %zu\n", line, what, recorded.n, found.n);
  return found.n == recorded.n;
}

static bool compare_seqs(size_t line, const char *what, ls_seqnum found, ls_seqnum recorded) {
  if (same_seq(found, recorded)) return true;
  char a[LS_SEQNUM_TEXT], b[LS_SEQNUM_TEXT];
  printf("line %zu: %s: recorded %s, found %s\n", line, what, ls_seqnum_format(recorded, a),
         ls_seqnum_format(found, b));
  return false;
}

static bool compare(size_t line, const answer *found, const answer *recorded, const ls_error *err) {
  if (found->kind != recorded->kind) {
    printf("line %zu: recorded %s, found %s%s%s\n", line, KINDS[recorded->kind], KINDS[found->kind],
           found->kind == ANSWER_DEFECT ? ": " : "", found->kind == ANSWER_DEFECT ? err->text : "");
    return false;
  }
  return compare_seqs(line, "expectedMinimumId", found->expected, recorded->expected) &&
         compare_seqs(line, "upstreamHead", found->upstream_head, recorded->upstream_head) &&
         compare_seqs(line, "localHead", found->local_head, recorded->local_head) &&
         (!recorded->tells_confirmed ||
          compare_events(line, "confirmedEvents", found->confirmed, recorded->confirmed)) &&
         compare_events(line, "rollbackEvents", found->rolled_back, recorded->rolled_back) &&
         compare_events(line, "newEvents", found->new, recorded->new) &&
         compare_events(line, "pending", found->pending, recorded->pending);
}

/* ---------------------------------------------------------------------------------------------- */

/* A line without its end, in `out`; false at the end of the file, or when it cannot be read: then r->err says why. */
static bool read_line(ls_bytes *out, gzFile file, reader *r) {
  char part[1 << 14];
  bool some = false, ended = false;
  ls_bytes_clear(out);
  while (!ended && gzgets(file, part, sizeof part)) {
    size_t size = strcspn(part, "\n");
    ls_bytes_append(out, part, size);
    ended = part[size] == '\n';
    some = true;
  }
  int code;
  const char *why = gzerror(file, &code);
  if (code < 0) r->failed = ls_fail(&r->err, LS_EIO, "%s", why) != LS_OK;
  if (!ls_bytes_cstr(out)) r->failed = ls_fail_nomem(&r->err) != LS_OK;
  return !r->failed && some;
}

/* True when the answer is the recorded one. */
static bool run_case(reader *r, const ls_bytes *text, size_t line) {
  r->failed = ls_json_parse(&r->doc, text->data, text->size, &r->err) != LS_OK;
  if (!r->failed && ls_json_type_of(&r->doc, 0) != LS_JSON_OBJECT) refuse(r, "case", "object");
  if (r->failed) return false;
  test_case c = read_case(r);
  if (r->failed) return false;
  answer found = find_answer(r, &c);
  return compare(line, &found, &c.recorded, &r->err);
}

static int run_file(gzFile file, const char *path) {
  reader r = {0};
  ls_bytes text = {0};
  size_t line = 1, differ = 0;
  for (; read_line(&text, file, &r); line++) {
    bool same = run_case(&r, &text, line);
    ls_arena_fini(&r.arena);
    if (r.failed) break;
    if (!same) differ++;
  }
  if (!r.failed && line == 1) r.failed = ls_fail(&r.err, LS_EFORMAT, "no case in it") != LS_OK;
  if (r.failed) fprintf(stderr, "merge_cases: %s: line %zu: %s\n", path, line, r.err.text);
  if (!r.failed) printf("%zu cases, %zu differ\n", line - 1, differ);
  ls_json_fini(&r.doc);
  ls_bytes_fini(&text);
  if (r.failed) return 2;
  return differ ? 1 : 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: merge_cases FILE\n");
    return 2;
  }
  gzFile file = gzopen(argv[1], "rb");
  if (!file) {
    fprintf(stderr, "merge_cases: ");
    perror(argv[1]);
    return 2;
  }
  int status = run_file(file, argv[1]);
  gzclose(file);
  return status;
}
