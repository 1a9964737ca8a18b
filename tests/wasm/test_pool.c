/* The files of the WebAssembly port: names on a pool of files, with crashes, full and failing storage. Runs natively, and
 * as WebAssembly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "port/port.h"
#include "port/wasm/header.h"
#include "port/wasm/pool.h"
#include "support/cmocka_all.h"
#include "wasm/disk.h"

static int setup(void **state) {
  (void)state;
  disk_begin(6, 1);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  ls_pool_forget();
  disk_end();
  return 0;
}

/* What a start of the program finds. */
static void restart(void) {
  ls_pool_forget();
  disk_crash_at(0);
}

static int put(const char *path, const char *text, bool sync, ls_error *err) {
  return ls_port_replace_file(path, &(ls_port_part){text, strlen(text)}, 1, sync, err);
}

static void must_put(const char *path, const char *text) {
  ls_error err = {0};
  if (put(path, text, true, &err)) fail_msg("%s", err.text);
}

/* NULL when there is no such file. */
static char *get(const char *path) {
  ls_bytes content = {0};
  ls_error err = {0};
  int rc = ls_port_read_file(&content, path, &err);
  if (rc == LS_ENOTFOUND) return NULL;
  if (rc) fail_msg("%s", err.text);
  char *text = strdup(content.size ? ls_bytes_cstr(&content) : "");
  ls_bytes_fini(&content);
  return text;
}

static void expect(const char *path, const char *text) {
  char *found = get(path);
  if (!text)
    assert_null(found);
  else
    assert_string_equal(found ? found : "(no file)", text);
  free(found);
}

/* Headers */

static void a_header_reads_back_what_was_written(void **state) {
  (void)state;
  char data[LS_HEADER_SIZE] = {0};
  ls_header header;
  ls_header_read(&header, data, sizeof data);
  assert_int_equal(header.sequence, 0);
  ls_header_write(data, "todos/log.db", 7);
  ls_header_read(&header, data, sizeof data);
  assert_string_equal(header.name, "todos/log.db");
  assert_int_equal(header.sequence, 7);
  assert_int_equal(header.half, 0);
  ls_header_write(data + LS_HEADER_HALF, "other", 8);
  ls_header_read(&header, data, sizeof data);
  assert_string_equal(header.name, "other");
  assert_int_equal(header.half, 1);
}

static void a_header_cut_short_anywhere_leaves_the_one_before(void **state) {
  (void)state;
  char later[LS_HEADER_MOST];
  size_t size = ls_header_write(later, "new", 8);
  for (size_t cut = 0; cut < size; cut++) {
    char data[LS_HEADER_SIZE] = {0};
    ls_header header;
    ls_header_write(data, "old", 7);
    memcpy(data + LS_HEADER_HALF, later, cut);
    ls_header_read(&header, data, LS_HEADER_HALF + cut);
    assert_string_equal(header.name, "old");
  }
}

static void a_file_of_a_later_format_is_left_alone(void **state) {
  (void)state;
  char data[LS_HEADER_MOST];
  ls_error err = {0};
  size_t end = ls_header_write(data, "from the future", 1000) - 8;
  data[6] = 2;
  uint64_t sum = ls_hash64(data, end, 0);
  for (size_t i = 0; i < 8; i++) data[end + i] = (char)(sum >> (8 * i));
  for (int file = 0; file < 6; file++) disk_damage(file, 0, data, end + 8);
  expect("from the future", NULL);
  assert_int_equal(put("file", "text", true, &err), LS_EFULL);
}

/* Files */

static void files_are_found_by_any_spelling_of_their_path(void **state) {
  (void)state;
  must_put("todos//log.db", "a");
  expect("./todos/log.db", "a");
  expect("/todos/./log.db", "a");
  expect("todos/log", NULL);
  assert_int_equal(ls_port_exists("todos", NULL), 1);
  assert_int_equal(ls_port_exists("todos/", NULL), 1);
  assert_int_equal(ls_port_exists("todo", NULL), 0);
  assert_int_equal(ls_port_file_size("todos/log.db"), 1);
  assert_int_equal(ls_port_file_size("none"), 0);
}

