/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a reference pack: mapped, so that processes share it and opening costs one pass for the checksum. */
#include "pack.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pack_format.h"

const char *const rs_group_names[RS_GROUPS] = {"WHITE", "BLACK", "AIAN", "API", "MULTI", "HISPANIC"};
const char *const rs_place_level_names[RS_PLACE_LEVELS] = {"nation", "state", "county", "zcta", "tract",
                                                           "block_group"};

struct table {
    const struct rs_pack_record *records;
    const struct rs_pack_slot *slots;
    size_t n, mask;
};

struct rs_pack {
    const unsigned char *map;
    size_t bytes;
    const struct rs_pack_header *header;
    struct table surnames, first_names, middle_names, places[RS_PLACE_LEVELS], band_places;
    struct given { /* of first names and of middle names */
        double share[RS_GROUPS], per_bearer; /* N_r / N; 1 / N */
        const double *totals, *a;
    } first, middle;
    const struct rs_pack_band *bands;
    size_t bands_n;
    const struct rs_pack_figure_table *figures;
    const struct rs_pack_figure_record *figure_records;
    size_t figures_n;
    bool adults_only[RS_PLACE_LEVELS];
    const double *totals; /* RS_TOTALS x RS_GROUPS */
    const uint32_t *zips; /* NULL where there is no crosswalk */
    const char *long_keys;
    size_t long_bytes;
    struct rs_view particles;
    struct rs_digest digest;
    char id[17];
};

/* ---- opening -------------------------------------------------------------------------------------------------- */

static bool map_file(struct rs_pack *p, const char *path, struct rs_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_fail_errno(error, RS_NO_INPUT, "reference pack %s: cannot be opened (make one with "
                             "`relsogi reference build --output FILE`)", path);
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!ok || st.st_size < (off_t)sizeof(struct rs_pack_header)) {
        close(fd);
        return rs_fail(error, RS_DATA, "reference pack %s: too short to be one: build it again", path);
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) return rs_fail_errno(error, RS_IO, "reference pack %s: cannot be mapped", path);
    p->map = map;
    p->bytes = (size_t)st.st_size;
    p->header = map;
    return true;
}

static bool check_header(const struct rs_pack *p, const char *path, struct rs_error *error) {
    const struct rs_pack_header *h = p->header;
    if (memcmp(h->magic, RS_PACK_MAGIC, sizeof h->magic) != 0)
        return rs_fail(error, RS_DATA, "reference pack %s: is not a reference pack", path);
    if (h->byte_order != RS_PACK_BYTE_ORDER)
        return rs_fail(error, RS_DATA, "reference pack %s: made on a machine of the other byte order: build it here",
                       path);
    if (h->version != RS_PACK_VERSION || h->sections != RS_SECTIONS)
        return rs_fail(error, RS_DATA,
                       "reference pack %s: format %u with %u sections, this program reads format %d with %d: build it "
                       "again with relsogi reference build", path, h->version, h->sections, RS_PACK_VERSION, RS_SECTIONS);
    if (h->bytes != p->bytes)
        return rs_fail(error, RS_DATA, "reference pack %s: %zu bytes long, should be %llu: copy or build it again",
                       path, p->bytes, (unsigned long long)h->bytes);
    if (p->bytes % RS_PACK_ALIGN != 0 ||
        rs_pack_sum(p->map + RS_PACK_SUM_FROM, p->bytes - RS_PACK_SUM_FROM) != h->sum)
        return rs_fail(error, RS_DATA, "reference pack %s: damaged (checksum differs): copy or build it again", path);
    for (int i = 0; i < RS_SECTIONS; i++) {
        uint64_t at = h->section[i].offset, n = h->section[i].bytes;
        if (at % RS_PACK_ALIGN != 0 || at > p->bytes || n > p->bytes - at)
            return rs_fail(error, RS_DATA, "reference pack %s: section %d lies outside the file", path, i);
    }
    return true;
}

static const void *section(const struct rs_pack *p, int number, size_t *bytes) {
    *bytes = (size_t)p->header->section[number].bytes;
    return p->map + p->header->section[number].offset;
}

