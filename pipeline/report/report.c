/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi report: finds the run, gathers what the pages show, and writes them whole or not at all. */
#include "report.h"
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "page.h"
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"

enum { MOST_BYTES = 5000000 };

struct options {
    const char *run, *output, *config;
    bool steward;
};

static const struct { struct option option; const char *argument, *help; } options[] = {
    {{"run", required_argument, NULL, 'r'}, "RUN", "Directory of the run, or its id: then looked for where the configuration puts runs."},
    {{"output", required_argument, NULL, 'o'}, "DIR", "Directory for executive.html and audit.html; made where it is not there."},
    {{"config", required_argument, NULL, 'c'}, "FILE", "Configuration that says where runs are. Default: relsogi.yaml, where there is one."},
    {{"steward", no_argument, NULL, 's'}, NULL, "Discrepancies one by one, with pseudonyms and values, in audit.html: for a steward's eyes only."},
    {{"help", no_argument, NULL, 'h'}, NULL, "Show this help."},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static void help(FILE *to) {
    fputs("relsogi report: two HTML files about a finished run, one for executives and one for auditors. Each is whole in\n"
          "itself: it needs no network and no other file.\n\nUsage: relsogi report --run RUN --output DIR [OPTION...]\n\n", to);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", options[i].option.name, options[i].argument ? options[i].argument : "");
        fprintf(to, "  %-16s %s\n", left, options[i].help);
    }
    fputs("\nWhat is withheld in the run's files is not in the pages. Without --steward nothing in them is about one person.\n", to);
}

void rs_report_man(struct rs_buffer *out) {
    rs_buffer_printf(out,
        "relsogi-report(1)\n\n# NAME\n\nrelsogi-report - two pages about a finished run: for executives and for auditors\n\n"
        "# SYNOPSIS\n\n*relsogi report --run* _RUN_ *--output* _DIR_ [*--config* _FILE_] [*--steward*]\n\n# DESCRIPTION\n\n"
        "Reads the row files of a run, no database, and writes _executive.html_ and _audit.html_, each whole in itself: "
        "style, charts and data stand in the file, a Content-Security-Policy keeps it from fetching or sending anything. "
        "The same run gives the same bytes. Files have mode 0600.\n\n"
        "_executive.html_: what was measured and on how many, who told their race and ethnicity and who is estimated, the widest "
        "gaps that can be told from chance, every measure and group in words (better, same, worse, can't tell), rates "
        "with 95 %% intervals, members affected, change since earlier runs.\n\n"
        "_audit.html_: completeness by source, provider group and facility, discrepancies, accuracy and calibration of imputation, "
        "estimators beside each other with bounds, funnel plots of provider groups, reliability, quality checks with "
        "drift, what is withheld and why, files, digests and the ledger.\n\n"
        "A gap is called _worse_ or _better_ where its 95 %% interval lies on one side of 0 and, where the run states p-values "
        "adjusted for many comparisons, that is below .05; _same_ where the whole interval lies within _same_margin_ of 0; "
        "otherwise nobody _can tell_. Names and the margin stand in _schemas/report.yaml_, kinds and directions of measures in "
        "_schemas/measures.yaml_.\n\n"
        "A file that a stage did not write is left out, and the page says so. A file that is not as its stage wrote it ends "
        "the report.\n\n# OPTIONS\n\n");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        rs_buffer_printf(out, "*--%s*", options[i].option.name);
        if (options[i].argument) rs_buffer_printf(out, " _%s_", options[i].argument);
        rs_buffer_printf(out, "\n\t%s\n\n", options[i].help);
    }
    rs_buffer_printf(out,
        "# EXAMPLES\n\n\trelsogi report --run demo/runs/demo --output demo/report\n\n# EXIT STATUS\n\n0 written; 64 usage; 65 "
        "the run failed, or a file was changed; 66 no such run; 69 built without the chart library; 73 cannot create; 78 "
        "configuration.\n\n# SEE ALSO\n\n*relsogi*(1)\n");
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct options *o) {
    struct option long_options[N_OPTIONS + 1] = {{0}};
    for (size_t i = 0; i < N_OPTIONS; i++) long_options[i] = options[i].option;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1;) {
        switch (c) {
        case 'r': o->run = optarg; break;
        case 'o': o->output = optarg; break;
        case 'c': o->config = optarg; break;
        case 's': o->steward = true; break;
        case 'h': help(stdout); return 0;
        default: fputs("see relsogi report --help\n", stderr); return RS_USAGE;
        }
    }
    if (optind == argc && o->run && o->output) return -1;
    fputs("relsogi report: give --run RUN and --output DIR, and nothing else but options; see relsogi report --help\n", stderr);
    return RS_USAGE;
}

