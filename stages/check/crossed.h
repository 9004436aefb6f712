/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Persons of a provider group by the source of the answer that stands: which of a group's answers a source gives. */
#ifndef RS_CHECK_CROSSED_H
#define RS_CHECK_CROSSED_H
#include "definitions.h"

/* Room grows with the groups that are met: groups x sources x bits of the checks of persons. */
struct rs_crossed {
    size_t n_sources; /* 0 where no check asks */
    int bits;
    uint32_t *count; /* [group][source][bit]; owned */
    size_t room;     /* groups that have room */
    /* The person at hand: bits of each source, and which of them have any. */
    uint64_t *said;
    uint32_t *touched;
    size_t n_touched;
};

void rs_crossed_open(struct rs_crossed *c, size_t n_sources, int bits);
/* One value of the person at hand, of source 0 .. n_sources - 1. */
void rs_crossed_say(struct rs_crossed *c, size_t source, uint64_t bits);
/* The person at hand is in this group. */
void rs_crossed_add(struct rs_crossed *c, size_t group);
void rs_crossed_next_person(struct rs_crossed *c);
/* Persons of the group with this bit from this source. */
uint64_t rs_crossed_count(const struct rs_crossed *c, size_t group, size_t source, int bit);
void rs_crossed_free(struct rs_crossed *c);

#endif
