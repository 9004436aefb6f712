/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cutter of CSV files needs of their reader. */
#ifndef RS_INGEST_CSV_ROWS_H
#define RS_INGEST_CSV_ROWS_H
#include "source.h"

/* Reads the header record into source->fields. RS_DATA where a column the profile reads is not there. */
bool rs_csv_header(struct rs_source *source, const char *p, size_t n, struct rs_error *error);
/* A CR that no LF follows, within the header record: the lines of the file end in CR alone, and the header holds them all. */
bool rs_csv_lone_return(const char *p, size_t n);
/* An empty line is no record. */
bool rs_csv_blank(const char *p, size_t n);

#endif
