/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: whoever watches many jobs at night looks at numbers in one place, not at each job's results. */
#include "metrics.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

static const char last_success[] = "relsogi_last_success_timestamp_seconds";

static void head(struct rs_buffer *out, const char *name, const char *help) {
    rs_buffer_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void one(struct rs_buffer *out, const char *name, const char *help, double value) {
    head(out, name, help);
    rs_buffer_printf(out, "%s %.15g\n", name, value);
}

/* What the file said before: 0 where it is not there or said nothing. */
static double success_before(const char *path) {
    char line[256];
    double value = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, last_success, sizeof last_success - 1) == 0)
            if (sscanf(line + sizeof last_success - 1, "%lf", &value) != 1) value = 0;
    if (f) fclose(f);
    return value;
}

static void stage_seconds(struct rs_buffer *out, const json_t *stages) {
    size_t i;
    json_t *entry;
    head(out, "relsogi_stage_seconds", "Seconds of each stage that this run ran.");
    json_array_foreach(stages, i, entry) {
        const json_t *seconds = json_object_get(entry, "seconds");
        if (seconds)
            rs_buffer_printf(out, "relsogi_stage_seconds{stage=\"%s\"} %.6g\n", rs_config_text(entry, "stage", ""),
                             json_number_value(seconds));
    }
}

static void stage_rows(struct rs_buffer *out, const json_t *stages) {
    size_t i;
    json_t *entry, *rows;
    const char *layout;
    head(out, "relsogi_stage_rows", "Rows in each file of a stage; layout quarantine: what was rejected.");
    json_array_foreach(stages, i, entry) {
        json_object_foreach(json_object_get(entry, "rows"), layout, rows)
            rs_buffer_printf(out, "relsogi_stage_rows{stage=\"%s\",layout=\"%s\"} %lld\n", rs_config_text(entry, "stage", ""),
                             layout, (long long)json_integer_value(rows));
    }
}

static void input_rows(struct rs_buffer *out, const json_t *stages) {
    size_t i;
    json_t *entry;
    json_array_foreach(stages, i, entry) {
        const json_t *rows = json_object_get(json_object_get(entry, "results"), "input_rows");
        if (rows && strcmp(rs_config_text(entry, "stage", ""), "ingest") == 0)
            one(out, "relsogi_input_rows", "Rows, segments and lines that ingest read.", json_number_value(rows));
    }
}

bool rs_metrics_write(const char *path, const json_t *results, int code, double seconds, struct rs_error *error) {
    struct rs_buffer out = {0};
    const json_t *stages = json_object_get(results, "stages");
    double now = (double)time(NULL), success = code == 0 ? now : success_before(path);
    one(&out, "relsogi_exit_status", "Exit status of the last run; 0 is good.", code);
    one(&out, "relsogi_run_seconds", "Seconds that the last run took.", seconds);
    one(&out, "relsogi_last_run_timestamp_seconds", "When the last run ended.", now);
    if (success > 0) one(&out, last_success, "When a run last ended well.", success);
    input_rows(&out, stages);
    stage_rows(&out, stages);
    stage_seconds(&out, stages);
    bool good = rs_write_file(path, out.p, out.n, error);
    rs_buffer_free(&out);
    /* the exporter is another user, and nothing of a person is in it */
    if (good && chmod(path, 0644) != 0) good = rs_fail_errno(error, RS_IO, "%s: cannot be made readable", path);
    return good;
}
