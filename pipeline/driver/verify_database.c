/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify, the database's half. The log's heads are made anew here, from the entries as they are, and not by the server's own
 * functions: those are its owner's. */
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/file.h"
#include "pipeline/db/chain.h"
#include "pipeline/db/compare.h"
#include "pipeline/db/copy.h"
#include "verify_state.h"

enum { MOST_ROWS = 20, MOST_FILES = 32, FIELDS = 10 };

struct look {
    struct rs_session *session;
    struct rs_verdict *v;
    const char *run;
    struct rs_answer *log; /* entry, ..., detail: the fields of a head in order; then the head */
    char number[16];       /* of the load; empty where the database has none of this name */
    json_t *account;       /* the log's entry about it */
    int entry;             /* its row in log */
};

/* ---- chain ---------------------------------------------------------------------------------------------------- */

static bool read_log(struct look *l, struct rs_error *error) {
    l->log = rs_session_ask(l->session,
                            "select entry::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
                            "actor::text, application, event, run_id, run_no::text, revision::text, "
                            "encode(content_sha256, 'hex'), detail::text, encode(head, 'hex') "
                            "from audit.log order by audit.log.entry",
                            0, NULL, error);
    return l->log != NULL;
}

/* The bytes that audit.canonical in sql/migrations/013_chain.sql describes. */
static struct rs_digest head_of(const struct rs_digest *before, const struct rs_answer *log, int row) {
    struct rs_digest d;
    struct rs_sha *sha = rs_sha_begin();
    rs_sha_add(sha, before->b, 32);
    for (int i = 0; i < FIELDS; i++) {
        char length[24];
        const char *field = rs_answer_text(log, row, i);
        snprintf(length, sizeof length, field ? "%zu:" : "-", field ? strlen(field) : (size_t)0);
        rs_sha_add(sha, length, strlen(length));
        if (field) rs_sha_add(sha, field, strlen(field));
        rs_sha_add(sha, ",", 1);
    }
    rs_sha_end(sha, &d);
    return d;
}

static void verify_chain(struct look *l) {
    struct rs_digest head = {{0}};
    char hex[65], where[64];
    for (int i = 0; i < rs_answer_rows(l->log); i++) {
        const char *said = rs_answer_text(l->log, i, FIELDS);
        head = head_of(&head, l->log, i);
        rs_hex(hex, head.b, 32);
        l->v->entries++;
        snprintf(where, sizeof where, "audit.log, entry %s", rs_answer_text(l->log, i, 0));
        if (rs_answer_long(l->log, i, 0) != i + 1) rs_verify_fault(l->v, where, "entries before it are missing");
        if (strcmp(hex, said ? said : "") == 0) continue;
        rs_verify_fault(l->v, where, "is not what its head was made of: it was changed after it was written");
        if (!said || !rs_unhex(rs_cstr(said), head.b, 32)) return;
    }
}

static const char *head_at(const struct look *l, int64_t entry) {
    if (entry < 1 || entry > rs_answer_rows(l->log)) return NULL;
    return rs_answer_text(l->log, (int)entry - 1, FIELDS);
}

static bool verify_kept_head(void *self, const struct rs_chain_head *head, struct rs_error *error) {
    struct look *l = self;
    char where[96];
    const char *said = head_at(l, head->entry);
    (void)error;
    snprintf(where, sizeof where, "audit.log, entry %lld", (long long)head->entry);
    if (!said) rs_verify_fault(l->v, where, "is in the chain file, and is missing from the database");
    else if (strcmp(said, head->head) != 0)
        rs_verify_fault(l->v, where, "has not the head that the chain file keeps: the log was rewritten");
    return true;
}

/* ---- this run ------------------------------------------------------------------------------------------------- */

/* The load stage's own results: where in the chain it put this run. */
static void verify_stage_head(struct look *l, const json_t *results) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(results, "stages"), i, entry) {
        const json_t *chain = json_object_get(json_object_get(entry, "results"), "chain");
        const char *said = rs_config_text(chain, "head", NULL);
        if (!said) continue;
        const char *there = head_at(l, json_integer_value(json_object_get(chain, "entry")));
        if (!there || strcmp(there, said) != 0)
            rs_verify_fault(l->v, l->run, "results.json keeps another head of the database's log than the log has: the log was "
                                          "rewritten, or this is another database");
    }
}

