/* sim - a system that is simulated: disks in memory, a clock that is set, random numbers from a seed. Linked instead of
 * port/posix, with a VFS for SQLite over the same disks; one process holds any number of machines, each with its disk.
 *
 * A path's first part names the disk: "c1/store/log.db" lies on disk c1. Directories need not be made.
 *
 * A disk outlives the programs that use it. It can
 *   stop    everything fails from then on, as nothing happens any more in a program that was killed: close what is open,
 *           then start the disk again. It stops at once, or at the k-th write, so that a crash can come at any step
 *   lose    what was not synced: of each file's writes since its last sync, some are kept, some cut short, some lost
 *   be full, or fail once
 *
 * One simulation at a time: the port's functions have no argument that could tell one from another. */
#ifndef LS_PORT_SIM_SIM_H
#define LS_PORT_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_sim_disk ls_sim_disk;

/* Begin anew: no disks, the clock at 0, random numbers from `seed`. Nothing may be open. False when memory ran out. */
bool ls_sim_begin(uint64_t seed);
/* Free all. */
void ls_sim_end(void);

/* The next random number. */
uint64_t ls_sim_random(void);
/* What ls_port_monotonic_ms and ls_port_time_ms give from here on. */
void ls_sim_clock_set(int64_t monotonic_ms, int64_t time_ms);

/* The disk of a name, made when there is none; NULL when memory ran out. */
ls_sim_disk *ls_sim_disk_of(const char *name);

/* Stop at the k-th write from now on, which is not done; 0: at once. Truncating, syncing, renaming and removing are
 * writes too. */
void ls_sim_disk_stop(ls_sim_disk *disk, uint64_t k);
bool ls_sim_disk_is_stopped(const ls_sim_disk *disk);
/* Start it, with faults cleared. Nothing of it may be open. */
void ls_sim_disk_start(ls_sim_disk *disk);
/* Lose what was not synced. Nothing of it may be open. */
void ls_sim_disk_lose(ls_sim_disk *disk);
/* Remove all files. Nothing of it may be open. */
void ls_sim_disk_wipe(ls_sim_disk *disk);

/* It takes so many more bytes; negative: no limit. */
void ls_sim_disk_set_room(ls_sim_disk *disk, int64_t bytes);
/* The k-th read or write from now on fails, once; 0: none does. */
void ls_sim_disk_set_fault(ls_sim_disk *disk, uint64_t k);

#endif
