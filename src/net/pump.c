/* pump.c - the loop of a connection: let it do what is due, and say when something is. */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/err.h"
#include "core/sync.h"
#include "net/net.h"

enum { ROUNDS = 100 }; /* of the loop in one pump: a server that never pauses does not keep the application waiting */

/* Descriptors that a callback began to look at are not in the loop's own before it has run again; then its timeout is 0. */
static void settle(ls_net *net) {
  for (int i = 0; i < ROUNDS; i++) {
    uv_run(&net->loop, UV_RUN_NOWAIT);
    if (uv_backend_timeout(&net->loop) != 0) return;
  }
}

static void tell_opened(ls_net *net) {
  if (!net->opened_due) return;
  net->opened_due = net->connecting = false;
  net->open = true;
  net->told++;
  ls_transport_opened(net->store, ls_net_now_ms(net));
}

void ls_net_work(ls_net *net) {
  settle(net);
  tell_opened(net);
  if (ls_transport_deadline_ms(net->store) <= ls_net_now_ms(net)) {
    net->told++;
    ls_transport_tick(net->store, ls_net_now_ms(net));
  }
  settle(net);
}

static int until_ms(int64_t at_ms, int64_t now_ms) {
  if (at_ms == INT64_MAX) return -1;
  int64_t left = at_ms - now_ms;
  return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* -1 is for ever. */
static int sooner(int a_ms, int b_ms) { return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms; }

int ls_net_timeout_ms(ls_net *net) {
  if (net->opened_due) return 0;
  uv_update_time(&net->loop);
  return sooner(uv_backend_timeout(&net->loop),
                until_ms(ls_transport_deadline_ms(net->store), ls_net_now_ms(net)));
}

/* An interrupted wait is one that has ended. */
static int wait_for(ls_net *net, int timeout_ms, ls_error *err) {
  struct pollfd fd = {.fd = uv_backend_fd(&net->loop), .events = POLLIN};
  if (poll(&fd, 1, timeout_ms) >= 0 || errno == EINTR) return LS_OK;
  return ls_fail(err, LS_EIO, "waiting for the network failed");
}

static int pump(ls_net *net, int timeout_ms, ls_error *err) {
  uint64_t told = net->told;
  ls_net_work(net);
  if (net->told == told && timeout_ms != 0) {
    int rc = wait_for(net, sooner(timeout_ms, ls_net_timeout_ms(net)), err);
    if (rc) return rc;
    ls_net_work(net);
  }
  return net->told != told;
}

static int check_pump(const ls_net *net, ls_error *err) {
  if (!net) return ls_fail(err, LS_ENOTFOUND, "the store is not connected");
  if (net->thread) return ls_fail(err, LS_ELOCKED, "the library's own thread pumps this store");
  if (net->pumping) return ls_fail(err, LS_ELOCKED, "the store is being pumped: it cannot be pumped from inside");
  return LS_OK;
}

int ls_pump(ls_store *store, int timeout_ms, ls_error *err) {
  ls_net *net = ls_net_of(store);
  int rc = check_pump(net, err);
  if (rc) return rc;
  net->pumping = true;
  rc = pump(net, timeout_ms < 0 ? -1 : timeout_ms, err);
  net->pumping = false;
  return rc;
}

int ls_sync_fd(const ls_store *store) {
  const ls_net *net = ls_net_of(store);
  return net ? uv_backend_fd(&net->loop) : -1;
}

int ls_sync_timeout_ms(const ls_store *store) {
  ls_net *net = ls_net_of(store);
  return net ? ls_net_timeout_ms(net) : -1;
}

/* ---------------------------------------------------------------------------------------------- */

int ls_net_sync_state(ls_store *store, ls_error *err) {
  ls_sync_status status;
  int rc = ls_sync_status_get(&status, store, err);
  if (rc) return rc;
  if (status.equal) return 1;
  if (status.phase == LS_SYNC_FAILED) return ls_fail(err, (ls_code)status.error.code, "%s", status.error.text);
  return status.phase == LS_SYNC_OFF ? ls_fail(err, LS_EOFFLINE, "the store does not sync any more") : 0;
}

int ls_net_too_late(ls_store *store, ls_error *err) {
  ls_sync_status status;
  int rc = ls_sync_status_get(&status, store, err);
  if (rc) return rc;
  const char *why = status.error.code ? status.error.text : status.online ? "it is still at work" : "no connection yet";
  return ls_fail(err, LS_EOFFLINE, "not in sync in time: %s", why);
}

static int wait_equal(ls_store *store, int64_t end_ms, ls_error *err) {
  for (;;) {
    int rc = ls_net_sync_state(store, err);
    if (rc) return rc < 0 ? rc : LS_OK;
    int left = end_ms < 0 ? -1 : until_ms(end_ms, ls_net_now_ms(NULL));
    if (left == 0) return ls_net_too_late(store, err);
    rc = ls_pump(store, left, err);
    if (rc < 0) return rc;
  }
}

int ls_sync_wait(ls_store *store, int timeout_ms, ls_error *err) {
  ls_net *net = ls_net_of(store);
  int64_t end_ms = timeout_ms < 0 ? -1 : ls_net_now_ms(NULL) + timeout_ms;
  if (net && net->thread) return ls_net_thread_wait(net, end_ms, err);
  int rc = check_pump(net, err);
  return rc ? rc : wait_equal(store, end_ms, err);
}
