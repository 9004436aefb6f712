/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person from what the person's records say: rows of person, person_value and person_measure, and discrepancies. */
#include "agreement.h"
#include "answer.h"
#include "demographic.h"
#include "discrepancy.h"
#include "gender.h"
#include "measure.h"
#include "race.h"
#include "state.h"
#include "survive.h"

struct person {
    struct rs_rc *rc;
    struct rs_batch *batch;
    struct rs_arena *arena;
    struct rs_key key;
    struct rs_view key_text;
    struct rs_rc_demographic *records;
    size_t n_records;
    struct rs_rc_answer *answers;
    size_t n_answers;
    struct rs_rc_candidate *candidates; /* room for all answers */
};

/* ---- person_value ------------------------------------------------------------------------------------------------ */

/* Of the record of an answer; null where that names none. */
static struct rs_view facility_of(const struct person *p, struct rs_key record) {
    for (size_t i = 0; i < p->n_records; i++)
        if (rs_key_compare(p->records[i].record, record) == 0) return p->records[i].f[FI_FACILITY];
    return RS_NULL;
}

static void value_row(const struct person *p, int element, const char *axis, int seq, struct rs_view value,
                      struct rs_view missing, const struct rs_rc_standing *s) {
    struct rs_view row[PERSON_VALUE_COLUMNS] = {
        [PERSON_VALUE_person_key] = p->key_text,
        [PERSON_VALUE_element] = rs_rc_element_name(element),
        [PERSON_VALUE_axis] = rs_cstr(axis),
        [PERSON_VALUE_seq] = rs_arena_long(p->arena, seq),
        [PERSON_VALUE_value] = value,
        [PERSON_VALUE_missing] = missing,
        [PERSON_VALUE_collection] = rs_rc_collection_name(s->answer->collection),
        [PERSON_VALUE_effective] = s->answer->effective,
        [PERSON_VALUE_source] = rs_rc_source_name(p->rc, s->answer->source),
        [PERSON_VALUE_record_key] = rs_key_text(p->arena, s->answer->record),
        [PERSON_VALUE_rule] = rs_cstr(s->rule),
        [PERSON_VALUE_losers] = rs_arena_long(p->arena, s->losers),
        [PERSON_VALUE_facility] = facility_of(p, s->answer->record)};
    rs_batch_emit(p->batch, OUT_PERSON_VALUE, &rs_layout_person_value, row);
}

static void list_rows(const struct person *p, int element, const char *axis, struct rs_view list,
                      const struct rs_rc_standing *s) {
    for (int seq = 1; list.p; seq++) {
        struct rs_view value = rs_split(&list, RS_RC_SEPARATOR);
        value_row(p, element, axis, seq, value, RS_NULL, s);
    }
}

static void missing_row(const struct person *p, int element, const char *axis, const struct rs_rc_standing *s,
                        int missing) {
    value_row(p, element, axis, 1, RS_NULL, rs_rc_missing_name(missing), s);
}

/* Details of one aspect: CDC's Hispanic concepts are 2133-7 and the block from 2135-2 to 2184-0. */
static bool is_ethnic_detail(struct rs_view detail) {
    return detail.n >= 6 && memcmp(detail.p, "21", 2) == 0 && memcmp(detail.p, "2133", 4) >= 0 &&
           memcmp(detail.p, "2189", 4) < 0;
}

static void detail_rows(const struct person *p, int aspect, const struct rs_rc_standing *s) {
    struct rs_view list = s->answer->detail;
    int seq = 1;
    while (list.p) {
        struct rs_view detail = rs_split(&list, RS_RC_SEPARATOR);
        if (is_ethnic_detail(detail) == (aspect == AS_ETHNICITY))
            value_row(p, aspect == AS_RACE ? EL_RACE : EL_ETHNICITY, "detail", seq++, detail, RS_NULL, s);
    }
}

static void ethnicity_rows(const struct person *p, const struct rs_rc_standing *s, const struct rs_rc_axes *axes) {
    if (!s->answer) return;
    if (s->substance == SU_CONTRADICTORY)
        value_row(p, EL_ETHNICITY, "1997", 1, RS_LIT("HISPANIC|NOT_HISPANIC"), RS_NULL, s);
    else if (axes->hispanic_1997)
        value_row(p, EL_ETHNICITY, "1997", 1, axes->hispanic_1997 == 'Y' ? RS_LIT("HISPANIC") : RS_LIT("NOT_HISPANIC"),
                  RS_NULL, s);
    else missing_row(p, EL_ETHNICITY, "1997", s, axes->missing_ethnicity_1997);
    if (axes->hispanic_1997 == 'Y') detail_rows(p, AS_ETHNICITY, s);
}

