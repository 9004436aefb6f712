/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: earlier answers, kept small and out of memory: the files are in the order of person_key, so that each
 * is an array to search by halves, wherever it lies. */
#include "earlier.h"
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "model.h"
#include "together.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/log.h"
#include "pipeline/rows/rows.h"

enum { TWO_OR_MORE = 1, OTHER = 2, IS_DECLINED = 4 };
struct kept {
    struct rs_key person;
    uint8_t cells, yes, no, any, flags;
    char hispanic, mena, white2024;
    int32_t said; /* YYYYMMDD, or 0 */
};
_Static_assert(sizeof(struct kept) == 28, "earlier.h says how many bytes a person takes");

struct file {
    const struct kept *kept; /* mapped; NULL where n is 0 */
    size_t n;
    _Atomic unsigned char *seen; /* a bit each: the person is in this run, too */
};
/* While it is written. */
struct spool {
    const char *dir;
    const struct source *source;
    struct rs_row_reader *reader;
    FILE *to;
    struct rs_key last;
    size_t n;
    int32_t as_of; /* of the run, as YYYYMMDD; 0 for none */
};
struct rs_earlier {
    struct file *files; /* in the order in which they are looked at */
    size_t n;
    struct rs_together together;
};

bool rs_person_declined(const struct rs_view *person) {
    return rs_eq_c(person[PERSON_missing_2024], "DECLINED") ||
           (rs_eq_c(person[PERSON_missing_race_1997], "DECLINED") &&
            rs_eq_c(person[PERSON_missing_ethnicity_1997], "DECLINED"));
}

/* ---- a row to what is kept of it ------------------------------------------------------------------------------- */

static struct kept kept_of(const struct rs_answer *a, unsigned cells, bool declined) {
    return (struct kept){.cells = (uint8_t)cells,
                         .yes = (uint8_t)a->yes,
                         .no = (uint8_t)a->no,
                         .any = (uint8_t)a->any,
                         .flags = (uint8_t)((a->two_or_more ? TWO_OR_MORE : 0) | (a->other ? OTHER : 0) |
                                            (declined ? IS_DECLINED : 0)),
                         .hispanic = a->hispanic,
                         .mena = a->mena,
                         .white2024 = a->white2024};
}

static struct kept of_person(const struct rs_view *row, int32_t as_of) {
    struct rs_answer answer = rs_answer_of(row);
    unsigned cells = rs_answer_cells(&answer);
    bool declined = rs_person_declined(row);
    for (unsigned r = 0; r < RS_GROUPS; r++)
        if (rs_eq_c(row[PERSON_census6], rs_group_names[r])) cells = 1u << r;
    struct kept kept = kept_of(&answer, declined ? 0 : cells, declined);
    kept.said = as_of;
    return kept;
}

static unsigned cells_of(struct rs_view text) {
    unsigned cells = 0;
    while (rs_has(text)) {
        struct rs_view name = rs_split(&text, '|');
        for (unsigned r = 0; r < RS_GROUPS; r++)
            if (rs_eq_c(name, rs_group_names[r])) cells |= 1u << r;
    }
    return cells;
}

/* What that run had from one before it. */
static struct kept of_posterior(const struct rs_view *row, int32_t as_of) {
    struct rs_answer answer = {0};
    int32_t said;
    bool has = rs_evidence_answer(row[POSTERIOR_evidence], &answer, &said);
    struct kept kept = kept_of(&answer, has ? cells_of(row[POSTERIOR_narrowed]) : 0, false);
    (void)as_of;
    kept.said = said;
    return kept;
}

/* Persons who were away then, too. */
static struct kept of_away(const struct rs_view *row, int32_t as_of) {
    struct rs_answer answer = {0};
    int32_t said = 0;
    bool declined = rs_eq_c(row[AWAY_declined], "Y"), has = rs_evidence_answer(row[AWAY_evidence], &answer, &said);
    struct kept kept = kept_of(&answer, has && !declined ? cells_of(row[AWAY_narrowed]) : 0, declined);
    (void)as_of;
    kept.said = rs_has(row[AWAY_said]) && rs_day_number(row[AWAY_said], &said) ? said : 0;
    return kept;
}

