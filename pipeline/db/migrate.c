/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Migrations: numbered SQL from sql/migrations, applied once, in order, never changed afterwards. And the data
 * dictionary, which is handed over from the layouts each time, so that no column is described twice. */
#include "../base/hash.h"
#include "../base/log.h"
#include "../base/text.h"
#include "copy.h"
#include "db.h"
#include "definitions.h"
#include "sql.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const folder = "migrations/";

const struct rs_sql_file *rs_sql_find(const char *name) {
    for (const struct rs_sql_file *f = rs_sql_files; f->name; f++)
        if (strcmp(f->name, name) == 0) return f;
    return NULL;
}

static bool in_transaction(struct rs_session *s, const char *sql, const char *name, struct rs_error *error) {
    if (rs_session_run(s, "begin", error) && rs_session_run(s, sql, error)) return true;
    rs_error_context(error, "sql/%s", name);
    struct rs_error ignored = {0};
    rs_session_run(s, "rollback", &ignored);
    return false;
}

static bool bootstrap(struct rs_session *s, struct rs_error *error) {
    const struct rs_sql_file *f = rs_sql_find("bootstrap.sql");
    if (!f) return rs_fail(error, RS_BUG, "this program was built without its SQL files");
    return in_transaction(s, (const char *)f->text, f->name, error) && rs_session_run(s, "commit", error);
}

/* What the database says about one migration: 0 not applied, 1 applied as it is here, -1 applied with another text. */
static bool known(struct rs_session *s, const char *number, const char *hex, int *state, struct rs_error *error) {
    const char *parameters[] = {number, hex};
    struct rs_answer *a = rs_session_ask(
        s, "select sha256 = decode($2, 'hex') from relsogi.migration where number = $1::integer", 2, parameters, error);
    if (!a) return false;
    *state = rs_answer_rows(a) == 0 ? 0 : rs_answer_flag(a, 0, 0) ? 1 : -1;
    rs_answer_free(a);
    return true;
}

static bool ask_nothing(struct rs_session *s, const char *sql, int n, const char *const *parameters,
                        struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, sql, n, parameters, error);
    rs_answer_free(a);
    return a != NULL;
}

static bool apply(struct rs_session *s, const struct rs_sql_file *f, const char *number, const char *hex,
                  struct rs_error *error) {
    const char *parameters[] = {number, f->name + strlen(folder), hex};
    if (!rs_session_run(s, "begin", error) || !rs_session_run(s, "set local role relsogi_owner", error)) return false;
    if (!rs_session_run(s, (const char *)f->text, error)) return rs_error_context(error, "sql/%s", f->name);
    return ask_nothing(s,
                       "insert into relsogi.migration (number, name, sha256) values ($1::integer, $2, "
                       "decode($3, 'hex'))",
                       3, parameters, error) &&
           ask_nothing(s,
                       "insert into audit.log (event, detail) values ('migrate', jsonb_build_object('migration', "
                       "$2::text, 'number', $1::integer, 'sha256', $3::text))",
                       3, parameters, error) &&
           rs_session_run(s, "commit", error);
}

static bool apply_if_missing(struct rs_session *s, const struct rs_sql_file *f, int *applied, struct rs_error *error) {
    char number[16], hex[65];
    int state;
    struct rs_digest d = rs_sha256(f->text, f->n);
    rs_hex(hex, d.b, 32);
    snprintf(number, sizeof number, "%d", atoi(f->name + strlen(folder)));
    if (!known(s, number, hex, &state, error)) return false;
    if (state < 0)
        return rs_fail(error, RS_CONFIG,
                       "sql/%s is not the text that was applied to this database: released "
                       "migrations never change; restore it and put the change into a new one",
                       f->name);
    if (state > 0) return true;
    rs_info("applying sql/%s", f->name);
    ++*applied;
    return apply(s, f, number, hex, error);
}

/* ---- data dictionary ------------------------------------------------------------------------------------------ */

