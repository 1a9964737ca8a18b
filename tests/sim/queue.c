/* queue.c - happenings by time: a binary heap. */
#include <stdlib.h>

#include "sim/memory.h"
#include "sim/world.h"

static bool before(const sim_happening *a, const sim_happening *b) {
  return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(sim_happening *a, sim_happening *b) {
  sim_happening kept = *a;
  *a = *b;
  *b = kept;
}

void sim_queue_put_back(sim_queue *q, sim_happening happening) {
  if (q->n == q->capacity) {
    q->capacity = q->capacity ? 2 * q->capacity : 64;
    q->heap = sim_realloc(q->heap, q->capacity * sizeof *q->heap);
  }
  size_t at = q->n++;
  q->heap[at] = happening;
  for (; at && before(&q->heap[at], &q->heap[(at - 1) / 2]); at = (at - 1) / 2)
    swap(&q->heap[at], &q->heap[(at - 1) / 2]);
}

const sim_happening *sim_queue_first(const sim_queue *q) { return q->n ? &q->heap[0] : NULL; }

void sim_queue_put(sim_queue *q, sim_happening happening) {
  happening.order = q->order++;
  sim_queue_put_back(q, happening);
}

sim_happening sim_queue_take(sim_queue *q) {
  sim_happening first = q->heap[0];
  q->heap[0] = q->heap[--q->n];
  for (size_t at = 0, child; (child = 2 * at + 1) < q->n; at = child) {
    if (child + 1 < q->n && before(&q->heap[child + 1], &q->heap[child])) child++;
    if (!before(&q->heap[child], &q->heap[at])) break;
    swap(&q->heap[at], &q->heap[child]);
  }
  return first;
}

void sim_queue_fini(sim_queue *q) {
  for (size_t i = 0; i < q->n; i++) free(q->heap[i].frame);
  free(q->heap);
}
