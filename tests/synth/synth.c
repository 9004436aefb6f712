/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command: one table of options, from which the parser and --help are made. */
#include "synth.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "tables.h"

const struct rs_synth_options rs_synth_defaults = {
    .members = 20000, .seed = 1, .states = "AZ,NM,OK,TX", .threads = 1, .as_of = 20634 /* 2026-06-30 */,
};

enum key { MEMBERS = 1, SEED, OUTPUT, REFERENCE, STATES, AS_OF, THREADS, PLAIN, GZIP, WITHOUT, LOG_FORMAT, HELP };
static const struct { enum key key; const char *name, *argument, *help; } table[] = {
    {MEMBERS, "members", "N", "How many members, 1 to 100000000. Default: 20000."},
    {SEED, "seed", "S", "Seed: the same N, S and options give the same bytes. Default: 1."},
    {OUTPUT, "output", "DIR", "Directory to write to; made where it is not there."},
    {REFERENCE, "reference", "FILE", "Reference pack. Default: the default pack."},
    {STATES, "states", "LIST", "USPS or FIPS codes, comma between, or all. Default: AZ,NM,OK,TX."},
    {AS_OF, "as-of", "YYYY-MM-DD", "Date of the files; measures are of the year before. Default: 2026-06-30."},
    {THREADS, "threads", "N", "Threads. Default: as many as there are processors. No effect on the bytes."},
    {PLAIN, "plain", NULL, "Plain files (the default)."},
    {GZIP, "gzip", NULL, "Files for the pipeline as .gz."},
    {WITHOUT, "without", "PART", "Switch a part off (see below), once or more; or all."},
    {LOG_FORMAT, "log-format", "FORMAT", "human or json. Default: human on a terminal."},
    {HELP, "help", NULL, "This text."},
};
enum { N_OPTIONS = sizeof table / sizeof *table };

static void help(FILE *to) {
    fputs("relsogi synth: makes a sample plan with known truth: an 834, a FHIR bulk export, a clinic's roster and\n"
          "measure results, with what real files have wrong; the configuration to run them; and the truth, apart.\n"
          "Nobody in it is real.\n\nUsage: relsogi synth --output DIR [OPTION...]\n\n", to);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char name[48];
        snprintf(name, sizeof name, "--%s%s%s", table[i].name, table[i].argument ? " " : "",
                 table[i].argument ? table[i].argument : "");
        fprintf(to, "  %-22s %s\n", name, table[i].help);
    }
    fputs("\nParts: report (self-report depends on race and outcome), names (names depend on place), vintage (the\n"
          "population has moved on since the tables), children (their mix is not the adults'), movers (address of\n"
          "another tract), households (adults of two groups), damage (what senders get wrong). truth/README in the\n"
          "output says how often each happens.\n", to);
}

static bool to_whole(const char *name, const char *text, int64_t least, int64_t most, int64_t *out,
                     struct rs_error *error) {
    if (rs_parse_long(rs_cstr(text), out) && *out >= least && *out <= most) return true;
    return rs_fail(error, RS_USAGE, "--%s: \"%s\" is no whole number from %lld to %lld", name, text, (long long)least,
                   (long long)most);
}

static bool switch_off(struct rs_synth_options *o, const char *name, struct rs_error *error) {
    bool all = strcmp(name, "all") == 0, known = all;
    for (int i = 0; i < RS_SYNTH_PARTS; i++) {
        if (!all && strcmp(name, rs_synth_part_names[i]) != 0) continue;
        o->off[i] = known = true;
    }
    if (known) return true;
    return rs_fail(error, RS_USAGE, "--without %s: there is no such part; relsogi synth --help lists them", name);
}

struct command {
    struct rs_synth_options o;
    bool help;
    const char *log_format;
};

static bool take(struct command *c, int key, const char *value, struct rs_error *error) {
    int64_t number = 0;
    bool ok = true;
    switch (key) {
    case MEMBERS:
        ok = to_whole("members", value, 1, 100000000, &number, error);
        c->o.members = (uint64_t)number;
        return ok;
    case SEED:
        ok = to_whole("seed", value, 0, INT64_MAX, &number, error);
        c->o.seed = (uint64_t)number;
        return ok;
    case THREADS:
        ok = to_whole("threads", value, 1, 256, &number, error);
        c->o.threads = (int)number;
        return ok;
    case AS_OF:
        if (rs_day_parse(rs_cstr(value), &c->o.as_of)) return true;
        return rs_fail(error, RS_USAGE, "--as-of: \"%s\" is no date; write YYYY-MM-DD", value);
    case LOG_FORMAT:
        if (strcmp(value, "human") != 0 && strcmp(value, "json") != 0)
            return rs_fail(error, RS_USAGE, "--log-format: \"%s\" is neither human nor json", value);
        c->log_format = value;
        return true;
    case OUTPUT: c->o.output = value; return true;
    case REFERENCE: c->o.reference = value; return true;
    case STATES: c->o.states = value; return true;
    case PLAIN: c->o.gzip = false; return true;
    case GZIP: c->o.gzip = true; return true;
    case HELP: c->help = true; return true;
    case WITHOUT: return switch_off(&c->o, value, error);
    default: return rs_fail(error, RS_USAGE, "unknown option, or one without its value; see relsogi synth --help");
    }
}

static bool parse(struct command *c, int argc, char **argv, struct rs_error *error) {
    struct option longs[N_OPTIONS + 1] = {0};
    for (size_t i = 0; i < N_OPTIONS; i++) {
        longs[i] = (struct option){table[i].name, table[i].argument ? required_argument : no_argument, NULL,
                                   (int)table[i].key};
    }
    opterr = 0;
    optind = 1;
    for (int key; (key = getopt_long(argc, argv, "", longs, NULL)) != -1;)
        if (!take(c, key, optarg, error)) return false;
    if (optind < argc) return rs_fail(error, RS_USAGE, "\"%s\": not an option; see relsogi synth --help", argv[optind]);
    if (c->help || c->o.output) return true;
    return rs_fail(error, RS_USAGE, "--output DIR is missing: where should the sample plan go?");
}

int rs_synth_main(int argc, char **argv) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct command c = {.o = rs_synth_defaults};
    struct rs_error error = {0};
    c.o.threads = cores > 0 && cores < 256 ? (int)cores : 1;
    umask(077);
    rs_log_setup(RS_LOG_AUTO, RS_LOG_INFO, "synth");
    bool ok = parse(&c, argc, argv, &error);
    if (ok && c.help) {
        help(stdout);
        return RS_OK;
    }
    if (c.log_format)
        rs_log_setup(strcmp(c.log_format, "json") == 0 ? RS_LOG_JSON : RS_LOG_HUMAN, RS_LOG_INFO, "synth");
    if (!c.o.reference) c.o.reference = rs_default_pack();
    if (ok && !rs_exists(c.o.reference))
        ok = rs_fail(&error, RS_NO_INPUT, "%s: there is no reference pack here; build one with: relsogi reference "
                     "build --output %s", c.o.reference, c.o.reference);
    ok = ok && rs_synth_write(&c.o, &error);
    if (!ok) {
        rs_log(RS_LOG_ERROR, "%s", error.text);
        return error.code;
    }
    rs_info("%llu members are in %s; next: relsogi run --config %s/relsogi.yaml", (unsigned long long)c.o.members,
            c.o.output, c.o.output);
    return RS_OK;
}
