/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load: a run's row files into PostgreSQL.
 *
 * Reads the row files of all stages, each held against its manifest while it is read. Writes one table for each layout
 * of this run alone, by binary COPY in the transaction that makes the table; counts it, gives it its keys; and then
 * makes all of them partitions, and the run visible, in one last transaction. What the loader may do and may not is
 * in sql/migrations/003_load.sql.
 *
 * Invariants: nothing of a run is visible before all of it is; content that is there already is recognised by its
 * digest and not loaded again; two loads never work at one database at once. Tables are loaded side by side, each by a
 * connection of its own; the first connection holds the lock and speaks for the run. */
#include "pipeline/base/log.h"
#include "pipeline/db/chain.h"
#include "pipeline/db/copy.h"
#include "pipeline/db/session.h"
#include "plan.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_CONNECTIONS = 4 };

struct load {
    struct rs_run *run;
    struct rs_database database;
    struct rs_load_plan plan;
    size_t order[RS_LOAD_LAYOUTS]; /* of plan.tables, largest first */
    char number[16];               /* run_no */
    char chain_file[PATH_MAX];     /* empty: none */
    struct rs_chain_head head;     /* of the database's log, once the run is visible */
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock;
    struct rs_error error; /* the first there was; under lock */
};

/* ---- one table ------------------------------------------------------------------------------------------------ */

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A statement of one row and one column; its text goes to out where that is not NULL. */
static bool ask_one(struct rs_session *s, const char *sql, int n, const char *const *parameters, char *out, size_t room,
                    struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, sql, n, parameters, error);
    if (!a) return false;
    if (out) snprintf(out, room, "%s", rs_answer_rows(a) && rs_answer_text(a, 0, 0) ? rs_answer_text(a, 0, 0) : "");
    rs_answer_free(a);
    return true;
}

/* The columns as an array of PostgreSQL: their names need no quotes. */
static void column_array(struct rs_buffer *out, const struct rs_layout *layout) {
    const char *between = "{";
    for (size_t i = 0; i < layout->n_columns; i++) {
        if (!rs_column_loaded(layout, &layout->columns[i])) continue;
        rs_buffer_printf(out, "%s%s", between, layout->columns[i].name);
        between = ",";
    }
    rs_buffer_printf(out, "}");
    rs_buffer_byte(out, 0);
}

static bool seal(struct load *l, struct rs_session *s, const struct rs_layout *layout, const struct rs_digest *digest,
                 struct rs_error *error) {
    char hex[65];
    struct rs_buffer columns = {0};
    rs_hex(hex, digest->b, 32);
    column_array(&columns, layout);
    const char *parameters[] = {l->number, layout->name, hex, columns.p};
    bool ok = ask_one(s, "select relsogi.load_seal($1::integer, $2, $3, $4::text[])", 4, parameters, NULL, 0, error);
    rs_buffer_free(&columns);
    return ok;
}

static bool load_table(struct load *l, struct rs_session *s, const struct rs_load_table *t, struct rs_error *error) {
    char table[160];
    uint64_t rows = 0;
    struct rs_digest digest;
    const char *parameters[] = {l->number, t->layout->name};
    double start = seconds();
    if (!rs_session_run(s, "begin", error) ||
        !ask_one(s, "select relsogi.load_table($1::integer, $2)", 2, parameters, table, sizeof table, error) ||
        !rs_copy_files(s, table, t->layout, t->files, t->n_files, &l->stop, &rows, &digest, error))
        return false;
    if (rows != t->rows)
        return rs_fail(error, RS_DATA, "layout %s: the server took %llu rows, the manifest says %llu", t->layout->name,
                       (unsigned long long)rows, (unsigned long long)t->rows);
    double copied = seconds();
    if (!seal(l, s, t->layout, &digest, error) || !rs_session_run(s, "commit", error)) return false;
    rs_debug("%s: %llu rows, COPY %.3f s, count, keys and statistics %.3f s", t->layout->name, (unsigned long long)rows,
             copied - start, seconds() - copied);
    return true;
}

static void report(struct load *l, const struct rs_error *error) {
    pthread_mutex_lock(&l->lock);
    if (!l->error.code) l->error = *error;
    pthread_mutex_unlock(&l->lock);
    atomic_store(&l->stop, true);
}

/* One connection's work: the next largest table until there is none, or somebody failed. */
static void *work(void *self) {
    struct load *l = self;
    struct rs_error error = {0};
    struct rs_session *s = rs_session_open(&l->database, "load", l->run->run_id, &error);
    while (s && !atomic_load(&l->stop)) {
        size_t i = atomic_fetch_add(&l->next, 1);
        if (i >= l->plan.n) break;
        if (!load_table(l, s, &l->plan.tables[l->order[i]], &error)) break;
    }
    if (error.code) report(l, &error);
    rs_session_close(s);
    return NULL;
}

