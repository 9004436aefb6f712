/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What x12_834.c (gathering), x12_834_key.c (who it is) and x12_834_rows.c (rows) share: a member of an 834. All views are
 * borrowed from the block. */
#ifndef RS_INGEST_X12_834_PRIVATE_H
#define RS_INGEST_X12_834_PRIVATE_H
#include "formats.h"

struct rs_834_place {
    uint64_t segment;
    size_t at;
};
struct rs_834_named { /* REF, LUI, HD: a few views and where they stand */
    struct rs_view a, b, c, d, e, f;
    struct rs_834_place place;
};
struct rs_834_list {
    struct rs_834_named *p;
    size_t n, room;
};

struct rs_834_member {
    bool open, corrected, former;
    struct rs_834_place place, dmg_place;
    uint64_t record_no, line;
    struct rs_x12_set set; /* header of its transaction set */
    struct rs_view subscriber, relationship, maintenance, reason, death, eligible_from, eligible_to;
    struct rs_view family, given, middle, suffix, id_qualifier, id;
    struct rs_view street1, street2, city, state, zip, county;
    struct rs_view former_given, former_birth; /* of NM1*70, which is there where `former` */
    struct rs_view facility, birth, sex, race, race_collection_list, race_collection, phone, effective;
    unsigned phone_rank;
    bool is_facility; /* a facility stands in `facility`, not a provider */
    bool names_corrected, demographics_corrected, languages_corrected;
    bool has_n3, has_n4, has_dmg; /* of the NM1 at hand */
    const char *repeated;         /* one of these that came again: the guide has one of each */
    struct rs_834_list refs, languages, coverages;
};

/* The first REF of this qualifier with a value; null where there is none. */
struct rs_view rs_834_ref(const struct rs_834_member *m, struct rs_view qualifier);
/* The number of the subscriber, by which a dependent without one is known; null where that is not so. */
struct rs_view rs_834_subscriber(const struct rs_profile *p, const struct rs_834_member *m);
/* Sets the key of the record at hand, and how it is known by; false where the member has none of the parts of any. */
bool rs_834_key(struct rs_rows *rows, const struct rs_834_member *m);
void rs_834_put_identifiers(struct rs_rows *rows, const struct rs_834_member *m);

/* Writes the member's rows, or rejects it. */
void rs_834_put_member(struct rs_rows *rows, const struct rs_834_member *m);
/* Counts n elements or components that no guide has, under this reason. */
void rs_834_count_surplus(struct rs_rows *rows, size_t n, const char *what);

#endif
