/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log, on stderr: for people on a terminal, JSON lines (level, time, stage, message) otherwise. No PHI, ever. */
#ifndef RS_BASE_LOG_H
#define RS_BASE_LOG_H
#include "error.h"
#include <stdbool.h>

enum rs_log_level { RS_LOG_ERROR, RS_LOG_WARNING, RS_LOG_INFO, RS_LOG_DEBUG };
enum rs_log_format { RS_LOG_AUTO, RS_LOG_HUMAN, RS_LOG_JSON };

void rs_log_setup(enum rs_log_format format, enum rs_log_level most, const char *stage);
void rs_log_stage(const char *stage); /* the same log, now spoken in by this stage */
void rs_log(enum rs_log_level level, const char *format, ...) RS_PRINTF(2, 3);
#define rs_info(...) rs_log(RS_LOG_INFO, __VA_ARGS__)
#define rs_warn(...) rs_log(RS_LOG_WARNING, __VA_ARGS__)
#define rs_debug(...) rs_log(RS_LOG_DEBUG, __VA_ARGS__)

#endif
