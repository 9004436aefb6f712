/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sample plan's own small tables (tests/synth/data, embedded) and rates, parsed once. */
#ifndef RS_SYNTH_TABLES_H
#define RS_SYNTH_TABLES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pipeline/base/text.h"
#include "pipeline/reference/pack.h"
#include "synth.h"

/* Lines of the data files, without comments, ended by NULL. */
extern const char *const rs_synth_data_first_names[], *const rs_synth_data_groups[], *const rs_synth_data_languages[],
    *const rs_synth_data_measures[], *const rs_synth_data_origins[], *const rs_synth_data_places[],
    *const rs_synth_data_spellings[], *const rs_synth_data_zip3[];

/* Races of an answer, as bits. MENA stands beside WHITE on the 1997 axis. */
enum {
    RS_S_WHITE = 1, RS_S_BLACK = 2, RS_S_AIAN = 4, RS_S_ASIAN = 8, RS_S_NHPI = 16, RS_S_OTHER = 32, RS_S_MENA = 64,
};
enum {
    RS_S_MEASURES = 4, RS_S_NAMES = 24, RS_S_LISTS = 64, RS_S_ORIGINS = 48, RS_S_LANGUAGES = 24, RS_S_PROVIDERS = 12,
};

struct rs_synth_measure {
    struct rs_view name;
    char sex;
    int from, to;
    double share, base, gap[RS_GROUPS], other_language;
};
struct rs_synth_group { double plan_report, ehr_report, mixed, children, drift, denominator; };
struct rs_synth_origin {
    int group;
    struct rs_view code, name;
    double until; /* cumulative share within the group */
    unsigned races;
    int language; /* the other language than English, with this share */
    double share;
};
struct rs_synth_language { struct rs_view tag, letters2, letters3, name; };
struct rs_synth_name_list {
    int group, from, to;
    char sex;
    int n;
    struct rs_view name[RS_S_NAMES];
    double until[RS_S_NAMES];
};
struct rs_synth_zip3 { char state[3]; int from, to; };
struct rs_synth_spelling { struct rs_view census, written; };

struct rs_synth_tables {
    struct rs_synth_group group[RS_GROUPS];
    struct rs_synth_measure measure[RS_S_MEASURES];
    struct rs_synth_origin origin[RS_S_ORIGINS];
    struct rs_synth_language language[RS_S_LANGUAGES];
    struct rs_synth_name_list list[RS_S_LISTS];
    struct rs_synth_zip3 zip3[96];
    struct rs_synth_spelling spelling[128]; /* in order of `census` */
    struct rs_view city[64], street[64];
    int n_origins, n_languages, n_lists, n_zip3, n_spellings, n_cities, n_streets;
};
/* RS_BUG where an embedded line does not read: found by the first run after an edit. */
bool rs_synth_tables_read(struct rs_synth_tables *t, struct rs_error *error);

/* Rates by name; 0 where the part they belong to is switched off. */
struct rs_synth_rates {
#define RATE(name, value, part, meaning) double name;
#include "rates.def"
#undef RATE
};
void rs_synth_rates_set(struct rs_synth_rates *rates, const struct rs_synth_options *options);
extern const char *const rs_synth_part_names[RS_SYNTH_PARTS];
/* One line a rate: name, value, part, meaning. */
void rs_synth_rates_print(struct rs_buffer *to, const struct rs_synth_options *options);

#endif
