/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the 2020 lists. Where their table begins is seen from the rows, not counted in lines: titles change. */
#include "name_list.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

enum { HEADING_BYTES = 256 };

struct list {
    int first;  /* column of the first of the six, -1 before the first row of the table */
    size_t gap; /* line of a row after the table's begin that is none of it, 0: none so far */
};

bool rs_is_name_list(const struct rs_csv *csv) {
    return csv->columns > RS_GROUPS && rs_csv_column(csv, "aian") < 0 && rs_csv_column(csv, "pctwhite") < 0 &&
           rs_csv_column(csv, "id") < 0;
}

static int last_filled(const struct rs_view *fields, size_t n) {
    while (n > 0 && !rs_has(rs_trim(fields[n - 1]))) n--;
    return (int)n - 1;
}

/* Numbers may be written 1,234 in CSV. */
static bool number(struct rs_view v, double *out) {
    char digits[32];
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == ',') continue;
        if (n == sizeof digits) return false;
        digits[n++] = v.p[i];
    }
    return n > 0 && rs_parse_real(rs_view(digits, n), out) && isfinite(*out) && *out >= 0;
}

/* The first field that is no number. */
static struct rs_view name_of(const struct rs_view *fields, int before) {
    for (int i = 0; i < before; i++) {
        double n;
        if (rs_has(rs_trim(fields[i])) && !number(fields[i], &n)) return rs_trim(fields[i]);
    }
    return RS_NULL;
}

static bool is_row(const struct rs_view *fields, size_t n, struct rs_view *name, int *first, double counts[RS_GROUPS]) {
    int last = last_filled(fields, n);
    if (last < RS_GROUPS) return false;
    *first = last - RS_GROUPS + 1;
    for (int r = 0; r < RS_GROUPS; r++)
        if (!number(fields[*first + r], &counts[r])) return false;
    *name = name_of(fields, *first);
    return rs_has(*name);
}

/* Titles are kept by column until the table's place is known. */
static void keep_heading(char headings[RS_CSV_COLUMNS][HEADING_BYTES], const struct rs_view *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(headings[i]);
        if (at + 2 >= HEADING_BYTES) continue;
        for (size_t k = 0; k < fields[i].n && at + 2 < HEADING_BYTES; k++)
            headings[i][at++] = (char)tolower((unsigned char)fields[i].p[k]);
        headings[i][at++] = ' ';
        headings[i][at] = '\0';
    }
}

static bool check_headings(const struct rs_csv *csv, char headings[RS_CSV_COLUMNS][HEADING_BYTES], int first,
                           struct rs_error *error) {
    static const char *const words[RS_GROUPS][2] = {{"white", "white"}, {"black", "black"}, {"indian", "aian"},
                                                    {"asian", "api"}, {"two or more", "multi"}, {"hispanic", "latino"}};
    bool any = false;
    for (int r = 0; r < RS_GROUPS; r++) any = any || strstr(headings[first + r], "white") || strstr(headings[first + r], "asian");
    for (int r = 0; any && r < RS_GROUPS; r++)
        if (!strstr(headings[first + r], words[r][0]) && !strstr(headings[first + r], words[r][1]))
            return rs_fail(error, RS_DATA, "%s line %zu: the last six columns should be White, Black, AIAN, Asian or "
                           "Pacific Islander, two or more, Hispanic, in this order; number %d is not", csv->path,
                           csv->line, r + 1);
    return true;
}

bool rs_read_name_list(struct rs_csv *csv, struct rs_counts_table *to, double other[RS_GROUPS], bool *has_other,
                       struct rs_error *error) {
    static const size_t bytes = (size_t)RS_CSV_COLUMNS * HEADING_BYTES;
    char(*headings)[HEADING_BYTES] = rs_alloc(bytes);
    struct list l = {.first = -1};
    bool more = true, ok = true;
    *has_other = false;
    keep_heading(headings, csv->header, csv->columns);
    while (ok && (ok = rs_csv_next(csv, &more, error)) && more) {
        struct rs_view name;
        int first;
        double counts[RS_GROUPS];
        if (!is_row(csv->field, csv->columns, &name, &first, counts)) {
            if (l.first < 0) keep_heading(headings, csv->field, csv->columns);
            else if (last_filled(csv->field, csv->columns) >= 0 && !l.gap) l.gap = csv->line;
            continue;
        }
        if (l.gap) ok = rs_fail(error, RS_DATA, "%s line %zu: six counts are expected in the last columns, as below it",
                                csv->path, l.gap);
        else if (l.first < 0) ok = check_headings(csv, headings, first, error);
        else if (first != l.first) ok = rs_fail(error, RS_DATA, "%s line %zu: fewer columns are filled than above it",
                                                csv->path, csv->line);
        if (!ok) break;
        l.first = first;
        bool rest = rs_eq_nocase(name, RS_LIT("ALL OTHER NAMES")) || rs_eq_nocase(name, RS_LIT("ALL OTHER FIRST NAMES"));
        if (rest) {
            *has_other = true;
            memcpy(other, counts, RS_GROUPS * sizeof *counts);
        } else {
            rs_counts_add(to, name, counts);
        }
    }
    free(headings);
    return ok && (l.first >= 0 || rs_fail(error, RS_DATA, "%s: no row with a name and six counts", csv->path));
}
