/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row files, ordered blocks, partitions, the ledger. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/rows/batch.h"
#include "pipeline/rows/group.h"
#include "pipeline/rows/rows.h"

static char dir[64];

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}
static void set_up(void) {
    strcpy(dir, "/tmp/relsogi-rows-XXXXXX");
    cr_assert(mkdtemp(dir));
}
static void tear_down(void) { nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS); }
TestSuite(rows, .init = set_up, .fini = tear_down, .timeout = 120);

static void write_links(size_t n, bool compress) {
    struct rs_error error = {0};
    struct rs_arena arena = {0};
    struct rs_row_writer *w = rs_row_writer_open(dir, &rs_layout_link, compress, &error);
    cr_assert(w, "%s", error.text);
    for (size_t i = 0; i < n; i++) {
        struct rs_buffer lines = {0};
        struct rs_view row[LINK_COLUMNS] = {
            [LINK_record_key] = rs_arena_printf(&arena, "%032zx", i), [LINK_person_key] = rs_arena_printf(&arena, "%032zx", i / 2),
            [LINK_source] = i % 3 ? RS_LIT("tab\there\\and\nthere") : RS_LIT(""), [LINK_rule] = RS_LIT("\\N")};
        rs_row_emit(&lines, &rs_layout_link, row);
        cr_assert(rs_row_writer_add(w, &lines, 1, &error));
        rs_buffer_free(&lines);
        rs_arena_reset(&arena);
    }
    cr_assert(rs_row_writer_close(w, NULL, &error), "%s", error.text);
    rs_arena_free(&arena);
}

static void check_links(size_t n) {
    struct rs_error error = {0};
    struct rs_manifest m;
    const struct rs_view *row;
    cr_assert(rs_manifest_read(dir, &rs_layout_link, &m, &error), "%s", error.text);
    cr_assert_eq(m.rows, n);
    struct rs_scan *s = rs_scan_open(&m, &error);
    size_t i = 0;
    for (; rs_scan_next(s, &row, &error); i++) {
        char key[40];
        snprintf(key, sizeof key, "%032zx", i);
        cr_assert(rs_eq_c(row[LINK_record_key], key));
        cr_assert(rs_eq_c(row[LINK_source], i % 3 ? "tab\there\\and\nthere" : ""));
        cr_assert_not(rs_is_null(row[LINK_source])); /* empty is not null */
        cr_assert(rs_eq_c(row[LINK_rule], "\\N"));   /* text of a backslash and N is not null either */
        cr_assert(rs_is_null(row[LINK_weight]));
    }
    cr_assert_eq(error.code, 0, "%s", error.text);
    cr_assert_eq(i, n);
    rs_scan_close(s);
}

Test(rows, there_and_back) { write_links(30000, false); check_links(30000); }
Test(rows, there_and_back_bgzf) { write_links(30000, true); check_links(30000); }
Test(rows, no_rows) { write_links(0, false); check_links(0); }

Test(rows, gunzip_reads_bgzf) {
    char command[256];
    write_links(5000, true);
    snprintf(command, sizeof command, "gzip -t %s/link.tsv.gz && test $(gzip -dc %s/link.tsv.gz | wc -l) = 5001", dir, dir);
    cr_assert_eq(system(command), 0);
}

Test(rows, a_changed_byte_is_found) {
    struct rs_error error = {0};
    struct rs_manifest m;
    const struct rs_view *row;
    write_links(1000, false);
    cr_assert(rs_manifest_read(dir, &rs_layout_link, &m, &error));
    FILE *f = fopen(m.path, "r+");
    fseek(f, 30000, SEEK_SET);
    fputc('7', f);
    fclose(f);
    struct rs_scan *s = rs_scan_open(&m, &error);
    while (rs_scan_next(s, &row, &error)) continue;
    cr_assert_eq(error.code, RS_DATA);
    rs_scan_close(s);
}

Test(rows, a_file_of_a_newer_layout_is_refused) {
    struct rs_error error = {0};
    struct rs_manifest m;
    char command[256];
    write_links(1, false);
    snprintf(command, sizeof command, "sed -i 's/\"version\": 1/\"version\": 99/' %s/link.json", dir);
    cr_assert_eq(system(command), 0);
    cr_assert_not(rs_manifest_read(dir, &rs_layout_link, &m, &error));
    cr_assert(strstr(error.text, "newer"));
}

/* ---- ordered blocks ------------------------------------------------------------------------------------------- */

