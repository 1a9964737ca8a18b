/* timeline.c - what happens, for people: a line each, frames by what they say. */
#include <inttypes.h>
#include <stdarg.h>

#include "sim/world.h"

static void begin_line(sim_world *w, const char *who) {
  fprintf(w->timeline, "%8" PRId64 " ms  %-4s ", w->now_ms, who);
}

void sim_say(sim_world *w, const char *who, const char *fmt, ...) {
  if (!w->timeline) return;
  va_list args;
  va_start(args, fmt);
  begin_line(w, who);
  vfprintf(w->timeline, fmt, args);
  fputc('\n', w->timeline);
  va_end(args);
}

void sim_wrong(sim_world *w, const char *fmt, ...) {
  if (w->wrong[0]) return;
  va_list args;
  va_start(args, fmt);
  vsnprintf(w->wrong, sizeof w->wrong, fmt, args);
  va_end(args);
  sim_say(w, "!", "%s", w->wrong);
}

static void say_events(FILE *to, const ls_wire_event *events, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char args[200];
    size_t size = events[i].args_size < sizeof args - 1 ? events[i].args_size : sizeof args - 1;
    memcpy(args, events[i].args ? events[i].args : "", events[i].args ? size : 0);
    args[events[i].args ? size : 0] = 0;
    fprintf(to, " e%" PRId64 "=#%" PRId64, events[i].seq, sim_oracle_number(events[i].name, args));
  }
}

static void say_request(FILE *to, const ls_request *r) {
  switch (r->kind) {
    case LS_REQUEST_PING: fprintf(to, "ping"); break;
    case LS_REQUEST_PULL:
      fprintf(to, "pull %" PRIu64 " behind e%" PRId64 "%s", r->id, r->has_cursor ? r->cursor : 0,
              r->live ? ", live" : "");
      break;
    case LS_REQUEST_PUSH:
      fprintf(to, "push %" PRIu64 ":", r->id);
      say_events(to, r->events, r->n_events);
      break;
    case LS_REQUEST_ACK: fprintf(to, "ack %" PRIu64, r->id); break;
    case LS_REQUEST_INTERRUPT: fprintf(to, "interrupt %" PRIu64, r->id); break;
    default: fprintf(to, "other");
  }
}

static void say_failure(FILE *to, const ls_failure *f) {
  switch (f->kind) {
    case LS_FAILURE_SERVER_AHEAD:
      fprintf(to, "is at e%" PRId64 ", not at e%" PRId64, f->minimum_expected, f->provided);
      break;
    case LS_FAILURE_BACKEND_ID: fprintf(to, "is %s, not %s", f->expected, f->received); break;
    default: fprintf(to, "%s", f->message ? f->message : "fails");
  }
}

static void say_response(FILE *to, const ls_response *r) {
  switch (r->kind) {
    case LS_RESPONSE_PONG: fprintf(to, "pong"); break;
    case LS_RESPONSE_CHUNK:
      fprintf(to, "chunk %" PRIu64 ":", r->id);
      for (size_t i = 0; i < r->n_pages; i++) {
        say_events(to, r->pages[i].events, r->pages[i].n_events);
        if (r->pages[i].info == LS_PAGE_MORE) fprintf(to, " and %" PRId64 " more", r->pages[i].remaining);
      }
      break;
    case LS_RESPONSE_SUCCESS: fprintf(to, "%" PRIu64 " is done", r->id); break;
    case LS_RESPONSE_FAILURE:
      fprintf(to, "%" PRIu64 " is refused: ", r->id);
      say_failure(to, &r->failure);
      break;
    case LS_RESPONSE_DEFECT: fprintf(to, "defect: %s", r->failure.message); break;
  }
}

void sim_say_frame(sim_world *w, const char *who, const char *arrow, const char *frame, size_t size, bool up) {
  if (!w->timeline) return;
  ls_wire_reader reader = {0};
  ls_request request;
  ls_response response;
  ls_error err;
  begin_line(w, who);
  fprintf(w->timeline, "%s ", arrow);
  if (ls_wire_read(&reader, frame, size, &err))
    fprintf(w->timeline, "%s", err.text);
  else if (up && ls_wire_next_request(&request, &reader, &err) == 1)
    say_request(w->timeline, &request);
  else if (!up && ls_wire_next_response(&response, &reader, &err) == 1)
    say_response(w->timeline, &response);
  fputc('\n', w->timeline);
  ls_wire_reader_fini(&reader);
}
