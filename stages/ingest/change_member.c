/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the rows of one member: prior ones, those of full files, those of change files in order. */
#include "change_private.h"
#include "pipeline/base/date.h"

static const int file_columns[RS_PARTS] = {RECORD_file_no, IDENTIFIER_file_no, COVERAGE_file_no, ASSERTION_file_no};
static const int sinks[RS_PARTS] = {SINK_RECORD, SINK_IDENTIFIER, SINK_COVERAGE, SINK_ASSERTION};

struct job {
    struct rs_change *c;
    struct rs_change_worker *w;
    struct rs_batch *batch;
    struct rs_change_source *source;
    struct rs_view key; /* of the member, whatever its files call it */
    bool corrected;     /* a change file corrected the name or birth date of which its key was made */
};

static void count(struct job *j, int what) {
    char *p = j->batch->scratch.p + j->c->n_files * sizeof(uint64_t);
    struct rs_change_counts counts;
    memcpy(&counts, p, sizeof counts);
    counts.n[what]++;
    memcpy(p, &counts, sizeof counts);
}

static void count_record(struct job *j, size_t file) {
    uint64_t n;
    memcpy(&n, j->batch->scratch.p + file * sizeof n, sizeof n);
    n++;
    memcpy(j->batch->scratch.p + file * sizeof n, &n, sizeof n);
}

/* ---- reading items ---------------------------------------------------------------------------------------------- */

/* `kept` of a prior row names prior files: here they have other numbers. */
static struct rs_view renumber_kept(struct job *j, struct rs_view kept) {
    struct rs_view out = RS_NULL;
    while (rs_has(kept)) {
        struct rs_view place = rs_split(&kept, ';'), number = rs_split(&place, '/');
        const struct rs_prior_file *f = rs_change_file(j->c, number);
        if (f && rs_has(f->number)) number = f->number;
        out = rs_arena_printf(&j->w->arena, "%.*s%s%.*s/%.*s", (int)out.n, out.n ? out.p : "", out.n ? ";" : "",
                              (int)number.n, number.p, (int)place.n, place.n ? place.p : "");
    }
    return out;
}

static bool read_prior(struct job *j, const struct rs_item *item, struct rs_error *error) {
    struct rs_prior_head head;
    struct rs_view row[RS_MAX_COLUMNS];
    enum rs_part part = (enum rs_part)item->tag;
    memcpy(&head, item->bytes.p, sizeof head);
    const struct rs_prior_file *f = &j->c->files[head.file];
    struct rs_view line = rs_view(item->bytes.p + sizeof head, item->bytes.n - sizeof head - 1);
    if (!rs_line_parse(rs_part_layouts[part], line, &j->w->arena, row, error)) return false;
    j->source = f->source;
    if (rs_has(f->number)) row[file_columns[part]] = f->number;
    if (part == PART_RECORD) row[RECORD_kept] = renumber_kept(j, row[RECORD_kept]);
    struct rs_part_rows *rows = &j->w->before.rows[part];
    rs_member_add(&j->w->before, part, row, true);
    rows->p[rows->n - 1].note = head.file;
    return true;
}

/* The rows of one INS. */
static bool read_own(struct job *j, const struct rs_item *item, struct rs_member *m, struct rs_change_head *out,
                     struct rs_error *error) {
    struct rs_change_head head;
    struct rs_view row[RS_MAX_COLUMNS];
    memcpy(&head, item->bytes.p, sizeof head);
    *out = head;
    const char *p = item->bytes.p + sizeof head;
    for (int part = 0; part < RS_PARTS; part++) {
        struct rs_view rest = rs_view(p, head.n[part]);
        p += head.n[part];
        while (rs_has(rest)) {
            struct rs_view line = rs_split(&rest, '\n');
            if (!rs_line_parse(rs_part_layouts[part], line, &j->w->arena, row, error)) return false;
            row[0] = j->key;
            if (part == PART_RECORD && (head.known_by == RS_BY_FORMER || head.known_by == RS_BY_OTHER))
                row[RECORD_other_keys] = rs_key_text(&j->w->arena, head.corrected);
            rs_member_add(m, (enum rs_part)part, row, false);
        }
    }
    const struct rs_source *s = &j->c->all->s[head.file_no - 1];
    for (size_t i = 0; i < j->c->n_sources; i++)
        if (rs_eq(j->c->sources[i].name, s->source)) j->source = &j->c->sources[i];
    return true;
}

/* ---- findings --------------------------------------------------------------------------------------------------- */

static int64_t number(struct rs_view v) {
    int64_t n;
    return rs_parse_long(v, &n) ? n : -1;
}