struct squares {
    size_t n, given, fail_at;
    struct rs_buffer out;
};
static bool next(void *self, struct rs_batch *b, bool *more, struct rs_error *error) {
    struct squares *s = self;
    (void)error;
    *more = s->given < s->n;
    memcpy(b->note, &s->given, sizeof s->given);
    s->given++;
    return true;
}
static bool work(void *self, struct rs_batch *b, struct rs_error *error) {
    struct squares *s = self;
    size_t i;
    memcpy(&i, b->note, sizeof i);
    if (i % 5 == 0) usleep(500);
    if (i == s->fail_at) return rs_fail(error, RS_DATA, "number %zu", i);
    rs_buffer_printf(&b->out[0], "%zu ", i * i);
    rs_count(&b->tally, "x", 1, RS_READ, NULL, 1);
    return true;
}
static bool done(void *self, struct rs_batch *b, struct rs_error *error) {
    (void)error;
    rs_buffer_add(&((struct squares *)self)->out, b->out[0].p, b->out[0].n);
    return true;
}

Test(rows, blocks_keep_their_order) {
    struct rs_error error = {0};
    struct squares one = {.n = 500, .fail_at = SIZE_MAX}, four = one;
    struct rs_work w = {&one, next, work, done};
    cr_assert(rs_work_run(&w, 1, &error));
    w.self = &four;
    cr_assert(rs_work_run(&w, 4, &error));
    cr_assert_eq(one.out.n, four.out.n);
    cr_assert_eq(memcmp(one.out.p, four.out.p, one.out.n), 0);
    rs_buffer_free(&one.out);
    rs_buffer_free(&four.out);
}

Test(rows, the_first_failing_block_is_told) {
    for (int threads = 1; threads < 6; threads += 2) {
        struct rs_error error = {0};
        struct squares s = {.n = 500, .fail_at = 77};
        struct rs_work w = {&s, next, work, done};
        cr_assert_not(rs_work_run(&w, threads, &error));
        cr_assert_str_eq(error.text, "number 77");
        rs_buffer_free(&s.out);
    }
}

/* ---- partitions ----------------------------------------------------------------------------------------------- */

static void spill(struct rs_spill *s, size_t n, bool backwards) {
    struct rs_error error = {0};
    for (size_t j = 0; j < n; j++) {
        size_t i = backwards ? n - 1 - j : j;
        char text[200];
        int size = snprintf(text, sizeof text, "%zu-%0*zu", i, (int)(i % 150) + 1, i);
        struct rs_view part = rs_view(text, (size_t)size);
        size_t group = i / 3;
        struct rs_key key = rs_hash_key(&(struct rs_view){(const char *)&group, sizeof group}, 1);
        cr_assert(rs_spill_add(s, key, (uint8_t)(i % 2), part.p, part.n, &error));
    }
    cr_assert(rs_spill_seal(s, &error));
}

Test(rows, partitions_are_sorted_whatever_the_order) {
    struct rs_error error = {0};
    struct rs_spill *a = rs_spill_open(dir, &error), *b = rs_spill_open(dir, &error);
    struct rs_partition x = {0}, y = {0};
    struct rs_key last = {{0}};
    size_t total = 0;
    spill(a, 30000, false);
    spill(b, 30000, true);
    for (int p = 0; p < RS_PARTITIONS; p++) {
        cr_assert(rs_partition_read(a, p, &x, &error) && rs_partition_read(b, p, &y, &error));
        cr_assert_eq(x.n, y.n);
        for (size_t i = 0; i < x.n; i++) {
            cr_assert_eq(x.items[i].key.b[0], p);
            cr_assert(rs_key_compare(last, x.items[i].key) <= 0);
            last = x.items[i].key;
            cr_assert(rs_eq(x.items[i].bytes, y.items[i].bytes));
        }
        for (size_t i = 0; i < x.n; i = rs_group_end(&x, i)) cr_assert_eq(rs_group_end(&x, i) - i, 3);
        total += x.n;
    }
    cr_assert_eq(total, 30000);
    rs_partition_free(&x);
    rs_partition_free(&y);
    rs_spill_close(a);
    rs_spill_close(b);
    char command[128];
    snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", dir);
    cr_assert_eq(system(command), 0, "a temporary file stayed behind");
}

Test(rows, the_ledger_must_balance) {
    struct rs_error error = {0};
    struct rs_tally t = {0};
    rs_count(&t, "record", 1, RS_READ, NULL, 10);
    rs_count(&t, "record", 1, RS_WRITTEN, NULL, 8);
    rs_count(&t, "record", 2, RS_READ, NULL, 5);
    rs_count(&t, "record", 2, RS_WRITTEN, NULL, 5);
    cr_assert_not(rs_tally_balance(&t, "map", &error));
    cr_assert_eq(error.code, RS_BUG);
    rs_count(&t, "record", 1, RS_IGNORED, "not a person", 2);
    cr_assert(rs_tally_balance(&t, "map", &error));
    rs_count(&t, "person", 0, RS_MADE, NULL, 99); /* rows made are counted apart */
    cr_assert(rs_tally_balance(&t, "map", &error));
    rs_tally_free(&t);
}

