/* git_events - turns what `git log` says into events, one a line, for `livestore commit STORE --from -`.
 *
 *   git log --reverse --numstat -z --format="$format" | git_events
 *   format = %H%x00%P%x00%aN%x00%aE%x00%ad%x00%s
 *
 * Everything that git writes ends with a NUL. First come the six fields of a commit, then a line for each of its files:
 *
 *   hash NUL parents NUL name NUL email NUL date NUL subject NUL
 *   ADDED tab REMOVED tab PATH NUL                 "-" instead of both numbers for a binary file
 *   ADDED tab REMOVED tab NUL OLD NUL NEW NUL      a file that was renamed
 *
 * The first line after a commit begins with a newline. A hash holds no tab, so the next commit is told from a file. */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH, PARENTS, NAME, EMAIL, DATE, SUBJECT, FIELDS };

typedef struct field {
  char *text; /* without its NUL; from getdelim */
  size_t capacity;
} field;

static bool read_field(field *f) {
  ssize_t size = getdelim(&f->text, &f->capacity, '\0', stdin);
  if (size < 0 && !feof(stdin)) {
    perror("git_events");
    exit(1);
  }
  return size >= 0;
}

static void need_field(field *f) {
  if (!read_field(f)) {
    fprintf(stderr, "git_events: the input ends in the middle of a commit\n");
    exit(1);
  }
}

/* Bytes of the UTF-8 character at s, 0 when there is none (RFC 3629). */
static int utf8_size(const unsigned char *s) {
  int size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
  for (int i = 1; i < size; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
  }
  bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
  bool surrogate = s[0] == 0xed && s[1] > 0x9f;
  bool too_large = s[0] == 0xf4 && s[1] > 0x8f;
  return overlong || surrogate || too_large ? 0 : size;
}

/* Names and messages may hold any bytes; those that are no UTF-8 become U+FFFD. */
static void put_string(const char *text) {
  putchar('"');
  for (const unsigned char *s = (const unsigned char *)text; *s;) {
    int size = utf8_size(s);
    if (size == 0) {
      fputs("\xef\xbf\xbd", stdout);
    } else if (*s == '"' || *s == '\\') {
      printf("\\%c", *s);
    } else if (*s < 0x20) {
      printf("\\u%04x", (unsigned)*s);
    } else {
      fwrite(s, 1, (size_t)size, stdout);
    }
    s += size ? size : 1;
  }
  putchar('"');
}

static void put_member(const char *name, const char *text) {
  printf(",\"%s\":", name);
  put_string(text);
}

/* Hashes with a space between them, as an array. */
static void put_parents(char *parents) {
  fputs(",\"parents\":[", stdout);
  char *rest = NULL;
  for (char *p = strtok_r(parents, " ", &rest); p; p = strtok_r(NULL, " ", &rest)) {
    if (p != parents) putchar(',');
    put_string(p);
  }
  putchar(']');
}

static void put_commit(field *commit) {
  fputs("{\"name\":\"v1.CommitAuthored\",\"args\":{\"id\":", stdout);
  put_string(commit[HASH].text);
  put_parents(commit[PARENTS].text);
  put_member("author", commit[NAME].text);
  put_member("email", commit[EMAIL].text);
  put_member("at", commit[DATE].text);
  put_member("subject", commit[SUBJECT].text);
  puts("}}");
}

/* `line` is ADDED tab REMOVED tab PATH. */
static void put_file(const char *hash, const char *line, field *old, field *new) {
  const char *removed = strchr(line, '\t') + 1;
  const char *path = removed + strcspn(removed, "\t");
  path += *path == '\t';
  bool renamed = *path == '\0';
  if (renamed) {
    need_field(old);
    need_field(new);
    path = new->text;
  }
  fputs("{\"name\":\"v1.FileChanged\",\"args\":{\"commitId\":", stdout);
  put_string(hash);
  put_member("path", path);
  if (renamed) put_member("renamedFrom", old->text);
  if (*line != '-') printf(",\"added\":%lld,\"removed\":%lld", atoll(line), atoll(removed));
  puts("}}");
}

int main(void) {
  field commit[FIELDS] = {{NULL, 0}}, line = {NULL, 0}, old = {NULL, 0}, new = {NULL, 0};
  while (read_field(&line)) {
    const char *text = line.text + (*line.text == '\n');
    if (strchr(text, '\t')) {
      if (commit[HASH].text) put_file(commit[HASH].text, text, &old, &new);
      continue;
    }
    field next = commit[HASH];
    commit[HASH] = line;
    line = next;
    for (int i = PARENTS; i < FIELDS; i++) need_field(&commit[i]);
    put_commit(commit);
  }
  for (int i = 0; i < FIELDS; i++) free(commit[i].text);
  free(line.text);
  free(old.text);
  free(new.text);
  if (fflush(stdout) || ferror(stdout)) {
    perror("git_events");
    return 1;
  }
  return 0;
}
