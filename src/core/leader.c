#include "core/leader.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/seqnum.h"

/* A fact as a text of its own: 1, 0 when it is not set. */
static int fact_dup(char **out, ls_log *log, const char *key, ls_error *err) {
  ls_bytes text = {0};
  int rc = ls_log_fact(&text, log, key, err);
  if (rc == 1) {
    *out = ls_strndup(text.data ? text.data : "", text.size);
    if (!*out) rc = ls_fail_nomem(err);
  }
  ls_bytes_fini(&text);
  return rc;
}

static int load(ls_leader *leader, ls_log *log, ls_error *err) {
  int rc = fact_dup(&leader->store_id, log, "store_id", err);
  if (rc == 1) rc = fact_dup(&leader->client_id, log, "client_id", err);
  if (rc == 1) rc = fact_dup(&leader->session_id, log, "session_id", err);
  if (rc == 0) return ls_fail(err, LS_ENOTFOUND, "the log belongs to no store yet");
  if (rc == 1) rc = fact_dup(&leader->backend_id, log, "backend_id", err);
  return rc < 0 ? rc : LS_OK;
}

static void leader_free(ls_leader *leader) {
  ls_receipts_fini(&leader->receipts);
  ls_free(leader->store_id);
  ls_free(leader->client_id);
  ls_free(leader->session_id);
  ls_free(leader->backend_id);
  ls_free(leader);
}

int ls_leader_open(ls_leader **out, ls_log *log, ls_error *err) {
  ls_leader *leader = ls_calloc(1, sizeof *leader);
  if (!leader) return ls_fail_nomem(err);
  int rc = load(leader, log, err);
  if (rc) {
    leader_free(leader);
    return rc;
  }
  leader->log = log;
  *out = leader;
  return LS_OK;
}

int ls_leader_found(ls_log *log, const ls_identity *identity, const char *schema_json, ls_error *err) {
  const ls_log_pair facts[] = {{"store_id", identity->store_id},
                               {"client_id", identity->client_id},
                               {"session_id", identity->session_id},
                               {"schema", schema_json}};
  return ls_log_set_facts(log, facts, sizeof facts / sizeof facts[0], err);
}

int ls_leader_close(ls_leader *leader, ls_error *err) {
  if (!leader) return LS_OK;
  int rc = ls_log_close(leader->log, err);
  leader_free(leader);
  return rc;
}

static bool all_durable(const ls_leader *leader) {
  ls_mark head = ls_log_head(leader->log), durable = ls_log_durable_head(leader->log);
  return ls_seqnum_equal(head.seq, durable.seq) && head.sum == durable.sum;
}

/* Learn of what was lost or became durable since the last time. */
static int settle_receipts(ls_leader *leader, ls_error *err) {
  ls_receipts *r = &leader->receipts;
  uint64_t losses = ls_log_losses(leader->log);
  int rc = ls_receipts_reserve(r, 1, err);
  if (rc) return rc;
  if (losses != r->losses) ls_receipts_lose(r);
  r->losses = losses;
  if (all_durable(leader)) r->durable = r->committed;
  return LS_OK;
}

int ls_leader_push(ls_leader *leader, const ls_event *events, size_t n, ls_error *err) {
  int rc = settle_receipts(leader, err);
  if (!rc && leader->awaited) rc = ls_awaited_reserve(leader->awaited, err);
  if (!rc) rc = ls_log_append(leader->log, events, n, err);
  if (rc) return rc;
  leader->receipts.committed += (int64_t)n;
  if (leader->awaited) ls_awaited_add(leader->awaited, leader->receipts.committed, events[n - 1].seq);
  return LS_OK;
}

void ls_leader_count(ls_leader *leader, size_t n) { leader->receipts.committed += (int64_t)n; }

int ls_leader_retract(ls_leader *leader, ls_seqnum head, ls_error *err) {
  uint64_t n;
  int rc = ls_log_count(&n, leader->log, head, err);
  if (!rc) rc = ls_log_cut(leader->log, head, err);
  if (rc) return rc;
  leader->receipts.committed -= (int64_t)n;
  if (leader->awaited) ls_awaited_retract(leader->awaited, leader->receipts.committed);
  return LS_OK;
}

ls_stage ls_leader_stage(const ls_leader *leader, int64_t ordinal) {
  const ls_receipts *r = &leader->receipts;
  bool lost;
  if (leader->awaited) return ls_awaited_stage(leader->awaited, ordinal);
  ls_stage stage = ls_receipts_stage(&lost, r, ordinal);
  if (stage != LS_STAGE_LOCAL || lost) return stage;
  if (ordinal <= r->durable) return LS_STAGE_DURABLE;
  return r->losses == ls_log_losses(leader->log) && all_durable(leader) ? LS_STAGE_DURABLE : LS_STAGE_LOCAL;
}

int ls_leader_count_receipts(ls_leader *leader, ls_error *err) {
  ls_receipts *r = &leader->receipts;
  uint64_t pending;
  int rc = settle_receipts(leader, err);
  if (rc || r->counted) return rc;
  rc = ls_log_count(&pending, leader->log, ls_log_upstream_head(leader->log), err);
  if (rc) return rc;
  r->before = (int64_t)pending - ls_receipts_pending(r);
  r->counted = true;
  return LS_OK;
}

int ls_leader_confirm(ls_leader *leader, ls_seqnum head, size_t n, ls_error *err) {
  char text[LS_SEQNUM_TEXT], have[LS_SEQNUM_TEXT];
  ls_seqnum end = ls_log_head(leader->log).seq;
  if (ls_seqnum_after(head, end)) {
    return ls_fail(err, LS_EORDER, "upstream confirms %s, but the log ends at %s", ls_seqnum_format(head, text),
                   ls_seqnum_format(end, have));
  }
  int rc = ls_leader_count_receipts(leader, err);
  if (!rc) rc = ls_log_set_upstream_head(leader->log, head, err);
  if (!rc) ls_receipts_confirm(&leader->receipts, (int64_t)n);
  return rc;
}

int ls_leader_schema(ls_bytes *out, ls_leader *leader, ls_error *err) {
  int rc = ls_log_fact(out, leader->log, "schema", err);
  if (rc == 0) return ls_fail(err, LS_ECORRUPT, "the log keeps no schema document");
  return rc < 0 ? rc : LS_OK;
}

int ls_leader_set_schema(ls_leader *leader, const char *schema_json, ls_error *err) {
  return ls_log_set_facts(leader->log, &(ls_log_pair){"schema", schema_json}, 1, err);
}
