/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi summary RUN: what came out, on one screen, from the run's results file alone: counts and estimates that the
 * stages have already made fit to be seen (small cells suppressed), never a person. */
#include <stdio.h>
#include <stdlib.h>
#include "driver.h"
#include "pipeline/base/file.h"

static void show_rows(const json_t *entry) {
    const char *name, *status = rs_config_text(entry, "status", "?");
    json_t *rows;
    printf("  %-10s %-7s", rs_config_text(entry, "stage", "?"), status);
    json_object_foreach(json_object_get(entry, "rows"), name, rows)
        if (strcmp(name, "ledger") != 0) printf(" %s %lld", name, (long long)json_integer_value(rows));
    json_t *seconds = json_object_get(entry, "seconds");
    if (seconds) printf("  (%.2f s, %.0f MiB)", json_real_value(seconds),
                        (double)json_integer_value(json_object_get(entry, "peak_kib")) / 1024);
    puts("");
}

static double number(const json_t *map, const char *key) { return json_number_value(json_object_get(map, key)); }

/* What members said, what was missing, what could be imputed. */
static void show_missing(const json_t *results) {
    static const struct { const char *key, *words; } lines[] = {
        {"said_which_group", "said which group they belong to"},
        {"said_a_part", "said a part (race or ethnicity alone, a broad group): the rest imputed"},
        {"said_nothing", "nobody asked, or no answer: imputed"},
        {"declined", "declined to say: an answer, not imputed"}};
    const json_t *answers = json_object_get(results, "answers");
    double all = 0;
    if (!answers) return;
    for (size_t i = 0; i < 4; i++) all += number(answers, lines[i].key);
    puts("\nRace and ethnicity of persons");
    for (size_t i = 0; i < 4; i++) {
        double n = number(answers, lines[i].key);
        printf("  %9.0f  %4.1f %%  %s\n", n, all > 0 ? 100 * n / all : 0, lines[i].words);
    }
}

static void show_accuracy(const json_t *results) {
    const json_t *groups = json_object_get(json_object_get(results, "evaluation"), "groups");
    size_t i;
    json_t *g;
    if (!json_is_array(groups)) return;
    puts("\nImputation, on members who say for themselves (mean probability beside observed share)");
    json_array_foreach((json_t *)groups, i, g)
        printf("  %-10s imputed %.4f  observed %.4f  correlation %.3f\n", rs_config_text(g, "group", "?"),
               number(g, "mean_p"), number(g, "observed_share"), number(g, "correlation"));
}

static void show_gaps(const json_t *results) {
    const json_t *gaps = json_object_get(results, "widest_gaps");
    size_t i;
    json_t *g;
    if (!json_is_array(gaps) || !json_array_size(gaps)) return;
    puts("\nWidest gaps (difference of rates, 95 % interval)");
    json_array_foreach((json_t *)gaps, i, g) {
        if (i == 8) break;
        printf("  %-8s %-14s %-22s against %-10s %+.3f (%+.3f, %+.3f)  %s\n", rs_config_text(g, "measure", "?"),
               rs_config_text(g, "dimension", "race_ethnicity"), rs_config_text(g, "group", "?"),
               rs_config_text(g, "reference", "?"), number(g, "difference"), number(g, "lower"), number(g, "upper"),
               rs_config_text(g, "estimator", ""));
    }
}

static void show_checks(const json_t *results) {
    const json_t *states = json_object_get(results, "states");
    const char *name;
    json_t *n;
    if (!json_is_object(states)) return;
    printf("\nQuality checks:");
    json_object_foreach((json_t *)states, name, n) printf(" %s %lld", name, (long long)json_integer_value(n));
    puts("");
}

/* The head of the database's log: what to keep, or to hold against relsogi verify. */
static void show_chain(const json_t *results) {
    const json_t *chain = json_object_get(results, "chain");
    if (!chain) return;
    printf("\nIn the database: run number %lld, revision %lld; audit chain entry %lld, head\n  %s\n",
           (long long)json_integer_value(json_object_get(results, "run_no")),
           (long long)json_integer_value(json_object_get(results, "revision")),
           (long long)json_integer_value(json_object_get(chain, "entry")), rs_config_text(chain, "head", "?"));
}

static void show(const json_t *run, const char *dir) {
    const json_t *stages = json_object_get(run, "stages");
    size_t i;
    json_t *entry;
    printf("\nRun %s as of %s: %s\n\nRows made by each stage\n", rs_config_text(run, "run_id", "?"),
           rs_config_text(run, "as_of", "?"), rs_config_text(run, "status", "?"));
    json_array_foreach((json_t *)stages, i, entry) show_rows(entry);
    void (*const parts[])(const json_t *) = {show_missing, show_accuracy, show_checks, show_gaps, show_chain};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        json_array_foreach((json_t *)stages, i, entry) parts[p](json_object_get(entry, "results"));
    printf("\nFiles: %s (results.json; a directory a stage)\n", dir);
}

int rs_summary_main(int argc, char **argv) {
    if (argc != 2 || argv[1][0] == '-') {
        bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs("relsogi summary RUN_DIRECTORY: tells on one screen what came out of a run.\n", asked ? stdout : stderr);
        return asked ? 0 : RS_USAGE;
    }
    char path[PATH_MAX];
    struct rs_error error = {0};
    if (!rs_path(path, sizeof path, &error, "%s/results.json", argv[1])) return RS_USAGE;
    json_t *run = json_load_file(path, 0, NULL);
    if (!run) {
        fprintf(stderr, "relsogi summary: %s: no run here (it is missing, or not JSON)\n", path);
        return rs_exists(path) ? RS_DATA : RS_NO_INPUT;
    }
    show(run, argv[1]);
    json_decref(run);
    return fflush(stdout) == 0 ? 0 : RS_IO;
}
