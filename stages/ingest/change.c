/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are changes to what; prior rows and blocks into the spill; the pass over its partitions. Whose a
 * row is that corrects a name is in change_moved.c, what a change does to a member in member.c, what becomes of a member's
 * rows in change_member.c. */
#include "change.h"
#include <stdio.h>
#include <stdlib.h>
#include "change_private.h"
#include "pipeline/base/date.h"
#include "pipeline/base/log.h"

/* ---- the prior run's files -------------------------------------------------------------------------------------- */

/* A prior run of another site key has other record keys: all its members would seem to be others. */
static bool same_site_key(struct rs_run *run, const struct rs_manifest *m, struct rs_error *error) {
    char path[4096];
    const char *dot = strstr(m->path, ".tsv");
    snprintf(path, sizeof path, "%.*s.json", (int)(dot ? (size_t)(dot - m->path) : strlen(m->path)), m->path);
    json_t *j = json_load_file(path, 0, NULL);
    const char *theirs = json_string_value(
        json_object_get(json_object_get(json_object_get(j, "provenance"), "parameters"), "site_key"));
    const char *ours = json_string_value(json_object_get(run->parameters, "site_key"));
    bool same = !theirs || !ours || strcmp(theirs, ours) == 0;
    json_decref(j);
    return same || rs_fail(error, RS_CONFIG,
                           "%s: was made with another site key, so that no member of it can be found again; give the key of "
                           "that run, or a full file without --prior",
                           m->path);
}

static bool find_prior(struct rs_change *c, struct rs_error *error) {
    const struct rs_layout *const needed[] = {&rs_layout_file, &rs_layout_record, &rs_layout_identifier,
                                              &rs_layout_coverage, &rs_layout_assertion};
    bool found;
    if (!c->run->n_priors) return true;
    for (int i = 0; i < 5; i++) {
        struct rs_manifest *m = i ? &c->prior[i - 1] : &c->prior_file;
        if (!rs_run_prior(c->run, needed[i], m, &found, error)) return false;
        if (!found && i)
            return rs_fail(error, RS_NO_INPUT, "--prior: has a file of layout file and none of %s; is it whole?", needed[i]->name);
        if (!found) {
            rs_warn("the prior directories hold no files of ingest: nothing to change or to compare with");
            return true;
        }
    }
    c->has_prior = true;
    return same_site_key(c->run, &c->prior[PART_RECORD], error);
}

static struct rs_change_source *source_named(struct rs_change *c, struct rs_view name) {
    for (size_t i = 0; i < c->n_sources; i++)
        if (rs_eq(c->sources[i].name, name)) return &c->sources[i];
    return NULL;
}

/* Places of files by their prior number, from 1. */
static void index_files(struct rs_change *c) {
    for (size_t i = 0; i < c->n_files; i++)
        if ((size_t)c->files[i].prior_no >= c->n_by_number) c->n_by_number = (size_t)c->files[i].prior_no + 1;
    c->by_number = rs_alloc((c->n_by_number + 1) * sizeof *c->by_number);
    for (size_t i = 0; i < c->n_files; i++) c->by_number[c->files[i].prior_no] = i + 1;
}

static void note_prior_full(struct rs_change_source *s, const struct rs_view *file) {
    int32_t date;
    if (!rs_eq_c(file[FILE_extent], "full") || !rs_day_parse(file[FILE_file_date], &date)) return;
    if (!s->prior_full_dated || date > s->prior_full_date) s->prior_full_date = date;
    s->prior_full_dated = true;
}

/* Copies the prior run's `file` rows of our 834 sources. */
static bool read_prior_files(struct rs_change *c, struct rs_error *error) {
    const struct rs_view *row;
    struct rs_scan *scan = rs_scan_open(&c->prior_file, error);
    if (!scan) return false;
    while (rs_scan_next(scan, &row, error)) {
        struct rs_change_source *s = source_named(c, row[FILE_source]);
        int64_t number;
        if (!s || !rs_eq_c(row[FILE_format], rs_format_name(RS_X12_834))) continue;
        if (!rs_parse_long(row[FILE_file_no], &number) || number < 0 || number > 1 << 20) {
            rs_fail(error, RS_DATA, "prior file: file_no is no number; make the prior run again");
            break;
        }
        c->files = rs_realloc(c->files, (c->n_files + 1) * sizeof *c->files);
        struct rs_prior_file *f = &c->files[c->n_files++];
        *f = (struct rs_prior_file){.prior_no = (int32_t)number, .source = s};
        for (size_t i = 0; i < FILE_COLUMNS; i++) f->row[i] = rs_arena_view(&c->arena, row[i]);
        s->in_prior = true;
        note_prior_full(s, row);
    }
    rs_scan_close(scan);
    index_files(c);
    return error->code == 0;
}

