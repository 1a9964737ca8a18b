/* authorizer - who may do what on the connection of a state; the rules are in database.h. */
#ifndef LS_CORE_AUTHORIZER_H
#define LS_CORE_AUTHORIZER_H

#include "core/database.h"

/* SQLite's authorizer callback; `user` is the ls_database. Says no according to its `access`, and why in `denied`. */
int ls_authorize(void *user, int action, const char *a, const char *b, const char *schema, const char *inside);

#endif
