/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to PostgreSQL. Only session.c knows libpq; everything else says what it wants in SQL.
 *
 * Where: the configuration's `database:` (service, host, port, dbname, user), then libpq's own environment (PGSERVICE,
 * PGHOST, PGDATABASE, PGUSER, PGPASSFILE, PGSSLMODE ...), then the private cluster of scripts/db where there is one.
 * A password stands in PGPASSFILE or the service's own file, never in a configuration.
 *
 * Over the network: RS_CONFIG where the connection is not encrypted and sslmode=disable was not asked for; a warning where the
 * server is not verified.
 *
 * Errors: RS_UNAVAILABLE where no connection can be made, RS_PERMISSION where the role may not, RS_LOCKED where
 * somebody holds what is needed, RS_CONFIG where tables or functions are missing (not migrated), RS_DATA where the
 * server refuses rows, RS_IO where connection, disk or server fail midway. A server's message is passed on, but never
 * where it may quote a row (SQLSTATE classes 22 and 23): then only the state and what it is about are. */
#ifndef RS_DB_SESSION_H
#define RS_DB_SESSION_H
#include "../base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Null members are left to libpq. Borrowed from the configuration. */
struct rs_database {
    const char *service, *host, *port, *dbname, *user;
};
/* config may be NULL; `where` names the file in errors. */
bool rs_database_read(const json_t *config, const char *where, struct rs_database *out, struct rs_error *error);

/* For commands that read persons: user relsogi_auditor, whatever PGUSER says, unless a service says who connects. */
void rs_database_as_auditor(struct rs_database *database);

struct rs_session;
/* application_name becomes relsogi/<stage>/<run>, by which administrators and other loaders tell who it is. */
struct rs_session *rs_session_open(const struct rs_database *database, const char *stage, const char *run,
                                   struct rs_error *error);
void rs_session_close(struct rs_session *s); /* rolls back what is open; NULL is fine */
const char *rs_session_user(const struct rs_session *s);
const char *rs_session_where(const struct rs_session *s); /* "database relsogi on /var/lib/relsogi/pg" */

/* Statements without parameters or results; several may be separated by semicolons. */
bool rs_session_run(struct rs_session *s, const char *sql, struct rs_error *error);

/* One statement with parameters $1.. as text (NULL for null), and its rows. */
struct rs_answer;
struct rs_answer *rs_session_ask(struct rs_session *s, const char *sql, int n, const char *const *parameters,
                                 struct rs_error *error);
int rs_answer_rows(const struct rs_answer *a);
const char *rs_answer_text(const struct rs_answer *a, int row, int column); /* NULL for null; lives as long as a */
bool rs_answer_flag(const struct rs_answer *a, int row, int column);
int64_t rs_answer_long(const struct rs_answer *a, int row, int column); /* 0 for null */
void rs_answer_free(struct rs_answer *a);

/* COPY ... FROM STDIN: begin, any number of sends, end. After a failure, or to give up, close the session. */
bool rs_session_copy_begin(struct rs_session *s, const char *sql, struct rs_error *error);
bool rs_session_copy_send(struct rs_session *s, const void *p, size_t n, struct rs_error *error);
bool rs_session_copy_end(struct rs_session *s, uint64_t *rows, struct rs_error *error);

/* COPY ... TO STDOUT: hands the bytes on as they come. Where `take` fails, close the session. */
bool rs_session_copy_out(struct rs_session *s, const char *sql, void *self,
                         bool (*take)(void *self, const char *p, size_t n, struct rs_error *error),
                         struct rs_error *error);

/* Session locks, class RS_DB_LOCK: held until the session ends, however it ends. */
enum { RS_DB_LOCK = 1380273223 }; /* 'RELG' */
enum rs_db_lock { RS_LOCK_LOAD = 1, RS_LOCK_MIGRATE = 2 };
/* Waits up to two seconds (for the end of a process just killed), then RS_LOCKED, saying who holds it. */
bool rs_session_lock(struct rs_session *s, enum rs_db_lock lock, struct rs_error *error);

#endif
