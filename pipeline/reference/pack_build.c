/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building a reference pack: read, sum the coarser levels, sort, index, write. */
#include "pack_build.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "../base/file.h"
#include "../base/log.h"
#include "bands.h"
#include "census_table.h"
#include "figures.h"
#include "pack_format.h"
#include "pack_tables.h"

struct build {
    struct rs_counts_table surnames, first_names, middle_names, places[RS_PLACE_LEVELS];
    struct rs_bands_table bands;
    struct rs_figure_tables figures;
    double totals[RS_TOTALS][RS_GROUPS];
    uint32_t *zips; /* RS_PACK_ZIPS, or NULL */
    struct rs_buffer section[RS_SECTIONS];
    json_t *info, *sources; /* owned */
};

/* ---- info ----------------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool read_sources(struct build *b, const char *path, struct rs_error *error) {
    struct rs_buffer text = {0};
    json_error_t fault;
    bool ok = rs_read_file(path, &text, 1 << 20, error);
    if (ok && !(b->sources = json_loadb(text.p, text.n, 0, &fault)))
        ok = rs_fail(error, RS_DATA, "%s line %d: %s", path, fault.line, fault.text);
    rs_buffer_free(&text);
    return ok;
}

static json_t *described(const struct build *b, const char *file) {
    size_t i;
    json_t *one;
    json_array_foreach(b->sources, i, one) {
        const char *name = json_string_value(json_object_get(one, "file"));
        if (name && strcmp(name, file) == 0) return one;
    }
    return NULL;
}

/* Notes a table in the info: role, file name, rows, hash, and what SOURCES.json says of it. */
static bool note(struct build *b, const char *role, const char *path, const struct rs_table_source *source,
                 struct rs_error *error) {
    char hex[65];
    rs_hex(hex, source->content.b, sizeof source->content.b);
    json_t *known = described(b, base_name(path));
    if (known && strcmp(hex, json_string_value(json_object_get(known, "content_sha256"))
                                 ? json_string_value(json_object_get(known, "content_sha256")) : "") != 0)
        return rs_fail(error, RS_DATA, "%s: is not the table that SOURCES.json beside it describes (SHA-256 differs): "
                       "restore the file, or make the tables again with scripts/reference", path);
    json_t *entry = json_pack("{s:s, s:s, s:I, s:s}", "role", role, "file", base_name(path), "rows",
                              (json_int_t)source->rows, "content_sha256", hex);
    if (known) json_object_update_missing(entry, known);
    if (source->layout[0]) json_object_set_new(entry, "layout", json_string(source->layout));
    if (source->ages[0]) json_object_set_new(entry, "ages", json_string(source->ages));
    if (source->some_other_race) json_object_set_new(entry, "some_other_race", json_string(source->some_other_race));
    json_array_append_new(b->info, entry);
    rs_debug("%s: %zu rows from %s", role, source->rows, base_name(path));
    return true;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static void add_counts(double to[RS_GROUPS], const double counts[RS_GROUPS]) {
    for (int r = 0; r < RS_GROUPS; r++) to[r] += counts[r];
}

static bool read_surname_table(struct build *b, const struct rs_pack_tables *t, struct rs_error *error) {
    struct rs_table_source source;
    if (!t->surnames) return rs_fail(error, RS_USAGE, "a surname table is needed: --surnames FILE");
    if (!rs_read_surnames(t->surnames, t->nation, &b->surnames, b->totals[RS_TOTAL_OTHER_SURNAMES], &source, error))
        return false;
    for (size_t i = 0; i < b->surnames.n; i++) add_counts(b->totals[RS_TOTAL_SURNAMES], b->surnames.rows[i].counts);
    add_counts(b->totals[RS_TOTAL_SURNAMES], b->totals[RS_TOTAL_OTHER_SURNAMES]);
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(b->totals[RS_TOTAL_SURNAMES][r] > 0))
            return rs_fail(error, RS_DATA, "%s: nobody of group %s in it", t->surnames, rs_group_names[r]);
    return note(b, "surnames", t->surnames, &source, error);
}

/* First or middle names, their totals and smoothing: `total` and the one behind it. */
static bool read_given_names(struct build *b, const char *path, const char *column, const char *role,
                             struct rs_counts_table *names, int total, struct rs_error *error) {
    struct rs_table_source source;
    if (!path) return true;
    if (!rs_read_first_names(path, column, names, &source, error)) return false;
    double *totals = b->totals[total];
    for (size_t i = 0; i < names->n; i++) add_counts(totals, names->rows[i].counts);
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(totals[r] > 0)) return rs_fail(error, RS_DATA, "%s: nobody of group %s in it", path, rs_group_names[r]);
    rs_fit_first_names(names, totals, b->totals[total + 1]);
    return note(b, role, path, &source, error);
}