static struct kept of_decline(const struct rs_view *row, int32_t as_of) {
    (void)row, (void)as_of;
    return kept_of(&(struct rs_answer){0}, 0, true);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static const struct source {
    const struct rs_layout *layout;
    int key;
    struct kept (*keep)(const struct rs_view *row, int32_t as_of); /* as_of: of the run, as YYYYMMDD; 0 for none */
} sources[] = {{&rs_layout_person, PERSON_person_key, of_person},
               {&rs_layout_posterior, POSTERIOR_person_key, of_posterior},
               {&rs_layout_decline, DECLINE_person_key, of_decline},
               {&rs_layout_away, AWAY_person_key, of_away}};
enum { SOURCES = sizeof sources / sizeof *sources };

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct spool *f = self;
    if (!rs_row_reader_block(f->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool out_of_order(const struct source *source, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "--prior: %s is not in the order of person_key: take the file as the run wrote it",
                   source->layout->name);
}

static bool keep_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    const struct spool *f = self;
    struct rs_cursor cursor;
    struct kept k, last;
    bool first = true;
    rs_cursor_open(&cursor, f->reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&cursor, error)) {
        k = f->source->keep(cursor.row, f->as_of);
        if (!k.cells && !(k.flags & IS_DECLINED)) continue;
        if (!rs_key_parse(cursor.row[f->source->key], &k.person) || (!first && rs_key_compare(last.person, k.person) >= 0))
            return out_of_order(f->source, error);
        rs_buffer_add(&batch->scratch, &k, sizeof k);
        last = k;
        first = false;
    }
    return !error->code;
}

static bool write_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct spool *f = self;
    const struct kept *k = (const void *)batch->scratch.p;
    size_t n = batch->scratch.n / sizeof *k;
    if (!n) return true;
    if (f->n && rs_key_compare(f->last, k[0].person) >= 0) return out_of_order(f->source, error);
    f->last = k[n - 1].person;
    f->n += n;
    return fwrite(k, sizeof *k, n, f->to) == n || rs_fail_errno(error, RS_IO, "%s: cannot write a temporary file", f->dir);
}

static bool spool_rows(struct spool *f, const struct rs_manifest *m, int threads, struct rs_error *error) {
    struct rs_work work = {f, next_block, keep_block, write_block};
    f->reader = rs_row_reader_open(m, error);
    bool good = f->reader && rs_work_run(&work, threads, error);
    rs_row_reader_close(f->reader);
    return good;
}

static bool map_rows(const struct spool *f, struct file *out, struct rs_error *error) {
    if (fflush(f->to) != 0) return rs_fail_errno(error, RS_IO, "%s: cannot write a temporary file", f->dir);
    void *at = f->n ? mmap(NULL, f->n * sizeof *out->kept, PROT_READ, MAP_SHARED, fileno(f->to), 0) : NULL;
    if (at == MAP_FAILED) return rs_fail_errno(error, RS_IO, "%s: cannot map a temporary file", f->dir);
    *out = (struct file){at, f->n, rs_alloc(f->n / 8 + 1)};
    return true;
}

static bool read_file(const struct rs_run *run, struct file *out, const struct source *source, const struct rs_manifest *m,
                      struct rs_error *error) {
    const char *dir = run->output;
    int fd = rs_file_unlinked(dir, error);
    if (fd < 0) return false;
    struct spool f = {.dir = dir, .source = source, .to = fdopen(fd, "w+")};
    if (!f.to) {
        close(fd);
        return rs_fail_errno(error, RS_IO, "%s: cannot open a temporary file", dir);
    }
    if (!rs_day_number(rs_cstr(m->as_of), &f.as_of)) f.as_of = 0;
    bool good = spool_rows(&f, m, run->threads, error) && map_rows(&f, out, error);
    fclose(f.to); /* a mapping stays */
    return good;
}

struct rs_earlier *rs_earlier_read(struct rs_run *run, struct rs_error *error) {
    struct rs_manifest m;
    bool found, good = true;
    if (!run->n_priors) return NULL;
    struct rs_earlier *e = rs_alloc(sizeof *e);
    *e = (struct rs_earlier){.files = rs_alloc(SOURCES * run->n_priors * sizeof *e->files)};
    for (size_t i = 0; good && i < run->n_priors; i++)
        for (size_t s = 0; good && s < SOURCES; s++) {
            good = rs_run_prior_in(run, run->priors[i], sources[s].layout, &m, &found, error);
            if (!good || !found) continue;
            e->files[e->n] = (struct file){0};
            good = read_file(run, &e->files[e->n++], &sources[s], &m, error);
        }
    if (good && rs_together_read(run, &e->together, error)) return e;
    rs_earlier_free(e);
    return NULL;
}

