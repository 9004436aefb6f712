/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation on its own: any CSV of people in, their probabilities out, for an analyst without the rest of the pipeline.
 *
 * Invariants: one line for each record, in the order of the file; a line depends on its record, the pack and the options
 * alone (fbisg, fbifsg: on all records, which the cohort names); tab-separated COPY text with a header, as all row files. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "fbisg.h"
#include "learner.h"
#include "options.h"
#include "people_csv.h"
#include "pipeline/base/bytes.h"
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/log.h"
#include "pipeline/reference/name_fold.h"
#include "posterior_row.h"
#include "probability.h"

struct alone {
    struct rs_people *people;
    struct rs_out *out;
    struct rs_pack *pack;
    struct rs_impute_model *model;
    struct rs_pairs pairs;
    char pack_id[RS_PACK_TEXT]; /* as rows name it */
    bool all_columns;
    struct rs_fbisg *fbisg;      /* NULL where the method is another */
    struct rs_buffer first_rows; /* then: uint64_t of each block, the number of its first record */
    uint64_t rows;
    struct counts {
        uint64_t kinds[RS_IMPUTE_KINDS], among_adults; /* children held against places that count adults alone */
    } counts;
};

static const char six[] = "p_white\tp_black\tp_aian\tp_api\tp_multi\tp_hispanic";
static const char others[] = "\tp8_aian\tp8_asian\tp8_black\tp8_hispanic\tp8_mena\tp8_nhpi\tp8_white\tp8_multi\tany_aian"
                             "\tany_asian\tany_black\tany_hispanic\tany_mena\tany_nhpi\tany_white\tmodel\tsurname_match"
                             "\tfirst_name_match\tgeography_level\tapi_split\tmena_split\tpack\tmiddle_name_match"
                             "\tgeography_band";

/* ---- a person -------------------------------------------------------------------------------------------------- */

/* Which bytes of a word are the name's, of whose `n` are left: all, or the first ones. */
static inline uint64_t own_bytes(size_t n) { return n >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * n) - 1; }

static inline bool all_letters(uint64_t word, uint64_t own) {
    uint64_t low = word & RS_EACH_BYTE * 0x5f; /* upper case, without the highest bit, which the sums then have: */
    uint64_t letters = (low + RS_EACH_BYTE * (0x80 - 'A')) & ~(low + RS_EACH_BYTE * (0x80 - 'Z' - 1)) & ~word;
    return !(~letters & own & RS_EACH_BYTE * 0x80);
}

/* Most names are ASCII letters: these are put into upper case where they stand, eight at a time. Bytes behind the name are
 * read, the block having room behind its end, and stay what they are. */
static struct rs_view fold(struct rs_arena *arena, struct rs_view name) {
    if (!rs_has(name)) return RS_NULL;
    for (size_t i = 0; i < name.n; i += 8)
        if (!all_letters(rs_word(name.p + i), own_bytes(name.n - i))) return rs_name_fold(arena, name);
    char *p = (char *)(uintptr_t)name.p; /* the block is this thread's */
    for (size_t i = 0; i < name.n; i += 8)
        rs_put_eight(p + i, rs_word(p + i) & ~(own_bytes(name.n - i) & RS_EACH_BYTE * 0x20));
    return name;
}

static struct rs_view first_five(struct rs_view zip) { return zip.n > 5 ? rs_view(zip.p, 5) : zip; }

struct subject {
    struct rs_view id;
    struct rs_who who;
};
enum { SUBJECTS = 16 };

