/* websocket - a connection's frames, as libwebsockets tells of them. Text only; compression is not offered. */
#ifndef LS_SERVER_WEBSOCKET_H
#define LS_SERVER_WEBSOCKET_H

#include "server/connection.h"

/* Each returns what the callback of libwebsockets shall: non-zero closes the connection. */
int ls_websocket_opened(ls_connection *connection);
int ls_websocket_received(ls_connection *connection, const char *piece, size_t size);
int ls_websocket_writable(ls_connection *connection);

/* Write a small frame at once, when nothing waits in front of it: asking to be told when that can be done costs more system
 * calls than the write. False: it is to be queued. */
bool ls_websocket_write_now(ls_connection *connection, const char *frame, size_t size);
/* The client has sent a close frame: its code and reason, as they came. */
void ls_websocket_closing(ls_connection *connection, const unsigned char *body, size_t size);

#endif
