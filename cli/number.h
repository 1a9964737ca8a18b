/* number - numbers for people. */
#ifndef LS_CLI_NUMBER_H
#define LS_CLI_NUMBER_H

#include <stdint.h>

#include "livestore.h"

#define CLI_NUMBER_TEXT 32

/* 259,778. Each writes into buf (CLI_NUMBER_TEXT bytes) and returns it. */
char *cli_number_grouped(char *buf, uint64_t n);
/* 1 event, 259,778 events. */
char *cli_number_events(char *buf, uint64_t n);
/* 48 B, 1.2 kB, 17 MB. */
char *cli_number_bytes(char *buf, uint64_t bytes);
/* The shortest decimal number that reads back as the same double, always with a point or an exponent. */
char *cli_number_real(char *buf, double value);

/* A parameter as it was typed: null, true, false and what JSON would take as a number become that, anything else is
 * text, borrowed. */
ls_value cli_value_typed(const char *text);

#endif
