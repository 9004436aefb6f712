/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rubin's rules against what two packages published: mice (nhanes, with the degrees of freedom of Barnard and Rubin) and
 * mitools (smi, with Rubin's own). Read from $RELSOGI_SHARED/golden, skipped where absent. */
#include "golden_table.h"
#include "stages/stratify/rubin.h"

enum { MOST = 16 };
struct sets {
    double q[MOST][4], u[MOST][4];
    size_t m, terms;
};

/* Columns: number of the data set, the estimates of each term, their variances. */
static bool read_sets(const char *path, size_t terms, struct sets *s) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table(path);
    if (!f) return false;
    *s = (struct sets){.terms = terms};
    while (s->m < MOST && read_line(f, line, sizeof line, c) >= (int)(1 + 2 * terms)) {
        for (size_t t = 0; t < terms; t++) {
            s->q[s->m][t] = atof(c[1 + t]);
            s->u[s->m][t] = atof(c[1 + terms + t]);
        }
        s->m++;
    }
    fclose(f);
    return true;
}

Test(rubin_golden, nhanes) {
    char line[4096], *c[COLUMNS];
    struct sets s;
    if (!read_sets("intervals/rubin_mice_nhanes_q_u.csv", 3, &s)) return;
    cr_assert_eq(s.m, 5);
    FILE *f = open_table("intervals/rubin_mice_nhanes_pooled.csv");
    size_t term = 0;
    for (; term < 3 && read_line(f, line, sizeof line, c) >= 11; term++) {
        struct rs_rubin r = rs_rubin(&s.q[0][term], &s.u[0][term], 4, s.m, atof(c[6]));
        close_to(r.estimate, c[2], "mean", c[0]);
        close_to(r.within, c[3], "within", c[0]);
        close_to(r.between, c[4], "between", c[0]);
        close_to(r.total, c[5], "total", c[0]);
        close_to(r.df, c[7], "degrees of freedom", c[0]);
        close_to(r.riv, c[8], "relative increase", c[0]);
        close_to(r.lambda, c[9], "lambda", c[0]);
        close_to(r.fmi, c[10], "missing information", c[0]);
    }
    fclose(f);
    cr_assert_eq(term, 3);
}

Test(rubin_golden, smi) {
    char line[4096], *c[COLUMNS];
    struct sets s;
    if (!read_sets("intervals/rubin_mitools_smi_q_u.csv", 4, &s)) return;
    FILE *f = open_table("intervals/rubin_mitools_smi_pooled.csv");
    size_t term = 0;
    for (; term < 4 && read_line(f, line, sizeof line, c) >= 5; term++) {
        struct rs_rubin r = rs_rubin(&s.q[0][term], &s.u[0][term], 4, s.m, INFINITY);
        close_to(r.estimate, c[1], "mean", c[0]);
        close_to(sqrt(r.total), c[2], "standard error", c[0]);
        close_to(r.df, c[3], "degrees of freedom", c[0]);
        close_to(r.fmi, c[4], "missing information", c[0]);
    }
    fclose(f);
    cr_assert_eq(term, 4);
}
