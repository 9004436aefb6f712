/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a family name says: its likelihood P(surname | group), found in the census table step by step.
 *
 * In this order, each step only where the ones before found nothing:
 *   exact         as it stands (folded: see name_fold.h)
 *   punctuation   apostrophes, hyphens and periods dropped: O'BRIEN -> OBRIEN, JEAN-BAPTISTE -> JEANBAPTISTE
 *   joined        blanks dropped too: DE LA CRUZ -> DELACRUZ, ST. JOHN -> STJOHN, GARCIA LOPEZ -> GARCIALOPEZ
 *   suffix        the same three after a generational suffix, as a token of its own, is cut: SMITH JR
 *   parts         the listed parts of a name of several, particles (DE, VAN) joined to the part behind them where that
 *                 is listed. Their likelihoods are combined by the geometric mean. Likelihoods of different names
 *                 differ in scale by the names' frequencies: in an arithmetic mean SMITH would outweigh any rare name
 *                 beside it, in the geometric one the scale is a common factor and drops out. Equal parts give what
 *                 one gives (YANG-YANG as YANG), and agreement is not counted as two independent proofs: the parts
 *                 are one family's names
 *   other_names   not listed: the census row ALL OTHER NAMES, which is a statement too (rare names)
 *   none          null, no letter, or a placeholder such as UNKNOWN: says nothing, likelihood 1 for every group
 */
#ifndef RS_REFERENCE_SURNAME_H
#define RS_REFERENCE_SURNAME_H
#include "pack.h"

enum rs_surname_match {
    RS_SURNAME_EXACT,
    RS_SURNAME_PUNCTUATION,
    RS_SURNAME_JOINED,
    RS_SURNAME_SUFFIX,
    RS_SURNAME_PARTS,
    RS_SURNAME_OTHER,
    RS_SURNAME_NONE,
    RS_SURNAME_MATCHES
};
extern const char *const rs_surname_match_names[RS_SURNAME_MATCHES]; /* as in layout posterior, surname_match */

/* A pack's surnames under one smoothing; constant after rs_surnames_init, shared by threads. */
struct rs_surnames {
    const struct rs_pack *pack;        /* borrowed */
    double per_bearer[RS_GROUPS];      /* 1 / N_r, N_r bearers of group r of all names together */
    double added;                      /* smoothing / N */
    double other[RS_GROUPS];           /* likelihood of ALL OTHER NAMES */
};
/* smoothing: pseudo-bearers that each name gets, distributed over the groups as all bearers are:
 * (N_sr + k N_r / N) / N_r = N_sr / N_r + k / N. 0 gives the textbook's P(s|r), with its zeros. */
void rs_surnames_init(struct rs_surnames *s, const struct rs_pack *pack, double smoothing);
/* What counts of bearers by group say, those of a listed name; false where it has none. */
bool rs_surname_of(const struct rs_surnames *s, const double counts[RS_GROUPS], double likelihood[RS_GROUPS]);
/* `folded` as rs_name_fold makes it, null allowed. Never all zeros. */
enum rs_surname_match rs_surname_find(const struct rs_surnames *s, struct rs_view folded,
                                      double likelihood[RS_GROUPS]);

#endif
