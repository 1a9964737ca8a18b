/* hub_room - stores in memory: as long as somebody is there, something is taken in, or it is one of the last that were
 * left. */
#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "server/hub_internal.h"
#include "server/iso_time.h"

#define MOST_IDLE 1024
#define ID_SIZE 128
#define KEEP_BYTES (64 << 10) /* of memory for fresh events, between rounds */

bool ls_store_id_valid(const char *store_id) {
  static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  size_t size = strspn(store_id, LETTERS);
  return size >= 1 && size <= ID_SIZE && store_id[size] == '\0';
}

static uint64_t hash_of(const char *store_id) { return ls_hash64(store_id, strlen(store_id), 0); }

ls_room *ls_room_find(const ls_hub *hub, const char *store_id) {
  ls_link *link = ls_chains_first(&hub->rooms, hash_of(store_id));
  for (; link; link = ls_chains_next(link)) {
    ls_room *room = LS_RING_OWNER(link, ls_room, link);
    if (strcmp(room->store_id, store_id) == 0) return room;
  }
  return NULL;
}

static void free_room(ls_hub *hub, ls_room *room) {
  ls_chains_remove(&hub->rooms, &room->link);
  ls_bytes_fini(&room->fresh);
  ls_free(room->index);
  ls_free(room->store_id);
  ls_free(room);
}

int ls_room_reload(ls_hub *hub, ls_room *room, ls_error *err) {
  int rc = hub->backend->head(hub->backend->self, &room->durable, room->store_id, err);
  if (rc) return rc;
  room->head = room->durable.head;
  room->events = room->durable.events;
  return LS_OK;
}

static int add_room(ls_room **out, ls_hub *hub, const char *store_id, ls_error *err) {
  ls_room *room = ls_calloc(1, sizeof *room);
  if (!room) return ls_fail_nomem(err);
  ls_ring_init(&room->round);
  ls_ring_init(&room->idle);
  ls_ring_init(&room->live);
  room->store_id = ls_strdup(store_id);
  int rc = room->store_id ? ls_room_reload(hub, room, err) : ls_fail_nomem(err);
  if (!rc && !ls_chains_add(&hub->rooms, &room->link, hash_of(store_id))) rc = ls_fail_nomem(err);
  if (rc)
    free_room(hub, room);
  else
    *out = room;
  return rc;
}

int ls_room_enter(ls_room **out, ls_hub *hub, const char *store_id, ls_error *err) {
  ls_room *room = ls_room_find(hub, store_id);
  int rc = room ? LS_OK : add_room(&room, hub, store_id, err);
  if (rc) return rc;
  if (!ls_ring_empty(&room->idle)) {
    ls_ring_remove(&room->idle);
    hub->n_idle--;
  }
  room->n_peers++;
  *out = room;
  return LS_OK;
}

void ls_room_free_idle(ls_hub *hub, size_t most) {
  while (hub->n_idle > most) {
    ls_room *room = LS_RING_OWNER(hub->idle_rooms.after, ls_room, idle);
    ls_ring_remove(&room->idle);
    hub->n_idle--;
    free_room(hub, room);
  }
}

/* A round holds its rooms as a peer does. */
void ls_room_leave(ls_hub *hub, ls_room *room) {
  if (--room->n_peers > 0) return;
  ls_ring_push(&hub->idle_rooms, &room->idle);
  hub->n_idle++;
  ls_room_free_idle(hub, MOST_IDLE);
}

/* ---------------------------------------------------------------------------------------------- */
/* Fresh events */

static bool reserve(ls_room *room, size_t more) {
  size_t wanted = room->n_fresh + more;
  if (wanted <= room->capacity_fresh) return true;
  if (wanted < room->capacity_fresh * 2) wanted = room->capacity_fresh * 2;
  ls_fresh_event *grown = ls_realloc(room->index, wanted * sizeof *grown);
  if (!grown) return false;
  room->index = grown;
  room->capacity_fresh = wanted;
  return true;
}

static void add_one(ls_room *room, ls_wire_event event, const char *created_at) {
  bool first = room->n_fresh == 0;
  size_t start = room->fresh.size + !first;
  event.created_at = created_at;
  ls_wire_chunk_event(&room->fresh, &event, first);
  room->index[room->n_fresh++] = (ls_fresh_event){event.seq, start, room->fresh.size};
}

bool ls_room_add_fresh(ls_room *room, const ls_wire_event *events, size_t n, int64_t created_at_ms) {
  char created_at[LS_ISO_TIME];
  size_t before = room->n_fresh;
  if (!reserve(room, n)) return false;
  ls_iso_time(created_at, created_at_ms);
  for (size_t i = 0; i < n; i++) add_one(room, events[i], created_at);
  if (ls_bytes_ok(&room->fresh)) return true;
  ls_room_cut_fresh(room, before);
  return false;
}

void ls_room_cut_fresh(ls_room *room, size_t n) {
  if (n > 0) {
    room->fresh.size = room->index[n - 1].end;
    room->fresh.failed = false;
  } else if (room->fresh.capacity > KEEP_BYTES) {
    ls_bytes_fini(&room->fresh);
  } else {
    ls_bytes_clear(&room->fresh);
  }
  room->n_fresh = n;
}
