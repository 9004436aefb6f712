/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a first or a middle name says: its likelihood P(name | group), found in the pack's first names step by step.
 *
 * In this order, each step only where the ones before found nothing:
 *   exact         as it stands (folded: see name_fold.h)
 *   joined        blanks, apostrophes, hyphens and periods dropped: MARY ANN -> MARYANN, D'ANDRE -> DANDRE
 *   first_part    the first part of several that is longer than one letter: MARIA DEL CARMEN -> MARIA, J. PAUL -> PAUL
 *   none          not listed, null, or a placeholder (BABY BOY): says nothing; the factor is left out and BIFSG is BISG
 */
#ifndef RS_REFERENCE_FIRST_NAME_H
#define RS_REFERENCE_FIRST_NAME_H
#include "pack.h"

enum rs_first_name_match {
    RS_FIRST_NAME_EXACT,
    RS_FIRST_NAME_JOINED,
    RS_FIRST_NAME_FIRST_PART,
    RS_FIRST_NAME_NONE,
    RS_FIRST_NAME_MATCHES
};
extern const char *const rs_first_name_match_names[RS_FIRST_NAME_MATCHES]; /* exact joined first_part none */

/* `folded` as rs_name_fold makes it, null allowed. likelihood: as rs_pack_first_name gives it; all ones with none. */
enum rs_first_name_match rs_first_name_find(const struct rs_pack *pack, struct rs_view folded,
                                            double likelihood[RS_GROUPS]);
/* The same of a middle name, in the pack's middle names. An initial alone says nothing. */
enum rs_first_name_match rs_middle_name_find(const struct rs_pack *pack, struct rs_view folded,
                                             double likelihood[RS_GROUPS]);

#endif
