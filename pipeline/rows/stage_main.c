/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of a stage: one option table gives the parser, --help and the man page. */
#include "../base/file.h"
#include "../base/log.h"
#include "../base/private.h"
#include "../base/version.h"
#include "stage_private.h"
#include <dirent.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum common {
    INPUT,
    OUTPUT,
    CONFIG,
    REFERENCE,
    PRIOR,
    AS_OF,
    THREADS,
    COMPRESS,
    RUN_ID,
    DRY_RUN,
    LOG_FORMAT,
    VERBOSE,
    QUIET,
    HELP,
    MAN,
    VERSION,
    N_COMMON
};

const struct rs_option rs_common_options[] = {
    [INPUT] = {"input", "PATH", NULL,
               "Directory with row files of earlier stages (ingest: an input file). May be given several times; the "
               "first that has a layout is read."},
    [OUTPUT] = {"output", "DIR", NULL, "Directory to write to; made if missing, mode 0700."},
    [CONFIG] = {"config", "FILE", NULL,
                "Configuration of the plan (YAML): sources, site key, as-of date, options of stages."},
    [REFERENCE] = {"reference", "FILE", NULL, "Reference pack of census tables; the default pack otherwise."},
    [PRIOR] = {"prior", "DIR", NULL,
               "Directory with row files of an earlier run, or that run's: prior links, earlier answers, the snapshot that change files change. May be given several times."},
    [AS_OF] = {"as-of", "YYYY-MM-DD", NULL, "Date of the snapshot: ages and plausibility are reckoned at it."},
    [THREADS] = {"threads", "N", NULL, "Threads to use; all cores otherwise. Output bytes do not depend on it."},
    [COMPRESS] = {"compress", NULL, NULL, "Write row files as BGZF (any gunzip reads them)."},
    [RUN_ID] = {"run-id", "ID", NULL, "Name of the run in the database and its results."},
    [DRY_RUN] = {"dry-run", NULL, NULL, "Check options and inputs, say what would be done, write nothing."},
    [LOG_FORMAT] = {"log-format", "FORMAT", NULL, "human or json; by default human on a terminal, json otherwise."},
    [VERBOSE] = {"verbose", NULL, NULL, "Log details too."},
    [QUIET] = {"quiet", NULL, NULL, "Log warnings and errors only."},
    [HELP] = {"help", NULL, NULL, "Show this help."},
    [MAN] = {"man-source", NULL, NULL, "Print the source of the man page (scdoc)."},
    [VERSION] = {"version", NULL, NULL, "Show the version."},
    [N_COMMON] = {0},
};

