/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reconcile, from hand-made row files to the rows it writes: each rule of survivorship, linking and derivation, and that
 * neither threads nor the order or splitting of files change a byte. Expected values are worked out by hand from SPD 15
 * and the rules in stages/reconcile/README.md. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/rows/stage.h"
#include "stages/reconcile/race.h"

extern const struct rs_stage rs_stage_reconcile;

/* ---- a small plan ------------------------------------------------------------------------------------------------ */

enum { MOST_ROWS = 512, DEMO = 0, MAPPED = 1, ID = 2, EVENT = 3, LINK = 4, N_INPUTS = 5 };
static const struct rs_layout *const layouts[N_INPUTS] = {&rs_layout_demographic, &rs_layout_mapped,
                                                          &rs_layout_identifier, &rs_layout_measure_event,
                                                          &rs_layout_link};
static struct rs_view rows[N_INPUTS][MOST_ROWS][RS_MAX_COLUMNS];
static size_t n_rows[N_INPUTS];
static struct rs_arena arena;
static char root[64];
static const char *extra_config = "";

static struct rs_view key_text(int n) {
    return rs_arena_printf(&arena, "%02x%030x", (unsigned)(n * 53 + 7) & 0xff, (unsigned)n);
}

static struct rs_view *new_row(int kind) {
    struct rs_view *row = rows[kind][n_rows[kind]++];
    memset(row, 0, sizeof rows[0][0]);
    return row;
}

static struct rs_view text(const char *s) { return s ? rs_arena_view(&arena, rs_cstr(s)) : RS_NULL; }

/* Sets columns from "name=value;name=value". */
static void set(struct rs_view *row, const struct rs_layout *layout, const char *pairs) {
    struct rs_view rest = text(pairs);
    while (rest.p && rest.n) {
        struct rs_view value = rs_split(&rest, ';'), name = rs_split(&value, '=');
        size_t i = 0;
        while (i < layout->n_columns && !rs_eq_c(name, layout->columns[i].name)) i++;
        cr_assert(i < layout->n_columns, "no column %.*s", (int)name.n, name.p);
        row[i] = value;
    }
}

static void demo(int record, int file, int no, const char *source, const char *date, const char *pairs) {
    struct rs_view *row = new_row(DEMO);
    row[DEMOGRAPHIC_record_key] = key_text(record);
    row[DEMOGRAPHIC_file_no] = rs_arena_long(&arena, file);
    row[DEMOGRAPHIC_record_no] = rs_arena_long(&arena, no);
    row[DEMOGRAPHIC_source] = text(source);
    row[DEMOGRAPHIC_record_date] = text(date);
    set(row, &rs_layout_demographic, pairs);
}

static void said(int record, int file, int no, int answer, const char *source, const char *element, const char *how,
                 const char *date, const char *pairs) {
    static int seq;
    struct rs_view *row = new_row(MAPPED);
    row[MAPPED_record_key] = key_text(record);
    row[MAPPED_file_no] = rs_arena_long(&arena, file);
    row[MAPPED_record_no] = rs_arena_long(&arena, no);
    row[MAPPED_answer_no] = rs_arena_long(&arena, answer);
    row[MAPPED_seq] = rs_arena_long(&arena, ++seq);
    row[MAPPED_source] = text(source);
    row[MAPPED_element] = text(element);
    row[MAPPED_representation] = RS_LIT("code");
    row[MAPPED_collection] = text(how);
    row[MAPPED_effective] = text(date);
    row[MAPPED_rule] = RS_LIT("test");
    set(row, &rs_layout_mapped, pairs);
}

static void id(int record, int file, int no, const char *system, const char *value, const char *links) {
    struct rs_view *row = new_row(ID);
    row[IDENTIFIER_record_key] = key_text(record);
    row[IDENTIFIER_file_no] = rs_arena_long(&arena, file);
    row[IDENTIFIER_record_no] = rs_arena_long(&arena, no);
    row[IDENTIFIER_id_type] = RS_LIT("member");
    row[IDENTIFIER_id_system] = text(system);
    row[IDENTIFIER_value] = text(value);
    row[IDENTIFIER_links] = text(links);
}

static void event(int record, int file, int no, const char *measure, int denominator, int numerator, const char *group) {
    struct rs_view *row = new_row(EVENT);
    row[MEASURE_EVENT_record_key] = key_text(record);
    row[MEASURE_EVENT_file_no] = rs_arena_long(&arena, file);
    row[MEASURE_EVENT_record_no] = rs_arena_long(&arena, no);
    row[MEASURE_EVENT_offset] = rs_arena_long(&arena, no * 100);
    row[MEASURE_EVENT_measure] = text(measure);
    row[MEASURE_EVENT_period] = RS_LIT("2025");
    row[MEASURE_EVENT_provider_group] = text(group);
    row[MEASURE_EVENT_denominator] = rs_arena_long(&arena, denominator);
    row[MEASURE_EVENT_numerator] = rs_arena_long(&arena, numerator);
}

static void write_rows(const char *dir, int kind, bool backwards) {
    struct rs_error error = {0};
    struct rs_buffer lines = {0};
    struct rs_row_writer *w = rs_row_writer_open(dir, layouts[kind], false, &error);
    cr_assert(w, "%s", error.text);
    for (size_t i = 0; i < n_rows[kind]; i++)
        rs_row_emit(&lines, layouts[kind], rows[kind][backwards ? n_rows[kind] - 1 - i : i]);
    cr_assert(rs_row_writer_add(w, &lines, n_rows[kind], &error), "%s", error.text);
    cr_assert(rs_row_writer_close(w, NULL, &error), "%s", error.text);
    rs_buffer_free(&lines);
}

static const char *under(const char *name) { return rs_arena_printf(&arena, "%s/%s", root, name).p; }