static void take(struct subject *s, const struct rs_view *row, struct rs_arena *arena, bool first_names,
                 bool middle_names) {
    int64_t age;
    s->id = row[RS_PEOPLE_ID];
    s->who.surname = fold(arena, row[RS_PEOPLE_SURNAME]);
    s->who.first_name = first_names ? fold(arena, row[RS_PEOPLE_FIRST_NAME]) : RS_NULL;
    s->who.middle_name = middle_names ? fold(arena, row[RS_PEOPLE_MIDDLE_NAME]) : RS_NULL;
    s->who.has_age = rs_has(row[RS_PEOPLE_AGE]) && rs_parse_long(row[RS_PEOPLE_AGE], &age) && age >= 0 && age <= 150;
    if (s->who.has_age) s->who.age = (int)age;
    s->who.sex = rs_sex_letter(row[RS_PEOPLE_SEX]);
    s->who.ids = (struct rs_place_ids){.state = row[RS_PEOPLE_STATE],
                                       .zip5 = first_five(row[RS_PEOPLE_ZIP]),
                                       .zcta = row[RS_PEOPLE_ZCTA],
                                       .county = row[RS_PEOPLE_COUNTY],
                                       .tract = row[RS_PEOPLE_TRACT],
                                       .block_group = row[RS_PEOPLE_BLOCK_GROUP]};
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static char *put_text(char *out, struct rs_view v) {
    if (!v.p) return memcpy(out, "\\N", 2), out + 2;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (c == '\t' || c == '\n' || c == '\r' || c == '\\') {
            *out++ = '\\';
            c = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\';
        }
        *out++ = c;
    }
    return out;
}

/* Words of the program and names of packs: nothing in them needs an escape. */
static char *put_word(char *out, const char *word) {
    *out++ = '\t';
    if (!word) return memcpy(out, "\\N", 2), out + 2;
    size_t n = strlen(word);
    memcpy(out, word, n);
    return out + n;
}

static char *put_rest(const struct alone *s, char *out, const struct rs_posterior *q,
                      const struct rs_number_text *texts) {
    struct rs_omb2024 o;
    rs_omb2024(s->model, q, NULL, &s->pairs, &o);
    out = rs_put_2024(out, q->p, texts, &o);
    out = put_word(out, rs_impute_kind_names[q->kind]);
    out = put_word(out, rs_surname_match_names[q->match]);
    bool looked = q->first_match < RS_FIRST_NAME_MATCHES;
    out = put_word(out, looked ? rs_first_name_match_names[q->first_match] : NULL);
    out = put_word(out, rs_place_level_names[q->level]);
    out = put_word(out, o.api_split);
    out = put_word(out, o.mena_split);
    out = put_word(out, s->pack_id);
    looked = q->middle_match < RS_FIRST_NAME_MATCHES;
    out = put_word(out, looked ? rs_first_name_match_names[q->middle_match] : NULL);
    char band[24];
    size_t n = rs_impute_band(s->model, q, band);
    *out++ = '\t';
    return put_text(out, n ? rs_view(band, n) : RS_NULL);
}

enum { MOST_LINE = 1024 }; /* bytes of a line besides its id */

