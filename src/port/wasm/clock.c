/* clock - time and random bytes come from the host. */
#include "port/port.h"
#include "port/wasm/host.h"

int64_t ls_port_time_ms(void) { return (int64_t)ls_host_time_ms(); }

int64_t ls_port_monotonic_ms(void) { return (int64_t)ls_host_monotonic_ms(); }

int64_t ls_port_monotonic_us(void) { return (int64_t)(ls_host_monotonic_ms() * 1000); }

int ls_port_random(void *out, size_t size, ls_error *err) {
  (void)err;
  ls_host_random(out, size);
  return LS_OK;
}
