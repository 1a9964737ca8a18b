/* auth - who may do what: JSON Web Tokens (RFC 7519) checked against the one key that the server was given.
 *
 * The algorithm follows from the key, never from the token: HS256 from a secret, RS256 from an RSA key, ES256 from one of the
 * curve P-256. Claims:
 *
 *   "stores"  "*", or a list of store ids; one that ends in * stands for all that begin so
 *   "access"  "read" or "write" (which is both); absent: "read"
 *   "exp"     seconds since 1970, required; "nbf" is honoured
 *   "sub"     shown in the log */
#ifndef LS_SERVER_AUTH_H
#define LS_SERVER_AUTH_H

#include "base/bytes.h"
#include "server/hub.h"

typedef struct ls_auth ls_auth;

/* Read a key. One of the files is NULL.
 * LS_EARGS the key is too short, of another kind, or the file holds none. */
int ls_auth_open(ls_auth **out, const char *secret_file, const char *key_file, ls_error *err);
void ls_auth_close(ls_auth *auth); /* NULL is fine */
/* "HS256", "RS256" or "ES256". */
const char *ls_auth_algorithm(const ls_auth *auth);

typedef struct ls_admission {
  ls_grant grant;
  int64_t expires_ms; /* since 1970; 0: never */
  char subject[65];   /* empty: not said */
} ls_admission;

/* May the bearer of a token use a store? Returns 0, or the status of an HTTP answer that says why not, which *err does: 401
 * without a valid token, 403 with one that does not name the store.
 *   token  NUL-terminated; empty or NULL: none */
int ls_auth_admit(ls_admission *out, const ls_auth *auth, const char *token, const char *store_id, int64_t now_ms,
                  ls_error *err);

#endif
