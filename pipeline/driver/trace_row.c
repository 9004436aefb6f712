/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a tabulation, a check and a confusion table are published numbers, too, and have no key of their own but the
 * columns that name them. */
#include "trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct rs_trace *t;
    const struct rs_layout *layout;
    const char *stage;
    struct rs_view value[RS_MAX_COLUMNS];
    bool auditor;
};
static const struct {
    const struct rs_layout *layout;
    const char *stage;
} traced[] = {{&rs_layout_tabulation, "stratify"}, {&rs_layout_check_result, "check"}, {&rs_layout_agreement, "reconcile"}};
enum { N_TRACED = sizeof traced / sizeof traced[0] };

/* N_TRACED where it is none of them. */
static size_t traced_of(const char *id) {
    for (size_t i = 0; i < N_TRACED; i++) {
        size_t n = strlen(traced[i].layout->name);
        if (strncmp(id, traced[i].layout->name, n) == 0 && id[n] == ':') return i;
    }
    return N_TRACED;
}

bool rs_trace_is_row(const char *id) { return traced_of(id) < N_TRACED; }

/* ---- the key ---------------------------------------------------------------------------------------------------- */

/* %XX to bytes, as the page writes what is neither letter, digit nor one of - _ . * */
static struct rs_view decode(struct rs_trace *t, struct rs_view v) {
    char *to = rs_arena_alloc(&t->arena, v.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        uint8_t byte = (uint8_t)v.p[i];
        if (byte == '%' && i + 2 < v.n && rs_unhex(rs_view(v.p + i + 1, 2), &byte, 1)) i += 2;
        to[n++] = (char)byte;
    }
    return rs_view(to, n);
}

/* The key's columns and what the id says of each. False where it has more or fewer of them. */
static bool read_id(struct row *r, const char *id, int *column, struct rs_view *wanted, size_t *n, struct rs_error *error) {
    struct rs_view rest = rs_cstr(strchr(id, ':') + 1), names = rs_cstr(r->layout->key);
    for (*n = 0; names.p; ++*n) {
        column[*n] = rs_layout_column(r->layout, rs_trim(rs_split(&names, ',')));
        if (!rest.p) break;
        wanted[*n] = decode(r->t, rs_split(&rest, ':'));
    }
    if (!names.p && !rest.p) return true;
    return rs_fail(error, RS_USAGE, "a key of %s is %s:%s, colons between", r->layout->name, r->layout->name, r->layout->key);
}

static bool find(struct row *r, const char *id, struct rs_error *error) {
    int column[RS_MAX_COLUMNS];
    struct rs_view wanted[RS_MAX_COLUMNS];
    struct rs_manifest m;
    const struct rs_view *row;
    size_t n;
    bool found = false;
    if (!read_id(r, id, column, wanted, &n, error) || !rs_trace_manifest(r->t->run, r->stage, r->layout, &m, error))
        return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && !found && rs_scan_next(scan, &row, error)) {
        found = true;
        for (size_t i = 0; i < n && found; i++) found = rs_eq(row[column[i]], wanted[i]);
        if (found) rs_trace_keep(r->t, r->layout, row, r->value);
    }
    rs_scan_close(scan);
    return found || (!error->code && rs_fail(error, RS_NO_INPUT, "%s: no row of %s has this key here", r->t->run, r->layout->name));
}

/* ---- tabulation ------------------------------------------------------------------------------------------------- */

enum { CATEGORIES = 7 };
static const struct {
    const char *name;
    int column;
} categories[CATEGORIES] = {{"AIAN", PERSON_aian}, {"ASIAN", PERSON_asian}, {"BLACK", PERSON_black},
                            {"HISPANIC", PERSON_hispanic}, {"MENA", PERSON_mena}, {"NHPI", PERSON_nhpi},
                            {"WHITE", PERSON_white}};

/* AIAN+WHITE as bits; 0 where a part is no category. */
static unsigned set_of(struct rs_view v) {
    unsigned set = 0;
    while (v.p) {
        struct rs_view one = rs_split(&v, '+');
        int at = -1;
        for (int i = 0; i < CATEGORIES; i++)
            if (rs_eq_c(one, categories[i].name)) at = i;
        if (at < 0) return 0;
        set |= 1u << at;
    }
    return set;
}

