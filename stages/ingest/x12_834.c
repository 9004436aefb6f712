/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of an 834: what each segment says of a member, gathered from INS to the next INS. Its key is in x12_834_key.c, its
 * rows are in x12_834_rows.c.
 *
 * DMG and LUI count only in loop 2100A; NM1*74 (corrected) takes the place of NM1*IL; NM1*70 (the earlier, incorrect
 * member) and its DMG say only which key the member had. Identifiers are those of loop 2000. */
#include <stdlib.h>
#include "x12_834_private.h"

struct rs_834_member *rs_834_member_new(void) { return rs_alloc(sizeof(struct rs_834_member)); }

void rs_834_member_free(struct rs_834_member *m) {
    if (!m) return;
    free(m->refs.p);
    free(m->languages.p);
    free(m->coverages.p);
    free(m);
}

static struct rs_834_named *push(struct rs_834_list *l) {
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 16;
        l->p = rs_realloc(l->p, l->room * sizeof *l->p);
    }
    memset(&l->p[l->n], 0, sizeof *l->p);
    return &l->p[l->n++];
}

static void restart(struct rs_834_member *m) {
    struct rs_834_list refs = m->refs, languages = m->languages, coverages = m->coverages;
    refs.n = languages.n = coverages.n = 0;
    memset(m, 0, sizeof *m);
    m->refs = refs;
    m->languages = languages;
    m->coverages = coverages;
}

/* ---- gathering ------------------------------------------------------------------------------------------------ */

static bool id_is(const struct rs_x12_segment *s, const char *id) { return rs_eq_c(s->el[0], id); }
static struct rs_834_place place_of(const struct rs_x12_segment *s) { return (struct rs_834_place){s->number, s->at}; }

static void begin(struct rs_834_member *m, const struct rs_x12_segment *s) {
    m->open = true;
    m->place = place_of(s);
    m->subscriber = rs_x12_el(s, 1);
    m->relationship = rs_x12_el(s, 2);
    m->maintenance = rs_x12_el(s, 3);
    m->reason = rs_x12_el(s, 4);
    if (rs_has(rs_x12_el(s, 12))) m->death = rs_x12_el(s, 12);
}

/* DTP02 and DTP03: a day (D8), a range (RD8) or a day with a time (DT). `to` is null where there is no range. */
static void span_of(const struct rs_x12_segment *s, struct rs_view *from, struct rs_view *to) {
    struct rs_view qualifier = rs_x12_el(s, 2), value = rs_x12_el(s, 3);
    *from = value;
    *to = RS_NULL;
    if (rs_eq_c(qualifier, "RD8")) {
        *to = value;
        *from = rs_split(to, '-');
    } else if (rs_eq_c(qualifier, "DT") && value.n > 8) {
        from->n = 8;
    }
}

/* Whether a REF of this qualifier goes anywhere: the family's number (0F) and the policy (1L) do without a rule. */
static bool reads_ref(const struct rs_profile *p, struct rs_view qualifier) {
    if (rs_eq_c(qualifier, "0F") || rs_eq_c(qualifier, "1L")) return true;
    for (size_t i = 0; i < p->n_identifiers; i++)
        if (p->identifiers[i].kind == RS_ID_REF && rs_eq(p->identifiers[i].what, qualifier)) return true;
    for (size_t i = 0; i < p->n_member_ids; i++)
        if (p->member_ids[i].kind == RS_ID_REF && rs_eq(p->member_ids[i].what, qualifier)) return true;
    return false;
}

static bool in_2000(struct rs_834_member *m, const struct rs_x12_segment *s, const struct rs_profile *profile) {
    if (id_is(s, "REF")) {
        if (!reads_ref(profile, rs_x12_el(s, 1))) return false;
        struct rs_834_named *ref = push(&m->refs);
        ref->a = rs_x12_el(s, 1);
        ref->b = rs_x12_el(s, 2);
        ref->place = place_of(s);
        return true;
    }
    if (!id_is(s, "DTP")) return false;
    struct rs_view from, to;
    span_of(s, &from, &to);
    if (rs_eq_c(rs_x12_el(s, 1), "303")) m->effective = from;
    else if (rs_eq_c(rs_x12_el(s, 1), "356")) {
        m->eligible_from = from;
        if (rs_has(to)) m->eligible_to = to;
    } else if (rs_eq_c(rs_x12_el(s, 1), "357")) m->eligible_to = rs_has(to) ? to : from;
    else return false;
    return true;
}

/* The last one counts, so that what the first one said is lost. */
static void once(struct rs_834_member *m, bool *has, const char *id) {
    if (*has && !m->repeated) m->repeated = id;
    *has = true;
}

