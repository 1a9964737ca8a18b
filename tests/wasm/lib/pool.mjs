// Files in memory for a module in a test: the imports of src/port/wasm/host.h, clock and random numbers included.

/** @param memory gives the module's memory; @param files how many there are: more come as they are used up */
export const host = (memory, files = 16) => {
  const pool = Array.from({ length: files }, () => Buffer.alloc(0))
  const at = (pointer, size) => Buffer.from(memory().buffer, pointer, size)
  const resize = (file, size) => {
    const longer = Buffer.alloc(size)
    pool[file].copy(longer)
    pool[file] = longer
  }
  return {
    ls_host_time_ms: () => Date.now(),
    ls_host_monotonic_ms: () => performance.now(),
    ls_host_random: (pointer, size) => void crypto.getRandomValues(at(pointer, size)),
    ls_host_file_count: () => pool.length,
    ls_host_file_read: (file, pointer, size, offset) => pool[file].subarray(offset, offset + size).copy(at(pointer, size)),
    ls_host_file_write: (file, pointer, size, offset) => {
      if (offset + size > pool[file].length) resize(file, offset + size)
      at(pointer, size).copy(pool[file], offset)
      return 0
    },
    ls_host_file_truncate: (file, size) => (resize(file, size), 0),
    ls_host_file_flush: () => 0,
    ls_host_file_size: (file) => pool[file].length,
    ls_host_file_spare: (n) => {
      if (files > 0) while (n++ < 4) pool.push(Buffer.alloc(0))
    },
  }
}
