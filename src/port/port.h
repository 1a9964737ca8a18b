/* port - what the core needs from the system it runs on. One folder per system implements it; what is the same on
 * all of them is beside this.
 * Paths are UTF-8. Errors name the path and the system's reason. */
#ifndef LS_PORT_H
#define LS_PORT_H

#include "base/bytes.h"
#include "livestore.h"

/* Milliseconds since 1970 (may jump), and of a clock that only goes forward (start arbitrary). */
int64_t ls_port_time_ms(void);
int64_t ls_port_monotonic_ms(void);
/* The same clock in microseconds, as finely as the system has it. */
int64_t ls_port_monotonic_us(void);

/* Fill with random bytes that cannot be guessed. */
int ls_port_random(void *out, size_t size, ls_error *err);

/* Make a directory and those above it; one that is there is fine. */
int ls_port_make_directory(const char *path, ls_error *err);
/* 1 when the file or directory is there, 0 when not, negative when that cannot be told. */
int ls_port_exists(const char *path, ls_error *err);
/* Size in bytes; 0 when there is no such file. */
uint64_t ls_port_file_size(const char *path);

/* A whole file, appended to out. LS_ENOTFOUND when there is none. */
int ls_port_read_file(ls_bytes *out, const char *path, ls_error *err);

/* Replace a file by the parts, one behind the other, so that readers and crashes see the old or the new one whole:
 * written beside it, then renamed over it. `sync` makes it survive the loss of power too. */
typedef struct ls_port_part { const void *data; size_t size; } ls_port_part;
int ls_port_replace_file(const char *path, const ls_port_part *parts, size_t n, bool sync, ls_error *err);

/* The same in pieces: nothing is to be seen at `path` before the commit. Commit and abort free the writer.
 * LS_EEXISTS a link, device or pipe stands there. */
typedef struct ls_port_writer ls_port_writer;
int ls_port_writer_open(ls_port_writer **out, const char *path, ls_error *err);
int ls_port_writer_add(ls_port_writer *writer, const void *data, size_t size, ls_error *err);
int ls_port_writer_commit(ls_port_writer *writer, bool sync, ls_error *err); /* on an error, as abort */
void ls_port_writer_abort(ls_port_writer *writer);                           /* NULL is fine */

/* Reading a file in pieces. LS_ENOTFOUND when there is none. */
typedef struct ls_port_reader ls_port_reader;
int ls_port_reader_open(ls_port_reader **out, const char *path, ls_error *err);
/* Append up to `size` more bytes to out: 1; 0 at the end of the file; or negative. */
int ls_port_reader_next(ls_bytes *out, ls_port_reader *reader, size_t size, ls_error *err);
void ls_port_reader_close(ls_port_reader *reader); /* NULL is fine */

/* The names in a directory but . and .., in no special order; `each` stops it with anything but 0, which is returned.
 * LS_ENOTFOUND when there is no such directory. */
typedef int (*ls_port_name_fn)(void *user, const char *name);
int ls_port_list_directory(const char *path, ls_port_name_fn each, void *user, ls_error *err);

/* Let a file be found under a second name, too; one of that name is replaced. It is copied where the system does not
 * give a file two names, so neither may be written in place from here on. */
int ls_port_link_file(const char *from, const char *to, ls_error *err);
/* Give a file another name; one of that name is replaced. */
int ls_port_rename_file(const char *from, const char *to, ls_error *err);
/* Remove a file; one that is not there is fine. */
int ls_port_remove_file(const char *path, ls_error *err);

/* Hold a lock file for as long as this process lives or until unlocked.
 *   holder  a short name of this program, shown to others
 * LS_ELOCKED: another process, or another store of this one, holds it; the text names process and program. */
typedef struct ls_port_lock ls_port_lock;
int ls_port_lock_open(ls_port_lock **out, const char *path, const char *holder, ls_error *err);
void ls_port_lock_close(ls_port_lock *lock); /* NULL is fine */

#endif
