/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi reference info` and `diff`: what is in a pack, and what another one would change. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../base/config.h"
#include "../base/log.h"
#include "pack.h"
#include "reference.h"

struct look_options {
    bool json, help;
    size_t top;
    const char *packs[2];
    int n;
};

static bool parse(int argc, char **argv, int most, struct look_options *o, struct rs_error *error) {
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {"top", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'}, {0}};
    int64_t top = 10;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'j') o->json = true;
        else if (c == 'h') o->help = true;
        else if (c != 't') return rs_fail(error, RS_USAGE, "see relsogi reference --help");
        else if (!rs_parse_long(rs_cstr(optarg), &top) || top < 0 || top > 1000)
            return rs_fail(error, RS_USAGE, "--top %s: wants a number up to 1000", optarg);
    }
    o->top = (size_t)top;
    if (argc - optind > most) return rs_fail(error, RS_USAGE, "%s: too many packs", argv[optind + most]);
    while (optind < argc) o->packs[o->n++] = argv[optind++];
    return true;
}

static int failed(const struct rs_error *error) {
    rs_log(RS_LOG_ERROR, "%s", error->text);
    return (int)error->code;
}

static int print_json(json_t *o) {
    int bad = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    puts("");
    json_decref(o);
    return bad || ferror(stdout) ? RS_IO : RS_OK;
}

/* ---- info ------------------------------------------------------------------------------------------------------- */

static json_t *counts_json(const double counts[RS_GROUPS]) {
    json_t *o = json_object();
    for (int r = 0; r < RS_GROUPS; r++) json_object_set_new(o, rs_group_names[r], json_real(counts[r]));
    return o;
}

static json_t *figures_json(const struct rs_pack *pack) {
    json_t *list = json_array();
    for (size_t i = 0; i < rs_pack_figures(pack); i++) {
        struct rs_figure f = rs_pack_figure_at(pack, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "figure", f.name, "level", rs_place_level_names[f.level],
                                              "places", (json_int_t)f.places));
    }
    return list;
}

static json_t *info_json(const struct rs_pack *pack) {
    char sha[65];
    double counts[RS_GROUPS];
    rs_hex(sha, rs_pack_digest(pack)->b, 32);
    struct rs_view info = rs_pack_info(pack);
    json_t *o = json_loadb(info.p, info.n, 0, NULL);
    if (!o) o = json_object();
    json_object_set_new(o, "pack", json_string(rs_pack_id(pack)));
    json_object_set_new(o, "sha256", json_string(sha));
    rs_pack_nation(pack, counts);
    json_object_set_new(o, "nation", counts_json(counts));
    rs_pack_surname_totals(pack, counts);
    json_object_set_new(o, "surname_bearers", counts_json(counts));
    json_object_set_new(o, "figures", figures_json(pack));
    json_object_set_new(o, "adults_only", json_boolean(rs_pack_adults_only(pack, RS_NATION)));
    json_t *bands = json_array();
    for (size_t i = 0; i < rs_pack_bands(pack); i++) {
        char text[24];
        size_t n = rs_band_text(text, rs_pack_band_at(pack, i));
        json_array_append_new(bands, json_stringn(text, n));
    }
    json_object_set_new(o, "bands", bands);
    if (!rs_pack_has_first_names(pack)) return o;
    rs_pack_first_name_totals(pack, counts);
    json_object_set_new(o, "first_name_bearers", counts_json(counts));
    rs_pack_first_name_smoothing(pack, counts);
    json_object_set_new(o, "first_name_smoothing", counts_json(counts));
    return o;
}

static void print_counts(const char *what, const double counts[RS_GROUPS], bool shares) {
    double all = 0;
    printf("%-20s", what);
    for (int r = 0; r < RS_GROUPS; r++) all += counts[r];
    for (int r = 0; r < RS_GROUPS; r++) printf(shares ? " %12.6f" : " %12.0f", shares ? counts[r] / all : counts[r]);
    puts("");
}

static void print_text(const json_t *table, const char *key, const char *label) {
    const char *text = json_string_value(json_object_get(table, key));
    if (text) printf("    %-16s %s\n", label, text);
}

static void print_table(const json_t *table) {
    printf("%s: %s, %lld rows\n", json_string_value(json_object_get(table, "role")),
           json_string_value(json_object_get(table, "file")),
           (long long)json_integer_value(json_object_get(table, "rows")));
    print_text(table, "what", "what");
    print_text(table, "source", "source");
    print_text(table, "vintage", "vintage");
    print_text(table, "layout", "layout");
    print_text(table, "universe", "universe");
    print_text(table, "ages", "ages");
    print_text(table, "some_other_race", "some other race");
    print_text(table, "licence", "licence");
    print_text(table, "content_sha256", "SHA-256");
}

static void print_info(const struct rs_pack *pack, const char *path) {
    json_t *info = info_json(pack), *table;
    size_t i;
    double counts[RS_GROUPS];
    printf("pack %s, %s\nSHA-256 %s\n\n", rs_pack_id(pack), path, json_string_value(json_object_get(info, "sha256")));
    printf("surnames %zu, first names %zu, middle names %zu", rs_pack_surnames(pack), rs_pack_first_names(pack),
           rs_pack_middle_names(pack));
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        printf(", %s %zu", rs_place_level_names[level], rs_pack_places(pack, (enum rs_place_level)level));
    printf("\n\n%-20s", "");
    for (int r = 0; r < RS_GROUPS; r++) printf(" %12s", rs_group_names[r]);
    puts("");
    rs_pack_nation(pack, counts);
    print_counts("residents", counts, false);
    print_counts("  share", counts, true);
    rs_pack_surname_totals(pack, counts);
    print_counts("bearers of surnames", counts, false);
    print_counts("  share", counts, true);
    if (rs_pack_has_first_names(pack)) {
        rs_pack_first_name_totals(pack, counts);
        print_counts("of first names", counts, false);
        print_counts("  share", counts, true);
    }
    puts("");
    if (rs_pack_adults_only(pack, RS_NATION))
        puts("Places count residents of 18 and over: children imputed with this pack are taken for adults.\n");
    for (i = 0; i < rs_pack_bands(pack); i++) {
        char text[24];
        size_t n = rs_band_text(text, rs_pack_band_at(pack, i));
        printf("%s%.*s", i ? ", " : "Places are also counted by: ", (int)n, text);
    }
    if (rs_pack_bands(pack)) puts("\n");
    for (i = 0; i < rs_pack_figures(pack); i++) {
        struct rs_figure f = rs_pack_figure_at(pack, i);
        printf("figure %s of %zu %s\n", f.name, f.places, rs_place_level_names[f.level]);
    }
    puts("");
    json_array_foreach(json_object_get(info, "tables"), i, table) print_table(table);
    json_decref(info);
}

int rs_reference_info(int argc, char **argv) {
    struct rs_error error = {0};
    struct look_options o = {.n = 0};
    if (!parse(argc, argv, 1, &o, &error)) return failed(&error);
    if (o.help) {
        rs_reference_help(stdout);
        return RS_OK;
    }
    const char *path = o.n ? o.packs[0] : rs_default_pack();
    struct rs_pack *pack = rs_pack_open(path, &error);
    if (!pack) return failed(&error);
    int code = RS_OK;
    if (o.json) code = print_json(info_json(pack));
    else print_info(pack, path);
    rs_pack_close(pack);
    return code == RS_OK && ferror(stdout) ? RS_IO : code;
}

/* ---- diff ------------------------------------------------------------------------------------------------------- */

/* One table of either pack, seen alike. */
struct side {
    const struct rs_pack *pack;
    int kind; /* 0 surnames, 1 first names, else places of level kind - 2 */
};

static size_t rows_of(struct side s) {
    if (s.kind == 0) return rs_pack_surnames(s.pack);
    if (s.kind == 1) return rs_pack_first_names(s.pack);
    return rs_pack_places(s.pack, (enum rs_place_level)(s.kind - 2));
}

static struct rs_view row_of(struct side s, size_t i, double counts[RS_GROUPS]) {
    if (s.kind == 0) return rs_pack_surname_at(s.pack, i, counts);
    if (s.kind == 1) return rs_pack_first_name_at(s.pack, i, counts);
    return rs_pack_place_at(s.pack, (enum rs_place_level)(s.kind - 2), i, counts);
}

static void totals_of(struct side s, double totals[RS_GROUPS]) {
    if (s.kind == 0) rs_pack_surname_totals(s.pack, totals);
    else rs_pack_first_name_totals(s.pack, totals);
}

/* What the row by itself says in posterior terms: for a place its shares, for a name P(r|name) under the shares of the
 * first pack's nation, so that only what the name says differs. One is added to each name's cells in proportion. */
static bool posterior_of(struct side s, const double counts[RS_GROUPS], const double prior[RS_GROUPS],
                         double p[RS_GROUPS]) {
    double sum = 0, totals[RS_GROUPS], all = 0;
    if (s.kind < 2) totals_of(s, totals);
    for (int r = 0; s.kind < 2 && r < RS_GROUPS; r++) all += totals[r];
    for (int r = 0; r < RS_GROUPS; r++) {
        p[r] = s.kind < 2 ? (counts[r] + totals[r] / all) / totals[r] * prior[r] : counts[r];
        sum += p[r];
    }
    for (int r = 0; r < RS_GROUPS; r++) p[r] /= sum;
    return sum > 0;
}

struct move {
    struct rs_view key; /* in the pack */
    double from[RS_GROUPS], to[RS_GROUPS], distance, weight;
};
struct change {
    size_t same, moved, added, gone;
    double mean; /* total variation, weighted by the persons of the first pack */
    struct move *top;
    size_t n, most;
};

/* Keeps the moves of most persons times distance, descending. */
static double weight_of(const struct move *m) { return m->weight * m->distance; }

static void keep(struct change *c, const struct move *m) {
    if (c->n == c->most) {
        if (c->most == 0 || weight_of(m) <= weight_of(&c->top[c->n - 1])) return;
        c->n--;
    }
    size_t i = c->n++;
    for (; i > 0 && weight_of(&c->top[i - 1]) < weight_of(m); i--) c->top[i] = c->top[i - 1];
    c->top[i] = *m;
}

static void compare_rows(struct side a, struct side b, const double prior[RS_GROUPS], struct change *c) {
    size_t i = 0, k = 0, n = rows_of(a), m = rows_of(b);
    double persons = 0;
    while (i < n || k < m) {
        double x[RS_GROUPS], y[RS_GROUPS];
        struct rs_view left = i < n ? row_of(a, i, x) : RS_NULL, right = k < m ? row_of(b, k, y) : RS_NULL;
        int order = i >= n ? 1 : k >= m ? -1 : rs_compare(left, right);
        c->gone += order < 0;
        c->added += order > 0;
        i += order <= 0;
        k += order >= 0;
        struct move move = {.key = left};
        if (order != 0 || !posterior_of(a, x, prior, move.from) || !posterior_of(b, y, prior, move.to)) continue;
        for (int r = 0; r < RS_GROUPS; r++) {
            move.distance += fabs(move.from[r] - move.to[r]) / 2;
            move.weight += x[r];
        }
        persons += move.weight;
        c->mean += move.weight * move.distance;
        c->same += move.distance <= 1e-12;
        c->moved += move.distance > 1e-12;
        if (move.distance > 1e-12) keep(c, &move);
    }
    c->mean = persons > 0 ? c->mean / persons : 0;
}

static const char *kind_name(int kind) {
    return kind == 0 ? "surnames" : kind == 1 ? "first_names" : rs_place_level_names[kind - 2];
}

static json_t *change_json(int kind, const struct change *c) {
    json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:f}", "table", kind_name(kind), "same", (json_int_t)c->same, "moved",
                          (json_int_t)c->moved, "added", (json_int_t)c->added, "gone", (json_int_t)c->gone,
                          "mean_distance", c->mean);
    json_t *list = json_array();
    for (size_t i = 0; i < c->n; i++) {
        const struct move *m = &c->top[i];
        json_array_append_new(list, json_pack("{s:s%, s:f, s:f, s:o, s:o}", "key", m->key.p, (int)m->key.n, "persons",
                                              m->weight, "distance", m->distance, "from", counts_json(m->from), "to",
                                              counts_json(m->to)));
    }
    json_object_set_new(o, "largest", list);
    return o;
}

static void print_change(int kind, const struct change *c) {
    printf("%s: %zu the same, %zu moved, %zu added, %zu gone; a person's probabilities move by %.6f in the mean\n",
           kind_name(kind), c->same, c->moved, c->added, c->gone, c->mean);
    for (size_t i = 0; i < c->n; i++) {
        const struct move *m = &c->top[i];
        int most = 0;
        for (int r = 1; r < RS_GROUPS; r++)
            if (fabs(m->from[r] - m->to[r]) > fabs(m->from[most] - m->to[most])) most = r;
        printf("    %-20.*s %12.0f persons  moves %.4f  %s %.4f -> %.4f\n", (int)m->key.n, m->key.p, m->weight,
               m->distance, rs_group_names[most], m->from[most], m->to[most]);
    }
}

static int diff(const struct rs_pack *a, const struct rs_pack *b, const struct look_options *o) {
    double prior[RS_GROUPS], all = 0;
    json_t *list = json_array();
    rs_pack_nation(a, prior);
    for (int r = 0; r < RS_GROUPS; r++) all += prior[r];
    for (int r = 0; r < RS_GROUPS; r++) prior[r] /= all;
    if (!o->json) printf("from pack %s to pack %s\n", rs_pack_id(a), rs_pack_id(b));
    for (int kind = 0; kind < RS_PLACE_LEVELS + 2; kind++) {
        struct side left = {a, kind}, right = {b, kind};
        if (kind == 2 + RS_NATION || (rows_of(left) == 0 && rows_of(right) == 0)) continue;
        struct change c = {.most = o->top, .top = rs_alloc((o->top + 1) * sizeof *c.top)};
        compare_rows(left, right, prior, &c);
        if (o->json) json_array_append_new(list, change_json(kind, &c));
        else print_change(kind, &c);
        free(c.top);
    }
    if (o->json) return print_json(json_pack("{s:s, s:s, s:o}", "from", rs_pack_id(a), "to", rs_pack_id(b), "tables", list));
    json_decref(list);
    return ferror(stdout) ? RS_IO : RS_OK;
}

int rs_reference_diff(int argc, char **argv) {
    struct rs_error error = {0};
    struct look_options o = {.n = 0};
    if (!parse(argc, argv, 2, &o, &error)) return failed(&error);
    if (o.help) {
        rs_reference_help(stdout);
        return RS_OK;
    }
    if (o.n != 2) {
        rs_fail(&error, RS_USAGE, "reference diff: wants two packs");
        return failed(&error);
    }
    struct rs_pack *a = rs_pack_open(o.packs[0], &error), *b = a ? rs_pack_open(o.packs[1], &error) : NULL;
    int code = b ? diff(a, b, &o) : failed(&error);
    rs_pack_close(a);
    rs_pack_close(b);
    return code;
}
