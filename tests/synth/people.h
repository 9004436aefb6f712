/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Households and members as they truly are, before any source writes them down. */
#ifndef RS_SYNTH_PEOPLE_H
#define RS_SYNTH_PEOPLE_H
#include <stdbool.h>
#include <stdint.h>
#include "pipeline/base/date.h"
#include "world.h"

enum rs_synth_role { RS_S_SELF, RS_S_SPOUSE, RS_S_CHILD };
enum rs_synth_orientation { RS_SO_NONE, RS_SO_STRAIGHT, RS_SO_GAY, RS_SO_BISEXUAL, RS_SO_OTHER };
enum rs_synth_identity { RS_GI_NONE, RS_GI_MALE, RS_GI_FEMALE, RS_GI_TRANS_MAN, RS_GI_TRANS_WOMAN, RS_GI_NONBINARY };
extern const char *const rs_synth_orientation_names[], *const rs_synth_identity_names[];

struct rs_synth_address {
    uint32_t tract;
    int number, street, apartment; /* apartment 0: none */
    int plus4;
};

/* A family name: letters as the census prints them, as really written (UTF-8), and a second surname or half. */
struct rs_synth_family {
    char census[RS_S_NAME_MAX], written[RS_S_NAME_MAX + 24];
    char second_census[RS_S_NAME_MAX], second_written[RS_S_NAME_MAX + 24]; /* empty: none */
    bool hyphen;
};

/* Why a member's data is off what the tables say, and what was done to it in the files: bits of truth.tsv. */
enum {
    RS_D_NAME_POOL = 1, RS_D_NAME_BORROWED = 2, RS_D_CHILD = 4, RS_D_MOVED = 8, RS_D_MIXED = 16,
};
#define RS_SYNTH_DAMAGE_KINDS(K) \
    K(not_provided) K(decline) K(wrong) K(partial) K(text_differs) K(no_member_id) K(old_name) K(two_surnames) \
    K(hyphen) K(suffix) K(duplicate) K(bad_date) K(no_date) K(swapped) K(zip9) K(no_zip) K(lower_case) K(placeholder) \
    K(no_id)
enum rs_synth_damage_kind {
#define K(name) RS_K_##name,
    RS_SYNTH_DAMAGE_KINDS(K)
#undef K
    RS_K_COUNT,
};

struct rs_synth_person {
    uint64_t number, household; /* from 0; the household's number is its first member's */
    enum rs_synth_role role;
    int group, origin, language;
    unsigned races; /* RS_S_ bits, what the person would answer */
    bool hispanic;
    char sex;       /* recorded at birth, F or M */
    enum rs_synth_orientation orientation; /* adults only */
    enum rs_synth_identity identity;
    int32_t birth;
    int age;
    struct rs_synth_family family;
    struct rs_view given; /* upper case */
    char middle;          /* initial, or 0 */
    const char *suffix;   /* JR, SR, II, III or "" */
    struct rs_synth_address home, plan; /* plan: as the plan has it */
    int provider;
    bool in_plan, in_ehr, in_roster;
    uint8_t denominator[RS_S_MEASURES], numerator[RS_S_MEASURES], excluded[RS_S_MEASURES];
    double p[RS_S_MEASURES];
    double engaged;      /* share of own measures met, 0.5 without any: what self-report leans on */
    unsigned departures; /* RS_D_ */
    unsigned damage;     /* 1 << rs_synth_damage_kind, set while the files are written */
};

/* The household that begins at member `number`: fills at most `room` members, returns how many (1 or more). A
 * household larger than room is cut: its last children are not in the plan. */
int rs_synth_household(const struct rs_synth_world *w, uint64_t number, int room, struct rs_synth_person *members);

/* Spells a surname of the table, or one that is not in it. Exposed for the tests. */
void rs_synth_surname(const struct rs_synth_world *w, uint32_t index, int group, struct rs_random *r, char *census,
                      char *written);

#endif