static void put_line(const struct alone *s, struct rs_buffer *to, struct rs_view id, const struct rs_posterior *q) {
    struct rs_number_text texts[RS_GROUPS];
    char *start = rs_buffer_reserve(to, 2 * id.n + MOST_LINE), *out = put_text(start, id);
    for (int r = 0; r < RS_GROUPS; r++) out = rs_put_number(out, q->p[r], &texts[r]);
    if (s->all_columns) out = put_rest(s, out, q, texts);
    if (s->all_columns && s->fbisg) out = put_word(out, rs_fbisg_cohort(s->fbisg));
    *out++ = '\n';
    to->n += (size_t)(out - start);
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct alone *s = self;
    if (!rs_people_block(s->people, &batch->in, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool take_fitted(const struct alone *s, uint64_t row, struct rs_posterior *q, size_t n, struct rs_error *error) {
    double p[SUBJECTS][RS_GROUPS];
    if (!rs_fbisg_read(s->fbisg, row, n, p, error)) return false;
    for (size_t i = 0; i < n; i++) rs_fbisg_put(p[i], &q[i]);
    return true;
}

static bool impute_subjects(const struct alone *s, struct rs_batch *batch, struct subject *subjects, size_t n,
                            struct counts *counts, uint64_t row, struct rs_error *error) {
    struct rs_posterior q[SUBJECTS];
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < n; i++) rs_impute_hint(s->model, &subjects[i].who, step);
    for (size_t i = 0; i < n; i++) rs_impute_who(s->model, &subjects[i].who, &q[i]);
    if (s->fbisg && !take_fitted(s, row, q, n, error)) return false;
    for (size_t i = 0; i < n; i++) {
        counts->kinds[q[i].kind]++;
        counts->among_adults += rs_impute_child_among_adults(s->model, &subjects[i].who, &q[i]);
        put_line(s, &batch->out[0], subjects[i].id, &q[i]);
    }
    return true;
}

/* The number of the block's first record; and, in n, how many the first pass found in it. */
static uint64_t first_row_of(const struct alone *s, uint64_t block, uint64_t *n) {
    uint64_t at[2] = {0, 0};
    if ((block + 2) * sizeof *at <= s->first_rows.n) memcpy(at, s->first_rows.p + block * sizeof *at, sizeof at);
    *n = at[1] - at[0];
    return at[0];
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct alone *s = self;
    struct rs_people_cursor cursor;
    struct subject subjects[SUBJECTS] = {{.id = RS_NULL}};
    struct counts counts = {{0}, 0};
    bool first_names = rs_pack_has_first_names(s->pack), middle_names = rs_pack_has_middle_names(s->pack);
    size_t n = 0;
    uint64_t records, rows = 0, first = first_row_of(s, batch->index, &records);
    rs_people_cursor(&cursor, s->people, &batch->in, batch->first_row);
    while (rs_people_next(&cursor, error)) {
        take(&subjects[n++], cursor.row, &batch->arena, first_names, middle_names);
        if (n < SUBJECTS) continue;
        if (!impute_subjects(s, batch, subjects, n, &counts, first + rows, error)) return false;
        rows += n;
        n = 0;
    }
    if (error->code || !impute_subjects(s, batch, subjects, n, &counts, first + rows, error)) return false;
    if (s->fbisg && rows + n != records)
        return rs_fail(error, RS_DATA, "the file changed while it was read: run again when it is complete");
    rs_buffer_add(&batch->scratch, &counts, sizeof counts);
    return true;
}

static bool done_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct alone *s = self;
    struct counts counts;
    memcpy(&counts, batch->scratch.p, sizeof counts);
    for (int k = 0; k < RS_IMPUTE_KINDS; k++) {
        s->counts.kinds[k] += counts.kinds[k];
        s->rows += counts.kinds[k];
    }
    s->counts.among_adults += counts.among_adults;
    return rs_out_write(s->out, batch->out[0].p, batch->out[0].n, error);
}

/* ---- gathering the people of each place, for fBISG --------------------------------------------------------------- */

/* Ids of any length have a key that orders the people of a place: what a person is drawn does not depend on the file's order. */
static bool gather_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct alone *s = self;
    struct rs_people_cursor cursor;
    bool first_names = rs_pack_has_first_names(s->pack), middle_names = rs_pack_has_middle_names(s->pack);
    uint64_t row = 0;
    rs_people_cursor(&cursor, s->people, &batch->in, batch->first_row);
    for (; rs_people_next(&cursor, error); row++) {
        struct subject one = {.id = RS_NULL};
        take(&one, cursor.row, &batch->arena, first_names, middle_names);
        struct rs_key key = rs_hash_key(&one.id, 1);
        rs_fbisg_gather(s->fbisg, batch, rs_view((const char *)key.b, sizeof key.b), &one.who, row);
    }
    rs_buffer_add(&batch->out[0], &row, sizeof row);
    return !error->code;
}

static bool gathered_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct alone *s = self;
    uint64_t first, n;
    memcpy(&first, s->first_rows.p + s->first_rows.n - sizeof first, sizeof first);
    memcpy(&n, batch->out[0].p, sizeof n);
    if (!rs_fbisg_take(s->fbisg, batch, first, error)) return false;
    first += n;
    rs_buffer_add(&s->first_rows, &first, sizeof first);
    return true;
}

