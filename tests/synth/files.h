/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands beside the data: configuration, key, and what is true. */
#ifndef RS_SYNTH_FILES_H
#define RS_SYNTH_FILES_H
#include "people.h"

/* True rates, summed over the members that measures.csv tells of: by group, then English (6) and other language (7). */
enum { RS_S_STRATA = RS_GROUPS + 2 };
struct rs_synth_rates_sum {
    double p[RS_S_MEASURES][RS_S_STRATA];
    uint64_t n[RS_S_MEASURES][RS_S_STRATA], met[RS_S_MEASURES][RS_S_STRATA];
    uint64_t group[RS_GROUPS], in_plan, in_ehr, in_roster, measures, other_language;
};
void rs_synth_sum_add(struct rs_synth_rates_sum *sum, const struct rs_synth_person *p);
void rs_synth_sum_merge(struct rs_synth_rates_sum *into, const struct rs_synth_rates_sum *from);

/* truth/rates.tsv, truth/README, site.key, and at the very end relsogi.yaml. */
bool rs_synth_write_notes(const struct rs_synth_world *w, const struct rs_synth_rates_sum *sum, struct rs_error *error);

#endif
