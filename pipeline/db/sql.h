/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of sql/, embedded at build time by embed_sql.sh. */
#ifndef RS_DB_SQL_H
#define RS_DB_SQL_H
#include <stddef.h>

struct rs_sql_file {
    const char *name;          /* "bootstrap.sql", "migrations/001_runs_and_log.sql", "verify/run_line.sql" */
    const unsigned char *text; /* with a 0 byte behind it */
    size_t n;                  /* without that byte */
};
extern const struct rs_sql_file rs_sql_files[]; /* by name within a folder; ended by a null name */

/* NULL where there is none of this name. */
const struct rs_sql_file *rs_sql_find(const char *name);

#endif
