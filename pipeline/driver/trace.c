/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi trace RESULT_ID: from one published number to the persons, values, files and bytes behind it, the code and the
 * reference that made it, and its place in the audit chain. */
#include "trace.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "pipeline/db/session.h"

struct request {
    const char *id, *run, *config, *user;
    int64_t persons;
    bool raw, database, help;
};

static const char help[] =
    "relsogi trace: what is behind one published number\n\n"
    "Usage: relsogi trace RESULT_ID --run RUN_DIRECTORY [OPTION...]\n\n"
    "RESULT_ID is an estimate_key, disparity_key, trend_key or equity_key, with or without dashes. Of the last three, which\n"
    "are made from estimates, the estimates' keys are listed, and one of them is followed. Rows of tabulation, check_result\n"
    "and agreement go by their columns, as the auditors' page writes them: tabulation:population:ALL,\n"
    "check_result:CHECK:SCOPE:VALUE:ELEMENT, agreement:SOURCE_A:SOURCE_B:ELEMENT:KIND:CATEGORY_A:CATEGORY_B.\n\n"
    "  --run DIR         Directory of the run that published it.\n"
    "  --persons N       List so many of the persons behind it, by pseudonym (at most 1000), and where every answer about\n"
    "                    them stands: file, line or segment, byte. For auditors.\n"
    "  --raw             With the answers as they were sent. For stewards: it may hold anything.\n"
    "  --database        Say what the database holds of it, and its place in the log's chain.\n"
    "  --config FILE     Configuration whose database: says where the server is.\n"
    "  --user NAME       Database user; by default relsogi_auditor.\n"
    "  --help            Show this help.\n";

static bool parse(int argc, char **argv, struct request *r, struct rs_error *error) {
    static const struct option options[] = {
        {"run", required_argument, NULL, 'r'},    {"persons", required_argument, NULL, 'p'},
        {"raw", no_argument, NULL, 'w'},          {"database", no_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'}, {"user", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        switch (c) {
        case 'r': r->run = optarg; break;
        case 'p':
            if (!rs_parse_long(rs_cstr(optarg), &r->persons) || r->persons < 0 || r->persons > RS_TRACE_PERSONS)
                return rs_fail(error, RS_USAGE, "--persons must be a whole number from 0 to %d", RS_TRACE_PERSONS);
            break;
        case 'w': r->raw = true; break;
        case 'd': r->database = true; break;
        case 'c': r->config = optarg; break;
        case 'u': r->user = optarg; break;
        case 'h': r->help = true; break;
        default:
            return rs_fail(error, RS_USAGE, "%s %s; see relsogi trace --help",
                           c == ':' ? "a value is missing after" : "unknown option", argv[optind - 1]);
        }
    }
    if (optind < argc) r->id = argv[optind++];
    if (r->help || (r->id && r->run && optind == argc)) return true;
    return rs_fail(error, RS_USAGE, "name one result and its run: relsogi trace RESULT_ID --run RUN_DIRECTORY");
}

static bool parse_id(const char *text, struct rs_key *out, struct rs_error *error) {
    char digits[33];
    size_t n = 0;
    for (; *text && n < 32; text++)
        if (*text != '-') digits[n++] = *text;
    digits[n] = 0;
    if (!*text && rs_key_parse(rs_view(digits, n), out)) return true;
    return rs_fail(error, RS_USAGE, "a result's key is 32 hexadecimal digits: see columns estimate_key, disparity_key, trend_key and "
                                    "equity_key");
}

/* ---- the run's own accounts ------------------------------------------------------------------------------------ */

static void show_object(const char *title, const json_t *map) {
    const char *name;
    json_t *value;
    if (!json_object_size(map)) return;
    printf("  %s\n", title);
    json_object_foreach((json_t *)map, name, value) {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        printf("    %-22s %s\n", name, text ? text : json_string_value(value));
        free(text);
    }
}

/* What made each stage's files: program, version, options, and the digests of all it read. made_by: the one stage whose options
 * matter; NULL: those of an estimate. */
