#include "core/live.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"

/* A statement among those of a table that read the same columns of it. */
typedef struct ls_live_place {
  ls_live_statement *statement;
  struct ls_live_place *next, **at; /* at: NULL while it is in no group */
} ls_live_place;

typedef struct ls_live_group {
  uint64_t columns;
  ls_live_place *places;
} ls_live_group;

typedef struct counted {
  size_t column, queries;
} counted;

/* What is known of a table: who reads which columns, and by which columns queries are found. */
typedef struct ls_live_table {
  ls_live_group *groups; /* empty ones stay for the next statement; there are as many as kinds of queries */
  size_t n_groups;
  counted *by;
  size_t n_by;
  size_t waiting;   /* places in its groups */
  uint64_t changed; /* by the commit that is looked at: columns; LS_ALL_COLUMNS when a row came or went */
  struct ls_live_table *next_changed;
} ls_live_table;

/* ---------------------------------------------------------------------------------------------- */
/* Statements */

static ls_live_statement *statement_of(ls_link *link) {
  return (ls_live_statement *)(void *)link;
} /* its first member */

static ls_live *live_of(ls_link *link) { return (ls_live *)(void *)((char *)link - offsetof(ls_live, link)); }

static ls_live_statement *find_statement(const ls_live_index *index, const char *sql, uint64_t hash) {
  for (ls_link *link = ls_chains_first(&index->statements, hash); link; link = ls_chains_next(link)) {
    if (strcmp(statement_of(link)->sql, sql) == 0) return statement_of(link);
  }
  return NULL;
}

static int add_statement(ls_live_statement **out, ls_live_index *index, const char *sql, uint64_t hash, ls_error *err) {
  ls_live_statement *statement = ls_calloc(1, sizeof *statement);
  if (!statement) return ls_fail_nomem(err);
  statement->sql = ls_strdup(sql);
  if (!statement->sql || !ls_chains_add(&index->statements, &statement->link, hash)) {
    ls_free(statement->sql);
    ls_free(statement);
    return ls_fail_nomem(err);
  }
  *out = statement;
  return LS_OK;
}

int ls_live_statement_open(ls_live_statement **out, ls_live_index *index, const char *sql, ls_error *err) {
  uint64_t hash = ls_hash64(sql, strlen(sql), 0);
  ls_live_statement *statement = find_statement(index, sql, hash);
  int rc = statement ? LS_OK : add_statement(&statement, index, sql, hash, err);
  if (rc) return rc;
  statement->refs++;
  *out = statement;
  return LS_OK;
}

static void forget_reads(ls_live_statement *statement) {
  ls_reads_fini(&statement->reads);
  ls_free(statement->places);
  statement->places = NULL;
  statement->known = false;
}

void ls_live_statement_release(ls_live_index *index, ls_live_statement *statement) {
  if (!statement || --statement->refs) return;
  ls_chains_remove(&index->statements, &statement->link);
  forget_reads(statement);
  ls_free(statement->sql);
  ls_free(statement);
}

