/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of `relsogi reference build|info`. */
#include "reference.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <jansson.h>
#include "../base/config.h"
#include "../base/file.h"
#include "../base/log.h"
#include "pack_build.h"

static const char help_text[] =
    "Usage: relsogi reference build [--surnames FILE] [--geography LEVEL=FILE]... [--output PACK]\n"
    "       relsogi reference info [PACK]\n"
    "\n"
    "build makes a reference pack: the census tables that imputation and normalising look names and\n"
    "places up in. Without options it makes the default pack from the tables in schemas/reference; a table\n"
    "given takes the place of the default one of its kind. info says what a pack holds, as JSON.\n"
    "\n"
    "  --output PACK           file to write (default: the default pack beside the program)\n"
    "  --surnames FILE         surname counts, CSV: name,white,black,aian,api,multi,hispanic or the\n"
    "                          Census Bureau's 2010 layout; with a row ALL OTHER NAMES\n"
    "  --geography LEVEL=FILE  counts of places, CSV: id,white,black,aian,api,multi,hispanic[,some_other];\n"
    "                          LEVEL is state, county, zcta, tract or block_group; may be repeated. Levels\n"
    "                          not given are summed from the next finer one\n"
    "  --zip-zcta FILE         crosswalk, CSV: zip,zcta. Without it a ZIP code is its own ZCTA\n"
    "  --tables DIR            where the default tables are (default: schemas/reference)\n"
    "  --no-defaults           only the tables given\n"
    "  --help                  this text\n"
    "\n"
    "schemas/reference/README.md describes the files.\n";

struct paths {
    char surnames[PATH_MAX], first_names[PATH_MAX], nation[PATH_MAX], tract[PATH_MAX], zcta[PATH_MAX], particles[PATH_MAX],
        sources[PATH_MAX];
};

static bool default_tables(struct paths *p, const char *dir, struct rs_pack_tables *t, struct rs_error *error) {
    bool ok = rs_path(p->surnames, PATH_MAX, error, "%s/surnames_2010.csv.gz", dir) &&
              rs_path(p->first_names, PATH_MAX, error, "%s/first_names.csv.gz", dir) &&
              rs_path(p->nation, PATH_MAX, error, "%s/nation_2010.csv", dir) &&
              rs_path(p->tract, PATH_MAX, error, "%s/tract_2020.csv.gz", dir) &&
              rs_path(p->zcta, PATH_MAX, error, "%s/zcta_2020.csv.gz", dir) &&
              rs_path(p->particles, PATH_MAX, error, "%s/particles.csv", dir) &&
              rs_path(p->sources, PATH_MAX, error, "%s/SOURCES.json", dir);
    *t = (struct rs_pack_tables){.surnames = p->surnames, .first_names = p->first_names, .nation = p->nation, .particles = p->particles,
                                 .sources = p->sources};
    t->places[RS_TRACT] = p->tract;
    t->places[RS_ZCTA] = p->zcta;
    return ok;
}

static bool set_place(struct rs_pack_tables *t, const char *argument, struct rs_error *error) {
    const char *file = strchr(argument, '=');
    for (int level = RS_STATE; file && level < RS_PLACE_LEVELS; level++) {
        if (!rs_eq_c(rs_view(argument, (size_t)(file - argument)), rs_place_level_names[level])) continue;
        t->places[level] = file + 1;
        return true;
    }
    return rs_fail(error, RS_USAGE, "--geography %s: wants LEVEL=FILE, LEVEL being state, county, zcta, tract or "
                   "block_group", argument);
}

/* Options that say which tables to take; the given ones stand over the defaults, whatever their order. */
struct build_options {
    struct rs_pack_tables given;
    const char *dir, *output;
    bool no_defaults, help;
};

