/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libpq: connecting, statements, COPY, and what a server's error means to us. */
#include "session.h"
#include "../base/config.h"
#include "../base/file.h"
#include "../base/log.h"
#include "../base/text.h"
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rs_session {
    PGconn *conn;
    char where[512];
};
struct rs_answer {
    PGresult *result;
};

/* ---- where ---------------------------------------------------------------------------------------------------- */

bool rs_database_read(const json_t *config, const char *where, struct rs_database *out, struct rs_error *error) {
    static const char *const keys[] = {"service", "host", "port", "dbname", "user", NULL};
    char place[PATH_MAX];
    *out = (struct rs_database){0};
    const json_t *map = json_object_get(config, "database");
    if (!map) return true;
    snprintf(place, sizeof place, "%s: database", where ? where : "configuration");
    if (json_object_get(map, "password"))
        return rs_fail(error, RS_CONFIG,
                       "%s: a password does not belong here: put it into the file that PGPASSFILE "
                       "names (mode 0600), or use peer or certificate authentication",
                       place);
    if (!rs_config_keys(map, place, keys, error)) return false;
    out->service = rs_config_text(map, "service", NULL);
    out->host = rs_config_text(map, "host", NULL);
    out->port = rs_config_text(map, "port", NULL);
    out->dbname = rs_config_text(map, "dbname", NULL);
    out->user = rs_config_text(map, "user", NULL);
    return true;
}

