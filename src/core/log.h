/* log - the ordered, append-only record of all events of a store: STORE/log.db, an SQLite file (docs/files.md).
 *
 * What always holds
 *   1. An event's place, generation, author, name and arguments never change once appended. Above the upstream head a
 *      suffix may be cut and appended anew (rebase); below it nothing is ever cut.
 *   2. Each event carries the digest of the log up to and with itself; what is read is checked against it.
 *      Its `more` and `undoes` (livestore.h) count events of its session, whose order no rebase changes; who leaves
 *      some of
 *      them out counts anew.
 *   3. Appended events follow the head without a break: the first one's parent is the head (or, for a synced event,
 *      the head's synced event), each next one's is its predecessor.
 *
 * Not here: what events mean (schema, state), who may append (leader). */
#ifndef LS_CORE_LOG_H
#define LS_CORE_LOG_H

#include "base/event.h"
#include "livestore.h"

typedef struct ls_log ls_log;

/* Open a log, or make an empty one.
 *   file        NULL for one in memory
 *   durability  when appended events survive what
 * LS_ECORRUPT not a log, or damaged where it is first read; LS_EFORMAT written by a newer version. Whole checking is
 * done by reading. */
int ls_log_open(ls_log **out, const char *file, ls_durability durability, ls_error *err);
/* Open one that nobody else has open, to look at it only; nothing of the file changes. Damage does not stop it as long
 * as the file can be recognized as a log: a cursor then gives what comes before it. LS_ENOTFOUND when there is none. */
int ls_log_open_readonly(ls_log **out, const char *file, ls_error *err);
/* The damage that opening found and left for the cursor to come upon; code 0 for none. */
const ls_error *ls_log_damage(const ls_log *log);
/* What SQLite says is wrong with the file's pages, one text each; most logs have none. O(size). */
int ls_log_check_pages(ls_log *log, void (*each)(void *user, const char *text), void *user, ls_error *err);
/* Writes what was appended, frees all. Returns the error of that write. NULL is fine. */
int ls_log_close(ls_log *log, ls_error *err);

/* Facts kept beside the events. A value not set is left untouched in out (0 returned); 1 when there is one. */
int ls_log_fact(ls_bytes *out, ls_log *log, const char *key, ls_error *err);
/* Set some of them, all or none. The first ones, which make it the log of a store, are synced to the device whatever
 * the durability: what else a store keeps must not outlive them. */
typedef struct ls_log_pair { const char *key, *value; } ls_log_pair;
int ls_log_set_facts(ls_log *log, const ls_log_pair *facts, size_t n, ls_error *err);

/* Of the facts whose keys fit a GLOB, forget all but the `most` newest ones, by when each was first set. */
int ls_log_forget_facts(ls_log *log, const char *glob, int most, ls_error *err);

/* The largest generation that a rebase has given to events: it only grows, so that a place and a generation name one
 * numbering for ever. O(1). */
int64_t ls_log_generation(const ls_log *log);
int ls_log_set_generation(ls_log *log, int64_t generation, ls_error *err);

/* Where the log ends, and up to where upstream has accepted it. O(1). */
ls_mark ls_log_head(const ls_log *log);
ls_seqnum ls_log_upstream_head(const ls_log *log);
/* What the last flush put on the file; the same as the head but for LS_DURABILITY_LATER. */
ls_mark ls_log_durable_head(const ls_log *log);
/* How often what was appended since the last flush was lost. */
uint64_t ls_log_losses(const ls_log *log);
int ls_log_set_upstream_head(ls_log *log, ls_seqnum head, ls_error *err);

/* Append events: one transaction, all or none. LS_EORDER does not follow the head. LS_EFULL, LS_EIO. O(n). */
int ls_log_append(ls_log *log, const ls_event *events, size_t n, ls_error *err);

/* Collect all that is changed from here on (appended, cut, facts, heads, conflicts) in one transaction: ls_log_flush
 * makes it durable, ls_log_abort takes it back. Cursors see what is appended meanwhile; one that stands behind a cut
 * gives nothing until the transaction is ended. */
int ls_log_begin(ls_log *log, ls_error *err);
void ls_log_abort(ls_log *log);

/* Make all that was appended durable. On an error all that was appended since the last flush is gone, and the head is
 * back where it was then. */
