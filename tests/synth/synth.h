/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi synth`: a health plan's members with known truth, and the files a plan would really have of them.
 *
 * Everything about member i is drawn from Philox streams keyed by (seed, i, purpose): the same N, seed and options
 * give the same bytes with the same reference pack and any number of threads (on machines whose C library rounds exp
 * and log alike; with `vintage` and `report` off, on any). Members come in blocks of RS_SYNTH_BLOCK; households do not
 * cross blocks, so that blocks are made and written independently and memory does not grow with N. */
#ifndef RS_TESTS_SYNTH_H
#define RS_TESTS_SYNTH_H
#include <stdbool.h>
#include <stdint.h>
#include "pipeline/base/error.h"

enum { RS_SYNTH_BLOCK = 2048 };

/* Departures from what tables and estimators assume, and damage in the files; each is on unless switched off. */
enum rs_synth_part {
    RS_SYNTH_REPORT,     /* self-report depends on race and outcome */
    RS_SYNTH_NAMES,      /* names depend on place, given race */
    RS_SYNTH_VINTAGE,    /* the population has moved on since the tables */
    RS_SYNTH_CHILDREN,   /* children's races and numbers do not follow tables of adults */
    RS_SYNTH_MOVERS,     /* address of another tract in the plan's file */
    RS_SYNTH_HOUSEHOLDS, /* adults of two groups, one surname */
    RS_SYNTH_DAMAGE,     /* what senders get wrong */
    RS_SYNTH_PARTS,
};

struct rs_synth_options {
    uint64_t members, seed;
    const char *output, *reference; /* directory; pack file */
    const char *states;             /* USPS or FIPS codes, comma between, or "all" */
    int threads;
    bool gzip;
    bool off[RS_SYNTH_PARTS];
    int32_t as_of; /* date of the files, days since 1970-01-01 */
};
extern const struct rs_synth_options rs_synth_defaults;

/* Writes the sample plan; files appear whole, relsogi.yaml last. */
bool rs_synth_write(const struct rs_synth_options *options, struct rs_error *error);

/* The command. Returns an exit code. */
int rs_synth_main(int argc, char **argv);

#endif