void rs_earlier_free(struct rs_earlier *e) {
    if (!e) return;
    for (size_t i = 0; i < e->n; i++) {
        if (e->files[i].kept) munmap((void *)e->files[i].kept, e->files[i].n * sizeof *e->files[i].kept);
        free((void *)e->files[i].seen);
    }
    rs_together_free(&e->together);
    free(e->files);
    free(e);
}

bool rs_earlier_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    for (size_t i = 0; i < run->n_priors; i++)
        for (size_t s = 0; s < SOURCES; s++) {
            char path[PATH_MAX], hex[65], name[64];
            struct rs_manifest m;
            if (!rs_path(path, sizeof path, error, "%s/%s.json", run->priors[i], sources[s].layout->name)) return false;
            if (!rs_exists(path)) continue;
            if (!rs_manifest_read(run->priors[i], sources[s].layout, &m, error)) return false;
            rs_hex(hex, m.content.b, 32);
            snprintf(name, sizeof name, "earlier %zu %s", i, sources[s].layout->name);
            json_object_set_new(hashes, name, json_string(hex));
            if (sources[s].layout != &rs_layout_person) continue;
            snprintf(name, sizeof name, "earlier %zu as_of", i); /* evidence names it */
            json_object_set_new(hashes, name, json_string(m.as_of));
        }
    return true;
}

/* ---- looking up ------------------------------------------------------------------------------------------------- */

uint64_t rs_earlier_persons(const struct rs_earlier *e) {
    uint64_t n = 0;
    for (size_t i = 0; e && i < e->n; i++) n += e->files[i].n;
    return n;
}

static int by_person(const void *key, const void *kept) {
    return rs_key_compare(*(const struct rs_key *)key, ((const struct kept *)kept)->person);
}

static const struct kept *find(const struct file *f, struct rs_key key) {
    return f->n ? bsearch(&key, f->kept, f->n, sizeof *f->kept, by_person) : NULL;
}

static struct rs_answer answer_of(const struct kept *k) {
    return (struct rs_answer){.yes = k->yes, .no = k->no, .any = k->any, .two_or_more = k->flags & TWO_OR_MORE,
                              .other = k->flags & OTHER, .hispanic = k->hispanic, .mena = k->mena,
                              .white2024 = k->white2024};
}

bool rs_earlier_narrow(unsigned *cells, struct rs_answer *answer, unsigned more, const struct rs_answer *also) {
    unsigned both = *cells ? *cells & more : more;
    if (!both || both == *cells) return false;
    if (!*cells || !(both & (both - 1))) *answer = *also;
    *cells = both;
    return true;
}

static bool find_word(const struct rs_earlier *e, struct rs_key key, struct rs_earlier_word *out) {
    *out = (struct rs_earlier_word){0};
    for (size_t i = 0; i < e->n && (!out->cells || (out->cells & (out->cells - 1))); i++) {
        const struct kept *k = find(&e->files[i], key);
        if (!k) continue;
        if (k->flags & IS_DECLINED) {
            out->declined = !out->cells;
            if (out->declined) out->said = k->said;
            break;
        }
        struct rs_answer answer = answer_of(k);
        if (rs_earlier_narrow(&out->cells, &out->answer, k->cells, &answer)) out->said = k->said;
    }
    return out->cells || out->declined;
}

/* The words of a key, as far as they are the person's. */
static bool find_own(const struct rs_earlier *e, struct rs_key key, struct rs_earlier_word *out) {
    if (!find_word(e, key, out)) return false;
    if (out->cells && rs_together_parted(&e->together, key)) *out = (struct rs_earlier_word){0};
    return out->cells || out->declined;
}

/* Where the key's own words are none, or a decline, an answer of one that was put into it stands: the person has answered. */
bool rs_earlier_find(const struct rs_earlier *e, struct rs_view person_key, struct rs_earlier_word *out) {
    struct rs_key key;
    size_t n;
    if (!e || !rs_key_parse(person_key, &key)) return false;
    bool found = find_own(e, key, out);
    const struct rs_pair *others = rs_together_of(&e->together, key, &n);
    for (size_t i = 0; i < n && !out->cells; i++) {
        struct rs_earlier_word w;
        if (!find_own(e, others[i].other, &w) || (found && !w.cells)) continue;
        *out = w;
        found = true;
    }
    return found;
}

