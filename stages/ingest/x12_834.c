/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of an 834: what each segment says of a member, gathered from INS to the next INS, then written as rows.
 *
 * DMG and LUI count only in loop 2100A; NM1*74 (corrected) takes the place of NM1*IL; NM1*70 (the earlier, incorrect
 * member) never writes. Identifiers are those of loop 2000. */
#include <stdlib.h>
#include "formats.h"
#include "pipeline/base/date.h"

struct place {
    uint64_t segment;
    size_t at;
};
struct named { /* REF, LUI, HD: a few views and where they stand */
    struct rs_view a, b, c, d, e, f;
    struct place place;
};
struct list {
    struct named *p;
    size_t n, room;
};

struct rs_834_member {
    bool open, corrected;
    struct place place, dmg_place;
    uint64_t record_no, line;
    struct rs_x12_set set; /* header of its transaction set */
    struct rs_view subscriber, relationship, maintenance, reason, death, eligible_from, eligible_to;
    struct rs_view family, given, middle, suffix, id_qualifier, id;
    struct rs_view street1, street2, city, state, zip, county;
    struct rs_view facility, birth, sex, race, race_collection_list, race_collection, phone, effective;
    unsigned phone_rank;
    bool is_facility; /* a facility stands in `facility`, not a provider */
    bool names_corrected, demographics_corrected, languages_corrected;
    bool has_n3, has_n4, has_dmg; /* of the NM1 at hand */
    const char *repeated;         /* one of these that came again: the guide has one of each */
    struct list refs, languages, coverages;
};

struct rs_834_member *rs_834_member_new(void) { return rs_alloc(sizeof(struct rs_834_member)); }

void rs_834_member_free(struct rs_834_member *m) {
    if (!m) return;
    free(m->refs.p);
    free(m->languages.p);
    free(m->coverages.p);
    free(m);
}

static struct named *push(struct list *l) {
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 16;
        l->p = rs_realloc(l->p, l->room * sizeof *l->p);
    }
    memset(&l->p[l->n], 0, sizeof *l->p);
    return &l->p[l->n++];
}

static void restart(struct rs_834_member *m) {
    struct list refs = m->refs, languages = m->languages, coverages = m->coverages;
    refs.n = languages.n = coverages.n = 0;
    memset(m, 0, sizeof *m);
    m->refs = refs;
    m->languages = languages;
    m->coverages = coverages;
}

/* ---- gathering ------------------------------------------------------------------------------------------------ */

static bool id_is(const struct rs_x12_segment *s, const char *id) { return rs_eq_c(s->el[0], id); }
static struct place place_of(const struct rs_x12_segment *s) { return (struct place){s->number, s->at}; }

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
        struct named *ref = push(&m->refs);
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
    struct named *l = push(&m->languages);
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

static bool in_2300(struct rs_834_member *m, const struct rs_x12_segment *s) {
    if (id_is(s, "HD")) {
        struct named *hd = push(&m->coverages);
        hd->a = rs_x12_el(s, 3);
        hd->b = rs_x12_el(s, 4);
        hd->e = rs_x12_el(s, 1);
        hd->place = place_of(s);
        return true;
    }
    if (!m->coverages.n) return false;
    struct named *hd = &m->coverages.p[m->coverages.n - 1];
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
    case RS_LOOP_2300: return in_2300(m, s);
    case RS_LOOP_2310: return in_2310(m, s);
    default: return false;
    }
}

/* ---- identity ------------------------------------------------------------------------------------------------- */

static bool dependent(const struct rs_834_member *m) {
    if (rs_eq_c(m->subscriber, "N")) return true;
    return !rs_eq_c(m->subscriber, "Y") && rs_has(m->relationship) && !rs_eq_c(m->relationship, "18");
}

static bool rule_applies(const struct rs_834_member *m, const struct rs_id_rule *rule) {
    return rule->rows == RS_ALL_ROWS || (rule->rows == RS_DEPENDENTS) == dependent(m);
}

static struct rs_view find_ref(const struct rs_834_member *m, struct rs_view qualifier) {
    for (size_t i = 0; i < m->refs.n; i++)
        if (rs_eq(m->refs.p[i].a, qualifier) && rs_has(m->refs.p[i].b)) return m->refs.p[i].b;
    return RS_NULL;
}

static struct rs_view find_id(const struct rs_834_member *m, const struct rs_id_rule *rule) {
    if (!rule_applies(m, rule)) return RS_NULL;
    if (rule->kind == RS_ID_REF) return find_ref(m, rule->what);
    if (rs_is_null(rule->what) || rs_eq(rule->what, m->id_qualifier)) return m->id;
    return RS_NULL;
}