static void write_text(const char *name, const char *content) {
    struct rs_error error = {0};
    cr_assert(rs_write_file(under(name), content, strlen(content), &error), "%s", error.text);
}

/* Runs over what was said so far; the output is root/<out>. */
static void try_run(const char *out, const char *prior, int threads, bool backwards, struct rs_error *error) {
    const char *in = under("in"), *priors[1] = {prior ? under(prior) : NULL};
    cr_assert(rs_make_dirs(in, error), "%s", error->text);
    for (int kind = 0; kind < LINK; kind++) write_rows(in, kind, backwards);
    write_text("site.key", "0123456789abcdef0123456789abcdef");
    write_text("relsogi.yaml", rs_arena_printf(&arena, "site_key: site.key\n%s", extra_config).p);
    struct rs_stage_call call = {.inputs = &in, .n_inputs = 1, .priors = priors, .n_priors = prior ? 1 : 0,
                                 .output = under(out), .config_path = under("relsogi.yaml"), .threads = threads};
    rs_stage_run(&rs_stage_reconcile, &call, error);
}

static void run(const char *out) {
    struct rs_error error = {0};
    try_run(out, NULL, 2, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
}

static void run_after(const char *out, const char *prior) {
    struct rs_error error = {0};
    try_run(out, prior, 2, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
}

/* ---- looking at the output ------------------------------------------------------------------------------------------ */

static struct rs_view found[MOST_ROWS][RS_MAX_COLUMNS];

static size_t read_out(const char *out, const struct rs_layout *layout) {
    struct rs_error error = {0};
    struct rs_manifest m;
    const struct rs_view *row;
    size_t n = 0;
    cr_assert(rs_manifest_read(under(out), layout, &m, &error), "%s", error.text);
    struct rs_scan *s = rs_scan_open(&m, &error);
    while (rs_scan_next(s, &row, &error)) {
        cr_assert(n < MOST_ROWS);
        for (size_t i = 0; i < layout->n_columns; i++)
            found[n][i] = row[i].p ? rs_arena_view(&arena, row[i]) : RS_NULL;
        n++;
    }
    cr_assert(error.code == 0, "%s", error.text);
    rs_scan_close(s);
    return n;
}

static struct rs_view cell(const struct rs_view *row, const struct rs_layout *layout, struct rs_view name) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_eq_c(name, layout->columns[i].name)) return row[i];
    cr_assert_fail("no column %.*s", (int)name.n, name.p);
    return RS_NULL;
}

/* "column=value;column=" for null. */
static bool matches(const struct rs_view *row, const struct rs_layout *layout, const char *pairs) {
    struct rs_view rest = text(pairs);
    while (rest.p && rest.n) {
        struct rs_view value = rs_split(&rest, ';'), name = rs_split(&value, '=');
        struct rs_view got = cell(row, layout, name);
        if (value.n ? !rs_eq(got, value) : got.p != NULL) return false;
    }
    return true;
}

static size_t count_rows(const char *out, const struct rs_layout *layout, const char *pairs) {
    size_t n = read_out(out, layout), hits = 0;
    for (size_t i = 0; i < n; i++) hits += matches(found[i], layout, pairs);
    return hits;
}

static void expect(const char *out, const struct rs_layout *layout, size_t times, const char *pairs) {
    size_t n = count_rows(out, layout, pairs);
    if (n == times) return;
    n = read_out(out, layout);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < layout->n_columns; c++)
            if (found[i][c].p) printf("%s=%.*s;", layout->columns[c].name, (int)found[i][c].n, found[i][c].p);
        printf("\n");
    }
    cr_assert_fail("%s: not %zu times %s", layout->name, times, pairs);
}

static struct rs_view person_of(const char *out, int record) {
    size_t n = read_out(out, &rs_layout_link);
    for (size_t i = 0; i < n; i++)
        if (rs_eq(found[i][LINK_record_key], key_text(record))) return found[i][LINK_person_key];
    return RS_NULL;
}

static bool same_person(const char *out, int a, int b) { return rs_eq(person_of(out, a), person_of(out, b)); }

static bool same_file(const char *a, const char *b, const char *name) {
    struct rs_error error = {0};
    struct rs_buffer x = {0}, y = {0};
    cr_assert(rs_read_file(under(rs_arena_printf(&arena, "%s/%s.tsv", a, name).p), &x, 1 << 24, &error));
    cr_assert(rs_read_file(under(rs_arena_printf(&arena, "%s/%s.tsv", b, name).p), &y, 1 << 24, &error));
    bool same = x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
    rs_buffer_free(&x);
    rs_buffer_free(&y);
    return same;
}

static void setup(void) {
    strcpy(root, "/tmp/test_reconcile.XXXXXX");
    cr_assert(mkdtemp(root));
    memset(n_rows, 0, sizeof n_rows);
    extra_config = "";
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert(system(command) == 0);
    rs_arena_free(&arena);
}

TestSuite(reconcile, .init = setup, .fini = teardown);

#define P &rs_layout_person
#define V &rs_layout_person_value
#define D &rs_layout_discrepancy

/* ---- survivorship ------------------------------------------------------------------------------------------------------- */

/* One record of one source, and what it answers. */
static void one(int record, const char *source) { demo(record, 1, record, source, "2025-01-01", "surname=DOE"); }
static void linked(int a, const char *source_a, int b, const char *source_b) {
    demo(a, 1, a, source_a, "2025-01-01", "surname=DOE");
    demo(b, 2, b, source_b, "2025-01-01", "surname=DOE");
    id(a, 1, a, "state", "X1", "Y");
    id(b, 2, b, "state", "X1", "Y");
}

