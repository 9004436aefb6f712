/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row layouts: made from schemas/layouts/<name>.def at build time, so that no column is written down twice.
 *
 * For layout `person`, columns.h (generated) has the enum PERSON_person_key, PERSON_records, ..., PERSON_COLUMNS, and
 * `extern const struct rs_layout rs_layout_person`. */
#ifndef RS_ROWS_LAYOUT_H
#define RS_ROWS_LAYOUT_H
#include <stdbool.h>
#include <stddef.h>
#include "../base/text.h"

enum rs_type { RS_KEY, RS_HASH, RS_TEXT, RS_INT, RS_LONG, RS_REAL, RS_FLAG, RS_DAY };
enum rs_phi { RS_OPEN, RS_PSEUDONYM, RS_LIMITED, RS_SENSITIVE, RS_SOGI, RS_DIRECT, RS_RAW };

struct rs_column {
    const char *name;
    enum rs_type type;
    bool nullable;
    enum rs_phi phi;
    int since;
    const char *meaning;
};

struct rs_layout {
    const char *name;
    int version;
    const char *meaning;
    const char *key; /* column names, comma separated */
    const struct rs_column *columns;
    size_t n_columns;
};

enum { RS_MAX_COLUMNS = 64 };

const struct rs_layout *rs_layout_find(const char *name); /* NULL where there is none */
int rs_layout_column(const struct rs_layout *layout, struct rs_view name); /* a column's place, -1 where there is none */
bool rs_layout_in_key(const struct rs_layout *layout, const char *column);
extern const struct rs_layout *const rs_layouts[];        /* all of them, NULL at the end */
const char *rs_type_name(enum rs_type type);
const char *rs_phi_name(enum rs_phi phi);

#include "columns.h"
#endif
