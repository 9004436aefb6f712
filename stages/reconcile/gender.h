/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-step derivation: gender modality from a person's own two answers, identity and sex recorded at birth (the
 * order of questions of the two-step method; UCLA Williams Institute, GenIUSS 2014). From nothing else: an answer
 * somebody else gave is not used, and an item that is missing gives a missing reason, never cisgender. */
#ifndef RS_RECONCILE_GENDER_H
#define RS_RECONCILE_GENDER_H
#include "survive.h"

struct rs_rc_gender {
    const struct rs_rc_answer *answer; /* the answer it leads back to; NULL: nothing is derived, nothing is written */
    struct rs_view values[3];          /* cisgender; or transgender, nonbinary, another_identity, as said */
    int n;
    uint8_t missing;                   /* where there is no value */
};
struct rs_rc_gender rs_rc_two_step(const struct rs_rc_standing *identity, const struct rs_rc_standing *sex_at_birth);

#endif