/* The key: of the member's own id; else, for a dependent known only by the subscriber's number, of that number with
 * birth date and given name. */
static bool make_key(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    struct rs_view source = rows->block->source->source;
    for (size_t i = 0; i < p->n_member_ids; i++) {
        struct rs_view id = find_id(m, &p->member_ids[i]);
        if (!rs_has(id)) continue;
        rs_rows_key(rows, (struct rs_view[]){source, id}, 2);
        return true;
    }
    struct rs_view subscriber = find_ref(m, RS_LIT("0F"));
    if (!p->composite_dependents || !dependent(m) || !rs_has(subscriber) || !rs_has(m->given) || !rs_has(m->birth))
        return false;
    rs_rows_key(rows, (struct rs_view[]){source, subscriber, RS_LIT("dependent"), m->birth, m->given}, 5);
    return true;
}

static void put_identifiers(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    for (size_t i = 0; i < p->n_identifiers; i++) {
        const struct rs_id_rule *rule = &p->identifiers[i];
        if (!rule_applies(m, rule)) continue;
        if (rule->kind == RS_ID_NM109) {
            rs_rows_put_identifier(rows, rule, find_id(m, rule));
            continue;
        }
        for (size_t k = 0; k < m->refs.n; k++)
            if (rs_eq(m->refs.p[k].a, rule->what)) rs_rows_put_identifier(rows, rule, m->refs.p[k].b);
    }
}

/* ---- answers -------------------------------------------------------------------------------------------------- */

static bool looks_cdcrec(struct rs_view v) { /* 2106-3: digits, dash, check digit */
    return v.n == 6 && v.p[4] == '-' && rs_all_digits(rs_view(v.p, 4)) && v.p[5] >= '0' && v.p[5] <= '9';
}

static void count_surplus(struct rs_rows *rows, size_t n, const char *what) {
    int32_t file_no = rows->block->source->file_no;
    if (!n) return;
    rs_count(&rows->batch->tally, "x12_element", file_no, RS_READ, "-", n);
    rs_count(&rows->batch->tally, "x12_element", file_no, RS_IGNORED, what, n);
}

/* C056: letter, qualifier, code; any of them may be missing. */
static void put_composite(struct rs_rows *rows, const struct rs_834_member *m, struct rs_view composite) {
    char colon = rows->block->env.component;
    int64_t segment = (int64_t)m->dmg_place.segment, offset = (int64_t)(rows->block->offset + m->dmg_place.at);
    struct rs_view rest = composite;
    struct rs_view letter = rs_trim(rs_split(&rest, colon));
    struct rs_view qualifier = rs_trim(rs_split(&rest, colon));
    struct rs_view code = rs_trim(rs_split(&rest, colon));
    struct rs_view cdcrec = RS_LIT("cdcrec");
    if (rs_has(letter))
        rs_rows_put_value(rows, "code", looks_cdcrec(letter) ? cdcrec : RS_LIT("x12_1109"), letter, segment, offset);
    bool ret = rs_eq_c(qualifier, "RET") || looks_cdcrec(code);
    if (rs_has(code)) rs_rows_put_value(rows, "code", ret ? cdcrec : RS_LIT("local"), code, segment, offset);
    size_t more = 0; /* C056 has three components */
    while (!rs_is_null(rest)) more += rs_has(rs_trim(rs_split(&rest, colon)));
    count_surplus(rows, more, "surplus component");
}

/* DMG11 says how all of DMG05 was collected, in a code list under qualifier REC (DMG10): one code, not one for each
 * repetition. What the codes mean is the profile's to say. */
static struct rs_view race_collection(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    struct rs_view usual = rs_profile_collection(p, RS_LIT("race_ethnicity"));
    char repetition = rows->block->env.repetition;
    if (!rs_has(m->race_collection)) return usual;
    if (rs_has(m->race_collection_list) && !rs_eq_c(m->race_collection_list, "REC")) {
        rs_rows_bad_value(rows, "collection_code", RS_LIT("DMG10"), m->race_collection_list,
                          "is not REC, so that DMG11 is no collection code; ask the sender");
        return usual;
    }
    const struct rs_pair *how = rs_pairs_find(&p->collection_codes, m->race_collection);
    if (how) return how->value;
    bool repeated = repetition && memchr(m->race_collection.p, repetition, m->race_collection.n);
    rs_rows_bad_value(rows, "collection_code", RS_LIT("DMG11"), m->race_collection,
                      repeated ? "repeats: the guide has one code for all of DMG05; ask the sender for one"
                               : "the profile does not say what this collection code means; add it to collection_codes");
    return usual;
}

