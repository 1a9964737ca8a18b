#include "core/undo_stack.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"

#define CHUNK 64 /* events read at a time; twice as many each further time */
#define MOST_CHUNK 4096

static const ls_seqnum LOG_END = {LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, 0};

void ls_undo_stack_fini(ls_undo_stack *stack) {
  ls_free(stack->undo.items);
  ls_free(stack->redo.items);
  ls_free(stack->taken);
  memset(stack, 0, sizeof *stack);
}

void ls_undo_stack_reset(ls_undo_stack *stack) { stack->valid = false; }

bool ls_undo_possible(const ls_schema *schema, const char *name) {
  const ls_event_type *type = ls_schema_event(schema, name);
  return type && !ls_schema_final(type)->not_undoable;
}

/* ---------------------------------------------------------------------------------------------- */
/* Lists */

static int push(ls_undo_list *list, const ls_undo_entry *entry, ls_error *err) {
  if (list->n == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 32;
    ls_undo_entry *items = ls_realloc(list->items, capacity * sizeof *items);
    if (!items) return ls_fail_nomem(err);
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->n++] = *entry;
  return LS_OK;
}

/* Is there an entry of this index? It is not then. */
static bool take(ls_undo_list *list, int64_t index) {
  for (size_t i = list->n; i > 0 && list->items[i - 1].index >= index; i--) {
    if (list->items[i - 1].index != index) continue;
    memmove(&list->items[i - 1], &list->items[i], (list->n - i) * sizeof *list->items);
    list->n--;
    return true;
  }
  return false;
}

/* Put the last one where it belongs: none is larger than the one it hangs below. */
static void rise(int64_t *heap, size_t at) {
  while (at > 0 && heap[(at - 1) / 2] < heap[at]) {
    int64_t swap = heap[at];
    heap[at] = heap[(at - 1) / 2];
    heap[(at - 1) / 2] = swap;
    at = (at - 1) / 2;
  }
}

static int add_taken(ls_undo_stack *stack, int64_t index, ls_error *err) {
  if (stack->n_taken == stack->capacity_taken) {
    size_t capacity = stack->capacity_taken ? stack->capacity_taken * 2 : 32;
    int64_t *taken = ls_realloc(stack->taken, capacity * sizeof *taken);
    if (!taken) return ls_fail_nomem(err);
    stack->taken = taken;
    stack->capacity_taken = capacity;
  }
  stack->taken[stack->n_taken++] = index;
  rise(stack->taken, stack->n_taken - 1);
  return LS_OK;
}

static void sink(int64_t *heap, size_t n) {
  for (size_t at = 0, child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && heap[child + 1] > heap[child]) child++;
    if (heap[at] >= heap[child]) return;
    int64_t swap = heap[at];
    heap[at] = heap[child];
    heap[child] = swap;
  }
}

/* Commits are asked for from the newest to the oldest, so the one that is looked for is the largest, or not there. */
static bool was_taken(ls_undo_stack *stack, int64_t index) {
  bool found = false;
  while (stack->n_taken && stack->taken[0] >= index) {
    found = stack->taken[0] == index;
    stack->taken[0] = stack->taken[--stack->n_taken];
    sink(stack->taken, stack->n_taken);
  }
  return found;
}

static int64_t target_of(const ls_undo_entry *entry) {
  return entry->index - (entry->undoes < 0 ? -entry->undoes : entry->undoes);
}

/* ---------------------------------------------------------------------------------------------- */
/* Commits, from their events */

typedef struct commit {
  ls_undo_entry entry;
  bool possible; /* to undo at least one of its events */
} commit;

/* Does `event` belong to the commit whose next event has `more`? */
static bool is_same_commit(const ls_log_brief *event, int64_t more) { return event->more > more; }

static void begin_commit(commit *c, const ls_log_brief *event, int64_t index) {
  *c = (commit){.entry = {index, event->undoes, event->seq, event->seq}};
}

static void see(commit *c, const ls_log_brief *event, const ls_schema *schema) {
  c->possible |= event->undoes || ls_undo_possible(schema, event->name);
}

/* ---------------------------------------------------------------------------------------------- */
/* Towards older events */

