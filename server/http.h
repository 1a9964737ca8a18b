/* http - requests as libwebsockets tells of them: what is asked, and the answers that are pages or refusals. */
#ifndef LS_SERVER_HTTP_H
#define LS_SERVER_HTTP_H

#include "server/connection.h"

/* May a request to upgrade go on? As LWS_CALLBACK_HTTP_CONFIRM_UPGRADE asks: 0 yes, 1 it was answered, -1 hang up. The
 * connection that it made belongs to the wsi. */
int ls_http_upgrade(ls_front *front, struct lws *wsi);
/* Any other request, of which the head has arrived: 0, or -1 to hang up. */
int ls_http_serve(ls_front *front, struct lws *wsi);

/* The body of a request that was refused has been read and dropped: 0, or -1 to hang up. */
int ls_http_refused_read(struct lws *wsi);

/* Answer, and end the transaction: 0, or -1 to hang up. */
int ls_http_answer(ls_front *front, struct lws *wsi, int status, const char *type, const char *body, size_t size);

#endif