Test(reconcile, self_report_stands_over_newer_administrative) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2019-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    said(2, 2, 2, 1, "payer", "race", "administrative", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN;rule=collection;losers=1;source=ehr;collection=self");
    expect("out", D, 1, "element=race;axis=1997;kind=source_against_source;severity=warning;kept_value=ASIAN;"
                        "other_value=WHITE;rule=collection");
    expect("out", D, 1, "");
    expect("out", P, 1, "asian=Y;white=N;records=2;sources=2");
}

Test(reconcile, newer_of_two_self_reports_stands) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2019-01-01", "value=male");
    said(2, 2, 2, 1, "payer", "gender_identity", "self", "2024-01-01", "value=nonbinary");
    run("out");
    expect("out", V, 1, "element=gender_identity;axis=standard;value=nonbinary;rule=recency;losers=1");
    expect("out", D, 1, "element=gender_identity;axis=standard;severity=warning;kept_value=nonbinary;other_value=male");
}

Test(reconcile, several_races_stand_or_fall_together) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2024-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    said(1, 1, 1, 1, "ehr", "race", "self", "2024-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 2, 2, 1, "payer", "race", "self", "2020-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;seq=1;value=ASIAN");
    expect("out", V, 1, "element=race;axis=1997;seq=2;value=WHITE");
    expect("out", V, 2, "element=race;axis=1997");
    expect("out", D, 1, "kept_value=ASIAN+WHITE;other_value=BLACK");
    expect("out", P, 1, "asian=Y;white=Y;black=N;mena=;hispanic=;census6=");
}

Test(reconcile, own_answer_stands_over_a_newer_decline) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-06-01", "missing=DECLINED");
    said(2, 2, 2, 1, "payer", "race", "administrative", "2020-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=BLACK;rule=answered");
    expect("out", D, 1, "element=race;severity=note;kept_value=BLACK;other_value=[DECLINED];rule=answered");
}

Test(reconcile, decline_stands_over_observed_and_over_unknown) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2020-01-01", "missing=DECLINED");
    said(2, 2, 2, 1, "payer", "race", "observed", "2025-01-01", "omb1997=BLACK;omb2024=BLACK");
    said(2, 2, 2, 2, "payer", "sexual_orientation", "self", "2025-01-01", "missing=UNKNOWN");
    said(1, 1, 1, 2, "ehr", "sexual_orientation", "self", "2020-01-01", "missing=DECLINED");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=;missing=DECLINED;losers=1");
    expect("out", P, 1, "missing_race_1997=DECLINED;missing_2024=DECLINED;black=;missing_ethnicity_1997=UNKNOWN");
    expect("out", D, 1, "element=race;severity=note;kept_value=[DECLINED];other_value=BLACK");
    expect("out", V, 1, "element=sexual_orientation;missing=DECLINED;rule=answered");
    expect("out", D, 0, "element=sexual_orientation"); /* unknown disagrees with nothing */
}

Test(reconcile, unknown_of_a_better_class_does_not_hide_an_answer) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "missing=UNKNOWN");
    said(2, 2, 2, 1, "payer", "race", "unknown", "2020-01-01", "omb1997=AIAN;omb2024=AIAN");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=AIAN;rule=answered");
    expect("out", D, 0, "");
}

Test(reconcile, detail_beats_its_parent_from_the_same_source_only) {
    demo(1, 1, 1, "ehr", "2025-01-01", "surname=DOE");
    said(1, 1, 1, 1, "ehr", "race", "self", "2020-01-01", "omb1997=ASIAN;omb2024=ASIAN;detail=2034-7 Chinese");
    said(1, 1, 1, 2, "ehr", "race", "self", "2025-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    demo(2, 1, 2, "ehr", "2025-01-01", "surname=ROE");
    demo(3, 2, 3, "payer", "2025-01-01", "surname=ROE");
    id(2, 1, 2, "state", "Z", "Y");
    id(3, 2, 3, "state", "Z", "Y");
    said(2, 1, 2, 1, "ehr", "race", "self", "2020-01-01", "omb1997=ASIAN;omb2024=ASIAN;detail=2034-7 Chinese");
    said(3, 2, 3, 1, "payer", "race", "self", "2025-01-01", "omb1997=ASIAN|NHOPI;omb2024=ASIAN|NHPI");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN;rule=detail;effective=2020-01-01");
    expect("out", V, 1, "element=race;axis=detail;value=2034-7 Chinese");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN|NHOPI;rule=recency"); /* stays unresolved */
    expect("out", D, 1, "kind=source_against_source;severity=note;kept_value=ASIAN|NHOPI;other_value=ASIAN");
    expect("out", P, 1, "unresolved_1997=ASIAN|NHOPI;unresolved_2024=ASIAN|NHPI;asian=;nhpi=;white=N");
}

Test(reconcile, hispanic_conflict_is_an_error_and_still_decided) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "ethnicity", "self", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    said(2, 2, 2, 1, "payer", "ethnicity", "self", "2020-01-01", "omb1997=NOT_HISPANIC");
    run("out");
    expect("out", D, 1, "element=ethnicity;axis=1997;severity=error;kept_value=HISPANIC;other_value=NOT_HISPANIC");
    expect("out", P, 1, "hispanic=Y;hispanic_1997=Y;census6=HISPANIC;missing_race_1997=UNKNOWN;missing_2024=");
}

Test(reconcile, yes_and_no_in_one_answer_decide_nothing) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE");
    run("out");
    expect("out", D, 1, "element=ethnicity;kind=within_source;severity=error");
    expect("out", V, 1, "element=ethnicity;axis=1997;value=HISPANIC|NOT_HISPANIC");
    expect("out", P, 1, "hispanic=;hispanic_1997=;white=Y;census6=;missing_ethnicity_1997=UNKNOWN");
}