/* The guide's most, that of later versions (X12 RFI 2590); what goes beyond is no answer of a person. */
enum { GUIDE_REPETITIONS = 10, MOST_REPETITIONS = 25 };

static void check_repetitions(struct rs_rows *rows, size_t n) {
    if (n <= GUIDE_REPETITIONS) return;
    rs_rows_bad_value(rows, "race_repetitions", RS_LIT("DMG05"), rs_arena_long(&rows->batch->arena, (int64_t)n),
                      n > MOST_REPETITIONS
                          ? "repetitions, of which the first 25 are read: no version of the guide has more; ask the sender"
                          : "repetitions, all read; the guide (005010X220A1) has at most 10: ask the sender what they mean");
}

static void put_race(struct rs_rows *rows, const struct rs_834_member *m) {
    if (!rs_has(m->race)) return;
    struct rs_view rest = m->race;
    rs_rows_answer(rows, RS_LIT("race_ethnicity"), race_collection(rows, m), RS_NULL);
    char repetition = rows->block->env.repetition;
    size_t n = 0;
    for (; !rs_is_null(rest); n++) {
        struct rs_view one = rest;
        if (repetition) one = rs_split(&rest, repetition);
        else rest = RS_NULL;
        if (n < MOST_REPETITIONS) put_composite(rows, m, one);
    }
    check_repetitions(rows, n);
}

