/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sample plan: it draws what the tables say when nothing departs from them, writes the same bytes however it is
 * run, and what it writes can be read. Expected shares come from the reference pack or are added up by hand. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "tests/synth/people.h"
#include "tests/synth/pen.h"

/* The default pack where it is built, else $RELSOGI_REFERENCE. */
static const char *pack_path(void) {
    static char path[PATH_MAX];
    char self[PATH_MAX - 64] = "";
    const char *set = getenv("RELSOGI_REFERENCE");
    if (set && *set) return set;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) snprintf(path, sizeof path, "%.*s/../share/relsogi/default.pack", (int)(strrchr(self, '/') - self),
                        self);
    return path;
}

static struct rs_synth_options options(const char *off) {
    struct rs_synth_options o = rs_synth_defaults;
    o.reference = pack_path();
    for (int i = 0; i < RS_SYNTH_PARTS; i++)
        o.off[i] = strcmp(off, "all") == 0 || strcmp(off, rs_synth_part_names[i]) == 0;
    return o;
}

static bool have_pack(void) {
    if (rs_exists(pack_path())) return true;
    cr_skip("no reference pack at %s: build the target default_pack", pack_path());
    return false;
}

static struct rs_synth_world *open_world(const struct rs_synth_options *o) {
    struct rs_error error = {0};
    struct rs_synth_world *w = rs_synth_world_new(o, &error);
    cr_assert(w != NULL, "%s", error.text);
    return w;
}

/* Walks members 0 .. n-1. */
static void each(const struct rs_synth_world *w, int n, void (*see)(const struct rs_synth_person *, void *),
                 void *into) {
    struct rs_synth_person members[8];
    for (int i = 0; i < n;) {
        int size = rs_synth_household(w, (uint64_t)i, n - i < 8 ? n - i : 8, members);
        for (int k = 0; k < size; k++) see(&members[k], into);
        i += size;
    }
}

/* ---- alias tables --------------------------------------------------------------------------------------------- */

Test(synth, alias_draws_follow_the_weights) {
    const double weights[] = {1, 2, 0, 3, 4};
    struct rs_alias a = {0};
    rs_alias_build(&a, weights, 5);
    struct rs_random r = rs_random(7, 0, 99);
    int seen[5] = {0};
    enum { N = 200000 };
    for (int i = 0; i < N; i++) seen[rs_alias_draw(&a, &r)]++;
    cr_assert_eq(seen[2], 0);
    for (int i = 0; i < 5; i++) {
        double p = weights[i] / 10, se = sqrt(p * (1 - p) / N);
        cr_assert(fabs(seen[i] / (double)N - p) <= 5 * se, "cell %d: %d", i, seen[i]);
    }
    rs_alias_free(&a);
}

/* ---- what is drawn -------------------------------------------------------------------------------------------- */

struct seen { double group[RS_GROUPS], households, smith[RS_GROUPS], place[RS_GROUPS], adults; };

static void count_heads(const struct rs_synth_person *p, void *into) {
    struct seen *s = into;
    if (p->role != RS_S_SELF) return;
    s->households++;
    s->group[p->group]++;
    if (strcmp(p->family.census, "SMITH") == 0) s->smith[p->group]++;
}

static double place_total(const struct rs_synth_world *w, double by_group[RS_GROUPS]) {
    static const char *const states[] = {"04", "35", "40", "48"};
    double counts[RS_GROUPS], sum = 0;
    memset(by_group, 0, RS_GROUPS * sizeof *by_group);
    for (size_t i = 0; i < rs_pack_places(w->pack, RS_TRACT); i++) {
        struct rs_view id = rs_pack_place_at(w->pack, RS_TRACT, i, counts);
        bool in = false;
        for (int k = 0; k < 4; k++) in |= memcmp(id.p, states[k], 2) == 0;
        for (int g = 0; in && g < RS_GROUPS; g++) {
            by_group[g] += counts[g];
            sum += counts[g];
        }
    }
    return sum;
}

