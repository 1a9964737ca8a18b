#include "support/random.h"

#include <stdlib.h>

#include "support/cmocka_all.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

random_source random_from(uint64_t seed) {
  uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
  return (random_source){state ? state : 1};
}

/* Marsaglia, "Xorshift RNGs", 2003. */
uint32_t random_below(random_source *r, uint32_t below) {
  r->state ^= r->state << 13;
  r->state ^= r->state >> 7;
  r->state ^= r->state << 17;
  return (uint32_t)(r->state >> 33) % below;
}

long random_option(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

void random_fail(uint64_t seed, const char *file, int line, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  print_error("seed %llu: ", (unsigned long long)seed);
  vprint_error(fmt, args);
  print_error("\n");
  va_end(args);
  _fail(file, line);
}

const char *random_sql_value(random_source *r, bool large) {
  static const char *const values[] = {"NULL",
                                       "0",
                                       "1",
                                       "-1",
                                       "7",
                                       "127",
                                       "128",
                                       "65536",
                                       "9007199254740992",
                                       "9007199254740993",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "0.0",
                                       "-0.0",
                                       "0.5",
                                       "1.0",
                                       "-2.25",
                                       "3e300",
                                       "9e999",
                                       "-9e999",
                                       "5e-324",
                                       "9007199254740993.0",
                                       "9007199254740994.0",
                                       "''",
                                       "'a'",
                                       "'A'",
                                       "'b '",
                                       "'12'",
                                       "'1e2'",
                                       "'\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80'",
                                       "'a' || char(0) || 'b'",
                                       "char(0)",
                                       "CAST(x'61ff62' AS TEXT)",
                                       "'\"\\' || char(10)",
                                       "x''",
                                       "x'00'",
                                       "x'ff00ff'",
                                       "x'61'",
                                       "zeroblob(3)",
                                       "hex(zeroblob(30))",
                                       "hex(zeroblob(300))",
                                       "zeroblob(70000)"};
  enum { LARGE = 2 }; /* the last ones */
  return values[random_below(r, COUNT(values) - (large ? 0 : LARGE))];
}

const char *random_sql_text(random_source *r) {
  static const char *const texts[] = {"'a'", "'A'", "'b'", "'c'", "'dd'", "''"};
  return texts[random_below(r, COUNT(texts))];
}

void random_sql(ls_bytes *out, random_source *r, const char *template, const random_sql_options *options) {
  ls_bytes_clear(out);
  for (; *template; template ++) {
    if (*template == '#')
      ls_bytes_printf(out, "%u", random_below(r, options->numbers));
    else if (*template == '$')
      ls_bytes_text(out, random_sql_value(r, options->large));
    else if (*template == '~')
      ls_bytes_text(out, random_sql_text(r));
    else if (*template == '@' && options->who)
      ls_bytes_text(out, options->who);
    else
      ls_bytes_byte(out, *template);
  }
  assert_non_null(ls_bytes_cstr(out));
}
