#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80, USUAL_HEIGHT = 24 };

static bool wants_style(void) {
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static size_t width_of(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_WIDTH;
}

static size_t height_of(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : USUAL_HEIGHT;
}

cli_terminal cli_terminal_of(int fd) {
  static const cli_style plain = {"", "", "", "", "", ""};
  static const cli_style ansi = {"\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"};
  if (!isatty(fd)) return (cli_terminal){0, 0, plain};
  return (cli_terminal){width_of(fd), height_of(fd), wants_style() ? ansi : plain};
}
