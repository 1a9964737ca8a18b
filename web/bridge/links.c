/* Sessions in other places: messages between a session's side and its leader's. A message to be taken is the `rest` of
 * the result. */
#include "module.h"

int LS_EXPORT(ls_web_uplink_receive)(ls_web *web, ls_web_store *store, const void *message, size_t size);
int LS_EXPORT(ls_web_uplink_take)(ls_web *web, ls_web_store *store);
void LS_EXPORT(ls_web_uplink_lost)(ls_web_store *store);
int LS_EXPORT(ls_web_uplink_status)(ls_web *web, ls_web_store *store);
ls_downlink *LS_EXPORT(ls_web_downlink_open)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_downlink_receive)(ls_web *web, ls_downlink *downlink, const void *message, size_t size);
int LS_EXPORT(ls_web_downlink_take)(ls_web *web, ls_downlink *downlink);
void LS_EXPORT(ls_web_downlink_close)(ls_downlink *downlink);

int ls_web_uplink_receive(ls_web *web, ls_web_store *store, const void *message, size_t size) {
  return ls_uplink_receive(store->store, message, size, &web->err);
}

static int give_message(ls_web *web, int rc, const void *message, size_t size) {
  if (rc <= 0) return rc;
  web->result.rest = message;
  web->result.rest_size = size;
  return rc;
}

int ls_web_uplink_take(ls_web *web, ls_web_store *store) {
  const void *message = NULL;
  size_t size = 0;
  int rc = ls_uplink_take(&message, &size, store->store, &web->err);
  return give_message(web, rc, message, size);
}

void ls_web_uplink_lost(ls_web_store *store) { ls_uplink_lost(store->store); }

int ls_web_uplink_status(ls_web *web, ls_web_store *store) {
  ls_uplink_status status;
  int rc = ls_uplink_status_get(&status, store->store, &web->err);
  if (rc) return rc;
  ls_cells out = ls_web_take(web);
  ls_cells_int(&out, status.welcome);
  ls_cells_int(&out, (int64_t)status.unsaved);
  ls_cells_seqnum(&out, status.leader_head);
  ls_cells_error(&out, &status.error);
  return ls_web_give(web, &out, LS_OK);
}

ls_downlink *ls_web_downlink_open(ls_web *web, ls_web_store *store) {
  ls_downlink *downlink;
  return ls_downlink_open(&downlink, store->store, &web->err) ? NULL : downlink;
}

int ls_web_downlink_receive(ls_web *web, ls_downlink *downlink, const void *message, size_t size) {
  return ls_downlink_receive(downlink, message, size, &web->err);
}

int ls_web_downlink_take(ls_web *web, ls_downlink *downlink) {
  const void *message = NULL;
  size_t size = 0;
  int rc = ls_downlink_take(&message, &size, downlink, &web->err);
  return give_message(web, rc, message, size);
}

void ls_web_downlink_close(ls_downlink *downlink) { ls_downlink_close(downlink); }
