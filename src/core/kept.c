#include "core/kept.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/snapshot.h"
#include "core/store.h"

#define FOLDER "snapshots"
#define ENDING ".db"
#define NAME_SIZE (sizeof FOLDER + LS_SEQNUM_TEXT + sizeof ENDING)
#define LEAST_BYTES (INT64_C(64) << 20)

static ls_seqnum place_of(ls_seqnum seq) { return (ls_seqnum){seq.global, seq.client, 0}; }

char *ls_kept_file(const char *path, ls_seqnum seq) {
  char name[NAME_SIZE], text[LS_SEQNUM_TEXT];
  snprintf(name, sizeof name, FOLDER "/%s" ENDING, ls_seqnum_format(place_of(seq), text));
  return ls_store_file(path, name);
}

/* ---------------------------------------------------------------------------------------------- */
/* Which there are */

typedef struct reader {
  ls_kept_list *list;
  ls_error *err;
} reader;

/* Files of other names are somebody else's. */
static bool read_name(ls_seqnum *out, const char *name) {
  char stem[LS_SEQNUM_TEXT], again[LS_SEQNUM_TEXT];
  size_t size = strlen(name), ending = sizeof ENDING - 1;
  if (size <= ending || size - ending >= sizeof stem || strcmp(name + size - ending, ENDING) != 0) return false;
  memcpy(stem, name, size - ending);
  stem[size - ending] = '\0';
  return ls_seqnum_parse(out, stem, NULL) == LS_OK && strcmp(stem, ls_seqnum_format(place_of(*out), again)) == 0;
}

static int add_name(void *user, const char *name) {
  reader *r = user;
  ls_kept_list *list = r->list;
  ls_kept kept = {.bytes = 0};
  if (!read_name(&kept.seq, name)) return LS_OK;
  if (list->n == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : LS_KEPT_MOST;
    ls_kept *items = ls_realloc(list->items, capacity * sizeof *items);
    if (!items) return ls_fail_nomem(r->err);
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->n++] = kept;
  return LS_OK;
}

static int by_place(const void *a, const void *b) {
  return ls_seqnum_compare(((const ls_kept *)a)->seq, ((const ls_kept *)b)->seq);
}

static int measure(ls_kept_list *list, const char *path, ls_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    char *file = ls_kept_file(path, list->items[i].seq);
    if (!file) return ls_fail_nomem(err);
    list->items[i].bytes = ls_port_file_size(file);
    ls_free(file);
  }
  return LS_OK;
}

int ls_kept_list_read(ls_kept_list *out, const char *path, ls_error *err) {
  ls_kept_list list = {0};
  ls_error local;
  reader r = {&list, err ? err : &local};
  char *folder = ls_store_file(path, FOLDER);
  int rc = folder ? ls_port_list_directory(folder, add_name, &r, r.err) : ls_fail_nomem(err);
  if (rc == LS_ENOTFOUND) rc = LS_OK;
  if (!rc && list.n) qsort(list.items, list.n, sizeof *list.items, by_place);
  if (!rc) rc = measure(&list, path, err);
  ls_free(folder);
  if (rc)
    ls_kept_list_fini(&list);
  else
    *out = list;
  return rc;
}

void ls_kept_list_fini(ls_kept_list *list) {
  ls_free(list->items);
  memset(list, 0, sizeof *list);
}

/* ---------------------------------------------------------------------------------------------- */
/* Removing */

int ls_kept_remove(const char *path, ls_seqnum seq, ls_error *err) {
  char *file = ls_kept_file(path, seq);
  int rc = file ? ls_port_remove_file(file, err) : ls_fail_nomem(err);
  ls_free(file);
  return rc;
}

int ls_kept_remove_after(const char *path, ls_seqnum seq, ls_error *err) {
  ls_kept_list list = {0};
  int rc = ls_kept_list_read(&list, path, err);
  for (size_t i = list.n; !rc && i > 0 && ls_seqnum_after(list.items[i - 1].seq, seq); i--) {
    rc = ls_kept_remove(path, list.items[i - 1].seq, err);
  }
  ls_kept_list_fini(&list);
  return rc;
}

/* How far the neighbours of a snapshot would be apart without it, in proportion to the age of the older one. */
static double worth(const ls_kept_list *list, size_t i) {
  double newest = (double)ls_seqnum_place(list->items[list->n - 1].seq);
  double before = i ? (double)ls_seqnum_place(list->items[i - 1].seq) : 0;
  return ((double)ls_seqnum_place(list->items[i + 1].seq) - before) / (newest - before);
}

/* The newest one goes last. */
static size_t least_worth(const ls_kept_list *list) {
  size_t least = 0;
  for (size_t i = 1; i + 1 < list->n; i++) {
    if (worth(list, i) < worth(list, least)) least = i;
  }
  return least;
}

static uint64_t total_bytes(const ls_kept_list *list) {
  uint64_t total = 0;
  for (size_t i = 0; i < list->n; i++) total += list->items[i].bytes;
  return total;
}

static uint64_t bytes_allowed(const ls_kept_list *list, int64_t most_bytes) {
  if (most_bytes) return (uint64_t)most_bytes;
  uint64_t four = list->n ? 4 * list->items[list->n - 1].bytes : 0;
  return four > LEAST_BYTES ? four : LEAST_BYTES;
}

static int thin_out(const char *path, int64_t most_bytes, ls_error *err) {
  ls_kept_list list = {0};
  int rc = ls_kept_list_read(&list, path, err);
  uint64_t allowed = bytes_allowed(&list, most_bytes);
  while (!rc && list.n && (list.n > LS_KEPT_MOST || total_bytes(&list) > allowed)) {
    size_t i = least_worth(&list);
    rc = ls_kept_remove(path, list.items[i].seq, err);
    memmove(list.items + i, list.items + i + 1, (--list.n - i) * sizeof *list.items);
  }
  ls_kept_list_fini(&list);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Keeping */

static int make_folder(const char *path, ls_error *err) {
  char *folder = ls_store_file(path, FOLDER);
  int rc = folder ? ls_port_make_directory(folder, err) : ls_fail_nomem(err);
  ls_free(folder);
  return rc;
}

int ls_kept_link(const char *path, ls_seqnum seq, const char *snapshot, int64_t most_bytes, ls_error *err) {
  char *file = ls_kept_file(path, seq);
  int rc = file ? make_folder(path, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_port_link_file(snapshot, file, err);
  if (!rc) rc = thin_out(path, most_bytes, err);
  ls_free(file);
  return rc;
}

int ls_kept_write(const char *path, ls_state *state, int64_t most_bytes, ls_error *err) {
  char *file = ls_kept_file(path, state->at.seq);
  int rc = file ? make_folder(path, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_snapshot_write(file, state, false, err);
  if (!rc) rc = thin_out(path, most_bytes, err);
  ls_free(file);
  return rc;
}
