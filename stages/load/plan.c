/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding what is to be loaded, and saying it in one digest and one JSON object. */
#include "plan.h"
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "pipeline/base/version.h"
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct rs_layout *const rs_load_layouts[] = {&rs_layout_file,
                                                   &rs_layout_ledger,
                                                   &rs_layout_quarantine,
                                                   &rs_layout_person,
                                                   &rs_layout_person_value,
                                                   &rs_layout_posterior,
                                                   &rs_layout_evaluation,
                                                   &rs_layout_discrepancy,
                                                   &rs_layout_person_measure,
                                                   &rs_layout_agreement,
                                                   &rs_layout_check_result,
                                                   &rs_layout_estimate,
                                                   &rs_layout_disparity,
                                                   &rs_layout_equity,
                                                   &rs_layout_trend,
                                                   &rs_layout_link,
                                                   &rs_layout_identifier,
                                                   &rs_layout_tabulation,
                                                   &rs_layout_language_posterior,
                                                   &rs_layout_fit,
                                                   NULL};
_Static_assert(sizeof rs_load_layouts / sizeof *rs_load_layouts <= RS_LOAD_LAYOUTS + 1, "room for all of them");

/* Layouts that came later: the stage that writes them, and its first version that does. A run that an earlier version made
 * is whole without them. */
static const struct {
    const struct rs_layout *layout;
    const char *stage;
    int since;
} later[] = {
    {&rs_layout_agreement, "reconcile", 6}, {&rs_layout_evaluation, "impute", 2},  {&rs_layout_tabulation, "stratify", 2},
    {&rs_layout_disparity, "stratify", 3},  {&rs_layout_equity, "stratify", 3},    {&rs_layout_trend, "stratify", 3},
};

/* Made only where somebody asked for it. */
static bool optional(const struct rs_layout *l) {
    return l == &rs_layout_language_posterior || l == &rs_layout_fit;
}

static bool everywhere(const struct rs_layout *l) { return l == &rs_layout_quarantine || l == &rs_layout_ledger; }

/* The stage's own directory may be among those given, as run/ * gives it: what an earlier load wrote there is not the
 * run's content. */
static bool is_own(const struct rs_run *run, const char *dir) {
    char a[PATH_MAX], b[PATH_MAX];
    return run->output && realpath(dir, a) && realpath(run->output, b) && strcmp(a, b) == 0;
}

/* Where the stage that made the file says what it made, the manifest must be that one: a file and its manifest changed
 * together agree with each other. A directory without stage.json (files put there by hand) is no error. */
static bool is_the_stages(const struct rs_manifest *m, const char *dir, struct rs_error *error) {
    char path[PATH_MAX], hex[65];
    if (!rs_path(path, sizeof path, error, "%s/stage.json", dir)) return false;
    if (!rs_exists(path)) return true;
    json_t *stage = json_load_file(path, 0, NULL);
    const char *said = rs_config_text(json_object_get(stage, "sha256"), m->layout->name, "");
    rs_hex(hex, m->content.b, 32);
    bool ok = strcmp(hex, said) == 0;
    json_decref(stage);
    return ok || rs_fail(error, RS_DATA,
                         "%s: is not what its stage made, says %s; see what changed with relsogi verify, and run "
                         "the stage again",
                         m->path, path);
}

static bool add_file(struct rs_load_table *t, const char *dir, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/%s.json", dir, t->layout->name)) return false;
    if (!rs_exists(path)) return true;
    struct rs_manifest *m = &t->files[t->n_files];
    if (!rs_manifest_read(dir, t->layout, m, error) || !is_the_stages(m, dir, error)) return false;
    t->n_files++;
    t->rows += m->rows;
    return true;
}

static int by_digest(const void *a, const void *b) {
    const struct rs_manifest *x = a, *y = b;
    return memcmp(x->content.b, y->content.b, 32);
}

/* Sorted, so that neither rows' order nor digests depend on the order of --input. */
static void take_digest(struct rs_load_table *t) {
    if (t->n_files == 1) {
        t->digest = t->files[0].content;
        return;
    }
    qsort(t->files, t->n_files, sizeof *t->files, by_digest);
    struct rs_sha *sha = rs_sha_begin();
    for (size_t i = 0; i < t->n_files; i++) rs_sha_add(sha, t->files[i].content.b, 32);
    rs_sha_end(sha, &t->digest);
}

static bool find_files(const struct rs_run *run, struct rs_load_table *t, struct rs_error *error) {
    t->files = rs_alloc((run->n_inputs + 1) * sizeof *t->files);
    for (size_t i = 0; i < run->n_inputs; i++) {
        if (is_own(run, run->inputs[i])) continue;
        if (!add_file(t, run->inputs[i], error)) return false;
        if (t->n_files && !everywhere(t->layout)) break;
    }
    if (t->n_files) take_digest(t);
    return true;
}

static void take_content(const struct rs_run *run, struct rs_load_plan *plan) {
    struct rs_buffer text = {0};
    rs_buffer_printf(&text, "as_of %d\n", run->has_as_of ? (int)run->as_of : INT_MIN);
    for (size_t i = 0; i < plan->n; i++) {
        char hex[65];
        const struct rs_load_table *t = &plan->tables[i];
        rs_hex(hex, t->digest.b, 32);
        rs_buffer_printf(&text, "%s %d %s\n", t->layout->name, t->layout->version, hex);
    }
    plan->content = rs_sha256(text.p, text.n);
    rs_buffer_free(&text);
}

