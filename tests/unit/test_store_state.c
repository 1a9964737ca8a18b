/* The file of a store's state: when snapshots are written, and that a store opens with the right state whatever may
 * have happened to the file, be it a snapshot or the state itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------------------------------------- */
/* Snapshots */

/* Have the state on its file, whatever the store thinks is worth it. */
static void save(ls_store *store) { ls_store_snapshot(store, 0); }

static void snapshots_are_written_every_so_many_events(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.snapshot_events = 3000; /* more than the size of the state would ask for */
  ls_store *store = fixture_open_with(path, &options);
  fixture_add(store, 10000, 2999);
  assert_int_equal(fixture_status(store).snapshot.global, 0);
  assert_int_equal(fixture_status(store).snapshot_bytes, 0);
  fixture_add(store, 20000, 1);
  assert_int_equal(fixture_status(store).snapshot.global, 3000);
  assert_true(fixture_status(store).snapshot_bytes > 0);
  fixture_add(store, 30000, 10);
  const char *before = fixture_hash(store);
  fixture_kill(store);
  options.snapshot_events = 3005;
  store = fixture_open_with(path, &options);
  assert_int_equal(fixture_status(store).snapshot.global, 3000);
  assert_string_equal(fixture_hash(store), before);
  fixture_add(store, 40000, 2994);
  assert_int_equal(fixture_status(store).snapshot.global, 3000);
  fixture_add(store, 50000, 1); /* what was replayed counts */
  assert_int_equal(fixture_status(store).snapshot.global, 6005);
  fixture_close(store);
  free(path);
}

static void closing_writes_a_snapshot_only_when_it_is_worth_it(void **state) {
  static const struct { int events, snapshot; } cases[] = {{256, 0}, {257, 257}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[20];
    snprintf(name, sizeof name, "store-%zu", i);
    char *path = tmp_path(*state, name);
    ls_store *store = fixture_open(path);
    fixture_add(store, 20, cases[i].events);
    fixture_close(store);
    store = fixture_open(path);
    assert_int_equal(fixture_status(store).snapshot.global, cases[i].snapshot);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), cases[i].events);
    fixture_close(store);
    free(path);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Whatever happened to the file of the state */

typedef struct file_world {
  char *directory, *path, *file, *wal, *kept;
  ls_state_place place;
  int64_t events; /* in the log */
} file_world;

static void change_bytes(const char *file, size_t at, size_t n) {
  size_t size;
  char *data = tmp_read(file, &size);
  assert_true(size > 0);
  for (size_t i = 0; i < n; i++) data[(at + i) % size] ^= 0x55;
  tmp_write(file, data, size);
  free(data);
}

static void copy_file(const char *from, const char *to) {
  size_t size;
  char *data = tmp_read(from, &size);
  tmp_write(to, data, size);
  free(data);
}

static void truncate_file(const char *file, size_t keep_percent) {
  size_t size;
  char *data = tmp_read(file, &size);
  tmp_write(file, data, size * keep_percent / 100);
  free(data);
}

static void is_good(file_world *w) { (void)w; }
static void is_missing(file_world *w) { unlink(w->file); }
static void is_stale(file_world *w) { copy_file(w->kept, w->file); }
static void is_empty(file_world *w) { tmp_write(w->file, "", 0); }
static void is_torn_in_the_middle(file_world *w) { truncate_file(w->file, 50); }
static void is_torn_at_the_end(file_world *w) { truncate_file(w->file, 99); }
static void is_torn_at_the_start(file_world *w) { truncate_file(w->file, 1); }
static void is_text(file_world *w) { tmp_write(w->file, "not a database at all", 21); }
static void has_a_bad_header(file_world *w) { change_bytes(w->file, 0, 100); }
static void has_a_foreign_wal(file_world *w) { copy_file(w->file, w->wal); }
static void has_a_foreign_journal(file_world *w) {
  char *journal = tmp_path(w->path, "state.db-journal");
  copy_file(w->kept, journal);
  free(journal);
}