static bool find_run(struct look *l, const json_t *results, struct rs_error *error) {
    const char *parameters[] = {rs_config_text(results, "run_id", "")};
    struct rs_answer *a = rs_session_ask(
        l->session, "select run_no, status from relsogi.run where run_id = $1 and status = 'visible'", 1, parameters, error);
    if (!a) return false;
    if (rs_answer_rows(a)) snprintf(l->number, sizeof l->number, "%s", rs_answer_text(a, 0, 0));
    rs_answer_free(a);
    if (!l->number[0]) {
        rs_verify_fault(l->v, parameters[0], "no run of this name is visible in the database");
        return true;
    }
    for (int i = rs_answer_rows(l->log) - 1; i >= 0 && !l->account; i--) {
        const char *event = rs_answer_text(l->log, i, 4), *number = rs_answer_text(l->log, i, 6);
        if (strcmp(event, "publish") != 0 || !number || strcmp(number, l->number) != 0) continue;
        l->account = json_loads(rs_answer_text(l->log, i, 9), 0, NULL);
        l->entry = i;
    }
    if (!l->account) rs_verify_fault(l->v, parameters[0], "the database's log does not know this load");
    return true;
}

static int by_content(const void *a, const void *b) {
    const struct rs_manifest *x = a, *y = b;
    return memcmp(x->content.b, y->content.b, 32);
}

/* The layout's row files in all stages' directories but load's own, as they were loaded: sorted by digest. */
static size_t find_files(const struct look *l, const struct rs_layout *layout, struct rs_manifest *files) {
    size_t n = 0;
    for (const struct rs_stage *const *s = rs_stages; *s && n < MOST_FILES; s++) {
        char dir[PATH_MAX];
        struct rs_error ignored;
        if (strcmp((*s)->name, "load") == 0 || !rs_path(dir, sizeof dir, &ignored, "%s/%s", l->run, (*s)->name)) continue;
        if (rs_manifest_read(dir, layout, &files[n], &ignored)) n++;
    }
    qsort(files, n, sizeof *files, by_content);
    return n;
}

static void verify_files(struct look *l, const struct rs_layout *layout, const json_t *said,
                         const struct rs_manifest *files, size_t n) {
    char hex[65];
    struct rs_digest digest = {{0}};
    if (n == 1) {
        digest = files[0].content;
    } else {
        struct rs_sha *sha = rs_sha_begin();
        for (size_t i = 0; i < n; i++) rs_sha_add(sha, files[i].content.b, 32);
        rs_sha_end(sha, &digest);
    }
    rs_hex(hex, digest.b, 32);
    if (strcmp(hex, rs_config_text(said, "sha256", "")) != 0)
        rs_verify_fault(l->v, layout->name, "the run's row files are not those the database's log says were loaded");
}

struct telling {
    struct look *look;
    const char *table;
    size_t told;
};

static void tell_row(void *self, const struct rs_row_difference *d) {
    struct telling *t = self;
    char where[512];
    snprintf(where, sizeof where, "table %s, %s", t->table, d->key);
    if (d->columns[0]) {
        char what[256];
        snprintf(what, sizeof what, "row is changed: %s", d->columns);
        rs_verify_fault(t->look->v, where, what);
    } else {
        char what[64];
        snprintf(what, sizeof what, "row is %s", d->what);
        rs_verify_fault(t->look->v, where, what);
    }
    t->told++;
}

static void columns_of(const json_t *said, struct rs_buffer *out) {
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(said, "columns"), i, name)
        rs_buffer_printf(out, "%s%s", i ? "," : "", json_string_value(name));
    rs_buffer_byte(out, 0);
}

static bool verify_rows(struct look *l, const struct rs_layout *layout, const json_t *said,
                        const struct rs_manifest *files, size_t n, struct rs_error *error) {
    char hex[65], name[128];
    struct rs_buffer columns = {0};
    struct rs_digest digest;
    uint64_t rows;
    bool differing = false;
    columns_of(said, &columns);
    const struct rs_table_check check = {layout, l->number, columns.p};
    struct telling telling = {.look = l, .table = layout->name};
    bool ok = rs_table_digest(l->session, &check, &digest, &rows, error);
    l->v->tables++;
    rs_hex(hex, digest.b, 32);
    if (ok && strcmp(hex, rs_config_text(said, "content", "")) != 0) {
        snprintf(name, sizeof name, "table %s", layout->name);
        struct rs_error why = {0};
        if (!n || !rs_table_compare(l->session, &check, files, n, MOST_ROWS, &telling, tell_row, &differing, &why)) {
            rs_verify_fault(l->v, name, "its rows are not those that were loaded");
            if (why.code) printf("         which rows cannot be said: %s\n", why.text);
        } else if (!differing) {
            printf("note     %s: the same rows as were loaded, in another order\n", name);
        } else if (telling.told == MOST_ROWS) {
            printf("         and perhaps more rows of this table\n");
        }
    }
    rs_buffer_free(&columns);
    return ok;
}

