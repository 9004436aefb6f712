/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage reconcile: which records are one person, which of a person's answers stands, and what disagrees.
 *
 * Reads demographic, mapped and identifier, measure_event where there is one, a crosswalk, and a prior run's link.
 * Writes link, link_event, person, person_value, discrepancy, person_measure and agreement, each sorted by its key.
 *
 * Order of work: read (read.c, crosswalk.c); link (link.c, prior.c); rows of a record to answers (bundle.c, answer.c);
 * persons (person.c, survive.c, race.c, demographic.c, measure.c, discrepancy.c); agreement of sources
 * (agreement.c, agreement_rows.c, kappa.c). Everything goes through partitions on
 * disk: memory is bounded by the largest partition, whatever the number of records. */
#include <limits.h>
#include <stdlib.h>
#include "pipeline/base/config.h"
#include "pipeline/base/jurisdiction.h"
#include "agreement.h"
#include "state.h"

static const struct rs_layout *const reads[] = {&rs_layout_demographic, &rs_layout_mapped, &rs_layout_identifier, NULL};
static const struct rs_layout *const reads_if_there[] = {&rs_layout_measure_event, NULL};
static const struct rs_layout *const writes[] = {
    [OUT_LINK] = &rs_layout_link,
    [OUT_LINK_EVENT] = &rs_layout_link_event,
    [OUT_PERSON] = &rs_layout_person,
    [OUT_PERSON_VALUE] = &rs_layout_person_value,
    [OUT_DISCREPANCY] = &rs_layout_discrepancy,
    [OUT_PERSON_MEASURE] = &rs_layout_person_measure,
    [OUT_AGREEMENT] = &rs_layout_agreement,
    NULL};
static const char *const after[] = {"ingest", "normalize", "map", NULL};

static const struct rs_option options[] = {
    {"crosswalk", "FILE", NULL,
     "CSV of identifiers known to be one person's: id_system_a,id_a,id_system_b,id_b (configuration: crosswalk)."},
    {"source-rank", "A,B,...", NULL,
     "Sources in the order in which they are believed; the others follow by name (configuration: source_rank)."},
    {"most-records-per-id", "N", "50", "An identifier shared by more records than this links nothing."},
    {"minimum-cell", "N", "11",
     "Smallest count of agreement between sources that is shown; 11 withholds 1 to 10, 1 withholds nothing. The database "
     "takes no smaller one than 11."},
    {0}};

/* ---- source rank: "a, b" or a YAML list -------------------------------------------------------------------------- */

static void add_rank(struct rs_rc *rc, struct rs_view name) {
    name = rs_trim(name);
    if (!rs_has(name)) return;
    rc->rank_names = rs_realloc(rc->rank_names, (rc->n_rank_names + 1) * sizeof *rc->rank_names);
    char *copy = rs_alloc(name.n + 1);
    memcpy(copy, name.p, name.n);
    rc->rank_names[rc->n_rank_names++] = copy;
}

static void add_ranks(struct rs_rc *rc, struct rs_view list) {
    while (list.p) add_rank(rc, rs_split(&list, ','));
}

static bool read_ranks(struct rs_rc *rc, struct rs_error *error) {
    const char *option = rs_run_option(rc->run, "source-rank");
    if (option) {
        add_ranks(rc, rs_cstr(option));
        return true;
    }
    const json_t *set = json_object_get(rc->run->config, "source_rank");
    if (!set) return true;
    if (json_is_string(set)) {
        add_ranks(rc, rs_cstr(json_string_value(set)));
        return true;
    }
    for (size_t i = 0; i < json_array_size(set); i++) {
        const json_t *name = json_array_get(set, i);
        if (!json_is_string(name))
            return rs_fail(error, RS_CONFIG, "%s: source_rank[%zu]: write the name of a source", rc->run->config_path,
                           i);
        add_rank(rc, rs_cstr(json_string_value(name)));
    }
    if (!json_is_array(set))
        return rs_fail(error, RS_CONFIG, "%s: source_rank: write a list of sources", rc->run->config_path);
    return true;
}

/* What shapes the output besides row files and options: the crosswalk's bytes, and the configured order of sources. */
static bool inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    char room[PATH_MAX], hex[65];
    const char *path = rs_rc_crosswalk_path(run, room, sizeof room, error);
    if (error->code) return false;
    if (path) {
        struct rs_digest d;
        uint64_t bytes;
        if (!rs_sha256_file(path, &d, &bytes, error)) return false;
        rs_hex(hex, d.b, sizeof d.b);
        json_object_set_new(hashes, "crosswalk", json_string(hex));
    }
    struct rs_jurisdiction place;
    if (!rs_jurisdiction_read(run->config, run->config_path, &place, error)) return false;
    if (rs_jurisdiction_drops(&place, RS_LIT("gender_two_step"))) json_object_set_new(hashes, "two_step", json_false());
    if (place.minors_under) json_object_set_new(hashes, "jurisdiction", rs_jurisdiction_json(&place));
    json_t *rank = json_object_get(run->config, "source_rank");
    if (rank && !rs_run_option(run, "source-rank")) json_object_set(hashes, "source_rank", rank);
    return true;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static bool open_workers(struct rs_rc *rc, struct rs_error *error) {
    struct rs_site_key key;
    if (!rs_run_site_key(rc->run, &key, error)) return false;
    rc->workers = rs_alloc((size_t)rc->run->threads * sizeof *rc->workers);
    for (int i = 0; i < rc->run->threads; i++) {
        struct rs_rc_worker *w = &rc->workers[i];
        w->hmac = rs_hmac_new(&key);
        /* An empty partition is then still an array: nothing may be sorted at address 0. */
        w->a = (struct rs_partition){.items = rs_alloc(64 * sizeof *w->a.items), .room = 64};
        w->b = (struct rs_partition){.items = rs_alloc(64 * sizeof *w->b.items), .room = 64};
    }
    memset(&key, 0, sizeof key);
    return true;
}

