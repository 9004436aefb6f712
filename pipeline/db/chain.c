/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chain file: appended under a lock and synced, so that two loads and a power cut leave whole lines. */
#include "chain.h"
#include "../base/config.h"
#include "../base/file.h"
#include "../base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool rs_chain_file(const json_t *config, const char *config_path, char *out, size_t room, struct rs_error *error) {
    static const char *const keys[] = {"chain_file", NULL};
    const json_t *audit = json_object_get(config, "audit");
    out[0] = 0;
    if (!audit) return true;
    if (!rs_config_keys(audit, "audit", keys, error)) return rs_error_context(error, "%s", config_path);
    const char *path = rs_config_text(audit, "chain_file", "");
    return !*path || rs_config_path(out, room, config_path, path, error);
}

/* A line without its newline; false where it is not one of ours. */
static bool parse(struct rs_view line, struct rs_chain_head *out) {
    struct rs_view rest = line, entry = rs_split(&rest, '\t'), head = rs_split(&rest, '\t');
    if (!rest.p || head.n != 64 || !rs_parse_long(entry, &out->entry) || out->entry < 1) return false;
    memcpy(out->head, head.p, 64);
    out->head[64] = 0;
    return strspn(out->head, "0123456789abcdef") == 64;
}

static bool each_line(const char *path, FILE *f, void *self,
                      bool (*each)(void *self, const struct rs_chain_head *head, struct rs_error *error),
                      struct rs_error *error) {
    char line[1024];
    struct rs_chain_head head;
    for (long number = 1; fgets(line, sizeof line, f); number++) {
        size_t n = strlen(line);
        if (!n || line[n - 1] != '\n') break; /* cut off while it was written */
        if (n == 1) continue;
        if (!parse((struct rs_view){line, n - 1}, &head))
            return rs_fail(error, RS_DATA, "%s:%ld: is no line of the audit chain", path, number);
        if (!each(self, &head, error)) return rs_error_context(error, "%s:%ld", path, number);
    }
    return !ferror(f) || rs_fail_errno(error, RS_IO, "%s", path);
}

bool rs_chain_read(const char *path, void *self,
                   bool (*each)(void *self, const struct rs_chain_head *head, struct rs_error *error),
                   struct rs_error *error) {
    FILE *f = fopen(path, "re");
    if (!f)
        return rs_fail_errno(error, errno == ENOENT ? RS_NO_INPUT : RS_IO, "%s: the audit chain cannot be read", path);
    bool ok = each_line(path, f, self, each, error);
    fclose(f);
    return ok;
}

static bool keep_last(void *self, const struct rs_chain_head *head, struct rs_error *error) {
    struct rs_chain_head *last = self;
    if (head->entry <= last->entry)
        return rs_fail(error, RS_DATA, "the audit chain goes back, from entry %lld to %lld", (long long)last->entry,
                       (long long)head->entry);
    *last = *head;
    return true;
}

static bool write_line(int fd, const char *path, const struct rs_chain_head *head, const char *run_id,
                       const char *revision, struct rs_error *error) {
    char line[512], when[32], end = '\n';
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    off_t size = lseek(fd, 0, SEEK_END);
    /* What a crash cut off must not run into the new line. */
    if (size > 0 && pread(fd, &end, 1, size - 1) != 1) return rs_fail_errno(error, RS_IO, "%s", path);
    int n = snprintf(line, sizeof line, "%s%lld\t%s\t%s\t%s\t%s\n", end == '\n' ? "" : "\n", (long long)head->entry,
                     head->head, run_id, revision, when);
    if (write(fd, line, (size_t)n) != n || fsync(fd) != 0)
        return rs_fail_errno(error, RS_IO, "%s: the audit chain's head could not be added; run it again", path);
    return true;
}

bool rs_chain_append(const char *path, const struct rs_chain_head *head, const char *run_id, const char *revision,
                     struct rs_error *error) {
    struct rs_chain_head last = {0};
    struct stat about;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return rs_fail_errno(error, RS_CANT_CREATE, "%s: the audit chain cannot be added to", path);
    FILE *f = NULL;
    bool ok = flock(fd, LOCK_EX) == 0 && fstat(fd, &about) == 0;
    if (!ok) rs_fail_errno(error, RS_IO, "%s", path);
    if (ok && (about.st_mode & 077))
        ok = rs_fail(error, RS_PERMISSION, "%s: others may read or write it: chmod 0600", path);
    if (ok) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        f = copy < 0 ? NULL : fdopen(copy, "r");
        ok = f ? each_line(path, f, &last, keep_last, error) : rs_fail_errno(error, RS_IO, "%s", path);
    }
    bool there = ok && last.entry == head->entry && strcmp(last.head, head->head) == 0;
    if (ok && !there && last.entry >= head->entry)
        ok = rs_fail(error, RS_DATA,
                     "%s: knows entry %lld of the database's log, the database's last is %lld and another: is this the "
                     "right file, or was the log rewritten? See relsogi verify",
                     path, (long long)last.entry, (long long)head->entry);
    if (ok && !there) ok = write_line(fd, path, head, run_id, revision, error);
    if (f) fclose(f);
    close(fd);
    return ok;
}
