/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of measures (schemas/measures.yaml): kind, direction, reporting floor, exclusions. */
#ifndef RS_STRATIFY_MEASURES_H
#define RS_STRATIFY_MEASURES_H
#include <stdbool.h>
#include <stddef.h>
#include "pipeline/base/error.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"

/* proportion: met or not, persons below persons; rate: events (amount) over member time (exposure); mean: of amounts. */
enum rs_measure_kind { RS_PROPORTION, RS_RATE, RS_MEAN };
struct rs_measure_about {
    const char *id, *name, *steward, *unit; /* NULL where not said */
    enum rs_measure_kind kind;
    bool lower_is_better;
    double floor;                  /* smallest denominator (persons) of which a rate is reported; 0 for none */
    const char *const *exclusions; /* words of person_measure.excluded that count, NULL-terminated; NULL: any word */
};

struct rs_measure_book;
/* RS_CONFIG names the measure and the key that is wrong. */
struct rs_measure_book *rs_measures_read(const char *path, struct rs_error *error);
void rs_measures_free(struct rs_measure_book *b);
/* A measure that is not listed is a proportion, higher better, without a floor: never NULL, also for a NULL book. */
const struct rs_measure_about *rs_measures_find(const struct rs_measure_book *b, struct rs_view id);
/* Whether this word of person_measure.excluded takes a row out of the measure. */
bool rs_measure_excludes(const struct rs_measure_about *m, struct rs_view word);

#endif
