/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi reference build`: from the command line to the tables that a pack is made of. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "../base/config.h"
#include "../base/file.h"
#include "../base/log.h"
#include "bands.h"
#include "pack_build.h"
#include "reference.h"

struct paths {
    char surnames[PATH_MAX], first_names[PATH_MAX], nation[PATH_MAX], tract[PATH_MAX], zcta[PATH_MAX], particles[PATH_MAX],
        api_split[PATH_MAX], sources[PATH_MAX];
    struct rs_level_file figures[1];
};

static bool default_tables(struct paths *p, const char *dir, struct rs_pack_tables *t, struct rs_error *error) {
    bool ok = rs_path(p->surnames, PATH_MAX, error, "%s/surnames_2010.csv.gz", dir) &&
              rs_path(p->first_names, PATH_MAX, error, "%s/first_names.csv.gz", dir) &&
              rs_path(p->nation, PATH_MAX, error, "%s/nation_2010.csv", dir) &&
              rs_path(p->tract, PATH_MAX, error, "%s/tract_2020.csv.gz", dir) &&
              rs_path(p->zcta, PATH_MAX, error, "%s/zcta_2020.csv.gz", dir) &&
              rs_path(p->api_split, PATH_MAX, error, "%s/api_split_2020.csv", dir) &&
              rs_path(p->particles, PATH_MAX, error, "%s/particles.csv", dir) &&
              rs_path(p->sources, PATH_MAX, error, "%s/SOURCES.json", dir);
    *t = (struct rs_pack_tables){.surnames = p->surnames, .first_names = p->first_names, .nation = p->nation, .particles = p->particles,
                                 .sources = p->sources};
    p->figures[0] = (struct rs_level_file){RS_NATION, p->api_split};
    t->figures = p->figures;
    t->figures_n = 1;
    t->places[RS_TRACT] = p->tract;
    t->places[RS_ZCTA] = p->zcta;
    return ok;
}

/* LEVEL=FILE, both in `out`. */
static bool level_file(const char *option, const char *argument, int from, struct rs_level_file *out,
                       struct rs_error *error) {
    const char *file = strchr(argument, '=');
    for (int level = from; file && level < RS_PLACE_LEVELS; level++) {
        if (!rs_eq_c(rs_view(argument, (size_t)(file - argument)), rs_place_level_names[level])) continue;
        *out = (struct rs_level_file){(enum rs_place_level)level, file + 1};
        return true;
    }
    return rs_fail(error, RS_USAGE, "%s %s: wants LEVEL=FILE, LEVEL being %sstate, county, zcta, tract or block_group",
                   option, argument, from == RS_NATION ? "nation, " : "");
}

/* Options that say which tables to take; the given ones stand over the defaults, whatever their order. */
struct build_options {
    struct rs_pack_tables given;
    struct rs_level_file *places, *banded, *figures; /* owned; as many as given says */
    const char *dir, *output;
    bool no_defaults, help;
};

static bool add_level_file(const char *option, const char *argument, int from, struct rs_level_file **files, size_t *n,
                           struct rs_error *error) {
    *files = rs_realloc(*files, (*n + 1) * sizeof **files);
    return level_file(option, argument, from, &(*files)[(*n)++], error);
}

static bool set_ages(struct rs_pack_tables *t, const char *argument, struct rs_error *error) {
    if (strcmp(argument, "all") == 0) return true;
    if (*argument && rs_ages_parse(rs_cstr(argument), &t->age_from, &t->age_to)) return true;
    return rs_fail(error, RS_USAGE, "--ages %s: wants 18+, 0-17 or the like, or all", argument);
}

static bool set_option(struct build_options *o, int c, const char *value, struct rs_error *error) {
    struct rs_pack_tables *t = &o->given;
    switch (c) {
    case 'o': o->output = value; return true;
    case 's': t->surnames = value; return true;
    case 'f': t->first_names = value; return true;
    case 'm': t->middle_names = value; return true;
    case 'z': t->zip_zcta = value; return true;
    case 't': o->dir = value; return true;
    case 'n': o->no_defaults = true; return true;
    case 'h': o->help = true; return true;
    case 'a': return set_ages(t, value, error);
    case 'g': return add_level_file("--geography", value, RS_STATE, &o->places, &t->more_places_n, error);
    case 'b': return add_level_file("--geography-ages", value, RS_STATE, &o->banded, &t->banded_n, error);
    case 'i':
    case 'p':
        return add_level_file(c == 'i' ? "--figures" : "--api-split", value, RS_NATION, &o->figures, &t->figures_n, error);
    case 'x':
        t->sex = value[0];
        if ((value[0] == 'M' || value[0] == 'F') && value[1] == '\0') return true;
        return rs_fail(error, RS_USAGE, "--sex %s: wants M or F", value);
    default: return rs_fail(error, RS_USAGE, "see relsogi reference --help");
    }
}

static bool parse_build(int argc, char **argv, struct build_options *o, struct rs_error *error) {
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},   {"surnames", required_argument, NULL, 's'},
        {"first-names", required_argument, NULL, 'f'}, {"middle-names", required_argument, NULL, 'm'},
        {"geography-ages", required_argument, NULL, 'b'},
        {"geography", required_argument, NULL, 'g'}, {"zip-zcta", required_argument, NULL, 'z'},
        {"figures", required_argument, NULL, 'i'},  {"api-split", required_argument, NULL, 'p'},
        {"ages", required_argument, NULL, 'a'},     {"sex", required_argument, NULL, 'x'},
        {"tables", required_argument, NULL, 't'},   {"no-defaults", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!set_option(o, c, optarg, error)) return false;
    if (optind < argc) return rs_fail(error, RS_USAGE, "%s: reference build takes no such argument", argv[optind]);
    return true;
}

/* Given places take the place of the default ones of their level, given figures those of theirs. */
static void choose(struct rs_pack_tables *t, const struct build_options *o) {
    const struct rs_pack_tables *g = &o->given;
    if (g->surnames) t->surnames = g->surnames;
    if (g->first_names) t->first_names = g->first_names;
    if (g->middle_names) t->middle_names = g->middle_names;
    t->banded = o->banded;
    t->banded_n = g->banded_n;
    if (g->zip_zcta) t->zip_zcta = g->zip_zcta;
    t->age_from = g->age_from;
    t->age_to = g->age_to;
    t->sex = g->sex;
    t->more_places = o->places;
    t->more_places_n = g->more_places_n;
    for (size_t i = 0; i < t->more_places_n; i++) t->places[o->places[i].level] = NULL;
    bool nation = false;
    for (size_t i = 0; i < g->figures_n; i++) nation = nation || o->figures[i].level == RS_NATION;
    if (g->figures_n == 0) return;
    struct rs_level_file *both = o->figures + g->figures_n; /* room for the default one was left behind */
    if (t->figures_n && !nation) *both = t->figures[0];
    t->figures_n = g->figures_n + (t->figures_n && !nation ? 1 : 0);
    t->figures = o->figures;
}

static bool build(struct build_options *o, struct rs_error *error) {
    char dir[PATH_MAX];
    struct paths paths;
    struct rs_pack_tables t;
    if (!rs_path(dir, sizeof dir, error, "%s/reference", rs_schemas_dir())) return false;
    if (!default_tables(&paths, o->dir ? o->dir : dir, &t, error)) return false;
    if (o->no_defaults) /* what is no census table stays */
        t = (struct rs_pack_tables){.nation = t.nation, .particles = t.particles};
    o->figures = rs_realloc(o->figures, (o->given.figures_n + 1) * sizeof *o->figures);
    choose(&t, o);
    return rs_pack_build(&t, o->output, error);
}

static bool make(int argc, char **argv, struct build_options *o, struct rs_error *error) {
    if (!parse_build(argc, argv, o, error)) return false;
    if (o->help) {
        rs_reference_help(stdout);
        return true;
    }
    if (!o->output) o->output = rs_default_pack();
    struct rs_pack *pack = build(o, error) ? rs_pack_open(o->output, error) : NULL;
    if (!pack) return false;
    rs_info("%s: pack %s, %zu surnames, %zu first names, %zu tracts, %zu ZCTAs, %zu block groups", o->output,
            rs_pack_id(pack), rs_pack_surnames(pack), rs_pack_first_names(pack), rs_pack_places(pack, RS_TRACT),
            rs_pack_places(pack, RS_ZCTA), rs_pack_places(pack, RS_BLOCK_GROUP));
    if (rs_pack_adults_only(pack, RS_NATION))
        rs_info("%s: its places count residents of 18 and over: children imputed with it are taken for adults", o->output);
    rs_pack_close(pack);
    return true;
}

int rs_reference_build(int argc, char **argv) {
    struct rs_error error = {0};
    struct build_options o = {.output = NULL};
    bool ok = make(argc, argv, &o, &error);
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    free(o.places);
    free(o.banded);
    free(o.figures);
    return ok ? RS_OK : (int)error.code;
}
