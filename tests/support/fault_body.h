/* fault_body - the things that a store does, one at a time, so that each can be made to fail at any point. */
#ifndef LS_TESTS_SUPPORT_FAULT_BODY_H
#define LS_TESTS_SUPPORT_FAULT_BODY_H

#include "support/fault_store.h"

typedef struct fault_body {
  const char *name;
  bool in_memory, state_in_file, closed, later; /* of the store: no directory; LS_STATE_FILE; not open yet; LATER */
  int64_t snapshot_events;
  int events;                                 /* in the store before it begins */
  void (*prepare)(fault_store *fs);           /* more of it; may be NULL */
  int (*run)(fault_store *fs, ls_error *err); /* with faults: 0 or what failed */
} fault_body;

extern const fault_body FAULT_BODIES[];
extern const size_t FAULT_BODIES_N;

/* The store in a directory (empty but for what this wrote) as a body wants it when it begins. */
void fault_body_prepare(fault_store *fs, const fault_body *body, const char *directory);

/* How the k-th thing is made to fail, and how that is switched off again; the latter says whether it did fail. */
typedef struct fault_switch {
  const char *name;
  void (*arm)(long k);
  bool (*disarm)(void);
  bool (*expected)(int code); /* may a body end with this code? */
} fault_switch;

/* Run each body with each fault: with the first, second … k-th thing failing until nothing fails any more, and check
 * the store after each. About `most` of the k are tried, a hundred times as many with SOAK in the environment (all of
 * them, for most bodies). Prints a line for each, and gives back what main returns. BODY in the environment is a part
 * of the names of the bodies to run. */
int fault_body_sweep_all(const fault_switch *faults, size_t n, long most);

#endif
