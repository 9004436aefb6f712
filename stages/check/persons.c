/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who reported what, where, under whom and with which probabilities stands in four files. */
#include "person_rows.h"
#include "groups.h"
#include "reduce.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- bringing them together ------------------------------------------------------------------------------------- */

/* One reduced file in the order of its keys, with the record that waits. */
struct stream {
    struct rs_reduced file;
    char *buffer;
    size_t n, at;
};
enum { STREAM = 4096 };

static bool fill(struct stream *s, struct rs_error *error) {
    if (s->at < s->n || !s->file.file) return true;
    s->at = 0;
    if (!s->buffer) s->buffer = rs_alloc(STREAM * s->file.size);
    return rs_reduced_read(&s->file, s->buffer, STREAM, &s->n, error);
}

/* The waiting record where it is of this key; NULL otherwise. All records begin with their key. */
static const void *waiting(struct stream *s, struct rs_key key, struct rs_error *error) {
    struct rs_key k;
    if (!fill(s, error) || s->at >= s->n) return NULL;
    memcpy(&k, s->buffer + s->at * s->file.size, sizeof k);
    return rs_key_compare(k, key) == 0 ? s->buffer + s->at * s->file.size : NULL;
}

struct joining {
    struct rs_person_counts *out;
    struct stream person, value, posterior;
    struct rs_scan *measure;
    const struct rs_view *waiting; /* row of person_measure */
    uint64_t measures;
    struct rs_groups groups;
    size_t room;     /* of by_group */
    size_t mine[64]; /* provider groups of this person */
    size_t n_mine;
    struct rs_reduced fill_source, fill_group, fill_facility;
};

static bool next_measure(struct joining *j, struct rs_error *error) {
    if (!j->measure || !rs_scan_next(j->measure, &j->waiting, error))
        j->waiting = NULL;
    else
        j->measures++;
    return error->code == 0;
}

static bool take_groups(struct joining *j, struct rs_key key, struct rs_error *error) {
    char hex[33];
    rs_hex(hex, key.b, sizeof key.b);
    j->n_mine = 0;
    while (j->waiting && rs_eq(j->waiting[PERSON_MEASURE_person_key], rs_view(hex, 32))) {
        struct rs_view name = j->waiting[PERSON_MEASURE_provider_group];
        if (rs_has(name)) {
            size_t g = rs_groups_at(&j->groups, name), i = 0;
            if (g >= j->room) {
                size_t room = g * 2 + 64;
                j->out->by_group = rs_realloc(j->out->by_group, room * sizeof *j->out->by_group);
                memset(j->out->by_group + j->room, 0, (room - j->room) * sizeof *j->out->by_group);
                j->room = room;
            }
            while (i < j->n_mine && j->mine[i] != g) i++;
            if (i == j->n_mine && i < sizeof j->mine / sizeof *j->mine) j->mine[j->n_mine++] = g;
        }
        if (!next_measure(j, error)) return false;
    }
    return true;
}

static void add_bits(struct rs_unit_counts *u, const struct rs_person_record *p, uint64_t bits) {
    u->persons++;
    u->minors += p->minor;
    for (uint64_t left = bits; left; left &= left - 1) u->bit[__builtin_ctzll(left)]++;
}

static void add_place(struct rs_unit_counts *u, const struct rs_person_record *p) {
    if (!p->placed) return;
    u->placed++;
    u->recorded[p->group]++;
    for (int g = 0; g < RS_GROUPS; g++) {
        double share = (double)p->area[g], d = (g == p->group) - share;
        u->area[g] += share;
        u->square[g] += d * d;
    }
}

static void add_person(struct rs_unit_counts *u, const struct rs_person_record *p, uint64_t bits) {
    add_bits(u, p, bits);
    add_place(u, p);
}

/* Who answered is asked of the facility a person belongs to; what was recorded, of the one that recorded it. */
static void add_facilities(struct joining *j, const struct rs_person_record *p, uint64_t bits, uint64_t recorded_at) {
    struct rs_person_counts *out = j->out;
    if (p->facility) add_bits(&out->by_facility[rs_facility_number(&out->facilities, p->facility)], p, bits);
    if (recorded_at) add_place(&out->by_facility[rs_facility_number(&out->facilities, recorded_at)], p);
}