static void show_stages(const char *run, const char *made_by) {
    puts("\nMade by");
    for (const struct rs_stage *const *s = rs_stages; *s; s++) {
        char dir[PATH_MAX];
        struct rs_error ignored;
        if (strcmp((*s)->name, "load") == 0 || !rs_path(dir, sizeof dir, &ignored, "%s/%s", run, (*s)->name)) continue;
        json_t *j = rs_stage_json(dir);
        const json_t *p = json_object_get(j, "provenance");
        if (j) {
            printf("  %s version %lld, %s, key %s\n", (*s)->name,
                   (long long)json_integer_value(json_object_get(p, "stage_version")), rs_config_text(p, "program", "?"),
                   rs_config_text(j, "key", "?"));
            bool behind = made_by ? strcmp((*s)->name, made_by) == 0
                                  : strcmp((*s)->name, "stratify") == 0 || strcmp((*s)->name, "impute") == 0;
            if (behind) {
                show_object("options", json_object_get(p, "parameters"));
                show_object("read", json_object_get(p, "read"));
            }
        }
        json_decref(j);
    }
}

/* Reference packs and fits that the imputed rows were made with, from the posterior itself. */
static bool show_models(const char *run, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *row;
    char seen[16][128];
    size_t n = 0;
    if (!rs_trace_manifest(run, "impute", &rs_layout_posterior, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &row, error)) {
        char text[128];
        size_t i = 0;
        snprintf(text, sizeof text, "pack %.*s, fit %.*s", (int)row[POSTERIOR_pack].n, row[POSTERIOR_pack].p,
                 row[POSTERIOR_fit].n ? (int)row[POSTERIOR_fit].n : 4,
                 row[POSTERIOR_fit].n ? row[POSTERIOR_fit].p : "none");
        while (i < n && strcmp(seen[i], text) != 0) i++;
        if (i == n && n < 16) snprintf(seen[n++], sizeof seen[0], "%s", text);
    }
    rs_scan_close(scan);
    for (size_t i = 0; i < n; i++) printf("  imputed with %s\n", seen[i]);
    return !error->code;
}

static void show_run(const json_t *results) {
    size_t i;
    json_t *entry;
    printf("\nRun %s as of %s, %s, configuration sha256 %s\n", rs_config_text(results, "run_id", "?"),
           rs_config_text(results, "as_of", "?"), rs_config_text(results, "program", "?"),
           rs_config_text(results, "config_sha256", "?"));
    json_array_foreach(json_object_get(results, "stages"), i, entry) {
        const json_t *chain = json_object_get(json_object_get(entry, "results"), "chain");
        if (chain)
            printf("  audit chain: entry %lld, head %s\n", (long long)json_integer_value(json_object_get(chain, "entry")),
                   rs_config_text(chain, "head", "?"));
    }
}

/* ---- persons --------------------------------------------------------------------------------------------------- */

static void compare(const char *what, struct rs_view published, double counted) {
    double said;
    if (!published.n || !rs_parse_real(published, &said)) return;
    bool same = fabs(said - counted) <= 1e-6 * (1 + fabs(said));
    printf("  %s: published %.*s, counted anew %.10g: %s\n", what, (int)published.n, published.p, counted,
           same ? "the same" : "NOT THE SAME");
}

/* A withheld number stays withheld for whoever does not ask for persons. */
static void show_members(const struct rs_trace *t, bool auditor) {
    puts("\nCounted anew from person, posterior and person_measure");
    if (rs_eq_c(t->estimate[ESTIMATE_suppressed], "Y") && !auditor) {
        puts("  withheld, as the result is; --persons shows it");
        return;
    }
    printf("  in the measure's denominator: %llu persons\n", (unsigned long long)t->denominators);
    if (!t->listed) {
        puts("  who of them is in this stratum is not said by these files alone");
        return;
    }
    bool modelled = rs_trace_is_modelled(t);
    printf("  in the stratum by what stands for them: %llu, of them in the numerator %llu\n", (unsigned long long)t->said,
           (unsigned long long)t->numerator);
    if (t->imputed)
        printf("  imputed, with a probability of it above 0: %llu, probabilities sum to %.6f\n",
               (unsigned long long)t->imputed, t->weight);
    compare("n", t->estimate[ESTIMATE_n], (double)t->said + t->weight);
    if (!modelled) compare("x", t->estimate[ESTIMATE_x], (double)t->numerator);
}

