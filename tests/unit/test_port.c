/* The POSIX port, against real files. Some cases need a user who is not root, or /dev/full; they are skipped
 * elsewhere. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "port/port.h"
#include "support/cmocka_all.h"
#include "support/tmp.h"

#define PARTS(...)                                                                                                     \
  (const ls_port_part[]){__VA_ARGS__}, sizeof((const ls_port_part[]){__VA_ARGS__}) / sizeof(ls_port_part)

/* Clock and random */

static void time_is_after_2020_and_monotonic_does_not_go_back(void **state) {
  (void)state;
  assert_true(ls_port_time_ms() > INT64_C(1577836800000));
  int64_t before = ls_port_monotonic_ms();
  assert_true(ls_port_monotonic_ms() >= before);
}

static void random_fills_every_size_and_differs(void **state) {
  (void)state;
  static char a[100000], b[100000];
  assert_int_equal(ls_port_random(a, 0, NULL), LS_OK);
  assert_int_equal(ls_port_random(a, sizeof a, NULL), LS_OK);
  assert_int_equal(ls_port_random(b, sizeof b, NULL), LS_OK);
  assert_memory_not_equal(a, b, 16);
  assert_memory_not_equal(a + sizeof a - 16, b + sizeof b - 16, 16);
}

/* Directories, names, sizes */

static void make_directory_makes_those_above_and_takes_one_that_is_there(void **state) {
  char *deep = tmp_path(*state, "a/b//c/");
  ls_error err = {0};
  assert_int_equal(ls_port_make_directory(deep, &err), LS_OK);
  assert_int_equal(ls_port_make_directory(deep, &err), LS_OK);
  assert_int_equal(ls_port_exists(deep, &err), 1);
  assert_int_equal(tmp_count(*state), 1);
  free(deep);
}

static void make_directory_over_a_file_names_it(void **state) {
  char *file = tmp_path(*state, "file"), *below = tmp_path(*state, "file/below");
  tmp_write(file, "x", 1);
  ls_error err = {0};
  assert_int_equal(ls_port_make_directory(file, &err), LS_EIO);
  assert_non_null(strstr(err.text, file));
  assert_int_equal(ls_port_make_directory(below, &err), LS_EIO);
  assert_non_null(strstr(err.text, "Not a directory"));
  free(file);
  free(below);
}

static void make_directory_of_an_empty_path_fails(void **state) {
  (void)state;
  ls_error err = {0};
  assert_int_equal(ls_port_make_directory("", &err), LS_ENOTFOUND);
}

static void exists_and_size_tell_what_is_there(void **state) {
  char *file = tmp_path(*state, "file"), *below = tmp_path(*state, "file/below");
  assert_int_equal(ls_port_exists(file, NULL), 0);
  assert_int_equal(ls_port_file_size(file), 0);
  tmp_write(file, "12345", 5);
  assert_int_equal(ls_port_exists(file, NULL), 1);
  assert_int_equal(ls_port_file_size(file), 5);
  assert_int_equal(ls_port_exists(below, NULL), 0);
  free(file);
  free(below);
}

static void exists_fails_when_it_cannot_be_told(void **state) {
  (void)state;
  char name[5000];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  ls_error err = {0};
  assert_int_equal(ls_port_exists(name, &err), LS_EIO);
  assert_non_null(strstr(err.text, "File name too long"));
}

static void remove_takes_a_missing_file_and_refuses_a_directory(void **state) {
  char *file = tmp_path(*state, "file");
  tmp_write(file, "x", 1);
  assert_int_equal(ls_port_remove_file(file, NULL), LS_OK);
  assert_int_equal(ls_port_remove_file(file, NULL), LS_OK);
  assert_int_equal(ls_port_exists(file, NULL), 0);
  ls_error err = {0};
  assert_int_equal(ls_port_remove_file(*state, &err), LS_EIO);
  assert_non_null(strstr(err.text, *state));
  free(file);
}

/* Whole files */

static void read_appends_files_of_every_size(void **state) {
  static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
  char *path = tmp_path(*state, "file"), *data = malloc(1000000);
  assert_non_null(data);
  assert_int_equal(ls_port_random(data, 1000000, NULL), LS_OK);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    tmp_write(path, data, sizes[i]);
    ls_bytes out = {0};
    ls_bytes_text(&out, "head");
    assert_int_equal(ls_port_read_file(&out, path, NULL), LS_OK);
    assert_int_equal(out.size, sizes[i] + 4);
    assert_memory_equal(out.data, "head", 4);
    assert_memory_equal(out.data + 4, data, sizes[i]);
    ls_bytes_fini(&out);
  }
  free(data);
  free(path);
}