Test(reconcile, codes_decide_and_text_fills) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "missing=UNMAPPED");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=BLACK;omb2024=BLACK");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=ASIAN;omb2024=ASIAN");
    one(3, "ehr");
    said(3, 1, 3, 1, "ehr", "race", "self", "2025-01-01", "omb1997=OTHER_RACE;missing=OTHER");
    said(3, 1, 3, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=NHOPI;omb2024=NHPI");
    one(4, "ehr");
    said(4, 1, 4, 1, "ehr", "language_preferred", "self", "2025-01-01", "value=en");
    said(4, 1, 4, 1, "ehr", "language_preferred", "self", "2025-01-01", "representation=text;value=fr");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=BLACK");
    expect("out", V, 1, "element=race;axis=1997;value=WHITE");
    expect("out", V, 1, "element=race;axis=1997;value=NHOPI");
    expect("out", V, 0, "element=race;axis=1997;value=OTHER_RACE");
    expect("out", D, 1, "kind=code_against_text;element=race;kept_value=WHITE;other_value=ASIAN");
    expect("out", D, 1, "kind=code_against_text;element=language_preferred;kept_value=en;other_value=fr");
    expect("out", D, 2, "");
    expect("out", P, 1, "language=en");
}

Test(reconcile, source_rank_decides_among_administrative_before_recency) {
    linked(1, "ehr", 2, "aplan"); /* by name aplan would go first, and it is newer */
    said(1, 1, 1, 1, "ehr", "race", "administrative", "2020-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 2, 2, 1, "aplan", "race", "administrative", "2025-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("plain");
    expect("plain", V, 1, "element=race;axis=1997;value=BLACK;rule=recency");
    extra_config = "source_rank: [ehr]\n";
    run("ranked");
    expect("ranked", V, 1, "element=race;axis=1997;value=WHITE;rule=source_rank");
    cr_assert(!same_file("plain", "ranked", "discrepancy"));
    struct rs_view key;
    read_out("plain", D);
    key = found[0][DISCREPANCY_discrepancy_key];
    read_out("ranked", D);
    cr_assert(rs_eq(key, found[0][DISCREPANCY_discrepancy_key]), "the key does not depend on who stands");
}

/* ---- axes ---------------------------------------------------------------------------------------------------------------- */

Test(reconcile, combined_question_and_two_questions_give_the_same_axes) {
    one(1, "payer"); /* X12 O: White, not Hispanic */
    said(1, 1, 1, 1, "payer", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE");
    one(2, "ehr"); /* FHIR: race and ethnicity apart */
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 2, "ehr", "ethnicity", "self", "2025-01-01", "omb1997=NOT_HISPANIC");
    run("out");
    expect("out", P, 2, "white=Y;aian=N;asian=N;black=N;nhpi=N;hispanic=N;mena=;white_1997=Y;black_1997=N;other_1997=N;"
                        "hispanic_1997=N;census6=WHITE;missing_2024=;missing_race_1997=;missing_ethnicity_1997=;"
                        "race_collection=self");
}

Test(reconcile, x12_letter_h_is_complete_on_the_2024_axis_alone) {
    one(1, "payer");
    said(1, 1, 1, 1, "payer", "race_ethnicity", "unknown", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    run("out");
    expect("out", P, 1, "hispanic=Y;white=N;mena=;missing_2024=;missing_race_1997=UNKNOWN;white_1997=;census6=HISPANIC;"
                        "race_collection=unknown");
    expect("out", V, 1, "element=race_ethnicity;axis=2024;seq=1;value=HISPANIC");
    expect("out", V, 0, "element=race;axis=1997"); /* nobody said anything about race */
}

Test(reconcile, one_question_rules_out_what_it_leaves_out) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE;omb2024=MENA;rule=omb2024:MENA/B8");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=BLACK;omb2024=BLACK;rule=omb2024:BLACK/B4");
    run("out");
    expect("out", P, 1, "mena=Y;black=Y;white=N;hispanic=N;white_1997=Y;black_1997=Y;hispanic_1997=N;census6=MULTI");
}

/* US Core has no MENA category: the sender must put the detail under White. */
Test(reconcile, white_of_1997_above_a_mena_detail_is_no_answer_of_its_own) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=MENA;detail=2121-2 Iranian");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=MENA;detail=2121-2 Iranian");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=WHITE;detail=2113-9 Irish");
    run("out");
    expect("out", P, 1, "mena=Y;white=;black=N;white_1997=Y");
    expect("out", P, 1, "mena=Y;white=Y;black=N;white_1997=Y");
}

/* The derivation table of README.md, row by row. */
static struct rs_rc_axes axes_of(unsigned race97, unsigned any97, unsigned race24, unsigned any24, unsigned ethnicity) {
    struct rs_rc_answer r = {.element = EL_RACE, .c97 = {(uint16_t)race97, (uint16_t)any97},
                             .c24 = {(uint16_t)race24, (uint16_t)any24}};
    struct rs_rc_answer e = {.element = EL_ETHNICITY, .c97 = {(uint16_t)ethnicity, 0}};
    struct rs_rc_standing race = {.answer = race97 || any97 || race24 ? &r : NULL, .substance = SU_VALUE};
    struct rs_rc_standing eth = {.answer = ethnicity ? &e : NULL, .substance = SU_VALUE};
    struct rs_rc_axes axes;
    rs_rc_axes(&race, &eth, &axes);
    return axes;
}

static void census_is(const char *want, unsigned race97, unsigned any97, unsigned ethnicity) {
    struct rs_rc_axes a = axes_of(race97, any97, 0, 0, ethnicity);
    cr_assert(want ? a.census6 && strcmp(a.census6, want) == 0 : !a.census6, "race %x|%x ethnicity %x: %s", race97,
              any97, ethnicity, a.census6 ? a.census6 : "null");
}

