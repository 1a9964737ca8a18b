/* Memory runs out at the k-th allocation of everything that a store does: for that one only, or from then on. */
#include "support/fault_alloc.h"
#include "support/fault_body.h"
#include "support/fault_vfs.h"

#define MOST 6 /* faults of each kind that an ordinary run makes in a body, about */

static void arm_once(long k) { fault_alloc_arm(k, false); }
static void arm_sticky(long k) { fault_alloc_arm(k, true); }
static bool no_memory(int code) { return code == LS_ENOMEM; }

int main(void) {
  static const fault_switch faults[] = {
      {"one allocation failed", arm_once, fault_alloc_disarm, no_memory},
      {"all allocations failed from one on", arm_sticky, fault_alloc_disarm, no_memory},
  };
  fault_alloc_install();
  fault_vfs_install();
  return fault_body_sweep_all(faults, sizeof faults / sizeof faults[0], MOST);
}