static void is_another_database(file_world *w) {
  sqlite3 *db;
  unlink(w->file);
  assert_int_equal(sqlite3_open(w->file, &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x')", NULL, NULL, NULL),
      SQLITE_OK);
  sqlite3_close(db);
}

/* From a log that went on differently: ahead of this one, or of the same length. */
static void put_foreign_state(file_world *w, int64_t events) {
  char *path = tmp_path(w->directory, "foreign"), *file = tmp_path(path, "state.db");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.state = w->place;
  ls_store *store = fixture_open_with(path, &options);
  fixture_add(store, 5000, events);
  save(store);
  fixture_close(store);
  copy_file(file, w->file);
  free(path);
  free(file);
}

static void is_ahead(file_world *w) { put_foreign_state(w, w->events + 5); }
static void is_of_another_branch(file_world *w) { put_foreign_state(w, w->events); }

static void is_of_another_schema(file_world *w) {
  char *path = tmp_path(w->directory, "foreign"), *file = tmp_path(path, "state.db");
  ls_options options = fixture_options(FIXTURE_OTHER_SCHEMA);
  options.state = w->place;
  ls_store *store = fixture_open_with(path, &options);
  fixture_add(store, 1, 3);
  save(store);
  fixture_close(store);
  copy_file(file, w->file);
  free(path);
  free(file);
}

static void is_of_the_other_place(file_world *w) {
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.state = w->place == LS_STATE_FILE ? LS_STATE_MEMORY : LS_STATE_FILE;
  ls_store *store = fixture_open_with(w->path, &options);
  fixture_add(store, 9000, 1);
  save(store);
  w->events++;
  fixture_close(store);
}

typedef struct damage {
  const char *name;
  void (*apply)(file_world *);
} damage;

#define DAMAGE(function)                                                                                               \
  { #function, function }
static const damage DAMAGES[] = {DAMAGE(is_good),
                                 DAMAGE(is_missing),
                                 DAMAGE(is_stale),
                                 DAMAGE(is_empty),
                                 DAMAGE(is_torn_in_the_middle),
                                 DAMAGE(is_torn_at_the_end),
                                 DAMAGE(is_torn_at_the_start),
                                 DAMAGE(is_text),
                                 DAMAGE(has_a_bad_header),
                                 DAMAGE(has_a_foreign_wal),
                                 DAMAGE(has_a_foreign_journal),
                                 DAMAGE(is_another_database),
                                 DAMAGE(is_ahead),
                                 DAMAGE(is_of_another_branch),
                                 DAMAGE(is_of_another_schema),
                                 DAMAGE(is_of_the_other_place)};

static ls_store *open_world(file_world *w) {
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.state = w->place;
  return fixture_open_with(w->path, &options);
}

static void remove_world(file_world *w) {
  char *const files[] = {w->directory, w->path, w->file, w->wal, w->kept};
  for (size_t i = 0; i < COUNT(files); i++) free(files[i]);
}

static file_world make_world(const char *directory, const char *name, ls_state_place place) {
  file_world w = {.place = place, .events = 100};
  w.directory = tmp_path(directory, name);
  w.path = tmp_path(w.directory, "store");
  w.file = tmp_path(w.path, "state.db");
  w.wal = tmp_path(w.path, "state.db-wal");
  w.kept = tmp_path(w.directory, "kept");
  ls_store *store = open_world(&w);
  fixture_add(store, 20, 50);
  save(store);
  fixture_close(store);
  copy_file(w.file, w.kept);
  store = open_world(&w);
  fixture_add(store, 120, 50);
  save(store);
  fixture_close(store);
  return w;
}

static void open_damaged(const char *directory, ls_state_place place) {
  for (size_t i = 0; i < COUNT(DAMAGES); i++) {
    file_world w = make_world(directory, DAMAGES[i].name, place);
    DAMAGES[i].apply(&w);
    for (int again = 0; again < 2; again++) {
      ls_store *store = open_world(&w);
      if (strcmp(fixture_hash(store), fixture_replayed(store)) != 0) fail_msg("%s: another state", DAMAGES[i].name);
      assert_int_equal(fixture_status(store).state.global, w.events);
      fixture_add(store, 20000 + again, 1);
      w.events++;
      assert_string_equal(fixture_hash(store), fixture_replayed(store));
      fixture_close(store);
    }
    remove_world(&w);
  }
}

static void a_snapshot_may_be_anything(void **state) { open_damaged(*state, LS_STATE_MEMORY); }
static void a_state_in_a_file_may_be_anything(void **state) { open_damaged(*state, LS_STATE_FILE); }

/* Each byte of a snapshot is covered. */
static void a_snapshot_with_a_changed_byte_is_not_used(void **state) {
  file_world w = make_world(*state, "bytes", LS_STATE_MEMORY);
  size_t size;
  free(tmp_read(w.file, &size));
  copy_file(w.file, w.kept);
  for (size_t at = 7; at < size; at += size / 23) {
    copy_file(w.kept, w.file);
    change_bytes(w.file, at, 1);
    ls_store *store = open_world(&w);
    assert_int_equal(fixture_status(store).snapshot.global, 0);
    assert_string_equal(fixture_hash(store), fixture_replayed(store));
    fixture_kill(store);
  }
  remove_world(&w);
}

/* A page that SQLite itself finds to be wrong is found when the state has to follow. */
static void a_state_in_a_file_that_cannot_be_written_to_is_made_anew(void **state) {
  file_world w = make_world(*state, "pages", LS_STATE_FILE);
  size_t size;
  free(tmp_read(w.file, &size));
  copy_file(w.kept, w.file); /* stale, so that opening has to write to each table */
  free(tmp_read(w.file, &size));
  change_bytes(w.file, 4096, size - 4096);
  ls_store *store = open_world(&w);
  assert_string_equal(fixture_hash(store), fixture_replayed(store));
  fixture_close(store);
  remove_world(&w);
}

static void a_killed_state_in_a_file_follows(void **state) {
  char *path = tmp_path(*state, "store"), *file = tmp_path(path, "state.db"), *wal = tmp_path(path, "state.db-wal");
  char *kept = tmp_path(*state, "kept"), *kept_wal = tmp_path(*state, "kept-wal");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.state = LS_STATE_FILE;
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  ls_store *store = fixture_open_with(path, &options);
  ls_error err;
  fixture_add(store, 20, 5);
  assert_ok(ls_flush(store, &err), &err);
  fixture_add(store, 30, 5);
  copy_file(file, kept);
  copy_file(wal, kept_wal);
  fixture_kill(store);
  copy_file(kept, file); /* as the kill left them: ahead of the log */
  copy_file(kept_wal, wal);
  store = fixture_open_with(path, &options);
  assert_int_equal(fixture_status(store).head.global, 5);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 5);
  assert_string_equal(fixture_hash(store), fixture_replayed(store));
  fixture_close(store);
  char *const all[] = {path, file, wal, kept, kept_wal};
  for (size_t i = 0; i < COUNT(all); i++) free(all[i]);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_TMP(snapshots_are_written_every_so_many_events),
      IN_TMP(closing_writes_a_snapshot_only_when_it_is_worth_it),
      IN_TMP(a_snapshot_may_be_anything),
      IN_TMP(a_state_in_a_file_may_be_anything),
      IN_TMP(a_snapshot_with_a_changed_byte_is_not_used),
      IN_TMP(a_state_in_a_file_that_cannot_be_written_to_is_made_anew),
      IN_TMP(a_killed_state_in_a_file_follows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
