#include "core/snapshot.h"

#include "base/err.h"
#include "base/hash.h"
#include "port/port.h"

/*   offset  size  meaning
 *        0     8  "LSstate1"
 *        8     8  size of the image before the trailer, little-endian
 *       16    32  XXH3-128 of the image, hexadecimal */
enum { TRAILER_SIZE = 48, SIZE_AT = 8, HASH_AT = 16 };
static const char MAGIC[8] = {'L', 'S', 's', 't', 'a', 't', 'e', '1'};

static int make_trailer(char out[TRAILER_SIZE], const void *image, size_t size, ls_error *err) {
  ls_hash *hash = ls_hash_new();
  if (!hash) return ls_fail_nomem(err);
  char hex[33];
  ls_hash_add(hash, image, size);
  ls_hash_hex(hex, hash);
  ls_hash_free(hash);
  memcpy(out, MAGIC, sizeof MAGIC);
  for (int i = 0; i < 8; i++) out[SIZE_AT + i] = (char)((uint64_t)size >> (8 * i));
  memcpy(out + HASH_AT, hex, 32);
  return LS_OK;
}

int ls_snapshot_write(const char *file, ls_state *state, bool sync, ls_error *err) {
  ls_image image = {0};
  char trailer[TRAILER_SIZE];
  int rc = ls_state_image(&image, state, err);
  if (rc) return rc;
  rc = make_trailer(trailer, image.data, image.size, err);
  if (!rc) {
    const ls_port_part parts[] = {{image.data, image.size}, {trailer, sizeof trailer}};
    rc = ls_port_replace_file(file, parts, 2, sync, err);
  }
  ls_image_fini(&image);
  return rc;
}

int ls_snapshot_read(ls_state **out, const char *file, const ls_schema *schema, ls_notes *notes, ls_error *err) {
  ls_bytes content = {0};
  char trailer[TRAILER_SIZE];
  int rc = ls_port_read_file(&content, file, err);
  size_t size = content.size < TRAILER_SIZE ? 0 : content.size - TRAILER_SIZE;
  if (!rc && size) rc = make_trailer(trailer, content.data, size, err);
  if (!rc && (!size || memcmp(trailer, content.data + size, TRAILER_SIZE) != 0)) {
    rc = ls_fail(err, LS_ENOTFOUND, "%s: torn, or not a snapshot", file);
  }
  if (!rc) rc = ls_state_open_image(out, schema, content.data, size, notes, err);
  ls_bytes_fini(&content);
  return rc;
}