/* A table whose slots point outside its records, or that has no empty slot, would lead look-ups astray. */
static bool open_table(struct rs_pack *p, int number, struct table *t, const char *path, struct rs_error *error) {
    size_t bytes, slot_bytes;
    t->records = section(p, number, &bytes);
    t->slots = section(p, number + 1, &slot_bytes);
    t->n = bytes / sizeof *t->records;
    size_t slots = slot_bytes / sizeof *t->slots;
    bool ok = bytes % sizeof *t->records == 0 && slot_bytes % sizeof *t->slots == 0 && slots > t->n &&
              (slots & (slots - 1)) == 0;
    size_t used = 0;
    for (size_t i = 0; ok && i < slots; i++) {
        ok = t->slots[i].row <= t->n;
        used += t->slots[i].row != 0;
    }
    for (size_t i = 0; ok && i < t->n; i++) {
        struct rs_long_key k;
        memcpy(&k, t->records[i].key, sizeof k);
        unsigned char length = t->records[i].key[15];
        ok = length <= RS_SHORT_KEY ||
             (length == RS_LONG_KEY && k.offset <= p->long_bytes && k.length <= p->long_bytes - k.offset);
    }
    if (!ok || used != t->n) return rs_fail(error, RS_DATA, "reference pack %s: table %d is damaged", path, number);
    t->mask = slots - 1;
    return true;
}

static bool open_given(struct rs_pack *p, int number, int total, struct table *t, struct given *g, const char *path,
                       struct rs_error *error) {
    double all = 0;
    if (!open_table(p, number, t, path, error)) return false;
    g->totals = p->totals + total * RS_GROUPS;
    g->a = g->totals + RS_GROUPS;
    if (t->n == 0) return true;
    for (int r = 0; r < RS_GROUPS; r++) {
        if (!(g->totals[r] > 0) || !(g->a[r] >= 0))
            return rs_fail(error, RS_DATA, "reference pack %s: its first or middle names are damaged", path);
        all += g->totals[r];
    }
    for (int r = 0; r < RS_GROUPS; r++) g->share[r] = g->totals[r] / all;
    g->per_bearer = 1 / all;
    return true;
}

static bool open_bands(struct rs_pack *p, const char *path, struct rs_error *error) {
    size_t bytes;
    p->bands = section(p, RS_SECTION_BANDS, &bytes);
    p->bands_n = bytes / sizeof *p->bands;
    bool ok = bytes % sizeof *p->bands == 0 && p->bands_n <= RS_BANDS;
    for (size_t i = 0; ok && i < p->bands_n; i++)
        ok = p->bands[i].from <= p->bands[i].to && p->bands[i].to <= 999 &&
             (p->bands[i].sex == 0 || p->bands[i].sex == 'M' || p->bands[i].sex == 'F');
    if (!ok) return rs_fail(error, RS_DATA, "reference pack %s: its bands of age and sex are damaged", path);
    return open_table(p, RS_SECTION_BAND_PLACES, &p->band_places, path, error);
}

static bool open_figures(struct rs_pack *p, const char *path, struct rs_error *error) {
    size_t bytes, records;
    p->figures = section(p, RS_SECTION_FIGURES, &bytes);
    p->figure_records = section(p, RS_SECTION_FIGURE_RECORDS, &records);
    p->figures_n = bytes / sizeof *p->figures;
    bool ok = bytes % sizeof *p->figures == 0 && records % sizeof *p->figure_records == 0;
    records /= sizeof *p->figure_records;
    for (size_t i = 0; ok && i < p->figures_n; i++) {
        const struct rs_pack_figure_table *f = &p->figures[i];
        ok = memchr(f->name, 0, sizeof f->name) && f->level < RS_PLACE_LEVELS && f->first <= records &&
             f->n <= records - f->first;
    }
    return ok || rs_fail(error, RS_DATA, "reference pack %s: its figures of places are damaged", path);
}

