/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi: one program in front of the stages, the run, and the tools around them. */
#include <stdio.h>
#include <string.h>
#include "driver.h"
#include "pipeline/base/log.h"
#include "pipeline/base/private.h"
#include "pipeline/base/version.h"
#include "pipeline/db/db.h"
#include "pipeline/reference/reference.h"
#include "pipeline/report/report.h"
#include "stages/ingest/propose.h"
#include "tests/synth/synth.h"

struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "run the pipeline: all stages, or some of them", rs_run_main},
    {"verify", "recompute every digest of a run and say what was changed", rs_verify_main},
    {"trace", "from one published number to the persons, files and bytes behind it", rs_trace_main},
    {"rows", "print a row file as JSON, one object a line", rs_rows_main},
    {"summary", "tell on one screen what came out of a run", rs_summary_main},
    {"report", "two HTML pages about a run: for executives, for auditors", rs_report_main},
    {"reference", "build census tables into a reference pack; say what is in one", rs_reference_main},
    {"explain", "show step by step how one person's probabilities come about", rs_explain_main},
    {"db", "migrate the database; say what is in it", rs_db_main},
    {"profile", "look at an unknown CSV and propose a source profile", rs_profile_main},
    {"synth", "make a sample plan with known truth", rs_synth_main},
    {"dictionary", "print the data dictionary of all row files", rs_dictionary_main},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void help(FILE *to) {
    fputs("relsogi: race, ethnicity, language and SOGI data of a health plan, cleaned, mapped, reconciled, imputed,\n"
          "measured, and written to PostgreSQL.\n\nUsage: relsogi COMMAND [OPTION...]\n\n", to);
    for (size_t i = 0; i < N_COMMANDS; i++) fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].about);
    fputs("\nStages, in the order the data flows; each is also a program of its own, relsogi-STAGE:\n\n", to);
    for (const struct rs_stage *const *s = rs_stages; *s; s++) fprintf(to, "  %-12s %s\n", (*s)->name, (*s)->about);
    fputs("\nrelsogi COMMAND --help tells more; man relsogi tells most.\n", to);
}

void rs_driver_man(struct rs_buffer *out) {
    rs_buffer_printf(out,
        "relsogi(1)\n\n# NAME\n\nrelsogi - race, ethnicity, language and SOGI data of a health plan: a nightly batch pipeline\n\n"
        "# SYNOPSIS\n\n*relsogi* _COMMAND_ [_OPTION_...]\n\n# COMMANDS\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        rs_buffer_printf(out, "*%s*\n\t%s\n\n", commands[i].name, commands[i].about);
    rs_buffer_printf(out, "# STAGES\n\n");
    for (const struct rs_stage *const *s = rs_stages; *s; s++)
        rs_buffer_printf(out, "*%s*\n\t%s; see *relsogi-%s*(1)\n\n", (*s)->name, (*s)->about, (*s)->name);
    rs_buffer_printf(out,
        "# RUN\n\n*relsogi run --config* _FILE_ [*--as-of* _DATE_] [*--run-id* _ID_] [*--dry-run*] [*--only* _STAGE_] "
        "[*--from* _STAGE_] [*--until* _STAGE_] [*--force*] [*--prior* _RUN_] [*--threads* _N_]\n\n"
        "A run is a snapshot as of a date, in a directory of its own under the configuration's output. Each stage is "
        "skipped where its inputs, version and options are those of the files that are there. A second run on the same "
        "output directory ends with status 75 and says who holds the lock.\n\n"
        "# EXIT STATUS\n\nAs in sysexits.h: 0 done, 64 usage, 65 data, 66 no input, 69 database unavailable, 70 bug, 73 "
        "cannot create, 74 input or output failed, 75 locked, 77 permission, 78 configuration.\n\n"
        "# ENVIRONMENT\n\n*RELSOGI\\_REFERENCE*\n\tDefault reference pack.\n\n*RELSOGI\\_SCHEMAS*\n\tWhere code tables, "
        "profiles and checks are.\n\n*PGSERVICE*, *PGHOST*, *PGPASSFILE* and others\n\tAs libpq reads them.\n");
}

int main(int argc, char **argv) {
    rs_keep_private();
    if (argc < 2) {
        help(stderr);
        return RS_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        help(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        puts(rs_program);
        return 0;
    }
    if (strcmp(name, "--man-source") == 0) {
        struct rs_buffer out = {0};
        rs_driver_man(&out);
        bool ok = fwrite(out.p, 1, out.n, stdout) == out.n;
        rs_buffer_free(&out);
        return ok ? 0 : RS_IO;
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) {
            rs_log_setup(RS_LOG_AUTO, RS_LOG_INFO, name);
            return commands[i].run(argc - 1, argv + 1);
        }
    const struct rs_stage *stage = rs_stage_find(name);
    if (stage) return rs_stage_main(stage, argc - 1, argv + 1);
    fprintf(stderr, "relsogi: no command or stage \"%s\"; see relsogi --help\n", name);
    return RS_USAGE;
}
