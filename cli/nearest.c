#include "nearest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 32 };

static size_t min(size_t a, size_t b) { return a < b ? a : b; }

/* The edits (insert, delete, replace a letter) that make b of a: Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b) {
  size_t row[LONGEST + 1], n = strlen(b);
  for (size_t j = 0; j <= n; j++) row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = min(replaced, min(row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

cli_nearest cli_nearest_to(const char *typed) {
  size_t size = strlen(typed);
  return (cli_nearest){typed, NULL, min(3, size / 2 + 1)};
}

void cli_nearest_see(cli_nearest *nearest, const char *word) {
  if (strlen(word) > LONGEST) return;
  size_t size = strlen(nearest->typed);
  bool begins = size >= 2 && strncmp(word, nearest->typed, size) == 0;
  size_t d = begins ? 0 : distance(nearest->typed, word);
  if (d >= nearest->distance) return;
  nearest->distance = d;
  nearest->word = word;
}
