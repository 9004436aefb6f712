/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi reference`: which command, and the help. */
#include "reference.h"
#include <string.h>
#include "../base/error.h"

static const char help_text[] =
    "Usage: relsogi reference build [OPTION...] [--output PACK]\n"
    "       relsogi reference info [--json] [PACK]\n"
    "       relsogi reference diff [--json] [--top N] PACK PACK\n"
    "\n"
    "build makes a reference pack: the census tables that imputation and normalising look names and\n"
    "places up in. Without options it makes the default pack from the tables in schemas/reference; a table\n"
    "given takes the place of the default one of its kind. info says what a pack holds; diff what would\n"
    "change from one to the other: names and places added and gone, and which probabilities move most.\n"
    "\n"
    "  --output PACK           file to write (default: the default pack beside the program)\n"
    "  --surnames FILE         surname counts: name,white,black,aian,api,multi,hispanic, with a row ALL OTHER\n"
    "                          NAMES; or the Census Bureau's list of 2010 (CSV, XLSX) or 2020 (XLSX)\n"
    "  --first-names FILE      the same of first names (name or first_name); or the Bureau's list of 2020\n"
    "  --middle-names FILE     the same of middle names (name or middle_name); none by default\n"
    "  --geography LEVEL=FILE  counts of places: id,white,black,aian,api,multi,hispanic[,some_other]; or table\n"
    "                          P2, P4, P5, P11 or P12H to P12O of the Census as CSV of data.census.gov or JSON\n"
    "                          of its API. LEVEL is state, county, zcta, tract or block_group. May be\n"
    "                          repeated, also for one level (states, groups). Levels not given are summed from\n"
    "                          the next finer one\n"
    "  --geography-ages LEVEL=FILE\n"
    "                          the same places by age and sex: id,ages,sex,white,...; ages 0-17, 18+ or all, sex M, F\n"
    "                          or empty. Used for persons who fall into them, else the counts of --geography\n"
    "  --ages RANGE            of whom P12 is counted: all (default), 18+, 0-17, 18-64 ...\n"
    "  --sex M|F               the same\n"
    "  --figures LEVEL=FILE    numbers of places: ACS C16001 and B04006, Detailed DHC-A T01001, CDC SVI, ADI, or\n"
    "                          id and columns of one's own; LEVEL may be nation, too; may be repeated\n"
    "  --api-split LEVEL=FILE  id,asian,nhpi: share of Asian among Asian and Pacific Islander\n"
    "  --zip-zcta FILE         crosswalk, CSV: zip,zcta. Without it a ZIP code is its own ZCTA\n"
    "  --tables DIR            where the default tables are (default: schemas/reference)\n"
    "  --no-defaults           only the tables given\n"
    "  --help                  this text\n"
    "\n"
    "Any FILE may be gzip. schemas/reference/README.md describes the layouts.\n";

void rs_reference_help(FILE *to) { fputs(help_text, to); }

int rs_reference_main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"build", rs_reference_build}, {"info", rs_reference_info}, {"diff", rs_reference_diff}};
    bool asked = argc >= 2 && strcmp(argv[1], "--help") == 0;
    for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    rs_reference_help(asked ? stdout : stderr);
    return asked ? RS_OK : RS_USAGE;
}