static const char *set(const char *name) {
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

void rs_database_as_auditor(struct rs_database *d) {
    d->user = d->service || set("PGSERVICE") ? NULL : "relsogi_auditor";
}

/* The folder of the private cluster's socket, as scripts/db has it; false where there is none. */
static bool private_socket(char *out, size_t room) {
    char path[PATH_MAX];
    struct rs_error ignored = {0};
    const char *state = set("RELSOGI_STATE"), *home = set("HOME");
    bool ok = state            ? rs_path(out, room, &ignored, "%s/pg", state)
              : geteuid() == 0 ? rs_path(out, room, &ignored, "/var/lib/relsogi/pg")
              : home           ? rs_path(out, room, &ignored, "%s/.local/state/relsogi/pg", home)
                               : false;
    return ok && out[0] == '/' && rs_path(path, sizeof path, &ignored, "%s/.s.PGSQL.5432", out) && rs_exists(path);
}

/* First line of a libpq message, without its newline. */
static void first_line(char *out, size_t room, const char *message) {
    snprintf(out, room, "%.*s", (int)strcspn(message, "\n"), message);
}

static bool connect_failed(PGconn *conn, struct rs_error *error) {
    char line[600];
    const char *all = PQerrorMessage(conn);
    first_line(line, sizeof line, all);
    /* libpq gives no SQLSTATE for a connection that was refused: these two are told by their words. */
    if (PQconnectionNeedsPassword(conn) || strstr(all, "authentication failed") || strstr(all, "no pg_hba.conf entry"))
        return rs_fail(error, RS_PERMISSION,
                       "the database refuses this user: %s; check PGUSER, PGPASSFILE and the "
                       "server's pg_hba.conf",
                       line);
    return rs_fail(error, RS_UNAVAILABLE,
                   "the database cannot be reached: %s; start the private one with scripts/db "
                   "start, or set PGHOST or PGSERVICE (or database: in the configuration) to yours",
                   line);
}

static void quiet_notice(void *self, const PGresult *result) {
    (void)self;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    rs_debug("the server remarks (%s)", state ? state : "?");
}

struct parameters {
    const char *names[16], *values[16];
    size_t n;
};
static void add(struct parameters *p, const char *name, const char *value) {
    if (!value) return;
    p->names[p->n] = name;
    p->values[p->n++] = value;
}

/* ---- what goes over the network ---------------------------------------------------------------------------------- */

static bool is_here(const char *host) {
    return !host || !*host || *host == '/' || *host == '@' || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

/* The value that libpq came to: of the service, the environment or its default. Freed by the caller. */
static char *option_of(PGconn *conn, const char *name) {
    PQconninfoOption *all = PQconninfo(conn);
    char *value = NULL;
    for (PQconninfoOption *o = all; o && o->keyword; o++)
        if (strcmp(o->keyword, name) == 0 && o->val) value = rs_strdup(o->val);
    PQconninfoFree(all);
    return value;
}

/* libpq's default, prefer, takes a connection without TLS where it gets no other. Who wants that has to say so. */
static bool require_tls(const struct rs_session *s, struct rs_error *error) {
    if (is_here(PQhost(s->conn))) return true;
    char *mode = option_of(s->conn, "sslmode");
    bool tls = PQsslInUse(s->conn), ok = true;
    if (!tls && mode && strcmp(mode, "disable") == 0)
        rs_warn("%s: persons go over the network as they are: sslmode=disable", s->where);
    else if (!tls)
        ok = rs_fail(error, RS_CONFIG, "%s: the connection is not encrypted: set sslmode=verify-full (and sslrootcert) in the "
                                       "service file, or PGSSLMODE", s->where);
    else if (!mode || strncmp(mode, "verify-", 7) != 0)
        rs_warn("%s: nobody vouches for this server: sslmode=verify-full asks for its certificate", s->where);
    free(mode);
    return ok;
}

struct rs_session *rs_session_open(const struct rs_database *d, const char *stage, const char *run,
                                   struct rs_error *error) {
    char application[64], socket[PATH_MAX];
    struct parameters p = {.n = 0};
    bool service = d->service || set("PGSERVICE");
    snprintf(application, sizeof application, "relsogi/%s/%s", stage, run ? run : "-");
    add(&p, "service", d->service);
    if (d->host)
        add(&p, "host", d->host);
    else if (!service && !set("PGHOST") && !set("PGHOSTADDR") && private_socket(socket, sizeof socket)) {
        add(&p, "host", socket);
        add(&p, "port", "5432");
    }
    add(&p, "port", d->port);
    add(&p, "dbname", d->dbname ? d->dbname : service || set("PGDATABASE") ? NULL : "relsogi");
    add(&p, "user", d->user ? d->user : service || set("PGUSER") ? NULL : "relsogi_loader");
    add(&p, "application_name", application);
    add(&p, "client_encoding", "UTF8");
    if (!service && !set("PGCONNECT_TIMEOUT")) add(&p, "connect_timeout", "10");

    struct rs_session *s = rs_alloc(sizeof *s);
    s->conn = PQconnectdbParams(p.names, p.values, 0);
    if (!s->conn || PQstatus(s->conn) != CONNECTION_OK) {
        if (s->conn)
            connect_failed(s->conn, error);
        else
            rs_fail(error, RS_IO, "out of memory while connecting to the database");
        rs_session_close(s);
        return NULL;
    }
    PQsetNoticeProcessor(s->conn, NULL, NULL);
    PQsetNoticeReceiver(s->conn, quiet_notice, NULL);
    snprintf(s->where, sizeof s->where, "database %s on %s", PQdb(s->conn), PQhost(s->conn));
    if (PQserverVersion(s->conn) < 150000) {
        rs_fail(error, RS_CONFIG, "%s: PostgreSQL 15 or later is needed, this is %d", s->where,
                PQserverVersion(s->conn) / 10000);
        rs_session_close(s);
        return NULL;
    }
    if (!require_tls(s, error)) {
        rs_session_close(s);
        return NULL;
    }
    /* Names are always written in full here; nothing is found by a path that somebody else may have set. */
    if (rs_session_run(s, "set search_path = pg_catalog; set lock_timeout = '60s'; set datestyle = 'ISO, YMD'", error))
        return s;
    rs_session_close(s);
    return NULL;
}

void rs_session_close(struct rs_session *s) {
    if (!s) return;
    PQfinish(s->conn);
    free(s);
}

const char *rs_session_user(const struct rs_session *s) { return PQuser(s->conn); }
const char *rs_session_where(const struct rs_session *s) { return s->where; }

/* ---- errors --------------------------------------------------------------------------------------------------- */

static bool is_class(const char *state, const char *class) { return strncmp(state, class, 2) == 0; }

static int code_of(const char *state) {
    if (is_class(state, "RS")) return atoi(state + 3); /* our own functions: RS0nn is exit code nn */
    if (!strcmp(state, "42501") || is_class(state, "28")) return RS_PERMISSION;
    if (!strcmp(state, "55P03") || is_class(state, "40")) return RS_LOCKED;
    if (is_class(state, "22") || is_class(state, "23")) return RS_DATA;
    if (!strcmp(state, "42P01") || !strcmp(state, "3F000") || !strcmp(state, "42883") || !strcmp(state, "42703"))
        return RS_CONFIG;
    if (is_class(state, "08") || is_class(state, "53") || is_class(state, "57") || is_class(state, "58") ||
        is_class(state, "XX"))
        return RS_IO;
    return RS_BUG;
}

static const char *advice(int code) {
    switch (code) {
    case RS_PERMISSION: return "; check which user connects (PGUSER) and its role";
    case RS_LOCKED: return "; try again later, nothing is lost";
    case RS_CONFIG: return "; run \"relsogi db migrate\" as the database's administrator";
    case RS_IO: return "; see the server's log, then run it again";
    default: return "";
    }
}

static bool fail_result(struct rs_session *s, const PGresult *r, struct rs_error *error) {
    char line[600];
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (!state) {
        first_line(line, sizeof line, PQerrorMessage(s->conn));
        return rs_fail(error, RS_IO, "%s: the connection was lost: %s; run it again", s->where, line);
    }
    int code = code_of(state);
    if (is_class(state, "22") || is_class(state, "23")) {
        /* Such a message may quote the row. */
        const char *table = PQresultErrorField(r, PG_DIAG_TABLE_NAME);
        const char *column = PQresultErrorField(r, PG_DIAG_COLUMN_NAME);
        const char *rule = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
        return rs_fail(error, code, "%s: rows are refused (SQLSTATE %s%s%s%s%s%s%s)", s->where, state,
                       table ? ", table " : "", table ? table : "", column ? ", column " : "", column ? column : "",
                       rule ? ", rule " : "", rule ? rule : "");
    }
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    first_line(line, sizeof line, message ? message : "");
    return rs_fail(error, code, "%s: %s (SQLSTATE %s)%s", s->where, line, state,
                   is_class(state, "RS") ? "" : advice(code));
}

/* ---- statements ----------------------------------------------------------------------------------------------- */

bool rs_session_run(struct rs_session *s, const char *sql, struct rs_error *error) {
    PGresult *r = PQexec(s->conn, sql);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY ||
              fail_result(s, r, error);
    PQclear(r);
    return ok;
}

struct rs_answer *rs_session_ask(struct rs_session *s, const char *sql, int n, const char *const *parameters,
                                 struct rs_error *error) {
    PGresult *r = PQexecParams(s->conn, sql, n, NULL, parameters, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fail_result(s, r, error);
        PQclear(r);
        return NULL;
    }
    struct rs_answer *a = rs_alloc(sizeof *a);
    a->result = r;
    return a;
}

int rs_answer_rows(const struct rs_answer *a) { return PQntuples(a->result); }

const char *rs_answer_text(const struct rs_answer *a, int row, int column) {
    return PQgetisnull(a->result, row, column) ? NULL : PQgetvalue(a->result, row, column);
}

bool rs_answer_flag(const struct rs_answer *a, int row, int column) {
    const char *v = rs_answer_text(a, row, column);
    return v && v[0] == 't';
}

int64_t rs_answer_long(const struct rs_answer *a, int row, int column) {
    int64_t v = 0;
    const char *text = rs_answer_text(a, row, column);
    return text && rs_parse_long(rs_cstr(text), &v) ? v : 0;
}

void rs_answer_free(struct rs_answer *a) {
    if (!a) return;
    PQclear(a->result);
    free(a);
}

/* ---- COPY ----------------------------------------------------------------------------------------------------- */

bool rs_session_copy_begin(struct rs_session *s, const char *sql, struct rs_error *error) {
    PGresult *r = PQexec(s->conn, sql);
    bool ok = PQresultStatus(r) == PGRES_COPY_IN || fail_result(s, r, error);
    PQclear(r);
    return ok;
}

/* A send fails when the server has ended the COPY with an error or is gone; what it said is in the next result. */
static bool copy_failed(struct rs_session *s, struct rs_error *error) {
    PQputCopyEnd(s->conn, "cut short");
    PGresult *r = PQgetResult(s->conn);
    fail_result(s, r, error);
    PQclear(r);
    return false;
}

bool rs_session_copy_send(struct rs_session *s, const void *p, size_t n, struct rs_error *error) {
    const char *at = p;
    while (n) {
        int part = n > (1 << 20) ? 1 << 20 : (int)n;
        if (PQputCopyData(s->conn, at, part) != 1) return copy_failed(s, error);
        at += part;
        n -= (size_t)part;
    }
    return true;
}

bool rs_session_copy_end(struct rs_session *s, uint64_t *rows, struct rs_error *error) {
    int64_t n = -1;
    if (PQputCopyEnd(s->conn, NULL) != 1) return copy_failed(s, error);
    PGresult *r = PQgetResult(s->conn);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || fail_result(s, r, error);
    if (ok && (!rs_parse_long(rs_cstr(PQcmdTuples(r)), &n) || n < 0))
        ok = rs_fail(error, RS_BUG, "%s: COPY did not say how many rows it took", s->where);
    PQclear(r);
    /* The end of the statement: a COPY is followed by a null result. */
    while ((r = PQgetResult(s->conn))) {
        if (ok && PQresultStatus(r) != PGRES_COMMAND_OK) ok = fail_result(s, r, error);
        PQclear(r);
    }
    if (ok) *rows = (uint64_t)n;
    return ok;
}

bool rs_session_copy_out(struct rs_session *s, const char *sql, void *self,
                         bool (*take)(void *self, const char *p, size_t n, struct rs_error *error),
                         struct rs_error *error) {
    PGresult *r = PQexec(s->conn, sql);
    bool ok = PQresultStatus(r) == PGRES_COPY_OUT || fail_result(s, r, error);
    PQclear(r);
    char *piece;
    int n = 0;
    while (ok && (n = PQgetCopyData(s->conn, &piece, 0)) > 0) {
        ok = take(self, piece, (size_t)n, error);
        PQfreemem(piece);
    }
    if (!ok) return false;
    if (n == -2) return fail_result(s, NULL, error);
    while ((r = PQgetResult(s->conn))) {
        if (ok && PQresultStatus(r) != PGRES_COMMAND_OK) ok = fail_result(s, r, error);
        PQclear(r);
    }
    return ok;
}

/* ---- locks ---------------------------------------------------------------------------------------------------- */

static bool say_who(struct rs_session *s, int object, struct rs_error *error) {
    char sql[600];
    snprintf(sql, sizeof sql,
             "select a.pid, coalesce(nullif(a.application_name, ''), 'another program'), "
             "to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') from pg_locks l join pg_stat_activity a using (pid) "
             "where l.locktype = 'advisory' and l.classid = %d and l.objid = %d and l.objsubid = 2 and l.granted "
             "and l.database = (select oid from pg_database where datname = current_database())",
             RS_DB_LOCK, object);
    struct rs_error ignored = {0};
    struct rs_answer *a = rs_session_ask(s, sql, 0, NULL, &ignored);
    bool known = a && rs_answer_rows(a) > 0;
    const char *since = known ? rs_answer_text(a, 0, 2) : NULL;
    if (known)
        rs_fail(error, RS_LOCKED, "%s: %s is at work on it (server process %s%s%s): try again later", s->where,
                rs_answer_text(a, 0, 1), rs_answer_text(a, 0, 0), since ? ", since " : "", since ? since : "");
    else
        rs_fail(error, RS_LOCKED, "%s: another session is at work on it: try again later", s->where);
    rs_answer_free(a);
    return false;
}

bool rs_session_lock(struct rs_session *s, enum rs_db_lock lock, struct rs_error *error) {
    char sql[160];
    snprintf(sql, sizeof sql, "set lock_timeout = '2s'; select pg_advisory_lock(%d, %d); set lock_timeout = '60s'",
             RS_DB_LOCK, (int)lock);
    if (rs_session_run(s, sql, error)) return true;
    return error->code == RS_LOCKED ? say_who(s, (int)lock, error) : false;
}