/* A pass of its own over the file, before lines are made. */
static bool fit_places(struct alone *s, struct rs_run *run, struct rs_error *error) {
    char dir[PATH_MAX];
    struct rs_fbisg_options options;
    struct rs_work work = {s, next_block, gather_block, gathered_block};
    const uint64_t none = 0;
    struct stat about;
    if (stat(run->inputs[0], &about) == 0 && !S_ISREG(about.st_mode))
        return rs_fail(error, RS_USAGE, "%s: fBISG reads its input twice, which a pipe cannot be: write a file first", run->inputs[0]);
    rs_buffer_add(&s->first_rows, &none, sizeof none);
    snprintf(dir, sizeof dir, "%s", run->output);
    bool ok = rs_impute_read_fbisg(run, &options, error) &&
              (s->fbisg = rs_fbisg_open(dirname(dir), &options, s->pack, s->model, error)) &&
              (s->people = rs_people_open(run->inputs[0], error)) && rs_work_run(&work, run->threads, error) &&
              rs_fbisg_run(s->fbisg, run->threads, error);
    rs_people_close(s->people);
    s->people = NULL;
    if (ok) rs_info("fitted to the people of each place, cohort %s", rs_fbisg_cohort(s->fbisg));
    return ok;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static bool put_header(struct alone *s, struct rs_error *error) {
    struct rs_buffer line = {0};
    rs_buffer_printf(&line, "id\t%s%s%s\n", six, s->all_columns ? others : "", s->all_columns && s->fbisg ? "\tcohort" : "");
    bool ok = rs_out_write(s->out, line.p, line.n, error);
    rs_buffer_free(&line);
    return ok;
}

static void say(const struct alone *s) {
    struct rs_buffer line = {0};
    for (int k = 0; k < RS_IMPUTE_KINDS; k++)
        if (s->counts.kinds[k])
            rs_buffer_printf(&line, ", %s %llu", rs_impute_kind_names[k], (unsigned long long)s->counts.kinds[k]);
    rs_info("%llu people%.*s", (unsigned long long)s->rows, (int)line.n, line.n ? line.p : "");
    rs_buffer_free(&line);
    if (!rs_people_has(s->people, RS_PEOPLE_SURNAME)) rs_log(RS_LOG_WARNING, "the file has no column surname");
    if (s->counts.among_adults)
        rs_warn("%llu people under 18 stand against places that count adults alone: for tables by age, see relsogi "
                "reference build --geography-ages", (unsigned long long)s->counts.among_adults);
    bool place = false;
    for (int c = RS_PEOPLE_BLOCK_GROUP; c <= RS_PEOPLE_STATE; c++)
        place |= rs_people_has(s->people, (enum rs_people_column)c);
    if (!place) rs_log(RS_LOG_WARNING, "the file has no column of places (block_group, tract, county, zcta, zip, state)");
}

static bool run_blocks(struct alone *s, struct rs_run *run, struct rs_error *error) {
    struct rs_work work = {s, next_block, work_block, done_block};
    return (s->people = rs_people_open(run->inputs[0], error)) && (s->out = rs_out_open_uncached(run->output, error)) &&
           put_header(s, error) && rs_work_run(&work, run->threads, error);
}

bool rs_impute_alone(struct rs_run *run, struct rs_error *error) {
    struct rs_impute_options options;
    const char *columns = rs_run_option(run, "columns");
    struct alone s = {.all_columns = strcmp(columns, "all") == 0};
    if (!s.all_columns && strcmp(columns, "six") != 0)
        return rs_fail(error, RS_USAGE, "--columns is all or six, not %s", columns);
    if (!rs_learner_refuse(run, error) || !rs_impute_read_options(run, &options, error)) return false;
    if (!(s.pack = rs_pack_open(run->reference, error))) return false;
    rs_impute_pack_text(s.pack_id, rs_pack_id(s.pack), &options);
    s.pairs = rs_pairs_of(0, 0);
    s.model = rs_impute_model_new(s.pack, &options);
    bool ok = (!rs_impute_is_fitted(&options) || fit_places(&s, run, error)) && run_blocks(&s, run, error);
    if (ok) say(&s);
    if (ok) ok = rs_out_commit(s.out, error);
    else rs_out_abort(s.out);
    rs_people_close(s.people);
    rs_fbisg_close(s.fbisg);
    rs_buffer_free(&s.first_rows);
    rs_impute_model_free(s.model);
    rs_pack_close(s.pack);
    return ok;
}
