/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi report: two pages about a finished run, executive.html and audit.html, from its row files alone. */
#ifndef RS_REPORT_REPORT_H
#define RS_REPORT_REPORT_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include <jansson.h>
#include <stdbool.h>

int rs_report_main(int argc, char **argv);
void rs_report_man(struct rs_buffer *out); /* scdoc source of relsogi-report(1) */

struct rs_report {
    const char *run;  /* directory of the run */
    bool steward;     /* pseudonyms and values of discrepancies too */
    json_t *results;  /* its results.json */
    json_t *words;    /* schemas/report.yaml: names and thresholds */
    json_t *measures; /* schemas/measures.yaml: names, kinds and directions */
};
/* What each page shows, as JSON; caller owns. NULL on failure. */
json_t *rs_report_executive_data(const struct rs_report *report, struct rs_error *error);
json_t *rs_report_audit_data(const struct rs_report *report, struct rs_error *error);

#endif