/* ---- persons who are away ------------------------------------------------------------------------------------------ */

static void mark(const struct rs_earlier *e, struct rs_key key) {
    for (size_t i = 0; i < e->n; i++) {
        const struct kept *k = find(&e->files[i], key);
        size_t at = k ? (size_t)(k - e->files[i].kept) : 0;
        if (k) atomic_fetch_or(&e->files[i].seen[at / 8], (unsigned char)(1u << at % 8));
    }
}

void rs_earlier_seen(const struct rs_earlier *e, struct rs_view person_key) {
    struct rs_key key;
    size_t n;
    if (!e || !rs_key_parse(person_key, &key)) return;
    mark(e, key);
    const struct rs_pair *others = rs_together_of(&e->together, key, &n);
    for (size_t i = 0; i < n; i++) mark(e, others[i].other);
}

/* Steps through the files side by side, in the order of their keys. */
static bool next_person(const struct rs_earlier *e, size_t *at, struct rs_key *key, bool *seen) {
    const struct rs_key *least = NULL;
    for (size_t i = 0; i < e->n; i++) {
        const struct file *f = &e->files[i];
        if (at[i] < f->n && (!least || rs_key_compare(f->kept[at[i]].person, *least) < 0)) least = &f->kept[at[i]].person;
    }
    if (!least) return false;
    *key = *least;
    for (size_t i = 0; i < e->n; i++) {
        const struct file *f = &e->files[i];
        if (at[i] == f->n || rs_key_compare(f->kept[at[i]].person, *key) != 0) continue;
        *seen = atomic_load(&f->seen[at[i] / 8]) >> at[i] % 8 & 1; /* in all of them, or in none */
        at[i]++;
    }
    return true;
}

static struct rs_view day_text(struct rs_arena *arena, int32_t said) {
    return rs_arena_printf(arena, "%04d-%02d-%02d", said / 10000, said / 100 % 100, said % 100);
}

static bool too_old(const struct rs_run *run, struct rs_view day, int64_t most_days) {
    int32_t then;
    return run->has_as_of && rs_day_parse(day, &then) && run->as_of - then > most_days;
}

static void emit_away(struct rs_batch *batch, int sink, struct rs_key key, const struct rs_earlier_word *w, struct rs_view day) {
    char evidence[RS_EVIDENCE_TEXT], cells[RS_CELLS_TEXT];
    struct rs_view row[AWAY_COLUMNS] = {[AWAY_person_key] = rs_key_text(&batch->arena, key),
                                        [AWAY_said] = day,
                                        [AWAY_declined] = w->declined ? RS_LIT("Y") : RS_LIT("N")};
    if (!w->declined) {
        row[AWAY_narrowed] = rs_view(cells, rs_cells_text(cells, w->cells));
        row[AWAY_evidence] = rs_view(evidence, rs_evidence_text(evidence, &w->answer, w->said));
    }
    rs_batch_emit(batch, sink, &rs_layout_away, row);
}

bool rs_earlier_hand_on(const struct rs_earlier *e, struct rs_run *run, int sink, int64_t most_days, uint64_t *rows,
                        struct rs_error *error) {
    struct rs_batch batch = {0};
    struct rs_key key;
    bool seen = false, good = true;
    *rows = 0;
    if (!e || !most_days) return true;
    size_t *at = rs_alloc((e->n + 1) * sizeof *at);
    while (good && next_person(e, at, &key, &seen)) {
        struct rs_earlier_word w;
        if (seen || !find_own(e, key, &w)) continue;
        struct rs_view day = w.said ? day_text(&batch.arena, w.said) : RS_NULL;
        if (!too_old(run, day, most_days)) {
            emit_away(&batch, sink, key, &w, day);
            ++*rows;
        }
        if (batch.out_rows[sink] < 4096) continue;
        good = rs_run_done(run, &batch, error);
        batch.out[sink].n = batch.out_rows[sink] = 0;
        rs_arena_reset(&batch.arena);
    }
    good = good && rs_run_done(run, &batch, error);
    free(at);
    rs_buffer_free(&batch.out[sink]);
    rs_arena_free(&batch.arena);
    return good;
}
