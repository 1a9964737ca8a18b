/* url - where a server is: a ws, wss, http or https URL (RFC 3986) taken apart, and what a client asks for there
 * (docs/protocol.md).
 *
 *   wss://example.org:8443/sync?tenant=a      host example.org, port 8443, path /sync?tenant=a
 *   GET /sync?tenant=a&storeId=…&transport=ws&payload=…
 *
 * User names, fragments and characters that belong percent-encoded are refused. */
#ifndef LS_NET_URL_H
#define LS_NET_URL_H

#include "base/bytes.h"
#include "livestore.h"

typedef struct ls_url {
  bool tls, http;   /* wss or https; http or https */
  char *host;       /* as to be looked up: an IPv6 address without its brackets */
  char *authority;  /* for the Host header: host, and the port unless it is the scheme's own */
  char *target;     /* path and query, "/" at least */
  int port;
} ls_url;

/* Zero-initialize *out or use one that was freed. LS_EARGS says what is wrong with the text. */
int ls_url_parse(ls_url *out, const char *text, ls_error *err);
void ls_url_fini(ls_url *url);

/* Append what is asked for: the URL's path and query with those of the protocol.
 *   payload  JSON; NULL: none. It is encoded twice, as LiveStore's own peers do */
void ls_url_request(ls_bytes *out, const ls_url *url, const char *store_id, const char *payload);

#endif