static json_t *key_of(const struct rs_layout *l) {
    json_t *key = json_array();
    for (struct rs_view rest = rs_cstr(l->key); rest.p;) {
        struct rs_view name = rs_trim(rs_split(&rest, ','));
        json_array_append_new(key, json_stringn(name.p, name.n));
    }
    return key;
}

static json_t *dictionary(void) {
    json_t *all = json_array();
    for (const struct rs_layout *const *l = rs_layouts; *l; l++) {
        json_t *columns = json_array();
        for (size_t i = 0; i < (*l)->n_columns; i++) {
            const struct rs_column *c = &(*l)->columns[i];
            json_array_append_new(columns, json_pack("{s:s, s:s, s:b, s:s, s:i, s:s, s:b}", "name", c->name, "type",
                                                     rs_type_name(c->type), "nullable", (int)c->nullable, "phi",
                                                     rs_phi_name(c->phi), "since", c->since, "meaning", c->meaning,
                                                     "loaded", (int)rs_column_loaded(*l, c)));
        }
        json_array_append_new(all,
                              json_pack("{s:s, s:i, s:s, s:o, s:o}", "layout", (*l)->name, "version", (*l)->version,
                                        "meaning", (*l)->meaning, "key", key_of(*l), "columns", columns));
    }
    return all;
}

static bool refresh(struct rs_session *s, struct rs_error *error) {
    json_t *all = dictionary();
    char *text = json_dumps(all, JSON_COMPACT);
    const char *parameters[] = {text};
    bool ok = rs_session_run(s, "begin", error) && rs_session_run(s, "set local role relsogi_owner", error) &&
              ask_nothing(s, "select relsogi.refresh($1::jsonb)", 1, parameters, error) &&
              rs_session_run(s, "commit", error);
    free(text);
    json_decref(all);
    return ok;
}

/* A database migrated by a newer program has migrations this one has not: nothing is undone, and it is said. */
static bool warn_of_newer(struct rs_session *s, int last, struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, "select coalesce(max(number), 0) from relsogi.migration", 0, NULL, error);
    if (!a) return false;
    if (rs_answer_long(a, 0, 0) > last)
        rs_warn("the database has migrations up to %lld, this program up to %d: it was migrated by a newer one",
                (long long)rs_answer_long(a, 0, 0), last);
    rs_answer_free(a);
    return true;
}

/* ---- what stands there already --------------------------------------------------------------------------------- */

static void keep_changed(void *self, const char *object, const char *what) {
    rs_warn("%s %s: found before this migration, and kept in the log", object, what);
    json_array_append_new(self, json_string(object));
}

/* Migrating writes all definitions to the log; what somebody changed before must not become right by that unseen. */
static bool find_changed(struct rs_session *s, json_t *changed, struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, "select to_regclass('audit.log') is not null", 0, NULL, error);
    enum rs_definitions state;
    bool has_log = a && rs_answer_flag(a, 0, 0), asked = a != NULL;
    rs_answer_free(a);
    return asked && (!has_log || rs_definitions_compare(s, &state, changed, keep_changed, error));
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static bool migrate(struct rs_session *s, int *applied, json_t *changed, struct rs_error *error) {
    int last = 0;
    if (!rs_session_lock(s, RS_LOCK_MIGRATE, error) || !find_changed(s, changed, error) || !bootstrap(s, error)) return false;
    for (const struct rs_sql_file *f = rs_sql_files; f->name; f++) {
        if (strncmp(f->name, folder, strlen(folder)) != 0) continue;
        last = atoi(f->name + strlen(folder));
        if (!apply_if_missing(s, f, applied, error)) return false;
    }
    return refresh(s, error) && rs_definitions_log(s, changed, error) && warn_of_newer(s, last, error);
}

bool rs_db_migrate(struct rs_session *s, int *applied, struct rs_error *error) {
    json_t *changed = json_array();
    *applied = 0;
    bool ok = migrate(s, applied, changed, error);
    json_decref(changed);
    return ok;
}
