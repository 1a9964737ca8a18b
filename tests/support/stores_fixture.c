#include "support/stores_fixture.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/core.h"

ls_backend stores;

void stores_open(const char *directory) {
  ls_error err;
  assert_ok(ls_backend_sqlite_open(&stores, directory, &err), &err);
}

int stores_append(const char *store, int64_t parent, size_t n, ls_error *err) {
  ls_wire_event events[10];
  char args[10][40];
  for (size_t i = 0; i < n; i++) {
    int64_t seq = parent + 1 + (int64_t)i;
    snprintf(args[i], sizeof args[i], "{\"n\":%lld,\"of\":\"%.10s\"}", (long long)seq, store);
    events[i] = (ls_wire_event){.seq = seq,
                                .parent = seq - 1,
                                .name = "v1.Made",
                                .args = args[i],
                                .args_size = strlen(args[i]),
                                .client_id = "c",
                                .session_id = "s"};
  }
  return stores.append_if(stores.self, store, parent, events, n, STORES_NOW_MS, err);
}

ls_backend_head stores_head(const char *store) {
  ls_backend_head h;
  ls_error err;
  assert_ok(stores.head(stores.self, &h, store, &err), &err);
  return h;
}