int ls_log_flush(ls_log *log, ls_error *err);

/* Put on the device what must not come undone once others have seen what follows from it: renumbered events and
 * conflicts that were resolved. If power were lost after a push and took the new numbers back, the store would not know
 * its own events when they come again. One sync when there is such, or may be since the log was opened: a process that
 * died has perhaps left some. Otherwise nothing. */
int ls_log_settle(ls_log *log, ls_error *err);

/* SQLite takes a transaction back whole when a statement fails in it, also one that only reads. What was appended since the
 * last flush is gone then: bring the head back to where the file is, if that has happened. O(1) when not. */
void ls_log_notice_loss(ls_log *log);

/* Take away all events behind `after`, which must not be below the upstream head. Outside of ls_log_begin it is synced,
 * whatever the durability. */
int ls_log_cut(ls_log *log, ls_seqnum after, ls_error *err);

/* Inside ls_log_begin: the event there was not the last of its commit, and is now, since what followed it has left the
 * log. It is confirmed and cannot be changed; so who reads it is told that its `more` is 0. */
int ls_log_tear(ls_log *log, ls_seqnum seq, ls_error *err);
/* How often that was done since the log was opened; and is there such an event behind a place? 1, 0 or negative. */
uint64_t ls_log_tears(const ls_log *log);
int ls_log_torn_behind(ls_log *log, ls_seqnum seq, ls_error *err);

/* Of a log in memory: forget all events, and begin behind a place, which stands for the root from here on. What lies before
 * it is kept elsewhere. Nothing may be under way. */
int ls_log_begin_at(ls_log *log, ls_mark base, ls_error *err);
/* Where it begins: the root but for such a log. */
ls_mark ls_log_base(const ls_log *log);

/* Copy the log's file as it is, to one that is not there yet; it is synced to the device. */
int ls_log_copy(ls_log *log, const char *file, ls_error *err);

/* The mark at a place: 1; 0 when no event stands there (generations must agree); the root always does. */
int ls_log_mark(ls_mark *out, ls_log *log, ls_seqnum seq, ls_error *err);
/* The newest event at or before a place. The root, or where the log begins, when there is none. */
int ls_log_floor(ls_mark *out, ls_log *log, ls_seqnum seq, ls_error *err);
/* Events behind `since`. O(n) in them. */
int ls_log_count(uint64_t *out, ls_log *log, ls_seqnum since, ls_error *err);

/* What tells the commits of a session apart. */
typedef struct ls_log_brief {
  ls_seqnum seq;
  int64_t more, undoes;
  const char *name; /* borrowed until the next append or cut */
} ls_log_brief;
/* Events of one session: those before a place, the newest first, or those behind it, the oldest first; without the
 * first `skip` of them. Fills up to n; gives back how many. Digests are not checked. O(events passed). */
int ls_log_session(ls_log_brief *out, size_t n, ls_log *log, const ls_event *author, ls_seqnum from, bool back,
                   int64_t skip, ls_error *err);

/* Reading in order. What it gives is borrowed until the next step. */
typedef struct ls_log_cursor ls_log_cursor;
/* Start behind the newest event at or before `since`. */
int ls_log_cursor_open(ls_log_cursor **out, ls_log *log, ls_seqnum since, ls_error *err);
/* The next event and, if asked for, the mark that it makes: 1; 0 at the end (a later call finds what was appended in
 * between); LS_ECORRUPT names the last good position. */
int ls_log_cursor_next(const ls_event **out, ls_mark *mark, ls_log_cursor *cursor, ls_error *err);
/* Is the event that it gave last still in the log, and borrowed? A cursor that stood behind a cut goes on at the new
 * end. */
bool ls_log_cursor_holds(const ls_log_cursor *cursor);
/* Is this where it stands: behind the event of the mark, which is in the log? */
bool ls_log_cursor_stands_at(const ls_log_cursor *cursor, ls_mark mark);
/* The mark of the event that it gave last, or that it started behind; after a cut below that, of the new end then. */
ls_mark ls_log_cursor_at(const ls_log_cursor *cursor);
/* Go to the log's end. O(1). */
void ls_log_cursor_skip(ls_log_cursor *cursor);
void ls_log_cursor_close(ls_log_cursor *cursor);

#endif
