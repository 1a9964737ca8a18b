/* What a log has put on the device before its events are pushed. */
#include <stdio.h>
#include <stdlib.h>

#include "core/log_file.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_vfs.h"
#include "support/tmp.h"

static ls_log *open_log(const char *file, ls_durability durability) {
  ls_log *log = NULL;
  ls_error err;
  assert_ok(ls_log_open(&log, file, durability, &err), &err);
  return log;
}

/* Settle, and tell whether that takes a sync: one that fails is noticed. */
static bool syncs(ls_log *log) {
  ls_error err;
  fault_vfs_arm(1, FAULT_VFS_SYNC, false);
  int rc = ls_log_settle(log, &err);
  bool failed = fault_vfs_disarm();
  assert_code(rc, failed ? LS_EIO : LS_OK, &err);
  return failed;
}

static void settle(ls_log *log) {
  ls_error err;
  assert_ok(ls_log_settle(log, &err), &err);
}

static void append(ls_log *log) {
  const ls_event events[] = {core_event(1, "e", "{}"), core_event(2, "e", "{}")};
  ls_error err;
  assert_ok(ls_log_append(log, events, 2, &err), &err);
}

static void cut(ls_log *log) {
  ls_error err;
  assert_ok(ls_log_begin(log, &err), &err);
  assert_ok(ls_log_cut(log, (ls_seqnum){1, 0, 0}, &err), &err);
  assert_ok(ls_log_flush(log, &err), &err);
}

static char *log_with_events(const char *directory, const char *name) {
  char *file = tmp_path(directory, name);
  ls_log *log = open_log(file, LS_DURABILITY_PROCESS);
  append(log);
  ls_log_close(log, NULL);
  return file;
}

/* Who wrote it may have died before a sync, also one who syncs each commit. */
static void what_was_there_when_it_was_opened_is_synced_once(void **state) {
  static const struct {
    const char *name;
    ls_durability durability;
  } cases[] = {{"process", LS_DURABILITY_PROCESS}, {"power", LS_DURABILITY_POWER}, {"later", LS_DURABILITY_LATER}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *file = log_with_events(*state, cases[i].name);
    ls_log *log = open_log(file, cases[i].durability);
    assert_true(syncs(log));
    assert_true(syncs(log)); /* that one failed */
    settle(log);
    assert_false(syncs(log));
    ls_log_close(log, NULL);
    free(file);
  }
}

static void a_new_log_has_nothing_to_settle(void **state) {
  char *file = tmp_path(*state, "new");
  ls_log *log = open_log(file, LS_DURABILITY_PROCESS);
  append(log);
  assert_false(syncs(log));
  ls_log_close(log, NULL);
  free(file);
}

static void a_cut_is_settled_unless_each_commit_is_synced(void **state) {
  for (int power = 0; power < 2; power++) {
    char *file = log_with_events(*state, power ? "cut-power" : "cut");
    ls_log *log = open_log(file, power ? LS_DURABILITY_POWER : LS_DURABILITY_PROCESS);
    settle(log);
    cut(log);
    assert_int_equal(syncs(log), !power);
    ls_log_close(log, NULL);
    free(file);
  }
}

/* As a commit is taken back: with a loss of power it must not come again. */
static void a_cut_by_itself_is_synced(void **state) {
  for (ls_durability d = LS_DURABILITY_PROCESS; d <= LS_DURABILITY_LATER; d++) {
    char name[20];
    ls_error err;
    snprintf(name, sizeof name, "alone-%d", (int)d);
    char *file = log_with_events(*state, name);
    ls_log *log = open_log(file, d);
    settle(log);
    fault_vfs_arm(1, FAULT_VFS_SYNC, false);
    assert_code(ls_log_cut(log, (ls_seqnum){1, 0, 0}, &err), LS_EIO, &err);
    assert_true(fault_vfs_disarm());
    assert_int_equal(ls_log_head(log).seq.global, 2);
    assert_ok(ls_log_cut(log, (ls_seqnum){1, 0, 0}, &err), &err);
    assert_int_equal(ls_log_head(log).seq.global, 1);
    assert_false(syncs(log));
    fault_vfs_arm(1, FAULT_VFS_SYNC, false);
    if (d != LS_DURABILITY_POWER) core_append(log, "e", "{}");
    assert_false(fault_vfs_disarm());
    ls_log_close(log, NULL);
    free(file);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_there_when_it_was_opened_is_synced_once, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(a_new_log_has_nothing_to_settle, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(a_cut_is_settled_unless_each_commit_is_synced, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(a_cut_by_itself_is_synced, tmp_setup, tmp_teardown)};
  fault_vfs_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
