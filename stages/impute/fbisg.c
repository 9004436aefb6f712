/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fBISG of one place, and the passes over many of them. */
#include "fbisg.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/rows/group.h"

/* ---- one place ------------------------------------------------------------------------------------------------- */

struct member {
    double likelihood[RS_GROUPS], sum[RS_GROUPS];
    struct rs_random random;
    int now; /* group now drawn */
};

/* Draws a member's group given all others: a holds N_rg + 1 + n_rg without this member. */
static inline int draw(struct member *m, const double a[RS_GROUPS], bool counted) {
    double w[RS_GROUPS], up_to[RS_GROUPS], total = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        w[r] = a[r] * m->likelihood[r];
        total += w[r];
        up_to[r] = total;
    }
    if (counted) {
        double by = 1 / total;
        for (int r = 0; r < RS_GROUPS; r++) m->sum[r] += w[r] * by;
    }
    double at = (rs_random_u32(&m->random) + 0.5) * 0x1p-32 * total;
    int drawn = 0;
    for (int r = 0; r < RS_GROUPS - 1; r++) drawn += up_to[r] <= at;
    while (!(w[drawn] > 0)) drawn--; /* the last group, by rounding of the sum alone */
    return drawn;
}

void rs_fbisg_unit(const struct rs_fbisg_options *o, uint64_t unit, const double residents[RS_GROUPS],
                   const double (*likelihood)[RS_GROUPS], double (*p)[RS_GROUPS], size_t n) {
    struct member *members = rs_alloc((n ? n : 1) * sizeof *members);
    double a[RS_GROUPS];
    for (int r = 0; r < RS_GROUPS; r++) a[r] = residents[r] + 1;
    for (size_t i = 0; i < n; i++) {
        struct member *m = &members[i];
        double most = 0; /* names differ in frequency by many powers of ten, which is no matter: only ratios count */
        for (int r = 0; r < RS_GROUPS; r++) most = likelihood[i][r] > most ? likelihood[i][r] : most;
        for (int r = 0; r < RS_GROUPS; r++) m->likelihood[r] = likelihood[i][r] / most;
        m->random = rs_random(o->seed, unit, (uint32_t)i);
    }
    for (int sweep = 0; sweep < o->sweeps; sweep++)
        for (size_t i = 0; i < n; i++) {
            struct member *m = &members[i];
            if (sweep > 0) a[m->now] -= 1; /* in the first sweep nobody has been drawn yet */
            m->now = draw(m, a, sweep >= o->burn_in);
            a[m->now] += 1;
        }
    for (size_t i = 0; i < n; i++) {
        double all = 0;
        for (int r = 0; r < RS_GROUPS; r++) all += members[i].sum[r];
        for (int r = 0; r < RS_GROUPS; r++) p[i][r] = members[i].sum[r] / all;
    }
    free(members);
}

/* ---- many places ------------------------------------------------------------------------------------------------ */

/* A member on disk. What decides its result stands in front, the row, which depends on the file's order, behind it. */
struct item {
    char person_key[32];
    double likelihood[RS_GROUPS];
    uint64_t place;
    uint32_t level, spare;
    uint64_t row;
};
enum { HASHED = offsetof(struct item, row) };
struct gathered {
    struct rs_key unit;
    struct item item;
};

struct rs_fbisg {
    struct rs_fbisg_options options;
    const struct rs_pack *pack;
    const struct rs_impute_model *model;
    struct rs_spill *spill;
    int results, next; /* file of doubles by row; next partition */
    struct rs_sha *sha;
    char cohort[17];
};