/* Commits come newest first, and are put in order when all of a chunk have come. */
typedef struct older {
  ls_undo_stack *stack;
  ls_undo_list undo, redo;
} older;

static int add_older(older *o, const commit *c, ls_error *err) {
  ls_undo_stack *stack = o->stack;
  const ls_undo_entry *entry = &c->entry;
  bool taken = was_taken(stack, entry->index);
  int rc = entry->undoes ? add_taken(stack, target_of(entry), err) : LS_OK;
  bool complete = stack->redo_complete;
  stack->redo_complete |= c->possible && !entry->undoes;
  if (rc || taken || !c->possible) return rc;
  if (entry->undoes > 0) return complete ? LS_OK : push(&o->redo, entry, err);
  return push(&o->undo, entry, err);
}

/* Put what came, newest first, below what is there. */
static int put_below(ls_undo_list *list, const ls_undo_list *came, ls_error *err) {
  size_t n = list->n + came->n;
  if (!came->n) return LS_OK;
  if (n > list->capacity) {
    ls_undo_entry *items = ls_realloc(list->items, n * sizeof *items);
    if (!items) return ls_fail_nomem(err);
    list->items = items;
    list->capacity = n;
  }
  memmove(list->items + came->n, list->items, list->n * sizeof *list->items);
  for (size_t i = 0; i < came->n; i++) list->items[i] = came->items[came->n - 1 - i];
  list->n = n;
  return LS_OK;
}

/* All commits of a chunk but the last one, which may begin before it; that one too when there is nothing before it. */
static int take_chunk(older *o, const ls_log_brief *events, size_t n, bool last, const ls_schema *schema,
                      ls_error *err) {
  ls_undo_stack *stack = o->stack;
  int64_t index = stack->oldest;
  commit c = {.possible = false};
  for (size_t i = 0; i < n; i++) {
    if (i && !is_same_commit(&events[i], events[i - 1].more)) {
      int rc = add_older(o, &c, err);
      if (rc) return rc;
      stack->oldest = index;
      stack->oldest_seq = events[i - 1].seq;
    }
    index--;
    if (!i || !is_same_commit(&events[i], events[i - 1].more)) begin_commit(&c, &events[i], index);
    c.entry.first = events[i].seq;
    c.entry.index = index;
    see(&c, &events[i], schema);
  }
  if (!last) return LS_OK;
  stack->all_read = true;
  stack->oldest = index;
  return n ? add_older(o, &c, err) : LS_OK;
}

/* Read up to so many older events. A commit that is longer asks for more: then nothing is read. */
static int read_older(ls_undo_stack *stack, const ls_undo_source *source, size_t n, ls_error *err) {
  const ls_event author = {.client_id = source->client_id, .session_id = source->session_id};
  ls_log_brief *events = ls_malloc(n * sizeof *events);
  if (!events) return ls_fail_nomem(err);
  older o = {.stack = stack};
  int got = ls_log_session(events, n, source->log, &author, stack->oldest_seq, true, 0, err);
  int rc = got < 0 ? got : take_chunk(&o, events, (size_t)got, (size_t)got < n, source->schema, err);
  if (!rc) rc = put_below(&stack->undo, &o.undo, err);
  if (!rc) rc = put_below(&stack->redo, &o.redo, err);
  ls_free(o.undo.items);
  ls_free(o.redo.items);
  ls_free(events);
  return rc;
}

static bool has_enough(const ls_undo_stack *stack, size_t undo, size_t redo) {
  return stack->all_read || (stack->undo.n >= undo && (stack->redo_complete || stack->redo.n >= redo));
}

/* ---------------------------------------------------------------------------------------------- */
/* Towards newer events */

static int add_newer(ls_undo_stack *stack, const commit *c, ls_error *err) {
  const ls_undo_entry *entry = &c->entry;
  int64_t target = target_of(entry);
  if (!entry->undoes) {
    if (!c->possible) return LS_OK;
    stack->redo.n = 0;
    stack->redo_complete = true;
    return push(&stack->undo, entry, err);
  }
  bool undo = entry->undoes > 0;
  bool found = take(undo ? &stack->undo : &stack->redo, target);
  int rc = !found && target < stack->oldest ? add_taken(stack, target, err) : LS_OK;
  return rc ? rc : push(undo ? &stack->redo : &stack->undo, entry, err);
}

