#include "server/auth.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "port/port.h"

enum {
  SECRET_BYTES = 32,     /* the least for HS256 (RFC 7518, 3.2) */
  RSA_BITS = 2048,       /* the least for RS256 (RFC 7518, 3.3) */
  TOKEN_BYTES = 16 << 10 /* what a token may take */
};

struct ls_auth {
  jwt_alg_t algorithm;
  ls_bytes key; /* the secret, or the PEM text */
};

/* ---------------------------------------------------------------------------------------------- */
/* The key */

/* Editors and `openssl rand -base64` end a file with a line feed that belongs to no secret. */
static int take_secret(ls_auth *auth, const char *path, ls_error *err) {
  if (auth->key.size > 0 && auth->key.data[auth->key.size - 1] == '\n') auth->key.size--;
  if (auth->key.size < SECRET_BYTES) {
    return ls_fail(err, LS_EARGS,
                   "%s: the secret has %zu bytes; HS256 needs %d or more, such as openssl rand -base64 48", path,
                   auth->key.size, SECRET_BYTES);
  }
  auth->algorithm = JWT_ALG_HS256;
  return LS_OK;
}

static bool is_p256(const EVP_PKEY *key) {
  char group[32] = "";
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
         strcmp(group, "prime256v1") == 0;
}

static int take_key_type(ls_auth *auth, const EVP_PKEY *key, const char *path, ls_error *err) {
  if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS)
    auth->algorithm = JWT_ALG_RS256;
  else if (EVP_PKEY_is_a(key, "EC") && is_p256(key))
    auth->algorithm = JWT_ALG_ES256;
  else
    return ls_fail(err, LS_EARGS, "%s: the key must be RSA of %d bits or more, or EC of the curve P-256", path,
                   RSA_BITS);
  return LS_OK;
}

static int take_public_key(ls_auth *auth, const char *path, ls_error *err) {
  BIO *text = BIO_new_mem_buf(auth->key.data, (int)auth->key.size);
  EVP_PKEY *key = text ? PEM_read_bio_PUBKEY(text, NULL, NULL, NULL) : NULL;
  int rc = key ? take_key_type(auth, key, path, err)
               : ls_fail(err, LS_EARGS, "%s: no public key in PEM (-----BEGIN PUBLIC KEY-----) is in there", path);
  EVP_PKEY_free(key);
  BIO_free(text);
  return rc;
}

int ls_auth_open(ls_auth **out, const char *secret_file, const char *key_file, ls_error *err) {
  ls_auth *auth = ls_calloc(1, sizeof *auth);
  if (!auth) return ls_fail_nomem(err);
  int rc = ls_port_read_file(&auth->key, secret_file ? secret_file : key_file, err);
  if (!rc && !ls_bytes_cstr(&auth->key)) rc = ls_fail_nomem(err);
  if (!rc) rc = secret_file ? take_secret(auth, secret_file, err) : take_public_key(auth, key_file, err);
  if (!rc)
    *out = auth;
  else
    ls_auth_close(auth);
  return rc;
}

void ls_auth_close(ls_auth *auth) {
  if (!auth) return;
  if (auth->key.data) OPENSSL_cleanse(auth->key.data, auth->key.size);
  ls_bytes_fini(&auth->key);
  ls_free(auth);
}

const char *ls_auth_algorithm(const ls_auth *auth) { return jwt_alg_str(auth->algorithm); }

/* ---------------------------------------------------------------------------------------------- */
/* The claims */

static int refuse(ls_error *err, int status, const char *why) {
  ls_fail(err, LS_EACCESS, "%s", why);
  return status;
}

/* A time of the claims in milliseconds: 1 there, 0 absent, -1 not a number. */
static int claim_time(int64_t *out, const ls_json *claims, const char *name) {
  uint32_t node = ls_json_get(claims, 0, name);
  if (!node) return 0;
  ls_json_number number;
  if (ls_json_type_of(claims, node) != LS_JSON_NUMBER || ls_json_number_of(&number, claims, node, NULL)) return -1;
  if (!(number.r >= 0 && number.r < 1e13)) return -1;
  *out = (int64_t)(number.r * 1000);
  return 1;
}

static int check_times(ls_admission *out, const ls_json *claims, int64_t now_ms, ls_error *err) {
  int64_t until = 0, from = 0;
  int has_until = claim_time(&until, claims, "exp");
  if (has_until == 0) return refuse(err, 401, "the token has no exp: it must say when it expires");
  if (has_until < 0 || claim_time(&from, claims, "nbf") < 0) {
    return refuse(err, 401, "the token's exp and nbf must be seconds since 1970");
  }
  if (now_ms >= until) return refuse(err, 401, "the token has expired");
  if (now_ms < from) return refuse(err, 401, "the token is not valid yet");
  out->expires_ms = until;
  return 0;
}

