#include "port/wasm/header.h"

#include <string.h>

#include "base/hash.h"

enum { FORMAT = 1, FORMAT_AT = 6, SEQUENCE_AT = 8, SIZE_AT = 16, NAME_AT = 20, SUM_SIZE = 8 };
static const char MAGIC[FORMAT_AT] = {'L', 'S', 'f', 'i', 'l', 'e'};

static void put_number(char *out, uint64_t value, int size) {
  for (int i = 0; i < size; i++) out[i] = (char)(value >> (8 * i));
}

static uint64_t get_number(const char *data, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; i++) value |= (uint64_t)(unsigned char)data[i] << (8 * i);
  return value;
}

size_t ls_header_write(char out[LS_HEADER_MOST], const char *name, uint64_t sequence) {
  size_t size = strlen(name), end = NAME_AT + size;
  memset(out, 0, NAME_AT);
  memcpy(out, MAGIC, sizeof MAGIC);
  out[FORMAT_AT] = FORMAT;
  put_number(out + SEQUENCE_AT, sequence, 8);
  put_number(out + SIZE_AT, size, 4);
  memcpy(out + NAME_AT, name, size);
  put_number(out + end, ls_hash64(out, end, 0), SUM_SIZE);
  return end + SUM_SIZE;
}

/* Is one half there and whole? Names of a later format may be longer than ours. */
static bool is_whole(const char *data, size_t room) {
  if (room < NAME_AT + SUM_SIZE || memcmp(data, MAGIC, sizeof MAGIC) != 0) return false;
  size_t size = (size_t)get_number(data + SIZE_AT, 4);
  if (size > room - NAME_AT - SUM_SIZE) return false;
  return get_number(data + NAME_AT + size, SUM_SIZE) == ls_hash64(data, NAME_AT + size, 0);
}

static void read_half(ls_header *out, const char *data, int half) {
  size_t size = (size_t)get_number(data + SIZE_AT, 4);
  out->sequence = get_number(data + SEQUENCE_AT, 8);
  out->half = half;
  out->foreign = data[FORMAT_AT] != FORMAT || size > LS_HEADER_NAME;
  out->name[0] = '\0';
  if (out->foreign) return;
  memcpy(out->name, data + NAME_AT, size);
  out->name[size] = '\0';
}

void ls_header_read(ls_header *out, const char *data, size_t size) {
  *out = (ls_header){.half = 1}; /* so that the first one written goes to the beginning */
  for (int half = 0; half < 2; half++) {
    size_t from = (size_t)half * LS_HEADER_HALF;
    size_t room = size > from ? size - from : 0;
    if (room > LS_HEADER_HALF) room = LS_HEADER_HALF;
    if (!is_whole(data + from, room)) continue;
    if (!out->sequence || get_number(data + from + SEQUENCE_AT, 8) > out->sequence) read_half(out, data + from, half);
  }
}