static void name(struct rs_834_member *m, const struct rs_x12_segment *s) {
    m->has_n3 = m->has_n4 = m->has_dmg = false;
    m->corrected = rs_eq_c(rs_x12_el(s, 1), "74");
    if (m->names_corrected && !m->corrected) return; /* an IL after a 74 changes nothing */
    m->names_corrected = m->corrected;
    m->family = rs_x12_el(s, 3);
    m->given = rs_x12_el(s, 4);
    m->middle = rs_x12_el(s, 5);
    m->suffix = rs_x12_el(s, 7);
    if (rs_has(rs_x12_el(s, 9))) {
        m->id_qualifier = rs_x12_el(s, 8);
        m->id = rs_x12_el(s, 9);
    }
}

static void contact(struct rs_834_member *m, const struct rs_x12_segment *s) {
    static const char *const kinds[] = {"HP", "TE", "CP", "AP", "BN", "WP", "NP"}; /* home first, work last */
    for (unsigned i = 3; i + 1 < s->n; i += 2)
        for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (rs_eq_c(s->el[i], kinds[k]) && rs_has(s->el[i + 1]) && (!rs_has(m->phone) || k < m->phone_rank)) {
                m->phone = s->el[i + 1];
                m->phone_rank = k;
            }
}

static void street(struct rs_834_member *m, const struct rs_x12_segment *s) {
    once(m, &m->has_n3, "N3");
    m->street1 = rs_x12_el(s, 1);
    m->street2 = rs_x12_el(s, 2);
}

static void place_name(struct rs_834_member *m, const struct rs_x12_segment *s) {
    once(m, &m->has_n4, "N4");
    m->city = rs_x12_el(s, 1);
    m->state = rs_x12_el(s, 2);
    m->zip = rs_x12_el(s, 3);
    m->county = rs_eq_c(rs_x12_el(s, 5), "CY") ? rs_x12_el(s, 6) : RS_NULL;
}

static void demographics(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (m->demographics_corrected && !m->corrected) return;
    once(m, &m->has_dmg, "DMG");
    m->demographics_corrected = m->corrected;
    m->dmg_place = place_of(s);
    m->birth = rs_x12_el(s, 2);
    m->sex = rs_x12_el(s, 3);
    m->race = rs_x12_el(s, 5);
    m->race_collection_list = rs_x12_el(s, 10);
    m->race_collection = rs_x12_el(s, 11);
}

static void language(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (m->languages_corrected && !m->corrected) return;
    if (m->corrected && !m->languages_corrected) m->languages.n = 0;
    m->languages_corrected = m->corrected;
    struct rs_834_named *l = push(&m->languages);
    l->a = rs_x12_el(s, 1);
    l->b = rs_x12_el(s, 2);
    l->c = rs_x12_el(s, 3);
    l->d = rs_x12_el(s, 4);
    l->place = place_of(s);
}

static bool in_2100a(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (id_is(s, "NM1")) name(m, s);
    else if (id_is(s, "PER")) contact(m, s);
    else if (id_is(s, "N3")) street(m, s);
    else if (id_is(s, "N4")) place_name(m, s);
    else if (id_is(s, "DMG")) demographics(m, s);
    else if (id_is(s, "LUI")) language(m, s);
    else return false;
    return true;
}

static bool in_2100b(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (id_is(s, "NM1")) {
        m->former = true;
        m->former_given = rs_x12_el(s, 4);
        return true;
    }
    if (!id_is(s, "DMG")) return false;
    m->former_birth = rs_x12_el(s, 2);
    return true;
}

static bool in_2300(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (id_is(s, "HD")) {
        struct rs_834_named *hd = push(&m->coverages);
        hd->a = rs_x12_el(s, 3);
        hd->b = rs_x12_el(s, 4);
        hd->e = rs_x12_el(s, 1);
        hd->place = place_of(s);
        return true;
    }
    if (!m->coverages.n) return false;
    struct rs_834_named *hd = &m->coverages.p[m->coverages.n - 1];
    if (id_is(s, "REF") && rs_eq_c(rs_x12_el(s, 1), "1L") && rs_has(rs_x12_el(s, 2)) && !rs_has(hd->f)) {
        hd->f = rs_x12_el(s, 2);
        return true;
    }
    if (!id_is(s, "DTP")) return false;
    struct rs_view from, to;
    span_of(s, &from, &to);
    if (rs_eq_c(rs_x12_el(s, 1), "348")) {
        hd->c = from;
        if (rs_has(to)) hd->d = to;
        return true;
    }
    if (!rs_eq_c(rs_x12_el(s, 1), "349")) return false;
    hd->d = rs_has(to) ? to : from;
    return true;
}

/* Loop 2310, providers of a coverage: a facility, else the organisation that is the primary care provider. A provider
 * who is a person is no facility. */
