/* sql.c - SQLite's tokens, as its own tokenizer cuts them (https://www.sqlite.org/lang_keywords.html and
 * lang_expr.html), with less detail: an operator of several characters is several signs. */
#include "core/sql.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80); }

static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '$'; }

static const char *skip_line(const char *at) {
  while (*at && *at != '\n') at++;
  return at;
}

static const char *skip_block(const char *at) {
  const char *end = strstr(at + 2, "*/");
  return end ? end + 2 : at + strlen(at);
}

static const char *skip_blank(const char *at) {
  for (;;) {
    if (is_space(*at)) {
      at++;
    } else if (at[0] == '-' && at[1] == '-') {
      at = skip_line(at);
    } else if (at[0] == '/' && at[1] == '*') {
      at = skip_block(at);
    } else {
      return at;
    }
  }
}

static const char *skip_name(const char *at) {
  while (is_name(*at)) at++;
  return at;
}

/* The closing quote is doubled where it stands for itself, except in [names]. */
static const char *skip_quoted(const char *at) {
  char close = *at == '[' ? ']' : *at;
  for (at++; *at; at++) {
    if (*at == close) {
      if (close == ']' || at[1] != close) return at + 1;
      at++;
    }
  }
  return at;
}

static const char *skip_number(const char *at) {
  bool hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
  for (; is_name(*at) || *at == '.'; at++) {
    bool exponent = !hex && (*at == 'e' || *at == 'E');
    if (exponent && (at[1] == '+' || at[1] == '-') && is_digit(at[2])) at++;
  }
  return at;
}

static ls_sql_kind kind_of(const char *at) {
  switch (*at) {
    case 0: return LS_SQL_END;
    case '\'': return LS_SQL_STRING;
    case '"':
    case '[':
    case '`': return LS_SQL_QUOTED;
    case '?': return LS_SQL_PARAM;
    case ':':
    case '@':
    case '$': return is_name(at[1]) ? LS_SQL_PARAM : LS_SQL_SIGN;
    default: break;
  }
  if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) return LS_SQL_NUMBER;
  if ((*at == 'x' || *at == 'X') && at[1] == '\'') return LS_SQL_BLOB;
  return is_name_start(*at) ? LS_SQL_WORD : LS_SQL_SIGN;
}

static const char *skip_token(const char *at, ls_sql_kind kind) {
  switch (kind) {
    case LS_SQL_END: return at;
    case LS_SQL_WORD: return skip_name(at);
    case LS_SQL_PARAM: return skip_name(at + 1);
    case LS_SQL_NUMBER: return skip_number(at);
    case LS_SQL_BLOB: return skip_quoted(at + 1);
    case LS_SQL_QUOTED:
    case LS_SQL_STRING: return skip_quoted(at);
    case LS_SQL_SIGN: break;
  }
  return at + 1;
}

ls_sql_token ls_sql_next(const char **at) {
  const char *start = skip_blank(*at);
  ls_sql_kind kind = kind_of(start);
  *at = skip_token(start, kind);
  return (ls_sql_token){kind, start, (size_t)(*at - start)};
}

bool ls_sql_is(ls_sql_token token, const char *word) {
  return token.kind == LS_SQL_WORD && token.size == strlen(word) &&
         sqlite3_strnicmp(token.start, word, (int)token.size) == 0;
}

void ls_sql_place(const char *sql, const char *at, int *line, int *column) {
  *line = 1;
  *column = 1;
  for (; sql < at && *sql; sql++) {
    if (*sql == '\n') {
      (*line)++;
      *column = 1;
    } else if ((*sql & 0xc0) != 0x80) {
      (*column)++;
    }
  }
}

void ls_sql_put(ls_bytes *sql, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *text = sqlite3_vmprintf(fmt, args);
  va_end(args);
  if (text) ls_bytes_text(sql, text);
  else sql->failed = true;
  sqlite3_free(text);
}
