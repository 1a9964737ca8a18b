#include "server/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum { BACKLOG = 4096 };

/* "[::1]:80" into "::1" and "80". */
static int split(char host[LS_ADDRESS_TEXT], char port[8], const char *address, ls_error *err) {
  const char *colon = strrchr(address, ':');
  size_t size = colon ? (size_t)(colon - address) : 0;
  if (size > 1 && address[0] == '[' && address[size - 1] == ']') {
    address++;
    size -= 2;
  } else if (colon && memchr(address, ':', size)) {
    colon = NULL; /* an IPv6 address without its brackets */
  }
  if (!colon || size >= LS_ADDRESS_TEXT || strlen(colon + 1) > 5 ||
      strspn(colon + 1, "0123456789") != strlen(colon + 1) || !colon[1] || atoi(colon + 1) > 65535) {
    return ls_fail(err, LS_EARGS, "\"%s\" is no ADDRESS:PORT, such as 127.0.0.1:8787 or [::1]:8787", address);
  }
  memcpy(host, address, size);
  host[size] = '\0';
  strcpy(port, colon + 1);
  return LS_OK;
}

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
  }
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static void format(char out[LS_ADDRESS_TEXT], const struct sockaddr *address, socklen_t size) {
  char host[INET6_ADDRSTRLEN], port[8];
  if (getnameinfo(address, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    strcpy(out, "?");
  else
    snprintf(out, LS_ADDRESS_TEXT, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int listen_at(ls_listener *out, const struct addrinfo *info) {
  int on = 1;
  int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_storage own;
  socklen_t size = sizeof own;
  if (bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, BACKLOG) ||
      getsockname(fd, (struct sockaddr *)&own, &size)) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
  }
  out->fd = fd;
  out->loopback = is_loopback((struct sockaddr *)&own);
  format(out->text, (struct sockaddr *)&own, size);
  return 0;
}

int ls_listener_open(ls_listener *out, const char *address, ls_error *err) {
  char host[LS_ADDRESS_TEXT], port[8];
  struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
  if (split(host, port, address, err)) return LS_EARGS;
  int reason = getaddrinfo(*host ? host : NULL, port, &hints, &found);
  if (reason) return ls_fail(err, LS_EARGS, "%s: %s", host, gai_strerror(reason));
  int rc = listen_at(out, found);
  if (rc) rc = ls_fail(err, LS_EIO, "listen on %s: %s", address, strerror(errno));
  freeaddrinfo(found);
  return rc;
}

void ls_address_of_peer(char out[LS_ADDRESS_TEXT], int fd) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (getpeername(fd, (struct sockaddr *)&peer, &size))
    strcpy(out, "?");
  else
    format(out, (struct sockaddr *)&peer, size);
}
