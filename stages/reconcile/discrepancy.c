/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discrepancy rows. Only disagreements are reported: an answer against a missing reason is none, except a decline. */
#include "discrepancy.h"

static const char *const axis_names[] = {"1997", "2024", "detail", "standard"};
static const char *const severity_names[] = {"note", "warning", "error"};

/* Both sides in an order of their own, so that the key does not depend on which one stands. Names stay out of it: a
 * hash of a name can be undone by trying all names. */
static struct rs_key key_of(const struct rs_rc_discrepancy *d, struct rs_arena *arena) {
    struct rs_view kept = rs_key_text(arena, d->kept_record), other = rs_key_text(arena, d->other_record);
    struct rs_view kept_value = d->secret ? RS_NULL : d->kept, other_value = d->secret ? RS_NULL : d->other;
    int c = rs_compare(kept, other);
    if (c > 0 || (c == 0 && rs_compare(kept_value, other_value) > 0)) {
        struct rs_view t = kept;
        kept = other;
        other = t;
        t = kept_value;
        kept_value = other_value;
        other_value = t;
    }
    const struct rs_view parts[] = {rs_key_text(arena, d->person), d->element, rs_cstr(axis_names[d->axis]),
                                    rs_cstr(d->kind), kept, other, kept_value, other_value};
    return rs_hash_key(parts, sizeof parts / sizeof parts[0]);
}

void rs_rc_discrepancy_add(const struct rs_rc *rc, struct rs_batch *batch, const struct rs_rc_discrepancy *d) {
    struct rs_arena *arena = rs_rc_arena(rc, batch);
    struct rs_key key = key_of(d, arena);
    struct rs_view row[DISCREPANCY_COLUMNS] = {
        [DISCREPANCY_discrepancy_key] = rs_key_text(arena, key),
        [DISCREPANCY_person_key] = rs_key_text(arena, d->person),
        [DISCREPANCY_element] = d->element,
        [DISCREPANCY_axis] = rs_cstr(axis_names[d->axis]),
        [DISCREPANCY_kind] = rs_cstr(d->kind),
        [DISCREPANCY_severity] = rs_cstr(severity_names[d->severity]),
        [DISCREPANCY_kept_value] = d->secret ? RS_NULL : d->kept,
        [DISCREPANCY_other_value] = d->secret ? RS_NULL : d->other,
        [DISCREPANCY_kept_source] = rs_rc_source_name(rc, d->kept_source),
        [DISCREPANCY_other_source] = rs_rc_source_name(rc, d->other_source),
        [DISCREPANCY_kept_record] = rs_key_text(arena, d->kept_record),
        [DISCREPANCY_other_record] = rs_key_text(arena, d->other_record),
        [DISCREPANCY_rule] = rs_cstr(d->rule),
    };
    size_t item = rs_rc_item_begin(&batch->scratch, SL_DISCREPANCY, key, 0);
    rs_row_emit(&batch->scratch, &rs_layout_discrepancy, row);
    rs_rc_item_end(&batch->scratch, item);
}

static const char *kind_of(uint16_t a, uint16_t b) { return a == b ? "within_source" : "source_against_source"; }

static struct rs_rc_discrepancy between(struct rs_key person, const struct rs_rc_answer *kept,
                                        const struct rs_rc_answer *other, const char *rule) {
    return (struct rs_rc_discrepancy){.person = person, .kept_record = kept->record, .other_record = other->record,
                                      .kind = kind_of(kept->source, other->source), .rule = rule,
                                      .kept_source = kept->source, .other_source = other->source};
}

static struct rs_view bracketed(struct rs_arena *arena, int missing) {
    struct rs_view name = rs_rc_missing_name(missing == MI_NONE ? MI_UNKNOWN : missing);
    return rs_arena_printf(arena, "[%.*s]", (int)name.n, name.p);
}

static struct rs_view race_text(struct rs_arena *arena, const struct rs_rc_answer *a) {
    struct rs_view v = rs_rc_text_1997(arena, (struct rs_rc_set){a->c97.all & C97_RACE, a->c97.any & C97_RACE});
    if (!v.p) v = rs_rc_text_2024(arena, (struct rs_rc_set){a->c24.all & C24_RACE, a->c24.any & C24_RACE});
    return v;
}

