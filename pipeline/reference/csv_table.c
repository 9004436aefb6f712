/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading small CSV tables; why not a library: five rules (RFC 4180), and no guessing of types. */
#include "csv_table.h"
#include <math.h>
#include <stdio.h>
#include "../base/file.h"
#include "xlsx.h"

enum { MOST_BYTES = 1 << 30 };

/* Reads one field at csv->at; quotes are undone in place. *end tells that it was the line's last. */
static bool take_field(struct rs_csv *csv, struct rs_view *field, bool *end, struct rs_error *error) {
    char *text = csv->text.p;
    size_t n = csv->text.n, i = csv->at, to = csv->at;
    if (i < n && text[i] == '"') {
        size_t from = ++i;
        to = from;
        for (; i < n; i++) {
            if (text[i] == '"' && !(i + 1 < n && text[i + 1] == '"')) break;
            if (text[i] == '"') i++;
            text[to++] = text[i];
        }
        if (i >= n) return rs_fail(error, RS_DATA, "%s line %zu: a quote is not closed", csv->path, csv->line);
        *field = rs_view(text + from, to - from);
        i++;
    } else {
        while (i < n && text[i] != ',' && text[i] != '\n' && text[i] != '\r') i++;
        *field = rs_trim(rs_view(text + csv->at, i - csv->at));
    }
    if (i < n && text[i] == '\r') i++;
    if (i < n && text[i] != ',' && text[i] != '\n')
        return rs_fail(error, RS_DATA, "%s line %zu: something stands behind a closing quote", csv->path, csv->line);
    *end = i >= n || text[i] == '\n';
    csv->at = i < n ? i + 1 : n;
    return true;
}

static bool take_line(struct rs_csv *csv, struct rs_view *fields, size_t *count, struct rs_error *error) {
    bool end = false;
    csv->line++;
    for (*count = 0; !end; (*count)++) {
        if (*count == RS_CSV_COLUMNS)
            return rs_fail(error, RS_DATA, "%s line %zu: more than %d columns", csv->path, csv->line, RS_CSV_COLUMNS);
        if (!take_field(csv, &fields[*count], &end, error)) return false;
    }
    return true;
}

/* A workbook or an API's answer becomes CSV text; anything else is that already. */
static bool convert(struct rs_csv *csv, struct rs_error *error) {
    struct rs_view file = rs_view(csv->text.p, csv->text.n);
    struct rs_buffer text = {0};
    bool workbook = file.n >= 4 && memcmp(file.p, "PK\3\4", 4) == 0, json = file.n > 0 && file.p[0] == '[';
    if (!workbook && !json) return true;
    bool ok = workbook ? rs_xlsx_to_csv(csv->path, file, &text, error)
                       : rs_api_json_to_csv(csv->path, file, &text, error);
    rs_buffer_free(&csv->text);
    csv->text = text;
    return ok;
}

bool rs_csv_open(struct rs_csv *csv, const char *path, struct rs_error *error) {
    *csv = (struct rs_csv){.line = 0};
    if (!rs_path(csv->path, sizeof csv->path, error, "%s", path)) return false;
    struct rs_in *in = rs_in_open(path, error);
    if (!in) return false;
    bool ok = true;
    for (size_t got = 1; ok && got > 0;) {
        ok = rs_in_read(in, rs_buffer_reserve(&csv->text, 1 << 20), 1 << 20, &got, error);
        if (ok) csv->text.n += got;
        if (ok && csv->text.n > MOST_BYTES) ok = rs_fail(error, RS_DATA, "%s: larger than a table may be", path);
    }
    rs_in_close(in);
    if (!ok) return false;
    csv->content = rs_sha256(csv->text.p, csv->text.n);
    if (!convert(csv, error)) return false;
    if (csv->text.n >= 3 && memcmp(csv->text.p, "\xEF\xBB\xBF", 3) == 0) csv->at = 3;
    if (csv->at == csv->text.n) return rs_fail(error, RS_DATA, "%s: empty: a header line is needed", path);
    return take_line(csv, csv->header, &csv->columns, error);
}

void rs_csv_close(struct rs_csv *csv) { rs_buffer_free(&csv->text); }

bool rs_csv_next(struct rs_csv *csv, bool *more, struct rs_error *error) {
    size_t n;
    *more = csv->at < csv->text.n;
    if (!*more) return true;
    if (!take_line(csv, csv->field, &n, error)) return false;
    if (n != csv->columns)
        return rs_fail(error, RS_DATA, "%s line %zu: %zu fields, the header has %zu", csv->path, csv->line, n,
                       csv->columns);
    csv->rows++;
    return true;
}

int rs_csv_column(const struct rs_csv *csv, const char *name) {
    for (size_t i = 0; i < csv->columns; i++)
        if (rs_eq_nocase(csv->header[i], rs_cstr(name))) return (int)i;
    return -1;
}

bool rs_csv_need(const struct rs_csv *csv, const char *name, int *column, struct rs_error *error) {
    *column = rs_csv_column(csv, name);
    return *column >= 0 || rs_fail(error, RS_DATA, "%s: no column `%s` in its header line", csv->path, name);
}

bool rs_csv_count(const struct rs_csv *csv, int column, double *out, struct rs_error *error) {
    if (!rs_parse_real(csv->field[column], out) || !isfinite(*out) || *out < 0)
        return rs_fail(error, RS_DATA, "%s line %zu, column `%.*s`: not a number of 0 or more", csv->path, csv->line,
                       (int)csv->header[column].n, csv->header[column].p);
    return true;
}
