/* asset - a file of the web app that is served: which one a path means, and what its reader is told of it. It touches
 * no socket.
 *
 *   /                     index.html
 *   /assets/app-x1.js     that file; its twin app-x1.js.br or app-x1.js.gz where that is there and the client takes it
 *   /docs/                docs/index.html
 *   /a/route              when there is no such file: index.html, since the app itself knows its routes
 *   /a/missing.png        nothing: a name with a dot is a file's
 *
 * What begins with a dot is never given out, nor what is not below the directory: a path is taken apart at its slashes,
 * each part is opened in the directory of the one before, and symbolic links are not followed. */
#ifndef LS_SERVER_ASSET_H
#define LS_SERVER_ASSET_H

#include <stdbool.h>
#include <stdint.h>

#include "livestore.h"

typedef struct ls_asset {
  int fd;
  int64_t size;
  const char *type;     /* Content-Type */
  const char *cache;    /* Cache-Control */
  char tag[24];         /* ETag, in its quotes: another one as soon as the file is another one */
  const char *encoding; /* Content-Encoding, of a compressed twin; NULL: none */
  bool varies;          /* there is such a twin */
} ls_asset;

/* Is there an app in the directory? LS_EARGS when not. */
int ls_asset_check(const char *directory, ls_error *err);

/* Open what a path means, of which the %xx were undone.
 *   accept  the value of the client's header Accept-Encoding; "" when there is none
 * Returns 0, or the status of the answer: 404, or 503 when descriptors have run out. Close asset->fd in the end. */
int ls_asset_open(ls_asset *out, const char *directory, const char *path, const char *accept);

/* May a path be looked for at all? */
bool ls_asset_path_valid(const char *path);
/* Does a file of this path never change, because its name says what is in it: assets/NAME-XXXXXXXX.js? */
bool ls_asset_path_hashed(const char *path);
/* The Content-Type that the end of a name stands for. */
const char *ls_asset_type(const char *name);

/* Does the value of a header Accept-Encoding take an encoding (RFC 9110, 12.5.3)? */
bool ls_asset_takes(const char *accept_encoding, const char *encoding);
/* Does the value of a header If-None-Match name this tag (RFC 9110, 13.1.2)? */
bool ls_asset_tag_named(const char *if_none_match, const char *tag);

#endif
