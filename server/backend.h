/* backend - where a server keeps the logs of its stores: one table of functions. SQLite is behind it by default
 * (backend_sqlite.h), a distributed log can be.
 *
 * Appends are collected and made durable together: append_if takes events in, and `sync` makes all that was taken in
 * durable with one flush to the device, for however many stores. Before that nobody may be told of them, and only
 * append_if itself sees them.
 *
 * Everything is called from one thread but `sync`, which may run on another one; append_if and close wait for its end,
 * while head, read, count and stores may be called meanwhile.
 *
 * LS_EIO, LS_EFULL, LS_ECORRUPT and LS_ENOMEM may come from each. */
#ifndef LS_SERVER_BACKEND_H
#define LS_SERVER_BACKEND_H

#include "sync/wire.h"

#define LS_BACKEND_ID 32 /* bytes that hold a backend id, with its NUL */

/* What is durable of a store. */
typedef struct ls_backend_head {
  int64_t head;                   /* number of its newest event; 0: none */
  int64_t events;                 /* how many it has: fewer than `head` says when numbers were left out */
  char backend_id[LS_BACKEND_ID]; /* of its log: another one for each store, stable until its data is gone */
} ls_backend_head;

/* Non-zero stops. The event is borrowed for the call. */
typedef int (*ls_backend_event_fn)(void *user, const ls_wire_event *event);
typedef int (*ls_backend_store_fn)(void *user, const char *store_id, const ls_backend_head *head);
typedef void (*ls_backend_changed_fn)(void *user, const char *store_id);

typedef struct ls_backend {
  void *self;

  /* What is durable of a store. One that has no event yet is as good as any other: asking leaves nothing behind. */
  int (*head)(void *self, ls_backend_head *out, const char *store_id, ls_error *err);

  /* Append events behind what is durable and taken in, if the newest of that is `parent`. They were checked to follow
   * one another.
   *   created_at_ms  when they arrived, since 1970; their own created_at is not read
   * LS_EORDER: it is not, and nothing has changed. After any other error the next sync fails. */
  int (*append_if)(void *self, const char *store_id, int64_t parent, const ls_wire_event *events, size_t n,
                   int64_t created_at_ms, ls_error *err);

  /* Make all that was taken in durable; or, on an error, forget all of it. */
  int (*sync)(void *self, ls_error *err);

  /* Give durable events behind `after`, in order, with created_at, until `each` returns non-zero. O(log n + events). */
  int (*read)(void *self, const char *store_id, int64_t after, ls_backend_event_fn each, void *user, ls_error *err);

  /* How many durable events lie behind `after`. Asked for stores whose numbers have holes only. */
  int (*count)(void *self, int64_t *out, const char *store_id, int64_t after, ls_error *err);

  /* Each store that has events, in the order of their names, until `each` returns non-zero. */
  int (*stores)(void *self, ls_backend_store_fn each, void *user, ls_error *err);

  /* Optional (NULL), for backends that several servers share: have `changed` called, from the same thread, when another
   * process has appended to a store. */
  int (*watch)(void *self, ls_backend_changed_fn changed, void *user, ls_error *err);

  void (*close)(void *self);
} ls_backend;

#endif
