#include "server/asset.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 256, HASH_CHARS = 8 };

static const char INDEX[] = "/index.html";
static const char REVALIDATE[] = "no-cache";
static const char FOREVER[] = "public, max-age=31536000, immutable";

/* ---------------------------------------------------------------------------------------------- */
/* What a name says */

static bool ends_in(const char *name, const char *end) {
  size_t n = strlen(name), m = strlen(end);
  return n > m && strcasecmp(name + n - m, end) == 0;
}

static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

const char *ls_asset_type(const char *name) {
  static const struct {
    const char *end, *type;
  } types[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".wasm", "application/wasm"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".txt", "text/plain; charset=utf-8"},
      {".xml", "application/xml"},
      {".pdf", "application/pdf"},
      {".gz", "application/gzip"},
      {".br", "application/x-brotli"},
  };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (ends_in(name, types[i].end)) return types[i].type;
  }
  return "application/octet-stream";
}

/* Letters of one case only are a word. */
static bool looks_like_hash(const char *text, size_t size) {
  bool mark = false;
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (!isalnum(c) && c != '-' && c != '_') return false;
    mark = mark || !islower(c);
  }
  return mark;
}

bool ls_asset_path_hashed(const char *path) {
  const char *name = last_name(path), *dot = strchr(name, '.');
  if (!strstr(path, "/assets/") || !dot || dot - name <= HASH_CHARS) return false;
  return dot[-HASH_CHARS - 1] == '-' && looks_like_hash(dot - HASH_CHARS, HASH_CHARS);
}

bool ls_asset_path_valid(const char *path) {
  if (path[0] != '/' || strlen(path) >= PATH_BYTES) return false;
  for (const char *c = path; *c; c++) {
    if (*c == '\\' || (unsigned char)*c < ' ' || *c == 0x7f) return false;
    if (c[0] == '/' && (c[1] == '.' || c[1] == '/')) return false;
  }
  return true;
}

/* ---------------------------------------------------------------------------------------------- */
/* What headers say */

static size_t skip_blanks(const char *text) { return strspn(text, " \t"); }

/* The weight of an element, "; q=0.5": false when it is 0, which refuses. */
static bool has_weight(const char *element, size_t size) {
  const char *q = memchr(element, ';', size);
  if (!q) return true;
  q += 1 + skip_blanks(q + 1);
  if (strncasecmp(q, "q=0", 3) != 0) return true;
  q += 3;
  q += strspn(q, ".0");
  return q < element + size && isdigit((unsigned char)*q);
}

bool ls_asset_takes(const char *accept, const char *encoding) {
  bool any = false;
  while (*accept) {
    accept += skip_blanks(accept);
    size_t size = strcspn(accept, ","), name = strcspn(accept, ",; \t");
    bool takes = has_weight(accept, size);
    if (name == strlen(encoding) && strncasecmp(accept, encoding, name) == 0) return takes;
    if (name == 1 && *accept == '*') any = takes;
    accept += size;
    if (*accept == ',') accept++;
  }
  return any;
}

bool ls_asset_tag_named(const char *tags, const char *tag) {
  size_t length = strlen(tag);
  while (*tags) {
    tags += strspn(tags, " \t,");
    if (*tags == '*') return true;
    if (strncmp(tags, "W/", 2) == 0) tags += 2;
    if (strncmp(tags, tag, length) == 0) return true;
    tags += strcspn(tags, ",");
  }
  return false;
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening */

/* -1 with errno when it is not there, or is no regular file. */
static int open_regular(int directory, const char *name, struct stat *out) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstat(fd, out) == 0 && S_ISREG(out->st_mode)) return fd;
  close(fd);
  errno = ENOENT;
  return -1;
}

static void close_keeping_errno(int fd) {
  int reason = errno;
  close(fd);
  errno = reason;
}

/* Open the directory that the last name of a path is in, part after part. */
static int open_directory(const char *directory, const char *path) {
  char part[NAME_BYTES];
  int at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const char *slash; at >= 0 && (slash = strchr(path + 1, '/')); path = slash) {
    size_t size = (size_t)(slash - path - 1);
    errno = ENAMETOOLONG;
    int next = -1;
    if (size < sizeof part) {
      memcpy(part, path + 1, size);
      part[size] = '\0';
      next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    close_keeping_errno(at);
    at = next;
  }
  return at;
}

