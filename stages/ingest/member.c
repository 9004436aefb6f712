/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a change does to a member. X12 005010X220A1: INS03 says what became of the member, HD01 what became of one
 * coverage; senders may leave out what did not change, so silence changes nothing. */
#include "member.h"
#include <stdlib.h>
#include "pipeline/base/date.h"

const struct rs_layout *const rs_part_layouts[RS_PARTS] = {&rs_layout_record, &rs_layout_identifier, &rs_layout_coverage,
                                                           &rs_layout_assertion};

void rs_member_restart(struct rs_member *m, struct rs_arena *arena) {
    m->arena = arena;
    for (int i = 0; i < RS_PARTS; i++) m->rows[i].n = 0;
}

void rs_member_free(struct rs_member *m) {
    for (int i = 0; i < RS_PARTS; i++) free(m->rows[i].p);
}

static struct rs_part_row *push(struct rs_part_rows *l) {
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 8;
        l->p = rs_realloc(l->p, l->room * sizeof *l->p);
    }
    l->p[l->n] = (struct rs_part_row){0};
    return &l->p[l->n++];
}

void rs_member_add(struct rs_member *m, enum rs_part part, const struct rs_view *row, bool prior) {
    size_t n = rs_part_layouts[part]->n_columns;
    struct rs_part_row *r = push(&m->rows[part]);
    r->v = rs_arena_alloc(m->arena, n * sizeof *r->v);
    memcpy(r->v, row, n * sizeof *r->v);
    r->prior = prior;
}

/* ---- the record ------------------------------------------------------------------------------------------------- */

struct rs_part_row *rs_member_standing(const struct rs_part_rows *records) {
    struct rs_part_row *best = NULL;
    for (size_t i = 0; i < records->n; i++) {
        struct rs_part_row *r = &records->p[i];
        if (r->gone) continue;
        if (!best || rs_compare(r->v[RECORD_record_date], best->v[RECORD_record_date]) >= 0) best = r;
    }
    return best;
}

/* Columns that are one thing: a new street without a second line has none, whatever the old one had. */
static const struct group {
    const char *name;
    int columns[7]; /* 0 ends: record_key is in no group */
} groups[] = {
    {"name", {RECORD_family_raw, RECORD_given_raw, RECORD_middle_raw, RECORD_suffix_raw}},
    {"previous name", {RECORD_previous_family_raw}},
    {"birth", {RECORD_birth_raw}},
    {"death", {RECORD_death_raw}},
    {"sex", {RECORD_sex_raw}},
    {"address", {RECORD_street_raw, RECORD_city_raw, RECORD_state_raw, RECORD_zip_raw, RECORD_county_raw, RECORD_geoid_raw}},
    {"phone", {RECORD_phone_raw}},
    {"eligibility", {RECORD_eligible_from}},
    {"end of eligibility", {RECORD_eligible_to}},
    {"facility", {RECORD_facility}},
};
enum { GROUPS = sizeof groups / sizeof groups[0], COMPARED = GROUPS - 3 };

static bool silent(const struct rs_view *row, const struct group *g) {
    for (int i = 0; g->columns[i]; i++)
        if (rs_has(row[g->columns[i]])) return false;
    return true;
}

/* FILE/RECORD of the row that said a column: the row's own, or that from which the row has it. */
static struct rs_view origin_of(struct rs_arena *arena, const struct rs_view *row, const char *column) {
    struct rs_view rest = row[RECORD_kept];
    while (rs_has(rest)) {
        struct rs_view columns = rs_split(&rest, ';'), origin = rs_split(&columns, ':');
        while (rs_has(columns))
            if (rs_eq_c(rs_split(&columns, ','), column)) return origin;
    }
    return rs_arena_printf(arena, "%.*s/%.*s", (int)row[RECORD_file_no].n, row[RECORD_file_no].p,
                           (int)row[RECORD_record_no].n, row[RECORD_record_no].p);
}

/* Adds column to the list of `origin`, which is begun where the last one is of another. */
static struct rs_view add_kept(struct rs_arena *arena, struct rs_view kept, struct rs_view *last, struct rs_view origin,
                               const char *column) {
    bool same = rs_has(kept) && rs_eq(*last, origin);
    *last = origin;
    if (same) return rs_arena_printf(arena, "%.*s,%s", (int)kept.n, kept.p, column);
    return rs_arena_printf(arena, "%.*s%s%.*s:%s", (int)kept.n, kept.n ? kept.p : "", kept.n ? ";" : "", (int)origin.n,
                           origin.p, column);
}

/* Keys that files may know the member by, beside its own. */
static struct rs_view both_keys(struct rs_arena *arena, struct rs_view old, struct rs_view more) {
    if (!rs_has(old) || !rs_has(more)) return rs_has(old) ? old : more;
    for (struct rs_view rest = old; rs_has(rest);)
        if (rs_eq(rs_split(&rest, ' '), more)) return old;
    return rs_arena_printf(arena, "%.*s %.*s", (int)old.n, old.p, (int)more.n, more.p);
}

