/* interrupt - the first Ctrl-C (or SIGTERM) asks long work to end at a clean place; the second ends the process. */
#ifndef LS_CLI_INTERRUPT_H
#define LS_CLI_INTERRUPT_H

#include <stdbool.h>

void cli_interrupt_listen(void);
bool cli_interrupted(void);

#endif