static void race_rows(const struct person *p, const struct rs_rc_standing *s, const struct rs_rc_axes *axes) {
    if (!s->answer) return;
    int seq = 1;
    for (unsigned bit = C97_AIAN; bit <= C97_OTHER; bit <<= 1)
        if (axes->yes_1997 & bit) value_row(p, EL_RACE, "1997", seq++, rs_rc_name_1997(bit), RS_NULL, s);
    struct rs_rc_set all = {axes->unresolved_1997.all, 0}, any = {0, axes->unresolved_1997.any};
    if (any.any) value_row(p, EL_RACE, "1997", seq++, rs_rc_text_1997(p->arena, any), RS_NULL, s);
    if (all.all) value_row(p, EL_RACE, "1997", seq++, rs_rc_text_1997(p->arena, all), RS_NULL, s);
    if (seq == 1) missing_row(p, EL_RACE, "1997", s, axes->missing_race_1997);
    else detail_rows(p, AS_RACE, s);
}

/* The 2024 axis puts the two answers together: each category leads back to the answer that named it. */
static void combined_rows(const struct person *p, const struct rs_rc_standing *race,
                          const struct rs_rc_standing *ethnicity, const struct rs_rc_axes *axes) {
    int seq = 1;
    for (unsigned bit = C24_AIAN; bit <= C24_WHITE; bit <<= 1)
        if (axes->yes_2024 & bit)
            value_row(p, EL_RACE_ETHNICITY, "2024", seq++, rs_rc_name_2024(bit), RS_NULL,
                      bit == C24_HISPANIC ? ethnicity : race);
    struct rs_rc_set all = {axes->unresolved_2024.all, 0}, any = {0, axes->unresolved_2024.any};
    if (any.any) value_row(p, EL_RACE_ETHNICITY, "2024", seq++, rs_rc_text_2024(p->arena, any), RS_NULL, race);
    if (all.all) value_row(p, EL_RACE_ETHNICITY, "2024", seq++, rs_rc_text_2024(p->arena, all), RS_NULL, race);
    if (seq > 1 || (!race->answer && !ethnicity->answer)) return;
    bool from_race = race->answer && (race->answer->missing == axes->missing_2024 || !ethnicity->answer ||
                                      ethnicity->answer->missing != axes->missing_2024);
    missing_row(p, EL_RACE_ETHNICITY, "2024", from_race ? race : ethnicity, axes->missing_2024);
}

/* ---- which answers stand ----------------------------------------------------------------------------------------- */

static struct rs_rc_standing stand(const struct person *p, int aspect, int element) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_answers; i++) {
        const struct rs_rc_answer *a = &p->answers[i];
        bool race = a->element == EL_RACE || a->element == EL_ETHNICITY || a->element == EL_RACE_ETHNICITY;
        if (aspect == AS_VALUE ? a->element != element : !race) continue;
        n += rs_rc_candidate_of(a, aspect, &p->candidates[n]);
    }
    struct rs_rc_standing s = rs_rc_survive(p->candidates, n, aspect, p->rc->ranked);
    if (n > 1) rs_rc_discrepancies(p->rc, p->batch, p->key, element, aspect, p->candidates, n);
    return s;
}

struct standing {
    struct rs_rc_standing race, ethnicity, value[EL_COUNT];
    struct rs_rc_axes axes;
};

/* Derived, and said to be so; it leads back to the answer about identity. */
static void gender_rows(const struct person *p, const struct standing *s) {
    if (!p->rc->two_step) return;
    struct rs_rc_gender g = rs_rc_two_step(&s->value[EL_GENDER_IDENTITY], &s->value[EL_SEX_AT_BIRTH]);
    if (!g.answer) return;
    struct rs_rc_answer derived = *g.answer;
    derived.collection = CO_DERIVED;
    struct rs_rc_standing standing = {&derived, SU_VALUE, "two_step", 0};
    for (int i = 0; i < g.n; i++) value_row(p, EL_GENDER_TWO_STEP, "standard", i + 1, g.values[i], RS_NULL, &standing);
    if (g.n == 0) missing_row(p, EL_GENDER_TWO_STEP, "standard", &standing, g.missing);
}

