/* Events to commit, from JSON text. Names and arguments are not copied: a NUL behind each is put into the text. */
#include "base/err.h"
#include "module.h"

ls_web_inputs ls_web_inputs_take(ls_web *web) {
  ls_web_inputs inputs = web->inputs;
  memset(&web->inputs, 0, sizeof web->inputs);
  ls_bytes_clear(&inputs.inputs);
  ls_bytes_clear(&inputs.names);
  return inputs;
}

void ls_web_inputs_give(ls_web *web, ls_web_inputs *inputs) {
  ls_json_fini(&web->inputs.json);
  ls_bytes_fini(&web->inputs.inputs);
  ls_bytes_fini(&web->inputs.names);
  web->inputs = *inputs;
}

/* What follows a name or arguments in well-formed text belongs to neither, and has been read. */
static char *cut(char *text, const ls_json_node *node) {
  text[node->start + node->size] = '\0';
  return text + node->start;
}

static int read_name(const char **out, ls_web_inputs *inputs, char *text, uint32_t node, ls_error *err) {
  ls_json *json = &inputs->json;
  if (!json->nodes[node].escaped) {
    *out = cut(text, &json->nodes[node]);
    return LS_OK;
  }
  size_t start = inputs->names.size;
  ls_json_string(&inputs->names, json, node);
  ls_bytes_byte(&inputs->names, '\0');
  if (!ls_bytes_ok(&inputs->names)) return ls_fail_nomem(err);
  *out = inputs->names.data + start;
  return LS_OK;
}

static int read_input(ls_web_inputs *inputs, char *text, uint32_t event, ls_error *err) {
  ls_json *json = &inputs->json;
  ls_input input = {0};
  uint32_t name = 0, args = 0;
  if (ls_json_type_of(json, event) == LS_JSON_OBJECT) {
    name = ls_json_get(json, event, "name");
    args = ls_json_get(json, event, "args");
  }
  if (!name || ls_json_type_of(json, name) != LS_JSON_STRING) {
    return ls_fail(err, LS_EARGS, "an event to commit is {\"name\": text, \"args\": {…}}");
  }
  int rc = read_name(&input.name, inputs, text, name, err);
  if (args && ls_json_type_of(json, args) != LS_JSON_NULL) input.args = cut(text, &json->nodes[args]);
  ls_bytes_append(&inputs->inputs, &input, sizeof input);
  return rc;
}

/* Room for all names first, since inputs point into it. */
int ls_web_inputs_read(ls_web_inputs *out, size_t *n, char *text, size_t size, ls_error *err) {
  ls_json *json = &out->json;
  int rc = ls_json_parse(json, text, size, err);
  if (!rc && ls_json_type_of(json, 0) != LS_JSON_ARRAY) {
    rc = ls_fail(err, LS_EARGS, "events to commit: an array is wanted, not %s",
                 ls_json_type_name(ls_json_type_of(json, 0)));
  }
  if (!rc && memchr(text, '\\', size) && !ls_bytes_reserve(&out->names, size)) rc = ls_fail_nomem(err);
  size_t count = 0;
  for (uint32_t at = 1; !rc && at < json->nodes[0].next; at = json->nodes[at].next, count++) {
    rc = read_input(out, text, at, err);
    if (rc && err) err->item = (int64_t)count;
  }
  if (!rc && !ls_bytes_ok(&out->inputs)) rc = ls_fail_nomem(err);
  if (!rc) *n = count;
  return rc;
}
