/* thread.c - a thread that pumps, with the store held while it does. Applications hold the store with ls_lock.
 *
 * The mutex tells who tries to take it twice: so a thread that holds the store is kept from waiting for itself. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/net.h"

struct ls_net_thread {
  pthread_t id;
  pthread_mutex_t mutex;  /* the store, and all that is below */
  pthread_cond_t pumped;
  int wake[2];            /* a pipe: written to when there is something to do at once */
  bool stop;
};

static void wake(const ls_net_thread *thread) {
  ssize_t n = write(thread->wake[1], "", 1); /* when it is full, the thread wakes up anyway */
  (void)n;
}

/* Without the store. */
static void wait_for_work(const ls_net_thread *thread, int fd, int timeout_ms) {
  struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = thread->wake[0], .events = POLLIN}};
  char bytes[64];
  if (poll(fds, 2, timeout_ms) <= 0 || !fds[1].revents) return;
  while (read(thread->wake[0], bytes, sizeof bytes) > 0) continue;
}

static void *run(void *user) {
  ls_net *net = user;
  ls_net_thread *thread = net->thread;
  pthread_mutex_lock(&thread->mutex);
  while (!thread->stop) {
    ls_net_work(net);
    pthread_cond_broadcast(&thread->pumped);
    int timeout_ms = ls_net_timeout_ms(net);
    pthread_mutex_unlock(&thread->mutex);
    wait_for_work(thread, uv_backend_fd(&net->loop), timeout_ms);
    pthread_mutex_lock(&thread->mutex);
  }
  pthread_mutex_unlock(&thread->mutex);
  return NULL;
}

/* ---------------------------------------------------------------------------------------------- */

static void init_locks(ls_net_thread *thread) {
  pthread_mutexattr_t mutex;
  pthread_condattr_t cond;
  pthread_mutexattr_init(&mutex);
  pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&thread->mutex, &mutex);
  pthread_mutexattr_destroy(&mutex);
  pthread_condattr_init(&cond);
  pthread_condattr_setclock(&cond, CLOCK_MONOTONIC);
  pthread_cond_init(&thread->pumped, &cond);
  pthread_condattr_destroy(&cond);
}

static void thread_free(ls_net_thread *thread) {
  close(thread->wake[0]);
  close(thread->wake[1]);
  pthread_cond_destroy(&thread->pumped);
  pthread_mutex_destroy(&thread->mutex);
  ls_free(thread);
}

/* Signals are for the application's threads. */
static int start(ls_net *net) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int failed = pthread_create(&net->thread->id, NULL, run, net);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed;
}

int ls_net_thread_start(ls_net *net, ls_error *err) {
  ls_net_thread *thread = ls_calloc(1, sizeof *thread);
  if (!thread) return ls_fail_nomem(err);
  if (pipe2(thread->wake, O_CLOEXEC | O_NONBLOCK)) {
    ls_free(thread);
    return ls_fail(err, LS_EIO, "no pipe could be made: too many open files");
  }
  init_locks(thread);
  net->thread = thread;
  if (start(net) == 0) return LS_OK;
  net->thread = NULL;
  thread_free(thread);
  return ls_fail(err, LS_EIO, "no thread could be started");
}

int ls_net_thread_stop(ls_net *net, ls_error *err) {
  ls_net_thread *thread = net->thread;
  if (!thread) return LS_OK;
  if (pthread_mutex_lock(&thread->mutex))
    return ls_fail(err, LS_ELOCKED, "the store is held by this thread (ls_lock): syncing cannot be ended from inside");
  thread->stop = true;
  pthread_mutex_unlock(&thread->mutex);
  wake(thread);
  pthread_join(thread->id, NULL);
  net->thread = NULL;
  thread_free(thread);
  return LS_OK;
}

void ls_lock(ls_store *store) {
  const ls_net *net = ls_net_of(store);
  if (net && net->thread) pthread_mutex_lock(&net->thread->mutex);
}

void ls_unlock(ls_store *store) {
  ls_net *net = ls_net_of(store);
  if (!net || !net->thread) return;
  bool due = ls_net_timeout_ms(net) == 0;
  pthread_mutex_unlock(&net->thread->mutex);
  if (due) wake(net->thread);
}

/* ---------------------------------------------------------------------------------------------- */

static struct timespec timespec_of(int64_t ms) {
  return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
}

static bool wait_pumped(ls_net_thread *thread, int64_t end_ms) {
  struct timespec end = timespec_of(end_ms);
  int rc = end_ms < 0 ? pthread_cond_wait(&thread->pumped, &thread->mutex)
                      : pthread_cond_timedwait(&thread->pumped, &thread->mutex, &end);
  return rc == 0;
}

int ls_net_thread_wait(ls_net *net, int64_t end_ms, ls_error *err) {
  ls_net_thread *thread = net->thread;
  if (pthread_mutex_lock(&thread->mutex))
    return ls_fail(err, LS_ELOCKED, "the store is held by this thread (ls_lock): nothing can be waited for");
  wake(thread);
  int rc;
  while ((rc = ls_net_sync_state(net->store, err)) == 0) {
    if (wait_pumped(thread, end_ms)) continue;
    rc = ls_net_too_late(net->store, err);
    break;
  }
  pthread_mutex_unlock(&thread->mutex);
  return rc < 0 ? rc : LS_OK;
}