static void write_values(const struct person *p, struct standing *s) {
    bool asked[EL_COUNT] = {false};
    for (size_t i = 0; i < p->n_answers; i++) asked[p->answers[i].element] = true;
    bool race = asked[EL_RACE] || asked[EL_ETHNICITY] || asked[EL_RACE_ETHNICITY];
    s->race = race ? stand(p, AS_RACE, EL_RACE) : (struct rs_rc_standing){0};
    s->ethnicity = race ? stand(p, AS_ETHNICITY, EL_ETHNICITY) : (struct rs_rc_standing){0};
    rs_rc_axes(&s->race, &s->ethnicity, &s->axes);
    for (int element = 0; element < EL_COUNT; element++) {
        bool other = element == EL_ETHNICITY || element == EL_RACE || element == EL_RACE_ETHNICITY;
        s->value[element] = !other && asked[element] ? stand(p, AS_VALUE, element) : (struct rs_rc_standing){0};
    }
    for (int element = 0; element < EL_COUNT; element++) { /* in the order of the file */
        const struct rs_rc_standing *v = &s->value[element];
        if (element == EL_ETHNICITY) ethnicity_rows(p, &s->ethnicity, &s->axes);
        else if (element == EL_RACE) race_rows(p, &s->race, &s->axes);
        else if (element == EL_RACE_ETHNICITY) combined_rows(p, &s->race, &s->ethnicity, &s->axes);
        else if (element == EL_GENDER_TWO_STEP) gender_rows(p, s);
        else if (v->answer && v->answer->value.p) list_rows(p, element, "standard", v->answer->value, v);
        else if (v->answer) missing_row(p, element, "standard", v, v->answer->missing);
    }
}

/* ---- person ------------------------------------------------------------------------------------------------------ */

static struct rs_view flag(unsigned bit, unsigned yes, unsigned no) {
    return yes & bit ? RS_LIT("Y") : no & bit ? RS_LIT("N") : RS_NULL;
}

static struct rs_view sources_of(const struct person *p, const struct rs_rc_axes *a) {
    if (!a->from[0]) return RS_NULL;
    struct rs_view first = rs_rc_source_name(p->rc, a->from[0]->source);
    if (!a->from[1]) return first;
    struct rs_view second = rs_rc_source_name(p->rc, a->from[1]->source);
    return rs_arena_printf(p->arena, "%.*s|%.*s", (int)first.n, first.p, (int)second.n, second.p);
}

static void race_columns(const struct person *p, const struct rs_rc_axes *a, struct rs_view *row) {
    row[PERSON_aian] = flag(C24_AIAN, a->yes_2024, a->no_2024);
    row[PERSON_asian] = flag(C24_ASIAN, a->yes_2024, a->no_2024);
    row[PERSON_black] = flag(C24_BLACK, a->yes_2024, a->no_2024);
    row[PERSON_hispanic] = flag(C24_HISPANIC, a->yes_2024, a->no_2024);
    row[PERSON_mena] = flag(C24_MENA, a->yes_2024, a->no_2024);
    row[PERSON_nhpi] = flag(C24_NHPI, a->yes_2024, a->no_2024);
    row[PERSON_white] = flag(C24_WHITE, a->yes_2024, a->no_2024);
    row[PERSON_unresolved_2024] = rs_rc_text_2024(p->arena, a->unresolved_2024);
    row[PERSON_missing_2024] = rs_rc_missing_name(a->missing_2024);
    row[PERSON_aian_1997] = flag(C97_AIAN, a->yes_1997, a->no_1997);
    row[PERSON_asian_1997] = flag(C97_ASIAN, a->yes_1997, a->no_1997);
    row[PERSON_black_1997] = flag(C97_BLACK, a->yes_1997, a->no_1997);
    row[PERSON_nhopi_1997] = flag(C97_NHOPI, a->yes_1997, a->no_1997);
    row[PERSON_white_1997] = flag(C97_WHITE, a->yes_1997, a->no_1997);
    row[PERSON_other_1997] = flag(C97_OTHER, a->yes_1997, a->no_1997);
    row[PERSON_unresolved_1997] = rs_rc_text_1997(p->arena, a->unresolved_1997);
    row[PERSON_hispanic_1997] = a->hispanic_1997 == 'Y' ? RS_LIT("Y") : a->hispanic_1997 == 'N' ? RS_LIT("N") : RS_NULL;
    row[PERSON_missing_race_1997] = rs_rc_missing_name(a->missing_race_1997);
    row[PERSON_missing_ethnicity_1997] = rs_rc_missing_name(a->missing_ethnicity_1997);
    row[PERSON_census6] = rs_cstr(a->census6);
    row[PERSON_race_collection] = a->collection < 0 ? RS_NULL : rs_rc_collection_name(a->collection);
    row[PERSON_race_source] = sources_of(p, a);
}