static void close_all(struct rs_rc *rc) {
    for (int i = 0; i < SL_COUNT; i++) rs_rc_spill_close(rc, i);
    for (int i = 0; rc->workers && i < rc->run->threads; i++) {
        struct rs_rc_worker *w = &rc->workers[i];
        rs_partition_free(&w->a);
        rs_partition_free(&w->b);
        rs_hmac_free(w->hmac);
        rs_arena_free(&w->arena);
        rs_buffer_free(&w->list);
        rs_buffer_free(&w->more);
        rs_rc_agree_free(&w->agreements);
    }
    free(rc->workers);
    for (size_t i = 0; i < rc->n_sources; i++) free((void *)(uintptr_t)rc->source_names[i]);
    for (size_t i = 0; i < rc->n_rank_names; i++) free(rc->rank_names[i]);
    free(rc->source_names);
    free(rc->source_rank);
    free(rc->rank_names);
    pthread_rwlock_destroy(&rc->sources_lock);
}

static bool read_inputs(struct rs_rc *rc, struct rs_error *error) {
    char room[PATH_MAX];
    const char *crosswalk = rs_rc_crosswalk_path(rc->run, room, sizeof room, error);
    if (error->code || !rs_rc_spill_open(rc, SL_IDS, error)) return false;
    rc->has_crosswalk = crosswalk != NULL;
    if (crosswalk && !rs_rc_read_crosswalk(rc, crosswalk, error)) return false;
    return rs_rc_read_all(rc, error);
}

static void tell_too_young(const struct rs_rc *rc) {
    uint64_t n = 0;
    for (int i = 0; rc->workers && i < rc->run->threads; i++) n += rc->workers[i].too_young;
    json_object_set_new(rc->run->results, "too_young", json_integer((json_int_t)n));
}

static bool run(struct rs_run *run, struct rs_error *error) {
    struct rs_rc rc = {.run = run};
    pthread_rwlock_init(&rc.sources_lock, NULL);
    bool ok = rs_jurisdiction_read(run->config, run->config_path, &rc.place, error);
    rc.two_step = !rs_jurisdiction_drops(&rc.place, RS_LIT("gender_two_step"));
    ok = ok && rs_run_option_long(run, "most-records-per-id", 2, INT32_MAX, &rc.most_records_per_id, error) &&
         rs_run_option_long(run, "minimum-cell", 1, 1000, &rc.minimum_cell, error) && read_ranks(&rc, error) &&
         open_workers(&rc, error) && read_inputs(&rc, error) && rs_rc_link(&rc, error) && rs_rc_bundle(&rc, error) &&
         rs_rc_persons(&rc, error) && rs_rc_agree_write(&rc, error);
    if (rc.place.minors_under) tell_too_young(&rc);
    close_all(&rc);
    return ok;
}

const struct rs_stage rs_stage_reconcile = {
    .name = "reconcile",
    .version = 7, /* 7: several values in one row, minors, source of race and ethnicity, agreement without REST and beside other tables; 6: agreement; 5: facility; 2: gender_two_step; 3: amounts, time, exclusions and product lines of measures; 4: joined answers */
    .about = "join the records of one person, and decide which answer stands",
    .description =
        "Records that share a record key, an identifier of a namespace that the source's profile lets link, "
        "or a pair of the crosswalk are one person. The person's key is the prior run's where there is one "
        "(merges and splits are logged in link_event), else HMAC-SHA-256(site key, \"person\", smallest record "
        "key).\n\n"
        "Which answer stands: one the person gave, then a related person's, then an administrative one (by "
        "source rank); then a decline, which gives way to any of these and stands over what was observed, "
        "derived, or came without saying how it was collected; then those; then other missing reasons. Among "
        "equals the newer answer, then source rank, then the order of values. A more detailed answer of the "
        "same source takes its parent's place. An answer is never taken apart: several races stand or fall "
        "together. Every disagreement is a row of discrepancy, a Hispanic yes against a no as an error.\n\n"
        "The 1997 and the 2024 axis are derived from the race answer and the ethnicity answer that stand; "
        "what they do not decide is null. Nothing about sexual orientation or gender identity is inferred.\n\n"
        "Agreement: for each two sources what they say of the same persons, each by its newest answer (declines, "
        "other missing reasons and answers that leave the category open are left out): counts of the confusion "
        "table, the share that agrees, Cohen's kappa with the standard error of Fleiss, Cohen and Everitt (1969), and "
        "of each category sensitivity, specificity, predictive values with Wilson's interval, the source whose name "
        "comes first held as the standard. Counts below --minimum-cell are withheld, and whatever they would follow from, also "
        "by the difference of two tables about race. Categories of few persons are put together as REST; who is there by "
        "both sources is left out of the share and of kappa, since nothing says whether they agree.",
    .examples = "*relsogi reconcile --config relsogi.yaml --input ingest --input normalize --input map "
                "--output reconcile*\n",
    .reads = reads,
    .reads_if_there = reads_if_there,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_config = true,
    .inputs = inputs,
    .run = run,
};