/* "ages": "18+" in the entry of a level, or of the level that it was summed from: the next finer one there is. */
static void open_universe(struct rs_pack *p) {
    static const enum rs_place_level finer[RS_PLACE_LEVELS] = {
        [RS_NATION] = RS_STATE, [RS_STATE] = RS_COUNTY, [RS_COUNTY] = RS_TRACT, [RS_TRACT] = RS_BLOCK_GROUP};
    bool given[RS_PLACE_LEVELS] = {false};
    struct rs_view text = rs_pack_info(p);
    json_t *info = json_loadb(text.p, text.n, 0, NULL), *one;
    size_t i;
    json_array_foreach(json_object_get(info, "tables"), i, one) {
        const char *role = json_string_value(json_object_get(one, "role"));
        const char *ages = json_string_value(json_object_get(one, "ages"));
        for (int level = RS_STATE; role && level < RS_PLACE_LEVELS; level++)
            if (strcmp(role, rs_place_level_names[level]) == 0) {
                given[level] = true;
                p->adults_only[level] = ages && strcmp(ages, "18+") == 0;
            }
    }
    json_decref(info);
    for (int level = RS_TRACT; level >= RS_NATION; level--)
        if (!given[level] && level != RS_ZCTA) p->adults_only[level] = p->adults_only[finer[level]];
    if (p->places[RS_STATE].n == 0) p->adults_only[RS_NATION] = p->adults_only[RS_ZCTA];
}

static bool open_sections(struct rs_pack *p, const char *path, struct rs_error *error) {
    size_t n;
    p->long_keys = section(p, RS_SECTION_LONG_KEYS, &p->long_bytes);
    p->particles.p = section(p, RS_SECTION_PARTICLES, &p->particles.n);
    p->totals = section(p, RS_SECTION_TOTALS, &n);
    if (n != RS_TOTALS * RS_GROUPS * sizeof(double))
        return rs_fail(error, RS_DATA, "reference pack %s: its totals are damaged", path);
    if (!open_table(p, RS_SECTION_SURNAMES, &p->surnames, path, error)) return false;
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        if (!open_table(p, rs_section_of_level((enum rs_place_level)level), &p->places[level], path, error))
            return false;
    if (!open_given(p, RS_SECTION_FIRST_NAMES, RS_TOTAL_FIRST_NAMES, &p->first_names, &p->first, path, error) ||
        !open_given(p, RS_SECTION_MIDDLE_NAMES, RS_TOTAL_MIDDLE_NAMES, &p->middle_names, &p->middle, path, error) ||
        !open_bands(p, path, error) || !open_figures(p, path, error))
        return false;
    open_universe(p);
    p->zips = section(p, RS_SECTION_ZIP, &n);
    if (n == 0) {
        p->zips = NULL;
        return true;
    }
    bool ok = n == RS_PACK_ZIPS * sizeof *p->zips;
    for (size_t i = 0; ok && i < RS_PACK_ZIPS; i++) ok = p->zips[i] <= p->places[RS_ZCTA].n;
    return ok || rs_fail(error, RS_DATA, "reference pack %s: its ZIP code table is damaged", path);
}

struct rs_pack *rs_pack_open(const char *path, struct rs_error *error) {
    struct rs_pack *p = rs_alloc(sizeof *p);
    if (!map_file(p, path, error) || !check_header(p, path, error) || !open_sections(p, path, error)) {
        rs_pack_close(p);
        return NULL;
    }
    p->digest = rs_sha256(p->map, p->bytes);
    rs_hex(p->id, p->digest.b, 8);
    return p;
}

void rs_pack_close(struct rs_pack *p) {
    if (!p) return;
    if (p->map) munmap((void *)(uintptr_t)p->map, p->bytes);
    free(p);
}

const char *rs_pack_id(const struct rs_pack *p) { return p->id; }
const struct rs_digest *rs_pack_digest(const struct rs_pack *p) { return &p->digest; }

struct rs_view rs_pack_info(const struct rs_pack *p) {
    size_t n;
    const char *text = section(p, RS_SECTION_INFO, &n);
    return rs_view(text, n);
}

/* ---- look-ups ------------------------------------------------------------------------------------------------- */

static struct rs_view key_of(const struct rs_pack *p, const struct rs_pack_record *r) {
    if (r->key[15] != RS_LONG_KEY) return rs_view((const char *)r->key, r->key[15]);
    struct rs_long_key k;
    memcpy(&k, r->key, sizeof k);
    return rs_view(p->long_keys + k.offset, k.length);
}

