/* SQLite's calls to the file system fail, the k-th of everything that a store does: for that one only, or from then on;
 * and the device is full once so many bytes more have been written. What the library itself does with files (snapshots,
 * the lock) does not pass through SQLite; there a directory that stands in a file's place is what fails. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/fault_body.h"
#include "support/fault_vfs.h"
#include "support/tmp.h"

#define MOST 6 /* faults of each kind that an ordinary run makes in a body, about */

static void arm_once(long k) { fault_vfs_arm(k, FAULT_VFS_ALL, false); }
static void arm_sticky(long k) { fault_vfs_arm(k, FAULT_VFS_ALL, true); }
static void arm_writes(long k) { fault_vfs_arm(k, FAULT_VFS_WRITE | FAULT_VFS_SYNC, true); }
static void arm_full(long k) { fault_vfs_arm_full((k - 1) * 512); }

static bool io_error(int code) { return code == LS_EIO; }
static bool full(int code) { return code == LS_EFULL; }

static void count_notes(void *user, ls_log_level level, const char *key, const char *text) {
  (void)text;
  *(int *)user += level == LS_LOG_WARNING && strcmp(key, "snapshot") == 0;
}

/* A directory of a file's name lets nobody write or read that file. */
static void block(const fault_store *fs, const char *name) {
  char *path = tmp_path(fs->path, name);
  ls_port_remove_file(path, NULL);
  assert_int_equal(ls_port_make_directory(path, NULL), LS_OK);
  free(path);
}

static void unblock(const fault_store *fs, const char *name) {
  char *path = tmp_path(fs->path, name);
  assert_int_equal(remove(path), 0);
  free(path);
}

static void test_a_snapshot_that_cannot_be_written_is_told_and_does_no_harm(void **state) {
  fault_store fs;
  ls_error err;
  int notes = 0;
  fault_store_init(&fs, *state);
  fs.label = "snapshot";
  fs.options.log = count_notes;
  fs.options.log_user = &notes;
  assert_int_equal(fault_store_open(&fs, &err), LS_OK);
  block(&fs, "state.db.tmp");
  assert_int_equal(fault_store_commit(&fs, 300, &err), LS_OK);
  assert_int_equal(ls_rebuild(fs.store, &err), LS_OK);
  assert_int_equal(notes, 1);
  assert_int_equal(fault_store_close(&fs, &err), LS_OK);
  unblock(&fs, "state.db.tmp");
  fault_store_check(&fs);
  fault_store_fini(&fs);
}

static void test_a_snapshot_that_cannot_be_read_is_made_anew(void **state) {
  fault_store fs;
  ls_error err;
  fault_store_init(&fs, *state);
  fs.label = "snapshot";
  assert_int_equal(fault_store_open(&fs, &err), LS_OK);
  assert_int_equal(fault_store_commit(&fs, 300, &err), LS_OK);
  assert_int_equal(fault_store_close(&fs, &err), LS_OK);
  block(&fs, "state.db");
  fault_store_check(&fs);
  unblock(&fs, "state.db");
  fault_store_fini(&fs);
}

/* Creation that was interrupted leaves files, but no store: asking for a new one again must not find one. */
static void test_a_store_whose_creation_failed_can_be_created(void **state) {
  fault_store fs;
  ls_error err;
  fault_store_init(&fs, *state);
  fs.label = "creation";
  fs.options.mode = LS_OPEN_NEW;
  int rc = LS_EIO;
  for (long k = 1; rc; k++) {
    fault_vfs_arm(k, FAULT_VFS_ALL, true);
    rc = fault_store_open(&fs, &err);
    bool failed = fault_vfs_disarm();
    if (rc && (!failed || rc != LS_EIO)) fail_msg("at call %ld: %s", k, err.text);
  }
  assert_int_equal(fault_store_close(&fs, &err), LS_OK);
  assert_int_equal(fault_store_open(&fs, &err), LS_EEXISTS);
  fs.options.mode = LS_OPEN_EXISTING;
  fault_store_check(&fs);
  fault_store_fini(&fs);
}

int main(void) {
  static const fault_switch faults[] = {
      {"one I/O call failed", arm_once, fault_vfs_disarm, io_error},
      {"all I/O calls failed from one on", arm_sticky, fault_vfs_disarm, io_error},
      {"writes and syncs failed from one on", arm_writes, fault_vfs_disarm, io_error},
      {"the device was full (x 512 bytes)", arm_full, fault_vfs_disarm, full},
  };
  fault_vfs_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_snapshot_that_cannot_be_written_is_told_and_does_no_harm, tmp_setup,
                                      tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_snapshot_that_cannot_be_read_is_made_anew, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_store_whose_creation_failed_can_be_created, tmp_setup, tmp_teardown),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return failed + fault_body_sweep_all(faults, sizeof faults / sizeof faults[0], MOST);
}
