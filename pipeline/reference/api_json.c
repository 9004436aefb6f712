/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What api.census.gov answers, as CSV. */
#include <jansson.h>
#include "xlsx.h"

static bool add_field(struct rs_buffer *csv, const json_t *v) {
    if (json_is_string(v)) {
        rs_buffer_byte(csv, '"');
        for (const char *p = json_string_value(v); *p; p++) {
            if (*p == '"') rs_buffer_byte(csv, '"');
            rs_buffer_byte(csv, *p);
        }
        rs_buffer_byte(csv, '"');
    } else if (json_is_integer(v)) {
        rs_buffer_printf(csv, "%lld", (long long)json_integer_value(v));
    } else if (json_is_real(v)) {
        rs_buffer_printf(csv, "%.17g", json_real_value(v));
    } else if (!json_is_null(v)) {
        return false;
    }
    return true;
}

bool rs_api_json_to_csv(const char *path, struct rs_view file, struct rs_buffer *csv, struct rs_error *error) {
    json_error_t fault;
    json_t *all = json_loadb(file.p, file.n, 0, &fault), *row, *field;
    size_t i, k, width = json_array_size(json_array_get(all, 0));
    if (!all) return rs_fail(error, RS_DATA, "%s line %d: %s", path, fault.line, fault.text);
    bool ok = width > 0 || rs_fail(error, RS_DATA, "%s: not an answer of the Census API: an array of rows is expected, the "
                                   "first with the names of the variables", path);
    json_array_foreach(all, i, row) {
        if (ok && json_array_size(row) != width)
            ok = rs_fail(error, RS_DATA, "%s row %zu: %zu fields, the first row has %zu", path, i + 1,
                         json_array_size(row), width);
        if (!ok) break;
        json_array_foreach(row, k, field) {
            if (k) rs_buffer_byte(csv, ',');
            if (ok && !add_field(csv, field))
                ok = rs_fail(error, RS_DATA, "%s row %zu: a field is neither text nor number", path, i + 1);
        }
        rs_buffer_byte(csv, '\n');
    }
    json_decref(all);
    return ok;
}