static bool may_read(struct look *l, const struct rs_layout *layout, bool *may, struct rs_error *error) {
    const char *parameters[] = {rs_schema_of(layout), layout->name};
    struct rs_answer *a = rs_session_ask(l->session, "select has_schema_privilege($1, 'usage') and "
                                         "case when has_schema_privilege($1, 'usage') then "
                                         "has_any_column_privilege($1 || '.' || $2, 'select') end", 2, parameters, error);
    *may = a && rs_answer_flag(a, 0, 0);
    rs_answer_free(a);
    return a != NULL;
}

static bool verify_table(struct look *l, const char *name, const json_t *said, struct rs_error *error) {
    struct rs_manifest files[MOST_FILES];
    const struct rs_layout *layout = rs_layout_find(name);
    bool may;
    if (!layout) {
        rs_verify_fault(l->v, name, "a layout this program does not know was loaded");
        return true;
    }
    size_t n = find_files(l, layout, files);
    verify_files(l, layout, said, files, n);
    if (!rs_config_text(said, "content", NULL)) {
        printf("note     table %s was loaded before digests of rows were kept\n", name);
        return true;
    }
    if (!may_read(l, layout, &may, error)) return false;
    if (!may) {
        printf("note     %s.%s not looked at: user %s may not read it; an administrator may (--user)\n",
               rs_schema_of(layout), name, rs_session_user(l->session));
        return true;
    }
    return verify_rows(l, layout, said, files, n, error);
}

/* Row-level security would show fewer rows to some, and that is no fault of the table. */
static bool require_whole_sight(struct look *l, struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(l->session,
                                         "select relsogi.has_source('*') and (pg_has_role('relsogi_sogi', 'usage') or "
                                         "pg_has_role('relsogi_owner', 'usage'))", 0, NULL, error);
    bool all = a && rs_answer_flag(a, 0, 0);
    rs_answer_free(a);
    if (!a || all) return a != NULL;
    return rs_fail(error, RS_PERMISSION, "user %s does not see all persons and values: verify needs an auditor of all sources "
                                         "who may see SOGI, or an administrator (--user)", rs_session_user(l->session));
}

static bool verify_run(struct look *l, const json_t *results, struct rs_error *error) {
    const char *name;
    json_t *said;
    if (!rs_verify_rights(l->session, l->v, error) || !rs_verify_definitions(l->session, l->v, error) || !find_run(l, results, error)) return false;
    verify_stage_head(l, results);
    const struct rs_logged_run logged = {l->number, l->account ? rs_answer_text(l->log, l->entry, 9) : NULL,
                                         rs_answer_text(l->log, l->entry, 7), rs_answer_text(l->log, l->entry, 8)};
    if (l->account && !rs_verify_run_line(l->session, l->v, &logged, error)) return false;
    json_object_foreach(json_object_get(l->account, "tables"), name, said)
        if (!verify_table(l, name, said, error)) return false;
    return true;
}

bool rs_verify_database(const char *run, const json_t *results, const struct rs_database *database,
                        const char *chain_file, struct rs_verdict *v, struct rs_error *error) {
    struct look l = {.v = v, .run = run};
    l.session = rs_session_open(database, "verify", rs_config_text(results, "run_id", NULL), error);
    bool ok = l.session && rs_session_run(l.session, "begin isolation level repeatable read read only", error) &&
              require_whole_sight(&l, error) && read_log(&l, error);
    if (ok) verify_chain(&l);
    if (ok && chain_file[0]) ok = rs_chain_read(chain_file, &l, verify_kept_head, error);
    ok = ok && verify_run(&l, results, error);
    if (ok) printf("%s: %zu log entries, %zu tables looked at\n", rs_session_where(l.session), v->entries, v->tables);
    rs_answer_free(l.log);
    json_decref(l.account);
    rs_session_close(l.session);
    return ok;
}