static bool matches(const char *pattern, size_t size, const char *store_id) {
  if (size > 0 && pattern[size - 1] == '*') return strncmp(pattern, store_id, size - 1) == 0;
  return strlen(store_id) == size && memcmp(pattern, store_id, size) == 0;
}

/* Store ids have no character that JSON escapes: a string with an escape names none. */
static bool names_store(const ls_json *claims, uint32_t node, const char *store_id) {
  if (ls_json_type_of(claims, node) != LS_JSON_STRING || claims->nodes[node].escaped) return false;
  return matches(claims->text + claims->nodes[node].start, claims->nodes[node].size, store_id);
}

static bool allows_store(const ls_json *claims, const char *store_id) {
  uint32_t stores = ls_json_get(claims, 0, "stores");
  if (!stores) return false;
  if (ls_json_type_of(claims, stores) != LS_JSON_ARRAY) return ls_json_equals(claims, stores, "*");
  for (uint32_t node = stores + 1; node < claims->nodes[stores].next; node = claims->nodes[node].next) {
    if (names_store(claims, node, store_id)) return true;
  }
  return false;
}

static int check_access(ls_admission *out, const ls_json *claims, ls_error *err) {
  uint32_t node = ls_json_get(claims, 0, "access");
  bool text = node && ls_json_type_of(claims, node) == LS_JSON_STRING;
  out->grant = (ls_grant){.read = true};
  if (!node || (text && ls_json_equals(claims, node, "read"))) return 0;
  if (!text || !ls_json_equals(claims, node, "write")) {
    return refuse(err, 403, "the token's access must be \"read\" or \"write\"");
  }
  out->grant.write = true;
  return 0;
}

static void take_subject(ls_admission *out, const ls_json *claims) {
  uint32_t node = ls_json_get(claims, 0, "sub");
  if (!node || ls_json_type_of(claims, node) != LS_JSON_STRING) return;
  ls_bytes text = {0};
  ls_json_string(&text, claims, node);
  const char *subject = ls_bytes_cstr(&text);
  if (subject) strncpy(out->subject, subject, sizeof out->subject - 1);
  ls_bytes_fini(&text);
}

static int read_claims(ls_admission *out, const char *text, const char *store_id, int64_t now_ms, ls_error *err) {
  ls_json claims = {0};
  ls_admission found = {.expires_ms = 0};
  int status = 0;
  if (ls_json_parse(&claims, text, strlen(text), NULL) || ls_json_type_of(&claims, 0) != LS_JSON_OBJECT)
    status = refuse(err, 401, "the token's claims are no JSON object");
  if (!status) status = check_times(&found, &claims, now_ms, err);
  if (!status && !allows_store(&claims, store_id)) {
    ls_fail(err, LS_EACCESS, "the token's stores do not name %s", store_id);
    status = 403;
  }
  if (!status) status = check_access(&found, &claims, err);
  if (!status) {
    take_subject(&found, &claims);
    *out = found;
  }
  ls_json_fini(&claims);
  return status;
}

/* What jwt_decode makes of an algorithm named by the token is worth nothing unless it is the key's own. */
static int verify(jwt_t **out, const ls_auth *auth, const char *token, ls_error *err) {
  int rc = jwt_decode(out, token, (const unsigned char *)auth->key.data, (int)auth->key.size);
  if (rc == ENOMEM) return ls_fail_nomem(err), 500;
  if (rc == 0 && jwt_get_alg(*out) == auth->algorithm) return 0;
  ls_fail(err, LS_EACCESS, "the token is not one that was signed with this server's key by %s", ls_auth_algorithm(auth));
  return 401;
}

int ls_auth_admit(ls_admission *out, const ls_auth *auth, const char *token, const char *store_id, int64_t now_ms,
                  ls_error *err) {
  jwt_t *jwt = NULL;
  if (!token || !*token) return refuse(err, 401, "a token is needed: authToken in the payload, or Authorization: Bearer");
  if (strlen(token) > TOKEN_BYTES) return refuse(err, 401, "the token is too long");
  int status = verify(&jwt, auth, token, err);
  char *claims = status ? NULL : jwt_get_grants_json(jwt, NULL);
  if (!status) {
    status = claims ? read_claims(out, claims, store_id, now_ms, err) : refuse(err, 401, "the token has no claims");
  }
  free(claims);
  if (jwt) jwt_free(jwt);
  return status;
}