/* What a change row is silent on stands: but an end of eligibility not when the member is added, reinstated or ended anew. */
static void apply_record(struct rs_member *m, struct rs_part_row *change, bool whole) {
    struct rs_part_row *old = rs_member_standing(&m->rows[PART_RECORD]);
    struct rs_view kept = RS_NULL, last = RS_NULL;
    for (int g = 0; old && !whole && g < GROUPS; g++) {
        if (groups[g].columns[0] == RECORD_eligible_to && !rs_eq_c(change->v[RECORD_maintenance], "001")) continue;
        if (!silent(change->v, &groups[g]) || silent(old->v, &groups[g])) continue;
        for (int i = 0; groups[g].columns[i]; i++) {
            int c = groups[g].columns[i];
            if (!rs_has(old->v[c])) continue;
            change->v[c] = old->v[c];
            const char *name = rs_layout_record.columns[c].name;
            kept = add_kept(m->arena, kept, &last, origin_of(m->arena, old->v, name), name);
        }
    }
    if (rs_has(kept)) old->merged = true;
    if (old) change->v[RECORD_other_keys] = both_keys(m->arena, old->v[RECORD_other_keys], change->v[RECORD_other_keys]);
    change->v[RECORD_kept] = kept;
    for (size_t i = 0; i < m->rows[PART_RECORD].n; i++) m->rows[PART_RECORD].p[i].gone = true;
}

/* ---- identifiers and answers ------------------------------------------------------------------------------------ */

/* Rows of the same kind give way: of an element that is answered anew, of an id that is given anew. */
static void replace_kind(struct rs_part_rows *old, const struct rs_part_rows *new, const int *columns, size_t n_columns,
                         bool whole) {
    for (size_t i = 0; i < old->n; i++) {
        bool named = whole;
        for (size_t k = 0; !named && k < new->n; k++) {
            named = true;
            for (size_t c = 0; c < n_columns; c++)
                named = named && rs_eq(old->p[i].v[columns[c]], new->p[k].v[columns[c]]);
        }
        if (named) old->p[i].gone = true;
    }
}

/* ---- coverage --------------------------------------------------------------------------------------------------- */

static bool is(const struct rs_view *row, int column, const char *text) { return rs_eq_c(row[column], text); }

/* The span of this product a change means: that with its start; else the one that runs, else the last. */
static struct rs_part_row *find_span(struct rs_part_rows *spans, const struct rs_view *change, bool exact) {
    struct rs_part_row *best = NULL;
    for (size_t i = 0; i < spans->n; i++) {
        struct rs_part_row *s = &spans->p[i];
        if (s->gone || !rs_eq(s->v[COVERAGE_product], change[COVERAGE_product])) continue;
        if (rs_has(change[COVERAGE_start_date]) && rs_eq(s->v[COVERAGE_start_date], change[COVERAGE_start_date])) return s;
        bool runs = !rs_has(s->v[COVERAGE_end_date]), best_runs = best && !rs_has(best->v[COVERAGE_end_date]);
        if (!best || runs > best_runs ||
            (runs == best_runs && rs_compare(s->v[COVERAGE_start_date], best->v[COVERAGE_start_date]) >= 0))
            best = s;
    }
    return exact ? NULL : best;
}

/* Whether two spans share a day; one without a start or an end goes on. */
static bool overlap(const struct rs_view *a, const struct rs_view *b) {
    bool before = rs_has(a[COVERAGE_end_date]) && rs_compare(a[COVERAGE_end_date], b[COVERAGE_start_date]) < 0;
    bool after = rs_has(b[COVERAGE_end_date]) && rs_compare(b[COVERAGE_end_date], a[COVERAGE_start_date]) < 0;
    return !before && !after;
}

/* A change of a span that names another start corrects what it shares days with: what else there was is history. */
static void correct(struct rs_part_rows *spans, const struct rs_view *change) {
    for (size_t i = 0; i < spans->n; i++) {
        struct rs_part_row *s = &spans->p[i];
        if (!s->gone && rs_eq(s->v[COVERAGE_product], change[COVERAGE_product]) && overlap(s->v, change)) s->gone = true;
    }
}

static void take_start(struct rs_part_row *from, struct rs_view *change) {
    change[COVERAGE_start_date] = from->v[COVERAGE_start_date];
    from->gone = from->merged = true;
}