static bool in_2310(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (!id_is(s, "NM1")) return false;
    bool facility = rs_eq_c(rs_x12_el(s, 1), "FA");
    bool care = rs_eq_c(rs_x12_el(s, 1), "P3") && rs_eq_c(rs_x12_el(s, 2), "2");
    if (!facility && (!care || rs_has(m->facility))) return false;
    struct rs_view name = rs_has(rs_x12_el(s, 3)) ? rs_x12_el(s, 3) : rs_x12_el(s, 9);
    if (!rs_has(name) || (m->is_facility && rs_has(m->facility))) return false;
    m->facility = name;
    m->is_facility = facility;
    return true;
}

static bool take(struct rs_834_member *m, const struct rs_x12_segment *s, const struct rs_profile *profile) {
    switch (s->loop) {
    case RS_LOOP_2000: return in_2000(m, s, profile);
    case RS_LOOP_2100A: return in_2100a(m, s);
    case RS_LOOP_2100B: return in_2100b(m, s);
    case RS_LOOP_2300: return in_2300(m, s);
    case RS_LOOP_2310: return in_2310(m, s);
    default: return false;
    }
}

/* ---- envelopes ------------------------------------------------------------------------------------------------ */

static void put_findings(struct rs_rows *rows) {
    static const struct { const char *rule, *field, *message; } faults[] = {
        [RS_X12_SE_COUNT] = {"x12_se_count", "SE01", "not the number of segments from ST to SE: segments may be lost; ask the sender"},
        [RS_X12_GE_COUNT] = {"x12_ge_count", "GE01", "not the number of transaction sets in the group; ask the sender"},
        [RS_X12_IEA_COUNT] = {"x12_iea_count", "IEA01", "not the number of groups in the interchange; ask the sender"},
        [RS_X12_QTY_TOTAL] = {"x12_qty_total", "QTY02", "the header's totals are not the members that follow: members may be lost; ask the sender"},
        [RS_X12_UNCLOSED] = {"x12_unclosed", "envelope", "SE, GE or IEA is missing: the file may be truncated; fetch it again"},
    };
    struct rs_block *b = rows->block;
    for (uint32_t i = 0; i < b->n_findings; i++) {
        const struct rs_finding *f = &b->findings[i];
        struct rs_view raw = RS_NULL;
        if (f->at < rows->batch->in.n && b->env.known) {
            struct rs_view rest = rs_view(rows->batch->in.p + f->at, rows->batch->in.n - f->at);
            rest = rs_split(&rest, b->env.terminator);
            rs_split(&rest, b->env.element);
            raw = rs_split(&rest, b->env.element);
        }
        rs_rows_record(rows, -1, -1, (int64_t)f->segment, (int64_t)(b->offset + f->at));
        if (f->kind == RS_X12_UNCLOSED || f->kind == RS_X12_QTY_TOTAL) raw = RS_NULL;
        rs_rows_bad_value(rows, faults[f->kind].rule, rs_cstr(faults[f->kind].field), raw, faults[f->kind].message);
    }
}

void rs_read_834(struct rs_rows *rows, struct rs_worker *worker) {
    struct rs_block *b = rows->block;
    struct rs_834_member *m = worker->member;
    struct rs_x12_walk walk;
    struct rs_x12_segment s;
    uint64_t record_no = b->record_no, all = 0, used = 0, unknown = 0, surplus = 0, line = b->line;
    size_t counted = 0; /* bytes whose line breaks are in line */
    rs_x12_walk(&walk, rows->batch->in.p, rows->batch->in.n, &b->env, b->segment);
    restart(m);
    while (rs_x12_next(&walk, &s)) {
        all++;
        surplus += rs_x12_surplus(&s, walk.env.element);
        if (s.begins || s.loop == RS_LOOP_ENVELOPE) {
            if (m->open) rs_834_put_member(rows, m);
            if (m->open) restart(m);
        }
        if (s.begins) {
            begin(m, &s);
            m->record_no = record_no++;
            line += rs_count_byte(rows->batch->in.p + counted, s.at - counted, '\n');
            counted = s.at;
            m->line = line;
            m->set = walk.env.set;
            used++;
        } else if (s.header || (m->open && take(m, &s, b->source->profile))) {
            used++;
        } else if (!s.known) {
            unknown++;
        }
    }
    if (m->open) rs_834_put_member(rows, m);
    restart(m);
    put_findings(rows);
    struct rs_tally *t = &rows->batch->tally;
    int32_t file_no = b->source->file_no;
    rs_rows_end(rows, record_no - b->record_no);
    rs_count(t, "x12_segment", file_no, RS_READ, "-", all);
    rs_count(t, "x12_segment", file_no, RS_MERGED, "-", used);
    rs_count(t, "x12_segment", file_no, RS_IGNORED, "not about the member", all - used - unknown);
    if (unknown) rs_count(t, "x12_segment", file_no, RS_IGNORED, "unknown segment", unknown);
    rs_834_count_surplus(rows, surplus, "surplus element");
}