static struct rs_view text_of(struct rs_arena *arena, const struct rs_rc_candidate *c, int aspect) {
    const struct rs_rc_answer *a = c->answer;
    struct rs_view v = RS_NULL;
    if (c->substance <= SU_CONTRADICTORY) {
        if (aspect == AS_RACE) v = race_text(arena, a);
        else if (aspect == AS_ETHNICITY) v = rs_rc_text_1997(arena, (struct rs_rc_set){a->c97.all & C97_ETHNICITY, 0});
        else v = rs_rc_list_text(arena, a->value);
    }
    return v.p ? v : bracketed(arena, a->missing);
}

static bool same_set(struct rs_rc_set a, struct rs_rc_set b, unsigned mask) {
    return (a.all & mask) == (b.all & mask) && (a.any & mask) == (b.any & mask);
}

/* Races: what differs on the 1997 axis is reported there, once; else what differs on the 2024 axis; else details of
 * which neither side holds all of the other's. */
static bool races_differ(struct rs_arena *arena, const struct rs_rc_answer *a, const struct rs_rc_answer *b,
                         struct rs_rc_discrepancy *d) {
    bool related = rs_rc_refines(a, b, AS_RACE) || rs_rc_refines(b, a, AS_RACE);
    d->axis = AX_1997;
    d->severity = related ? SE_NOTE : SE_WARNING;
    if (!same_set(a->c97, b->c97, C97_RACE)) return true;
    if (!same_set(a->c24, b->c24, C24_RACE)) {
        d->axis = AX_2024;
        d->severity = SE_NOTE; /* one form offered the finer category, the other did not */
        d->kept = rs_rc_text_2024(arena, (struct rs_rc_set){a->c24.all & C24_RACE, a->c24.any & C24_RACE});
        d->other = rs_rc_text_2024(arena, (struct rs_rc_set){b->c24.all & C24_RACE, b->c24.any & C24_RACE});
        return true;
    }
    if (rs_eq(a->detail, b->detail) || (a->detail.p && !b->detail.p) || rs_rc_list_within(b->detail, a->detail))
        return false; /* what stands is the finer of the two */
    d->axis = AX_DETAIL;
    d->severity = SE_NOTE;
    if (a->detail.p) d->kept = rs_rc_list_text(arena, a->detail);
    d->other = rs_rc_list_text(arena, b->detail);
    return true;
}

static bool values_differ(const struct rs_rc_answer *a, const struct rs_rc_answer *b, struct rs_rc_discrepancy *d) {
    d->axis = AX_STANDARD;
    d->severity = rs_rc_refines(a, b, AS_VALUE) || rs_rc_refines(b, a, AS_VALUE) ? SE_NOTE : SE_WARNING;
    return !(rs_rc_list_within(a->value, b->value) && rs_rc_list_within(b->value, a->value));
}

static bool differ(struct rs_arena *arena, const struct rs_rc_candidate *a, const struct rs_rc_candidate *b, int aspect,
                   struct rs_rc_discrepancy *d) {
    bool said = a->substance == SU_VALUE && b->substance == SU_VALUE;
    d->kept = text_of(arena, a, aspect);
    d->other = text_of(arena, b, aspect);
    if (said && aspect == AS_RACE) return races_differ(arena, a->answer, b->answer, d);
    if (said && aspect == AS_VALUE) return values_differ(a->answer, b->answer, d);
    d->axis = aspect == AS_VALUE ? AX_STANDARD : AX_1997;
    if (said) { /* Hispanic yes or no */
        d->severity = SE_ERROR;
        return !same_set(a->answer->c97, b->answer->c97, C97_ETHNICITY);
    }
    d->severity = SE_NOTE;
    return (a->substance == SU_VALUE && b->substance == SU_DECLINED) ||
           (a->substance == SU_DECLINED && b->substance == SU_VALUE);
}

void rs_rc_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person, int element, int aspect,
                         const struct rs_rc_candidate *c, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const char *rule;
        /* What stands though it comes later in the order stands as the detail of what came first. */
        if (rs_rc_candidate_compare(&c[0], &c[i], aspect, rc->ranked, &rule) > 0) rule = "detail";
        struct rs_rc_discrepancy d = between(person, c[0].answer, c[i].answer, rule);
        d.element = rs_rc_element_name(element);
        if (differ(rs_rc_arena(rc, batch), &c[0], &c[i], aspect, &d)) rs_rc_discrepancy_add(rc, batch, &d);
    }
}