/* Fields of every length and content, at every offset, come back as they went. */
Test(rows, any_text_goes_there_and_back) {
    struct rs_random r = rs_random(3, 1, 1);
    struct rs_arena arena = {0};
    struct rs_buffer line = {0};
    struct rs_error error = {0};
    static const char letters[] = "ab\t\\N\n\r \x01\xc3\xa9";
    for (int i = 0; i < 50000; i++) {
        struct rs_view row[LINK_COLUMNS], back[LINK_COLUMNS];
        line.n = 0;
        rs_arena_reset(&arena);
        for (int c = 0; c < LINK_COLUMNS; c++) {
            char text[40];
            size_t n = rs_random_below(&r, 30);
            for (size_t k = 0; k < n; k++) text[k] = letters[rs_random_below(&r, i % 2 ? 2 : sizeof letters - 1)];
            row[c] = rs_random_below(&r, 5) ? rs_view(rs_arena_copy(&arena, text, n), n) : RS_NULL;
        }
        rs_row_emit(&line, &rs_layout_link, row);
        cr_assert_eq(memchr(line.p, '\n', line.n), line.p + line.n - 1);
        cr_assert(rs_line_parse(&rs_layout_link, rs_view(line.p, line.n - 1), &arena, back, &error));
        for (int c = 0; c < LINK_COLUMNS; c++) {
            cr_assert_eq(rs_is_null(row[c]), rs_is_null(back[c]));
            cr_assert(rs_eq(row[c], back[c]));
        }
    }
    rs_buffer_free(&line);
    rs_arena_free(&arena);
}

/* Text up to the last byte that can be read: fields are read several bytes at a time, but none that are not there. The one
 * byte that needs an escape, at every place of a text of every length, is found. */
Test(rows, the_end_of_memory) {
    enum { LONGEST = 70 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(memory != MAP_FAILED && mprotect(memory + page, page, PROT_NONE) == 0);
    struct rs_buffer line = {0};
    for (size_t n = 0; n <= LONGEST; n++) {
        for (size_t odd = 0; odd <= n; odd++) { /* n: none */
            char *text = memory + page - n;
            memset(text, 'a', n);
            if (odd < n) text[odd] = '\\';
            line.n = 0;
            rs_row_emit(&line, &rs_layout_link, (struct rs_view[LINK_COLUMNS]){rs_view(text, n)});
            cr_assert_eq(line.n, n + (odd < n) + 3 * LINK_COLUMNS - 2, "%zu bytes, odd at %zu", n, odd);
            cr_assert(n == 0 || memcmp(line.p, text, odd < n ? odd + 1 : n) == 0);
            cr_assert(odd >= n || line.p[odd + 1] == '\\');
            cr_assert_eq(line.p[n + (odd < n)], '\t');
        }
    }
    rs_buffer_free(&line);
    munmap(memory, 2 * page);
}

/* The same through a file, by a cursor: lines of every length, so that chunks and blocks end anywhere in them. */
Test(rows, any_text_through_a_file) {
    enum { ROWS = 20000 };
    static const char letters[] = "ab\t\\N\n\r \x01\xc3\xa9";
    struct rs_error error = {0};
    struct rs_arena arena = {0};
    struct rs_buffer lines = {0};
    struct rs_row_writer *w = rs_row_writer_open(dir, &rs_layout_link, false, &error);
    struct rs_view *rows = rs_alloc(ROWS * LINK_COLUMNS * sizeof *rows);
    struct rs_random r = rs_random(4, 1, 1);
    for (int i = 0; i < ROWS; i++) {
        struct rs_view *row = rows + i * LINK_COLUMNS;
        for (int c = 0; c < LINK_COLUMNS; c++) {
            char text[200];
            size_t n = rs_random_below(&r, i % 7 ? 12 : sizeof text);
            for (size_t k = 0; k < n; k++) text[k] = letters[rs_random_below(&r, i % 3 ? 2 : sizeof letters - 1)];
            row[c] = rs_random_below(&r, 3) ? rs_view(rs_arena_copy(&arena, text, n), n) : RS_NULL;
        }
        rs_row_emit(&lines, &rs_layout_link, row);
    }
    cr_assert(rs_row_writer_add(w, &lines, ROWS, &error) && rs_row_writer_close(w, NULL, &error), "%s", error.text);
    struct rs_manifest m;
    cr_assert(rs_manifest_read(dir, &rs_layout_link, &m, &error), "%s", error.text);
    struct rs_scan *s = rs_scan_open(&m, &error);
    const struct rs_view *back;
    int i = 0;
    for (; rs_scan_next(s, &back, &error); i++) {
        for (int c = 0; c < LINK_COLUMNS; c++) {
            struct rs_view sent = rows[i * LINK_COLUMNS + c];
            cr_assert_eq(rs_is_null(sent), rs_is_null(back[c]), "row %d, column %d", i, c);
            cr_assert(rs_eq(sent, back[c]), "row %d, column %d", i, c);
        }
    }
    cr_assert_eq(error.code, 0, "%s", error.text);
    cr_assert_eq(i, ROWS);
    rs_scan_close(s);
    rs_buffer_free(&lines);
    rs_arena_free(&arena);
    free(rows);
}
