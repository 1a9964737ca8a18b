/* schemas.c - two schemas. The second one gives items a rank: a new event says which, and the old one has rank 0.
 * Clients of the first schema do not know the new event. */
#include "sim/world.h"

static const char FIRST[] =
    "{\"livestore\":1,\"tables\":["
    "\"CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT NOT NULL, n INTEGER NOT NULL) STRICT\","
    "\"CREATE TABLE tally (id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT\","
    "\"CREATE TABLE claim (name TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE) STRICT\","
    "\"CREATE TABLE draft (id INTEGER PRIMARY KEY, text TEXT) STRICT\"],\"events\":{"
    "\"v1.Added\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"},"
    "\"id\":{\"type\":\"integer\"},\"title\":{\"type\":\"string\"}}},"
    "\"sql\":[\"INSERT INTO item VALUES (:id, :title, :n)\"]},"
    "\"v1.Titled\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"title\":{\"type\":\"string\"}}},"
    "\"sql\":[\"UPDATE item SET title = :title, n = :n WHERE id = :id\"]},"
    "\"v1.Removed\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"}}},"
    "\"sql\":[\"DELETE FROM item WHERE id = :id\"]},"
    "\"v1.Counted\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"by\":{\"type\":\"integer\"}}},"
    "\"sql\":[\"INSERT INTO tally VALUES (:id, :by) ON CONFLICT DO UPDATE SET total = total + :by\"]},"
    "\"v1.Claimed\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"}}},"
    "\"sql\":[\"INSERT INTO claim VALUES (:name, :n)\"]},"
    "\"v1.Drafted\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"text\":{\"type\":\"string\"}}},"
    "\"clientOnly\":true,"
    "\"sql\":[\"INSERT INTO draft VALUES (:id, :text) ON CONFLICT DO UPDATE SET text = :text\"]}}}";

static const char SECOND[] =
    "{\"livestore\":1,\"tables\":["
    "\"CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT NOT NULL, n INTEGER NOT NULL, rank INTEGER "
    "NOT NULL) STRICT\","
    "\"CREATE TABLE tally (id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT\","
    "\"CREATE TABLE claim (name TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE) STRICT\","
    "\"CREATE TABLE draft (id INTEGER PRIMARY KEY, text TEXT) STRICT\"],\"events\":{"
    "\"v2.Added\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"},"
    "\"id\":{\"type\":\"integer\"},\"title\":{\"type\":\"string\"},\"rank\":{\"type\":\"integer\"}}},"
    "\"sql\":[\"INSERT INTO item VALUES (:id, :title, :n, :rank)\"]},"
    "\"v1.Added\":{\"becomes\":\"v2.Added\",\"args\":\"json_set(:_args, '$.rank', 0)\"},"
    "\"v1.Titled\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"title\":{\"type\":\"string\"}}},"
    "\"sql\":[\"UPDATE item SET title = :title, n = :n WHERE id = :id\"]},"
    "\"v1.Removed\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"}}},"
    "\"sql\":[\"DELETE FROM item WHERE id = :id\"]},"
    "\"v1.Counted\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"by\":{\"type\":\"integer\"}}},"
    "\"sql\":[\"INSERT INTO tally VALUES (:id, :by) ON CONFLICT DO UPDATE SET total = total + :by\"]},"
    "\"v1.Claimed\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"}}},"
    "\"sql\":[\"INSERT INTO claim VALUES (:name, :n)\"]},"
    "\"v1.Drafted\":{\"args\":{\"type\":\"object\",\"required\":[\"n\"],"
    "\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"text\":{\"type\":\"string\"}}},"
    "\"clientOnly\":true,"
    "\"sql\":[\"INSERT INTO draft VALUES (:id, :text) ON CONFLICT DO UPDATE SET text = :text\"]}}}";

const char *const SIM_SCHEMAS[2] = {FIRST, SECOND};

const char SIM_WATCHED[] =
    "SELECT 'item', id, title FROM item UNION ALL SELECT 'tally', id, total FROM tally ORDER BY 1, 2";