static void read_of_a_file_without_a_size_goes_to_its_end(void **state) {
  (void)state;
  ls_bytes out = {0};
  assert_int_equal(ls_port_read_file(&out, "/proc/self/status", NULL), LS_OK);
  assert_true(out.size > 100);
  ls_bytes_fini(&out);
}

static void read_of_no_file_is_not_found_and_of_a_directory_an_error(void **state) {
  char *path = tmp_path(*state, "file");
  ls_bytes out = {0};
  ls_error err = {0};
  ls_bytes_text(&out, "head");
  assert_int_equal(ls_port_read_file(&out, path, &err), LS_ENOTFOUND);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(ls_port_read_file(&out, *state, &err), LS_EIO);
  assert_int_equal(out.size, 4);
  ls_bytes_fini(&out);
  free(path);
}

static void assert_text(const char *path, const char *want) {
  char *text = tmp_read(path, NULL);
  assert_string_equal(text, want);
  free(text);
}

static void replace_writes_all_parts_and_leaves_one_file(void **state) {
  char *path = tmp_path(*state, "file");
  for (int sync = 0; sync < 2; sync++) {
    assert_int_equal(ls_port_replace_file(path, PARTS({"one ", 4}, {NULL, 0}, {"two", 3}), sync, NULL), LS_OK);
    assert_text(path, "one two");
    assert_int_equal(ls_port_replace_file(path, PARTS({"3", 1}), sync, NULL), LS_OK);
    assert_text(path, "3");
    assert_int_equal(ls_port_replace_file(path, NULL, 0, sync, NULL), LS_OK);
    assert_text(path, "");
  }
  assert_int_equal(tmp_count(*state), 1);
  free(path);
}

static void replace_of_a_name_without_a_directory_works(void **state) {
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(*state), 0);
  assert_int_equal(ls_port_replace_file("file", PARTS({"x", 1}), true, NULL), LS_OK);
  assert_text("file", "x");
  assert_int_equal(chdir(here), 0);
}

static void replace_overwrites_what_a_crash_left(void **state) {
  char *path = tmp_path(*state, "file"), *left = tmp_path(*state, "file.tmp");
  tmp_write(left, "a torn and longer text", 22);
  assert_int_equal(ls_port_replace_file(path, PARTS({"new", 3}), false, NULL), LS_OK);
  assert_text(path, "new");
  assert_int_equal(tmp_count(*state), 1);
  free(path);
  free(left);
}

static void replace_on_a_full_device_is_efull_and_keeps_the_old_file(void **state) {
  if (access("/dev/full", W_OK) != 0) skip();
  char *path = tmp_path(*state, "file"), *temp = tmp_path(*state, "file.tmp");
  tmp_write(path, "old", 3);
  assert_int_equal(symlink("/dev/full", temp), 0);
  ls_error err = {0};
  assert_int_equal(ls_port_replace_file(path, PARTS({"new", 3}), false, &err), LS_EFULL);
  assert_non_null(strstr(err.text, "No space left"));
  assert_text(path, "old");
  assert_int_equal(tmp_count(*state), 1);
  free(path);
  free(temp);
}

static void replace_of_a_directory_fails_and_leaves_nothing_beside_it(void **state) {
  char *path = tmp_path(*state, "directory"), *inside = tmp_path(*state, "directory/x");
  assert_int_equal(ls_port_make_directory(inside, NULL), LS_OK);
  ls_error err = {0};
  assert_int_equal(ls_port_replace_file(path, PARTS({"new", 3}), true, &err), LS_EIO);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(tmp_count(*state), 1);
  free(path);
  free(inside);
}

static void replace_where_no_directory_is_says_so(void **state) {
  char *path = tmp_path(*state, "missing/file");
  ls_error err = {0};
  assert_int_equal(ls_port_replace_file(path, PARTS({"new", 3}), false, &err), LS_ENOTFOUND);
  assert_non_null(strstr(err.text, path));
  free(path);
}

/* Lock */

