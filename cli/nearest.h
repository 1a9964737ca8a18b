/* nearest - which known word was meant. */
#ifndef LS_CLI_NEAREST_H
#define LS_CLI_NEAREST_H

#include <stddef.h>

/* Of the words seen so far, the one nearest to what was typed. */
typedef struct cli_nearest {
  const char *typed;
  const char *word; /* NULL while none is near enough to be worth a question */
  size_t distance;
} cli_nearest;

cli_nearest cli_nearest_to(const char *typed);
void cli_nearest_see(cli_nearest *nearest, const char *word);

#endif
