/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of results that others published, under $RELSOGI_SHARED/golden. */
#ifndef RS_TESTS_GOLDEN_TABLE_H
#define RS_TESTS_GOLDEN_TABLE_H
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 32 };

/* NULL, saying so, where it is absent; else past its header line. */
__attribute__((unused)) static FILE *open_table(const char *name) {
    char path[4096];
    const char *shared = getenv("RELSOGI_SHARED");
    snprintf(path, sizeof path, "%s/golden/%s", shared ? shared : RELSOGI_SOURCE_DIR "/../shared", name);
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "skipped: %s is not there\n", path);
        return NULL;
    }
    char header[4096];
    cr_assert(fgets(header, sizeof header, f), "%s is empty", path);
    return f;
}

/* One line of a CSV without commas inside quotes; the quotes are cut off. */
__attribute__((unused)) static int read_line(FILE *f, char *line, size_t room, char *field[COLUMNS]) {
    if (!fgets(line, (int)room, f)) return 0;
    line[strcspn(line, "\r\n")] = 0;
    int n = 0;
    for (char *p = line; p && n < COLUMNS; n++) {
        char *comma = strchr(p, ',');
        if (comma) *comma = 0;
        size_t length = strlen(p);
        if (length >= 2 && p[0] == '"') {
            p[length - 1] = 0;
            p++;
        }
        field[n] = p;
        p = comma ? comma + 1 : NULL;
    }
    return n;
}

__attribute__((unused)) static void close_to(double got, const char *want, const char *table, const char *what) {
    double w = strtod(want, NULL);
    cr_expect(fabs(got - w) <= 1e-9 * fabs(w) + 1e-15, "%s, %s: %.15g, not %s", table, what, got, want);
}

#endif