Test(reconcile, census_groups) {
    const unsigned no = C97_NOT_HISPANIC, yes = C97_HISPANIC;
    census_is("HISPANIC", C97_BLACK, 0, yes);
    census_is("HISPANIC", 0, 0, yes);
    census_is("BLACK", C97_BLACK, 0, no);
    census_is("AIAN", C97_AIAN, 0, no);
    census_is("API", C97_NHOPI, 0, no);
    census_is("API", 0, C97_ASIAN | C97_NHOPI, no);
    census_is("MULTI", C97_ASIAN | C97_NHOPI, 0, no); /* two races */
    census_is("MULTI", C97_TWO_OR_MORE, 0, no);
    census_is("MULTI", C97_WHITE, C97_ASIAN | C97_NHOPI, no);
    census_is(NULL, C97_OTHER, 0, no);
    census_is(NULL, C97_WHITE | C97_OTHER, 0, no);
    census_is("MULTI", C97_WHITE | C97_BLACK | C97_OTHER, 0, no);
    census_is(NULL, C97_BLACK, 0, 0); /* Hispanic not ruled out */
    census_is(NULL, 0, 0, no);
    census_is(NULL, 0, C97_WHITE | C97_ASIAN, no);
}

Test(reconcile, bridge_to_2024) {
    struct rs_rc_axes a = axes_of(C97_OTHER, 0, 0, 0, C97_HISPANIC); /* B2 */
    cr_assert(a.yes_2024 == C24_HISPANIC && a.missing_2024 == MI_NONE && (a.no_2024 & C24_WHITE));
    a = axes_of(C97_WHITE, 0, C24_WHITE, 0, C97_HISPANIC); /* B3 */
    cr_assert(a.yes_2024 == (C24_WHITE | C24_HISPANIC) && !(a.no_2024 & C24_MENA) && (a.no_2024 & C24_BLACK));
    a = axes_of(0, 0, 0, 0, C97_NOT_HISPANIC); /* B5 */
    cr_assert(a.yes_2024 == 0 && a.missing_2024 == MI_UNKNOWN && a.no_2024 == C24_HISPANIC);
    a = axes_of(C97_OTHER, 0, 0, 0, C97_NOT_HISPANIC); /* B6 */
    cr_assert(a.yes_2024 == 0 && a.missing_2024 == MI_OTHER && a.yes_1997 == C97_OTHER);
    a = axes_of(C97_BLACK, 0, C24_BLACK, 0, 0); /* B7 */
    cr_assert(a.yes_2024 == C24_BLACK && !(a.no_2024 & C24_HISPANIC) && a.hispanic_1997 == 0);
    a = axes_of(C97_TWO_OR_MORE, 0, C24_TWO_OR_MORE, 0, C97_NOT_HISPANIC); /* B11 */
    cr_assert(a.unresolved_2024.all == C24_TWO_OR_MORE && a.missing_2024 == MI_NONE && a.no_2024 == C24_HISPANIC &&
              a.no_1997 == 0);
}

Test(reconcile, nobody_asked) {
    one(1, "payer");
    run("out");
    expect("out", P, 1, "missing_2024=UNKNOWN;missing_race_1997=UNKNOWN;missing_ethnicity_1997=UNKNOWN;"
                        "missing_language=UNKNOWN;race_collection=;census6=;white=");
    expect("out", V, 0, "");
}

/* ---- linking ----------------------------------------------------------------------------------------------------------------- */

Test(reconcile, chains_of_identifiers_join_and_others_do_not) {
    for (int i = 1; i <= 40; i++) { /* i and i+1 share an identifier: one chain of forty */
        char value[16];
        one(i, "ehr");
        snprintf(value, sizeof value, "v%d", i);
        id(i, 1, i, "chain", value, "Y");
        snprintf(value, sizeof value, "v%d", i + 1);
        id(i, 1, i, "chain", value, "Y");
    }
    one(50, "ehr");
    id(50, 1, 50, "other", "v3", "Y"); /* the same value in another namespace */
    one(51, "ehr");
    id(51, 1, 51, "chain", "v3", "N"); /* the profile does not let it link */
    run("out");
    for (int i = 2; i <= 40; i++) cr_assert(same_person("out", 1, i), "record %d", i);
    cr_assert(!same_person("out", 1, 50) && !same_person("out", 1, 51));
    expect("out", P, 1, "records=40");
    expect("out", P, 3, "");
    expect("out", &rs_layout_link, 40, "rule=member_id");
    expect("out", &rs_layout_link, 2, "rule=alone");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=merged;rows=81");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=ignored;reason=not_linking;rows=1");
}

