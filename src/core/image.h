/* image - the bytes of a state's database: taken of one, and made one again. */
#ifndef LS_CORE_IMAGE_H
#define LS_CORE_IMAGE_H

#include <sqlite3.h>

#include "livestore.h"

/* Good until the database is written to or closed. Zero-initialize. */
typedef struct ls_image {
  const unsigned char *data;
  size_t size;
  unsigned char *own; /* to be freed; NULL when it is the database's own memory */
} ls_image;

/* The bytes of a database that is in no transaction. They are copied only if they do not lie in one piece. */
int ls_image_take(ls_image *out, sqlite3 *db, ls_error *err);
void ls_image_fini(ls_image *image);

/* Put a database, given by its bytes, into the place of an empty one in memory. LS_ENOTFOUND they are no database. */
int ls_image_put(sqlite3 *db, const void *data, size_t size, ls_error *err);

/* Copy one database into another, page by page. Gives SQLite's result code. */
int ls_image_copy(sqlite3 *to, sqlite3 *from);

/* Bytes that a database takes: of its file, or of memory. */
uint64_t ls_image_bytes(sqlite3 *db);

#endif
