/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every stage is: a constant descriptor, used by its own executable (`relsogi-<name>`), by `relsogi <name>` and by
 * `relsogi run`; and the run context that reads options, opens inputs and outputs, counts, and finishes whole.
 *
 * A stage writes into its output directory: one file for each layout it makes, quarantine, ledger, and last of all
 * stage.json (key, inputs, outputs, parameters, results). Without stage.json the stage has not happened. */
#ifndef RS_ROWS_STAGE_H
#define RS_ROWS_STAGE_H
#include "../base/config.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "batch.h"
#include "ledger.h"
#include "rows.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One option, for --help, the man page, the parser and the configuration (stages: <stage>: <name>: value). */
struct rs_option {
    const char *name;     /* long name, without dashes */
    const char *argument; /* what its value is called (FILE, N); NULL for a flag, whose value is "yes" when given */
    const char *value;    /* default; NULL for none */
    const char *help;     /* one sentence */
};

struct rs_run;
struct rs_stage {
    const char *name;                     /* "ingest" */
    int version;                          /* raised when the same input gives other bytes */
    const char *about;                    /* one line */
    const char *description;              /* paragraphs, for the man page: what it does, rules, formulas with sources */
    const char *examples;                 /* scdoc, with commands that run as they stand */
    const struct rs_layout *const *reads; /* NULL-terminated; found in the --input directories */
    const struct rs_layout *const *reads_if_there; /* optional ones; NULL for none */
    const struct rs_layout *const *writes;         /* NULL-terminated; without quarantine and ledger, which all write */
    const char *const *after;                      /* stages whose outputs it reads, NULL-terminated: the graph */
    const struct rs_option *options;               /* own options, ended by a zero entry; NULL for none */
    bool needs_as_of, needs_reference, needs_config;
    bool always; /* never skipped on resume: what it made is not in files, and only it can tell whether it stands */
    /* External inputs besides row files (input files, database): adds their hashes to the stage's key. May be NULL. */
    bool (*inputs)(struct rs_run *run, json_t *hashes, struct rs_error *error);
    bool (*run)(struct rs_run *run, struct rs_error *error);
    /* The stage as a tool of its own, without the others: called instead of run where the one --input is a CSV file
     * (.csv, .csv.gz). --output is then a file, and nothing else is written. May be NULL. */
    bool (*alone)(struct rs_run *run, struct rs_error *error);
    /* Answers a question instead of running, where the own option `question` (NULL: "explain") is given on the command
     * line: configuration and options are read as for a run, nothing is written but *out, which goes to stdout. May be
     * NULL. */
    const char *question;
    bool (*explain)(struct rs_run *run, const char *what, struct rs_buffer *out, struct rs_error *error);
};

/* What a stage is given. Filled before run is called; everything is borrowed from the context. */
struct rs_run {
    const struct rs_stage *stage;
    const char **inputs; /* --input, in the order given */
    size_t n_inputs;
    const char **priors; /* --prior directories */
    size_t n_priors;
    const char *output;      /* --output directory; made before run */
    const char *config_path; /* --config, or NULL */
    json_t *config;          /* its tree, or NULL */
    const char *reference;   /* pack file: --reference, config `reference`, or the default pack */
    const char *run_id;      /* under `relsogi run` (or --run-id); NULL alone. Not for row files */
    int threads;
    bool has_as_of;
    int32_t as_of; /* days since 1970-01-01 */
    bool compress; /* BGZF outputs */
    bool dry_run;
    json_t *parameters;      /* normalised options, for the key and the provenance; stages may add what they resolve */
    json_t *results;         /* object a stage fills with numbers for the run's results JSON: no PHI */
    struct rs_tally tally;   /* the stage's ledger */
    struct rs_error verdict; /* a quality gate that failed: row files are written, stage.json is not, the stage fails */
    struct rs_run_private *private_;
};

