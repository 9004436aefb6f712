/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of reconcile share during a run: sources, spills, per-thread contexts, and the walk over
 * partitions. */
#ifndef RS_RECONCILE_STATE_H
#define RS_RECONCILE_STATE_H
#include <pthread.h>
#include "items.h"
#include "pipeline/base/jurisdiction.h"
#include "pipeline/rows/group.h"
#include "pipeline/rows/stage.h"

/* Outputs, in the order of the descriptor's `writes`. */
enum rs_rc_sink {
    OUT_LINK,
    OUT_LINK_EVENT,
    OUT_PERSON,
    OUT_PERSON_VALUE,
    OUT_DISCREPANCY,
    OUT_PERSON_MEASURE,
    OUT_AGREEMENT
};

/* Spills, each sealed before it is read and closed as soon as it has been. */
enum rs_rc_slot {
    SL_RECORDS,     /* by record_key: demographic, mapped and measure rows */
    SL_NODES,       /* by record_key: that the record is there, its identifiers, its prior person */
    SL_IDS,         /* by identifier: who has it */
    SL_EDGES,       /* by node: the identifiers it shares, with labels */
    SL_EDGES_BY_ID, /* by identifier: the same edges */
    SL_PRIOR,       /* by prior person key: who claims it */
    SL_CLUSTERS,    /* by label: what a cluster is given, and its records */
    SL_LINKS,       /* by record_key: person key and rule */
    SL_PERSONS,     /* by person_key: what the person's records say */
    SL_DISCREPANCY, /* by discrepancy_key: finished lines */
    SL_EVENTS,      /* by person_key: finished lines of link_event */
    SL_COUNT
};

/* Items of SL_RECORDS and SL_PERSONS. */
enum rs_rc_tag { TAG_DEMOGRAPHIC, TAG_ANSWERS, TAG_MEASURES };

/* Counts of what two sources say about the same persons (agreement.h): a hash table, which grows with the pairs of sources and
 * categories, not with persons. */
struct rs_rc_agree_count;
struct rs_rc_agreements {
    struct rs_rc_agree_count *counts;
    size_t n, room;
};

struct rs_rc_worker {
    struct rs_partition a, b; /* partitions being worked on */
    struct rs_hmac *hmac;
    struct rs_arena arena;    /* for one person or record */
    struct rs_buffer list;    /* arrays of one person or record */
    struct rs_buffer more;
    struct rs_rc_agreements agreements;
    uint64_t too_young; /* answers dropped, since the jurisdiction does not keep them of minors */
};

struct rs_rc {
    struct rs_run *run;
    struct rs_spill *spills[SL_COUNT];
    struct rs_rc_worker *workers;
    int64_t most_records_per_id;
    int64_t minimum_cell; /* smallest count of layout agreement that is published; 1 withholds nothing */
    bool has_prior, has_crosswalk;
    bool two_step; /* gender_two_step may be derived */
    struct rs_jurisdiction place;
    struct rs_digest prior_content; /* digest of the prior link file */

    /* Sources. While inputs are read they have numbers in order of arrival; rs_rc_sources_sort then gives each its
     * rank: the configured ones first, in their order, then the others by name. */
    pthread_rwlock_t sources_lock;
    const char **source_names; /* by arrival, later by rank */
    uint16_t *source_rank;     /* arrival number -> rank */
    size_t n_sources, room_sources;
    char **rank_names;         /* configured order */
    size_t n_rank_names;
    unsigned ranked;           /* ranks below this are configured */
    bool changed;              /* a pass over the edges changed a label */
};

bool rs_rc_source_number(struct rs_rc *rc, struct rs_view name, uint16_t *out, struct rs_error *error);
void rs_rc_sources_sort(struct rs_rc *rc);
struct rs_view rs_rc_source_name(const struct rs_rc *rc, uint16_t rank);

/* The arena of the thread that works on the batch: reset for each person or record. */
static inline struct rs_arena *rs_rc_arena(const struct rs_rc *rc, const struct rs_batch *batch) {
    return &rc->workers[batch->worker].arena;
}

bool rs_rc_spill_open(struct rs_rc *rc, int slot, struct rs_error *error);
bool rs_rc_spill_seal(struct rs_rc *rc, int slot, struct rs_error *error);
void rs_rc_spill_close(struct rs_rc *rc, int slot);

/* What a pass does with one partition (batch->index) in any thread: rows into the batch's sinks, items into its
 * scratch. *changed is kept in order over all partitions into rc->changed. */
typedef bool rs_rc_work(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error);
/* All 256 partitions, in order. */
bool rs_rc_partitions(struct rs_rc *rc, rs_rc_work *work, struct rs_error *error);
/* All blocks of a row file, in order. */
typedef bool rs_rc_block(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                         struct rs_error *error);
bool rs_rc_rows(struct rs_rc *rc, const struct rs_manifest *m, rs_rc_block *work, struct rs_error *error);

/* ---- the parts --------------------------------------------------------------------------------------------------- */

/* read.c: inputs into SL_RECORDS and SL_NODES. */
bool rs_rc_read_all(struct rs_rc *rc, struct rs_error *error);
/* crosswalk.c: pairs of identifiers into SL_IDS. */
const char *rs_rc_crosswalk_path(struct rs_run *run, char *room, size_t n, struct rs_error *error); /* NULL: none */
bool rs_rc_read_crosswalk(struct rs_rc *rc, const char *path, struct rs_error *error);
struct rs_key rs_rc_id_key(struct rs_view system, struct rs_view value);
/* link.c: SL_NODES and SL_IDS into SL_LINKS; prior.c: person keys where a prior run gave some. */
bool rs_rc_link(struct rs_rc *rc, struct rs_error *error);
bool rs_rc_link_with_prior(struct rs_rc *rc, struct rs_error *error);
struct rs_key rs_rc_person_key(struct rs_hmac *hmac, struct rs_key record);
enum rs_rc_link_rule { LINK_ALONE, LINK_MEMBER_ID, LINK_CROSSWALK, LINK_PRIOR };
void rs_rc_link_put(struct rs_batch *batch, struct rs_key record, struct rs_key person, int rule);
/* The label of a record in the settled edges (items of one partition of SL_EDGES, sorted), and why it is linked. */
struct rs_rc_label {
    struct rs_key label;
    int rule;
};
struct rs_rc_label rs_rc_label_of(const struct rs_partition *edges, size_t *at, struct rs_key record);
enum { NODE_HERE, NODE_ID, NODE_PRIOR }; /* tags of SL_NODES */

/* bundle.c: SL_RECORDS and SL_LINKS into SL_PERSONS, and the link file. */
bool rs_rc_bundle(struct rs_rc *rc, struct rs_error *error);
/* person.c: SL_PERSONS into person, person_value, person_measure and SL_DISCREPANCY. */
bool rs_rc_persons(struct rs_rc *rc, struct rs_error *error);

#endif