/* Random graphs against the textbook way of finding components in memory. */
static int root_of(int *parent, int i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

Test(reconcile, components_of_random_graphs) {
    enum { RECORDS = 150 };
    for (uint64_t graph = 0; graph < 4; graph++) {
        struct rs_random r = rs_random(20260630, graph, 1);
        int parent[RECORDS], holder[RECORDS * 2];
        char value[16];
        n_rows[DEMO] = n_rows[ID] = 0;
        memset(holder, -1, sizeof holder);
        for (int i = 0; i < RECORDS; i++) {
            parent[i] = i;
            one(i, "ehr");
        }
        for (int k = 0; k < RECORDS + 40 * (int)graph; k++) {
            int record = (int)rs_random_below(&r, RECORDS), v = (int)rs_random_below(&r, RECORDS * 2);
            snprintf(value, sizeof value, "v%d", v);
            id(record, 1, record, "state", value, "Y");
            if (holder[v] < 0) holder[v] = record;
            else parent[root_of(parent, record)] = root_of(parent, holder[v]);
        }
        run("out");
        size_t n = read_out("out", &rs_layout_link), components = 0;
        cr_assert(n == RECORDS);
        struct rs_view person[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            components += root_of(parent, i) == i;
            for (size_t k = 0; k < n; k++)
                if (rs_eq(found[k][LINK_record_key], key_text(i))) person[i] = found[k][LINK_person_key];
        }
        for (int i = 0; i < RECORDS; i++)
            for (int j = 0; j < i; j++)
                cr_assert(rs_eq(person[i], person[j]) == (root_of(parent, i) == root_of(parent, j)), "graph %d: %d, %d",
                          (int)graph, i, j);
        expect("out", P, components, "");
    }
}

/* Whoever asks first, the same answer stands, for the same reason. */
Test(reconcile, survivorship_does_not_depend_on_the_order_of_answers) {
    static const char *const days[] = {"2023-01-01", "2024-01-01", NULL};
    static const char *const details[] = {NULL, "2034-7 Chinese", "2036-2 Filipino"};
    struct rs_random r = rs_random(7, 7, 7);
    for (int round = 0; round < 3000; round++) {
        struct rs_rc_answer a[6];
        struct rs_rc_candidate c[6], d[6];
        int aspect = (int)rs_random_below(&r, 2);
        memset(a, 0, sizeof a);
        size_t n = 0;
        for (int i = 0; i < 6; i++) {
            a[i].record.b[0] = (uint8_t)rs_random_below(&r, 3);
            a[i].source = (uint16_t)rs_random_below(&r, 3);
            a[i].element = rs_random_below(&r, 3) ? EL_RACE_ETHNICITY : EL_RACE;
            a[i].collection = (uint8_t)rs_random_below(&r, CO_COUNT);
            a[i].effective = rs_cstr(days[rs_random_below(&r, 3)]);
            if (rs_random_below(&r, 3) == 0) {
                a[i].missing = (uint8_t)(1 + rs_random_below(&r, MI_COUNT - 1));
            } else {
                a[i].c97.all = (uint16_t)(rs_random_below(&r, 512));
                a[i].c97.any = rs_random_below(&r, 2) ? C97_ASIAN | C97_NHOPI : 0;
                a[i].contradictory = (a[i].c97.all & C97_ETHNICITY) == C97_ETHNICITY;
                a[i].detail = rs_cstr(details[rs_random_below(&r, 3)]);
            }
            n += rs_rc_candidate_of(&a[i], aspect, &c[n]);
        }
        memcpy(d, c, sizeof c);
        for (size_t i = n; i > 1; i--) {
            size_t j = rs_random_below(&r, (uint32_t)i);
            struct rs_rc_candidate t = d[i - 1];
            d[i - 1] = d[j];
            d[j] = t;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                const char *rule;
                int x = rs_rc_candidate_compare(&c[i], &c[j], aspect, 1, &rule);
                int y = rs_rc_candidate_compare(&c[j], &c[i], aspect, 1, &rule);
                cr_assert((x < 0) == (y > 0) && (x == 0) == (y == 0));
            }
        struct rs_rc_standing s = rs_rc_survive(c, n, aspect, 1), t = rs_rc_survive(d, n, aspect, 1);
        cr_assert(s.losers == t.losers && strcmp(s.rule, t.rule) == 0);
        if (n) cr_assert(s.answer == t.answer || memcmp(s.answer, t.answer, sizeof *s.answer) == 0);
    }
}

Test(reconcile, a_filler_identifier_links_nobody) {
    for (int i = 1; i <= 60; i++) {
        one(i, "ehr");
        id(i, 1, i, "ssn", "999999999", "Y");
    }
    run("out");
    expect("out", P, 60, "records=1");
    expect("out", &rs_layout_quarantine, 60, "rule=id_shared_by_many;scope=value;raw=");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=ignored;reason=id_shared_by_many;rows=60");
}

Test(reconcile, a_crosswalk_pair_joins) {
    one(1, "ehr");
    one(2, "payer");
    one(3, "payer");
    id(1, 1, 1, "ehr", "A 1", "N");
    id(2, 1, 2, "payer", "B\"1", "N");
    id(3, 1, 3, "payer", "B2", "N");
    write_text("pairs.csv", "\xef\xbb\xbfid_system_a,note,id_a,id_system_b,id_b\r\n"
                            "ehr,x,\"A 1\",payer,\"B\"\"1\"\r\nehr,x,NOBODY,payer,B2");
    extra_config = "crosswalk: pairs.csv\n";
    run("out");
    cr_assert(same_person("out", 1, 2) && !same_person("out", 1, 3));
    expect("out", &rs_layout_link, 2, "rule=crosswalk");
    expect("out", &rs_layout_link, 1, "rule=alone");
}

Test(reconcile, a_broken_crosswalk_says_where) {
    struct rs_error error = {0};
    one(1, "ehr");
    write_text("pairs.csv", "id_system_a,id_a,id_system_b,id_b\nehr,1,payer,\n");
    extra_config = "crosswalk: pairs.csv\n";
    try_run("out", NULL, 1, false, &error);
    cr_assert(error.code == RS_DATA && strstr(error.text, "pairs.csv:2: id_b is empty"), "%s", error.text);
}

static void forget_ids(void) { n_rows[ID] = 0; }

Test(reconcile, prior_keys_are_kept_and_merges_and_splits_logged) {
    const struct rs_layout *events = &rs_layout_link_event;
    linked(1, "ehr", 2, "payer");
    one(3, "ehr");
    one(4, "ehr");
    run("first");
    struct rs_view a = person_of("first", 1), c = person_of("first", 3);
    cr_assert(rs_eq(a, person_of("first", 2)) && !rs_eq(a, c));

    run_after("same", "first");
    cr_assert(rs_eq(a, person_of("same", 1)) && rs_eq(c, person_of("same", 3)));
    expect("same", events, 0, "");
    expect("same", &rs_layout_link, 2, "rule=prior");
    expect("same", &rs_layout_link, 2, "rule=member_id");
    cr_assert(same_file("first", "same", "person"));

    forget_ids(); /* 1 and 2 fall apart; 3 and 4 join */
    id(3, 1, 3, "state", "Q", "Y");
    id(4, 1, 4, "state", "Q", "Y");
    run_after("second", "first");
    cr_assert(!same_person("second", 1, 2) && same_person("second", 3, 4));
    cr_assert(rs_eq(a, person_of("second", 1)) != rs_eq(a, person_of("second", 2)), "one of the two keeps the key");
    expect("second", events, 1, "event=split");
    expect("second", events, 1, "event=merge;rule=member_id");
    expect("second", events, 2, "");

    /* Back together, and the key that stood for both is kept. */
    forget_ids();
    id(1, 1, 1, "state", "X1", "Y");
    id(2, 2, 2, "state", "X1", "Y");
    run_after("third", "second");
    cr_assert(same_person("third", 1, 2));
    expect("third", events, 1, "event=merge");
}

/* The record whose key names a person leaves: the person keeps the key, so it must not be made again for the record. */
Test(reconcile, a_key_is_never_given_twice) {
    one(1, "ehr");
    run("alone");
    struct rs_view key = person_of("alone", 1);
    one(2, "ehr");
    id(1, 1, 1, "state", "Q", "Y");
    id(2, 1, 2, "state", "Q", "Y");
    run_after("joined", "alone");
    cr_assert(rs_eq(key, person_of("joined", 2)));
    n_rows[DEMO] = 0; /* record 1 is away */
    n_rows[ID] = 0;
    one(2, "ehr");
    run_after("away", "joined");
    cr_assert(rs_eq(key, person_of("away", 2)));
    one(1, "ehr"); /* and comes back on its own */
    run_after("back", "away");
    cr_assert(rs_eq(key, person_of("back", 2)));
    cr_assert(!same_person("back", 1, 2));
    expect("back", P, 2, "records=1");
}

/* ---- rows of one record, persons, measures ------------------------------------------------------------------------------------- */

Test(reconcile, newer_row_of_a_record_stands_and_older_answers_count) {
    demo(1, 1, 1, "payer", "2024-01-01", "surname=OLD;zip5=10001");
    demo(1, 2, 1, "payer", "2025-01-01", "surname=NEW;zip5=10002");
    said(1, 1, 1, 1, "payer", "race", "self", "2024-01-01", "omb1997=AIAN;omb2024=AIAN");
    run("out");
    expect("out", P, 1, "surname=NEW;zip5=10002;records=1;aian=Y");
    expect("out", &rs_layout_ledger, 1, "layout=demographic;file_no=1;fate=superseded;rows=1");
    expect("out", &rs_layout_ledger, 1, "layout=demographic;file_no=2;fate=merged;rows=1");
    expect("out", D, 0, "");
}

Test(reconcile, demographics_by_group_and_their_disagreements) {
    extra_config = "source_rank: ehr, payer\n";
    demo(1, 1, 1, "payer", "2025-05-01",
         "surname=SMITH;first_name=ANN;birth_date=1980-01-02;sex=female;state=NY;zip5=10001;tract=36061000100");
    demo(2, 2, 1, "ehr", "2020-01-01", "surname=JONES;birth_date=1980-02-01;sex=unknown;zip5=10001");
    id(1, 1, 1, "state", "S", "Y");
    id(2, 2, 1, "state", "S", "Y");
    run("out");
    /* whole name from payer (ehr has no first name); birth from ehr by rank; the finer of two addresses in one ZIP */
    expect("out", P, 1, "surname=SMITH;first_name=ANN;birth_date=1980-02-01;sex=female;zip5=10001;tract=36061000100");
    expect("out", D, 1, "element=birth_date;axis=standard;severity=error;kept_value=1980-02-01;other_value=1980-01-02;"
                        "rule=source_rank");
    expect("out", D, 1, "element=surname;kept_value=;other_value=;severity=warning");
    expect("out", D, 2, "");
}

Test(reconcile, surnames_written_in_two_ways) {
    static const char *const pairs[][3] = {{"O'BRIEN", "OBRIEN", ""},
                                           {"GARCIA-LOPEZ", "GARCIA LOPEZ", ""},
                                           {"GARCIA LOPEZ", "GARCIA", "note"},
                                           {"LOPEZ", "GARCIA-LOPEZ", "note"},
                                           {"LOPE", "LOPEZ", "warning"}};
    char value[16], columns[64];
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(columns, sizeof columns, "surname=%s", pairs[i][k]);
            demo(i * 2 + k, k + 1, i, k ? "payer" : "ehr", "2025-01-01", columns);
            snprintf(value, sizeof value, "n%d", i);
            id(i * 2 + k, k + 1, i, "state", value, "Y");
        }
    }
    run("out");
    expect("out", D, 2, "element=surname;severity=note");
    expect("out", D, 1, "element=surname;severity=warning");
    expect("out", D, 3, "");
}