/* Without departures a household's group has the share of its states' tracts, and a surname P(s|r). */
Test(synth, without_departures_shares_are_those_of_the_tables) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("all");
    struct rs_synth_world *w = open_world(&o);
    struct seen s = {0};
    double place[RS_GROUPS], smith[RS_GROUPS], totals[RS_GROUPS], all = place_total(w, place);
    each(w, 400000, count_heads, &s);
    rs_pack_surname(w->pack, RS_LIT("SMITH"), smith);
    rs_pack_surname_totals(w->pack, totals);
    for (int g = 0; g < RS_GROUPS; g++) {
        double p = place[g] / all, q = smith[g] / totals[g];
        cr_assert(fabs(s.group[g] / s.households - p) <= 5 * sqrt(p * (1 - p) / s.households), "%s: %.5f not %.5f",
                  rs_group_names[g], s.group[g] / s.households, p);
        cr_assert(fabs(s.smith[g] - q * s.group[g]) <= 5 * sqrt(q * s.group[g]) + 1, "SMITH, %s: %.0f, not about %.1f",
                  rs_group_names[g], s.smith[g], q * s.group[g]);
    }
    rs_synth_world_free(w);
}

static void sum_flags(const struct rs_synth_person *p, void *into) {
    struct seen *s = into;
    s->adults += p->age >= 18;
    for (int b = 0; b < 5; b++) s->group[b] += p->departures >> b & 1;
    s->households += p->damage != 0;
}

Test(synth, parts_switched_off_leave_no_trace) {
    if (!have_pack()) return;
    struct rs_synth_options off = options("all"), on = options("none");
    struct rs_synth_world *w = open_world(&off);
    struct seen none = {0}, some = {0};
    each(w, 20000, sum_flags, &none);
    rs_synth_world_free(w);
    w = open_world(&on);
    each(w, 20000, sum_flags, &some);
    rs_synth_world_free(w);
    for (int b = 0; b < 5; b++) {
        cr_assert_eq(none.group[b], 0, "departure %d", b);
        /* 1, names borrowed from the Hispanic column, happens only in states that are not in the default */
        cr_assert(b == 1 || some.group[b] > 20, "departure %d", b);
    }
    cr_assert_eq(none.households, 0);
    cr_assert_gt(some.households, 100);
    cr_assert_gt(some.adults, 10000);
}

struct outcomes { double p[RS_S_MEASURES], met[RS_S_MEASURES], spread[RS_S_MEASURES]; };

static void sum_outcomes(const struct rs_synth_person *p, void *into) {
    struct outcomes *s = into;
    for (int m = 0; m < RS_S_MEASURES; m++) {
        if (!p->denominator[m]) continue;
        s->p[m] += p->p[m];
        s->met[m] += p->numerator[m];
        s->spread[m] += p->p[m] * (1 - p->p[m]);
    }
}

Test(synth, outcomes_follow_their_probabilities) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    struct rs_synth_world *w = open_world(&o);
    struct outcomes s = {0};
    each(w, 100000, sum_outcomes, &s);
    for (int m = 0; m < RS_S_MEASURES; m++)
        cr_assert(fabs(s.p[m] - s.met[m]) <= 5 * sqrt(s.spread[m]), "measure %d: %.1f expected, %.0f", m,
                  s.p[m], s.met[m]);
    rs_synth_world_free(w);
}

/* Odds of an answer at full engagement over those at none are the stated ratio: .48 with ratio 1.7 is odds of
 * .923077 * 1.7^(1/2) = 1.203545 and .923077 * 1.7^(-1/2) = .707968, hence .546186 and .414509. */
Test(synth, self_report_leans_on_outcome_by_the_stated_odds) {
    if (!have_pack()) return;
    struct rs_synth_options on = options("none"), off = options("report");
    struct rs_synth_world *w = open_world(&on);
    struct rs_synth_person full = {.engaged = 1}, none = {.engaged = 0};
    cr_assert_float_eq(rs_synth_reporting(w, &full, 0.48, 0.5), 0.546186, 1e-6);
    cr_assert_float_eq(rs_synth_reporting(w, &none, 0.48, 0.5), 0.414509, 1e-6);
    rs_synth_world_free(w);
    w = open_world(&off);
    cr_assert_eq(rs_synth_reporting(w, &full, 0.48, 0.5), 0.5);
    rs_synth_world_free(w);
}

/* ---- spelling ------------------------------------------------------------------------------------------------- */