static struct rs_view first_value(const struct rs_rc_standing *s) {
    if (!s->answer || !s->answer->value.p) return RS_NULL;
    struct rs_view list = s->answer->value;
    return rs_split(&list, RS_RC_SEPARATOR);
}

/* Preferred, else spoken; read and written are other skills. */
static void language_columns(const struct standing *s, struct rs_view *row) {
    const struct rs_rc_standing *preferred = &s->value[EL_LANGUAGE_PREFERRED], *spoken = &s->value[EL_LANGUAGE_SPOKEN];
    row[PERSON_language] = first_value(preferred);
    if (!row[PERSON_language].p) row[PERSON_language] = first_value(spoken);
    if (!row[PERSON_language].p) {
        int a = preferred->answer ? preferred->answer->missing : MI_NONE;
        int b = spoken->answer ? spoken->answer->missing : MI_NONE;
        int reason = a == MI_NONE || (b != MI_NONE && b < a) ? b : a;
        row[PERSON_missing_language] = rs_rc_missing_name(reason == MI_NONE ? MI_UNKNOWN : reason);
    }
    struct rs_view need = first_value(&s->value[EL_INTERPRETER]);
    if (rs_eq_c(need, "Y") || rs_eq_c(need, "N")) row[PERSON_interpreter] = need;
}

static void fact_columns(const struct rs_rc_person_facts *f, struct rs_view *row) {
    if (f->name) {
        row[PERSON_surname] = f->name->f[FI_SURNAME];
        row[PERSON_first_name] = f->name->f[FI_FIRST];
        row[PERSON_middle_name] = f->name->f[FI_MIDDLE];
    }
    if (f->previous) row[PERSON_previous_surname] = f->previous->f[FI_PREVIOUS];
    if (f->birth) row[PERSON_birth_date] = f->birth->f[FI_BIRTH];
    if (f->death) row[PERSON_death_date] = f->death->f[FI_DEATH];
    if (f->sex) row[PERSON_sex] = f->sex->f[FI_SEX];
    if (!f->address) return;
    row[PERSON_state] = f->address->f[FI_STATE];
    row[PERSON_zip5] = f->address->f[FI_ZIP5];
    row[PERSON_zcta] = f->address->f[FI_ZCTA];
    row[PERSON_county] = f->address->f[FI_COUNTY];
    row[PERSON_tract] = f->address->f[FI_TRACT];
    row[PERSON_block_group] = f->address->f[FI_BLOCK_GROUP];
}

static int count_sources(const struct person *p) {
    int n = 0;
    for (size_t i = 0; i < p->n_records; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) seen = p->records[j].source == p->records[i].source;
        n += !seen;
    }
    return n;
}

static void write_person(const struct person *p, const struct rs_rc_person_facts *facts, const struct standing *s) {
    struct rs_view row[PERSON_COLUMNS] = {{0}};
    if (p->n_records > 1)
        rs_rc_demographic_discrepancies(p->rc, p->batch, p->key, p->records, p->n_records, facts);
    row[PERSON_person_key] = p->key_text;
    row[PERSON_records] = rs_arena_long(p->arena, (int64_t)p->n_records);
    row[PERSON_sources] = rs_arena_long(p->arena, count_sources(p));
    fact_columns(facts, row);
    if (facts->facility) {
        row[PERSON_facility] = facts->facility->f[FI_FACILITY];
        row[PERSON_facility_source] = rs_rc_source_name(p->rc, facts->facility->source);
    }
    race_columns(p, &s->axes, row);
    language_columns(s, row);
    rs_batch_emit(p->batch, OUT_PERSON, &rs_layout_person, row);
}

