/* uri - percent-encoding as URIs have it (RFC 3986, 2.1). */
#ifndef LS_SERVER_URI_H
#define LS_SERVER_URI_H

#include "base/bytes.h"
#include "livestore.h"

/* Append a text with its %xx undone.
 * LS_EARGS a % without two hexadecimal digits, %00, or what comes out is no UTF-8. Nothing was appended then. */
int ls_uri_decode(ls_bytes *out, const char *text, size_t size, ls_error *err);

#endif
