/* post - one request of the HTTP transport: a message comes as the body of a POST, and the array that answers it goes back. */
#ifndef LS_SERVER_POST_H
#define LS_SERVER_POST_H

#include "server/connection.h"

#define LS_POST_MS 10000 /* what one may take */

/* Can the body be taken? 0, or the status of the answer that refuses it: 411, 413. */
int ls_post_check(struct lws *wsi, int64_t limit, ls_error *err);

/* Each returns what the callback of libwebsockets shall. ls_post_writable ends the connection's request when it has
 * written the answer. */
int ls_post_received(ls_connection *connection, const char *piece, size_t size);
int ls_post_complete(ls_connection *connection);
int ls_post_writable(ls_connection *connection);
/* It takes too long: answer so. */
void ls_post_timeout(ls_connection *connection);

#endif