/* Of the inode's own time, since a file's may be set back; of a server that is deployed with all times alike, too. */
static void write_tag(char out[24], const struct stat *info) {
  int64_t parts[] = {(int64_t)info->st_ino, info->st_size,        info->st_mtim.tv_sec,
                     info->st_mtim.tv_nsec, info->st_ctim.tv_sec, info->st_ctim.tv_nsec};
  snprintf(out, 24, "\"%016llx\"", (unsigned long long)ls_hash64(parts, sizeof parts, 0));
}

static bool is_older(const struct stat *a, const struct stat *b) {
  if (a->st_mtim.tv_sec != b->st_mtim.tv_sec) return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
  return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* Open a compressed twin. One that is older than the file was made of another. */
static int open_twin(struct stat *out, int directory, const char *name, const char *end, const struct stat *info) {
  char twin[NAME_BYTES + 4];
  snprintf(twin, sizeof twin, "%s%s", name, end);
  int fd = open_regular(directory, twin, out);
  if (fd < 0 || !is_older(out, info)) return fd;
  close(fd);
  return -1;
}

/* Take the smallest twin that the client takes in its place. */
static void take_twin(ls_asset *asset, struct stat *info, int directory, const char *name, const char *accept) {
  static const char *const twins[][2] = {{"br", ".br"}, {"gzip", ".gz"}};
  struct stat twin;
  if (strlen(name) >= NAME_BYTES || ends_in(name, ".br") || ends_in(name, ".gz")) return;
  for (size_t i = 0; !asset->encoding && i < sizeof twins / sizeof *twins; i++) {
    int fd = open_twin(&twin, directory, name, twins[i][1], info);
    if (fd < 0) continue;
    bool taken = ls_asset_takes(accept, twins[i][0]);
    asset->varies = true;
    close(taken ? asset->fd : fd);
    if (!taken) continue;
    asset->encoding = twins[i][0];
    asset->fd = fd;
    *info = twin;
  }
}

static int open_file(ls_asset *out, const char *root, const char *path, const char *accept) {
  const char *name = last_name(path);
  struct stat info;
  int directory = open_directory(root, path);
  if (directory < 0) return -1;
  *out = (ls_asset){.fd = open_regular(directory, name, &info)};
  if (out->fd >= 0) {
    take_twin(out, &info, directory, name, accept);
    out->size = info.st_size;
    out->type = ls_asset_type(name);
    out->cache = ls_asset_path_hashed(path) ? FOREVER : REVALIDATE;
    write_tag(out->tag, &info);
  }
  close_keeping_errno(directory);
  return out->fd < 0 ? -1 : 0;
}

static bool out_of_descriptors(void) { return errno == EMFILE || errno == ENFILE || errno == ENOMEM; }

int ls_asset_open(ls_asset *out, const char *root, const char *path, const char *accept) {
  char index[PATH_BYTES + sizeof INDEX];
  if (!ls_asset_path_valid(path)) return 404;
  const char *name = last_name(path);
  if (*name && open_file(out, root, path, accept) == 0) return 0;
  if (*name && (out_of_descriptors() || strchr(name, '.'))) return out_of_descriptors() ? 503 : 404;
  snprintf(index, sizeof index, "%.*s%s", *name ? 0 : (int)strlen(path) - 1, path, INDEX);
  if (open_file(out, root, index, accept) == 0) return 0;
  if (!out_of_descriptors() && open_file(out, root, INDEX, accept) == 0) return 0;
  return out_of_descriptors() ? 503 : 404;
}

int ls_asset_check(const char *directory, ls_error *err) {
  ls_asset asset;
  if (open_file(&asset, directory, INDEX, "")) {
    return ls_fail(err, LS_EARGS, "--app %s: its index.html cannot be read: %s", directory, strerror(errno));
  }
  close(asset.fd);
  return LS_OK;
}
