/* utf8 - the table of well-formed byte sequences, RFC 3629 section 4:
 *
 *   00..7F
 *   C2..DF 80..BF
 *   E0     A0..BF 80..BF      (no overlong forms)
 *   E1..EC 80..BF 80..BF
 *   ED     80..9F 80..BF      (no surrogates)
 *   EE..EF 80..BF 80..BF
 *   F0     90..BF 80..BF 80..BF
 *   F1..F3 80..BF 80..BF 80..BF
 *   F4     80..8F 80..BF 80..BF   (at most U+10FFFF) */
#include "base/utf8.h"

#include <string.h>

static bool is_tail(unsigned char byte) { return (byte & 0xc0) == 0x80; }

/* The second byte is the only one whose range depends on the first. */
static bool is_second(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return is_tail(second);
  }
}

static size_t length_of_first(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

size_t ls_utf8_length(const char *data, size_t size) {
  if (size == 0) return 0;
  const unsigned char *byte = (const unsigned char *)data;
  size_t length = length_of_first(byte[0]);
  if (length > size) return 0;
  if (length > 1 && !is_second(byte[0], byte[1])) return 0;
  for (size_t i = 2; i < length; i++) {
    if (!is_tail(byte[i])) return 0;
  }
  return length;
}

/* Bytes of ASCII at the start of data, eight at a time; a few may be left for the caller. */
static size_t skip_ascii(const char *data, size_t size) {
  size_t at = 0;
  for (; size - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, data + at, sizeof word);
    if (word & UINT64_C(0x8080808080808080)) break;
  }
  return at;
}

bool ls_utf8_valid(const char *data, size_t size) {
  size_t at = size ? skip_ascii(data, size) : 0;
  while (at < size) {
    size_t length = ls_utf8_length(data + at, size - at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

size_t ls_utf8_encode(char *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  static const unsigned char FIRST[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = (char)(FIRST[length] | code);
  return length;
}

size_t ls_utf8_count(const char *data, size_t size) {
  size_t count = 0;
  for (size_t at = 0; at < size; count++) {
    size_t length = ls_utf8_length(data + at, size - at);
    at += length ? length : 1;
  }
  return count;
}
