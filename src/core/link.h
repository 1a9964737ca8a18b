/* link - what a session and a leader in different places say to one another (livestore_host.h). A message is one JSON
 * object, and behind the line feed that ends it the bytes of an image, if it says so.
 *
 *   session to leader
 *     {"hello":{"link":ID,"schema":HASH,"at":SEQ,"sum":HEX}}           who I am, and up to where my log is yours; without
 *                                                                    "at" I have nothing
 *     {"push":{"heard":N,"has":M},"events":[EVENT…]}                   append these, if the last that you said of your log
 *                                                                    is the N-th; you then have taken M of mine
 *     {"conflict":{"id":N,"cause":N,"item":N,"error":TEXT},"events":[EVENT…]}     keep this commit: it can no longer be
 *   leader to session
 *     {"welcome":{"store":ID,"client":ID,"has":M,"said":N,"base":SEQ,"sum":HEX,"image":BYTES},"upstream":SEQ,
 *      "events":[EVENT…]}                                              begin anew: the log behind `base`, and the state at
 *                                                                    its end; without "image" the state at the base, which is
 *                                                                    the root. I have taken M of yours. This is the N-th
 *                                                                    thing that I say of my log
 *     {"welcome":{"store":ID,"client":ID,"has":M,"said":N}}            go on where you are; what follows first is how
 *                                                                    the log goes on there
 *     {"after":SEQ,"events":[EVENT…],"said":N,"upstream":SEQ,"more":true}    behind that place the log is this now
 *     {"accepted":SEQ,"has":N,"upstream":SEQ}                          what you pushed is in the log, up to there
 *     {"failed":{"code":N,"text":TEXT}}                                it could not be appended; push it again later
 *     {"kept":N}                                                       the conflict of that id is kept
 *
 * SEQ is text such as "e5.1r2", EVENT as in event_json.h (LS_EVENT_CLIENT). */
#ifndef LS_CORE_LINK_H
#define LS_CORE_LINK_H

#include "base/arena.h"
#include "base/event.h"
#include "base/json.h"

#define LS_LINK_EVENTS 1000     /* in one message */
#define LS_LINK_BYTES 1000000   /* of them, about */

/* A message that was read. Zero-initialize; use again; free with ls_link_fini. */
typedef struct ls_link {
  ls_json doc;
  ls_event *events; /* of "events"; their texts lie in the arena */
  size_t n, capacity;
  ls_arena arena;
  ls_bytes texts;
  const char *image; /* borrowed from what was read; NULL for none */
  size_t image_size;
} ls_link;

/* Read a message. The bytes must outlive it. LS_EPROTOCOL it is none. */
int ls_link_read(ls_link *out, const void *message, size_t size, ls_error *err);
void ls_link_fini(ls_link *link);

/* A member of the message, or of an object in it: its node, 0 for none. */
uint32_t ls_link_find(const ls_link *link, uint32_t object, const char *key);
/* The value of a member. LS_EPROTOCOL when it is missing or of another kind. Texts lie in the message's arena. */
int ls_link_text(const char **out, ls_link *link, uint32_t object, const char *key, ls_error *err);
int ls_link_seqnum(ls_seqnum *out, ls_link *link, uint32_t object, const char *key, ls_error *err);
int ls_link_mark(ls_mark *out, ls_link *link, uint32_t object, const char *key, ls_error *err); /* with its "sum" */
int ls_link_count(int64_t *out, ls_link *link, uint32_t object, const char *key, ls_error *err);

/* Write members: `before` is what stands before the value, such as ",\"after\":". */
void ls_link_put_text(ls_bytes *out, const char *before, const char *text);
void ls_link_put_seqnum(ls_bytes *out, const char *before, ls_seqnum seq);
void ls_link_put_mark(ls_bytes *out, const char *before, ls_mark mark); /* and its "sum" */
void ls_link_put_event(ls_bytes *out, const ls_event *event, bool first);
void ls_link_put_events(ls_bytes *out, const ls_event *events, size_t n); /* the whole member */

#endif