Test(reconcile, measures_of_a_person_count_once) {
    linked(1, "ehr", 2, "payer");
    event(1, 3, 1, "CBP", 1, 0, "north");
    event(2, 4, 1, "CBP", 1, 1, NULL);
    event(1, 3, 2, "HBD", 0, 0, "north");
    event(77, 3, 3, "CBP", 1, 1, NULL);
    run("out");
    const struct rs_layout *m = &rs_layout_person_measure, *l = &rs_layout_ledger;
    expect("out", m, 1, "measure=CBP;period=2025;denominator=1;numerator=1;provider_group=");
    expect("out", m, 1, "measure=HBD;denominator=0;numerator=0;provider_group=north");
    expect("out", m, 2, "");
    expect("out", l, 1, "layout=measure_event;file_no=3;fate=superseded;rows=1");
    expect("out", l, 1, "layout=measure_event;file_no=3;fate=rejected;reason=unknown_member;rows=1");
    expect("out", &rs_layout_quarantine, 1, "rule=unknown_member;scope=row;file_no=3;record_no=3;offset=300");
}

Test(reconcile, rows_of_an_unknown_record_are_rejected_with_their_place) {
    one(1, "ehr");
    said(9, 5, 6, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(9, 5, 6, 1, "ehr", "race", "self", "2025-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    id(9, 5, 6, "state", "X", "Y");
    run("out");
    expect("out", &rs_layout_quarantine, 2, "rule=unknown_member;scope=row;file_no=5;record_no=6;field=record_key");
    expect("out", &rs_layout_quarantine, 1, "rule=unknown_member;scope=row;file_no=5;field=identifier.record_key");
    expect("out", &rs_layout_ledger, 1, "layout=mapped;file_no=5;fate=rejected;reason=unknown_member;rows=2");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;file_no=5;fate=rejected;reason=unknown_member;rows=1");
    expect("out", P, 1, "");
}

Test(reconcile, languages_and_interpreter) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "language_spoken", "self", "2025-01-01", "value=es");
    said(1, 1, 1, 2, "ehr", "language_preferred", "self", "2025-01-01", "missing=DECLINED");
    said(1, 1, 1, 3, "ehr", "interpreter", "self", "2025-01-01", "value=Y");
    said(1, 1, 1, 4, "ehr", "sex_at_birth", "self", "2025-01-01", "value=F");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "language_preferred", "self", "2025-01-01", "missing=DECLINED");
    run("out");
    expect("out", P, 1, "language=es;missing_language=;interpreter=Y;sex=");
    expect("out", P, 1, "language=;missing_language=DECLINED;interpreter=");
    expect("out", V, 1, "element=sex_at_birth;axis=standard;value=F");
}

