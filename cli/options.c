#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

const char *const CLI_FORMATS[] = {"table", "json", "jsonl", "csv", NULL};

typedef struct reader {
  cli_call *call;
  const cli_option *options;
  size_t n;
  char **next;    /* the argument to read next */
  char **keep;    /* operands are moved together here, so that a rest of them is one array */
  size_t operand; /* where the next operand goes; n when all are there */
} reader;

static bool is_operand(const cli_option *option) {
  return option->kind == CLI_OPERAND || option->kind == CLI_OPTIONAL || option->kind == CLI_REST;
}

static bool wrong(reader *r, int status) {
  r->call->status = status;
  return false;
}

static size_t next_operand(const reader *r, size_t from) {
  while (from < r->n && !is_operand(&r->options[from])) from++;
  return from;
}

static bool take_operand(reader *r, char *arg) {
  if (r->operand == r->n) return wrong(r, cli_usage(r->call, "\"%s\" is one argument too many", arg));
  const cli_option *option = &r->options[r->operand];
  *r->keep++ = arg;
  if (option->kind == CLI_REST) {
    cli_rest *rest = option->value;
    if (rest->n++ == 0) rest->items = r->keep - 1;
    return true;
  }
  *(const char **)option->value = arg;
  r->operand = next_operand(r, r->operand + 1);
  return true;
}

static bool take_number(reader *r, const cli_option *option, const char *text) {
  char *end;
  errno = 0;
  long long n = strtoll(text, &end, 10);
  if (errno || *end || n < 1) {
    return wrong(r, cli_usage(r->call, "--%s takes a number, 1 or more, not \"%s\"", option->name, text));
  }
  *(int64_t *)option->value = n;
  return true;
}

static bool take_choice(reader *r, const cli_option *option, const char *text) {
  cli_text words = {0};
  for (int i = 0; option->choices[i]; i++) {
    if (strcmp(option->choices[i], text) == 0) {
      *(int *)option->value = i;
      cli_text_fini(&words);
      return true;
    }
    cli_text_printf(&words, "%s%s", i > 0 ? ", " : "", option->choices[i]);
  }
  cli_text_char(&words, '\0');
  int status = cli_usage(r->call, "--%s takes one of %s, not \"%s\"", option->name, words.data, text);
  cli_text_fini(&words);
  return wrong(r, status);
}

static bool take_position(reader *r, const cli_option *option, const char *text) {
  ls_error *err = &r->call->err;
  if (ls_seqnum_parse(option->value, text, err) == LS_OK) return true;
  return wrong(r, cli_usage(r->call, "--%s: %s", option->name, err->text));
}

static bool take_value(reader *r, const cli_option *option, const char *text) {
  switch (option->kind) {
    case CLI_NUMBER: return take_number(r, option, text);
    case CLI_CHOICE: return take_choice(r, option, text);
    case CLI_POSITION: return take_position(r, option, text);
    default: *(const char **)option->value = text; return true;
  }
}

static bool unknown_option(reader *r, const char *arg, size_t size) {
  char name[64] = "";
  if (size < sizeof name) memcpy(name, arg, size);
  cli_nearest nearest = cli_nearest_to(name);
  for (size_t i = 0; i < r->n; i++) {
    if (!is_operand(&r->options[i])) cli_nearest_see(&nearest, r->options[i].name);
  }
  cli_nearest_see(&nearest, "quiet");
  cli_nearest_see(&nearest, "help");
  const char *hint = nearest.word ? "; did you mean --" : "";
  return wrong(r, cli_usage(r->call, "there is no option --%.*s%s%s%s", (int)size, arg, hint,
                            nearest.word ? nearest.word : "", nearest.word ? "?" : ""));
}

static bool take_option(reader *r, const char *arg) {
  const char *equals = strchr(arg, '=');
  size_t size = equals ? (size_t)(equals - arg) : strlen(arg);
  const cli_option quiet = {"quiet", CLI_FLAG, &r->call->quiet, NULL}, *option = NULL;
  for (size_t i = 0; i <= r->n && !option; i++) {
    const cli_option *o = i < r->n ? &r->options[i] : &quiet;
    if (!is_operand(o) && strlen(o->name) == size && memcmp(o->name, arg, size) == 0) option = o;
  }
  if (!option) return unknown_option(r, arg, size);
  if (option->kind == CLI_FLAG) {
    if (equals) return wrong(r, cli_usage(r->call, "--%s takes no value", option->name));
    *(bool *)option->value = true;
    return true;
  }
  const char *value = equals ? equals + 1 : *r->next;
  if (!value) return wrong(r, cli_usage(r->call, "--%s needs a value", option->name));
  if (!equals) r->next++;
  return take_value(r, option, value);
}

static bool show_help(reader *r) {
  cli_text_put(&r->call->out, r->call->command->help);
  return wrong(r, CLI_DONE);
}

/* "-x": one dash and a letter. */
static bool is_short_option(const char *arg) {
  return arg[0] == '-' && arg[1] != '\0' && !strchr("0123456789.-", arg[1]);
}

static bool take_argument(reader *r, char *arg, bool *options_end) {
  if (*options_end || arg[0] != '-') return take_operand(r, arg);
  if (strcmp(arg, "--") == 0) return *options_end = true;
  if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) return show_help(r);
  if (arg[1] == '-') return take_option(r, arg + 2);
  if (!is_short_option(arg)) return take_operand(r, arg);
  return wrong(r,
               cli_usage(r->call, "there is no option %s; write -- before an argument that begins with a dash", arg));
}

bool cli_options_read(cli_call *call, const cli_option *options, size_t n) {
  reader r = {call, options, n, call->argv, call->argv, 0};
  r.operand = next_operand(&r, 0);
  bool options_end = false;
  while (*r.next) {
    if (!take_argument(&r, *r.next++, &options_end)) return false;
  }
  if (r.operand < n && options[r.operand].kind == CLI_OPERAND) {
    return wrong(&r, cli_usage(call, "%s is missing", options[r.operand].name));
  }
  return true;
}