static void option_help(const struct rs_option *o, struct rs_buffer *out) {
    size_t start = out->n;
    rs_buffer_printf(out, "  --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    size_t width = out->n - start;
    do rs_buffer_byte(out, ' ');
    while (++width < 26);
    rs_buffer_printf(out, "%s", o->help);
    if (o->value) rs_buffer_printf(out, " Default: %s.", o->value);
    rs_buffer_byte(out, '\n');
}

static void list_layouts(const char *title, const struct rs_layout *const *l, struct rs_buffer *out) {
    if (!l || !*l) return;
    rs_buffer_printf(out, "%s", title);
    for (; *l; l++) rs_buffer_printf(out, " %s", (*l)->name);
    rs_buffer_byte(out, '\n');
}

void rs_stage_help(const struct rs_stage *stage, struct rs_buffer *out) {
    rs_buffer_printf(out, "relsogi %s: %s\n\nUsage: relsogi-%s [OPTION...]\n\n", stage->name, stage->about,
                     stage->name);
    list_layouts("Reads: ", stage->reads, out);
    list_layouts("If there:", stage->reads_if_there, out);
    list_layouts("Writes:", stage->writes, out);
    if (stage->options) {
        rs_buffer_printf(out, "\nOptions of this stage:\n");
        for (const struct rs_option *o = stage->options; o->name; o++) option_help(o, out);
    }
    rs_buffer_printf(out, "\nCommon options:\n");
    for (const struct rs_option *o = rs_common_options; o->name; o++) option_help(o, out);
    rs_buffer_printf(out, "\nMore: man relsogi-%s\n", stage->name);
}

/* scdoc reads _ and * as marks: a backslash before them keeps names such as race_ethnicity whole. */
static void man_text(struct rs_buffer *out, const char *s) {
    for (; *s; s++) {
        if (*s == '_' || *s == '*') rs_buffer_byte(out, '\\');
        rs_buffer_byte(out, *s);
    }
}

static void man_options(const struct rs_option *o, struct rs_buffer *out) {
    for (; o && o->name; o++) {
        rs_buffer_printf(out, "*--%s*%s", o->name, o->argument ? " _" : "");
        if (o->argument) rs_buffer_printf(out, "%s_", o->argument);
        rs_buffer_printf(out, "\n\t");
        man_text(out, o->help);
        if (o->value) {
            rs_buffer_printf(out, " Default: ");
            man_text(out, o->value);
            rs_buffer_byte(out, '.');
        }
        rs_buffer_printf(out, "\n\n");
    }
}

static void man_layouts(const char *title, const struct rs_layout *const *l, struct rs_buffer *out) {
    if (!l || !*l) return;
    rs_buffer_printf(out, "## %s\n\n", title);
    for (; *l; l++) {
        rs_buffer_printf(out, "*");
        man_text(out, (*l)->name);
        rs_buffer_printf(out, "*\n\t");
        man_text(out, (*l)->meaning);
        rs_buffer_printf(out, "\n\n");
    }
}

void rs_stage_man(const struct rs_stage *stage, struct rs_buffer *out) {
    rs_buffer_printf(out, "relsogi-%s(1)\n\n# NAME\n\nrelsogi-%s - ", stage->name, stage->name);
    man_text(out, stage->about);
    rs_buffer_printf(out,
                     "\n\n# SYNOPSIS\n\n*relsogi-%s* [_OPTION_...]++\n*relsogi %s* [_OPTION_...]\n\n# DESCRIPTION\n\n",
                     stage->name, stage->name);
    man_text(out, stage->description);
    rs_buffer_printf(out, "\n\n# OPTIONS\n\n");
    man_options(stage->options, out);
    rs_buffer_printf(out, "## Common to all stages\n\n");
    man_options(rs_common_options, out);
    rs_buffer_printf(out, "# FILES\n\n");
    man_layouts("Read", stage->reads, out);
    man_layouts("Read if there", stage->reads_if_there, out);
    man_layouts("Written", stage->writes, out);
    rs_buffer_printf(out, "Every stage also writes *quarantine* and *ledger*, and *stage.json* last of all.\n\n"
                          "# EXIT STATUS\n\nAs in sysexits.h: 0 done, 64 usage, 65 data, 66 no input, 69 database "
                          "unavailable, 70 bug, 73 cannot create, 74 input or output failed, 75 locked, 77 permission, "
                          "78 configuration.\n\n");
    if (stage->examples) rs_buffer_printf(out, "# EXAMPLES\n\n%s\n", stage->examples);
    rs_buffer_printf(out, "# SEE ALSO\n\n*relsogi*(1)\n");
}

enum { MOST_PRIORS = 64 };

struct parsed {
    char prior_dirs[MOST_PRIORS][PATH_MAX];
    struct rs_stage_call call;
    const char *inputs[RS_MOST_PATHS], *priors[MOST_PRIORS], *names[128], *values[128];
    enum rs_log_format format;
    enum rs_log_level level;
    int answer; /* HELP, MAN, VERSION or -1 */
};

/* A directory of row files; or a run's, of which the directories of all stages are taken, as `relsogi run` does. */
static bool add_prior(struct parsed *p, const char *value, struct rs_error *error) {
    struct rs_stage_call *c = &p->call;
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    size_t before = c->n_priors;
    if (c->n_priors == MOST_PRIORS) return rs_fail(error, RS_USAGE, "--prior is given too often");
    if (!rs_path(path, sizeof path, error, "%s/stage.json", value)) return false;
    int n = rs_exists(path) ? 0 : scandir(value, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        bool room = c->n_priors < MOST_PRIORS && entries[i]->d_name[0] != '.';
        if (room && rs_path(path, sizeof path, error, "%s/%s/stage.json", value, entries[i]->d_name) && rs_exists(path)) {
            char *dir = p->prior_dirs[c->n_priors];
            if (rs_path(dir, PATH_MAX, error, "%s/%s", value, entries[i]->d_name)) p->priors[c->n_priors++] = dir;
        }
        free(entries[i]);
    }
    free(entries);
    if (c->n_priors == before) p->priors[c->n_priors++] = value;
    return true;
}

static bool take_common(struct parsed *p, int which, const char *value, struct rs_error *error) {
    int64_t n;
    struct rs_stage_call *c = &p->call;
    switch (which) {
    case INPUT:
        if (c->n_inputs == RS_MOST_PATHS) return rs_fail(error, RS_USAGE, "--input is given too often");
        p->inputs[c->n_inputs++] = value;
        return true;
    case PRIOR:
        return add_prior(p, value, error);
    case OUTPUT: c->output = value; return true;
    case CONFIG: c->config_path = value; return true;
    case REFERENCE: c->reference = value; return true;
    case AS_OF: c->as_of = value; return true;
    case RUN_ID: c->run_id = value; return true;
    case COMPRESS: c->compress = true; return true;
    case DRY_RUN: c->dry_run = true; return true;
    case VERBOSE: p->level = RS_LOG_DEBUG; return true;
    case QUIET: p->level = RS_LOG_WARNING; return true;
    case THREADS:
        if (!rs_parse_long(rs_cstr(value), &n) || n < 1 || n > 256)
            return rs_fail(error, RS_USAGE, "--threads must be a whole number from 1 to 256");
        c->threads = (int)n;
        return true;
    case LOG_FORMAT:
        if (strcmp(value, "human") != 0 && strcmp(value, "json") != 0)
            return rs_fail(error, RS_USAGE, "--log-format must be human or json");
        p->format = value[0] == 'h' ? RS_LOG_HUMAN : RS_LOG_JSON;
        return true;
    default: p->answer = which; return true;
    }
}

static bool parse(const struct rs_stage *stage, int argc, char **argv, struct parsed *p, struct rs_error *error) {
    struct option long_options[N_COMMON + 128] = {{0}};
    size_t n = 0, own = 0;
    for (const struct rs_option *o = rs_common_options; o->name; o++)
        long_options[n++] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL,
                                            256 + (int)(o - rs_common_options)};
    for (; stage->options && stage->options[own].name && own < 100; own++)
        long_options[n++] =
            (struct option){stage->options[own].name, stage->options[own].argument ? required_argument : no_argument,
                            NULL, 1024 + (int)own};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        if (c == 'h')
            p->answer = HELP;
        else if (c == '?' || c == ':')
            return rs_fail(error, RS_USAGE, "%s %s; see relsogi %s --help",
                           c == ':' ? "a value is missing after" : "unknown option", argv[optind - 1], stage->name);
        else if (c >= 1024) {
            if (p->call.n_set == 128) return rs_fail(error, RS_USAGE, "too many options");
            p->names[p->call.n_set] = stage->options[c - 1024].name;
            p->values[p->call.n_set++] = optarg ? optarg : "yes";
        } else if (!take_common(p, c - 256, optarg, error))
            return false;
    }
    if (optind < argc)
        return rs_fail(error, RS_USAGE, "\"%s\" is no option; inputs are given with --input", argv[optind]);
    return true;
}

