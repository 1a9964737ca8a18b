/* standing - where a store stands and how it syncs, as a record: what livestore status prints, and what livestore sync
 * leaves in the store's sync.json (sync_file.h). */
#ifndef LS_CLI_STANDING_H
#define LS_CLI_STANDING_H

#include "output.h"

typedef enum cli_field {
  CLI_FIELD_STORE,
  CLI_FIELD_CLIENT,
  CLI_FIELD_SESSION,
  CLI_FIELD_SCHEMA,
  CLI_FIELD_HEAD,
  CLI_FIELD_UPSTREAM_HEAD,
  CLI_FIELD_BACKEND,
  CLI_FIELD_STATE,
  CLI_FIELD_SNAPSHOT,
  CLI_FIELD_EVENTS,
  CLI_FIELD_PENDING,
  CLI_FIELD_FAILED,
  CLI_FIELD_CONFLICTS,
  CLI_FIELD_LOG_SIZE, /* sizes in bytes */
  CLI_FIELD_STATE_SIZE,
  CLI_FIELD_SNAPSHOT_SIZE,
  CLI_FIELD_URL,
  CLI_FIELD_PHASE,
  CLI_FIELD_LAST_ERROR,
  CLI_FIELD_ERROR_TIME, /* times as 2024-01-31T09:30:00Z */
  CLI_FIELD_NEXT_TRY,
  CLI_N_SHOWN, /* what follows is for sync.json only */
  CLI_FIELD_ERROR_CODE = CLI_N_SHOWN,
  CLI_FIELD_ONLINE,
  CLI_FIELD_PULLED,
  CLI_FIELD_PUSHED,
  CLI_FIELD_SINCE,
  CLI_FIELD_PID,
  CLI_N_FIELDS
} cli_field;

extern const cli_column CLI_FIELDS[CLI_N_FIELDS];

typedef struct cli_standing {
  ls_value values[CLI_N_FIELDS];
  char head[LS_SEQNUM_TEXT], upstream_head[LS_SEQNUM_TEXT], state[LS_SEQNUM_TEXT], snapshot[LS_SEQNUM_TEXT];
  ls_sync_status sync;
} cli_standing;

/* Fill in what the store itself knows, up to the sizes, and the phase; the rest is NULL. Texts are borrowed from the store
 * and from `out`. */
int cli_standing_get(cli_standing *out, ls_store *store, ls_error *err);

#endif