/* Coarser levels that were not given, from the next finer one; the nation from the coarsest there is. */
static bool sum_levels(struct build *b, struct rs_error *error) {
    static const struct {
        enum rs_place_level to, from;
        size_t digits;
    } steps[] = {{RS_TRACT, RS_BLOCK_GROUP, 11}, {RS_COUNTY, RS_TRACT, 5}, {RS_STATE, RS_COUNTY, 2}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (b->places[steps[i].to].n == 0)
            rs_sum_places(&b->places[steps[i].from], steps[i].digits, &b->places[steps[i].to]);
    const struct rs_counts_table *whole = b->places[RS_STATE].n ? &b->places[RS_STATE] : &b->places[RS_ZCTA];
    double *nation = b->totals[RS_TOTAL_NATION];
    for (size_t i = 0; i < whole->n; i++) add_counts(nation, whole->rows[i].counts);
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(nation[r] > 0))
            return rs_fail(error, RS_DATA, "no place has anybody of group %s: a table of places is needed "
                           "(--geography LEVEL=FILE)", rs_group_names[r]);
    return true;
}

static bool read_place_file(struct build *b, enum rs_place_level level, const char *path,
                            const struct rs_who_counts *who, struct rs_cells_table *cells, struct rs_error *error) {
    struct rs_csv *csv = rs_alloc(sizeof *csv);
    struct rs_table_source source = {.rows = 0};
    bool ok = rs_csv_open(csv, path, error);
    if (ok && rs_is_census_table(csv)) ok = rs_read_census_table(csv, level, who, cells, &source, error);
    else ok = ok && rs_read_places(csv, level, &b->places[level], &source, error);
    rs_csv_close(csv);
    free(csv);
    return ok && note(b, rs_place_level_names[level], path, &source, error);
}

/* All files of one level; together they must not have a place twice. */
static bool read_level(struct build *b, const struct rs_pack_tables *t, enum rs_place_level level,
                       struct rs_error *error) {
    struct rs_who_counts who = {t->age_from, t->age_to ? t->age_to : 999, t->sex};
    struct rs_cells_table cells = {.rows = NULL};
    struct rs_counts_table split = {.rows = NULL};
    bool ok = !t->places[level] || read_place_file(b, level, t->places[level], &who, &cells, error);
    for (size_t i = 0; ok && i < t->more_places_n; i++)
        if (t->more_places[i].level == level)
            ok = read_place_file(b, level, t->more_places[i].path, &who, &cells, error);
    ok = ok && rs_cells_to_counts(&cells, rs_place_level_names[level], &b->places[level], &split, error);
    ok = ok && rs_counts_sort(&b->places[level], rs_place_level_names[level], error);
    if (ok) rs_figures_add_split(&b->figures, level, &split);
    rs_cells_table_free(&cells);
    rs_counts_free(&split);
    return ok;
}

static bool read_place_tables(struct build *b, const struct rs_pack_tables *t, struct rs_error *error) {
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        if (!read_level(b, t, (enum rs_place_level)level, error)) return false;
    return sum_levels(b, error);
}

static bool read_band_tables(struct build *b, const struct rs_pack_tables *t, struct rs_error *error) {
    for (size_t i = 0; i < t->banded_n; i++) {
        struct rs_table_source source;
        const struct rs_level_file *f = &t->banded[i];
        char role[64];
        snprintf(role, sizeof role, "%s by age and sex", rs_place_level_names[f->level]);
        if (!rs_read_bands(f->path, f->level, &b->places[f->level], &b->bands, &source, error) ||
            !note(b, role, f->path, &source, error))
            return false;
    }
    return rs_bands_finish(&b->bands, error);
}

static bool read_figure_tables(struct build *b, const struct rs_pack_tables *t, struct rs_error *error) {
    for (size_t i = 0; i < t->figures_n; i++) {
        struct rs_table_source source;
        const struct rs_level_file *f = &t->figures[i];
        char role[64];
        snprintf(role, sizeof role, "figures of %s", rs_place_level_names[f->level]);
        if (!rs_read_figures(f->path, f->level, &b->places[f->level], &b->figures, &source, error) ||
            !note(b, role, f->path, &source, error))
            return false;
    }
    return true;
}

static int key_against_row(const void *key, const void *row) {
    return rs_compare(*(const struct rs_view *)key, ((const struct rs_counts_row *)row)->key);
}

