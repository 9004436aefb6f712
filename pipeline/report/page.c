/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a report is mailed, archived and opened offline; see page.h. */
#include "page.h"
#include "pipeline/base/hash.h"
#include <openssl/evp.h>
#include <stdlib.h>

const struct rs_report_part *rs_report_part_find(const char *name) {
    for (const struct rs_report_part *p = rs_report_parts; p->name; p++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}

const char *rs_report_library(void) {
    const struct rs_report_part *p = rs_report_part_find("d3-versions.txt");
    return p ? (const char *)p->bytes : "";
}

bool rs_report_can(struct rs_error *error) {
    if (rs_report_part_find("d3.js")) return true;
    return rs_fail(error, RS_UNAVAILABLE,
                   "this program was built without the chart library D3: install node-d3-scale, node-d3-selection, "
                   "node-d3-axis and node-d3-shape (scripts/packages does), and build it again");
}

void rs_report_json(struct rs_buffer *out, const json_t *data) {
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(8));
    for (const char *p = text; p && *p; p++) {
        if (*p == '<' || *p == '>' || *p == '&')
            rs_buffer_printf(out, "\\u%04x", (unsigned)*p); /* only within strings */
        else
            rs_buffer_byte(out, *p);
    }
    free(text);
}

void rs_report_text(struct rs_buffer *out, const char *text) {
    for (const char *p = text; *p; p++) {
        if (strchr("<>&\"'", *p))
            rs_buffer_printf(out, "&#%u;", (unsigned)*p);
        else
            rs_buffer_byte(out, *p);
    }
}

static void add(struct rs_buffer *out, const char *text) { rs_buffer_add(out, text, strlen(text)); }

static void add_part(struct rs_buffer *out, const char *name) {
    const struct rs_report_part *p = rs_report_part_find(name);
    if (p) rs_buffer_add(out, p->bytes, p->size);
}

/* What the Content-Security-Policy says of an inline element with these bytes. */
static void add_hash(struct rs_buffer *out, const struct rs_buffer *bytes) {
    struct rs_digest d = rs_sha256(bytes->p, bytes->n);
    unsigned char base64[64];
    EVP_EncodeBlock(base64, d.b, 32);
    rs_buffer_printf(out, " 'sha256-%s'", (const char *)base64);
}

static void head(struct rs_buffer *out, const char *title, const struct rs_buffer *style,
                 const struct rs_buffer *library, const struct rs_buffer *own) {
    add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action "
             "'none'; style-src");
    add_hash(out, style);
    add(out, "; script-src");
    add_hash(out, library);
    add_hash(out, own);
    add(out,
        "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>");
    rs_report_text(out, title);
    add(out, "</title>\n<style>");
    rs_buffer_add(out, style->p, style->n);
    add(out, "</style>\n</head>\n");
}

void rs_report_page(struct rs_buffer *out, const char *title, const char *const *scripts, const json_t *data) {
    struct rs_buffer style = {0}, library = {0}, own = {0};
    add_part(&style, "page.css");
    add(&library, "/*\n");
    add_part(&library, "d3-licence.txt");
    add(&library, "*/\n");
    add_part(&library, "d3.js");
    add_part(&own, "common.js");
    add_part(&own, "charts.js");
    for (const char *const *s = scripts; *s; s++) add_part(&own, *s);
    head(out, title, &style, &library, &own);
    add(out,
        "<body>\n<a class=\"skip\" href=\"#page\">Skip to the report</a>\n<noscript><p class=\"noscript\">This report "
        "draws its charts and tables with a script that stands in this file. Your reader does not run it: open the "
        "file in a browser. Nothing is fetched from a network.</p></noscript>\n<div id=\"page\" "
        "tabindex=\"-1\"></div>\n"
        "<script type=\"application/json\" id=\"data\">");
    rs_report_json(out, data);
    add(out, "</script>\n<script>");
    rs_buffer_add(out, library.p, library.n);
    add(out, "</script>\n<script>");
    rs_buffer_add(out, own.p, own.n);
    add(out, "</script>\n</body>\n</html>\n");
    rs_buffer_free(&style);
    rs_buffer_free(&library);
    rs_buffer_free(&own);
}
