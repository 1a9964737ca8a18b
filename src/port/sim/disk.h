/* disk - files in memory, what of them is synced, and faults. For port.c and vfs.c. */
#ifndef LS_PORT_SIM_DISK_H
#define LS_PORT_SIM_DISK_H

#include <stddef.h>

#include "base/bytes.h"
#include "port/sim/sim.h"

/* A write since the last sync. */
typedef struct ls_sim_write {
  struct ls_sim_write *next;
  size_t offset, size;
  bool truncates; /* to `offset`; no bytes then */
  unsigned char data[];
} ls_sim_write;

typedef struct ls_sim_file {
  struct ls_sim_file *next;     /* of the disk */
  struct ls_sim_file *replaced; /* what the name meant before, until the new file is synced */
  ls_sim_disk *disk;
  char *name;
  ls_bytes now, synced;
  ls_sim_write *oldest, **newest; /* unsynced */
  struct ls_sim_handle *handles;  /* open ones; vfs.c */
  bool removed;                   /* freed when the last handle is closed */
  void **shared;                  /* memory of the WAL's index */
  int n_shared;
} ls_sim_file;

typedef enum ls_sim_fault { LS_SIM_NO_FAULT, LS_SIM_FAULT, LS_SIM_FULL, LS_SIM_NOMEM } ls_sim_fault;

/* The disk of a path. NULL when memory ran out. */
ls_sim_disk *ls_sim_disk_of_path(const char *path);
/* May it be read, or written, now? Counts down to faults and to the stop. */
ls_sim_fault ls_sim_read(ls_sim_disk *disk);
ls_sim_fault ls_sim_write_one(ls_sim_disk *disk);

/* NULL when there is none. */
ls_sim_file *ls_sim_file_find(ls_sim_disk *disk, const char *path);
ls_sim_file *ls_sim_files(ls_sim_disk *disk); /* the first of all */
/* A new file of that name; `replacing` one of that name, or not there yet. NULL when memory ran out. */
ls_sim_file *ls_sim_file_new(ls_sim_disk *disk, const char *path);
/* Take its name away. */
void ls_sim_file_remove(ls_sim_file *file);
/* Free one that is removed and not open. */
void ls_sim_file_drop(ls_sim_file *file);
/* Give a file the place of the one at `path`, if any. It comes back when power is lost before a sync. */
ls_sim_fault ls_sim_file_rename(ls_sim_file *file, const char *path);
/* It does not come back. */
void ls_sim_file_keep_name(ls_sim_file *file);

/* What faults say was asked before. */
ls_sim_fault ls_sim_file_write(ls_sim_file *file, const void *data, size_t size, size_t offset);
ls_sim_fault ls_sim_file_truncate(ls_sim_file *file, size_t size);
ls_sim_fault ls_sim_file_sync(ls_sim_file *file);

int64_t ls_sim_monotonic_ms(void);
int64_t ls_sim_time_ms(void);

/* vfs.c: become SQLite's default VFS. */
bool ls_sim_vfs_install(void);

#endif
