/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Change files: the members of any 834 are taken for one member, the first as what stood before, the others as changes in
 * order. After each change one record stands, and what it says it keeps stood before. */
#include <stdint.h>
#include "ingest_fuzz.h"
#include "stages/ingest/member.h"

/* The rows of one record, from the sinks of the batch just read. */
static void take(struct rs_member *m, const struct fuzz *f, const struct rs_member_rows *at, bool prior) {
    struct rs_error error = {0};
    struct rs_view row[RS_MAX_COLUMNS];
    for (int part = 0; part < RS_PARTS; part++) {
        if (!at->n[part]) continue;
        struct rs_view rest = rs_view(f->batch.out[rs_member_sinks[part]].p + at->from[part], at->n[part]);
        while (rs_has(rest)) {
            CHECK(rs_line_parse(rs_part_layouts[part], rs_split(&rest, '\n'), m->arena, row, &error));
            rs_member_add(m, (enum rs_part)part, row, prior);
        }
    }
}

static size_t standing(const struct rs_part_rows *rows) {
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) n += !rows->p[i].gone;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct rs_member member, change;
    static struct rs_arena arena;
    struct fuzz *f = fuzz_start("834-5010");
    struct rs_block block = {.record_no = 1, .line = 1, .segment = 1};
    size_t length;
    if (!size || !rs_x12_isa((const char *)data, size, &block.env, &length)) return 0;
    rs_arena_reset(&arena);
    f->batch.scratch.n = 0;
    f->source.way = RS_COMPARED;
    fuzz_read(f, (const char *)data, size, &block, rs_read_834);
    f->source.way = RS_STREAMED;
    rs_member_restart(&member, &arena);
    for (size_t at = 0; at < f->batch.scratch.n && at < 200 * sizeof(struct rs_member_rows);
         at += sizeof(struct rs_member_rows)) {
        struct rs_member_rows m;
        memcpy(&m, f->batch.scratch.p + at, sizeof m);
        if (!at) {
            take(&member, f, &m, true);
            continue;
        }
        rs_member_restart(&change, &arena);
        take(&change, f, &m, false);
        CHECK(change.rows[PART_RECORD].n == 1);
        rs_member_apply(&member, change.rows);
        CHECK(standing(&member.rows[PART_RECORD]) == 1);
        const struct rs_part_row *record = rs_member_standing(&member.rows[PART_RECORD]);
        CHECK(rs_is_null(record->v[RECORD_kept]) || rs_has(record->v[RECORD_kept]));
        CHECK(!rs_has(record->v[RECORD_kept]) || rs_utf8_valid(record->v[RECORD_kept]));
        CHECK(!rs_has(rs_member_differs(&arena, member.rows, member.rows)));
    }
    return 0;
}