/* ---- the plan --------------------------------------------------------------------------------------------------- */

static bool same_file(const struct rs_source *s, const struct rs_prior_file *f) {
    char hex[65];
    rs_hex(hex, s->sha256.b, 32);
    return rs_eq(s->source, f->row[FILE_source]) && rs_eq(s->profile->name, f->row[FILE_profile]) &&
           rs_eq_c(f->row[FILE_sha256], hex);
}

static bool known_to_prior(const struct rs_change *c, const struct rs_source *s) {
    for (size_t i = 0; i < c->n_files; i++)
        if (same_file(s, &c->files[i])) return true;
    return false;
}

static void note_sources(struct rs_change *c) {
    struct rs_sources *all = c->all;
    c->sources = rs_alloc((all->n + 1) * sizeof *c->sources);
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_source *s = &all->s[i];
        if (s->profile->format != RS_X12_834) continue;
        struct rs_change_source *cs = source_named(c, s->source);
        if (!cs) {
            cs = &c->sources[c->n_sources++];
            cs->name = s->source;
        }
        if (!s->full) {
            cs->n_change++;
            continue;
        }
        cs->n_full++;
        cs->last_full = s->file_no;
        if (!s->has_date) continue;
        bool newer = !cs->full_dated || s->date > cs->full_date;
        if (newer || (s->date == cs->full_date && s->moment > cs->full_moment)) cs->full_moment = s->moment;
        if (newer) cs->full_date = s->date;
        cs->full_dated = true;
    }
}

/* What becomes of the files of each source. */
static void decide(struct rs_change *c) {
    for (size_t i = 0; i < c->all->n; i++) {
        struct rs_source *s = &c->all->s[i];
        struct rs_change_source *cs = s->profile->format == RS_X12_834 ? source_named(c, s->source) : NULL;
        if (cs && s->full && !known_to_prior(c, s)) cs->new_full = true;
    }
    for (size_t i = 0; i < c->n_sources; i++) {
        struct rs_change_source *cs = &c->sources[i];
        cs->compare = cs->n_full && cs->new_full && cs->in_prior;
        cs->carry = !cs->n_full && cs->in_prior;
        if (cs->n_change && (cs->in_prior || cs->n_full + cs->n_change > 1)) cs->way = RS_GROUPED;
        else if (cs->compare) cs->way = RS_COMPARED;
        if (cs->n_change && !cs->in_prior && !cs->n_full)
            rs_warn("source %.*s: only change files, and no --prior run that knows this source: members they do not mention "
                    "are not in this run",
                    (int)cs->name.n, cs->name.p);
        c->active = c->active || cs->way != RS_STREAMED;
    }
    for (size_t i = 0; i < c->all->n; i++) {
        struct rs_source *s = &c->all->s[i];
        if (s->profile->format != RS_X12_834) continue;
        s->way = source_named(c, s->source)->way;
        if (s->doubtful && s->way != RS_STREAMED)
            rs_warn("%s: BGN08 says that it is a change, and its first row is of an audit (030): taken as a change; if it holds "
                    "every member, say mode: full in the profile",
                    s->path);
    }
}

/* A prior file that is read again keeps that number; the others follow, each once. */
static void number_files(struct rs_change *c) {
    int32_t next = (int32_t)c->all->n + 1;
    for (size_t i = 0; i < c->n_files; i++) {
        struct rs_prior_file *f = &c->files[i];
        if (!f->source->carry) continue;
        for (size_t k = 0; k < c->all->n && !f->file_no; k++)
            if (same_file(&c->all->s[k], f)) f->file_no = c->all->s[k].file_no;
        for (size_t k = 0; k < i && !f->file_no; k++)
            if (rs_eq(c->files[k].row[FILE_sha256], f->row[FILE_sha256]) && c->files[k].source == f->source &&
                rs_eq(c->files[k].row[FILE_profile], f->row[FILE_profile]))
                f->file_no = c->files[k].file_no;
        f->listed = !f->file_no;
        if (f->listed) f->file_no = next++;
        f->number = rs_arena_long(&c->arena, f->file_no);
    }
}

