#include "display.h"

#include <stdio.h>
#include <string.h>

typedef struct range {
  uint32_t first, last;
} range;

static const range NO_WIDTH[] = {
    {0x300, 0x36f},   {0x483, 0x489},     {0x591, 0x5bd},     {0x610, 0x61a},     {0x64b, 0x65f},   {0x6d6, 0x6dc},
    {0x900, 0x902},   {0x93c, 0x93c},     {0x941, 0x948},     {0xe34, 0xe3a},     {0xe47, 0xe4e},   {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200f},   {0x2060, 0x2064},   {0x20d0, 0x20ff},   {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0020, 0xe007f}, {0xe0100, 0xe01ef},
};

static const range WIDE[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},
    {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},
    {0x26f2, 0x26f5},   {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f1e6, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool is_in(const range *ranges, size_t n, uint32_t code) {
  size_t low = 0;
  while (n > 0) {
    size_t half = n / 2;
    if (ranges[low + half].last < code) {
      low += half + 1;
      n -= half + 1;
    } else {
      if (code >= ranges[low + half].first && code <= ranges[low + half].last) return true;
      n = half;
    }
  }
  return false;
}

static size_t width_of(uint32_t code) {
  if (code < 0x300) return 1;
  if (is_in(NO_WIDTH, sizeof NO_WIDTH / sizeof *NO_WIDTH, code)) return 0;
  return is_in(WIDE, sizeof WIDE / sizeof *WIDE, code) ? 2 : 1;
}

size_t cli_utf8_read(uint32_t *code, const char *data, size_t size) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char lead = (unsigned char)data[0];
  size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  uint32_t value = length < 2 ? lead : lead & (0x7fu >> length);
  bool good = length > 0 && length <= size;
  for (size_t i = 1; good && i < length; i++) {
    unsigned char next = (unsigned char)data[i];
    good = (next & 0xc0) == 0x80;
    value = value << 6 | (next & 0x3f);
  }
  if (good) good = value >= smallest[length] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
  *code = good ? value : UINT32_MAX;
  return good ? length : 1;
}

bool cli_is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

static void escape(char out[16], uint32_t code, unsigned char byte) {
  if (code == UINT32_MAX)
    snprintf(out, 16, "\\x%02x", byte);
  else if (code == '\n')
    snprintf(out, 16, "⏎");
  else if (code == '\t')
    snprintf(out, 16, "\\t");
  else if (code == '\r')
    snprintf(out, 16, "\\r");
  else
    snprintf(out, 16, code < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)code);
}

size_t cli_display_append(cli_text *out, const char *data, size_t size) {
  size_t width = 0;
  for (size_t at = 0; at < size;) {
    uint32_t code;
    size_t length = cli_utf8_read(&code, data + at, size - at);
    if (code == UINT32_MAX || cli_is_control(code)) {
      char text[16];
      escape(text, code, (unsigned char)data[at]);
      cli_text_put(out, text);
      width += code == '\n' ? 1 : strlen(text);
    } else {
      cli_text_append(out, data + at, length);
      width += width_of(code);
    }
    at += length;
  }
  return width;
}

size_t cli_display_cut(cli_text *out, const char *data, size_t size, size_t width) {
  size_t used = 0, fits = 0, fits_width = 0; /* fits: what may stay before … */
  for (size_t at = 0; at < size;) {
    uint32_t code;
    size_t length = cli_utf8_read(&code, data + at, size - at);
    used += width_of(code);
    if (used > width) {
      cli_text_append(out, data, fits);
      cli_text_put(out, "…");
      return fits_width + 1;
    }
    at += length;
    if (used < width) {
      fits = at;
      fits_width = used;
    }
  }
  cli_text_append(out, data, size);
  return used;
}

size_t cli_display_width(const char *data, size_t size) {
  size_t width = 0;
  for (size_t at = 0; at < size;) {
    uint32_t code;
    at += cli_utf8_read(&code, data + at, size - at);
    width += width_of(code);
  }
  return width;
}
