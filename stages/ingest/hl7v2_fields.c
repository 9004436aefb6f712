/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, addresses and telephones of a PID: which of several repetitions counts (HL7 tables 0190, 0200, 0201). */
#include "hl7v2_adt.h"

/* Place of a type in a list; of those not listed, that of the "-". */
static unsigned rank(struct rs_view type, const char *const *types) {
    unsigned unlisted = 0, i = 0;
    for (; types[i]; i++) {
        if (strcmp(types[i], "-") == 0) unlisted = i;
        else if (rs_eq(type, rs_cstr(types[i])) || (!rs_has(type) && !*types[i])) return i;
    }
    return unlisted;
}

/* Of several repetitions the one whose type stands first in the list; where `whole`, those with two parts go first. */
static bool best(const struct rs_adt *a, struct rs_view all, const char *const *types, bool whole,
                 struct rs_adt_parts *found, unsigned *lowest) {
    struct rs_view one;
    struct rs_adt_parts parts;
    *lowest = 1000;
    found->n = 0;
    while (repetition(a, &all, &one)) {
        if (!one.n) continue;
        split_parts(a, one, &parts);
        unsigned r = rank(component(a, &parts, 7), types);
        if (whole && (!rs_has(component(a, &parts, 1)) || !rs_has(component(a, &parts, 2)))) r += 100;
        if (r >= *lowest) continue;
        *found = parts;
        *lowest = r;
    }
    return found->n > 0;
}

/* HL7 table 0200. Maiden and birth names are earlier names; S and NOUSE are not to be used. */
void rs_adt_put_names(const struct rs_adt *a, struct rs_view *row) {
    static const char *const types[] = {"L", "", "R", "C", "D", "U", "-", "P", "A", "N", "B", "M", "S", "MSK", "NOUSE", NULL};
    static const char *const earlier[] = {"M", "B", "-", NULL};
    unsigned r;
    struct rs_adt_parts name, before;
    best(a, field(a, 5), types, true, &name, &r);
    row[RECORD_family_raw] = rs_rows_text(a->rows, sub(a, &name, 1, 1));
    row[RECORD_given_raw] = rs_rows_text(a->rows, component(a, &name, 2));
    row[RECORD_middle_raw] = rs_rows_text(a->rows, component(a, &name, 3));
    row[RECORD_suffix_raw] = rs_rows_text(a->rows, component(a, &name, 4));
    for (unsigned i = 5; i <= 9 && rs_is_null(row[RECORD_previous_family_raw]); i += 4) /* PID-5, then PID-9 */
        if (best(a, field(a, i), earlier, false, &before, &r) && r < 2 && before.v[0].p != name.v[0].p)
            row[RECORD_previous_family_raw] = rs_rows_text(a->rows, sub(a, &before, 1, 1));
}

/* HL7 table 0190: where somebody lives; not where somebody was born or delivered, nor a bad address. */
void rs_adt_put_address(const struct rs_adt *a, struct rs_view *row) {
    static const char *const types[] = {"H", "P", "L", "", "C", "-", "M", "S", "TM", "B", "O", "RH", NULL};
    static const char *const never[] = {"BA", "N", "BDL", "BR", "F", "-", NULL};
    unsigned r;
    struct rs_adt_parts home;
    if (!best(a, field(a, 11), types, false, &home, &r)) return;
    if (rank(component(a, &home, 7), never) < 5) return;
    struct rs_view street = sub(a, &home, 1, 1), name = sub(a, &home, 1, 2), other = component(a, &home, 2);
    /* Some send the number alone in the first part, and the street in the second. */
    if (rs_has(name) && rs_all_digits(street)) street = rs_rows_join(a->rows, street, " ", name);
    row[RECORD_street_raw] = rs_rows_join(a->rows, street, ", ", other);
    row[RECORD_city_raw] = rs_rows_text(a->rows, component(a, &home, 3));
    row[RECORD_state_raw] = rs_rows_text(a->rows, component(a, &home, 4));
    row[RECORD_zip_raw] = rs_rows_text(a->rows, component(a, &home, 5));
    struct rs_view county = component(a, &home, 9), tract = component(a, &home, 10);
    row[RECORD_county_raw] = rs_rows_text(a->rows, rs_has(county) ? county : first(a, field(a, 12), 1));
    if (rs_all_digits(tract) && tract.n >= 11) row[RECORD_geoid_raw] = rs_rows_text(a->rows, tract);
}

/* XTN: 1 or 12 the number as written; else 6 area and 7 local number. Not mail, fax or pager. */
static struct rs_view number_of(const struct rs_adt *a, const struct rs_adt_parts *xtn) {
    static const char *const others[] = {"FX", "BP", "Internet", "X.400", "MD", "TDD", "-", NULL};
    struct rs_view written = component(a, xtn, 1);
    if (rank(component(a, xtn, 3), others) < 6 || rs_eq_c(component(a, xtn, 2), "NET")) return RS_NULL;
    if (!rs_has(written)) written = component(a, xtn, 12);
    if (rs_has(written)) return written;
    return rs_rows_join(a->rows, component(a, xtn, 6), "-", component(a, xtn, 7));
}

struct rs_view rs_adt_phone(const struct rs_adt *a) {
    static const char *const uses[] = {"PRN", "", "PRS", "ORN", "VHN", "-", "WPN", "EMR", NULL};
    static const unsigned fields[] = {13, 40, 14}; /* home, any (2.7 on), business */
    for (unsigned i = 0; i < 3; i++) {
        struct rs_view rest = field(a, fields[i]), one, found = RS_NULL;
        unsigned lowest = 1000;
        while (repetition(a, &rest, &one)) {
            struct rs_adt_parts xtn;
            split_parts(a, one, &xtn);
            unsigned r = rank(component(a, &xtn, 2), uses);
            struct rs_view number = r < lowest ? number_of(a, &xtn) : RS_NULL;
            if (!rs_has(number)) continue;
            found = number;
            lowest = r;
        }
        if (rs_has(found)) return found;
    }
    return RS_NULL;
}