void rs_rc_inner_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person,
                               const struct rs_rc_answer *answer, const struct rs_rc_inner *inner, int n) {
    for (int i = 0; i < n; i++) {
        struct rs_rc_discrepancy d = between(person, answer, answer, inner[i].rule);
        d.element = rs_rc_element_name(inner[i].element);
        d.axis = inner[i].axis;
        d.severity = inner[i].severity;
        d.kind = inner[i].kind;
        d.kept = inner[i].kept;
        d.other = inner[i].other;
        rs_rc_discrepancy_add(rc, batch, &d);
    }
}

/* ---- demographics ------------------------------------------------------------------------------------------------ */

static bool unknown_sex(struct rs_view v) { return !rs_has(v) || rs_eq_c(v, "unknown"); }

static bool is_mark(char c) { return c == ' ' || c == '-' || c == '\'' || c == '.'; }

/* O'BRIEN and OBRIEN, GARCIA-LOPEZ and GARCIA LOPEZ. */
static bool same_letters(struct rs_view a, struct rs_view b) {
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.n && is_mark(a.p[i])) i++;
        while (j < b.n && is_mark(b.p[j])) j++;
        if (i == a.n || j == b.n) return i == a.n && j == b.n;
        if (a.p[i++] != b.p[j++]) return false;
    }
}

/* GARCIA of GARCIA LOPEZ, LOPEZ of GARCIA-LOPEZ. */
static bool part_of(struct rs_view part, struct rs_view whole) {
    if (part.n == 0 || part.n >= whole.n) return false;
    size_t rest = whole.n - part.n;
    return (memcmp(whole.p, part.p, part.n) == 0 && is_mark(whole.p[part.n])) ||
           (memcmp(whole.p + rest, part.p, part.n) == 0 && is_mark(whole.p[rest - 1]));
}

static void against(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person,
                    const struct rs_rc_demographic *kept, const struct rs_rc_demographic *other, int field,
                    const char *element, int severity, bool secret) {
    if (!rs_has(other->f[field]) || rs_eq(kept->f[field], other->f[field])) return;
    struct rs_rc_discrepancy d = {
        .person = person, .kept_record = kept->record, .other_record = other->record, .element = rs_cstr(element),
        .kept = kept->f[field], .other = other->f[field], .axis = AX_STANDARD, .severity = severity,
        .kind = kind_of(kept->source, other->source), .kept_source = kept->source, .other_source = other->source,
        .secret = secret};
    bool newer = rs_compare(kept->f[FI_RECORD_DATE], other->f[FI_RECORD_DATE]) > 0;
    bool rank = kept->source != other->source && (kept->source < rc->ranked || other->source < rc->ranked);
    d.rule = rank ? "source_rank" : newer ? "recency" : kept->source != other->source ? "source_rank" : "value_order";
    rs_rc_discrepancy_add(rc, batch, &d);
}

void rs_rc_demographic_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person,
                                     const struct rs_rc_demographic *d, size_t n,
                                     const struct rs_rc_person_facts *facts) {
    for (size_t i = 0; i < n; i++) {
        if (facts->birth && &d[i] != facts->birth)
            against(rc, batch, person, facts->birth, &d[i], FI_BIRTH, "birth_date", SE_ERROR, false);
        if (facts->sex && &d[i] != facts->sex && !unknown_sex(facts->sex->f[FI_SEX]) && !unknown_sex(d[i].f[FI_SEX]))
            against(rc, batch, person, facts->sex, &d[i], FI_SEX, "sex", SE_WARNING, false);
        if (facts->name && &d[i] != facts->name && rs_has(facts->name->f[FI_SURNAME])) {
            struct rs_view ours = facts->name->f[FI_SURNAME], theirs = d[i].f[FI_SURNAME];
            if (same_letters(ours, theirs)) continue;
            bool renamed = rs_eq(d[i].f[FI_PREVIOUS], ours) || rs_eq(facts->name->f[FI_PREVIOUS], theirs) ||
                           part_of(ours, theirs) || part_of(theirs, ours);
            against(rc, batch, person, facts->name, &d[i], FI_SURNAME, "surname", renamed ? SE_NOTE : SE_WARNING, true);
        }
    }
}
