/* fault_vfs - a VFS over SQLite's default one whose calls fail when a test wants them to, and that can lose what was
 * not synced, as a loss of power does. Files that the library itself reads and writes (snapshots) do not pass here. */
#ifndef LS_TESTS_SUPPORT_FAULT_VFS_H
#define LS_TESTS_SUPPORT_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Become the default VFS. Before the first store is opened. Syncs are not passed on, which makes tests much faster. */
void fault_vfs_install(void);

typedef enum fault_vfs_kind {
  FAULT_VFS_READ = 1,  /* read, size, access */
  FAULT_VFS_WRITE = 2, /* write, truncate, delete */
  FAULT_VFS_SYNC = 4,
  FAULT_VFS_OPEN = 8,
  FAULT_VFS_LOCK = 16, /* locks and shared memory */
  FAULT_VFS_ALL = 31
} fault_vfs_kind;

/* Let the k-th call of these kinds from now on (1 is the next one) fail with an I/O error; with `sticky`, all after it
 * too. Reading a size, deleting and unlocking fail as well; closing cannot. */
void fault_vfs_arm(long k, int kinds, bool sticky);
/* The device takes so many more bytes; then writes that make a file larger fail for want of room. */
void fault_vfs_arm_full(int64_t bytes);
/* No more failures. Did one happen since they were armed? */
bool fault_vfs_disarm(void);

/* Remember what is written, so that it can be lost. */
void fault_vfs_track(void);
/* Lose power: of what was written since a file's last sync, each write is kept or lost at random. Files may still be
 * open; afterwards their connections must not be used. The names of files are not affected. */
void fault_vfs_lose_power(uint64_t seed);

#endif