static bool add_probabilities(struct joining *j, const struct rs_person_record *p, const struct rs_posterior_record *post,
                              uint32_t source, uint64_t facility, struct rs_error *error) {
    struct rs_person_counts *out = j->out;
    struct rs_fill_one one = {.recorded = p->group};
    memcpy(one.p, post->p, sizeof one.p);
    for (int g = 0; g < RS_GROUPS; g++) out->mean[g] += (double)post->p[g];
    out->observed[p->group]++;
    out->reported++;
    if (j->fill_source.file && source) {
        one.unit = source - 1;
        if (!rs_reduced_add(&j->fill_source, &one, 1, error)) return false;
    }
    if (j->fill_facility.file && facility) {
        one.unit = (uint32_t)rs_facility_number(&out->facilities, facility);
        if (!rs_reduced_add(&j->fill_facility, &one, 1, error)) return false;
    }
    for (size_t i = 0; j->fill_group.file && i < j->n_mine; i++) {
        one.unit = (uint32_t)j->mine[i];
        if (!rs_reduced_add(&j->fill_group, &one, 1, error)) return false;
    }
    return true;
}

static bool join_one(struct joining *j, const struct rs_person_record *p, struct rs_error *error) {
    uint64_t bits = p->bits, facility = 0;
    uint32_t source = 0;
    const struct rs_value_record *v;
    const struct rs_posterior_record *post;
    while ((v = waiting(&j->value, p->key, error))) {
        bits |= v->bits;
        if (v->from) rs_crossed_say(&j->out->crossed, v->from - 1, v->bits);
        if (!source) source = v->source;
        if (!facility) facility = v->facility;
        j->value.at++;
    }
    if (error->code || !take_groups(j, p->key, error)) return false;
    add_person(&j->out->all, p, bits);
    if (source) add_person(&j->out->by_source[source - 1], p, bits);
    for (size_t i = 0; i < j->n_mine; i++) {
        add_person(&j->out->by_group[j->mine[i]], p, bits);
        rs_crossed_add(&j->out->crossed, j->mine[i]);
    }
    rs_crossed_next_person(&j->out->crossed);
    add_facilities(j, p, bits, facility);
    post = waiting(&j->posterior, p->key, error);
    if (error->code) return false;
    if (!post) return true;
    j->posterior.at++;
    return p->group >= RS_GROUPS || add_probabilities(j, p, post, source, facility, error);
}

static bool join_all(struct joining *j, struct rs_error *error) {
    if (!next_measure(j, error)) return false;
    for (;;) {
        if (!fill(&j->person, error)) return false;
        if (j->person.at >= j->person.n) break;
        const struct rs_person_record *p = (const void *)(j->person.buffer + j->person.at * sizeof *p);
        if (!join_one(j, p, error)) return false;
        j->person.at++;
    }
    if (!fill(&j->value, error) || !fill(&j->posterior, error)) return false;
    const char *left = j->value.at < j->value.n           ? "person_value"
                       : j->posterior.at < j->posterior.n ? "posterior"
                       : j->waiting                       ? "person_measure"
                                                          : NULL;
    return !left || rs_fail(error, RS_DATA,
                            "%s: a row is of a person who is not in person, or out of order: give the "
                            "directories of one run",
                            left);
}

/* ---- default filling ----------------------------------------------------------------------------------------------
 */

static bool rewind_fill(void *self, struct rs_error *error) { return rs_reduced_rewind(self, error); }

static bool read_fill(void *self, struct rs_fill_one *into, size_t most, size_t *got, struct rs_error *error) {
    return rs_reduced_read(self, into, most, got, error);
}

enum unit { BY_SOURCE, BY_GROUP, BY_FACILITY };

static bool is_for(const struct rs_check *c, enum unit unit) {
    return unit == BY_SOURCE ? c->for_source : unit == BY_GROUP ? c->for_group : c->for_facility;
}