static void put_languages(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    for (size_t i = 0; i < m->languages.n; i++) {
        const struct named *l = &m->languages.p[i];
        const struct rs_pair *use = rs_pairs_find(&p->language_use, l->d);
        const struct rs_pair *system = rs_pairs_find(&p->language_systems, l->a);
        struct rs_view element = use ? use->value : p->language_element;
        int64_t segment = (int64_t)l->place.segment, offset = (int64_t)(rows->block->offset + l->place.at);
        rs_rows_answer(rows, element, rs_profile_collection(p, element), RS_NULL);
        rs_rows_put_value(rows, "code", system ? system->value : RS_LIT("local"), l->b, segment, offset);
        rs_rows_put_value(rows, "text", RS_NULL, l->c, segment, offset);
    }
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* The policy of a member's coverages that name none: where several places have one, the innermost counts (X12 RFI 229). */
static struct rs_view policy_of(struct rs_rows *rows, const struct rs_834_member *m) {
    struct rs_view own = find_ref(m, RS_LIT("1L"));
    if (rs_has(own) || !m->set.policy_n) return own;
    struct rs_view of_set = rs_view(rs_arena_copy(&rows->batch->arena, m->set.policy, m->set.policy_n), m->set.policy_n);
    if (rs_utf8_valid(of_set)) return of_set;
    rows->block->converted = true; /* the header may stand in another block, whatever is known of this one */
    return rs_from_windows_1252(&rows->batch->arena, of_set);
}

/* Spans of coverage; where a DTP is missing in loop 2300, the member's eligibility stands in for it. */
static void put_coverages(struct rs_rows *rows, const struct rs_834_member *m, struct rs_view eligible_from,
                          struct rs_view eligible_to) {
    struct rs_view fixed = rows->block->source->profile->product, policy = policy_of(rows, m);
    rows->coverage_policy = policy;
    if (rs_has(fixed) && !m->coverages.n) rs_rows_put_coverage(rows, fixed, eligible_from, eligible_to);
    for (size_t i = 0; i < m->coverages.n; i++) {
        const struct named *hd = &m->coverages.p[i];
        struct rs_view product = rs_rows_text(rows, hd->a), plan = rs_rows_text(rows, hd->b);
        if (rs_has(fixed)) product = fixed;
        else if (rs_has(plan) && rs_has(product))
            product = rs_rows_join(rows, product, " ", plan);
        else if (rs_has(plan)) product = plan;
        rows->coverage_maintenance = hd->e;
        rows->coverage_policy = rs_has(hd->f) ? hd->f : policy;
        struct rs_view from = rs_has(hd->c) ? rs_rows_day(rows, hd->c, RS_LIT("DTP*348")) : eligible_from;
        struct rs_view to = rs_has(hd->d) ? rs_rows_day(rows, hd->d, RS_LIT("DTP*349")) : eligible_to;
        rs_rows_put_coverage(rows, product, from, to);
    }
}

static void put_record(struct rs_rows *rows, const struct rs_834_member *m, struct rs_view eligible_from,
                       struct rs_view eligible_to) {
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    row[RECORD_maintenance_reason] = rs_rows_text(rows, m->reason);
    row[RECORD_eligible_from] = eligible_from;
    row[RECORD_eligible_to] = eligible_to;
    row[RECORD_maintenance] = rs_rows_text(rows, m->maintenance);
    row[RECORD_relationship] = rs_rows_text(rows, m->relationship);
    row[RECORD_family_raw] = rs_rows_text(rows, m->family);
    row[RECORD_given_raw] = rs_rows_text(rows, m->given);
    row[RECORD_middle_raw] = rs_rows_text(rows, m->middle);
    row[RECORD_suffix_raw] = rs_rows_text(rows, m->suffix);
    row[RECORD_birth_raw] = rs_rows_text(rows, m->birth);
    row[RECORD_death_raw] = rs_rows_text(rows, m->death);
    row[RECORD_sex_raw] = rs_rows_text(rows, m->sex);
    row[RECORD_street_raw] = rs_rows_join(rows, m->street1, ", ", m->street2);
    row[RECORD_city_raw] = rs_rows_text(rows, m->city);
    row[RECORD_state_raw] = rs_rows_text(rows, m->state);
    row[RECORD_zip_raw] = rs_rows_text(rows, m->zip);
    row[RECORD_county_raw] = rs_rows_text(rows, m->county);
    row[RECORD_phone_raw] = rs_rows_text(rows, m->phone);
    row[RECORD_facility] = rs_rows_text(rows, m->facility);
    rs_rows_put_record(rows, row);
}

/* The member's own date of maintenance, else that of the transaction set; else the file's effective date, as long as
 * that is not to come (what is enrolled for next month was said when the file was written); else when it was written. */
static struct rs_view record_date(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_block *b = rows->block;
    struct rs_arena *arena = &rows->batch->arena;
    struct rs_view own = rs_rows_day(rows, m->effective, RS_LIT("DTP*303"));
    bool dated = b->env.dated || b->source->has_date;
    int32_t written = b->env.dated ? b->env.date : b->source->date;
    if (rs_has(own)) return own;
    if (m->set.maintained) return rs_day_text(arena, m->set.maintenance_day);
    if (m->set.effective && (!dated || m->set.effective_day <= written)) return rs_day_text(arena, m->set.effective_day);
    return dated ? rs_day_text(arena, written) : RS_NULL;
}

static void put_member(struct rs_rows *rows, const struct rs_834_member *m) {
    struct rs_block *b = rows->block;
    rs_rows_record(rows, (int64_t)m->record_no, (int64_t)m->line, (int64_t)m->place.segment, (int64_t)(b->offset + m->place.at));
    if (!make_key(rows, m)) {
        bool parts = rows->block->source->profile->composite_dependents && dependent(m) && rs_has(find_ref(m, RS_LIT("0F")));
        rs_rows_reject(rows, "no_member_id", parts ? RS_LIT("DMG02, NM104") : RS_LIT("REF, NM109"), RS_NULL,
                       parts ? "a dependent without a number of its own is known by REF*0F, birth date and given name, in a "
                               "change or an end, too: they are not all here; ask the sender"
                             : "none of the profile's member ids is here; ask the sender, or correct member_id in the profile");
        return;
    }
    rows->record_date = record_date(rows, m);
    struct rs_view eligible_from = rs_rows_day(rows, m->eligible_from, RS_LIT("DTP*356"));
    struct rs_view eligible_to = rs_rows_day(rows, m->eligible_to, RS_LIT("DTP*357"));
    put_record(rows, m, eligible_from, eligible_to);
    put_identifiers(rows, m);
    put_coverages(rows, m, eligible_from, eligible_to);
    put_race(rows, m);
    put_languages(rows, m);
    if (m->repeated)
        rs_rows_bad_value(rows, "segment_repeated", rs_cstr(m->repeated), RS_NULL,
                          "stands twice in the member's loop 2100A, of which the last is read; ask the sender which is meant");
    rs_rows_written(rows);
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
            if (m->open) put_member(rows, m);
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
    if (m->open) put_member(rows, m);
    restart(m);
    put_findings(rows);
    struct rs_tally *t = &rows->batch->tally;
    int32_t file_no = b->source->file_no;
    rs_rows_end(rows, record_no - b->record_no);
    rs_count(t, "x12_segment", file_no, RS_READ, "-", all);
    rs_count(t, "x12_segment", file_no, RS_MERGED, "-", used);
    rs_count(t, "x12_segment", file_no, RS_IGNORED, "not about the member", all - used - unknown);
    if (unknown) rs_count(t, "x12_segment", file_no, RS_IGNORED, "unknown segment", unknown);
    count_surplus(rows, surplus, "surplus element");
}