static bool load_tables(struct load *l, struct rs_error *error) {
    pthread_t threads[MOST_CONNECTIONS];
    size_t n = l->run->threads < MOST_CONNECTIONS ? (size_t)l->run->threads : MOST_CONNECTIONS, started = 0;
    if (n > l->plan.n) n = l->plan.n;
    for (size_t i = 1; i < n; i++)
        if (pthread_create(&threads[started], NULL, work, l) == 0) started++;
    work(l);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    if (!l->error.code) return true;
    *error = l->error;
    return false;
}

static void largest_first(struct load *l) {
    for (size_t i = 0; i < l->plan.n; i++) {
        size_t j = i;
        for (; j && l->plan.tables[l->order[j - 1]].rows < l->plan.tables[i].rows; j--) l->order[j] = l->order[j - 1];
        l->order[j] = i;
    }
}

/* ---- the run -------------------------------------------------------------------------------------------------- */

static bool begin(struct load *l, struct rs_session *s, bool *there, char *revision, size_t room,
                  struct rs_error *error) {
    char *plan;
    if (!rs_load_plan_json(l->run, &l->plan, &plan, error)) return false;
    const char *parameters[] = {plan};
    struct rs_answer *a = rs_session_ask(
        s, "select number, there, revision, leftovers from relsogi.load_begin($1::jsonb)", 1, parameters, error);
    free(plan);
    if (!a) return false;
    snprintf(l->number, sizeof l->number, "%s", rs_answer_text(a, 0, 0));
    *there = rs_answer_flag(a, 0, 1);
    snprintf(revision, room, "%s", rs_answer_text(a, 0, 2) ? rs_answer_text(a, 0, 2) : "");
    int64_t leftovers = rs_answer_long(a, 0, 3);
    if (leftovers) rs_info("removed %lld tables that a load cut short had left behind", (long long)leftovers);
    rs_answer_free(a);
    return true;
}

/* Tables of a load that failed would be dropped by the next one anyway; sooner is better, where it still works. */
static void clean(struct rs_session *s) {
    struct rs_error ignored = {0};
    if (!rs_session_run(s, "select relsogi.load_clean()", &ignored))
        rs_debug("leftovers stay until the next load: %s", ignored.text);
}

static void take_head(struct load *l, const struct rs_answer *a, int column) {
    const char *head = rs_answer_text(a, 0, column + 1);
    l->head.entry = rs_answer_long(a, 0, column);
    snprintf(l->head.head, sizeof l->head.head, "%s", head ? head : "");
}

static bool publish(struct load *l, struct rs_session *s, char *revision, size_t room, struct rs_error *error) {
    const char *parameters[] = {l->number};
    struct rs_answer *a =
        rs_session_ask(s, "select revision, entry, head from relsogi.load_publish($1::integer)", 1, parameters, error);
    if (!a) return false;
    snprintf(revision, room, "%s", rs_answer_text(a, 0, 0));
    take_head(l, a, 1);
    rs_answer_free(a);
    return true;
}

static bool last_head(struct load *l, struct rs_session *s, struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, "select entry, head from audit.last()", 0, NULL, error);
    if (!a) return false;
    take_head(l, a, 0);
    rs_answer_free(a);
    return true;
}

/* Last of all: a load that ends before this line is found done by the next one, which adds the head that is missing. */
static bool keep_head(struct load *l, const char *revision, struct rs_error *error) {
    return !l->chain_file[0] || rs_chain_append(l->chain_file, &l->head, l->run->run_id, revision, error);
}

/* In the ledger a row counts as written where it stands in the database, now or already: the same content gives the
 * same ledger. */
static void account(struct load *l, const char *action, const char *revision) {
    uint64_t all = 0;
    json_t *rows = json_object();
    for (size_t i = 0; i < l->plan.n; i++) {
        const struct rs_load_table *t = &l->plan.tables[i];
        rs_count(&l->run->tally, t->layout->name, 0, RS_READ, NULL, t->rows);
        rs_count(&l->run->tally, t->layout->name, 0, RS_WRITTEN, NULL, t->rows);
        json_object_set_new(rows, t->layout->name, json_integer((json_int_t)t->rows));
        all += t->rows;
    }
    json_t *r = l->run->results;
    json_object_set_new(r, "action", json_string(action));
    json_object_set_new(r, "run_no", json_integer(atoi(l->number)));
    json_object_set_new(r, "revision", json_integer(atoi(revision)));
    json_object_set_new(r, "rows", rows);
    json_object_set_new(r, "rows_in_all", json_integer((json_int_t)all));
    json_object_set_new(r, "chain", json_pack("{s:I, s:s}", "entry", (json_int_t)l->head.entry, "head", l->head.head));
}