static bool says_several(struct rs_view unresolved) {
    static const char word[] = "TWO_OR_MORE";
    for (size_t i = 0; i + sizeof word - 1 <= unresolved.n; i++)
        if (memcmp(unresolved.p + i, word, sizeof word - 1) == 0) return true;
    return false;
}

/* Whether the person is in the row. *known: whether that can be said from the person alone. */
static bool is_tabulated(const struct row *r, const struct rs_view *person, bool *known) {
    struct rs_view approach = r->value[TABULATION_approach], category = r->value[TABULATION_category];
    struct rs_view open = person[PERSON_unresolved_2024], reason = person[PERSON_missing_2024];
    unsigned said = 0, wanted = set_of(category);
    for (int i = 0; i < CATEGORIES; i++) said |= (unsigned)rs_eq_c(person[categories[i].column], "Y") << i;
    bool unresolved = open.n > 0, answered = said || unresolved;
    bool several = unresolved ? said || says_several(open) : (said & (said - 1)) != 0;
    if (rs_eq_c(approach, "population")) {
        if (rs_eq_c(category, "ALL")) return true;
        if (rs_eq_c(category, "ANSWERED")) return answered;
        return !answered && rs_eq(reason.n ? reason : RS_LIT("UNKNOWN"), category);
    }
    if (rs_eq_c(approach, "alone_or_in_combination") && wanted) return (said & wanted) != 0;
    if (wanted) return !unresolved && said == wanted;
    bool multiracial = rs_eq_c(approach, "multiracial");
    if (multiracial && rs_eq_c(category, "MULTIRACIAL_OR_MULTIETHNIC")) return several;
    if (rs_eq_c(category, "UNRESOLVED")) return unresolved && !(multiracial && several);
    *known = false; /* OTHER_COMBINATIONS: those that no other row names */
    return false;
}

static bool tabulated(struct row *r, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *person;
    struct rs_trace *t = r->t;
    bool known = true, withheld = rs_eq_c(r->value[TABULATION_suppressed], "Y");
    int64_t published;
    if (!rs_trace_manifest(t->run, "reconcile", &rs_layout_person, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &person, error)) {
        if (!is_tabulated(r, person, &known)) continue;
        t->said++;
        struct rs_traced_person p = {0};
        if (t->n_persons < t->most && rs_key_parse(person[PERSON_person_key], &p.key)) t->persons[t->n_persons++] = p;
    }
    rs_scan_close(scan);
    puts("\nCounted anew from person");
    if (!known)
        puts("  who is in this row depends on which combinations the others name");
    else if (withheld && !r->auditor)
        puts("  withheld, as the result is; --persons shows it");
    else if (!rs_parse_long(r->value[TABULATION_n], &published))
        printf("  %llu persons\n", (unsigned long long)t->said);
    else
        printf("  n: published %lld, counted anew %llu: %s\n", (long long)published, (unsigned long long)t->said,
               (uint64_t)published == t->said ? "the same" : "NOT THE SAME");
    t->estimate[ESTIMATE_dimension] = RS_LIT("race_ethnicity");
    return !error->code;
}

/* ---- agreement -------------------------------------------------------------------------------------------------- */

struct sourced {
    struct rs_key person;
    unsigned which; /* bit 0 source_a, bit 1 source_b */
};

static int by_person(const void *a, const void *b) {
    const struct sourced *x = a, *y = b;
    return rs_key_compare(x->person, y->person);
}

/* Persons with records of both sources, the smallest keys first. */
static bool agreed(struct row *r, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *link;
    struct sourced *list = NULL;
    size_t n = 0, room = 0;
    struct rs_trace *t = r->t;
    if (!rs_trace_manifest(t->run, "reconcile", &rs_layout_link, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &link, error)) {
        struct sourced one = {.which = (unsigned)rs_eq(link[LINK_source], r->value[AGREEMENT_source_a]) |
                                       (unsigned)rs_eq(link[LINK_source], r->value[AGREEMENT_source_b]) << 1};
        if (!one.which || !rs_key_parse(link[LINK_person_key], &one.person)) continue;
        if (n == room) list = rs_realloc(list, (room = room ? 2 * room : 4096) * sizeof *list);
        list[n++] = one;
    }
    rs_scan_close(scan);
    if (n) qsort(list, n, sizeof *list, by_person);
    for (size_t from = 0, to; from < n; from = to) {
        unsigned which = 0;
        for (to = from; to < n && rs_key_compare(list[to].person, list[from].person) == 0; to++) which |= list[to].which;
        if (which != 3) continue;
        t->said++;
        if (t->n_persons < t->most) t->persons[t->n_persons++] = (struct rs_traced_person){.key = list[from].person};
    }
    free(list);
    puts("\nMade from the newest answer of each source about the same persons");
    if (r->auditor || t->said > 10)
        printf("  persons with records of both sources, whether they say something of it or not: %llu\n", (unsigned long long)t->said);
    struct rs_view element = r->value[AGREEMENT_element];
    t->estimate[ESTIMATE_dimension] = rs_eq_c(element, "language") || rs_eq_c(element, "sex") ? element : RS_LIT("race_ethnicity");
    return !error->code;
}