static struct rs_evidence evidence(const struct rs_view *record, const char *rule, struct rs_view field, const char *message) {
    return (struct rs_evidence){.file_no = number(record[RECORD_file_no]), .record_no = number(record[RECORD_record_no]),
                                .line = number(record[RECORD_line]), .segment = number(record[RECORD_segment]),
                                .offset = number(record[RECORD_offset]), .field = field, .rule = rule,
                                .message = message};
}

static void finding(struct job *j, const struct rs_view *record, const char *rule, struct rs_view field, const char *message) {
    const struct rs_evidence e = evidence(record, rule, field, message);
    rs_quarantine(j->c->run, j->batch, &e);
}

/* A full file beside what stood before it. */
static void audit(struct job *j) {
    const struct rs_part_rows *before = j->w->before.rows, *full = j->w->full.rows;
    if (!before[PART_RECORD].n) {
        if (full[PART_RECORD].n) count(j, NEW);
        return;
    }
    if (full[PART_RECORD].n) {
        struct rs_view differs = rs_member_differs(&j->w->arena, before, full);
        count(j, rs_has(differs) ? DIFFERENT : SAME);
        if (rs_has(differs))
            finding(j, rs_member_standing(&full[PART_RECORD])->v, "audit_different", differs,
                    "the full file says otherwise than the prior run; it stands: look whether a change file was lost");
        return;
    }
    struct rs_view day = j->source->full_dated ? rs_day_text(&j->w->arena, j->source->full_date) : RS_NULL;
    if (!rs_member_covered(&before[PART_COVERAGE], day)) return; /* enrolment had ended: rightly no longer there */
    count(j, MISSING);
    const struct rs_evidence e = {.file_no = j->source->last_full, .record_no = -1, .line = -1, .segment = -1, .offset = -1,
                                  .field = RS_LIT("member"), .raw = before[PART_RECORD].p[0].v[RECORD_record_key],
                                  .rule = "audit_missing",
                                  .message = "a member of the prior run, whose key this is, is not in the full file: ask the "
                                             "sender whether enrolment ended"};
    rs_quarantine(j->c->run, j->batch, &e);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void count_fate(struct job *j, enum rs_part part, const struct rs_part_row *r, const char *reason) {
    enum rs_fate fate = !r->gone ? RS_WRITTEN : r->merged ? RS_MERGED : RS_SUPERSEDED;
    const char *why = fate == RS_SUPERSEDED ? reason : NULL;
    if (r->prior) rs_count(&j->batch->tally, rs_part_layouts[part]->name, 0, fate, why, 1);
    else if (part == PART_RECORD)
        rs_count(&j->batch->tally, "x12_834", (int32_t)number(r->v[RECORD_file_no]), fate, why, 1);
}

static void write_member(struct job *j, const struct rs_member *m) {
    for (int part = 0; part < RS_PARTS; part++) {
        for (size_t i = 0; i < m->rows[part].n; i++) {
            const struct rs_part_row *r = &m->rows[part].p[i];
            count_fate(j, (enum rs_part)part, r, j->corrected && part == PART_RECORD ? "name or birth date corrected" : "changed");
            if (r->gone) continue;
            rs_batch_emit(j->batch, sinks[part], rs_part_layouts[part], r->v);
            if (r->prior && part == PART_RECORD) count_record(j, r->note);
        }
    }
}

static void drop_prior(struct job *j) {
    for (int part = 0; part < RS_PARTS; part++) {
        for (size_t i = 0; i < j->w->before.rows[part].n; i++) {
            j->w->before.rows[part].p[i].gone = true;
            count_fate(j, (enum rs_part)part, &j->w->before.rows[part].p[i], "full file");
        }
    }
}

/* ---- one member ------------------------------------------------------------------------------------------------- */

/* A change that was written before what stands of the member would put back what has changed since. */
static bool late(struct job *j, const struct rs_member *base, int32_t file_no) {
    const struct rs_source *s = &j->c->all->s[file_no - 1];
    const struct rs_part_row *standing = rs_member_standing(&base->rows[PART_RECORD]);
    int32_t date;
    if (!standing || !standing->prior || !s->has_date) return false;
    return rs_day_parse(j->c->files[standing->note].row[FILE_file_date], &date) && s->date < date;
}

/* An end that names a dependent: false, and set aside, where nobody is it, or several may be. */
static bool one_of_name(struct job *j, const struct rs_view *record, bool known) {
    if (known) {
        count(j, BY_NAME);
        finding(j, record, "member_by_name", RS_LIT("DMG02"),
                "an end without a birth date: taken for the only dependent of this subscriber with this given name");
        return true;
    }
    struct rs_evidence e = evidence(record, "no_member_id", RS_LIT("DMG02"),
                                    "an end without a birth date, and the subscriber has no dependent of this given name "
                                    "here, or several: ask the sender for the birth date");
    e.row = true;
    rs_quarantine(j->c->run, j->batch, &e);
    rs_count(&j->batch->tally, "x12_834", (int32_t)e.file_no, RS_REJECTED, "no_member_id", 1);
    return false;
}

static void note_correction(struct job *j, const struct rs_view *record, uint32_t known_by) {
    if (known_by == RS_BY_FORMER) {
        count(j, CORRECTED);
        j->corrected = true;
    }
    if (known_by == RS_BY_BOTH)
        finding(j, record, "correction_of_two", RS_LIT("NM1*70"),
                "a member stands under the incorrect name or birth date, and one under the corrected: taken for the latter; "
                "are both one dependent?");
}

static bool apply(struct job *j, const struct rs_item *item, struct rs_member *base, bool *changed, struct rs_error *error) {
    struct rs_member *change = &j->w->change;
    struct rs_change_head head;
    rs_member_restart(change, &j->w->arena);
    if (!read_own(j, item, change, &head, error)) return false;
    int32_t file_no = head.file_no;
    if (j->c->voids[file_no]) {
        rs_count(&j->batch->tally, "x12_834", file_no, RS_SUPERSEDED, j->c->voids[file_no], 1);
        return true;
    }
    const struct rs_view *record = change->rows[PART_RECORD].p[0].v;
    if (late(j, base, file_no)) {
        rs_count(&j->batch->tally, "x12_834", file_no, RS_SUPERSEDED, "older than what stands of the member", 1);
        count(j, LATE);
        finding(j, record, "change_late", RS_LIT("GS04"),
                "a newer file has been applied to this member: not applied; run again from the last full file, with all "
                "change files since");
        return true;
    }
    bool known = base->rows[PART_RECORD].n > 0, first = !*changed;
    if (head.known_by == RS_BY_NAME && !one_of_name(j, record, known)) return true;
    note_correction(j, record, head.known_by);
    bool add = rs_eq_c(record[RECORD_maintenance], "021") || rs_eq_c(record[RECORD_maintenance], "030");
    if (first) count(j, known ? CHANGED : add ? ADDED : UNKNOWN);
    if (first && !known && !add)
        finding(j, record, "change_of_unknown", RS_LIT("INS03"),
                "a change or an end for a member of whom nothing stood; taken as sent: look whether a file was lost");
    rs_member_apply(base, change->rows);
    *changed = true;
    return true;
}

/* A full file states all there is but by which keys it was known before. */
static void keep_other_keys(struct rs_change_worker *w) {
    const struct rs_part_row *before = rs_member_standing(&w->before.rows[PART_RECORD]);
    struct rs_part_row *full = rs_member_standing(&w->full.rows[PART_RECORD]);
    if (before && full && rs_has(before->v[RECORD_other_keys])) full->v[RECORD_other_keys] = before->v[RECORD_other_keys];
}

bool rs_change_member(struct rs_change *c, struct rs_change_worker *w, struct rs_batch *batch, size_t i, size_t end,
                      struct rs_error *error) {
    struct job j = {.c = c, .w = w, .batch = batch};
    const struct rs_item *items = w->partition.items;
    struct rs_change_head head;
    rs_arena_reset(&w->arena);
    j.key = rs_key_text(&w->arena, items[i].key);
    rs_member_restart(&w->before, &w->arena);
    rs_member_restart(&w->full, &w->arena);
    for (; i < end && items[i].tag < TAG_FULL; i++)
        if (!read_prior(&j, &items[i], error)) return false;
    for (; i < end && items[i].tag == TAG_FULL; i++)
        if (!read_own(&j, &items[i], &w->full, &head, error)) return false;
    keep_other_keys(w);
    if (j.source && j.source->compare) audit(&j);
    if (j.source && !j.source->carry) drop_prior(&j);
    if (j.source && j.source->way == RS_COMPARED) return true;
    bool changed = false;
    struct rs_member *base = w->full.rows[PART_RECORD].n ? &w->full : &w->before;
    if (j.source && !j.source->carry && base == &w->before) rs_member_restart(&w->before, &w->arena);
    for (; i < end; i++)
        if (!apply(&j, &items[i], base, &changed, error)) return false;
    if (!changed && base == &w->before && base->rows[PART_RECORD].n) count(&j, CARRIED);
    write_member(&j, base);
    return true;
}
