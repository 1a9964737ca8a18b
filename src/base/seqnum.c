#include "base/seqnum.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

#define CLIENT_BITS 24

static int order(int64_t a, int64_t b) { return (a > b) - (a < b); }

int ls_seqnum_compare(ls_seqnum a, ls_seqnum b) {
  int by_global = order(a.global, b.global);
  if (by_global) return by_global;
  int by_client = order(a.client, b.client);
  return by_client ? by_client : order(a.generation, b.generation);
}

bool ls_seqnum_equal(ls_seqnum a, ls_seqnum b) { return ls_seqnum_compare(a, b) == 0; }

bool ls_seqnum_after(ls_seqnum a, ls_seqnum b) {
  a.generation = b.generation = 0;
  return ls_seqnum_compare(a, b) > 0;
}

bool ls_seqnum_is_root(ls_seqnum seq) { return seq.global == 0 && seq.client == 0; }

void ls_seqnum_next(ls_seqnum *seq, ls_seqnum *parent, ls_seqnum head, bool client_only, int64_t generation) {
  *parent = head;
  *seq = (ls_seqnum){head.global, head.client + 1, generation};
  if (client_only) return;
  parent->client = 0;
  *seq = (ls_seqnum){head.global + 1, 0, generation};
}

int64_t ls_seqnum_place(ls_seqnum seq) { return seq.global * (LS_SEQNUM_MAX_CLIENT + 1) + seq.client; }

ls_seqnum ls_seqnum_at_place(int64_t place, int64_t generation) {
  return (ls_seqnum){place >> CLIENT_BITS, place & LS_SEQNUM_MAX_CLIENT, generation};
}

bool ls_seqnum_in_range(ls_seqnum seq) {
  return seq.global >= 0 && seq.global <= LS_SEQNUM_MAX_GLOBAL && seq.client >= 0 &&
         seq.client <= LS_SEQNUM_MAX_CLIENT && seq.generation >= 0;
}

char *ls_seqnum_format(ls_seqnum seq, char *buf) {
  int n = snprintf(buf, LS_SEQNUM_TEXT, "e%lld", (long long)seq.global);
  if (seq.client) n += snprintf(buf + n, LS_SEQNUM_TEXT - (size_t)n, ".%lld", (long long)seq.client);
  if (seq.generation) snprintf(buf + n, LS_SEQNUM_TEXT - (size_t)n, "r%lld", (long long)seq.generation);
  return buf;
}

/* Reads digits at *at; false when there are none or too many. */
static bool read_count(int64_t *out, const char **at) {
  const char *p = *at;
  int64_t value = 0;
  for (; *p >= '0' && *p <= '9'; p++) {
    if (p - *at >= 18) return false;
    value = value * 10 + (*p - '0');
  }
  if (p == *at) return false;
  *at = p;
  *out = value;
  return true;
}

int ls_seqnum_parse(ls_seqnum *out, const char *text, ls_error *err) {
  if (text[0] != 'e') {
    return ls_fail(err, LS_EFORMAT, "\"%s\" is not a position: it must start with e, as in e5, e5.1 or e5.1r2", text);
  }
  ls_seqnum seq = {0, 0, 0};
  const char *at = text + 1;
  bool good = read_count(&seq.global, &at);
  if (good && *at == '.') good = (at++, read_count(&seq.client, &at));
  if (good && *at == 'r') good = (at++, read_count(&seq.generation, &at));
  if (!good || *at) {
    return ls_fail(err, LS_EFORMAT, "\"%s\" is not a position: a number is wrong at \"%s\" (expected e5, e5.1 or e5.1r2)",
                   text, at);
  }
  if (!ls_seqnum_in_range(seq)) return ls_fail(err, LS_ELIMIT, "\"%s\" is beyond the largest position", text);
  *out = seq;
  return LS_OK;
}