/* Than the newest full file of the run; on its day, where both have a time. */
static bool older(const struct rs_change_source *cs, const struct rs_source *s) {
    if (!cs->full_dated || !s->has_date) return false;
    bool timed = s->moment >> 32 && cs->full_moment >> 32;
    return s->date < cs->full_date || (s->date == cs->full_date && timed && s->moment < cs->full_moment);
}

/* Why no row of a change file counts, or NULL. */
const char *rs_change_void(const struct rs_change *c, const struct rs_source *s) {
    const struct rs_change_source *cs = source_named((struct rs_change *)c, s->source);
    if (s->full) return NULL;
    if (cs->n_full && older(cs, s)) return "older than the full file";
    if (cs->carry && known_to_prior(c, s)) return "applied by an earlier run";
    if (cs->carry && cs->prior_full_dated && s->has_date && s->date < cs->prior_full_date) return "older than the full file";
    return NULL;
}

/* ---- into the spill --------------------------------------------------------------------------------------------- */

/* Sorts as the numbers do. */
static void put_u32(char *p, uint32_t v) {
    for (int i = 3; i >= 0; i--, v >>= 8) p[i] = (char)(unsigned char)v;
}

bool rs_change_block(struct rs_change *c, struct rs_batch *batch, struct rs_error *error) {
    const struct rs_block *block = (const struct rs_block *)(const void *)batch->note;
    const struct rs_source *s = block->source;
    if (s->way == RS_STREAMED) return true;
    for (size_t at = 0; at < batch->scratch.n; at += sizeof(struct rs_member_rows)) {
        struct rs_member_rows m;
        struct rs_change_head head = {.file_no = s->file_no};
        memcpy(&m, batch->scratch.p + at, sizeof m);
        /* files by date, undated ones first; then by time; then as numbered; then members in order */
        put_u32(head.order, s->has_date ? (uint32_t)s->date ^ 0x80000000u : 0);
        put_u32(head.order + 4, (uint32_t)(s->moment >> 32));
        put_u32(head.order + 8, (uint32_t)s->moment);
        put_u32(head.order + 12, (uint32_t)s->file_no);
        put_u32(head.order + 16, (uint32_t)(m.record_no >> 32));
        put_u32(head.order + 20, (uint32_t)m.record_no);
        c->line.n = 0;
        for (int i = 0; i < RS_PARTS; i++) head.n[i] = (uint32_t)m.n[i];
        rs_buffer_add(&c->line, &head, sizeof head);
        for (int i = 0; i < RS_PARTS; i++)
            if (m.n[i]) rs_buffer_add(&c->line, batch->out[rs_member_sinks[i]].p + m.from[i], m.n[i]);
        if (!rs_change_spill(c, &m, s->full ? TAG_FULL : TAG_CHANGE, &head, error)) return false;
    }
    for (int i = 0; s->way == RS_GROUPED && i < RS_PARTS; i++)
        batch->out[rs_member_sinks[i]].n = batch->out_rows[rs_member_sinks[i]] = 0;
    return true;
}

struct rs_prior_file *rs_change_file(const struct rs_change *c, struct rs_view number) {
    int64_t n;
    if (!rs_parse_long(number, &n) || n < 0 || (size_t)n >= c->n_by_number || !c->by_number[n]) return NULL;
    return &c->files[c->by_number[n] - 1];
}