static bool read_zip_row(struct build *b, const struct rs_csv *csv, int zip, int zcta, struct rs_error *error) {
    int64_t number;
    struct rs_view to = csv->field[zcta];
    const struct rs_counts_table *t = &b->places[RS_ZCTA];
    if (csv->field[zip].n != 5 || !rs_all_digits(csv->field[zip]) || !rs_parse_long(csv->field[zip], &number))
        return rs_fail(error, RS_DATA, "%s line %zu: a ZIP code has five digits", csv->path, csv->line);
    const struct rs_counts_row *row = t->n ? bsearch(&to, t->rows, t->n, sizeof *t->rows, key_against_row) : NULL;
    if (row) b->zips[number] = (uint32_t)(row - t->rows) + 1; /* a ZCTA that the table lacks leads nowhere */
    return true;
}

static bool read_zips(struct build *b, const char *path, struct rs_error *error) {
    struct rs_csv csv;
    int zip, zcta;
    bool more = true;
    if (!path) return true;
    b->zips = rs_alloc(RS_PACK_ZIPS * sizeof *b->zips);
    bool ok = rs_csv_open(&csv, path, error) && rs_csv_need(&csv, "zip", &zip, error) &&
              rs_csv_need(&csv, "zcta", &zcta, error);
    while (ok && (ok = rs_csv_next(&csv, &more, error)) && more) ok = read_zip_row(b, &csv, zip, zcta, error);
    ok = ok && note(b, "zip_zcta", path, &(struct rs_table_source){.rows = csv.rows, .content = csv.content}, error);
    rs_csv_close(&csv);
    return ok;
}

static bool read_particles(struct build *b, const char *path, struct rs_error *error) {
    struct rs_csv csv;
    int word;
    bool more = true;
    if (!path) return true;
    bool ok = rs_csv_open(&csv, path, error) && rs_csv_need(&csv, "particle", &word, error);
    while (ok && (ok = rs_csv_next(&csv, &more, error)) && more) {
        rs_buffer_view(&b->section[RS_SECTION_PARTICLES], csv.field[word]);
        rs_buffer_byte(&b->section[RS_SECTION_PARTICLES], '\n');
    }
    ok = ok && note(b, "particles", path, &(struct rs_table_source){.rows = csv.rows, .content = csv.content}, error);
    rs_csv_close(&csv);
    return ok;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* The record's key bytes, and the hash its slot comes from. */
static uint64_t make_key(struct build *b, unsigned char key[16], struct rs_view text) {
    if (text.n <= RS_SHORT_KEY) {
        struct rs_short_key short_key = rs_short_key(text);
        memcpy(key, &short_key, sizeof short_key);
        return rs_pack_hash(short_key);
    }
    struct rs_buffer *bytes = &b->section[RS_SECTION_LONG_KEYS];
    struct rs_long_key k = {(uint32_t)bytes->n, (uint32_t)text.n};
    memset(key, 0, 16);
    memcpy(key, &k, sizeof k);
    key[15] = RS_LONG_KEY;
    rs_buffer_view(bytes, text);
    return rs_pack_hash_long(text);
}

static void add_table(struct build *b, int number, const struct rs_counts_table *t) {
    size_t slots = 1;
    while (slots < t->n * 2 + 1) slots *= 2;
    struct rs_pack_slot *index = rs_alloc(slots * sizeof *index);
    for (size_t i = 0; i < t->n; i++) {
        struct rs_pack_record record;
        uint64_t hash = make_key(b, record.key, t->rows[i].key);
        memcpy(record.counts, t->rows[i].counts, sizeof record.counts);
        rs_buffer_add(&b->section[number], &record, sizeof record);
        size_t at = (size_t)hash & (slots - 1);
        while (index[at].row) at = (at + 1) & (slots - 1);
        index[at] = (struct rs_pack_slot){(uint32_t)(hash >> 32), (uint32_t)i + 1};
    }
    rs_buffer_add(&b->section[number + 1], index, slots * sizeof *index);
    free(index);
}

/* Sorted by key; two files may not give one place's figure twice. */
static bool add_figures(struct build *b, struct rs_error *error) {
    struct rs_buffer *records = &b->section[RS_SECTION_FIGURE_RECORDS];
    for (size_t i = 0; i < b->figures.n; i++) {
        struct rs_figure_table *t = &b->figures.tables[i];
        struct rs_pack_figure_table head = {.level = (uint32_t)t->level, .n = (uint32_t)t->rows.n};
        if (!rs_counts_sort(&t->rows, t->name, error)) return false;
        head.first = (uint32_t)(records->n / sizeof(struct rs_pack_figure_record));
        memcpy(head.name, t->name, sizeof head.name);
        rs_buffer_add(&b->section[RS_SECTION_FIGURES], &head, sizeof head);
        for (size_t k = 0; k < t->rows.n; k++) {
            struct rs_short_key key = rs_short_key(t->rows.rows[k].key);
            struct rs_pack_figure_record record = {.value = t->rows.rows[k].counts[0]};
            memcpy(record.key, &key, sizeof key);
            rs_buffer_add(records, &record, sizeof record);
        }
    }
    return true;
}

static void add_info(struct build *b) {
    json_t *info = json_pack("{s:i, s:O}", "format", RS_PACK_VERSION, "tables", b->info);
    json_t *counts = json_object();
    json_object_set_new(counts, "surnames", json_integer((json_int_t)b->surnames.n));
    json_object_set_new(counts, "first_names", json_integer((json_int_t)b->first_names.n));
    json_object_set_new(counts, "middle_names", json_integer((json_int_t)b->middle_names.n));
    json_object_set_new(counts, "places_by_age_and_sex", json_integer((json_int_t)b->bands.rows.n));
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        json_object_set_new(counts, rs_place_level_names[level], json_integer((json_int_t)b->places[level].n));
    json_object_set_new(info, "entries", counts);
    char *text = json_dumps(info, JSON_COMPACT | JSON_SORT_KEYS);
    rs_buffer_view(&b->section[RS_SECTION_INFO], rs_cstr(text));
    free(text);
    json_decref(info);
}

static void pad(struct rs_buffer *to) {
    while (to->n % RS_PACK_ALIGN) rs_buffer_byte(to, 0);
}

static bool write_pack(struct build *b, const char *output, struct rs_error *error) {
    struct rs_pack_header h = {.version = RS_PACK_VERSION, .byte_order = RS_PACK_BYTE_ORDER, .sections = RS_SECTIONS};
    struct rs_buffer file = {0};
    memcpy(h.magic, RS_PACK_MAGIC, sizeof h.magic);
    rs_buffer_add(&file, &h, sizeof h);
    for (int i = 0; i < RS_SECTIONS; i++) {
        pad(&file);
        h.section[i].offset = file.n;
        h.section[i].bytes = b->section[i].n;
        if (b->section[i].n) rs_buffer_add(&file, b->section[i].p, b->section[i].n);
    }
    pad(&file);
    h.bytes = file.n;
    memcpy(file.p, &h, sizeof h);
    h.sum = rs_pack_sum((const unsigned char *)file.p + RS_PACK_SUM_FROM, file.n - RS_PACK_SUM_FROM);
    memcpy(file.p, &h, sizeof h);
    bool ok = rs_write_file(output, file.p, file.n, error);
    rs_buffer_free(&file);
    return ok;
}

static void make_sections(struct build *b) {
    rs_buffer_add(&b->section[RS_SECTION_TOTALS], b->totals, sizeof b->totals);
    if (b->zips) rs_buffer_add(&b->section[RS_SECTION_ZIP], b->zips, RS_PACK_ZIPS * sizeof *b->zips);
    add_table(b, RS_SECTION_SURNAMES, &b->surnames);
    add_table(b, RS_SECTION_FIRST_NAMES, &b->first_names);
    add_table(b, RS_SECTION_MIDDLE_NAMES, &b->middle_names);
    for (size_t i = 0; i < b->bands.n; i++) {
        struct rs_band band = b->bands.bands[i];
        struct rs_pack_band p = {(uint32_t)band.from, (uint32_t)band.to, (uint32_t)band.sex, 0};
        rs_buffer_add(&b->section[RS_SECTION_BANDS], &p, sizeof p);
    }
    add_table(b, RS_SECTION_BAND_PLACES, &b->bands.rows);
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++)
        add_table(b, rs_section_of_level((enum rs_place_level)level), &b->places[level]);
    add_info(b);
}