static bool parse_build(int argc, char **argv, struct build_options *o, struct rs_error *error) {
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},   {"surnames", required_argument, NULL, 's'},
        {"first-names", required_argument, NULL, 'f'},
        {"geography", required_argument, NULL, 'g'}, {"zip-zcta", required_argument, NULL, 'z'},
        {"tables", required_argument, NULL, 't'},   {"no-defaults", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'o') o->output = optarg;
        else if (c == 's') o->given.surnames = optarg;
        else if (c == 'f') o->given.first_names = optarg;
        else if (c == 'z') o->given.zip_zcta = optarg;
        else if (c == 't') o->dir = optarg;
        else if (c == 'n') o->no_defaults = true;
        else if (c == 'h') o->help = true;
        else if (c != 'g') return rs_fail(error, RS_USAGE, "see relsogi reference --help");
        else if (!set_place(&o->given, optarg, error)) return false;
    }
    if (optind < argc) return rs_fail(error, RS_USAGE, "%s: reference build takes no such argument", argv[optind]);
    return true;
}

static bool build(const struct build_options *o, struct rs_error *error) {
    char dir[PATH_MAX];
    struct paths paths;
    struct rs_pack_tables defaults, t;
    if (!rs_path(dir, sizeof dir, error, "%s/reference", rs_schemas_dir())) return false;
    if (!default_tables(&paths, o->dir ? o->dir : dir, &defaults, error)) return false;
    if (o->no_defaults) /* what is no census table stays */
        defaults = (struct rs_pack_tables){.nation = defaults.nation, .particles = defaults.particles};
    t = defaults;
    if (o->given.surnames) t.surnames = o->given.surnames;
    if (o->given.first_names) t.first_names = o->given.first_names;
    if (o->given.zip_zcta) t.zip_zcta = o->given.zip_zcta;
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        if (o->given.places[level]) t.places[level] = o->given.places[level];
    return rs_pack_build(&t, o->output, error);
}

static int run_build(int argc, char **argv) {
    struct rs_error error = {0};
    struct build_options o = {.output = NULL};
    if (!parse_build(argc, argv, &o, &error)) {
        rs_log(RS_LOG_ERROR, "%s", error.text);
        return error.code;
    }
    if (o.help) {
        fputs(help_text, stdout);
        return RS_OK;
    }
    if (!o.output) o.output = rs_default_pack();
    struct rs_pack *pack = build(&o, &error) ? rs_pack_open(o.output, &error) : NULL;
    if (!pack) {
        rs_log(RS_LOG_ERROR, "%s", error.text);
        return error.code;
    }
    rs_info("%s: pack %s, %zu surnames, %zu tracts, %zu ZCTAs, %zu block groups", o.output, rs_pack_id(pack),
            rs_pack_surnames(pack), rs_pack_places(pack, RS_TRACT), rs_pack_places(pack, RS_ZCTA),
            rs_pack_places(pack, RS_BLOCK_GROUP));
    rs_pack_close(pack);
    return RS_OK;
}

static json_t *counts_json(const double counts[RS_GROUPS]) {
    json_t *o = json_object();
    for (int r = 0; r < RS_GROUPS; r++) json_object_set_new(o, rs_group_names[r], json_real(counts[r]));
    return o;
}

static int run_info(const char *path) {
    struct rs_error error = {0};
    struct rs_pack *pack = rs_pack_open(path, &error);
    if (!pack) {
        rs_log(RS_LOG_ERROR, "%s", error.text);
        return error.code;
    }
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
    int bad = json_dumpf(o, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    puts("");
    json_decref(o);
    rs_pack_close(pack);
    return bad || ferror(stdout) ? RS_IO : RS_OK;
}

int rs_reference_main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "build") == 0) return run_build(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "info") == 0 && argc <= 3 && (argc == 2 || argv[2][0] != '-'))
        return run_info(argc == 3 ? argv[2] : rs_default_pack());
    bool asked = argc >= 2 && (strcmp(argv[1], "--help") == 0 || (argc >= 3 && strcmp(argv[2], "--help") == 0));
    fputs(help_text, asked ? stdout : stderr);
    return asked ? RS_OK : RS_USAGE;
}