/* The commits that begin in a chunk; a last one that may go on behind it is left for the next. Gives back how many
 * events they have. */
static int take_newer(ls_undo_stack *stack, const ls_log_brief *events, size_t n, bool last, const ls_schema *schema,
                      ls_error *err) {
  size_t from = 0;
  for (size_t i = 1; i <= n; i++) {
    if (i < n ? is_same_commit(&events[i - 1], events[i].more) : !last && events[n - 1].more) continue;
    commit c;
    begin_commit(&c, &events[from], stack->next);
    for (size_t j = from; j < i; j++) see(&c, &events[j], schema);
    c.entry.last = events[i - 1].seq;
    int rc = add_newer(stack, &c, err);
    if (rc) return rc;
    stack->next += (int64_t)(i - from);
    from = i;
  }
  return (int)from;
}

static int read_newer(ls_undo_stack *stack, const ls_undo_source *source, ls_error *err) {
  const ls_event author = {.client_id = source->client_id, .session_id = source->session_id};
  ls_seqnum from = stack->at.seq;
  size_t n = CHUNK;
  for (;;) {
    ls_log_brief *events = ls_malloc(n * sizeof *events);
    if (!events) return ls_fail_nomem(err);
    int got = ls_log_session(events, n, source->log, &author, from, false, 0, err);
    int used = got < 0 ? got : take_newer(stack, events, (size_t)got, (size_t)got < n, source->schema, err);
    if (used > 0) from = events[used - 1].seq;
    ls_free(events);
    if (used < 0) return used;
    if ((size_t)got < n) return LS_OK;
    if (n < MOST_CHUNK || !used) n *= 2;
  }
}

/* ---------------------------------------------------------------------------------------------- */

static void begin_reading(ls_undo_stack *stack, ls_mark head) {
  stack->readings++;
  stack->undo.n = stack->redo.n = stack->n_taken = 0;
  stack->next = stack->oldest = 1;
  stack->oldest_seq = LOG_END;
  stack->all_read = stack->redo_complete = false;
  stack->at = head;
}

/* Come to the log's head. Once something fails, all is read anew the next time. */
static int catch_up(ls_undo_stack *stack, const ls_undo_source *source, ls_error *err) {
  ls_mark head = ls_log_head(source->log), mark;
  bool valid = stack->valid;
  if (valid && ls_seqnum_equal(head.seq, stack->at.seq) && head.sum == stack->at.sum) return LS_OK;
  stack->valid = false;
  int there = valid ? ls_log_mark(&mark, source->log, stack->at.seq, err) : 0;
  if (there < 0) return there;
  if (!there || mark.sum != stack->at.sum) {
    begin_reading(stack, head);
  } else {
    int rc = read_newer(stack, source, err);
    if (rc) return rc;
    stack->at = head;
  }
  stack->valid = true;
  return LS_OK;
}

int ls_undo_stack_read(ls_undo_stack *stack, const ls_undo_source *source, size_t undo, size_t redo, ls_error *err) {
  int rc = catch_up(stack, source, err);
  for (size_t n = CHUNK; !rc && !has_enough(stack, undo, redo);) {
    int64_t oldest = stack->oldest;
    rc = read_older(stack, source, n, err);
    if (rc) stack->valid = false;
    if (n < MOST_CHUNK || oldest == stack->oldest) n *= 2;
  }
  return rc;
}

int ls_undo_target(ls_undo_entry *out, const ls_undo_source *source, const ls_undo_entry *entry, ls_error *err) {
  const ls_event author = {.client_id = source->client_id, .session_id = source->session_id};
  int64_t back = entry->index - target_of(entry);
  ls_log_brief first;
  int got = ls_log_session(&first, 1, source->log, &author, entry->first, true, back - 1, err);
  if (got < 0) return got;
  if (!got) return ls_fail(err, LS_ENOTFOUND, "the commit that was undone is not in the log");
  *out = (ls_undo_entry){target_of(entry), first.undoes, first.seq, first.seq};
  return LS_OK;
}