bool rs_pack_build(const struct rs_pack_tables *t, const char *output, struct rs_error *error) {
    struct build b = {.info = json_array()};
    bool ok = (!t->sources || read_sources(&b, t->sources, error)) && read_surname_table(&b, t, error) &&
              read_given_names(&b, t->first_names, "first_name", "first_names", &b.first_names, RS_TOTAL_FIRST_NAMES, error) &&
              read_given_names(&b, t->middle_names, "middle_name", "middle_names", &b.middle_names, RS_TOTAL_MIDDLE_NAMES,
                               error) &&
              read_place_tables(&b, t, error) && read_band_tables(&b, t, error) && read_zips(&b, t->zip_zcta, error) &&
              read_particles(&b, t->particles, error);
    ok = ok && read_figure_tables(&b, t, error) && add_figures(&b, error);
    if (ok) make_sections(&b);
    ok = ok && write_pack(&b, output, error);
    rs_counts_free(&b.surnames);
    rs_counts_free(&b.first_names);
    rs_counts_free(&b.middle_names);
    rs_bands_free(&b.bands);
    rs_figures_free(&b.figures);
    for (int level = 0; level < RS_PLACE_LEVELS; level++) rs_counts_free(&b.places[level]);
    for (int i = 0; i < RS_SECTIONS; i++) rs_buffer_free(&b.section[i]);
    free(b.zips);
    json_decref(b.info);
    json_decref(b.sources);
    return ok;
}