static int unnamed_file(const char *dir, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/.fbisg.XXXXXX", dir)) return -1;
    int fd = mkstemp(path);
    if (fd < 0) {
        rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot make a temporary file", dir);
        return -1;
    }
    unlink(path);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

struct rs_fbisg *rs_fbisg_open(const char *dir, const struct rs_fbisg_options *options, const struct rs_pack *pack,
                               const struct rs_impute_model *model, struct rs_error *error) {
    struct rs_fbisg *f = rs_alloc(sizeof *f);
    f->options = *options;
    f->pack = pack;
    f->model = model;
    f->sha = rs_sha_begin();
    f->results = unnamed_file(dir, error);
    if (f->results >= 0 && (f->spill = rs_spill_open(dir, error))) return f;
    rs_fbisg_close(f);
    return NULL;
}

void rs_fbisg_close(struct rs_fbisg *f) {
    if (!f) return;
    if (f->results >= 0) close(f->results);
    if (f->spill) rs_spill_close(f->spill);
    if (f->sha) rs_sha_end(f->sha, NULL);
    free(f);
}

void rs_fbisg_gather(const struct rs_fbisg *f, struct rs_batch *batch, struct rs_view person_key,
                     const struct rs_who *who, uint64_t row) {
    struct rs_posterior q;
    struct gathered g;
    double counts[RS_GROUPS];
    memset(&g, 0, sizeof g);
    if (!rs_impute_residents(f->model, &who->ids, &q)) return;
    rs_impute_likelihood(f->model, who, g.item.likelihood, &q);
    struct rs_view parts[] = {rs_cstr(rs_place_level_names[q.level]), rs_pack_place_at(f->pack, q.level, q.place, counts)};
    g.unit = rs_hash_key(parts, 2);
    memcpy(g.item.person_key, person_key.p, person_key.n < 32 ? person_key.n : 32);
    g.item.place = q.place;
    g.item.level = (uint32_t)q.level;
    g.item.row = row;
    rs_buffer_add(&batch->scratch, &g, sizeof g);
}

bool rs_fbisg_take(struct rs_fbisg *f, const struct rs_batch *batch, uint64_t first_row, struct rs_error *error) {
    for (size_t at = 0; at < batch->scratch.n; at += sizeof(struct gathered)) {
        struct gathered g;
        memcpy(&g, batch->scratch.p + at, sizeof g);
        g.item.row += first_row;
        if (!rs_spill_add(f->spill, g.unit, 0, &g.item, sizeof g.item, error)) return false;
    }
    return true;
}

static bool put_result(const struct rs_fbisg *f, uint64_t row, const double p[RS_GROUPS], struct rs_error *error) {
    const size_t size = RS_GROUPS * sizeof *p;
    for (;;) {
        ssize_t n = pwrite(f->results, p, size, (off_t)(row * size));
        if (n == (ssize_t)size) return true;
        if (n < 0 && errno == EINTR) continue;
        return rs_fail_errno(error, RS_IO, "writing a temporary file failed");
    }
}

static bool run_place(const struct rs_fbisg *f, const struct rs_item *items, size_t n, struct rs_error *error) {
    double(*likelihood)[RS_GROUPS] = rs_alloc(n * sizeof *likelihood), (*p)[RS_GROUPS] = rs_alloc(n * sizeof *p);
    struct item it = {.row = 0};
    uint64_t unit;
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        memcpy(&it, items[i].bytes.p, sizeof it);
        memcpy(likelihood[i], it.likelihood, sizeof it.likelihood);
    }
    memcpy(&unit, items->key.b, sizeof unit);
    const double *residents = rs_pack_place_counts(f->pack, (enum rs_place_level)it.level, it.place);
    rs_fbisg_unit(&f->options, unit, residents, (const double(*)[RS_GROUPS])likelihood, p, n);
    for (size_t i = 0; ok && i < n; i++) {
        memcpy(&it, items[i].bytes.p, sizeof it);
        ok = put_result(f, it.row, p[i], error);
    }
    free(likelihood);
    free(p);
    return ok;
}

static bool next_partition(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct rs_fbisg *f = self;
    (void)error;
    *more = f->next < RS_PARTITIONS;
    batch->first_row = (uint64_t)f->next++;
    return true;
}

static bool work_partition(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct rs_fbisg *f = self;
    struct rs_partition part = {.n = 0};
    bool ok = rs_partition_read(f->spill, (int)batch->first_row, &part, error);
    struct rs_sha *sha = rs_sha_begin();
    struct rs_digest digest;
    for (size_t i = 0, end; ok && i < part.n; i = end) {
        end = rs_group_end(&part, i);
        rs_sha_add(sha, part.items[i].key.b, sizeof part.items[i].key.b);
        for (size_t j = i; j < end; j++) rs_sha_add(sha, part.items[j].bytes.p, HASHED);
        ok = run_place(f, part.items + i, end - i, error);
    }
    rs_sha_end(sha, &digest);
    rs_buffer_add(&batch->scratch, &digest, sizeof digest);
    rs_partition_free(&part);
    return ok;
}

static bool done_partition(void *self, struct rs_batch *batch, struct rs_error *error) {
    (void)error;
    rs_sha_add(((struct rs_fbisg *)self)->sha, batch->scratch.p, batch->scratch.n);
    return true;
}

bool rs_fbisg_run(struct rs_fbisg *f, int threads, struct rs_error *error) {
    struct rs_work work = {f, next_partition, work_partition, done_partition};
    struct rs_digest digest;
    if (!rs_spill_seal(f->spill, error) || !rs_work_run(&work, threads, error)) return false;
    rs_sha_end(f->sha, &digest);
    f->sha = NULL;
    rs_hex(f->cohort, digest.b, 8);
    return true;
}

const char *rs_fbisg_cohort(const struct rs_fbisg *f) { return f->cohort; }

bool rs_fbisg_read(const struct rs_fbisg *f, uint64_t first, size_t n, double (*p)[RS_GROUPS],
                   struct rs_error *error) {
    size_t size = n * sizeof *p, got = 0;
    memset(p, 0, size); /* rows behind the last one written are not in the file */
    while (got < size) {
        ssize_t some = pread(f->results, (char *)p + got, size - got, (off_t)(first * sizeof *p + got));
        if (some < 0 && errno == EINTR) continue;
        if (some < 0) return rs_fail_errno(error, RS_IO, "reading a temporary file failed");
        if (some == 0) break;
        got += (size_t)some;
    }
    return true;
}

void rs_fbisg_put(const double p[RS_GROUPS], struct rs_posterior *q) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) sum += p[r];
    if (!(sum > 0)) return;
    memcpy(q->p, p, sizeof q->p);
    q->kind = q->first_match < RS_FIRST_NAME_NONE ? RS_FBIFSG : RS_FBISG;
}
