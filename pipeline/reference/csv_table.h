/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small CSV tables of our own (schemas/reference, tables users give): read whole, columns found by name. Every value
 * is text: NA, NAN, NULL and TRUE are surnames. */
#ifndef RS_REFERENCE_CSV_TABLE_H
#define RS_REFERENCE_CSV_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/text.h"

enum { RS_CSV_COLUMNS = 512 };
struct rs_csv {
    char path[4096];
    struct rs_buffer text;         /* owned */
    struct rs_digest content;      /* SHA-256 of the file's uncompressed bytes */
    size_t at, line, rows;         /* line: of the row last given, from 1 */
    struct rs_view header[RS_CSV_COLUMNS], field[RS_CSV_COLUMNS]; /* borrowed from text */
    size_t columns;
};

/* Reads the file (plain or gzip, at most 1 GiB) and its header. An XLSX workbook's largest sheet and an answer of the
 * Census API (JSON) are read as if they were CSV; `line` is then the row. rs_csv_close in any case. */
bool rs_csv_open(struct rs_csv *csv, const char *path, struct rs_error *error);
void rs_csv_close(struct rs_csv *csv);
/* Next row into field[]; *more = false at the end. A row of another number of fields than the header is RS_DATA. */
bool rs_csv_next(struct rs_csv *csv, bool *more, struct rs_error *error);
int rs_csv_column(const struct rs_csv *csv, const char *name); /* -1 where there is none; case does not matter */
bool rs_csv_need(const struct rs_csv *csv, const char *name, int *column, struct rs_error *error);
/* A finite number of at least 0 in this column of the row. */
bool rs_csv_count(const struct rs_csv *csv, int column, double *out, struct rs_error *error);

#endif