static void a_path_that_is_too_long_is_refused(void **state) {
  (void)state;
  char path[600];
  ls_error err = {0};
  memset(path, 'a', sizeof path - 1);
  path[sizeof path - 1] = 0;
  assert_int_equal(put(path, "", false, &err), LS_ELIMIT);
  path[LS_HEADER_NAME] = 0;
  must_put(path, "fits");
  restart();
  expect(path, "fits");
}

static void without_files_every_path_is_an_error_that_says_so(void **state) {
  (void)state;
  ls_error err = {0};
  ls_bytes content = {0};
  disk_begin(0, 1);
  assert_int_equal(ls_port_exists("todos/log.db", &err), LS_EIO);
  assert_string_equal(err.text, "todos/log.db: no files here; open the store in memory");
  assert_int_equal(ls_port_make_directory("todos", &err), LS_EIO);
  assert_int_equal(ls_port_read_file(&content, "a", &err), LS_EIO);
  assert_int_equal(put("a", "", false, &err), LS_EIO);
}

static int count_name(void *user, const char *name) {
  strcat(user, name);
  strcat(user, " ");
  return 0;
}

static void a_directory_lists_the_files_in_it(void **state) {
  (void)state;
  char names[100] = "";
  must_put("s/snapshots/a.db", "");
  must_put("s/snapshots/b.db", "");
  must_put("s/log.db", "");
  must_put("s/snapshots2", "");
  assert_int_equal(ls_port_list_directory("s/snapshots", count_name, names, NULL), LS_OK);
  assert_string_equal(names, "a.db b.db ");
  assert_int_equal(ls_port_list_directory("t", count_name, names, NULL), LS_ENOTFOUND);
}

static void renaming_linking_and_removing_last(void **state) {
  (void)state;
  must_put("a", "one");
  must_put("b", "two");
  assert_int_equal(ls_port_rename_file("a", "b", NULL), LS_OK);
  assert_int_equal(ls_port_link_file("b", "c", NULL), LS_OK);
  assert_int_equal(ls_port_remove_file("none", NULL), LS_OK);
  assert_int_equal(ls_port_rename_file("none", "b", NULL), LS_ENOTFOUND);
  restart();
  expect("a", NULL);
  expect("b", "one");
  expect("c", "one");
  assert_int_equal(ls_port_remove_file("b", NULL), LS_OK);
  restart();
  expect("b", NULL);
  expect("c", "one");
}

static void a_file_that_is_replaced_lives_on_while_it_is_open(void **state) {
  (void)state;
  ls_bytes content = {0};
  ls_port_reader *reader;
  must_put("a", "old");
  assert_int_equal(ls_port_reader_open(&reader, "a", NULL), LS_OK);
  must_put("a", "new");
  assert_int_equal(ls_port_reader_next(&content, reader, 100, NULL), 1);
  assert_memory_equal(content.data, "old", 3);
  assert_int_equal(disk_spare(), 4);
  ls_port_reader_close(reader);
  assert_int_equal(disk_spare(), 5);
  expect("a", "new");
  ls_bytes_fini(&content);
}

static void a_writer_that_is_aborted_leaves_nothing(void **state) {
  (void)state;
  ls_port_writer *writer;
  must_put("a", "old");
  assert_int_equal(ls_port_writer_open(&writer, "a", NULL), LS_OK);
  assert_int_equal(ls_port_writer_add(writer, "new", 3, NULL), LS_OK);
  ls_port_writer_abort(writer);
  expect("a", "old");
  assert_int_equal(disk_spare(), 5);
}