/* ---- reading a person -------------------------------------------------------------------------------------------- */

static size_t read_records(struct person *p, const struct rs_item *items, size_t n) {
    size_t i = 0;
    while (i < n && items[i].tag == TAG_DEMOGRAPHIC) i++;
    p->n_records = i;
    p->records = rs_arena_alloc(p->arena, i * sizeof *p->records);
    for (size_t k = 0; k < i; k++) {
        struct rs_rc_reader r = rs_rc_reader(items[k].bytes);
        p->records[k].record = rs_rc_get_key(&r);
        rs_rc_demographic_get(&r, &p->records[k]);
    }
    return i;
}

static size_t read_answers(struct person *p, const struct rs_item *items, size_t n) {
    struct rs_buffer *list = &p->rc->workers[p->batch->worker].list;
    size_t i = 0;
    list->n = 0;
    for (; i < n && items[i].tag == TAG_ANSWERS; i++) {
        struct rs_rc_reader r = rs_rc_reader(items[i].bytes);
        struct rs_key record = rs_rc_get_key(&r);
        while (r.p < r.end) {
            struct rs_rc_answer *a = (struct rs_rc_answer *)rs_buffer_reserve(list, sizeof *a);
            rs_rc_answer_get(&r, a);
            a->record = record;
            list->n += sizeof *a;
        }
    }
    p->answers = (struct rs_rc_answer *)list->p;
    p->n_answers = list->n / sizeof *p->answers;
    p->candidates = rs_arena_alloc(p->arena, (p->n_answers + 1) * sizeof *p->candidates);
    return i;
}

/* What the jurisdiction does not keep of minors goes before anything is made of it. */
static void drop_too_young(struct person *p, struct rs_view birth) {
    size_t kept = 0;
    if (!p->rc->place.minors_under) return;
    for (size_t i = 0; i < p->n_answers; i++) {
        const struct rs_rc_answer *a = &p->answers[i];
        if (rs_jurisdiction_too_young(&p->rc->place, rs_rc_element_name(a->element), birth, a->effective)) continue;
        p->answers[kept++] = *a;
    }
    p->rc->workers[p->batch->worker].too_young += p->n_answers - kept;
    p->n_answers = kept;
}

static bool one_partition(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                          struct rs_error *error) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_PERSONS], partition, &w->a, error)) return false;
    for (size_t i = 0; i < w->a.n;) {
        size_t end = rs_group_end(&w->a, i);
        struct person p = {.rc = rc, .batch = batch, .arena = &w->arena, .key = w->a.items[i].key};
        struct standing s;
        p.key_text = rs_key_text(p.arena, p.key);
        i += read_records(&p, &w->a.items[i], end - i);
        i += read_answers(&p, &w->a.items[i], end - i);
        struct rs_rc_person_facts facts;
        rs_rc_person_facts(p.records, p.n_records, rc->ranked, &facts);
        drop_too_young(&p, facts.birth ? facts.birth->f[FI_BIRTH] : RS_NULL);
        write_values(&p, &s);
        write_person(&p, &facts, &s);
        rs_rc_agree_person(rc, batch, p.records, p.n_records, p.answers, p.n_answers);
        rs_rc_person_measures(rc, batch, p.key, &w->a.items[i], end - i);
        i = end;
        rs_arena_reset(p.arena);
    }
    return true;
}

static bool write_discrepancies(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                                struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_DISCREPANCY], partition, p, error)) return false;
    for (size_t i = 0; i < p->n; i = rs_group_end(p, i)) { /* the same disagreement in two files is one */
        rs_buffer_view(&batch->out[OUT_DISCREPANCY], p->items[i].bytes);
        batch->out_rows[OUT_DISCREPANCY]++;
    }
    return true;
}

bool rs_rc_persons(struct rs_rc *rc, struct rs_error *error) {
    bool ok = rs_rc_partitions(rc, one_partition, error) && rs_rc_spill_seal(rc, SL_DISCREPANCY, error);
    rs_rc_spill_close(rc, SL_PERSONS);
    ok = ok && rs_rc_partitions(rc, write_discrepancies, error);
    rs_rc_spill_close(rc, SL_DISCREPANCY);
    return ok;
}