Test(synth, names_are_spelled_as_each_source_would) {
    struct rs_buffer b = {0};
    struct rs_synth_family f = {.census = "NUNEZ", .written = "Núñez", .second_written = "De León"};
    rs_put_family(&b, &f, (struct rs_spelling){.accents = RS_FOLDED, .letters = RS_UPPER, .joined = true,
                                               .second = RS_BOTH_HYPHEN});
    cr_assert(rs_eq_c(rs_view(b.p, b.n), "NUNEZ-DELEON"));
    b.n = 0;
    rs_put_family(&b, &f, (struct rs_spelling){.accents = RS_UTF8, .letters = RS_TITLE, .second = RS_BOTH_BLANK});
    cr_assert(rs_eq_c(rs_view(b.p, b.n), "Núñez De León"));
    b.n = 0;
    rs_put_family(&b, &f, (struct rs_spelling){.accents = RS_CP1252, .letters = RS_TITLE, .second = RS_FIRST_ONLY});
    cr_assert(rs_eq_c(rs_view(b.p, b.n), "N\xfa\xf1" "ez"));
    rs_buffer_free(&b);
}

/* ---- the files ------------------------------------------------------------------------------------------------ */

static const char *const files[] = {"plan_834.edi", "ehr_patients.ndjson", "clinic_roster.csv", "measures.csv",
                                    "truth/truth.tsv", "truth/rates.tsv", "relsogi.yaml", "site.key"};
enum { N_FILES = sizeof files / sizeof *files };

static void make(struct rs_synth_options *o, char dir[64]) {
    struct rs_error error = {0};
    snprintf(dir, 64, "/tmp/relsogi-synth-XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    o->output = dir;
    cr_assert(rs_synth_write(o, &error), "%s", error.text);
}

static void forget(const char *dir) {
    char path[128];
    static const char *const more[] = {"truth/README", "truth", ""};
    for (int i = 0; i < N_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s.gz", dir, files[i]);
        unlink(path);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, more[i]);
        remove(path);
    }
}

/* A whole file, decompressed where it is gzip. */
static struct rs_buffer whole(const char *dir, const char *name) {
    char path[128];
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    struct rs_in *in = rs_in_open(path, &error);
    cr_assert(in != NULL, "%s", error.text);
    for (size_t got = 1; got; b.n += got) {
        rs_buffer_reserve(&b, 1 << 16);
        cr_assert(rs_in_read(in, b.p + b.n, 1 << 16, &got, &error), "%s", error.text);
    }
    rs_in_close(in);
    return b;
}

static void same_files(const char *a, const char *b, const char *suffix) {
    for (int i = 0; i < N_FILES - 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", files[i], i < 4 ? suffix : "");
        struct rs_buffer x = whole(a, files[i]), y = whole(b, name);
        cr_assert(rs_eq(rs_view(x.p, x.n), rs_view(y.p, y.n)), "%s differs", files[i]);
        rs_buffer_free(&x);
        rs_buffer_free(&y);
    }
}

Test(synth, same_bytes_with_any_threads_and_compressed) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    char one[64], three[64], zipped[64], other[64];
    o.members = 3 * RS_SYNTH_BLOCK + 17;
    make(&o, one);
    o.threads = 3;
    make(&o, three);
    same_files(one, three, "");
    o.gzip = true;
    make(&o, zipped);
    same_files(one, zipped, ".gz");
    o.gzip = false;
    o.seed = 2;
    make(&o, other);
    struct rs_buffer x = whole(one, "plan_834.edi"), y = whole(other, "plan_834.edi");
    cr_assert(!rs_eq(rs_view(x.p, x.n), rs_view(y.p, y.n)), "another seed gives another plan");
    rs_buffer_free(&x);
    rs_buffer_free(&y);
    forget(one);
    forget(three);
    forget(zipped);
    forget(other);
}

