/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One way to fold names, for matching persons and for finding names in the census tables. */
#ifndef RS_REFERENCE_NAME_FOLD_H
#define RS_REFERENCE_NAME_FOLD_H
#include <stdbool.h>
#include "../base/text.h"

/* Upper case, accents and ligatures folded to A-Z (García -> GARCIA, Müller -> MULLER, Łukasz -> LUKASZ, Straße ->
 * STRASSE), typographic apostrophes and dashes made plain, runs of blanks one, trimmed. Apostrophes, hyphens, periods
 * and blanks stay: later steps need them. Letters of other scripts stay as they are. Null or empty gives null. */
struct rs_view rs_name_fold(struct rs_arena *arena, struct rs_view raw);

/* A folded family name and its generational suffix as a token of its own ("SMITH JR" -> SMITH, JR; "NASR" stays).
 * *suffix is JR, SR, II, III, IV, V or null. */
struct rs_view rs_name_cut_suffix(struct rs_arena *arena, struct rs_view folded, struct rs_view *suffix);

/* Whole-field placeholders: DECLINED, UNKNOWN, BABY BOY, TEST PATIENT ...; never a single name that the census
 * tables list (NULL, TRUE, NAN, TEST are surnames). */
bool rs_name_is_placeholder(struct rs_view family_folded, struct rs_view given_folded);

#endif
