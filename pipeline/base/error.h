/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors a person can act on: what happened, where, and what to do; the exit code they lead to.
 *
 * Every function that can fail returns bool and takes a `struct rs_error *` as its last argument. On failure it has
 * called rs_fail once, at the place that knows most; callers only pass it up, or add where with rs_error_context.
 * A message never holds a value from the data (PHI): it names file, line, segment, column, and the rule broken. */
#ifndef RS_BASE_ERROR_H
#define RS_BASE_ERROR_H
#include <stdbool.h>

/* Exit codes, as in sysexits.h; declared here so that every stage and the driver use the same words. */
enum rs_exit {
    RS_OK = 0,
    RS_USAGE = 64,       /* wrong option or argument */
    RS_DATA = 65,        /* input data is not what it should be; a quality gate failed */
    RS_NO_INPUT = 66,    /* an input file is missing or cannot be read */
    RS_UNAVAILABLE = 69, /* the database cannot be reached */
    RS_BUG = 70,         /* our mistake: a check inside the program failed */
    RS_CANT_CREATE = 73, /* an output file cannot be made */
    RS_IO = 74,          /* reading or writing failed midway: disk full, connection lost */
    RS_LOCKED = 75,      /* another run holds the lock: try again later */
    RS_PERMISSION = 77,  /* not allowed: file mode of the key, role in the database */
    RS_CONFIG = 78,      /* the configuration or a profile is wrong */
};

struct rs_error {
    int code; /* enum rs_exit; 0 while nothing failed */
    char text[1024];
};

#define RS_PRINTF(a, b) __attribute__((format(printf, a, b)))

/* Records a failure and returns false, so that `return rs_fail(error, RS_IO, "...", ...)` reads as one step. */
bool rs_fail(struct rs_error *error, int code, const char *format, ...) RS_PRINTF(3, 4);
/* As rs_fail, with strerror(errno) at the end. */
bool rs_fail_errno(struct rs_error *error, int code, const char *format, ...) RS_PRINTF(3, 4);
/* Puts "where: " before the message of an error already recorded; returns false. */
bool rs_error_context(struct rs_error *error, const char *format, ...) RS_PRINTF(2, 3);

#endif