static const struct rs_pack_record *find_long(const struct rs_pack *p, const struct table *t, struct rs_view name) {
    uint64_t hash = rs_pack_hash_long(name);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = (size_t)hash & t->mask;; i = (i + 1) & t->mask) {
        const struct rs_pack_slot *s = &t->slots[i];
        if (s->row == 0) return NULL;
        if (s->tag == tag && rs_eq(key_of(p, &t->records[s->row - 1]), name)) return &t->records[s->row - 1];
    }
}

static const struct rs_pack_record *find(const struct rs_pack *p, const struct table *t, struct rs_view name) {
    if (name.n == 0) return NULL;
    if (name.n > RS_SHORT_KEY) return find_long(p, t, name);
    struct rs_short_key key = rs_short_key(name);
    uint64_t hash = rs_pack_hash(key);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = (size_t)hash & t->mask;; i = (i + 1) & t->mask) {
        const struct rs_pack_slot *s = &t->slots[i];
        if (s->row == 0) return NULL;
        if (s->tag == tag && memcmp(t->records[s->row - 1].key, &key, sizeof key) == 0)
            return &t->records[s->row - 1];
    }
}

/* The empty statement keeps the compiler from taking a function that only prefetches for one that does nothing: GCC 12
 * left out the calls whose result is not used. */
static inline void prefetch(const void *p) {
    __builtin_prefetch(p);
    __asm__ volatile("" ::: "memory");
}

static void probe(const struct table *t, struct rs_view name, struct rs_probe *out) {
    out->table = NULL;
    if (name.n == 0 || name.n > RS_SHORT_KEY || t->n == 0) return;
    struct rs_short_key key = rs_short_key(name);
    *out = (struct rs_probe){.table = t, .key = {key.a, key.b}, .hash = rs_pack_hash(key)};
    prefetch(&t->slots[(size_t)out->hash & t->mask]);
}

void rs_pack_probe_surname(const struct rs_pack *p, struct rs_view name, struct rs_probe *out) {
    probe(&p->surnames, name, out);
}

void rs_pack_probe_first_name(const struct rs_pack *p, struct rs_view name, struct rs_probe *out) {
    probe(&p->first_names, name, out);
}

void rs_pack_probe_place(const struct rs_pack *p, enum rs_place_level level, struct rs_view id, struct rs_probe *out) {
    probe(&p->places[level], id, out);
}

bool rs_pack_probe_on(struct rs_probe *probe, bool record) {
    const struct table *t = probe->table;
    if (!t) return false;
    for (size_t i = (size_t)probe->hash & t->mask;; i = (i + 1) & t->mask) {
        const struct rs_pack_slot *s = &t->slots[i];
        if (s->row && s->tag != (uint32_t)(probe->hash >> 32)) continue;
        if (s->row == 0) break;
        probe->number = s->row - 1;
        if (record) prefetch(&t->records[probe->number]);
        return true;
    }
    probe->table = NULL;
    return false;
}

const double *rs_pack_probed(const struct rs_probe *probe) {
    const struct table *t = probe->table;
    if (!t) return NULL;
    const struct rs_pack_record *r = &t->records[probe->number];
    return memcmp(r->key, probe->key, sizeof r->key) == 0 ? r->counts : NULL;
}

static bool give(const struct rs_pack_record *r, double counts[RS_GROUPS]) {
    if (!r) return false;
    memcpy(counts, r->counts, sizeof r->counts);
    return true;
}

static void give_total(const struct rs_pack *p, int which, double counts[RS_GROUPS]) {
    memcpy(counts, p->totals + which * RS_GROUPS, RS_GROUPS * sizeof *counts);
}

bool rs_pack_surname(const struct rs_pack *p, struct rs_view name, double counts[RS_GROUPS]) {
    return give(find(p, &p->surnames, name), counts);
}

void rs_pack_other_surnames(const struct rs_pack *p, double counts[RS_GROUPS]) {
    give_total(p, RS_TOTAL_OTHER_SURNAMES, counts);
}

void rs_pack_surname_totals(const struct rs_pack *p, double counts[RS_GROUPS]) {
    give_total(p, RS_TOTAL_SURNAMES, counts);
}

void rs_pack_nation(const struct rs_pack *p, double counts[RS_GROUPS]) { give_total(p, RS_TOTAL_NATION, counts); }

size_t rs_pack_surnames(const struct rs_pack *p) { return p->surnames.n; }

