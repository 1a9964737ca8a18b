/* download - a file on its way to a client: piece by piece, whenever the socket takes more, and the loop is free for
 * others in between. What the file is, asset.h says. */
#ifndef LS_SERVER_DOWNLOAD_H
#define LS_SERVER_DOWNLOAD_H

#include "server/front.h"

#define LS_DOWNLOADS 128 /* at a time: each takes a descriptor and a piece of memory */

typedef struct ls_download ls_download;

/* Answer a GET or HEAD of a path with the file it means: 0, -1 to hang up, or the status of an answer that refuses. */
int ls_download_begin(ls_front *front, struct lws *wsi, const char *path, ls_error *err);
/* What libwebsockets tells of it: 0, or -1 to hang up. */
int ls_download_event(ls_download *download, enum lws_callback_reasons reason);

#endif