/* Names */

typedef struct names {
  char text[100];
  size_t n, stop_at;
} names;

static int add_name(void *user, const char *name) {
  names *all = user;
  snprintf(all->text + strlen(all->text), sizeof all->text - strlen(all->text), "<%s>", name);
  return ++all->n == all->stop_at ? LS_EABORT : LS_OK;
}

static void a_writer_takes_the_place_of_no_link_or_device(void **state) {
  char *file = tmp_path(*state, "file"), *link = tmp_path(*state, "link");
  ls_port_writer *writer = NULL;
  ls_error err = {0};
  tmp_write(file, "x", 1);
  assert_int_equal(symlink(file, link), 0);
  assert_int_equal(ls_port_writer_open(&writer, link, &err), LS_EEXISTS);
  assert_non_null(strstr(err.text, link));
  assert_int_equal(ls_port_writer_open(&writer, "/dev/null", &err), LS_EEXISTS);
  assert_int_equal(ls_port_writer_open(&writer, file, &err), LS_OK);
  ls_port_writer_abort(writer);
  free(file);
  free(link);
}

static void list_gives_every_name_until_it_is_stopped(void **state) {
  names all = {.n = 0}, two = {.stop_at = 2};
  static const char *const files[] = {"a", ".hidden", "with space"};
  for (size_t i = 0; i < 3; i++) {
    char *file = tmp_path(*state, files[i]);
    tmp_write(file, "x", 1);
    free(file);
  }
  assert_int_equal(ls_port_list_directory(*state, add_name, &all, NULL), LS_OK);
  assert_int_equal(all.n, 3);
  for (size_t i = 0; i < 3; i++) assert_non_null(strstr(all.text, files[i]));
  assert_int_equal(ls_port_list_directory(*state, add_name, &two, NULL), LS_EABORT);
  assert_int_equal(two.n, 2);
}

static void list_of_no_directory_is_not_found(void **state) {
  char *path = tmp_path(*state, "none");
  names all = {.n = 0};
  assert_int_equal(ls_port_list_directory(path, add_name, &all, NULL), LS_ENOTFOUND);
  assert_int_equal(all.n, 0);
  free(path);
}

static void link_keeps_a_file_that_its_first_name_is_taken_from(void **state) {
  char *first = tmp_path(*state, "first"), *second = tmp_path(*state, "second");
  tmp_write(first, "old", 3);
  tmp_write(second, "replaced", 8);
  assert_int_equal(ls_port_link_file(first, second, NULL), LS_OK);
  assert_int_equal(ls_port_replace_file(first, PARTS({"new", 3}), false, NULL), LS_OK);
  assert_text(second, "old");
  assert_int_equal(ls_port_remove_file(first, NULL), LS_OK);
  assert_text(second, "old");
  assert_int_equal(ls_port_link_file(first, second, NULL), LS_ENOTFOUND);
  free(first);
  free(second);
}

static void a_held_lock_is_refused_in_the_same_process_and_names_its_holder(void **state) {
  char *path = tmp_path(*state, "lock"), pid[64];
  snprintf(pid, sizeof pid, "pid %ld (tester x) since 20", (long)getpid());
  ls_port_lock *lock = NULL, *second = NULL;
  ls_error err = {0};
  assert_int_equal(ls_port_lock_open(&lock, path, "tester\nx", &err), LS_OK);
  assert_int_equal(ls_port_lock_open(&second, path, "other", &err), LS_ELOCKED);
  assert_null(second);
  assert_non_null(strstr(err.text, path));
  assert_non_null(strstr(err.text, pid));
  ls_port_lock_close(lock);
  assert_int_equal(ls_port_lock_open(&second, path, NULL, &err), LS_OK);
  ls_port_lock_close(second);
  ls_port_lock_close(NULL);
  free(path);
}