struct rs_view rs_pack_surname_at(const struct rs_pack *p, size_t i, double counts[RS_GROUPS]) {
    give(&p->surnames.records[i], counts);
    return key_of(p, &p->surnames.records[i]);
}

bool rs_pack_has_first_names(const struct rs_pack *p) { return p->first_names.n > 0; }

bool rs_pack_first_name_counts(const struct rs_pack *p, struct rs_view name, double counts[RS_GROUPS]) {
    return p->first_names.n > 0 && give(find(p, &p->first_names, name), counts);
}

/* likelihood: bearers by group in, P(name|r) out. A name that a table lists with no bearers is as good as not listed. */
static bool likelihood_of(const struct given *g, double likelihood[RS_GROUPS]) {
    double bearers = 0;
    for (int r = 0; r < RS_GROUPS; r++) bearers += likelihood[r];
    double rate = bearers * g->per_bearer;
    for (int r = 0; r < RS_GROUPS; r++)
        likelihood[r] = (likelihood[r] + g->a[r]) / (bearers * g->share[r] + g->a[r]) * rate;
    return bearers > 0;
}

bool rs_pack_first_name_of(const struct rs_pack *p, const double counts[RS_GROUPS], double likelihood[RS_GROUPS]) {
    memcpy(likelihood, counts, RS_GROUPS * sizeof *likelihood);
    return likelihood_of(&p->first, likelihood);
}

bool rs_pack_first_name(const struct rs_pack *p, struct rs_view name, double likelihood[RS_GROUPS]) {
    return rs_pack_first_name_counts(p, name, likelihood) && likelihood_of(&p->first, likelihood);
}

bool rs_pack_has_middle_names(const struct rs_pack *p) { return p->middle_names.n > 0; }

size_t rs_pack_middle_names(const struct rs_pack *p) { return p->middle_names.n; }

bool rs_pack_middle_name(const struct rs_pack *p, struct rs_view name, double likelihood[RS_GROUPS]) {
    return p->middle_names.n > 0 && give(find(p, &p->middle_names, name), likelihood) &&
           likelihood_of(&p->middle, likelihood);
}

void rs_pack_first_name_totals(const struct rs_pack *p, double counts[RS_GROUPS]) {
    give_total(p, RS_TOTAL_FIRST_NAMES, counts);
}

void rs_pack_first_name_smoothing(const struct rs_pack *p, double a[RS_GROUPS]) {
    give_total(p, RS_TOTAL_FIRST_NAME_SMOOTHING, a);
}

size_t rs_pack_first_names(const struct rs_pack *p) { return p->first_names.n; }

struct rs_view rs_pack_first_name_at(const struct rs_pack *p, size_t i, double counts[RS_GROUPS]) {
    give(&p->first_names.records[i], counts);
    return key_of(p, &p->first_names.records[i]);
}

bool rs_pack_place_find(const struct rs_pack *p, enum rs_place_level level, struct rs_view id, size_t *i) {
    const struct table *t = &p->places[level];
    if (level == RS_STATE && id.n == 2 && !rs_all_digits(id)) id = rs_state_fips(id);
    const struct rs_pack_record *r = t->n ? find(p, t, id) : NULL;
    if (!r) return false;
    *i = (size_t)(r - t->records);
    return true;
}

const unsigned char *rs_pack_place_key(const struct rs_pack *p, enum rs_place_level level, size_t i) {
    return p->places[level].records[i].key;
}

const double *rs_pack_place_counts(const struct rs_pack *p, enum rs_place_level level, size_t i) {
    return p->places[level].records[i].counts;
}

bool rs_pack_place(const struct rs_pack *p, enum rs_place_level level, struct rs_view id, double counts[RS_GROUPS]) {
    size_t i;
    if (level == RS_NATION) {
        rs_pack_nation(p, counts);
        return true;
    }
    return rs_pack_place_find(p, level, id, &i) && give(&p->places[level].records[i], counts);
}

size_t rs_pack_places(const struct rs_pack *p, enum rs_place_level level) { return p->places[level].n; }

struct rs_view rs_pack_place_at(const struct rs_pack *p, enum rs_place_level level, size_t i,
                                double counts[RS_GROUPS]) {
    give(&p->places[level].records[i], counts);
    return key_of(p, &p->places[level].records[i]);
}

