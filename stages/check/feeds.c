/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a feed that stops is no bad row. Nothing is set aside, every share stays as it was, and the members of
 * that source silently become unknown; only the run before can tell. */
#include "feeds.h"
#include <stdlib.h>
#include <string.h>

static bool one_file(struct rs_counted *out, const struct rs_view *row, struct rs_error *error) {
    int64_t records;
    if (!rs_parse_long(row[FILE_records], &records) || records < 0)
        return rs_fail(error, RS_DATA, "file of the prior run: records is not a number; name another run with --prior");
    rs_tagged_at(&out->prior_feeds, row[FILE_source], RS_NULL, RS_NO_SOURCE)->rows += (uint64_t)records;
    return true;
}

bool rs_count_prior_feeds(struct rs_run *run, struct rs_counted *out, struct rs_error *error) {
    struct rs_manifest m;
    if (!rs_run_prior(run, &rs_layout_file, &m, &out->has_prior_feeds, error)) return false;
    if (!out->has_prior_feeds) return true;
    struct rs_scan *scan = rs_scan_open(&m, error);
    const struct rs_view *row;
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) good = one_file(out, row, error);
    rs_scan_close(scan);
    return good && error->code == 0;
}

static uint64_t rows_now(const struct rs_counted *c, const char *source) {
    for (size_t s = 0; s < c->n_sources; s++)
        if (strcmp(c->sources[s], source) == 0) return c->by_source[s].file_records;
    return 0; /* none of the run's files is of this source */
}

void rs_evaluate_feeds(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_counted *c = e->counted;
    uint64_t before = 0, fewer = 0;
    for (size_t i = 0; i < c->prior_feeds.n; i++) {
        const struct rs_tagged *t = &c->prior_feeds.e[i];
        uint64_t now = rows_now(c, t->name), lost = now < t->rows ? t->rows - now : 0;
        before += t->rows;
        fewer += lost;
        if (check->for_source) rs_check_add(e, check, "source", t->name, check->element, t->rows, lost);
    }
    if (check->for_all || !c->has_prior_feeds) rs_check_add(e, check, "all", "*", check->element, before, fewer);
}

void rs_evaluate_empty(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_counted *c = e->counted;
    if (check->for_all) rs_check_add(e, check, "all", "*", check->element, c->all.files, c->all.empty_files);
    for (size_t s = 0; check->for_source && s < c->n_sources; s++)
        rs_check_add(e, check, "source", c->sources[s], check->element, c->by_source[s].files,
                     c->by_source[s].empty_files);
}