/* A child that holds the lock until it is killed. Returns its pid once it has it. */
static pid_t hold_in_child(const char *path) {
  int ready[2];
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    ls_port_lock *lock = NULL;
    char ok = ls_port_lock_open(&lock, path, "child", NULL) == LS_OK ? 'y' : 'n';
    if (write(ready[1], &ok, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char ok = 0;
  assert_int_equal(read(ready[0], &ok, 1), 1);
  assert_int_equal(ok, 'y');
  close(ready[0]);
  close(ready[1]);
  return child;
}

static void a_lock_ends_with_its_process_even_when_killed(void **state) {
  char *path = tmp_path(*state, "lock"), pid[64];
  pid_t child = hold_in_child(path);
  snprintf(pid, sizeof pid, "pid %ld (child)", (long)child);
  ls_port_lock *lock = NULL;
  ls_error err = {0};
  assert_int_equal(ls_port_lock_open(&lock, path, "parent", &err), LS_ELOCKED);
  assert_non_null(strstr(err.text, pid));
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_int_equal(ls_port_lock_open(&lock, path, "parent", &err), LS_OK);
  ls_port_lock_close(lock);
  free(path);
}

static void a_lock_where_no_directory_is_says_so(void **state) {
  char *path = tmp_path(*state, "missing/lock");
  ls_port_lock *lock = NULL;
  ls_error err = {0};
  assert_int_equal(ls_port_lock_open(&lock, path, "x", &err), LS_ENOTFOUND);
  assert_null(lock);
  assert_non_null(strstr(err.text, path));
  free(path);
}

/* Memory */

static int allocations_left;

static int fail_after_some(void) { return allocations_left-- <= 0; }

static int all_calls(const char *directory, const char *file, const char *lock_file) {
  ls_port_lock *lock = NULL;
  ls_bytes out = {0};
  int rc = ls_port_make_directory(directory, NULL);
  if (rc == LS_OK) rc = ls_port_replace_file(file, PARTS({"x", 1}), true, NULL);
  if (rc == LS_OK) rc = ls_port_read_file(&out, file, NULL);
  if (rc == LS_OK) rc = ls_port_lock_open(&lock, lock_file, "x", NULL);
  ls_port_lock_close(lock);
  ls_bytes_fini(&out);
  return rc;
}

static void memory_that_runs_out_anywhere_is_enomem(void **state) {
  char *directory = tmp_path(*state, "a/b"), *file = tmp_path(*state, "a/b/file"), *lock = tmp_path(*state, "a/b/lock");
  int rc = LS_ENOMEM, k = 0;
  for (; rc == LS_ENOMEM && k < 100; k++) {
    allocations_left = k;
    ls_alloc_set_fault(fail_after_some);
    rc = all_calls(directory, file, lock);
    ls_alloc_set_fault(NULL);
  }
  assert_int_equal(rc, LS_OK);
  assert_true(k > 3);
  free(directory);
  free(file);
  free(lock);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(time_is_after_2020_and_monotonic_does_not_go_back),
      cmocka_unit_test(random_fills_every_size_and_differs),
      IN_TMP(make_directory_makes_those_above_and_takes_one_that_is_there),
      IN_TMP(make_directory_over_a_file_names_it),
      cmocka_unit_test(make_directory_of_an_empty_path_fails),
      IN_TMP(exists_and_size_tell_what_is_there),
      cmocka_unit_test(exists_fails_when_it_cannot_be_told),
      IN_TMP(a_writer_takes_the_place_of_no_link_or_device),
      IN_TMP(list_gives_every_name_until_it_is_stopped),
      IN_TMP(list_of_no_directory_is_not_found),
      IN_TMP(link_keeps_a_file_that_its_first_name_is_taken_from),
      IN_TMP(remove_takes_a_missing_file_and_refuses_a_directory),
      IN_TMP(read_appends_files_of_every_size),
      cmocka_unit_test(read_of_a_file_without_a_size_goes_to_its_end),
      IN_TMP(read_of_no_file_is_not_found_and_of_a_directory_an_error),
      IN_TMP(replace_writes_all_parts_and_leaves_one_file),
      IN_TMP(replace_of_a_name_without_a_directory_works),
      IN_TMP(replace_overwrites_what_a_crash_left),
      IN_TMP(replace_on_a_full_device_is_efull_and_keeps_the_old_file),
      IN_TMP(replace_of_a_directory_fails_and_leaves_nothing_beside_it),
      IN_TMP(replace_where_no_directory_is_says_so),
      IN_TMP(a_held_lock_is_refused_in_the_same_process_and_names_its_holder),
      IN_TMP(a_lock_ends_with_its_process_even_when_killed),
      IN_TMP(a_lock_where_no_directory_is_says_so),
      IN_TMP(memory_that_runs_out_anywhere_is_enomem),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
