/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One place that writes an error's text, so that no caller formats its own. */
#include "error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool rs_fail(struct rs_error *error, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

bool rs_fail_errno(struct rs_error *error, int code, const char *format, ...) {
    int cause = errno;
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    size_t n = strlen(error->text);
    snprintf(error->text + n, sizeof error->text - n, ": %s", strerror(cause));
    return false;
}

bool rs_error_context(struct rs_error *error, const char *format, ...) {
    char where[512], text[sizeof error->text];
    va_list args;
    va_start(args, format);
    vsnprintf(where, sizeof where, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s: %.*s", where, (int)(sizeof text - sizeof where - 3), error->text);
    memcpy(error->text, text, sizeof text);
    return false;
}
