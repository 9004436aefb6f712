/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups over the generated layouts. */
#include "layout.h"
#include <string.h>

const struct rs_layout *rs_layout_find(const char *name) {
    for (const struct rs_layout *const *l = rs_layouts; *l; l++)
        if (strcmp((*l)->name, name) == 0) return *l;
    return NULL;
}

const char *rs_type_name(enum rs_type type) {
    static const char *const names[] = {"KEY", "HASH", "TEXT", "INT", "LONG", "REAL", "FLAG", "DAY"};
    return names[type];
}

const char *rs_phi_name(enum rs_phi phi) {
    static const char *const names[] = {"OPEN", "PSEUDONYM", "LIMITED", "SENSITIVE", "SOGI", "DIRECT", "RAW"};
    return names[phi];
}

int rs_layout_column(const struct rs_layout *layout, struct rs_view name) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_eq_c(name, layout->columns[i].name)) return (int)i;
    return -1;
}

bool rs_layout_in_key(const struct rs_layout *layout, const char *column) {
    struct rs_view rest = rs_cstr(layout->key);
    while (rest.p)
        if (rs_eq_c(rs_trim(rs_split(&rest, ',')), column)) return true;
    return false;
}