/* ---- database -------------------------------------------------------------------------------------------------- */

/* Says which database this is, and `nothing` where it has no such row. NULL where it could not be asked. */
static struct rs_answer *ask(const struct rs_database *database, const char *run_id, const char *sql,
                             const char *const parameters[2], const char *nothing, struct rs_error *error) {
    struct rs_session *s = rs_session_open(database, "trace", run_id, error);
    struct rs_answer *a = s ? rs_session_ask(s, sql, 2, parameters, error) : NULL;
    if (a) printf("\n%s\n", rs_session_where(s));
    if (a && !rs_answer_rows(a)) puts(nothing);
    rs_session_close(s);
    return a;
}

static const char *field(const struct rs_answer *a, int row, int column) {
    const char *text = rs_answer_text(a, row, column);
    return text ? text : "-";
}

static bool ask_database(const struct rs_trace *t, const json_t *results, const struct rs_database *database,
                         struct rs_error *error) {
    char hex[33];
    rs_hex(hex, t->id.b, 16);
    const char *parameters[] = {hex, rs_config_text(results, "run_id", "")};
    struct rs_answer *a =
        ask(database, parameters[1],
            "select r.run_no, r.revision, r.status, e.n, e.x, e.rate, l.entry, encode(l.head, 'hex'), l.actor, "
            "coalesce(l.detail ->> 'operator', '?'), to_char(l.at, 'YYYY-MM-DD HH24:MI:SS TZ'), "
            "l.detail #>> '{tables,estimate,content}', array_to_string(r.packs, ' '), r.program_version "
            "from relsogi.estimate as e join relsogi.run as r using (run_no) "
            "left join audit.log as l on l.run_no = r.run_no and l.event = 'publish' "
            "where e.estimate_key = $1::uuid and r.run_id = $2",
            parameters, "  holds no visible run with this result", error);
    if (a && rs_answer_rows(a)) {
        printf("  run number %s, revision %s, %s: n %s, x %s, rate %s\n", field(a, 0, 0), field(a, 0, 1), field(a, 0, 2),
               field(a, 0, 3), field(a, 0, 4), field(a, 0, 5));
        printf("  loaded %s by %s (database user %s), relsogi %s, packs %s\n", field(a, 0, 10), field(a, 0, 9),
               field(a, 0, 8), field(a, 0, 13), field(a, 0, 12));
        printf("  audit chain: entry %s, head %s\n  digest of table estimate %s\n", field(a, 0, 6), field(a, 0, 7),
               field(a, 0, 11));
    }
    rs_answer_free(a);
    return a != NULL;
}

/* Of a row that has no key of its own: the load, and its table's digest, which verify holds the rows against. */
static bool ask_about_table(const char *table, const json_t *results, const struct rs_database *database,
                            struct rs_error *error) {
    const char *parameters[] = {rs_config_text(results, "run_id", ""), table};
    struct rs_answer *a =
        ask(database, parameters[0],
            "select r.run_no, r.revision, l.entry, encode(l.head, 'hex'), coalesce(l.detail ->> 'operator', '?'), "
            "l.detail #>> array['tables', $2, 'content'] from relsogi.run as r "
            "left join audit.log as l on l.run_no = r.run_no and l.event = 'publish' "
            "where r.run_id = $1 and r.status = 'visible'",
            parameters, "  holds no visible run of this name", error);
    for (int i = 0; a && i < rs_answer_rows(a); i++)
        printf("  run number %s, revision %s, loaded by %s\n  audit chain: entry %s, head %s\n  digest of table %s %s\n",
               field(a, i, 0), field(a, i, 1), field(a, i, 4), field(a, i, 2), field(a, i, 3), table, field(a, i, 5));
    rs_answer_free(a);
    return a != NULL;
}

