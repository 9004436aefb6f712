/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: one list of statistics serves who reads it in a sheet and who reads it in a program. */
#include "counts_parts.h"
#include <math.h>
#include <stdlib.h>

static void put_number(struct rs_buffer *out, double v) {
    char digits[32];
    rs_buffer_byte(out, '\t');
    if (isfinite(v)) rs_buffer_add(out, digits, rs_format_real(digits, v));
}

void rs_counts_head(struct rs_counts_out *out) {
    if (!out->rows) rs_buffer_printf(out->text, "group\tstatistic\tvalue\tse\tlower\tupper\tmethod\tn\tflags\n");
}

static const char *flags_of(const struct rs_counted *about) { return about->boundary ? "boundary" : ""; }

static void line(struct rs_buffer *out, const struct rs_counted *about, const char *statistic, double value, double se,
                 struct rs_interval i, const char *method) {
    rs_buffer_view(out, about->name);
    rs_buffer_printf(out, "\t%s", statistic);
    put_number(out, value);
    put_number(out, se);
    put_number(out, i.lower);
    put_number(out, i.upper);
    rs_buffer_printf(out, "\t%s", method);
    put_number(out, about->n);
    rs_buffer_printf(out, "\t%s\n", flags_of(about));
}

static json_t *number(double v) { return isfinite(v) ? json_real(v) : json_null(); }

void rs_counts_line(struct rs_counts_out *out, const struct rs_counted *about, const char *statistic, double value,
                    double se, struct rs_interval i, const char *method) {
    if (!out->rows) {
        line(out->text, about, statistic, value, se, i, method);
        return;
    }
    json_t *name = json_stringn(about->name.p, about->name.n), *flags = json_array();
    if (about->boundary) json_array_append_new(flags, json_string("boundary"));
    out->not_utf8 |= !name;
    json_array_append_new(
        out->rows, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "group", name ? name : json_null(),
                             "statistic", statistic, "value", number(value), "se", number(se), "lower", number(i.lower),
                             "upper", number(i.upper), "method", method, "n", number(about->n), "flags", flags));
}

bool rs_counts_finish(struct rs_counts_out *out, struct rs_error *error) {
    if (!out->rows) return true;
    if (out->not_utf8) return rs_fail(error, RS_DATA, "--format json: a group's name is not UTF-8");
    char *text = json_dumps(out->rows, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    if (!text) return rs_fail(error, RS_BUG, "--format json: the results cannot be written");
    rs_buffer_printf(out->text, "%s\n", text);
    free(text);
    return true;
}