/* The prior rows of one layout that belong to sources which are grouped or compared. */
static bool spill_prior(struct rs_change *c, enum rs_part part, struct rs_error *error) {
    static const int file_columns[] = {RECORD_file_no, IDENTIFIER_file_no, COVERAGE_file_no, ASSERTION_file_no};
    const struct rs_layout *layout = rs_part_layouts[part];
    const struct rs_view *row;
    struct rs_scan *scan = rs_scan_open(&c->prior[part], error);
    uint64_t rows = 0, taken = 0;
    if (!scan) return false;
    while (rs_scan_next(scan, &row, error)) {
        struct rs_key key;
        rows++;
        struct rs_prior_file *file = rs_change_file(c, row[file_columns[part]]);
        if (file && part == PART_RECORD) rs_change_known_as(c, row);
        if (!file || !(file->source->way == RS_GROUPED ? file->source->carry || file->source->compare
                                                       : file->source->way == RS_COMPARED))
            continue;
        if (!rs_key_parse(row[0], &key)) {
            rs_fail(error, RS_DATA, "prior %s: row %llu has no record key; make the prior run again", layout->name,
                    (unsigned long long)rows);
            break;
        }
        struct rs_prior_head head = {.file = (uint32_t)(file - c->files)};
        put_u32(head.order, (uint32_t)(rows >> 32));
        put_u32(head.order + 4, (uint32_t)rows);
        c->line.n = 0;
        rs_buffer_add(&c->line, &head, sizeof head);
        rs_row_emit(&c->line, layout, row);
        if (!rs_spill_add(c->spill, key, (uint8_t)part, c->line.p, c->line.n, error)) break;
        taken++;
    }
    rs_scan_close(scan);
    rs_count(&c->run->tally, layout->name, 0, RS_READ, NULL, rows);
    if (rows > taken) rs_count(&c->run->tally, layout->name, 0, RS_IGNORED, "prior row of a source read anew", rows - taken);
    return error->code == 0;
}

static bool needs_prior(const struct rs_change *c) {
    for (size_t i = 0; i < c->n_sources; i++)
        if (c->sources[i].carry || c->sources[i].compare) return true;
    return false;
}

/* Where nothing else of the prior run is needed. */
static bool read_other_keys(struct rs_change *c, struct rs_error *error) {
    const struct rs_view *row;
    struct rs_scan *scan = c->n_files ? rs_scan_open(&c->prior[PART_RECORD], error) : NULL;
    if (!scan) return !c->n_files;
    while (rs_scan_next(scan, &row, error))
        if (rs_change_file(c, row[RECORD_file_no])) rs_change_known_as(c, row);
    rs_scan_close(scan);
    return error->code == 0;
}

/* Where members have other keys, rows of a full file are not written before they have the right one. */
static void keep_identities(struct rs_change *c) {
    rs_change_aliases_known(c);
    if (!c->moved.n_aliases) return;
    for (size_t i = 0; i < c->all->n; i++) {
        struct rs_source *s = &c->all->s[i];
        if (s->profile->format == RS_X12_834 && source_named(c, s->source)->in_prior) s->way = RS_GROUPED;
    }
    for (size_t i = 0; i < c->n_sources; i++)
        if (c->sources[i].in_prior) c->sources[i].way = RS_GROUPED;
    c->active = true;
}

bool rs_change_plan(struct rs_run *run, struct rs_sources *sources, struct rs_change **out, struct rs_error *error) {
    struct rs_change *c = rs_alloc(sizeof *c);
    c->run = run;
    c->all = sources;
    *out = c;
    note_sources(c);
    if (!c->n_sources) return true;
    if (!find_prior(c, error) || (c->has_prior && !read_prior_files(c, error))) return false;
    decide(c);
    number_files(c);
    if (!needs_prior(c)) {
        if (!read_other_keys(c, error)) return false;
        keep_identities(c);
    }
    if (!c->active) return true;
    c->voids = rs_alloc((sources->n + 1) * sizeof *c->voids);
    for (size_t i = 0; i < sources->n; i++) {
        if (sources->s[i].way == RS_STREAMED) continue;
        c->voids[sources->s[i].file_no] = rs_change_void(c, &sources->s[i]);
    }
    if (!(c->spill = rs_spill_open(run->output, error))) return false;
    if (!needs_prior(c)) return true;
    bool ok = spill_prior(c, PART_RECORD, error); /* first: it says by which other keys the files may know its members */
    keep_identities(c);
    return ok;
}

/* ---- out of it -------------------------------------------------------------------------------------------------- */

struct pass {
    struct rs_change *c;
    struct rs_change_worker *workers;
    int next;
};

