/* Files of an app: which one a path means, what is never given out, and what headers say about them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/asset.h"
#include "support/cmocka_all.h"
#include "support/tmp.h"

static void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static char project[1024]; /* where tests begin and end */

/* An app, with what is not for others in it and beside it. */
static int make_app(void **state) {
  if (tmp_setup(state) || !getcwd(project, sizeof project) || chdir(*state)) return -1;
  mkdir("app", 0777), mkdir("app/assets", 0777), mkdir("app/docs", 0777), mkdir("app/.git", 0777);
  put("secret.txt", "secret");
  put("app/index.html", "<index>");
  put("app/docs/index.html", "<docs>");
  put("app/empty.txt", "");
  put("app/LICENSE", "licence");
  put("app/assets/app-a1B2c3D4.js", "script");
  put("app/assets/app-a1B2c3D4.js.gz", "gzipped");
  put("app/.env", "secret");
  put("app/.git/config", "secret");
  put("app/a\\b.txt", "secret");
  return symlink("../secret.txt", "app/out.txt") || symlink("..", "app/up") || symlink("index.html", "app/in.html") ||
         mkfifo("app/pipe.txt", 0666);
}

static int leave_app(void **state) { return chdir(project) ? -1 : tmp_teardown(state); }

/* What is answered: the file's text, or the status. */
static const char *fetch(const char *path, const char *accept) {
  static char text[64];
  ls_asset asset;
  int status = ls_asset_open(&asset, "app", path, accept);
  if (status) {
    snprintf(text, sizeof text, "%d", status);
    return text;
  }
  ssize_t size = read(asset.fd, text, sizeof text - 1);
  assert_int_equal(size, asset.size);
  text[size] = '\0';
  close(asset.fd);
  return text;
}