/* ---- check ------------------------------------------------------------------------------------------------------ */

static bool is_evidence(const struct row *r, const struct rs_view *e) {
    if (!rs_eq(e[CHECK_EVIDENCE_check_id], r->value[CHECK_RESULT_check_id]) ||
        !rs_eq(e[CHECK_EVIDENCE_element], r->value[CHECK_RESULT_element]))
        return false;
    return !rs_eq_c(r->value[CHECK_RESULT_scope], "source") ||
           rs_eq(e[CHECK_EVIDENCE_source], r->value[CHECK_RESULT_scope_value]);
}

static void say_evidence(const struct rs_view *e) {
    static const struct {
        const char *name;
        int column;
    } places[] = {{"record", CHECK_EVIDENCE_record_key}, {"file", CHECK_EVIDENCE_file_no}, {"line", CHECK_EVIDENCE_line},
                  {"segment", CHECK_EVIDENCE_segment},   {"byte", CHECK_EVIDENCE_offset}};
    printf("  %.*s", (int)e[CHECK_EVIDENCE_source].n, e[CHECK_EVIDENCE_source].n ? e[CHECK_EVIDENCE_source].p : "");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (e[places[i].column].n) printf(", %s %.*s", places[i].name, (int)e[places[i].column].n, e[places[i].column].p);
    putchar('\n');
}

static bool checked(struct row *r, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_error missing = {0};
    const struct rs_view *e;
    size_t n = 0;
    puts("\nRows that break it (the first of each check, element and source)");
    if (!rs_trace_manifest(r->t->run, "check", &rs_layout_check_evidence, &m, &missing)) {
        if (missing.code != RS_NO_INPUT) *error = missing;
        puts("  the run kept none (relsogi-check --evidence)");
        return !error->code;
    }
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &e, error)) {
        if (!is_evidence(r, e)) continue;
        if (++n <= r->t->most) say_evidence(e);
    }
    rs_scan_close(scan);
    if (!n) puts("  none is kept: nothing breaks it, or it counts persons (person_value and discrepancy lead on)");
    else if (!r->auditor) printf("  %zu; --persons N shows where they stand\n", n);
    return !error->code;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

/* The files that the run read: of a check, where the numbers of its evidence lead. */
static bool show_files(const struct row *r, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *f;
    if (!rs_trace_manifest(r->t->run, "ingest", &rs_layout_file, &m, error)) return false;
    puts("\nInput files");
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &f, error))
        printf("  %.*s  %.*s (%.*s)  sha256 %.*s\n", (int)f[FILE_file_no].n, f[FILE_file_no].p, (int)f[FILE_name].n,
               f[FILE_name].p, (int)f[FILE_source].n, f[FILE_source].p, (int)f[FILE_sha256].n, f[FILE_sha256].p);
    rs_scan_close(scan);
    return !error->code;
}

bool rs_trace_row(struct rs_trace *t, const char *id, const struct rs_layout **layout, const char **stage,
                  struct rs_error *error) {
    size_t which = traced_of(id);
    if (which == N_TRACED) return rs_fail(error, RS_BUG, "%s: names no row", id);
    *layout = traced[which].layout;
    *stage = traced[which].stage;
    struct row r = {.t = t, .layout = *layout, .stage = *stage, .auditor = t->most > 0};
    if (!find(&r, id, error)) return false;
    puts("Result");
    rs_trace_print(r.layout, r.value);
    if (r.layout == &rs_layout_tabulation) return tabulated(&r, error);
    if (r.layout == &rs_layout_agreement) return agreed(&r, error);
    return checked(&r, error) && show_files(&r, error);
}
