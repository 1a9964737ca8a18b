/* schema_report - what a change of the schema does to the tables and the events, for people and for programs. */
#ifndef LS_CLI_SCHEMA_REPORT_H
#define LS_CLI_SCHEMA_REPORT_H

#include "command.h"

enum { CLI_REPORT_FAILURES = 10 }; /* failed events that are listed for people */

/* Print in the format of the call. `dry_run` only says so in the headline. */
void cli_schema_report(cli_call *call, const ls_migration_report *report, bool dry_run);

#endif