Test(reconcile, an_unknown_word_of_the_layout_stops_the_stage) {
    struct rs_error error = {0};
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "omb1997=PURPLE");
    try_run("out", NULL, 1, false, &error);
    cr_assert(error.code == RS_DATA && strstr(error.text, "omb1997"), "%s", error.text);
}

/* ---- same bytes -------------------------------------------------------------------------------------------------------------------- */

/* Forty persons of two or three records each, with answers that tie in every way but content. */
static void many_people(int file_a, int file_b) {
    static const char *const races[] = {"WHITE", "BLACK", "ASIAN", "AIAN", "ASIAN|NHOPI"};
    static const char *const races24[] = {"WHITE", "BLACK", "ASIAN", "AIAN", "ASIAN|NHPI"};
    char value[32], pairs[128];
    n_rows[DEMO] = n_rows[MAPPED] = n_rows[ID] = n_rows[EVENT] = 0;
    for (int i = 0; i < 100; i++) {
        int file = i % 2 ? file_a : file_b;
        const char *source = i % 3 ? "ehr" : "payer";
        snprintf(pairs, sizeof pairs, "surname=N%d;birth_date=19%02d-01-01;zip5=1%04d", i % 7, i % 90 + 10, i % 5);
        demo(i, file, i, source, "2025-01-01", pairs);
        snprintf(pairs, sizeof pairs, "surname=N%d;birth_date=19%02d-01-01", i % 6, i % 90 + 10);
        if (i % 4 == 0) demo(i, file_b, 1000 + i, source, "2025-01-01", pairs); /* again, on the same day */
        snprintf(value, sizeof value, "p%d", i % 40);
        id(i, file, i, "state", value, "Y");
        snprintf(pairs, sizeof pairs, "omb1997=%s;omb2024=%s", races[i % 5], races24[i % 5]);
        said(i, file, i, 1, source, "race", "self", "2025-01-01", pairs);
        said(i, file, i, 2, source, "ethnicity", "self", "2025-01-01",
             i % 2 ? "omb1997=NOT_HISPANIC" : "omb1997=HISPANIC;omb2024=HISPANIC");
        event(i, file, 5000 + i, "CBP", 1, i % 2, i % 3 ? "north" : "south");
    }
}

static const char *const files[] = {"link", "link_event", "person", "person_value", "discrepancy", "person_measure"};

Test(reconcile, same_bytes_for_threads_order_and_file_numbers) {
    struct rs_error error = {0};
    many_people(1, 2);
    try_run("one", NULL, 1, false, &error);
    try_run("two", NULL, 2, false, &error);
    try_run("back", NULL, 2, true, &error);
    many_people(7, 3); /* the same rows from files that sort the other way */
    try_run("files", NULL, 3, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        cr_assert(same_file("one", "two", files[i]), "%s: threads", files[i]);
        cr_assert(same_file("one", "back", files[i]), "%s: order of rows", files[i]);
        cr_assert(same_file("one", "files", files[i]), "%s: order of files", files[i]);
    }
    cr_assert(same_file("one", "two", "ledger") && same_file("one", "two", "quarantine"));
    expect("one", P, 40, "");
}

Test(reconcile, outputs_are_sorted_by_their_keys) {
    static const struct rs_layout *const sorted[] = {&rs_layout_link, &rs_layout_person, &rs_layout_discrepancy};
    many_people(1, 2);
    run("out");
    for (size_t k = 0; k < 3; k++) {
        size_t n = read_out("out", sorted[k]);
        cr_assert(n > 30);
        for (size_t i = 1; i < n; i++)
            cr_assert(rs_compare(found[i - 1][0], found[i][0]) < 0, "%s row %zu", sorted[k]->name, i);
    }
    size_t n = read_out("out", V);
    for (size_t i = 1; i < n; i++) {
        int c = rs_compare(found[i - 1][0], found[i][0]);
        if (!c) c = rs_compare(found[i - 1][1], found[i][1]);
        if (!c) c = rs_compare(found[i - 1][2], found[i][2]);
        if (!c) c = rs_compare(found[i - 1][3], found[i][3]);
        cr_assert(c < 0, "person_value row %zu", i);
    }
}