static void what_a_file_held_before_does_not_come_back_in_the_next(void **state) {
  (void)state;
  must_put("a", "a long text that was here before");
  assert_int_equal(ls_port_remove_file("a", NULL), LS_OK);
  for (int i = 0; i < 6; i++) disk_damage(i, LS_HEADER_SIZE, "rest of an old file", 19);
  ls_port_writer *writer;
  assert_int_equal(ls_port_writer_open(&writer, "b", NULL), LS_OK);
  assert_int_equal(ls_port_writer_commit(writer, false, NULL), LS_OK);
  expect("b", "");
}

/* Storage that is full, or fails */

static void a_pool_that_is_used_up_says_so_and_goes_on_when_it_grows(void **state) {
  (void)state;
  char name[2] = "a";
  ls_error err = {0};
  for (; *name < 'g'; name[0]++) must_put(name, name);
  assert_int_equal(disk_spare(), 0);
  assert_int_equal(put("g", "g", true, &err), LS_EFULL);
  assert_non_null(strstr(err.text, "g: all 6 files of the pool are in use"));
  disk_grow(1);
  must_put("g", "g");
  expect("a", "a");
}

static void over_quota_leaves_the_file_that_was(void **state) {
  (void)state;
  static char large[100000];
  ls_error err = {0};
  must_put("a", "old");
  disk_set_quota(50000);
  memset(large, 'x', sizeof large - 1);
  assert_int_equal(put("a", large, true, &err), LS_EFULL);
  assert_string_equal(err.text, "cannot write a: over the quota of storage");
  expect("a", "old");
  disk_set_quota(0);
  must_put("a", large);
  assert_int_equal(ls_port_file_size("a"), sizeof large - 1);
}

static void a_file_that_cannot_be_read_hides_no_name(void **state) {
  (void)state;
  ls_error err = {0};
  must_put("a", "1");
  must_put("b", "2");
  restart();
  disk_fail_reading(1);
  assert_int_equal(ls_port_exists("b", &err), LS_EIO);
  assert_int_equal(ls_port_exists("a", &err), LS_EIO);
  assert_int_equal(put("c", "3", true, &err), LS_EIO);
  disk_fail_reading(-1);
  expect("a", "1");
  expect("b", "2");
}

/* Crashes: at every change that an operation makes, the program or the power goes. */

typedef int (*step_fn)(void);
static int replace(void) { return put("a", "new", false, NULL); }
static int replace_synced(void) { return put("a", "new", true, NULL); }
static int create(void) { return put("c", "new", true, NULL); }
static int rename_over(void) { return ls_port_rename_file("b", "a", NULL); }
static int rename_away(void) { return ls_port_rename_file("a", "c", NULL); }
static int remove_one(void) { return ls_port_remove_file("a", NULL); }
static int link_one(void) { return ls_port_link_file("b", "a", NULL); }

static bool is(const char *path, const char *text) {
  char *found = get(path);
  bool same = text ? found && strcmp(found, text) == 0 : !found;
  free(found);
  return same;
}

static void expect_either(const char *const before[3], const char *const after[3], bool done) {
  static const char *const names[] = {"a", "b", "c"};
  bool old = true, new = true;
  for (int i = 0; i < 3; i++) {
    old = old && is(names[i], before[i]);
    new = new &&is(names[i], after[i]);
  }
  assert_true(new || (old && !done));
}

