/* tmp - a directory of its own for a test, removed with all that is in it. Fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_TMP_H
#define LS_TESTS_SUPPORT_TMP_H

#include <stddef.h>

/* For cmocka_unit_test_setup_teardown: *state is then the directory's path, a char *. */
int tmp_setup(void **state);
int tmp_teardown(void **state);

/* The path of a name in a directory. Free with free(). */
char *tmp_path(const char *directory, const char *name);
/* Write a file whole, and read one; the text gets a NUL at its end and is freed with free(). size may be NULL. */
void tmp_write(const char *path, const void *data, size_t size);
char *tmp_read(const char *path, size_t *size);
/* Number of entries in a directory. */
size_t tmp_count(const char *directory);

#endif