static bool has_run(const char *dir) {
    char path[PATH_MAX];
    struct rs_error ignored = {0};
    return rs_path(path, sizeof path, &ignored, "%s/results.json", dir) && rs_exists(path);
}

/* A directory as it is named; else an id where the configuration puts runs. */
static bool find_run(const struct options *o, char *dir, struct rs_error *error) {
    char runs[PATH_MAX] = "runs";
    const char *config_path = o->config ? o->config : "relsogi.yaml";
    if (!rs_path(dir, PATH_MAX, error, "%s", o->run)) return false;
    if (has_run(dir)) return true;
    if (o->config || rs_exists(config_path)) {
        json_t *config = rs_yaml_read(config_path, NULL, error);
        if (!config) return false;
        bool ok = rs_config_path(runs, sizeof runs, config_path, rs_config_text(config, "output", "runs"), error);
        json_decref(config);
        if (!ok) return false;
    }
    if (!rs_path(dir, PATH_MAX, error, "%s/%s", runs, o->run)) return false;
    if (has_run(dir)) return true;
    return rs_fail(error, RS_NO_INPUT, "%s: no run is there, and none of that id in %s (--config says where runs are)", o->run,
                   runs);
}

/* A page about a run that failed halfway would look like one about a whole plan. */
static bool read_run(struct rs_report *r, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/results.json", r->run)) return false;
    r->results = json_load_file(path, 0, NULL);
    if (!r->results) return rs_fail(error, RS_DATA, "%s: is not JSON: run it again", path);
    const char *status = rs_config_text(r->results, "status", "without a status");
    if (strcmp(status, "done") == 0) return true;
    return rs_fail(error, RS_DATA, "%s: this run is %s; a report tells of finished runs: run it again", path, status);
}

/* An optional one that is not there is JSON null. */
static bool read_schema(const char *name, bool optional, json_t **out, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/%s", rs_schemas_dir(), name)) return false;
    if (optional && !rs_exists(path)) {
        *out = json_null();
        return true;
    }
    *out = rs_yaml_read(path, NULL, error);
    return *out != NULL;
}

static bool write_page(const char *dir, const char *name, const char *title, const char *const *scripts, json_t *data,
                       struct rs_error *error) {
    struct rs_buffer page = {0};
    char path[PATH_MAX];
    if (!data) return false;
    rs_report_page(&page, title, scripts, data);
    json_decref(data);
    bool ok = rs_path(path, sizeof path, error, "%s/%s", dir, name) && rs_write_file(path, page.p, page.n, error);
    if (ok) printf("%s: %.0f KiB\n", path, (double)page.n / 1024);
    if (ok && page.n > MOST_BYTES) rs_warn("%s is larger than 5 MB: it may open slowly", path);
    rs_buffer_free(&page);
    return ok;
}

static bool write_pages(const struct rs_report *r, const char *output, struct rs_error *error) {
    const char *id = rs_config_text(r->results, "run_id", "?"), *as_of = rs_config_text(r->results, "as_of", "?");
    static const char *const executive[] = {"executive.js", NULL};
    static const char *const audit[] = {"audit_results.js", "audit.js", NULL};
    char title[300];
    if (!rs_make_dirs(output, error)) return false;
    rs_remove_leftovers(output);
    snprintf(title, sizeof title, "Equity report: run %.120s as of %.20s", id, as_of);
    json_t *data = rs_report_executive_data(r, error);
    if (!write_page(output, "executive.html", title, executive, data, error)) return false;
    snprintf(title, sizeof title, "Audit report: run %.120s as of %.20s%s", id, as_of,
             r->steward ? " (steward's copy: pseudonyms and values of persons)" : "");
    return write_page(output, "audit.html", title, audit, rs_report_audit_data(r, error), error);
}

int rs_report_main(int argc, char **argv) {
    struct options o = {0};
    struct rs_error error = {0};
    struct rs_report r = {0};
    char dir[PATH_MAX];
    if (argc == 2 && strcmp(argv[1], "--man-source") == 0) {
        struct rs_buffer out = {0};
        rs_report_man(&out);
        bool written = fwrite(out.p, 1, out.n, stdout) == out.n;
        rs_buffer_free(&out);
        return written ? 0 : RS_IO;
    }
    int code = parse(argc, argv, &o);
    if (code >= 0) return code;
    r.run = dir;
    r.steward = o.steward;
    bool ok = rs_report_can(&error) && find_run(&o, dir, &error) && read_run(&r, &error) &&
              read_schema("report.yaml", false, &r.words, &error) &&
              read_schema("measures.yaml", true, &r.measures, &error) && write_pages(&r, o.output, &error);
    json_decref(r.results);
    json_decref(r.words);
    json_decref(r.measures);
    if (ok) return 0;
    rs_log(RS_LOG_ERROR, "%s", error.text);
    return error.code ? error.code : RS_BUG;
}
