/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lock that tells who holds it. The kernel frees it when its holder dies, however it dies. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "driver.h"
#include "pipeline/base/file.h"

bool rs_lock_take(struct rs_lock *lock, const char *dir, const char *run_id, struct rs_error *error) {
    *lock = (struct rs_lock){.fd = -1};
    if (!rs_path(lock->path, sizeof lock->path, error, "%s/.lock", dir)) return false;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->fd < 0) return rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot be made", lock->path);
    if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[256] = "";
        ssize_t n = pread(lock->fd, holder, sizeof holder - 1, 0);
        if (n > 0) holder[n] = 0;
        char *end = strchr(holder, '\n');
        if (end) *end = 0;
        close(lock->fd);
        lock->fd = -1;
        return rs_fail(error, RS_LOCKED, "%s: another run is at work here: %s; try again later", dir,
                       holder[0] ? holder : "it has not said who it is");
    }
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(lock->since, sizeof lock->since, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(lock->run_id, sizeof lock->run_id, "%s", run_id);
    rs_lock_tell(lock, "starting");
    return true;
}

void rs_lock_tell(struct rs_lock *lock, const char *stage) {
    char text[256], host[64] = "unknown";
    gethostname(host, sizeof host - 1);
    int n = snprintf(text, sizeof text, "run %s, pid %ld on %s, since %s, now %s\n", lock->run_id, (long)getpid(), host,
                     lock->since, stage);
    if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, text, (size_t)n, 0) != n) return; /* only tells; the lock holds */
}

void rs_lock_release(struct rs_lock *lock) {
    if (lock->fd < 0) return;
    if (ftruncate(lock->fd, 0) != 0) errno = 0;
    close(lock->fd);
    lock->fd = -1;
}