const char *rs_run_option(const struct rs_run *run, const char *name); /* value, default, or NULL */
bool rs_run_flag(const struct rs_run *run, const char *name);
/* yes or no, no where it is not given; RS_USAGE for another word. */
bool rs_run_option_yes(const struct rs_run *run, const char *name, bool *out, struct rs_error *error);
bool rs_run_option_long(const struct rs_run *run, const char *name, int64_t least, int64_t most, int64_t *out,
                        struct rs_error *error);
bool rs_run_option_real(const struct rs_run *run, const char *name, double least, double most, double *out,
                        struct rs_error *error);
bool rs_run_site_key(const struct rs_run *run, struct rs_site_key *key, struct rs_error *error); /* config site_key */

/* Inputs: looked for in the --input directories in order (rs_run_manifest), in the --prior ones (rs_run_prior). Each
 * one opened is noted in the provenance. *found = false, and no error, where an optional one is not there. */
bool rs_run_manifest(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m, struct rs_error *error);
bool rs_run_manifest_if(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m, bool *found,
                        struct rs_error *error);
bool rs_run_prior(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m, bool *found,
                  struct rs_error *error);
/* The same of one directory, which may be a prior one or stand for one: where each is read, in their order. */
bool rs_run_prior_in(struct rs_run *run, const char *dir, const struct rs_layout *layout, struct rs_manifest *m,
                     bool *found, struct rs_error *error);

/* Outputs: sinks are numbered in the order of stage->writes (0, 1, ...); the quarantine's number is RS_QUARANTINE.
 * All are opened before run is called and closed after it: a stage only fills batches. */
enum { RS_QUARANTINE = RS_MAX_SINKS - 1 };
/* Writes a batch's sinks, in order, and adds its tally to the run's: what `done` of most stages is. */
bool rs_run_done(struct rs_run *run, struct rs_batch *batch, struct rs_error *error);

/* The whole of a stage that turns rows of `layout` into rows, block by block. `work` gets self = the stage's own
 * state; rs_cursor_open(&cursor, reader, &batch->in, batch->first_row, &batch->arena) walks the block's rows. */
bool rs_run_rows(struct rs_run *run, const struct rs_layout *layout, void *self,
                 bool (*work)(void *self, const struct rs_row_reader *reader, struct rs_batch *batch,
                              struct rs_error *error),
                 struct rs_error *error);

/* Evidence of a bad value or row: goes to the quarantine of the batch. Views may be null, numbers negative for none. */
struct rs_evidence {
    bool row; /* the whole row was set aside */
    int64_t file_no, record_no, line, segment, offset;
    struct rs_view field, raw;
    const char *rule, *message; /* message: what is wrong and what to do, without the value */
};
void rs_quarantine(const struct rs_run *run, struct rs_batch *batch, const struct rs_evidence *evidence);

/* main() of a stage's own executable; also what `relsogi <stage>` calls. Returns an exit code. */
int rs_stage_main(const struct rs_stage *stage, int argc, char **argv);

/* What the driver needs of a stage. */
struct rs_stage_call {
    const char **inputs, **priors;
    size_t n_inputs, n_priors;
    const char *output, *config_path, *reference, *run_id, *as_of;
    const char **set_names, **set_values; /* own options given on the command line, without dashes */
    size_t n_set;
    int threads; /* 0: as the config says, else all cores */
    bool compress, dry_run;
    bool asking; /* a question, not a run: what a run needs (as-of date, configuration, pack) may be absent */
};
/* The stage's key: SHA-256 over inputs' digests, stage version, normalised options, reference and prior digests. */
bool rs_stage_key(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_digest *key,
                  struct rs_error *error);
/* Runs in this process. On failure nothing stands under a final name but what stood there before. */
bool rs_stage_run(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_error *error);
/* stage->explain in a context opened for it. */
bool rs_stage_explain(const struct rs_stage *stage, const struct rs_stage_call *call, const char *what,
                      struct rs_buffer *out, struct rs_error *error);
/* --help and the scdoc source of the man page, both from the descriptor. */
void rs_stage_help(const struct rs_stage *stage, struct rs_buffer *out);
void rs_stage_man(const struct rs_stage *stage, struct rs_buffer *out);

#endif
