/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only global state there is: how the log is written, and by which stage. */
#include "log.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    enum rs_log_format format;
    enum rs_log_level most;
    char stage[32];
    pthread_mutex_t lock;
} the_log = {RS_LOG_AUTO, RS_LOG_INFO, "relsogi", PTHREAD_MUTEX_INITIALIZER};

void rs_log_setup(enum rs_log_format format, enum rs_log_level most, const char *stage) {
    if (format == RS_LOG_AUTO) format = isatty(STDERR_FILENO) ? RS_LOG_HUMAN : RS_LOG_JSON;
    the_log.format = format;
    the_log.most = most;
    rs_log_stage(stage);
}

void rs_log_stage(const char *stage) { snprintf(the_log.stage, sizeof the_log.stage, "%s", stage); }

static void put_json_text(FILE *to, const char *s) {
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
}

void rs_log(enum rs_log_level level, const char *format, ...) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (level > the_log.most) return;
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    bool human = the_log.format == RS_LOG_HUMAN || (the_log.format == RS_LOG_AUTO && isatty(STDERR_FILENO));
    pthread_mutex_lock(&the_log.lock);
    if (human) {
        if (level <= RS_LOG_WARNING)
            fprintf(stderr, "%s: %s: %s\n", the_log.stage, names[level], text);
        else
            fprintf(stderr, "%s: %s\n", the_log.stage, text);
    } else {
        fprintf(stderr, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"stage\":\"%s\",\"message\":\"", stamp,
                now.tv_nsec / 1000000, names[level], the_log.stage);
        put_json_text(stderr, text);
        fputs("\"}\n", stderr);
    }
    pthread_mutex_unlock(&the_log.lock);
}
