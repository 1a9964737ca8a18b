/* schemas.c - two schemas. The second one gives items a rank: a new event says which, and the old one has rank 0.
 * Clients of the first schema do not know the new event. */
#include "sim/world.h"

/* The properties of arguments, behind n, which all events have. */
#define ID ",\"id\":{\"type\":\"integer\"}"
#define BY ",\"by\":{\"type\":\"integer\"}"
#define RANK ",\"rank\":{\"type\":\"integer\"}"
#define NAME ",\"name\":{\"type\":\"string\"}"
#define TITLE ",\"title\":{\"type\":\"string\"}"
#define TEXT ",\"text\":{\"type\":\"string\"}"

#define ARGS(more) "{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"}" more "}}"
#define EVENT(name, properties, sql) "\"" name "\":{\"args\":" ARGS(properties) ",\"sql\":[\"" sql "\"]}"
#define LOCAL(name, properties, sql)                                                                                   \
  "\"" name "\":{\"args\":" ARGS(properties) ",\"clientOnly\":true,\"sql\":[\"" sql "\"]}"

#define ADDED EVENT("v1.Added", ID TITLE, "INSERT INTO item VALUES (:id, :title, :n)")
#define RANKED EVENT("v2.Added", ID TITLE RANK, "INSERT INTO item VALUES (:id, :title, :n, :rank)")
#define BECOMES_RANKED "\"v1.Added\":{\"becomes\":\"v2.Added\",\"args\":\"json_set(:_args, '$.rank', 0)\"}"
#define TITLED EVENT("v1.Titled", ID TITLE, "UPDATE item SET title = :title, n = :n WHERE id = :id")
#define REMOVED EVENT("v1.Removed", ID, "DELETE FROM item WHERE id = :id")
#define COUNT "INSERT INTO tally VALUES (:id, :by) ON CONFLICT DO UPDATE SET total = total + :by"
#define COUNTED EVENT("v1.Counted", ID BY, COUNT)
#define CLAIMED EVENT("v1.Claimed", NAME, "INSERT INTO claim VALUES (:name, :n)")
#define DRAFT "INSERT INTO draft VALUES (:id, :text) ON CONFLICT DO UPDATE SET text = :text"
#define DRAFTED LOCAL("v1.Drafted", ID TEXT, DRAFT)

/* What differs: a further column of items, and the events that add them. */
#define SCHEMA(column, adding)                                                                                         \
  "{\"livestore\":1,\"tables\":["                                                                                      \
  "\"CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT NOT NULL, n INTEGER NOT NULL" column ") STRICT\","          \
  "\"CREATE TABLE tally (id INTEGER PRIMARY KEY, total INTEGER NOT NULL) STRICT\","                                    \
  "\"CREATE TABLE claim (name TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE) STRICT\","                                  \
  "\"CREATE TABLE draft (id INTEGER PRIMARY KEY, text TEXT) STRICT\"],"                                                \
  "\"events\":{" adding "," TITLED "," REMOVED "," COUNTED "," CLAIMED "," DRAFTED "}}"

const char *const SIM_SCHEMAS[2] = {SCHEMA("", ADDED), SCHEMA(", rank INTEGER NOT NULL", RANKED "," BECOMES_RANKED)};

const char SIM_WATCHED[] =
    "SELECT 'item', id, title FROM item UNION ALL SELECT 'tally', id, total FROM tally ORDER BY 1, 2";
