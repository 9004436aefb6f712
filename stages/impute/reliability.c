/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far an answer is believed: the option, and the mixture. */
#include "reliability.h"

static double *place_of(struct rs_reliability *r, struct rs_view name) {
    if (rs_eq_c(name, "earlier")) return &r->earlier;
    for (int i = 0; i < RS_COLLECTIONS; i++)
        if (rs_eq_c(name, rs_stratum_name(RS_FIRST_COLLECTION + i))) return &r->of[i];
    struct rs_view source = name;
    if (!rs_eq_c(rs_split(&source, ':'), "source") || !rs_has(source) || r->n_sources == RS_RELIABLE_SOURCES) return NULL;
    r->sources[r->n_sources].name = source;
    return &r->sources[r->n_sources++].rho;
}

static bool take(struct rs_reliability *r, struct rs_view one, struct rs_error *error) {
    struct rs_view value = one, name = rs_split(&value, '=');
    double rho, *to = place_of(r, rs_trim(name));
    if (!to)
        return rs_fail(error, RS_USAGE, "--reliability: %.*s is no way an answer is collected: self, related_person, "
                       "administrative, observed, derived, unknown, none, earlier, or source:NAME (up to %d)", (int)name.n,
                       name.p, RS_RELIABLE_SOURCES);
    if (!rs_parse_real(rs_trim(value), &rho) || !(rho >= 0 && rho <= 1))
        return rs_fail(error, RS_USAGE, "--reliability: of %.*s a number from 0 to 1 is needed", (int)name.n, name.p);
    *to = rho;
    r->any |= rho < 1;
    return true;
}

bool rs_reliability_read(const struct rs_run *run, struct rs_reliability *out, struct rs_error *error) {
    struct rs_view rest = rs_cstr(rs_run_option(run, "reliability"));
    *out = (struct rs_reliability){.earlier = 1};
    for (int i = 0; i < RS_COLLECTIONS; i++) out->of[i] = 1;
    while (rs_has(rest))
        if (!take(out, rs_split(&rest, ','), error)) return false;
    return true;
}

/* Race and ethnicity may be from two sources: race_source has | between. */
static double of_sources(const struct rs_reliability *r, struct rs_view sources) {
    double rho = 1;
    while (r->n_sources && rs_has(sources)) {
        struct rs_view one = rs_split(&sources, '|');
        for (size_t i = 0; i < r->n_sources; i++)
            if (rs_eq(one, r->sources[i].name) && r->sources[i].rho < rho) rho = r->sources[i].rho;
    }
    return rho;
}

double rs_reliability_of(const struct rs_reliability *r, const struct rs_answer_way *way) {
    double now = 1;
    if (!r->any) return 1;
    if (way->today) {
        double collected = r->of[rs_evaluation_collection(way->collection) - RS_FIRST_COLLECTION];
        now = of_sources(r, way->source);
        if (collected < now) now = collected;
    }
    return now * (way->earlier ? r->earlier : 1);
}

void rs_reliability_mix(double p[RS_GROUPS], const double open[RS_GROUPS], double rho) {
    if (rho >= 1) return;
    for (int r = 0; r < RS_GROUPS; r++) p[r] = rho * p[r] + (1 - rho) * open[r];
}