/* ---- bands of age and sex ------------------------------------------------------------------------------------- */

size_t rs_pack_bands(const struct rs_pack *p) { return p->bands_n; }

struct rs_band rs_pack_band_at(const struct rs_pack *p, size_t band) {
    const struct rs_pack_band *b = &p->bands[band];
    return (struct rs_band){(int)b->from, (int)b->to, (char)b->sex};
}

size_t rs_band_text(char out[24], struct rs_band b) {
    int n = b.to >= 999 ? b.from > 0 ? snprintf(out, 24, "%d+", b.from) : snprintf(out, 24, "all")
                        : snprintf(out, 24, "%d-%d", b.from, b.to);
    if (b.sex) n += snprintf(out + n, 24 - (size_t)n, " %c", b.sex);
    return (size_t)n;
}

const double *rs_pack_band_counts(const struct rs_pack *p, size_t band, enum rs_place_level level, size_t place) {
    char text[16];
    const struct rs_pack_record *r =
        find(p, &p->band_places, rs_band_key(text, band, level, key_of(p, &p->places[level].records[place])));
    return r ? r->counts : NULL;
}

/* ---- figures -------------------------------------------------------------------------------------------------- */

size_t rs_pack_figures(const struct rs_pack *p) { return p->figures_n; }

struct rs_figure rs_pack_figure_at(const struct rs_pack *p, size_t number) {
    const struct rs_pack_figure_table *f = &p->figures[number];
    return (struct rs_figure){f->name, (enum rs_place_level)f->level, f->n};
}

bool rs_pack_figure_find(const struct rs_pack *p, enum rs_place_level level, const char *name, size_t *number) {
    for (size_t i = 0; i < p->figures_n; i++)
        if (p->figures[i].level == (uint32_t)level && strcmp(p->figures[i].name, name) == 0) {
            *number = i;
            return true;
        }
    return false;
}

bool rs_pack_figure(const struct rs_pack *p, size_t number, struct rs_view id, double *value) {
    const struct rs_pack_figure_table *f = &p->figures[number];
    const struct rs_pack_figure_record *r = p->figure_records + f->first;
    if (f->level == RS_NATION) id = rs_cstr(RS_NATION_KEY);
    if (f->level == RS_STATE && id.n == 2 && !rs_all_digits(id)) id = rs_state_fips(id);
    if (!rs_has(id) || id.n > RS_SHORT_KEY) return false;
    size_t from = 0, to = f->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = rs_compare(rs_view((const char *)r[middle].key, r[middle].key[15]), id);
        if (order == 0) {
            *value = r[middle].value;
            return true;
        }
        if (order < 0) from = middle + 1;
        else to = middle;
    }
    return false;
}

bool rs_pack_api_split(const struct rs_pack *p, enum rs_place_level level, struct rs_view id, double *asian_share) {
    size_t number;
    return rs_pack_figure_find(p, level, RS_FIGURE_ASIAN_OF_API, &number) && rs_pack_figure(p, number, id, asian_share);
}

bool rs_pack_adults_only(const struct rs_pack *p, enum rs_place_level level) { return p->adults_only[level]; }

struct rs_view rs_pack_zcta_of_zip(const struct rs_pack *p, struct rs_view zip5) {
    const struct table *t = &p->places[RS_ZCTA];
    const struct rs_pack_record *r = NULL;
    if (zip5.n != 5 || !rs_all_digits(zip5)) return RS_NULL;
    if (p->zips) {
        size_t zip = 0;
        for (size_t i = 0; i < 5; i++) zip = zip * 10 + (size_t)(zip5.p[i] - '0');
        if (p->zips[zip]) r = &t->records[p->zips[zip] - 1];
    } else if (t->n) {
        r = find(p, t, zip5);
    }
    return r ? key_of(p, r) : RS_NULL;
}

bool rs_pack_is_particle(const struct rs_pack *p, struct rs_view word) {
    struct rs_view rest = p->particles;
    while (rest.n > 0) {
        struct rs_view one = rs_split(&rest, '\n');
        if (one.n > 0 && rs_eq(one, word)) return true;
    }
    return false;
}