static void a_path_means_a_file(void **state) {
  static const char *const cases[][2] = {
      {"/", "<index>"},
      {"/index.html", "<index>"},
      {"/a/route", "<index>"},
      {"/a/route/", "<index>"},
      {"/assets", "<index>"},
      {"/docs/", "<docs>"},
      {"/LICENSE", "licence"},
      {"/LICENSE/x", "<index>"},
      {"/empty.txt", ""},
      {"/assets/app-a1B2c3D4.js", "script"},
      {"/missing.png", "404"},
      {"/docs/missing.png", "404"},
      {"/index.html/x.js", "404"},
      {"/.env", "404"},
      {"/.git/config", "404"},
      {"/docs/../.env", "404"},
      {"/..", "404"},
      {"/../secret.txt", "404"},
      {"/docs/../../secret.txt", "404"},
      {"/%2e%2e/secret.txt", "404"},
      {"/out.txt", "404"},
      {"/up/secret.txt", "404"},
      {"/in.html", "404"},
      {"/pipe.txt", "404"},
      {"/a\\b.txt", "404"},
      {"//etc/passwd", "404"},
      {"/docs//index.html", "404"},
      {"/a\nb", "404"},
      {"/a\x7f.txt", "404"},
      {"secret.txt", "404"},
      {"", "404"},
      {"*", "404"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *found = fetch(cases[i][0], "");
    if (strcmp(found, cases[i][1]) != 0) fail_msg("%s: %s", cases[i][0], found);
  }
}

static void long_paths_and_names_are_not_looked_for(void **state) {
  char path[2000] = "/";
  (void)state;
  memset(path + 1, 'a', 300);
  assert_string_equal(fetch(path, "gzip"), "<index>");
  strcpy(path + 301, "/x.js");
  assert_string_equal(fetch(path, "gzip"), "404");
  memset(path + 1, 'a', sizeof path - 2);
  assert_string_equal(fetch(path, ""), "404");
}

static void a_compressed_twin_is_given_to_who_takes_it(void **state) {
  ls_asset asset;
  struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  const char *path = "/assets/app-a1B2c3D4.js";
  (void)state;
  assert_string_equal(fetch(path, "gzip"), "gzipped");
  assert_int_equal(ls_asset_open(&asset, "app", path, "gzip, deflate"), 0);
  assert_string_equal(asset.encoding, "gzip");
  assert_true(asset.varies);
  assert_string_equal(asset.type, "text/javascript; charset=utf-8");
  close(asset.fd);
  assert_int_equal(ls_asset_open(&asset, "app", path, "br"), 0);
  assert_null(asset.encoding);
  assert_true(asset.varies);
  close(asset.fd);
  put("app/assets/app-a1B2c3D4.js.br", "brotli");
  assert_string_equal(fetch(path, "gzip, br"), "brotli");
  assert_string_equal(fetch(path, "gzip, br;q=0"), "gzipped");
  assert_string_equal(fetch(path, ""), "script");
  assert_int_equal(utimensat(AT_FDCWD, "app/assets/app-a1B2c3D4.js.br", old, 0), 0);
  assert_string_equal(fetch(path, "gzip, br"), "gzipped");
  assert_int_equal(utimensat(AT_FDCWD, "app/assets/app-a1B2c3D4.js.gz", old, 0), 0);
  assert_string_equal(fetch(path, "gzip, br"), "script");
  assert_string_equal(fetch("/assets/app-a1B2c3D4.js.gz", "gzip, br"), "gzipped");
  assert_string_equal(fetch("/assets/app-a1B2c3D4.js.br", "gzip, br"), "brotli");
}

static void a_file_that_changes_gets_another_tag(void **state) {
  ls_asset before, after;
  struct timespec same[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  (void)state;
  assert_int_equal(utimensat(AT_FDCWD, "app/index.html", same, 0), 0);
  assert_int_equal(ls_asset_open(&before, "app", "/", ""), 0);
  close(before.fd);
  assert_int_equal(ls_asset_open(&after, "app", "/", ""), 0);
  close(after.fd);
  assert_string_equal(before.tag, after.tag);
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  put("app/index.html", "<other>");
  assert_int_equal(utimensat(AT_FDCWD, "app/index.html", same, 0), 0);
  assert_int_equal(ls_asset_open(&after, "app", "/", ""), 0);
  close(after.fd);
  assert_string_not_equal(before.tag, after.tag);
}

static void only_hashed_names_are_kept_forever(void **state) {
  static const struct {
    const char *path;
    bool hashed;
  } cases[] = {
      {"/assets/index-BdH3kQ2_.js", true},
      {"/assets/index-D-a8_x1Z.js.map", true},
      {"/sub/assets/livestore-00000000.wasm", true},
      {"/assets/index.js", false},
      {"/assets/web-elements.js", false},
      {"/assets/x-abc.js", false},
      {"/index-BdH3kQ2_.js", false},
      {"/assets/index-BdH3kQ2_", false},
      {"/assets/BdH3kQ2_.js", false},
      {"/assets/-BdH3kQ2_.js", true},
      {"/assets/a-BdH3kQ2.js", false},
      {"/", false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (ls_asset_path_hashed(cases[i].path) != cases[i].hashed) fail_msg("%s", cases[i].path);
  }
}

static void encodings_are_weighed(void **state) {
  static const struct {
    const char *value;
    bool takes;
  } cases[] = {
      {"gzip", true},
      {"gzip, deflate, br", true},
      {"br;q=1, GZIP;q=0.5", true},
      {"*", true},
      {"deflate", false},
      {"", false},
      {"gzip;q=0", false},
      {"gzip; q=0.000", false},
      {"gzip;q=0.001", true},
      {"*, gzip;q=0", false},
      {"gzip;q=0, *", false},
      {"*;q=0", false},
      {"identity;q=0", false},
      {"gzipped, x-gzipper", false},
      {",, gzip", true},
      {"gzip;q=0,br;q=1", false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (ls_asset_takes(cases[i].value, "gzip") != cases[i].takes) fail_msg("%s", cases[i].value);
  }
  assert_true(ls_asset_takes("gzip, br", "br"));
  assert_false(ls_asset_takes("gzip, brotli", "br"));
}

static void tags_are_compared(void **state) {
  (void)state;
  assert_true(ls_asset_tag_named("\"ab\"", "\"ab\""));
  assert_true(ls_asset_tag_named("\"x\", W/\"ab\"", "\"ab\""));
  assert_true(ls_asset_tag_named("*", "\"ab\""));
  assert_false(ls_asset_tag_named("\"abc\"", "\"ab\""));
  assert_false(ls_asset_tag_named("ab", "\"ab\""));
  assert_false(ls_asset_tag_named("", "\"ab\""));
}

static void types_are_told_by_the_end_of_a_name(void **state) {
  (void)state;
  assert_string_equal(ls_asset_type("a.wasm"), "application/wasm");
  assert_string_equal(ls_asset_type("A.HTML"), "text/html; charset=utf-8");
  assert_string_equal(ls_asset_type("a.js.map"), "application/json");
  assert_string_equal(ls_asset_type("a.webmanifest"), "application/manifest+json");
  assert_string_equal(ls_asset_type("js"), "application/octet-stream");
  assert_string_equal(ls_asset_type("LICENSE"), "application/octet-stream");
}

static void a_directory_without_an_index_is_no_app(void **state) {
  ls_error err = {0};
  (void)state;
  assert_int_equal(ls_asset_check("app", &err), LS_OK);
  assert_int_equal(ls_asset_check("app/assets", &err), LS_EARGS);
  assert_non_null(strstr(err.text, "index.html"));
  assert_int_equal(ls_asset_check("nowhere", &err), LS_EARGS);
  assert_int_equal(ls_asset_check("secret.txt", &err), LS_EARGS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_path_means_a_file, make_app, leave_app),
      cmocka_unit_test_setup_teardown(long_paths_and_names_are_not_looked_for, make_app, leave_app),
      cmocka_unit_test_setup_teardown(a_compressed_twin_is_given_to_who_takes_it, make_app, leave_app),
      cmocka_unit_test_setup_teardown(a_file_that_changes_gets_another_tag, make_app, leave_app),
      cmocka_unit_test(only_hashed_names_are_kept_forever),
      cmocka_unit_test(encodings_are_weighed),
      cmocka_unit_test(tags_are_compared),
      cmocka_unit_test(types_are_told_by_the_end_of_a_name),
      cmocka_unit_test_setup_teardown(a_directory_without_an_index_is_no_app, make_app, leave_app),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
