/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi explain`: for auditors, and for whoever is asked why. */
#include "explain.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "driver.h"
#include "pipeline/base/config.h"
#include "pipeline/base/log.h"
#include "pipeline/reference/name_fold.h"

enum { FOLDED_BYTES = 255 };

static double sum_of(const double v[RS_GROUPS]) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) sum += v[r];
    return sum;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

typedef bool look_up(const struct rs_pack *pack, struct rs_view name, double counts[RS_GROUPS]);

/* Letters only, and blanks if they are kept. */
static struct rs_view bare(struct rs_view name, bool blanks, char out[FOLDED_BYTES + 1]) {
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < FOLDED_BYTES; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 || (blanks && c == ' ')) out[n++] = (char)c;
    }
    return rs_view(out, n);
}

/* The entry that a whole name was found under: the first of these that is listed. */
static void find_key(const struct rs_pack *pack, look_up *find, struct rs_view name, struct rs_explained_name *out) {
    char text[3][FOLDED_BYTES + 1];
    struct rs_view suffix, cut = rs_name_cut_suffix(NULL, name, &suffix);
    struct rs_view tries[] = {name, bare(name, true, text[0]), bare(name, false, text[1]), cut, bare(cut, false, text[2])};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (tries[i].n > 0 && tries[i].n <= FOLDED_BYTES && find(pack, tries[i], out->counts)) {
            memcpy(out->key_text, tries[i].p, tries[i].n);
            out->key = rs_view(out->key_text, tries[i].n);
            return;
        }
}

static void explain_surname(const struct rs_pack *pack, const struct rs_explanation *e, struct rs_explained_name *out) {
    struct rs_surnames surnames;
    rs_surnames_init(&surnames, pack, e->options.surname_smoothing);
    enum rs_surname_match match = rs_surname_find(&surnames, out->folded, out->likelihood);
    out->match = rs_surname_match_names[match];
    if (match == RS_SURNAME_OTHER) {
        rs_pack_other_surnames(pack, out->counts);
        out->key = RS_LIT("ALL OTHER NAMES");
    } else if (match != RS_SURNAME_NONE && match != RS_SURNAME_PARTS) {
        find_key(pack, rs_pack_surname, out->folded, out);
    }
}

static void explain_first_name(const struct rs_pack *pack, struct rs_explained_name *out) {
    enum rs_first_name_match match = rs_first_name_find(pack, out->folded, out->likelihood);
    out->match = rs_first_name_match_names[match];
    if (match == RS_FIRST_NAME_EXACT || match == RS_FIRST_NAME_JOINED)
        find_key(pack, rs_pack_first_name_counts, out->folded, out);
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static void add_place(struct rs_explanation *e, const char *level, struct rs_view id, const double residents[RS_GROUPS],
                      double smoothing) {
    struct rs_explained_place *p = &e->places[e->n_places];
    const double *parent = e->n_places ? e->places[e->n_places - 1].share : residents;
    double all = sum_of(residents), k = e->n_places ? smoothing : 0;
    if (!(all > 0)) return; /* nobody lives there: the one above stands for it */
    p->level = level;
    snprintf(p->id, sizeof p->id, "%.*s", (int)id.n, id.p);
    for (int r = 0; r < RS_GROUPS; r++) {
        p->residents[r] = residents[r];
        p->share[r] = (residents[r] + k * parent[r]) / (all + k);
    }
    e->n_places++;
}

/* All ZCTAs with the same first three digits. */
static void sum_area(const struct rs_pack *pack, struct rs_view id, double area[RS_GROUPS]) {
    for (size_t i = 0; i < rs_pack_places(pack, RS_ZCTA); i++) {
        double counts[RS_GROUPS];
        struct rs_view other = rs_pack_place_at(pack, RS_ZCTA, i, counts);
        for (int r = 0; memcmp(other.p, id.p, 3) == 0 && r < RS_GROUPS; r++) area[r] += counts[r];
    }
}

/* The places that the used one lies in, as model.h says. */
static void explain_places(const struct rs_pack *pack, struct rs_explanation *e) {
    static const enum rs_place_level chain[] = {RS_STATE, RS_COUNTY, RS_TRACT, RS_BLOCK_GROUP};
    static const size_t digits[RS_PLACE_LEVELS] = {0, 2, 5, 5, 11, 12};
    double counts[RS_GROUPS];
    enum rs_place_level used = e->posterior.level;
    rs_pack_nation(pack, counts);
    add_place(e, rs_place_level_names[RS_NATION], RS_LIT("US"), counts, 0);
    if (used == RS_NATION) return;
    struct rs_view id = rs_pack_place_at(pack, used, e->posterior.place, counts);
    if (used == RS_ZCTA) {
        double area[RS_GROUPS] = {0};
        sum_area(pack, id, area);
        add_place(e, "zcta3", rs_view(id.p, 3), area, e->options.smoothing);
    }
    for (size_t i = 0; used != RS_ZCTA && chain[i] != used; i++)
        if (rs_pack_place(pack, chain[i], rs_view(id.p, digits[chain[i]]), counts))
            add_place(e, rs_place_level_names[chain[i]], rs_view(id.p, digits[chain[i]]), counts, e->options.smoothing);
    rs_pack_place(pack, used, id, counts);
    add_place(e, rs_place_level_names[used], id, counts, e->options.smoothing);
}

/* ---- together --------------------------------------------------------------------------------------------------- */

static void explain_form(const struct rs_pack *pack, struct rs_explanation *e) {
    double bearers[RS_GROUPS], nation[RS_GROUPS];
    rs_pack_surname_totals(pack, bearers);
    rs_pack_nation(pack, nation);
    for (int r = 0; r < RS_GROUPS; r++)
        e->form[r] = e->options.textbook && e->surname.used ? bearers[r] / sum_of(bearers) / (nation[r] / sum_of(nation)) : 1;
}

/* The factors shown must make the answer given. */
static bool check(const struct rs_explanation *e, struct rs_error *error) {
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(fabs(e->product[r] / e->sum - e->posterior.p[r]) <= 1e-12))
            return rs_fail(error, RS_BUG, "explain: the factors give %.15g for %s, imputation %.15g: please report it",
                           e->product[r] / e->sum, rs_group_names[r], e->posterior.p[r]);
    return true;
}

bool rs_explain(const struct rs_pack *pack, const struct rs_impute_options *options, const struct rs_who *raw,
                struct rs_arena *arena, struct rs_explanation *e, struct rs_error *error) {
    struct rs_impute_model *model = rs_impute_model_new(pack, options);
    struct rs_who who = *raw;
    *e = (struct rs_explanation){.options = *options};
    who.surname = rs_name_fold(arena, raw->surname);
    who.first_name = rs_name_fold(arena, raw->first_name);
    e->surname.raw = raw->surname;
    e->surname.folded = who.surname;
    e->first_name.raw = raw->first_name;
    e->first_name.folded = who.first_name;
    rs_impute_who(model, &who, &e->posterior);
    rs_impute_model_free(model);
    explain_surname(pack, e, &e->surname);
    explain_first_name(pack, &e->first_name);
    e->surname.used = e->posterior.match != RS_SURNAME_NONE;
    e->first_name.used = e->posterior.first_match < RS_FIRST_NAME_NONE;
    explain_form(pack, e);
    explain_places(pack, e);
    for (int r = 0; r < RS_GROUPS; r++) {
        e->product[r] = e->places[e->n_places - 1].share[r] * e->form[r];
        if (e->surname.used) e->product[r] *= e->surname.likelihood[r];
        if (e->first_name.used) e->product[r] *= e->first_name.likelihood[r];
    }
    e->sum = sum_of(e->product);
    return check(e, error);
}

/* ---- command line ----------------------------------------------------------------------------------------------- */

static const char help_text[] =
    "Usage: relsogi explain --surname NAME [--first NAME] [PLACE...] [OPTION...]\n"
    "\n"
    "Shows how the probabilities of one person come about: what the names were found as, each factor with the\n"
    "counts behind it, and from which tables. The numbers are those that relsogi impute writes.\n"
    "\n"
    "  --surname NAME --first NAME            as an extract has them\n"
    "  --block-group ID --tract ID --zcta ID --zip ID --county ID --state ID\n"
    "                                         where the person lives: any of them; the finest is used\n"
    "  --method METHOD                        bifsg (default), bisg, surname or geography\n"
    "  --form FORM                            place (default) or textbook\n"
    "  --geography LEVEL                      finest level to use: block_group (default) ... nation\n"
    "  --smoothing K --surname-smoothing K    20 and 5; 0 for none\n"
    "  --reference PACK                       reference pack\n"
    "  --json                                 for machines\n";

struct arguments {
    struct rs_who who;
    struct rs_impute_options options;
    const char *pack;
    bool json, help;
};

static bool one_of(const char *option, const char *value, const char *const *names, int n, int *out,
                   struct rs_error *error) {
    for (*out = 0; *out < n; (*out)++)
        if (strcmp(value, names[*out]) == 0) return true;
    return rs_fail(error, RS_USAGE, "--%s: there is no %s; see relsogi explain --help", option, value);
}

static bool real(const char *option, const char *value, double *out, struct rs_error *error) {
    if (rs_parse_real(rs_cstr(value), out) && *out >= 0 && *out <= 1e9) return true;
    return rs_fail(error, RS_USAGE, "--%s: wants a number from 0 on", option);
}

static bool set(struct arguments *a, int c, struct rs_error *error) {
    int n;
    switch (c) {
    case 's': a->who.surname = rs_cstr(optarg); return true;
    case 'f': a->who.first_name = rs_cstr(optarg); return true;
    case 'b': a->who.ids.block_group = rs_cstr(optarg); return true;
    case 't': a->who.ids.tract = rs_cstr(optarg); return true;
    case 'z': a->who.ids.zcta = rs_cstr(optarg); return true;
    case 'p': a->who.ids.zip5 = rs_cstr(optarg); return true;
    case 'c': a->who.ids.county = rs_cstr(optarg); return true;
    case 'S': a->who.ids.state = rs_cstr(optarg); return true;
    case 'r': a->pack = optarg; return true;
    case 'j': a->json = true; return true;
    case 'h': a->help = true; return true;
    case 'k': return real("smoothing", optarg, &a->options.smoothing, error);
    case 'K': return real("surname-smoothing", optarg, &a->options.surname_smoothing, error);
    case 'm':
        if (!one_of("method", optarg, rs_impute_method_names, RS_METHOD_FBISG, &n, error)) return false;
        a->options.method = (enum rs_impute_method)n;
        return true;
    case 'g':
        if (!one_of("geography", optarg, rs_place_level_names, RS_PLACE_LEVELS, &n, error)) return false;
        a->options.finest = (enum rs_place_level)n;
        return true;
    case 'F':
        a->options.textbook = strcmp(optarg, "textbook") == 0;
        if (a->options.textbook || strcmp(optarg, "place") == 0) return true;
        return rs_fail(error, RS_USAGE, "--form is place or textbook");
    default: return rs_fail(error, RS_USAGE, "see relsogi explain --help");
    }
}

static bool parse(int argc, char **argv, struct arguments *a, struct rs_error *error) {
    static const struct option options[] = {
        {"surname", required_argument, NULL, 's'},     {"first", required_argument, NULL, 'f'},
        {"block-group", required_argument, NULL, 'b'}, {"tract", required_argument, NULL, 't'},
        {"zcta", required_argument, NULL, 'z'},        {"zip", required_argument, NULL, 'p'},
        {"county", required_argument, NULL, 'c'},      {"state", required_argument, NULL, 'S'},
        {"method", required_argument, NULL, 'm'},      {"form", required_argument, NULL, 'F'},
        {"geography", required_argument, NULL, 'g'},   {"smoothing", required_argument, NULL, 'k'},
        {"surname-smoothing", required_argument, NULL, 'K'}, {"reference", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},              {"help", no_argument, NULL, 'h'}, {0}};
    a->options = (struct rs_impute_options){.method = RS_METHOD_BIFSG, .smoothing = 20, .surname_smoothing = 5,
                                            .finest = RS_BLOCK_GROUP};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!set(a, c, error)) return false;
    if (optind < argc) return rs_fail(error, RS_USAGE, "explain takes no argument but options");
    return true;
}

static bool tell(const struct arguments *a, struct rs_error *error) {
    struct rs_arena arena = {0};
    struct rs_explanation *e = rs_alloc(sizeof *e);
    struct rs_pack *pack = rs_pack_open(a->pack ? a->pack : rs_default_pack(), error);
    bool ok = pack && rs_explain(pack, &a->options, &a->who, &arena, e, error);
    if (ok && a->json) {
        json_t *json = rs_explanation_json(e, pack);
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        puts("");
        json_decref(json);
    } else if (ok) {
        rs_explanation_print(e, pack);
    }
    rs_pack_close(pack);
    free(e);
    rs_arena_free(&arena);
    return ok && (!ferror(stdout) || rs_fail(error, RS_IO, "standard output cannot be written"));
}

int rs_explain_main(int argc, char **argv) {
    struct rs_error error = {0};
    struct arguments a = {.json = false};
    bool ok = parse(argc, argv, &a, &error);
    if (ok && a.help) {
        fputs(help_text, stdout);
        return RS_OK;
    }
    if (ok && tell(&a, &error)) return RS_OK;
    rs_log(RS_LOG_ERROR, "%s", error.text);
    return (int)error.code;
}
