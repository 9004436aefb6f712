/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi rows: one row file as JSON, one object a line, for jq, Python and R. Types are the layout's. */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driver.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"

static const char usage[] =
    "relsogi rows DIR LAYOUT [--where COLUMN=VALUE]... [--columns A,B]\n\n"
    "Prints the rows of one layout as JSON, one object a line: numbers as numbers, flags as true and false, null as null.\n"
    "DIR is a run, or the directory of one of its stages; several stages of a run may have a layout (quarantine, ledger):\n"
    "all are printed. --where keeps rows whose column has that text, all of several; --columns prints these alone.\n"
    "relsogi dictionary says what the columns mean. The file's digest is checked: where the status is not 0, rows printed\n"
    "are not to be trusted. What the file knows of persons is printed as it stands.\n\n"
    "    relsogi rows RUN estimate --where dimension=race_ethnicity --where estimator=birdie --columns stratum,rate\n";

enum { MOST_CONDITIONS = 16 };

struct rows {
    const struct rs_layout *layout;
    size_t condition[MOST_CONDITIONS], n_conditions;
    const char *value[MOST_CONDITIONS];
    bool wanted[RS_MAX_COLUMNS];
};

static bool column_of(const struct rs_layout *layout, struct rs_view name, size_t *out, struct rs_error *error) {
    for (*out = 0; *out < layout->n_columns; ++*out)
        if (rs_eq_c(name, layout->columns[*out].name)) return true;
    return rs_fail(error, RS_USAGE, "layout %s has no column %.*s; see relsogi dictionary", layout->name, (int)name.n, name.p);
}

static bool add_condition(struct rows *r, const char *text, struct rs_error *error) {
    const char *equals = strchr(text, '=');
    if (!equals) return rs_fail(error, RS_USAGE, "--where takes COLUMN=VALUE, not %s", text);
    if (r->n_conditions == MOST_CONDITIONS) return rs_fail(error, RS_USAGE, "--where is given too often");
    r->value[r->n_conditions] = equals + 1;
    return column_of(r->layout, rs_view(text, (size_t)(equals - text)), &r->condition[r->n_conditions++], error);
}

static bool choose_columns(struct rows *r, const char *list, struct rs_error *error) {
    struct rs_view rest = list ? rs_cstr(list) : RS_NULL;
    for (size_t i = 0; !list && i < r->layout->n_columns; i++) r->wanted[i] = true;
    while (!rs_is_null(rest)) {
        size_t at;
        if (!column_of(r->layout, rs_split(&rest, ','), &at, error)) return false;
        r->wanted[at] = true;
    }
    return true;
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

static void put_text(struct rs_buffer *out, struct rs_view v) {
    rs_buffer_byte(out, '"');
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c == '"' || c == '\\') rs_buffer_printf(out, "\\%c", c);
        else if (c < 0x20) rs_buffer_printf(out, "\\u%04x", c);
        else rs_buffer_byte(out, (char)c);
    }
    rs_buffer_byte(out, '"');
}

/* Numbers of row files are written as JSON has them; anything else that a damaged file has is a text. */
static bool is_number(struct rs_view v) {
    double value;
    return v.n && (v.p[0] == '-' || (v.p[0] >= '0' && v.p[0] <= '9')) && rs_parse_real(v, &value);
}

static void put_value(struct rs_buffer *out, enum rs_type type, struct rs_view v) {
    bool number = type == RS_INT || type == RS_LONG || type == RS_REAL;
    if (rs_is_null(v)) rs_buffer_view(out, RS_LIT("null"));
    else if (number && is_number(v)) rs_buffer_view(out, v);
    else if (type == RS_FLAG && (rs_eq_c(v, "Y") || rs_eq_c(v, "N"))) rs_buffer_view(out, rs_eq_c(v, "Y") ? RS_LIT("true") : RS_LIT("false"));
    else put_text(out, v);
}

static void put_row(const struct rows *r, const struct rs_view *row, struct rs_buffer *out) {
    bool first = true;
    rs_buffer_byte(out, '{');
    for (size_t i = 0; i < r->layout->n_columns; i++) {
        if (!r->wanted[i]) continue;
        rs_buffer_printf(out, "%s\"%s\": ", first ? "" : ", ", r->layout->columns[i].name);
        put_value(out, r->layout->columns[i].type, row[i]);
        first = false;
    }
    rs_buffer_view(out, RS_LIT("}\n"));
}

static bool keeps(const struct rows *r, const struct rs_view *row) {
    for (size_t i = 0; i < r->n_conditions; i++)
        if (!rs_eq_c(row[r->condition[i]], r->value[i])) return false;
    return true;
}

static bool flush(struct rs_buffer *out, struct rs_error *error) {
    bool ok = fwrite(out->p, 1, out->n, stdout) == out->n;
    out->n = 0;
    return ok || rs_fail_errno(error, RS_IO, "standard output");
}

static bool print_file(const struct rows *r, const char *dir, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *row;
    struct rs_buffer out = {0};
    if (!rs_manifest_read(dir, r->layout, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) {
        if (!keeps(r, row)) continue;
        put_row(r, row, &out);
        if (out.n > 1 << 20) good = flush(&out, error);
    }
    good = good && !error->code && flush(&out, error);
    rs_scan_close(scan);
    rs_buffer_free(&out);
    return good;
}

/* ---- where the files are ---------------------------------------------------------------------------------------- */

static bool has(const char *dir, const char *layout) {
    char path[PATH_MAX];
    struct rs_error none = {0};
    return rs_path(path, sizeof path, &none, "%s/%s.json", dir, layout) && rs_exists(path);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static bool print_all(const struct rows *r, const char *dir, struct rs_error *error) {
    struct dirent **entries = NULL;
    bool found = has(dir, r->layout->name), good = !found || print_file(r, dir, error);
    int n = found ? 0 : scandir(dir, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        if (good && entries[i]->d_name[0] != '.' && rs_path(path, sizeof path, error, "%s/%s", dir, entries[i]->d_name) &&
            has(path, r->layout->name)) {
            found = true;
            good = print_file(r, path, error);
        }
        free(entries[i]);
    }
    free(entries);
    if (good && !found) return rs_fail(error, RS_NO_INPUT, "%s: there is no row file of layout %s here", dir, r->layout->name);
    return good;
}

int rs_rows_main(int argc, char **argv) {
    static const struct option long_options[] = {
        {"where", required_argument, NULL, 'w'}, {"columns", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    struct rows r = {.n_conditions = 0};
    struct rs_error error = {0};
    const char *where[MOST_CONDITIONS + 1], *columns = NULL;
    size_t n_where = 0;
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') return fputs(usage, stdout) < 0 ? RS_IO : 0;
        if (option == 'c') columns = optarg;
        else if (option == 'w' && n_where <= MOST_CONDITIONS) where[n_where++] = optarg;
        else return fputs(usage, stderr), RS_USAGE;
    }
    if (argc - optind != 2) return fputs(usage, stderr), RS_USAGE;
    bool good = (r.layout = rs_layout_find(argv[optind + 1])) ||
                rs_fail(&error, RS_USAGE, "there is no layout %s; see relsogi dictionary", argv[optind + 1]);
    for (size_t i = 0; good && i < n_where; i++) good = add_condition(&r, where[i], &error);
    good = good && choose_columns(&r, columns, &error) && print_all(&r, argv[optind], &error);
    if (fflush(stdout) != 0 && good) good = rs_fail_errno(&error, RS_IO, "standard output");
    if (good) return 0;
    rs_log(RS_LOG_ERROR, "%s", error.text);
    return error.code;
}
