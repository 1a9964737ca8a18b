/* lock - one holder of a store at a time, by flock on a lock file.
 *
 * The system drops the lock when the process ends, however it ends; the file stays. Its text, "pid 4711 (livestore)
 * since 2024-01-31T09:30:00Z", is there for people only: the error of others quotes it. flock belongs to the open
 * file and not to the process, so a second store of the same process is refused too. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"
#include "port/posix/fail.h"

#define HOLDER_SIZE 200

struct ls_port_lock {
  int fd;
};

/* One printable line of it: the error texts of others quote this. */
static void make_line(char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < ' ') *text = ' ';
  }
}

static void describe_self(char text[HOLDER_SIZE], const char *holder) {
  time_t now = (time_t)(ls_port_time_ms() / 1000);
  struct tm utc = {0};
  gmtime_r(&now, &utc);
  char since[32];
  strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &utc);
  snprintf(text, HOLDER_SIZE, "pid %ld (%.100s) since %s", (long)getpid(), holder ? holder : "unnamed", since);
  make_line(text);
}

/* Best effort: the lock holds without its text. */
static void write_holder(int fd, const char *holder) {
  char text[HOLDER_SIZE];
  describe_self(text, holder);
  ssize_t ignored = ftruncate(fd, 0) == 0 ? pwrite(fd, text, strlen(text), 0) : 0;
  (void)ignored;
}

static int fail_locked(ls_error *err, int fd, const char *path) {
  char text[HOLDER_SIZE];
  ssize_t size = pread(fd, text, sizeof text - 1, 0);
  text[size > 0 ? size : 0] = 0;
  make_line(text);
  return ls_fail(err, LS_ELOCKED, "%s is held by %s; close it there first", path, text[0] ? text : "another process");
}

static int take(int fd, const char *path, ls_error *err) {
  int rc;
  do rc = flock(fd, LOCK_EX | LOCK_NB);
  while (rc != 0 && errno == EINTR);
  if (rc == 0) return LS_OK;
  return errno == EWOULDBLOCK ? fail_locked(err, fd, path) : ls_posix_fail(err, "lock", path);
}

int ls_port_lock_open(ls_port_lock **out, const char *path, const char *holder, ls_error *err) {
  ls_port_lock *lock = ls_malloc(sizeof *lock);
  if (!lock) return ls_fail_nomem(err);
  lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  int rc = lock->fd < 0 ? ls_posix_fail(err, "open", path) : take(lock->fd, path, err);
  if (rc != LS_OK) {
    if (lock->fd >= 0) close(lock->fd);
    ls_free(lock);
    return rc;
  }
  write_holder(lock->fd, holder);
  *out = lock;
  return LS_OK;
}

void ls_port_lock_close(ls_port_lock *lock) {
  if (!lock) return;
  /* Without its text the file cannot name a holder that is gone. */
  int ignored = ftruncate(lock->fd, 0);
  (void)ignored;
  close(lock->fd);
  ls_free(lock);
}
