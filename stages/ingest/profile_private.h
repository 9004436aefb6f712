/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What profile.c (the whole), profile_ids.c (identifiers) and profile_csv.c (columns) share. Every function that gives a bool
 * has set the error, with the profile's path, where it gives false. */
#ifndef RS_INGEST_PROFILE_PRIVATE_H
#define RS_INGEST_PROFILE_PRIVATE_H
#include "profile.h"

struct rs_profile_reader {
    struct rs_profile *p;
    const char *where; /* path */
    struct rs_error *error;
};

extern const char *const rs_profile_elements[], *const rs_profile_methods[]; /* NULL ends */

/* Always false: what has this value, and which it may have. */
bool rs_profile_wrong(struct rs_profile_reader *r, const char *what, const char *value, const char *const *allowed);
/* Place of text in words, which NULL ends; -1: it is none of them. */
int rs_profile_word(const char *text, const char *const *words);
bool rs_profile_check_word(struct rs_profile_reader *r, const char *what, struct rs_view value, const char *const *words);
struct rs_view rs_profile_text(const json_t *map, const char *key); /* null where there is none */
/* Index of a CSV column among those the profile speaks of; added when new. */
int rs_profile_column_ref(struct rs_profile_reader *r, struct rs_view name);

/* The list under `key`: rules of member ids, or of identifiers, which say their type and system. */
bool rs_profile_ids(struct rs_profile_reader *r, const char *key, bool member, const struct rs_id_rule **out, size_t *n);
/* All keys that only profiles of CSV files have. */
bool rs_profile_csv(struct rs_profile_reader *r);

#endif
