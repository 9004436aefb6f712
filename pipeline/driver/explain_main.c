/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi explain`: the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "driver.h"
#include "explain.h"
#include "pipeline/base/config.h"
#include "pipeline/base/log.h"
#include "stages/impute/options.h"

static const char help_text[] =
    "Usage: relsogi explain --surname NAME [--first NAME] [PLACE...] [OPTION...]\n"
    "\n"
    "Shows how the probabilities of one person come about: what the names were found as, each factor with the\n"
    "counts behind it, and from which tables. The numbers are those that relsogi impute writes.\n"
    "\n"
    "  --surname NAME --first NAME --middle NAME\n"
    "                                         as an extract has them\n"
    "  --block-group ID --tract ID --zcta ID --zip ID --county ID --state ID\n"
    "                                         where the person lives: any of them; the finest is used\n"
    "  --race-said WORDS --ethnicity-said WORD\n"
    "                                         what the person said, if only a part: white, black, aian, asian, nhpi,\n"
    "                                         mena, other, asian-or-nhpi, two-or-more, with a comma between;\n"
    "                                         hispanic or not-hispanic\n"
    "  --fit DIR                              the learned layer, with the fit.tsv there\n"
    "  --birth-date DAY --sex SEX --language TAG\n"
    "                                         what the fit also looks at, beside --state; sex is female or male\n"
    "  --age YEARS                            for packs whose places are counted by age\n"
    "  --method METHOD                        bifsg (default), bisg, surname, geography, fbisg or fbifsg\n"
    "  --form FORM                            place (default) or textbook\n"
    "  --geography LEVEL                      finest level to use: block_group (default) ... nation\n"
    "  --smoothing K --surname-smoothing K    20 and 5; 0 for none\n"
    "  --silent-hispanic RATIO                1: see relsogi impute --help\n"
    "  --reference PACK                       reference pack\n"
    "  --json                                 for machines\n";

struct arguments {
    struct rs_explain_input input;
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

static bool age(const char *value, int *out, struct rs_error *error) {
    int64_t years;
    if (!rs_parse_long(rs_cstr(value), &years) || years < 0 || years > 150)
        return rs_fail(error, RS_USAGE, "--age: wants years");
    *out = (int)years;
    return true;
}

static bool set(struct arguments *a, int c, struct rs_error *error) {
    struct rs_impute_options *o = &a->input.options;
    struct rs_view *row = a->input.person;
    int n;
    switch (c) {
    case 's': row[PERSON_surname] = rs_cstr(optarg); return true;
    case 'f': row[PERSON_first_name] = rs_cstr(optarg); return true;
    case 'b': row[PERSON_block_group] = rs_cstr(optarg); return true;
    case 't': row[PERSON_tract] = rs_cstr(optarg); return true;
    case 'z': row[PERSON_zcta] = rs_cstr(optarg); return true;
    case 'p': row[PERSON_zip5] = rs_cstr(optarg); return true;
    case 'c': row[PERSON_county] = rs_cstr(optarg); return true;
    case 'S': row[PERSON_state] = rs_cstr(optarg); return true;
    case 'M': row[PERSON_middle_name] = rs_cstr(optarg); return true;
    case 'a': return age(optarg, &a->input.age, error);
    case 'B': row[PERSON_birth_date] = rs_cstr(optarg); return true;
    case 'x': row[PERSON_sex] = rs_cstr(optarg); return true;
    case 'l': row[PERSON_language] = rs_cstr(optarg); return true;
    case 'R': return rs_explain_races(optarg, row, error);
    case 'E': return rs_explain_ethnicity(optarg, row, error);
    case 'i': a->input.fit = optarg; return true;
    case 'r': a->pack = optarg; return true;
    case 'j': a->json = true; return true;
    case 'h': a->help = true; return true;
    case 'k': return real("smoothing", optarg, &o->smoothing, error);
    case 'K': return real("surname-smoothing", optarg, &o->surname_smoothing, error);
    case 'q': return real("silent-hispanic", optarg, &o->silent_hispanic, error);
    case 'm':
        if (!one_of("method", optarg, rs_impute_method_names, RS_METHODS, &n, error)) return false;
        o->method = (enum rs_impute_method)n;
        return true;
    case 'g':
        if (!one_of("geography", optarg, rs_place_level_names, RS_PLACE_LEVELS, &n, error)) return false;
        o->finest = (enum rs_place_level)n;
        return true;
    case 'F':
        o->textbook = strcmp(optarg, "textbook") == 0;
        if (o->textbook || strcmp(optarg, "place") == 0) return true;
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
        {"race-said", required_argument, NULL, 'R'},   {"ethnicity-said", required_argument, NULL, 'E'},
        {"birth-date", required_argument, NULL, 'B'},  {"sex", required_argument, NULL, 'x'},
        {"middle", required_argument, NULL, 'M'},      {"age", required_argument, NULL, 'a'},
        {"silent-hispanic", required_argument, NULL, 'q'}, {"language", required_argument, NULL, 'l'},
        {"fit", required_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},              {"help", no_argument, NULL, 'h'}, {0}};
    a->input.options = (struct rs_impute_options){.method = RS_METHOD_BIFSG, .smoothing = 20, .surname_smoothing = 5,
                                                  .finest = RS_BLOCK_GROUP, .silent_hispanic = 1};
    a->input.age = -1;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!set(a, c, error)) return false;
    if (optind < argc) return rs_fail(error, RS_USAGE, "explain takes no argument but options");
    if (a->input.fit && rs_impute_is_fitted(&a->input.options))
        return rs_fail(error, RS_USAGE, "--fit corrects what one person alone gives: not with --method fbisg or fbifsg");
    return true;
}

static bool tell(const struct arguments *a, struct rs_error *error) {
    struct rs_arena arena = {0};
    struct rs_explanation *e = rs_alloc(sizeof *e);
    struct rs_pack *pack = rs_pack_open(a->pack ? a->pack : rs_default_pack(), error);
    bool ok = pack && rs_explain(pack, &a->input, &arena, e, error);
    if (ok && a->json) {
        json_t *json = rs_explanation_json(e, pack);
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        puts("");
        json_decref(json);
    } else if (ok) {
        rs_explanation_print(e, pack);
    }
    rs_pack_close(pack);
    rs_explanation_free(e);
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
