/* zlib - as much as the command uses of it to read files that may be packed. The host unpacks them (gzip.c). */
#ifndef WASM_SCENARIO_ZLIB_H
#define WASM_SCENARIO_ZLIB_H

#include <sys/types.h>

enum { Z_OK = 0, Z_ERRNO = -1, Z_DATA_ERROR = -3, Z_BUF_ERROR = -5 };

typedef struct gzip_file *gzFile;

gzFile gzdopen(int fd, const char *mode);
int gzbuffer(gzFile file, unsigned size);
int gzread(gzFile file, void *out, unsigned size);
const char *gzerror(gzFile file, int *code);
off_t gzoffset(gzFile file);
int gzclose(gzFile file);

#endif