/* The version of the stage that made this directory, by its own account; -1 where it is another's, or is no stage's, or
 * says that it made the layout. */
static int made_by(const char *dir, const char *stage, const char *layout) {
    char path[PATH_MAX];
    struct rs_error ignored = {0};
    if (!rs_path(path, sizeof path, &ignored, "%s/stage.json", dir) || !rs_exists(path)) return -1;
    json_t *account = json_load_file(path, 0, NULL), *from = json_object_get(account, "provenance");
    const json_t *version = json_object_get(from, "stage_version");
    bool so = strcmp(rs_config_text(from, "stage", ""), stage) == 0 && json_is_integer(version) &&
              !json_object_get(json_object_get(account, "sha256"), layout);
    int made = so ? (int)json_integer_value(version) : -1;
    json_decref(account);
    return made;
}

static bool came_later(const struct rs_run *run, const struct rs_layout *l) {
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        for (size_t k = 0; later[i].layout == l && k < run->n_inputs; k++) {
            int made = is_own(run, run->inputs[k]) ? -1 : made_by(run->inputs[k], later[i].stage, l->name);
            if (made < 0 || made >= later[i].since) continue;
            rs_info("this run is of %s version %d, which made no layout %s (version %d does): there is none of it",
                    later[i].stage, made, l->name, later[i].since);
            return true;
        }
    return false;
}

bool rs_load_plan_make(struct rs_run *run, bool partial, struct rs_load_plan *plan, struct rs_error *error) {
    bool vault;
    *plan = (struct rs_load_plan){.n = 0};
    if (!rs_config_flag(run->config, run->config_path, "vault", true, &vault, error)) return false;
    for (const struct rs_layout *const *l = rs_load_layouts; *l; l++) {
        if (*l == &rs_layout_identifier && !vault) continue;
        struct rs_load_table *t = &plan->tables[plan->n++];
        t->layout = *l;
        if (!find_files(run, t, error)) return false;
        if (t->n_files) continue;
        if (!partial && !optional(*l) && !came_later(run, *l))
            return rs_fail(error, RS_NO_INPUT,
                           "no row file of layout %s in the --input directories: give the directories "
                           "of all stages, or --partial to load what is there",
                           (*l)->name);
        free(t->files);
        *t = (struct rs_load_table){0};
        plan->n--;
    }
    if (!plan->n) return rs_fail(error, RS_NO_INPUT, "the --input directories hold no row file that is loaded");
    take_content(run, plan);
    return true;
}

void rs_load_plan_free(struct rs_load_plan *plan) {
    for (size_t i = 0; i < plan->n; i++) free(plan->tables[i].files);
    plan->n = 0;
}

/* The stages' own accounts, by stage. A directory without one (files put there by hand) is no error. */
static bool add_accounts(const struct rs_run *run, json_t *to, struct rs_error *error) {
    for (size_t i = 0; i < run->n_inputs; i++) {
        char path[PATH_MAX];
        if (is_own(run, run->inputs[i])) continue;
        if (!rs_path(path, sizeof path, error, "%s/stage.json", run->inputs[i])) return false;
        if (!rs_exists(path)) continue;
        json_error_t why;
        json_t *account = json_load_file(path, 0, &why);
        const char *stage = json_string_value(json_object_get(json_object_get(account, "provenance"), "stage"));
        if (!stage) {
            json_decref(account);
            return rs_fail(error, RS_DATA, "%s: not what a stage wrote: run the stage again", path);
        }
        json_object_set_new(to, stage, account);
    }
    return true;
}

/* Who started this: the database only knows the role, which several may use. */
static json_t *operator_json(void) {
    char host[128] = "", text[256];
    const struct passwd *who = getpwuid(getuid());
    gethostname(host, sizeof host - 1);
    if (who) snprintf(text, sizeof text, "%s@%s", who->pw_name, host);
    else snprintf(text, sizeof text, "%ld@%s", (long)getuid(), host);
    return json_string(text);
}

static void set_hex(json_t *to, const char *name, const struct rs_digest *d) {
    char hex[65];
    rs_hex(hex, d->b, 32);
    json_object_set_new(to, name, json_string(hex));
}

bool rs_load_plan_json(const struct rs_run *run, const struct rs_load_plan *plan, char **text, struct rs_error *error) {
    json_t *accounts = json_object(), *tables = json_array();
    json_t *all = json_pack("{s:s, s:s, s:o, s:o}", "run_id", run->run_id, "version", rs_version, "results",
                            accounts, "tables", tables);
    set_hex(all, "content", &plan->content);
    json_object_set_new(all, "operator", operator_json());
    for (size_t i = 0; i < plan->n; i++) {
        const struct rs_load_table *t = &plan->tables[i];
        json_t *table = json_pack("{s:s, s:i, s:I}", "layout", t->layout->name, "version", t->layout->version, "rows",
                                  (json_int_t)t->rows);
        set_hex(table, "sha256", &t->digest);
        json_array_append_new(tables, table);
    }
    if (run->has_as_of) {
        struct rs_arena arena = {0};
        struct rs_view day = rs_day_text(&arena, run->as_of);
        json_object_set_new(all, "as_of", json_stringn(day.p, day.n));
        rs_arena_free(&arena);
    }
    bool ok = add_accounts(run, accounts, error);
    if (ok && run->config_path) {
        struct rs_digest d;
        ok = rs_sha256_file(run->config_path, &d, NULL, error);
        if (ok) set_hex(all, "config", &d);
    }
    *text = ok ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return ok;
}