static bool find_fillers(const struct rs_checks *checks, struct rs_reduced *file, size_t n, enum unit unit,
                         struct rs_fill_unit **units, double *inflation, struct rs_error *error) {
    const struct rs_check *c = NULL;
    for (size_t i = 0; i < checks->n && !c; i++) {
        const struct rs_check *one = &checks->check[i];
        if (one->kind == RS_CHECK_FILLING && is_for(one, unit)) c = one;
    }
    if (!c || !file->file) return true;
    *units = rs_alloc((n + 1) * sizeof **units);
    struct rs_fill_limits limits = {(uint64_t)c->minimum, c->threshold, c->alpha};
    struct rs_fill_source source = {file, rewind_fill, read_fill};
    return rs_default_filling(&source, &limits, n, *units, inflation, error);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------
 */

static struct rs_person_tally *workers(struct rs_person_reading *s, int threads) {
    return s->worker = rs_alloc((size_t)threads * sizeof *s->worker);
}

static struct rs_person_tally sum_workers(struct rs_person_reading *s, int threads) {
    struct rs_person_tally sum = {0};
    for (int w = 0; w < threads; w++) {
        const struct rs_person_tally *t = &s->worker[w];
        sum.persons += t->persons;
        sum.two_or_more += t->two_or_more;
        sum.other_race += t->other_race;
        for (int m = 0; m < RS_MIXES; m++)
            for (int i = 0; i < RS_MIX_MOST; i++) sum.mix[m][i] += t->mix[m][i];
    }
    free(s->worker);
    s->worker = NULL;
    return sum;
}

static bool read_person(struct rs_run *run, struct rs_person_reading *s, const struct rs_manifest *m, struct joining *j,
                        struct rs_error *error) {
    struct rs_reduction how = {s, rs_one_person};
    workers(s, run->threads);
    bool good = rs_reduced_open(run->output, sizeof(struct rs_person_record), &j->person.file, error) &&
                rs_reduce(run, m, &how, &j->person.file, error);
    struct rs_person_tally sum = sum_workers(s, run->threads);
    j->out->persons = sum.persons;
    j->out->two_or_more = sum.two_or_more;
    j->out->other_race = sum.other_race;
    memcpy(j->out->mix, sum.mix, sizeof sum.mix);
    return good;
}

static bool read_prior(struct rs_run *run, struct rs_person_reading *s, struct rs_person_counts *out, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_reduced nothing = {.size = 1};
    struct rs_reduction how = {s, rs_one_prior};
    if (!s->checks->any_drift) return true;
    if (!rs_run_prior(run, &rs_layout_person, &m, &out->has_prior, error)) return false;
    if (!out->has_prior) return true;
    workers(s, run->threads);
    bool good = rs_reduce(run, &m, &how, &nothing, error);
    struct rs_person_tally sum = sum_workers(s, run->threads);
    memcpy(out->prior_mix, sum.mix, sizeof sum.mix);
    out->prior_persons = sum.persons;
    return good;
}

static bool read_others(struct rs_run *run, struct rs_person_reading *s, struct joining *j, struct rs_error *error) {
    struct rs_manifest m;
    bool found;
    struct rs_reduction value = {s, rs_one_value}, posterior = {s, rs_one_posterior};
    if (s->checks->any_members || s->checks->any_filling || s->checks->any_area) {
        if (!rs_run_manifest_if(run, &rs_layout_person_value, &m, &found, error)) return false;
        if (found && (!rs_reduced_open(run->output, sizeof(struct rs_value_record), &j->value.file, error) ||
                      !rs_reduce(run, &m, &value, &j->value.file, error)))
            return false;
    }
    if (!rs_run_manifest_if(run, &rs_layout_posterior, &m, &j->out->has_posterior, error)) return false;
    if (j->out->has_posterior &&
        (!rs_reduced_open(run->output, sizeof(struct rs_posterior_record), &j->posterior.file, error) ||
         !rs_reduce(run, &m, &posterior, &j->posterior.file, error)))
        return false;
    if (!s->checks->any_group) return true;
    if (!rs_run_manifest_if(run, &rs_layout_person_measure, &m, &found, error)) return false;
    return !found || (j->measure = rs_scan_open(&m, error)) != NULL;
}

static bool join_files(struct rs_run *run, const struct rs_checks *checks, struct joining *j, struct rs_error *error) {
    struct rs_person_counts *out = j->out;
    if (checks->any_filling && out->has_posterior &&
        (!rs_reduced_open(run->output, sizeof(struct rs_fill_one), &j->fill_source, error) ||
         !rs_reduced_open(run->output, sizeof(struct rs_fill_one), &j->fill_group, error) ||
         !rs_reduced_open(run->output, sizeof(struct rs_fill_one), &j->fill_facility, error)))
        return false;
    if (!join_all(j, error)) return false;
    rs_count(&run->tally, "person_measure", 0, RS_READ, NULL, j->measures);
    rs_count(&run->tally, "person_measure", 0, RS_AGGREGATED, NULL, j->measures);
    rs_groups_take(&j->groups, &out->groups, &out->n_groups);
    for (int g = 0; g < RS_GROUPS && out->reported; g++) {
        out->observed[g] /= (double)out->reported;
        out->mean[g] /= (double)out->reported;
    }
    return find_fillers(checks, &j->fill_source, out->n_sources, BY_SOURCE, &out->fill_source, &out->inflation_source,
                        error) &&
           find_fillers(checks, &j->fill_group, out->n_groups, BY_GROUP, &out->fill_group, &out->inflation_group, error) &&
           find_fillers(checks, &j->fill_facility, out->facilities.n, BY_FACILITY, &out->fill_facility,
                        &out->inflation_facility, error);
}

/* Once all rows are reduced: the facilities of all workers, numbered. */
static bool number_facilities(struct rs_person_reading *s, int threads, struct rs_person_counts *out, struct rs_error *error) {
    bool good = true;
    for (int w = 0; s->met && w < threads; w++) good = rs_facilities_join(&out->facilities, &s->met[w], error) && good;
    free(s->met);
    s->met = NULL;
    rs_facilities_sort(&out->facilities);
    out->by_facility = rs_alloc((out->facilities.n + 1) * sizeof *out->by_facility);
    return good;
}

static void close_joining(struct joining *j) {
    struct stream *streams[] = {&j->person, &j->value, &j->posterior};
    for (size_t i = 0; i < 3; i++) {
        rs_reduced_close(&streams[i]->file);
        free(streams[i]->buffer);
    }
    rs_scan_close(j->measure);
    rs_reduced_close(&j->fill_source);
    rs_reduced_close(&j->fill_group);
    rs_reduced_close(&j->fill_facility);
    rs_groups_free(&j->groups);
}

bool rs_count_persons(struct rs_run *run, const struct rs_checks *checks, const struct rs_jurisdiction *place,
                      char **sources, size_t n_sources, struct rs_person_counts *out, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_pack *pack = NULL;
    struct joining j = {.out = out};
    struct rs_person_reading s = {.run = run, .place = place, .checks = checks, .sources = sources, .n_sources = n_sources};
    *out = (struct rs_person_counts){.n_sources = n_sources};
    if (!rs_run_manifest_if(run, &rs_layout_person, &m, &out->has_person, error)) return false;
    if (!out->has_person) return true;
    out->by_source = rs_alloc((n_sources + 1) * sizeof *out->by_source);
    if (checks->any_source_group) rs_crossed_open(&out->crossed, n_sources, checks->member_bits);
    if (checks->any_area && !(pack = rs_pack_open(run->reference, error))) return false;
    s.pack = pack;
    if (checks->any_facility) s.met = rs_alloc((size_t)run->threads * sizeof *s.met);
    bool good = read_person(run, &s, &m, &j, error) && read_prior(run, &s, out, error) && read_others(run, &s, &j, error);
    good = number_facilities(&s, run->threads, out, error) && good && join_files(run, checks, &j, error);
    close_joining(&j);
    if (pack) rs_pack_close(pack);
    return good;
}

void rs_person_counts_free(struct rs_person_counts *c) {
    for (size_t i = 0; i < c->n_groups; i++) free(c->groups[i]);
    free(c->groups);
    free(c->by_group);
    free(c->by_source);
    free(c->fill_group);
    rs_crossed_free(&c->crossed);
    free(c->by_facility);
    free(c->fill_facility);
    rs_facilities_free(&c->facilities);
    free(c->fill_source);
    *c = (struct rs_person_counts){0};
}
