#include "interrupt.h"

#include <signal.h>
#include <string.h>

/* A signal handler can reach nothing but this. */
static volatile sig_atomic_t asked;

static void ask(int signal_number) {
  (void)signal_number;
  asked = 1;
}

/* What the process was started to ignore, as a shell's background jobs do, it goes on to ignore. */
static void listen_for(int signal_number) {
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = ask;
  action.sa_flags = SA_RESETHAND; /* and no SA_RESTART: a read that waits for input shall end */
  if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) sigaction(signal_number, &action, NULL);
}

void cli_interrupt_listen(void) {
  listen_for(SIGINT);
  listen_for(SIGTERM);
}

bool cli_interrupted(void) { return asked; }