int ls_live_statement_analyse(ls_live_statement *statement, ls_live_index *index, ls_error *err) {
  if (statement->known) return LS_OK;
  ls_reads reads = {.n = 0};
  int rc = ls_reads_find(&reads, &index->state->database, &index->state->tables, statement->sql, err);
  ls_live_place *places = rc ? NULL : ls_calloc(reads.n + 1, sizeof *places);
  if (!rc && !places) rc = ls_fail_nomem(err);
  if (rc) {
    ls_reads_fini(&reads);
    return rc;
  }
  for (size_t i = 0; i < reads.n; i++) places[i].statement = statement;
  statement->reads = reads;
  statement->places = places;
  statement->known = true;
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Entering */

static int load_tables(ls_live_index *index, ls_error *err) {
  if (index->tables) return LS_OK;
  size_t n = index->state->tables.n + 1;
  ls_live_table *tables = ls_calloc(n, sizeof *tables);
  uint64_t *wanted = ls_calloc(n, sizeof *wanted);
  if (!tables || !wanted) {
    ls_free(tables);
    ls_free(wanted);
    return ls_fail_nomem(err);
  }
  index->tables = tables;
  index->n_tables = index->state->tables.n;
  index->wanted = wanted;
  index->state->capture.wanted = wanted;
  return LS_OK;
}

static ls_live_group *group_of(ls_live_table *table, uint64_t columns) {
  for (size_t i = 0; i < table->n_groups; i++) {
    if (table->groups[i].columns == columns) return &table->groups[i];
  }
  return NULL;
}

/* Groups may move, so what points to their lists is set anew. */
static ls_live_group *add_group(ls_live_table *table, uint64_t columns) {
  ls_live_group *groups = ls_realloc(table->groups, (table->n_groups + 1) * sizeof *groups);
  if (!groups) return NULL;
  table->groups = groups;
  for (size_t i = 0; i < table->n_groups; i++) {
    if (groups[i].places) groups[i].places->at = &groups[i].places;
  }
  groups[table->n_groups] = (ls_live_group){columns, NULL};
  return &groups[table->n_groups++];
}

static void leave_places(ls_live_index *index, ls_live_statement *statement) {
  for (size_t i = 0; i < statement->reads.n; i++) {
    ls_live_place *place = &statement->places[i];
    if (!place->at) continue;
    *place->at = place->next;
    if (place->next) place->next->at = place->at;
    place->at = NULL;
    index->tables[statement->reads.tables[i].table].waiting--;
  }
}

static int enter_place(ls_live_index *index, ls_live_place *place, const ls_read *read, ls_error *err) {
  ls_live_table *table = &index->tables[read->table];
  ls_live_group *group = group_of(table, read->columns);
  if (!group) group = add_group(table, read->columns);
  if (!group) return ls_fail_nomem(err);
  place->next = group->places;
  place->at = &group->places;
  if (place->next) place->next->at = &place->next;
  group->places = place;
  table->waiting++;
  return LS_OK;
}

static void link_in(ls_live **list, ls_live *live) {
  live->next = *list;
  live->at = list;
  if (live->next) live->next->at = &live->next;
  *list = live;
}

static int enter_waiting(ls_live_index *index, ls_live *live, ls_error *err) {
  ls_live_statement *statement = live->statement;
  for (size_t i = 0; !statement->waiting && i < statement->reads.n; i++) {
    int rc = enter_place(index, &statement->places[i], &statement->reads.tables[i], err);
    if (rc) {
      leave_places(index, statement);
      return rc;
    }
  }
  link_in(&statement->waiting, live);
  return LS_OK;
}

static ls_value value_of(const ls_equality *equality, const ls_value *params) {
  return equality->param ? params[equality->param - 1] : equality->value;
}

static bool in_primary_key(const ls_table *table, size_t column) {
  for (size_t i = 0; i < table->n_primary; i++) {
    if (table->key[i] == column) return true;
  }
  return false;
}

/* The condition that will let the fewest changes through: one on the primary key, or else the first. */
static const ls_equality *choose(const ls_live_index *index, const ls_reads *reads, const ls_value *params) {
  const ls_equality *best = NULL;
  for (size_t i = 0; i < reads->n_equalities; i++) {
    const ls_equality *equality = &reads->equalities[i];
    if (!ls_equality_fits(equality, value_of(equality, params))) continue;
    if (in_primary_key(&index->state->tables.tables[reads->tables[0].table], equality->column)) return equality;
    if (!best) best = equality;
  }
  return best;
}

static counted *count_of(ls_live_table *table, size_t column) {
  for (size_t i = 0; i < table->n_by; i++) {
    if (table->by[i].column == column) return &table->by[i];
  }
  counted *by = ls_realloc(table->by, (table->n_by + 1) * sizeof *by);
  if (!by) return NULL;
  table->by = by;
  by[table->n_by] = (counted){column, 0};
  return &by[table->n_by++];
}

static void set_wanted(ls_live_index *index, size_t number) {
  const ls_live_table *table = &index->tables[number];
  index->wanted[number] = 0;
  for (size_t i = 0; i < table->n_by; i++) index->wanted[number] |= ls_column_bit(table->by[i].column);
}

static int enter_by_value(ls_live_index *index, ls_live *live, const ls_equality *by, const ls_value *params,
                          ls_error *err) {
  size_t number = live->statement->reads.tables[0].table;
  counted *count = count_of(&index->tables[number], by->column);
  uint64_t key = ls_equality_key(number, by->column, value_of(by, params));
  if (!count || !ls_chains_add(&index->values, &live->link, key)) return ls_fail_nomem(err);
  if (count->queries++ == 0) set_wanted(index, number);
  live->by = by;
  return LS_OK;
}

int ls_live_enter(ls_live_index *index, ls_live *live, const ls_value *params, bool always, ls_error *err) {
  const ls_reads *reads = &live->statement->reads;
  always |= reads->everything;
  if (always && (live->at || live->by)) ls_live_leave(index, live);
  if (live->at || live->by) return LS_OK;
  int rc = load_tables(index, err);
  if (rc) return rc;
  if (always) return link_in(&index->everything, live), LS_OK;
  const ls_equality *by = choose(index, reads, params);
  return by ? enter_by_value(index, live, by, params, err) : enter_waiting(index, live, err);
}

static void leave_values(ls_live_index *index, ls_live *live) {
  size_t number = live->statement->reads.tables[0].table;
  ls_live_table *table = &index->tables[number];
  ls_chains_remove(&index->values, &live->link);
  for (size_t i = 0; i < table->n_by; i++) {
    if (table->by[i].column != live->by->column || --table->by[i].queries) continue;
    table->by[i] = table->by[--table->n_by];
    set_wanted(index, number);
    break;
  }
  live->by = NULL;
}

void ls_live_leave(ls_live_index *index, ls_live *live) {
  if (live->by) leave_values(index, live);
  if (!live->at) return;
  *live->at = live->next;
  if (live->next) live->next->at = live->at;
  live->at = NULL;
  live->next = NULL;
  if (live->statement->places && !live->statement->waiting) leave_places(index, live->statement);
}

/* ---------------------------------------------------------------------------------------------- */
/* Changes */

/* Another row id is another place in the order of the rows. */
static uint64_t changed_columns(const ls_row_change *change) {
  if (change->op != LS_OP_UPDATE || change->old_rowid != change->new_rowid) return LS_ALL_COLUMNS;
  uint64_t changed = 0;
  for (size_t i = 0; i < change->table->n; i++) {
    if (change->known[i] && !ls_value_equal(change->before[i], change->after[i])) changed |= ls_column_bit(i);
  }
  return changed;
}

/* No column read may still mean that rows are counted, so a row that comes or goes touches all. */
static bool touches(uint64_t changed, uint64_t columns) {
  return changed == LS_ALL_COLUMNS || (changed & columns) != 0;
}

static void touch_value(ls_live_index *index, const ls_row_change *change, size_t number, size_t column, ls_value value,
                        uint64_t changed) {
  uint64_t key = ls_equality_key(number, column, value);
  for (ls_link *link = ls_chains_first(&index->values, key); link; link = ls_chains_next(link)) {
    ls_live *live = live_of(link);
    if (touches(changed, live->statement->reads.tables[0].columns)) index->touch(index->user, live, change->table);
  }
}

static void touch_values(ls_live_index *index, const ls_row_change *change, size_t number, uint64_t changed) {
  const ls_live_table *table = &index->tables[number];
  for (size_t i = 0; i < table->n_by; i++) {
    size_t column = table->by[i].column;
    if (change->before) touch_value(index, change, number, column, change->before[column], changed);
    bool again = change->before && change->after && ls_value_equal(change->before[column], change->after[column]);
    if (change->after && !again) touch_value(index, change, number, column, change->after[column], changed);
  }
}

static void touch_list(ls_live_index *index, ls_live *list, const ls_table *table) {
  for (; list; list = list->next) index->touch(index->user, list, table);
}

static void touch_groups(ls_live_index *index, const ls_live_table *table) {
  const ls_table *named = &index->state->tables.tables[table - index->tables];
  for (size_t i = 0; i < table->n_groups; i++) {
    if (!touches(table->changed, table->groups[i].columns)) continue;
    for (ls_live_place *place = table->groups[i].places; place; place = place->next) {
      touch_list(index, place->statement->waiting, named);
    }
  }
}

static void note_changed(ls_live_table *table, ls_live_table **list, uint64_t changed) {
  if (!table->changed) {
    table->next_changed = *list;
    *list = table;
  }
  table->changed |= changed;
}

static int read_changes(ls_live_index *index, ls_live_table **list, ls_error *err) {
  const ls_capture *capture = &index->state->capture;
  ls_change_reader reader = {.data = capture->record.data, .size = capture->record.size, .tables = capture->tables};
  ls_row_change change;
  int more;
  while ((more = ls_change_reader_next(&change, &reader, err)) == 1) {
    size_t number = (size_t)(change.table - capture->tables->tables);
    ls_live_table *table = &index->tables[number];
    if (!table->waiting && !table->n_by) continue;
    uint64_t changed = changed_columns(&change);
    if (changed) touch_values(index, &change, number, changed);
    if (changed && table->waiting) note_changed(table, list, changed);
  }
  ls_change_reader_fini(&reader);
  return more;
}

int ls_live_change(ls_live_index *index, ls_error *err) {
  if (!index->state || !index->tables) return LS_OK;
  const ls_capture *capture = &index->state->capture;
  if (!capture->on || capture->overflow || !ls_bytes_ok(&capture->record)) {
    return ls_fail(err, LS_ELIMIT, "it is not known which rows a commit has changed");
  }
  ls_live_table *list = NULL;
  int rc = read_changes(index, &list, err);
  for (; list; list = list->next_changed) {
    touch_groups(index, list);
    list->changed = 0;
  }
  touch_list(index, index->everything, NULL);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

static void free_tables(ls_live_index *index) {
  for (size_t i = 0; index->tables && i < index->n_tables; i++) {
    ls_free(index->tables[i].groups);
    ls_free(index->tables[i].by);
  }
  ls_free(index->tables);
  ls_free(index->wanted);
  index->tables = NULL;
  index->wanted = NULL;
}

void ls_live_move(ls_live_index *index, ls_state *state) {
  for (size_t i = 0; i < index->statements.n_buckets; i++) {
    for (ls_link *link = index->statements.buckets[i]; link; link = link->next) forget_reads(statement_of(link));
  }
  free_tables(index);
  index->state = state;
}

void ls_live_fini(ls_live_index *index) {
  if (index->state) index->state->capture.wanted = NULL;
  free_tables(index);
  ls_chains_fini(&index->statements);
  ls_chains_fini(&index->values);
}
