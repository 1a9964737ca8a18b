/* graph - the signal graph of a session: nodes, what they read, and the passes that bring them up to date.
 *
 * Push dirty, pull values. When a signal is set or rows change, what directly depends is marked DIRTY and all behind it
 * CHECK, and effects and subscriptions among them are queued; that is all. A pass then takes the queued ones in the
 * order in which they were made, and each brings what it reads up to date first: a CHECK node asks its sources, and runs
 * only if one of them has really changed; a node whose new result is equal to the old one tells nobody. Nothing runs that
 * nobody asks for.
 *
 *   CLEAN ──► DIRTY    a source, or the rows that it depends on, changed
 *   CLEAN ──► CHECK    something behind its sources changed
 *   CHECK ──► DIRTY    a source has run, and its result is another one
 *   CHECK ──► CLEAN    no source has
 *   DIRTY ──► CLEAN    it runs
 *
 * What always holds
 *   1. Who reads a node that is not CLEAN is not CLEAN either, unless it is running.
 *   2. A live query that is CLEAN is entered in the index of live queries (live.h), so what touches it marks it.
 *   3. Nodes are never freed, and results that were lent never go, while a node runs or a pass is on.
 * Marking takes no memory, so no change is ever lost for want of it. A run that failed for want of memory, or that
 * met a cycle, is UNSETTLED: it runs again whenever it is read. */
#ifndef LS_CORE_GRAPH_H
#define LS_CORE_GRAPH_H

#include "core/session.h"

typedef struct ls_graph ls_graph;

/* How far the clock of a graph's figures has gone, in microseconds. */
typedef int64_t (*ls_clock_fn)(void);

int ls_graph_new(ls_graph **out, ls_store *store, ls_session *session, ls_clock_fn clock_us, ls_error *err);
/* Free it with all its nodes, whoever still has references. NULL is fine for all that follow. */
void ls_graph_free(ls_graph *graph);

/* Is something running or being told? Then the store must not be closed. */
bool ls_graph_busy(const ls_graph *graph);

/* Mark what depends on the rows that the state's capture has recorded, or on any row. */
void ls_graph_changed(ls_graph *graph);
void ls_graph_changed_unknown(ls_graph *graph);
/* The session's state has become another one: mark all, and forget what was found out about the old one. */
void ls_graph_moved(ls_graph *graph);

/* Run the passes that are due, unless a batch or another pass is on. LS_ELIMIT, LS_ENOMEM */
int ls_graph_react(ls_graph *graph, ls_error *err);

#endif
