/* merge_node - a node that merges: a log in memory, what is pending in it, and what is on its way. For merge_world. */
#ifndef LS_TESTS_SUPPORT_MERGE_NODE_H
#define LS_TESTS_SUPPORT_MERGE_NODE_H

#include "sync/merge.h"

enum {
  MERGE_EVENTS = 100,  /* are written in a world; their arguments are numbers below this */
  MERGE_BATCH = 6,     /* are sent upstream at once */
  MERGE_NUMBERS = 4096 /* that a node gives */
};

/* Zero-initialize. */
typedef struct event_list {
  ls_event *all;
  size_t n, capacity;
} event_list;

/* A leader's word to its sessions. Its events lie in `told`: first those taken back. */
typedef struct merge_message {
  ls_merge_kind kind;
  size_t from, taken_back, n;
  int by; /* the session that pushed them; -1 for none */
} merge_message;

/* Events on their way up. */
typedef struct merge_push {
  ls_event events[MERGE_BATCH];
  size_t n;
  size_t heard; /* of a session: how much news it knew */
} merge_push;

/* Which event a number stands for. */
typedef struct merge_number {
  ls_seqnum seq;
  int event; /* from 1 on; 0: none */
} merge_number;

typedef struct merge_node {
  char name[32];
  bool is_leader;
  event_list log;
  size_t agreed; /* log[0 … agreed) is confirmed, the rest is pending */
  ls_seqnum upstream_head, local_head;
  int64_t generation; /* the highest used here */
  size_t pushed;      /* log[… pushed) was sent upstream */
  merge_push *sent;   /* on their way, oldest first */
  size_t n_sent, sent_capacity;
  size_t own; /* events of this session, or accepted by this leader */
  merge_number used[MERGE_NUMBERS];
  /* of a session */
  size_t read;        /* messages of its leader */
  size_t heard, news; /* those read, and told, that are not its own events coming back */
  /* of a leader */
  merge_message *messages;
  size_t n_messages, messages_capacity;
  event_list told;
  /* the last answer */
  ls_merge_result result;
  event_list rebased;
  ls_error err;
} merge_node;

void event_list_add(event_list *to, const ls_event *events, size_t n);
/* A list with room for n elements. */
void *merge_grown(void *list, size_t *capacity, size_t n, size_t size);

/* The rest says what is wrong, or gives NULL. */

/* The log is one chain that ends at the local head; what is the node's own is in it, once. */
const char *merge_node_check(const merge_node *n);
/* The node gives the event its number, or takes it with it. */
const char *merge_node_number(merge_node *n, const ls_event *event);
/* Merge, and check the answer: n->result and n->rebased. Nothing is done yet. */
const char *merge_node_decide(merge_node *n, const ls_merge_input *input);
/* Where the log begins to change when it is done. */
size_t merge_node_kept(const merge_node *n, size_t taken_back);
/* Do what was decided.
 *   taken_back  so many agreed events are no longer upstream's */
const char *merge_node_apply(merge_node *n, const ls_merge_input *input, size_t taken_back);
void merge_node_fini(merge_node *n);

#endif
