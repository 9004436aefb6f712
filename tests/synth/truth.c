/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The truth, one line a member, in a directory that the pipeline never reads. */
#include "pen.h"
#include <stdio.h>

static const struct { unsigned bit; const char *name; } omb2024[] = {
    {RS_S_AIAN, "AIAN"}, {RS_S_ASIAN, "ASIAN"}, {RS_S_BLACK, "BLACK"}, {0, "HISPANIC"},
    {RS_S_MENA, "MENA"}, {RS_S_NHPI, "NHPI"},   {RS_S_WHITE, "WHITE"},
};

void rs_put_truth_header(struct rs_buffer *b, const struct rs_synth_world *w) {
    rs_put_c(b, "member_id\thousehold\trole\tgroup\tomb2024\torigin\tlanguage\tsexual_orientation\tgender_identity\t"
                "sex_at_birth\tbirth_date\ttract\tzip\tplan_tract\tprovider_group\tin_plan\tin_ehr\tin_roster");
    for (int m = 0; m < RS_S_MEASURES; m++) {
        RS_PUT(b, "\tp_");
        rs_put_v(b, w->tables.measure[m].name);
        RS_PUT(b, "\ty_");
        rs_put_v(b, w->tables.measure[m].name);
    }
    RS_PUT(b, "\tdepartures\tdamage\n");
}

/* Seven categories; MENA takes the place of White. An answer of another race alone has none. */
static void put_omb2024(struct rs_buffer *b, const struct rs_synth_person *p) {
    unsigned races = p->races & RS_S_MENA ? p->races & ~(unsigned)RS_S_WHITE : p->races;
    bool first = true;
    for (size_t i = 0; i < sizeof omb2024 / sizeof *omb2024; i++) {
        if (omb2024[i].bit ? !(races & omb2024[i].bit) : !p->hispanic) continue;
        if (!first) RS_PUT(b, "+");
        rs_put_c(b, omb2024[i].name);
        first = false;
    }
}

static void put_list(struct rs_buffer *b, unsigned bits, const char *const *names, int n) {
    bool first = true;
    for (int i = 0; i < n; i++) {
        if (!(bits >> i & 1)) continue;
        if (!first) RS_PUT(b, ",");
        rs_put_c(b, names[i]);
        first = false;
    }
    if (first) RS_PUT(b, "\\N");
}

static void put_or_null(struct rs_buffer *b, const char *s) { rs_put_c(b, *s ? s : "\\N"); }

static void put_outcomes(struct rs_buffer *b, const struct rs_synth_person *p) {
    for (int m = 0; m < RS_S_MEASURES; m++) {
        if (!p->denominator[m]) {
            RS_PUT(b, "\t\\N\t\\N");
            continue;
        }
        RS_PUT(b, "\t0.");
        rs_put_number(b, (uint64_t)(p->p[m] * 1e6 + 0.5), 6);
        rs_put_c(b, p->numerator[m] ? "\t1" : "\t0");
    }
}

void rs_put_truth(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p) {
    static const char *const roles[] = {"self", "spouse", "child"};
    static const char *const departures[] = {"names_pool", "names_borrowed", "children", "movers", "households"};
    static const char *const damage[] = {
#define K(name) #name,
        RS_SYNTH_DAMAGE_KINDS(K)
#undef K
    };
    const struct rs_synth_tract *t = &w->tract[p->home.tract];
    rs_put_member_id(b, p->number);
    RS_PUT(b, "\t");
    rs_put_member_id(b, p->household);
    RS_PUT(b, "\t");
    rs_put_c(b, roles[p->role]);
    RS_PUT(b, "\t");
    rs_put_c(b, rs_group_names[p->group]);
    RS_PUT(b, "\t");
    put_omb2024(b, p);
    RS_PUT(b, "\t");
    const struct rs_synth_origin *o = &w->tables.origin[p->origin];
    rs_put_v(b, o->code.n ? o->code : RS_LIT("\\N"));
    RS_PUT(b, "\t");
    rs_put_v(b, w->tables.language[p->language].tag);
    RS_PUT(b, "\t");
    put_or_null(b, rs_synth_orientation_names[p->orientation]);
    RS_PUT(b, "\t");
    put_or_null(b, rs_synth_identity_names[p->identity]);
    RS_PUT(b, "\t");
    rs_put_byte(b, p->sex);
    RS_PUT(b, "\t");
    rs_put_day(b, p->birth, '-');
    RS_PUT(b, "\t");
    rs_put(b, t->id, 11);
    RS_PUT(b, "\t");
    if (t->zip) rs_put(b, w->zip[t->zip], 5);
    else RS_PUT(b, "\\N");
    RS_PUT(b, "\t");
    rs_put(b, w->tract[p->plan.tract].id, 11);
    RS_PUT(b, "\tPG");
    rs_put_number(b, (uint64_t)p->provider + 1, 2);
    rs_put_c(b, p->in_plan ? "\tY" : "\tN");
    rs_put_c(b, p->in_ehr ? "\tY" : "\tN");
    rs_put_c(b, p->in_roster ? "\tY" : "\tN");
    put_outcomes(b, p);
    RS_PUT(b, "\t");
    put_list(b, p->departures, departures, 5);
    RS_PUT(b, "\t");
    put_list(b, p->damage, damage, RS_K_COUNT);
    RS_PUT(b, "\n");
}
