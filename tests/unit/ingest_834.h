/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 834 files of a day, runs one after the other, and their rows in order of text. */
#ifndef RS_TEST_INGEST_834_H
#define RS_TEST_INGEST_834_H
#include "ingest_run.h"

/* An 834 of this date (YYYYMMDD); purpose is BGN08: 4 all members, 2 changes. */
static void put_834(const char *name, const char *date, const char *purpose, const char *members) {
    struct rs_buffer b = {0};
    unsigned segments = 3;
    for (const char *p = members; *p; p++) segments += *p == '~';
    rs_buffer_printf(&b, "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~"
                         "GS*BE*PAYER*PLAN*%s*0900*1*X*005010X220A1~ST*834*0001*005010X220A1~BGN*00*1*%s*0900****%s~%s"
                         "SE*%u*0001~GE*1*1~IEA*1*000000001~", date, date, purpose, members, segments);
    put_file(name, b.p, b.n);
    rs_buffer_free(&b);
}

static bool try_after(const char *files, const char *prior, const char *out, int threads, struct rs_error *error) {
    char config[PATH_MAX], output[PATH_MAX], before[PATH_MAX], text[512];
    const char *priors[] = {before};
    snprintf(text, sizeof text, "site_key: site.key\nsources: [{profile: 834-5010, source: S, files: [%s]}]\n", files);
    put_text("plan.yaml", text);
    in_folder(config, "plan.yaml");
    in_folder(output, out);
    in_folder(before, prior ? prior : "");
    struct rs_stage_call call = {.config_path = config, .output = output, .threads = threads, .priors = priors,
                                 .n_priors = prior != NULL};
    return rs_stage_run(&rs_stage_ingest, &call, error);
}

static void after(const char *files, const char *prior, const char *out) {
    struct rs_error error = {0};
    cr_assert(try_after(files, prior, out, 1, &error), "%s", error.text);
}

static int by_line(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Lines in order: rows that were grouped are sorted by key, which is an HMAC. */
static const char *sorted(const char *out, const struct rs_layout *layout, const char *columns) {
    static struct rs_buffer text;
    char *copy = rs_strdup(rows_in(out, layout, columns)), *lines[200];
    size_t n = 0;
    for (char *p = strtok(copy, "\n"); p && n < 200; p = strtok(NULL, "\n")) lines[n++] = p;
    qsort(lines, n, sizeof *lines, by_line);
    text.n = 0;
    for (size_t i = 0; i < n; i++) rs_buffer_printf(&text, "%s\n", lines[i]);
    rs_buffer_byte(&text, 0);
    free(copy);
    return text.p;
}
#define SORTED(out, layout, columns, ...) cr_expect_str_eq(sorted(out, &rs_layout_##layout, columns), __VA_ARGS__)

#endif
