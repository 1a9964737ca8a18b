/* progress - one line on standard error about work that takes more than a second, when that is a terminal. It is drawn
 * ten times a second at most, and wiped when the work is done. */
#ifndef LS_CLI_PROGRESS_H
#define LS_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cli_progress {
  bool on;       /* false: nothing is ever drawn */
  bool drawn;    /* a line is there */
  char what[64]; /* the work that goes on */
  double started_s, drawn_s;
} cli_progress;

/* Say how far the work has come. `count` events are done, a share of 0 to 1 of the whole, or -1 when that is not
 * known. Another `what` than before begins another piece of work. */
void cli_progress_show(cli_progress *progress, const char *what, uint64_t count, double share);
void cli_progress_wipe(cli_progress *progress);
/* Seconds since the work began. */
double cli_progress_seconds(const cli_progress *progress);

/* The callback for the library; user is the cli_progress. Asks it to stop once the process is interrupted. */
int cli_progress_each(void *user, const char *what, uint64_t done, uint64_t total);

#endif
