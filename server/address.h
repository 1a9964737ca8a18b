/* address - where the server listens: ADDRESS:PORT, such as 127.0.0.1:8787, [::1]:8787, localhost:0 or :8787 (any address). */
#ifndef LS_SERVER_ADDRESS_H
#define LS_SERVER_ADDRESS_H

#include "livestore.h"

#define LS_ADDRESS_TEXT 64

typedef struct ls_listener {
  int fd;
  bool loopback;              /* only this machine can connect */
  char text[LS_ADDRESS_TEXT]; /* address and port as they are, e.g. "127.0.0.1:41233" */
} ls_listener;

/* Listen there. LS_EARGS the address; LS_EIO with the system's reason. Close the descriptor in the end. */
int ls_listener_open(ls_listener *out, const char *address, ls_error *err);

/* Who is at the other end of a connection, as text; "?" when that cannot be told. */
void ls_address_of_peer(char out[LS_ADDRESS_TEXT], int fd);

#endif
