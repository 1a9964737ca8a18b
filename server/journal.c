#include "server/journal.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "port/port.h"
#include "server/iso_time.h"

void ls_journal_fini(ls_journal *journal) { ls_bytes_fini(&journal->line); }

static void put_name(ls_journal *journal, const char *name) {
  ls_bytes_printf(&journal->line, journal->json ? ",\"%s\":" : " %s=", name);
}

void ls_journal_begin(ls_journal *journal, const char *event) {
  char time[LS_ISO_TIME];
  ls_iso_time(time, ls_port_time_ms());
  ls_bytes_clear(&journal->line);
  ls_bytes_printf(&journal->line, journal->json ? "{\"time\":\"%s\",\"event\":\"%s\"" : "%s %s", time, event);
  if (journal->dropped) ls_journal_int(journal, "dropped", (int64_t)journal->dropped);
}

/* What can stand there without quotes. */
static bool is_plain(const char *text) {
  size_t n = strcspn(text, " \"=\\");
  for (size_t i = 0; i < n; i++) {
    if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f) return false;
  }
  return n > 0 && text[n] == '\0';
}

void ls_journal_text(ls_journal *journal, const char *name, const char *value) {
  if (!value) return;
  put_name(journal, name);
  if (!journal->json && is_plain(value))
    ls_bytes_text(&journal->line, value);
  else
    ls_json_write_string(&journal->line, value, strlen(value));
}

void ls_journal_int(ls_journal *journal, const char *name, int64_t value) {
  put_name(journal, name);
  ls_bytes_printf(&journal->line, "%lld", (long long)value);
}

/* A pipe that is ready takes PIPE_BUF bytes without waiting. */
static bool fits(const ls_journal *journal) {
  struct pollfd fd = {.fd = journal->fd, .events = POLLOUT};
  return ls_bytes_ok(&journal->line) && journal->line.size <= PIPE_BUF && poll(&fd, 1, 0) == 1;
}

static void write_line(ls_journal *journal) {
  ls_bytes_text(&journal->line, journal->json ? "}\n" : "\n");
  if (fits(journal) && write(journal->fd, journal->line.data, journal->line.size) > 0)
    journal->dropped = 0;
  else
    journal->dropped++;
}

void ls_journal_end(ls_journal *journal) {
  if (!journal->quiet) write_line(journal);
}

void ls_journal_error(ls_journal *journal, const char *where, const char *text) {
  ls_journal_begin(journal, "error");
  ls_journal_text(journal, "where", where);
  ls_journal_text(journal, "text", text);
  write_line(journal);
}