/* False where the change only takes a span away. */
static bool apply_span(struct rs_part_rows *spans, struct rs_view *change, struct rs_view member_end) {
    bool started = rs_has(change[COVERAGE_start_date]);
    if (is(change, COVERAGE_maintenance, "002")) {
        struct rs_part_row *old = find_span(spans, change, started);
        if (old) old->gone = true;
        return false;
    }
    if (is(change, COVERAGE_maintenance, "024")) {
        struct rs_part_row *old = find_span(spans, change, false);
        if (!rs_has(change[COVERAGE_end_date])) change[COVERAGE_end_date] = member_end;
        if (old) take_start(old, change);
        return true;
    }
    bool add = is(change, COVERAGE_maintenance, "021"), again = is(change, COVERAGE_maintenance, "025");
    /* An add or a reinstatement from another day is a span of its own. */
    struct rs_part_row *old = find_span(spans, change, started);
    if (!old && started && !add && !again) correct(spans, change);
    if (!old) return true;
    if (!started) take_start(old, change);
    else old->gone = true;
    return true;
}

/* A span that the change does not name, written as the change's row. */
static void put_span(struct rs_member *m, const struct rs_part_row *old, const struct rs_view *record, struct rs_view start,
                     struct rs_view end, struct rs_view maintenance) {
    struct rs_view row[COVERAGE_COLUMNS];
    memcpy(row, old->v, sizeof row);
    row[COVERAGE_start_date] = start;
    row[COVERAGE_file_no] = record[RECORD_file_no];
    row[COVERAGE_record_no] = record[RECORD_record_no];
    row[COVERAGE_end_date] = end;
    row[COVERAGE_maintenance] = maintenance;
    rs_member_add(m, PART_COVERAGE, row, false);
}

/* Enrolment ends, of the member or in one product: so does every span of it that runs beyond `end` and has begun by then, or,
 * where `later`, begins only then. */
static void end_all(struct rs_member *m, const struct rs_view *record, struct rs_view product, struct rs_view end, bool later) {
    size_t n = m->rows[PART_COVERAGE].n;
    for (size_t i = 0; i < n && rs_has(end); i++) {
        struct rs_part_row *s = &m->rows[PART_COVERAGE].p[i];
        bool runs = !rs_has(s->v[COVERAGE_end_date]) || rs_compare(s->v[COVERAGE_end_date], end) > 0;
        bool begins_later = rs_compare(s->v[COVERAGE_start_date], end) > 0;
        bool meant = rs_is_null(product) || rs_eq(product, s->v[COVERAGE_product]);
        if (s->gone || !runs || begins_later != later || !meant) continue;
        s->gone = s->merged = true;
        put_span(m, s, record, s->v[COVERAGE_start_date], end, RS_LIT("024"));
    }
}

/* Where nothing had begun on the day the member's enrolment ends, it is what was to begin that never took effect: its span
 * ends before it begins, and covers no day. */
static void cancel_all(struct rs_member *m, const struct rs_view *record, struct rs_view end) {
    for (size_t i = 0; i < m->rows[PART_COVERAGE].n; i++) {
        const struct rs_part_row *s = &m->rows[PART_COVERAGE].p[i];
        if (!s->gone && rs_compare(s->v[COVERAGE_start_date], end) <= 0 &&
            (!rs_has(s->v[COVERAGE_end_date]) || rs_compare(s->v[COVERAGE_end_date], end) >= 0))
            return;
    }
    end_all(m, record, RS_NULL, end, true);
}

/* Whether there are days between `last` and `first`. */
static bool apart(struct rs_view last, struct rs_view first) {
    int32_t x, y;
    return rs_day_parse(last, &x) && rs_day_parse(first, &y) && y > x + 1;
}

/* The member is back, and no coverage is named: the spans that ended last run again; where eligibility begins later, from
 * that day, and the days between stay uncovered. */
static void reopen(struct rs_member *m, const struct rs_view *record) {
    struct rs_view last = RS_NULL;
    size_t n = m->rows[PART_COVERAGE].n;
    for (size_t i = 0; i < n; i++) {
        const struct rs_part_row *s = &m->rows[PART_COVERAGE].p[i];
        if (!s->gone && rs_compare(s->v[COVERAGE_end_date], last) > 0) last = s->v[COVERAGE_end_date];
    }
    for (size_t i = 0; i < n && rs_has(last); i++) {
        struct rs_part_row *s = &m->rows[PART_COVERAGE].p[i];
        if (s->gone || !rs_eq(s->v[COVERAGE_end_date], last)) continue;
        bool gap = apart(last, record[RECORD_eligible_from]);
        s->gone = s->merged = !gap;
        put_span(m, s, record, gap ? record[RECORD_eligible_from] : s->v[COVERAGE_start_date], RS_NULL, RS_LIT("025"));
    }
}

