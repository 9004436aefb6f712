/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A member of an 834 as rows: answers, coverage, record. */
#include "x12_834_private.h"
#include "pipeline/base/date.h"

/* ---- answers -------------------------------------------------------------------------------------------------- */

static bool looks_cdcrec(struct rs_view v) { /* 2106-3: digits, dash, check digit */
    return v.n == 6 && v.p[4] == '-' && rs_all_digits(rs_view(v.p, 4)) && v.p[5] >= '0' && v.p[5] <= '9';
}

void rs_834_count_surplus(struct rs_rows *rows, size_t n, const char *what) {
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
    rs_834_count_surplus(rows, more, "surplus component");
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
        const struct rs_834_named *l = &m->languages.p[i];
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
    struct rs_view own = rs_834_ref(m, RS_LIT("1L"));
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
        const struct rs_834_named *hd = &m->coverages.p[i];
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

void rs_834_put_member(struct rs_rows *rows, const struct rs_834_member *m) {
    struct rs_block *b = rows->block;
    rs_rows_record(rows, (int64_t)m->record_no, (int64_t)m->line, (int64_t)m->place.segment, (int64_t)(b->offset + m->place.at));
    if (!rs_834_key(rows, m)) {
        bool parts = rs_has(rs_834_subscriber(b->source->profile, m));
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
    rs_834_put_identifiers(rows, m);
    put_coverages(rows, m, eligible_from, eligible_to);
    put_race(rows, m);
    put_languages(rows, m);
    if (m->repeated)
        rs_rows_bad_value(rows, "segment_repeated", rs_cstr(m->repeated), RS_NULL,
                          "stands twice in the member's loop 2100A, of which the last is read; ask the sender which is meant");
    rs_rows_written(rows);
}
