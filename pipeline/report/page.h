/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page: one HTML file that needs nothing else and may do nothing else.
 *
 * Style, charts (D3) and scripts are inlined; data stands in it as JSON in which < > & are escaped, so that no value
 * can end the element it stands in; scripts put values into the page as text only. A Content-Security-Policy names
 * the SHA-256 of each script and style of ours: the browser runs no other, and fetches nothing. */
#ifndef RS_REPORT_PAGE_H
#define RS_REPORT_PAGE_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include <jansson.h>

/* Parts of the pages, embedded at build time. */
struct rs_report_part {
    const char *name; /* page.css, common.js, d3.js ... */
    const unsigned char *bytes;
    size_t size;
};
extern const struct rs_report_part rs_report_parts[]; /* ended by a null name */
const struct rs_report_part *rs_report_part_find(const char *name);

/* False where the program was built without D3: no page can be made. The error says what to install. */
bool rs_report_can(struct rs_error *error);
/* Versions of the chart library's modules, one a line; empty without it. */
const char *rs_report_library(void);

/* Writes data as JSON for an element `script`; the same bytes for the same data. */
void rs_report_json(struct rs_buffer *out, const json_t *data);
/* Text for HTML: < > & " ' as character references. */
void rs_report_text(struct rs_buffer *out, const char *text);
/* The whole page; `scripts` names the page's own parts, such as "executive.js", and ends with NULL. */
void rs_report_page(struct rs_buffer *out, const char *title, const char *const *scripts, const json_t *data);

#endif
