/* replace - replacing a whole file, on every system that has files. */
#include "port/port.h"

int ls_port_replace_file(const char *path, const ls_port_part *parts, size_t n, bool sync, ls_error *err) {
  ls_port_writer *writer;
  int rc = ls_port_writer_open(&writer, path, err);
  if (rc) return rc;
  for (size_t i = 0; !rc && i < n; i++) rc = ls_port_writer_add(writer, parts[i].data, parts[i].size, err);
  if (!rc) return ls_port_writer_commit(writer, sync, err);
  ls_port_writer_abort(writer);
  return rc;
}