static void apply_coverage(struct rs_member *m, const struct rs_view *record, const struct rs_part_rows *change, bool whole) {
    struct rs_part_rows *spans = &m->rows[PART_COVERAGE];
    bool end = is(record, RECORD_maintenance, "024");
    struct rs_view end_day = rs_has(record[RECORD_eligible_to]) ? record[RECORD_eligible_to] : record[RECORD_record_date];
    for (size_t i = 0; whole && i < spans->n; i++) spans->p[i].gone = true;
    for (size_t i = 0; i < change->n; i++) {
        bool stays = whole || apply_span(spans, change->p[i].v, end ? end_day : record[RECORD_record_date]);
        if (stays) rs_member_add(m, PART_COVERAGE, change->p[i].v, false);
        if (stays && !whole && is(change->p[i].v, COVERAGE_maintenance, "024"))
            end_all(m, record, change->p[i].v[COVERAGE_product], change->p[i].v[COVERAGE_end_date], false);
    }
    if (end) {
        end_all(m, record, RS_NULL, end_day, false);
        cancel_all(m, record, end_day);
    }
    if (is(record, RECORD_maintenance, "025") && !change->n) reopen(m, record);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

void rs_member_apply(struct rs_member *m, const struct rs_part_rows change[RS_PARTS]) {
    static const int ids[] = {IDENTIFIER_id_type, IDENTIFIER_id_system}, answers[] = {ASSERTION_element};
    struct rs_part_row *record = &change[PART_RECORD].p[0];
    bool whole = is(record->v, RECORD_maintenance, "030"); /* an audit row states all there is */
    apply_record(m, record, whole);
    replace_kind(&m->rows[PART_IDENTIFIER], &change[PART_IDENTIFIER], ids, 2, whole);
    replace_kind(&m->rows[PART_ASSERTION], &change[PART_ASSERTION], answers, 1, whole);
    apply_coverage(m, record->v, &change[PART_COVERAGE], whole);
    rs_member_add(m, PART_RECORD, record->v, false);
    for (size_t i = 0; i < change[PART_IDENTIFIER].n; i++)
        rs_member_add(m, PART_IDENTIFIER, change[PART_IDENTIFIER].p[i].v, false);
    for (size_t i = 0; i < change[PART_ASSERTION].n; i++)
        rs_member_add(m, PART_ASSERTION, change[PART_ASSERTION].p[i].v, false);
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

static bool holds(const struct rs_part_rows *rows, const struct rs_view *row, const int *columns, size_t n) {
    for (size_t i = 0; i < rows->n; i++) {
        bool same = !rows->p[i].gone;
        for (size_t c = 0; same && c < n; c++) same = rs_eq(rows->p[i].v[columns[c]], row[columns[c]]);
        if (same) return true;
    }
    return false;
}

static bool same_rows(const struct rs_part_rows *a, const struct rs_part_rows *b, const int *columns, size_t n) {
    for (size_t i = 0; i < a->n; i++)
        if (!a->p[i].gone && !holds(b, a->p[i].v, columns, n)) return false;
    for (size_t i = 0; i < b->n; i++)
        if (!b->p[i].gone && !holds(a, b->p[i].v, columns, n)) return false;
    return true;
}

struct rs_view rs_member_differs(struct rs_arena *arena, const struct rs_part_rows *a, const struct rs_part_rows *b) {
    static const int answers[] = {ASSERTION_element, ASSERTION_representation, ASSERTION_system, ASSERTION_raw};
    static const int spans[] = {COVERAGE_product, COVERAGE_start_date, COVERAGE_end_date};
    const struct rs_part_row *x = rs_member_standing(&a[PART_RECORD]), *y = rs_member_standing(&b[PART_RECORD]);
    struct rs_view list = RS_NULL;
    const char *names[COMPARED + 2];
    size_t n = 0;
    for (int g = 0; x && y && g < COMPARED; g++) { /* of eligibility its spans are */
        bool same = true;
        for (int i = 0; groups[g].columns[i]; i++)
            same = same && rs_eq(x->v[groups[g].columns[i]], y->v[groups[g].columns[i]]);
        if (!same) names[n++] = groups[g].name;
    }
    if (!same_rows(&a[PART_ASSERTION], &b[PART_ASSERTION], answers, 4)) names[n++] = "answers";
    if (!same_rows(&a[PART_COVERAGE], &b[PART_COVERAGE], spans, 3)) names[n++] = "coverage";
    for (size_t i = 0; i < n; i++)
        list = rs_arena_printf(arena, "%.*s%s%s", (int)list.n, list.n ? list.p : "", list.n ? ", " : "", names[i]);
    return list;
}

bool rs_member_covered(const struct rs_part_rows *spans, struct rs_view day) {
    for (size_t i = 0; i < spans->n; i++)
        if (!rs_has(spans->p[i].v[COVERAGE_end_date]) || rs_compare(spans->p[i].v[COVERAGE_end_date], day) >= 0) return true;
    return spans->n == 0;
}