static bool next_partition(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct pass *p = self;
    (void)error;
    *more = p->next < RS_PARTITIONS;
    batch->first_row = (uint64_t)p->next++;
    return true;
}

static bool work_partition(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    struct rs_change_worker *w = &p->workers[batch->worker];
    size_t counts = p->c->n_files * sizeof(uint64_t) + sizeof(struct rs_change_counts);
    memset(rs_buffer_reserve(&batch->scratch, counts), 0, counts);
    batch->scratch.n = counts;
    if (!rs_partition_read(p->c->spill, (int)batch->first_row, &w->partition, error)) return false;
    rs_change_rearrange(p->c, &w->partition, (int)batch->first_row);
    for (size_t i = 0, end; i < w->partition.n; i = end) {
        end = rs_group_end(&w->partition, i);
        if (!rs_change_member(p->c, w, batch, i, end, error)) return false;
    }
    return true;
}

static bool done_partition(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct rs_change *c = ((struct pass *)self)->c;
    const char *p = batch->scratch.p;
    for (size_t i = 0; i < c->n_files; i++, p += sizeof(uint64_t)) {
        uint64_t records;
        memcpy(&records, p, sizeof records);
        c->files[i].records += records;
    }
    struct rs_change_counts counts;
    memcpy(&counts, p, sizeof counts);
    for (int i = 0; i < COUNTS; i++) c->counts.n[i] += counts.n[i];
    return rs_run_done(c->run, batch, error);
}

static void note_counts(struct rs_change *c) {
    static const char *const names[COUNTS] = {"members_carried", "members_changed", "members_added", "changes_of_unknown",
                                              "audit_same", "audit_different", "audit_missing", "audit_new",
                                              "changes_late", "members_corrected", "members_by_name"};
    for (int i = 0; i < COUNTS; i++)
        json_object_set_new(c->run->results, names[i], json_integer((json_int_t)c->counts.n[i]));
    rs_info("change files: %llu members carried, %llu changed, %llu added", (unsigned long long)c->counts.n[CARRIED],
            (unsigned long long)c->counts.n[CHANGED], (unsigned long long)c->counts.n[ADDED]);
}

bool rs_change_finish(struct rs_change *c, int threads, struct rs_error *error) {
    if (!c->active) return true;
    bool ok = true;
    for (int i = 0; ok && needs_prior(c) && i < RS_PARTS; i++) ok = i == PART_RECORD || spill_prior(c, (enum rs_part)i, error);
    struct pass p = {.c = c, .workers = rs_alloc((size_t)threads * sizeof *p.workers)};
    struct rs_work work = {&p, next_partition, work_partition, done_partition};
    ok = ok && rs_spill_seal(c->spill, error) && rs_change_settle(c, error) && rs_work_run(&work, threads, error);
    for (int i = 0; i < threads; i++) {
        rs_partition_free(&p.workers[i].partition);
        rs_member_free(&p.workers[i].before);
        rs_member_free(&p.workers[i].full);
        rs_member_free(&p.workers[i].change);
        rs_arena_free(&p.workers[i].arena);
    }
    free(p.workers);
    if (ok) note_counts(c);
    return ok;
}

void rs_change_put_files(const struct rs_change *c, struct rs_batch *batch) {
    for (size_t i = 0; c && i < c->n_files; i++) {
        const struct rs_prior_file *f = &c->files[i];
        struct rs_view row[FILE_COLUMNS];
        uint64_t records = 0;
        if (!f->listed) continue;
        for (size_t k = 0; k < c->n_files; k++)
            if (c->files[k].file_no == f->file_no) records += c->files[k].records;
        memcpy(row, f->row, sizeof row);
        row[FILE_file_no] = f->number;
        row[FILE_records] = rs_arena_long(&batch->arena, (int64_t)records);
        row[FILE_carried] = RS_LIT("Y");
        rs_batch_emit(batch, SINK_FILE, &rs_layout_file, row);
    }
}

void rs_change_free(struct rs_change *c) {
    if (!c) return;
    rs_spill_close(c->spill);
    rs_change_moved_free(c);
    rs_buffer_free(&c->line);
    free(c->sources);
    free(c->files);
    free(c->voids);
    free(c->by_number);
    rs_arena_free(&c->arena);
    free(c);
}