static bool load(struct load *l, struct rs_session *s, struct rs_error *error) {
    char revision[16];
    bool there;
    if (!rs_session_lock(s, RS_LOCK_LOAD, error) || !begin(l, s, &there, revision, sizeof revision, error))
        return false;
    if (there) {
        if (!last_head(l, s, error)) return false;
        account(l, "already_there", revision);
        rs_info("run %s is in %s already, revision %s: nothing to do", l->run->run_id, rs_session_where(s), revision);
        return keep_head(l, revision, error);
    }
    if (!load_tables(l, error) || !publish(l, s, revision, sizeof revision, error)) {
        clean(s);
        return false;
    }
    account(l, "loaded", revision);
    rs_info("run %s is visible in %s, revision %s", l->run->run_id, rs_session_where(s), revision);
    rs_info("entry %lld of the audit chain, head %s", (long long)l->head.entry, l->head.head);
    return keep_head(l, revision, error);
}

static bool run_load(struct rs_run *run, struct rs_error *error) {
    struct load l = {.run = run, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct rs_session *s = NULL;
    if (!run->run_id) return rs_fail(error, RS_USAGE, "load needs the run's name: give --run-id ID");
    bool ok = rs_database_read(run->config, run->config_path, &l.database, error) &&
              rs_chain_file(run->config, run->config_path, l.chain_file, sizeof l.chain_file, error) &&
              rs_load_plan_make(run, rs_run_flag(run, "partial"), &l.plan, error);
    if (ok) {
        largest_first(&l);
        s = rs_session_open(&l.database, "load", run->run_id, error);
        ok = s && load(&l, s, error);
    }
    rs_session_close(s);
    rs_load_plan_free(&l.plan);
    pthread_mutex_destroy(&l.lock);
    return ok;
}

/* ---- descriptor ----------------------------------------------------------------------------------------------- */

/* The stage's key needs nothing of the database; but this is called under --dry-run too, which run is not. */
static bool say_plan(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    struct rs_load_plan plan;
    (void)hashes;
    if (!run->dry_run) return true;
    bool ok = rs_load_plan_make(run, rs_run_flag(run, "partial"), &plan, error);
    for (size_t i = 0; ok && i < plan.n; i++)
        rs_info("would load %s: %llu rows from %zu file%s", plan.tables[i].layout->name,
                (unsigned long long)plan.tables[i].rows, plan.tables[i].n_files,
                plan.tables[i].n_files == 1 ? "" : "s");
    rs_load_plan_free(&plan);
    return ok;
}

static const struct rs_layout *const none[] = {NULL};
static const char *const after[] = {"ingest", "normalize", "map", "reconcile", "impute", "check", "stratify", NULL};
static const struct rs_option options[] = {
    {"partial", NULL, NULL, "Load what the --input directories hold, though layouts are missing."},
    {0},
};

const struct rs_stage rs_stage_load = {
    .name = "load",
    .version = 2,
    .about = "load a run's results into PostgreSQL",
    .description =
        "Loads persons, values, discrepancies, posteriors, measure results, checks, estimates, files, ledgers and "
        "quarantines of one run, found in the --input directories: give those of all stages. Names, addresses and text as "
        "sent stay in the row files; identifiers go to the schema vault, where only stewards have them shown, each time "
        "with a reason that is kept. With vault: off in the configuration they stay in the row files, too.\n\n"
        "Each row file goes into a table of this run alone, by binary COPY; rows are counted against the manifest and "
        "keys added; then one transaction makes all tables partitions and the run visible. Whatever ends a load before "
        "that leaves nothing to be seen, and the next load removes what is left.\n\n"
        "A run made before a layout was there is loaded without it, and the log says so.\n\n"
        "The same run with the same content is recognised by its digest and not loaded again. With other content it "
        "becomes the run's next revision: the rows before are dropped in the same transaction, and audit.log keeps "
        "their digests. Ledgers that do not add up, and rows that point to no file, are refused.\n\n"
        "audit.log is a chain: each entry's head is SHA-256 over the head before it and the entry, which holds rows and "
        "digests of every table, the configuration's digest, and who loaded it. The last head stands in the results; with "
        "audit: chain_file: FILE in the configuration it is added to that file, which belongs where the database's "
        "administrators cannot write: relsogi verify holds the database against it.\n\n"
        "Two loads at once into one database: the second ends with 75.\n\n"
        "The server is found by database: in the configuration (service, host, port, dbname, user; never a password), "
        "else by PGSERVICE, PGHOST and the like, else it is the private one that scripts/db starts. The user is "
        "relsogi_loader unless another is set; it may fill tables of a run that is loading, and read no person. "
        "--threads says how many tables are loaded side by side, at most 4.",
    .examples = "Load what is under run/:\n\n"
                "\trelsogi load --run-id 2026-01 --as-of 2026-01-31 --input run/ingest --input run/normalize \\\n"
                "\t\t--input run/map --input run/reconcile --input run/impute --input run/check \\\n"
                "\t\t--input run/stratify --output run/load\n\n",
    .reads = none,
    .reads_if_there = rs_load_layouts,
    .writes = none,
    .after = after,
    .options = options,
    .needs_as_of = true,
    .always = true,
    .inputs = say_plan,
    .run = run_load,
};