/* table: of a row that has no key of its own; NULL for an estimate. */
static bool show_database(const struct request *r, const struct rs_trace *t, const json_t *results, const char *table,
                          struct rs_error *error) {
    struct rs_database database = {0};
    json_t *config = NULL;
    if (r->config && !(config = rs_yaml_read(r->config, NULL, error))) return false;
    bool ok = rs_database_read(config, r->config, &database, error);
    if (r->user) database.user = r->user;
    else rs_database_as_auditor(&database);
    if (ok && (r->database || r->user || json_object_get(config, "database")))
        ok = table ? ask_about_table(table, results, &database, error) : ask_database(t, results, &database, error);
    json_decref(config);
    return ok;
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

static bool trace(const struct request *r, struct rs_trace *t, const json_t *results, struct rs_error *error) {
    char dir[PATH_MAX];
    if (!rs_path(dir, sizeof dir, error, "%s/stratify", r->run)) return false;
    json_t *stage = rs_stage_json(dir);
    const json_t *options = json_object_get(
        json_object_get(json_object_get(stage, "provenance"), "parameters"), "options");
    t->age_bands = rs_config_text(options, "age-bands", "0,18,45,65,75");
    bool ok = rs_trace_estimate(t, error) || (!error->code && rs_trace_statement(t, error));
    if (ok) {
        puts("Result");
        rs_trace_print(&rs_layout_estimate, t->estimate);
    }
    ok = ok && rs_trace_members(t, error);
    if (ok) {
        show_members(t, r->persons > 0);
        show_stages(r->run, NULL);
        ok = show_models(r->run, error);
        show_run(results);
    }
    ok = ok && show_database(r, t, results, NULL, error) && (!t->n_persons || rs_trace_lineage(t, r->raw, error));
    json_decref(stage);
    return ok;
}

/* A row without a key of its own. */
static bool trace_row(const struct request *r, struct rs_trace *t, const json_t *results, struct rs_error *error) {
    const struct rs_layout *layout;
    const char *stage;
    if (!rs_trace_row(t, r->id, &layout, &stage, error)) return false;
    show_stages(r->run, stage);
    show_run(results);
    return show_database(r, t, results, layout->name, error) && (!t->n_persons || rs_trace_lineage(t, r->raw, error));
}

static bool run(const struct request *r, struct rs_error *error) {
    char path[PATH_MAX];
    struct rs_trace *t = rs_alloc(sizeof *t);
    t->run = r->run;
    t->most = (size_t)r->persons;
    json_t *results = NULL;
    bool is_row = rs_trace_is_row(r->id);
    bool ok = (is_row || parse_id(r->id, &t->id, error)) && rs_path(path, sizeof path, error, "%s/results.json", r->run);
    if (ok && !(results = json_load_file(path, 0, NULL)))
        ok = rs_fail(error, rs_exists(path) ? RS_DATA : RS_NO_INPUT, "%s: no run here (it is missing, or not JSON)", path);
    if (ok && !rs_day_parse(rs_cstr(rs_config_text(results, "as_of", "")), &t->as_of))
        ok = rs_fail(error, RS_DATA, "%s: has no as_of date", path);
    ok = ok && (is_row ? trace_row(r, t, results, error) : trace(r, t, results, error));
    json_decref(results);
    rs_arena_free(&t->arena);
    free(t);
    return ok;
}

int rs_trace_main(int argc, char **argv) {
    struct request r = {0};
    struct rs_error error = {0};
    bool ok = parse(argc, argv, &r, &error);
    if (ok && r.help) fputs(help, stdout);
    else ok = ok && run(&r, &error);
    if (fflush(stdout) != 0 && ok) ok = rs_fail_errno(&error, RS_IO, "stdout");
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    return ok ? 0 : error.code;
}
