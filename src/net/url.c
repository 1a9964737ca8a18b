#include "net/url.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"

typedef struct url_scheme {
  const char *name;
  bool tls, http;
  int port;
} url_scheme;

static const url_scheme SCHEMES[] = {
    {"ws", false, false, 80}, {"wss", true, false, 443}, {"http", false, true, 80}, {"https", true, true, 443}};

/* What is between two places of the text. */
typedef struct span {
  const char *at;
  size_t size;
} span;

static int fail(ls_error *err, const char *text, const char *what) {
  return ls_fail(err, LS_EARGS, "the URL \"%s\" %s", text, what);
}

static const url_scheme *scheme_of(const char *text, const char **rest) {
  for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
    size_t size = strlen(SCHEMES[i].name);
    if (strncasecmp(text, SCHEMES[i].name, size) != 0 || strncmp(text + size, "://", 3) != 0) continue;
    *rest = text + size + 3;
    return &SCHEMES[i];
  }
  return NULL;
}

static int check_characters(const char *text, ls_error *err) {
  for (const char *c = text; *c; c++) {
    if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c)) return fail(err, text, "has a character that must be percent-encoded");
  }
  return LS_OK;
}

static int parse_port(int *port, const char *text, span digits, ls_error *err) {
  long value = 0;
  for (size_t i = 0; i < digits.size; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9' || value > 65535) return fail(err, text, "has no port between 1 and 65535 behind its host");
    value = 10 * value + (digits.at[i] - '0');
  }
  if (digits.size && (value < 1 || value > 65535)) return fail(err, text, "has no port between 1 and 65535 behind its host");
  if (digits.size) *port = (int)value;
  return LS_OK;
}

/* host[:port] or [ipv6][:port] */
static int split_authority(span *host, span *port, const char *text, span all, ls_error *err) {
  const char *end = all.at + all.size, *colon;
  if (memchr(all.at, '@', all.size)) return fail(err, text, "names a user: give a token instead");
  if (all.size && all.at[0] == '[') {
    const char *bracket = memchr(all.at, ']', all.size);
    if (!bracket) return fail(err, text, "has an IPv6 address without its ]");
    *host = (span){all.at + 1, (size_t)(bracket - all.at - 1)};
    colon = bracket + 1;
    if (colon < end && *colon != ':') return fail(err, text, "has something else than a port behind its host");
  } else {
    colon = memchr(all.at, ':', all.size);
    if (!colon) colon = end;
    *host = (span){all.at, (size_t)(colon - all.at)};
  }
  if (host->size == 0) return fail(err, text, "names no host");
  *port = colon < end ? (span){colon + 1, (size_t)(end - colon - 1)} : (span){end, 0};
  return LS_OK;
}

/* Those are the library's to say. */
static bool names_parameter(const char *query, const char *name) {
  size_t size = strlen(name);
  for (const char *at = query; at; at = strchr(at, '&')) {
    at++;
    if (strncmp(at, name, size) == 0 && (at[size] == '=' || at[size] == '&' || at[size] == '\0')) return true;
  }
  return false;
}

static int check_query(const char *text, ls_error *err) {
  static const char *const ours[] = {"storeId", "transport", "payload"};
  const char *query = strchr(text, '?');
  for (size_t i = 0; query && i < sizeof ours / sizeof *ours; i++) {
    if (names_parameter(query, ours[i]))
      return ls_fail(err, LS_EARGS, "the URL \"%s\" has a parameter %s: it is added by the library, leave it out", text, ours[i]);
  }
  return LS_OK;
}

static char *print_authority(const url_scheme *scheme, span host, int port) {
  ls_bytes out = {0};
  bool ipv6 = memchr(host.at, ':', host.size) != NULL;
  ls_bytes_printf(&out, ipv6 ? "[%.*s]" : "%.*s", (int)host.size, host.at);
  if (port != scheme->port) ls_bytes_printf(&out, ":%d", port);
  char *text = ls_bytes_cstr(&out);
  if (!text) ls_bytes_fini(&out);
  return text;
}

static char *print_target(const char *rest) {
  ls_bytes out = {0};
  if (*rest != '/') ls_bytes_byte(&out, '/');
  ls_bytes_append(&out, rest, strlen(rest));
  char *text = ls_bytes_cstr(&out);
  if (!text) ls_bytes_fini(&out);
  return text;
}

int ls_url_parse(ls_url *out, const char *text, ls_error *err) {
  const char *rest;
  span host = {NULL, 0}, port = {NULL, 0};
  const url_scheme *scheme = scheme_of(text, &rest);
  if (!scheme) return fail(err, text, "does not begin with ws://, wss://, http:// or https://");
  if (strchr(text, '#')) return fail(err, text, "has a fragment (#…): leave it out");
  size_t size = strcspn(rest, "/?");
  int rc = split_authority(&host, &port, text, (span){rest, size}, err);
  if (!rc) rc = check_characters(text, err);
  if (!rc) rc = check_query(rest + size, err);
  int number = scheme->port;
  if (!rc) rc = parse_port(&number, text, port, err);
  if (rc) return rc;
  ls_url url = {.tls = scheme->tls, .http = scheme->http, .port = number};
  url.host = ls_strndup(host.at, host.size);
  url.authority = print_authority(scheme, host, number);
  url.target = print_target(rest + size);
  if (!url.host || !url.authority || !url.target) {
    ls_url_fini(&url);
    return ls_fail_nomem(err);
  }
  *out = url;
  return LS_OK;
}

void ls_url_fini(ls_url *url) {
  ls_free(url->host);
  ls_free(url->authority);
  ls_free(url->target);
  *url = (ls_url){0};
}

/* ---------------------------------------------------------------------------------------------- */

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.!~*'()", c));
}

/* As encodeURIComponent of ECMAScript, `times` over: the second time around only the % of the first are encoded. */
static void put_encoded(ls_bytes *out, const char *text, int times) {
  for (; *text; text++) {
    if (is_plain(*text))
      ls_bytes_byte(out, *text);
    else
      ls_bytes_printf(out, times == 2 ? "%%25%02X" : "%%%02X", (unsigned)(unsigned char)*text);
  }
}

void ls_url_request(ls_bytes *out, const ls_url *url, const char *store_id, const char *payload) {
  size_t size = strlen(url->target);
  const char *query = strchr(url->target, '?');
  bool joined = query && (query[1] == '\0' || url->target[size - 1] == '&');
  ls_bytes_append(out, url->target, size);
  if (!joined) ls_bytes_byte(out, query ? '&' : '?');
  ls_bytes_text(out, "storeId=");
  put_encoded(out, store_id, 1);
  ls_bytes_printf(out, "&transport=%s", url->http ? "http" : "ws");
  if (!payload) return;
  ls_bytes_text(out, "&payload=");
  put_encoded(out, payload, 2);
}