static void a_crash_at_any_step_leaves_the_old_or_the_new(void **state) {
  (void)state;
  static const char *const before[] = {"old", "other", NULL};
  const struct {
    step_fn step;
    const char *after[3];
    bool lasts; /* through a loss of power, too */
  } cases[] = {{replace, {"new", "other", NULL}, true},      {replace_synced, {"new", "other", NULL}, true},
               {create, {"old", "other", "new"}, true},      {rename_over, {"other", NULL, NULL}, true},
               {rename_away, {NULL, "other", "old"}, false}, {remove_one, {NULL, "other", NULL}, true},
               {link_one, {"other", "other", NULL}, true}};
  long crashes = 0;
  for (uint64_t seed = 0; seed < 40; seed++) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      bool crashed = true;
      for (long k = 1; crashed; k++) {
        ls_pool_forget();
        disk_begin(4, seed);
        must_put("a", "older");
        must_put("a", "old");
        must_put("b", "other");
        disk_crash_at(k);
        int rc = cases[i].step();
        crashed = disk_crashed();
        crashes += crashed;
        assert_true(crashed || rc == LS_OK);
        if (seed % 2) disk_lose_power();
        restart();
        expect_either(before, cases[i].after, rc == LS_OK && (cases[i].lasts || seed % 2 == 0));
      }
    }
  }
  assert_true(crashes > 500);
}

/* Two names that were given and changed in any order, with crashes, against a table of what may be there. */
static void random_changes_and_crashes_lose_nothing(void **state) {
  (void)state;
  enum { NAMES = 3, STEPS = 60 };
  srand(7);
  for (int round = 0; round < 200; round++) {
    char held[NAMES][16] = {"", "", ""}, name[2] = "a";
    ls_pool_forget();
    disk_begin(6, (uint64_t)round);
    for (int step = 0; step < STEPS; step++) {
      int i = rand() % NAMES;
      char text[16];
      snprintf(text, sizeof text, "%d", step);
      if (rand() % 3 == 0) text[0] = 0;
      name[0] = (char)('a' + i);
      disk_crash_at(rand() % 12);
      int rc = text[0] ? put(name, text, true, NULL) : ls_port_remove_file(name, NULL);
      if (!rc) strcpy(held[i], text);
      if (!disk_crashed()) continue;
      if (round % 2) disk_lose_power();
      restart();
      if (rc && is(name, text[0] ? text : NULL)) strcpy(held[i], text);
      for (int n = 0; n < NAMES; n++) {
        name[0] = (char)('a' + n);
        expect(name, held[n][0] ? held[n] : NULL);
      }
    }
  }
}

/* Locks */

static void one_holder_at_a_time_has_a_lock(void **state) {
  (void)state;
  ls_port_lock *first, *second;
  ls_error err = {0};
  assert_int_equal(ls_port_lock_open(&first, "todos/lock", "the page", &err), LS_OK);
  assert_int_equal(ls_port_lock_open(&second, "todos//lock", "another", &err), LS_ELOCKED);
  assert_non_null(strstr(err.text, "held by the page"));
  assert_int_equal(ls_port_lock_open(&second, "other/lock", NULL, &err), LS_OK);
  ls_port_lock_close(first);
  assert_int_equal(ls_port_lock_open(&first, "todos/lock", NULL, &err), LS_OK);
  ls_port_lock_close(first);
  ls_port_lock_close(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_header_reads_back_what_was_written),
      TEST(a_header_cut_short_anywhere_leaves_the_one_before),
      TEST(a_file_of_a_later_format_is_left_alone),
      TEST(files_are_found_by_any_spelling_of_their_path),
      TEST(a_path_that_is_too_long_is_refused),
      TEST(without_files_every_path_is_an_error_that_says_so),
      TEST(a_directory_lists_the_files_in_it),
      TEST(renaming_linking_and_removing_last),
      TEST(a_file_that_is_replaced_lives_on_while_it_is_open),
      TEST(a_writer_that_is_aborted_leaves_nothing),
      TEST(what_a_file_held_before_does_not_come_back_in_the_next),
      TEST(a_pool_that_is_used_up_says_so_and_goes_on_when_it_grows),
      TEST(over_quota_leaves_the_file_that_was),
      TEST(a_file_that_cannot_be_read_hides_no_name),
      TEST(a_crash_at_any_step_leaves_the_old_or_the_new),
      TEST(random_changes_and_crashes_lose_nothing),
      TEST(one_holder_at_a_time_has_a_lock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