/* Counts of SE, GE and IEA, and every subscriber before the dependents who name them. */
Test(synth, the_834_adds_up) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    char dir[64];
    o.members = 2 * RS_SYNTH_BLOCK + 5;
    make(&o, dir);
    struct rs_buffer file = whole(dir, "plan_834.edi");
    struct rs_view rest = rs_view(file.p, file.n);
    cr_assert_eq(file.p[105], '~', "the ISA has its fixed length");
    int64_t since_set = 0, sets = 0, members = 0, groups = 0, value = 0;
    bool ended = false;
    while (rs_has(rest)) {
        struct rs_view segment = rs_trim(rs_split(&rest, '~')), name = rs_split(&segment, '*');
        if (!rs_has(name)) continue;
        cr_assert_not(ended, "something follows IEA");
        since_set = rs_eq_c(name, "ST") ? 1 : since_set + 1;
        members += rs_eq_c(name, "INS");
        sets += rs_eq_c(name, "ST");
        groups += rs_eq_c(name, "GS");
        if (!rs_eq_c(name, "SE") && !rs_eq_c(name, "GE") && !rs_eq_c(name, "IEA")) continue;
        cr_assert(rs_parse_long(rs_split(&segment, '*'), &value));
        ended = rs_eq_c(name, "IEA");
        cr_assert_eq(value, rs_eq_c(name, "SE") ? since_set : rs_eq_c(name, "GE") ? sets : groups);
    }
    cr_assert(ended);
    cr_assert_eq(sets, 3);
    /* 95 % of about 1900 households, plus 1 % sent twice */
    cr_assert(members > 3600 && members < 4300, "%lld", (long long)members);
    rs_buffer_free(&file);
    forget(dir);
}

Test(synth, every_ndjson_line_is_json_and_every_csv_row_has_all_fields) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    char dir[64];
    o.members = RS_SYNTH_BLOCK;
    make(&o, dir);
    struct rs_buffer ehr = whole(dir, "ehr_patients.ndjson"), roster = whole(dir, "clinic_roster.csv");
    struct rs_view rest = rs_view(ehr.p, ehr.n);
    int patients = 0, observations = 0, rows = 0, not_ascii = 0;
    cr_assert(rs_utf8_valid(rest));
    while (rs_has(rest)) {
        struct rs_view line = rs_split(&rest, '\n');
        if (!rs_has(line)) continue;
        json_error_t fault;
        json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &fault);
        cr_assert(j != NULL, "line %d: %s", patients + observations + 1, fault.text);
        const char *type = json_string_value(json_object_get(j, "resourceType"));
        patients += strcmp(type, "Patient") == 0;
        observations += strcmp(type, "Observation") == 0;
        json_decref(j);
    }
    /* 60 % of 2048 in the export */
    cr_assert(patients > 1100 && patients < 1360, "%d", patients);
    cr_assert(observations > 100);
    rest = rs_view(roster.p, roster.n);
    while (rs_has(rest)) {
        struct rs_view line = rs_split(&rest, '\n');
        int fields = 1, quotes = 0;
        for (size_t i = 0; i < line.n; i++) {
            quotes += line.p[i] == '"';
            fields += line.p[i] == ',' && quotes % 2 == 0;
            not_ascii += (unsigned char)line.p[i] > 127;
        }
        if (!line.n) continue;
        cr_assert(fields == 18 && quotes % 2 == 0, "row %d", rows);
        rows++;
    }
    cr_assert_gt(not_ascii, 0, "accents in Windows-1252 are there");
    cr_assert_not(rs_utf8_valid(rs_view(roster.p, roster.n)));
    rs_buffer_free(&ehr);
    rs_buffer_free(&roster);
    forget(dir);
}

Test(synth, key_and_configuration_can_be_read) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    struct rs_site_key key;
    struct rs_error error = {0};
    char dir[64], path[128];
    o.members = 1;
    make(&o, dir);
    snprintf(path, sizeof path, "%s/site.key", dir);
    cr_assert(rs_site_key_read(path, &key, &error), "%s", error.text);
    snprintf(path, sizeof path, "%s/relsogi.yaml", dir);
    json_t *config = rs_yaml_read(path, NULL, &error);
    cr_assert(config != NULL, "%s", error.text);
    cr_assert_eq(json_array_size(json_object_get(config, "sources")), 4);
    json_decref(config);
    forget(dir);
}

Test(synth, states_that_are_none_are_refused) {
    if (!have_pack()) return;
    struct rs_synth_options o = options("none");
    struct rs_error error = {0};
    o.states = "TX,ZZ";
    cr_assert_null(rs_synth_world_new(&o, &error));
    cr_assert_eq(error.code, RS_USAGE);
}