/* What is asked instead of a run; NULL for a run. */
static const char *asked(const struct rs_stage *stage, const struct rs_stage_call *call) {
    const char *question = stage->question ? stage->question : "explain";
    for (size_t i = 0; stage->explain && i < call->n_set; i++)
        if (strcmp(call->set_names[i], question) == 0) return call->set_values[i];
    return NULL;
}

int rs_stage_main(const struct rs_stage *stage, int argc, char **argv) {
    struct parsed *p = rs_alloc(sizeof *p);
    struct rs_error error = {0};
    rs_keep_private();
    p->answer = -1;
    p->level = RS_LOG_INFO;
    p->call.inputs = p->inputs;
    p->call.priors = p->priors;
    p->call.set_names = p->names;
    p->call.set_values = p->values;
    bool ok = parse(stage, argc, argv, p, &error);
    rs_log_setup(p->format, p->level, stage->name);
    const char *what = ok ? asked(stage, &p->call) : NULL;
    if (ok && (p->answer >= 0 || what)) {
        struct rs_buffer out = {0};
        if (p->answer == HELP)
            rs_stage_help(stage, &out);
        else if (p->answer == MAN)
            rs_stage_man(stage, &out);
        else if (p->answer == VERSION)
            rs_buffer_printf(&out, "relsogi-%s %s\n", stage->name, rs_version);
        else
            ok = rs_stage_explain(stage, &p->call, what, &out, &error);
        ok = ok && fwrite(out.p, 1, out.n, stdout) == out.n;
        rs_buffer_free(&out);
    } else if (ok) {
        ok = rs_stage_run(stage, &p->call, &error);
    }
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    free(p);
    return ok ? 0 : (error.code ? error.code : RS_BUG);
}
