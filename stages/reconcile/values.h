/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The closed vocabularies of the layouts `mapped` and `person_value`: elements, ways of collection, missing reasons,
 * and sets of categories on the two race and ethnicity axes.
 *
 * A set is two masks: `all` holds the categories that apply together (A+B), `any` an unresolved set of which at
 * least one applies (A|B). Texts are always written in the order of the enums: equal sets give equal text. */
#ifndef RS_RECONCILE_VALUES_H
#define RS_RECONCILE_VALUES_H
#include <stdbool.h>
#include <stdint.h>
#include "pipeline/base/text.h"

/* In the order of their names, which is the order of the rows of person_value. */
enum rs_rc_element {
    EL_ADMINISTRATIVE_SEX,
    EL_ETHNICITY,
    EL_GENDER_IDENTITY,
    EL_GENDER_TWO_STEP, /* derived (gender.c): never in an input */
    EL_INTERPRETER,
    EL_LANGUAGE_PREFERRED,
    EL_LANGUAGE_READ,
    EL_LANGUAGE_SPOKEN,
    EL_LANGUAGE_WRITTEN,
    EL_NAME_TO_USE,
    EL_PRONOUNS,
    EL_RACE,
    EL_RACE_ETHNICITY,
    EL_SEX_AT_BIRTH,
    EL_SEXUAL_ORIENTATION,
    EL_COUNT
};

/* Strongest first. */
enum rs_rc_collection {
    CO_SELF,
    CO_RELATED_PERSON,
    CO_ADMINISTRATIVE,
    CO_OBSERVED,
    CO_DERIVED,
    CO_UNKNOWN,
    CO_COUNT
};

/* What says most first: OTHER is an answer, a decline outranks what follows, UNMAPPED is an answer we cannot read. */
enum rs_rc_missing {
    MI_NONE,
    MI_OTHER,
    MI_DECLINED,
    MI_ASKED_UNKNOWN,
    MI_UNMAPPED,
    MI_UNKNOWN,
    MI_NOT_ASKED,
    MI_NOT_PROVIDED,
    MI_NOT_APPLICABLE,
    MI_COUNT
};

enum rs_rc_representation { RE_ALTERNATE, RE_CODE, RE_DETAIL, RE_TEXT, RE_COUNT };

/* 1997 axis. */
enum {
    C97_AIAN = 1,
    C97_ASIAN = 2,
    C97_BLACK = 4,
    C97_NHOPI = 8,
    C97_WHITE = 16,
    C97_OTHER = 32,
    C97_TWO_OR_MORE = 64,
    C97_HISPANIC = 128,
    C97_NOT_HISPANIC = 256,
    C97_FIVE = 31,
    C97_RACE = 127,
    C97_ETHNICITY = 384
};
/* 2024 axis. TWO_OR_MORE is no category: several races whose parts nobody named. */
enum {
    C24_AIAN = 1,
    C24_ASIAN = 2,
    C24_BLACK = 4,
    C24_HISPANIC = 8,
    C24_MENA = 16,
    C24_NHPI = 32,
    C24_WHITE = 64,
    C24_TWO_OR_MORE = 128,
    C24_SEVEN = 127,
    C24_RACE = 127 - 8 + 128
};

struct rs_rc_set {
    uint16_t all, any;
};

/* Index of a name in its vocabulary, or -1. Null is -1. */
int rs_rc_element_of(struct rs_view v);
int rs_rc_collection_of(struct rs_view v);
int rs_rc_missing_of(struct rs_view v); /* null is MI_NONE */
int rs_rc_representation_of(struct rs_view v);
struct rs_view rs_rc_element_name(int element);
struct rs_view rs_rc_collection_name(int collection);
struct rs_view rs_rc_missing_name(int missing); /* null for MI_NONE */

/* Reads a cell of omb1997 or omb2024; false where a category is not one of the axis. Null is the empty set. */
bool rs_rc_set_1997(struct rs_view v, struct rs_rc_set *out);
bool rs_rc_set_2024(struct rs_view v, struct rs_rc_set *out);
/* Null for the empty set. */
struct rs_view rs_rc_text_1997(struct rs_arena *arena, struct rs_rc_set set);
struct rs_view rs_rc_text_2024(struct rs_arena *arena, struct rs_rc_set set);
/* The name of one category (one bit). */
struct rs_view rs_rc_name_1997(unsigned bit);
struct rs_view rs_rc_name_2024(unsigned bit);

#endif
