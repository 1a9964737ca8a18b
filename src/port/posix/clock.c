#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "port/port.h"
#include "port/posix/fail.h"

static int64_t read_ms(clockid_t clock) {
  struct timespec now = {0};
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ls_port_time_ms(void) { return read_ms(CLOCK_REALTIME); }

int64_t ls_port_monotonic_ms(void) { return read_ms(CLOCK_MONOTONIC); }

int64_t ls_port_monotonic_us(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int ls_port_random(void *out, size_t size, ls_error *err) {
  for (size_t done = 0; done < size;) {
    ssize_t got = getrandom((char *)out + done, size - done, 0);
    if (got >= 0)
      done += (size_t)got;
    else if (errno != EINTR)
      return ls_posix_fail(err, "read", "the system's random numbers");
  }
  return LS_OK;
}
