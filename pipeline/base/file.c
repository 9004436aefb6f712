/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing whole or not at all; reading plain or gzip without asking which. */
#define _GNU_SOURCE /* sync_file_range, O_DIRECT */
#include "file.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

bool rs_path(char *out, size_t room, struct rs_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) return rs_fail(error, RS_USAGE, "path too long: %.200s...", out);
    return true;
}

bool rs_exists(const char *path) { return access(path, F_OK) == 0; }

bool rs_make_dirs(const char *path, struct rs_error *error) {
    char part[PATH_MAX];
    if (!rs_path(part, sizeof part, error, "%s", path)) return false;
    for (char *p = part + 1; *p; p++) {
        if (*p != '/') continue;
        *p = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot make directory", part);
        *p = '/';
    }
    if (mkdir(part, 0700) != 0 && errno != EEXIST)
        return rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot make directory", part);
    struct stat st;
    if (stat(part, &st) != 0 || !S_ISDIR(st.st_mode))
        return rs_fail(error, RS_CANT_CREATE, "%s: is there, and is no directory", part);
    return true;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* Written bytes are on their way to disk while more are made: rs_out_commit then waits for the last of them alone. Bytes
 * that go past the page cache are gathered first: they must begin and end, in memory and in the file, at multiples of the
 * device's blocks, which none has larger than ALIGN. */
enum { WRITE_BACK = 8 << 20, ALIGN = 4096, GATHERED = 2 << 20 };

struct rs_out {
    int fd;
    off_t written, sent; /* bytes; of them those sent on their way */
    char *gathered;      /* NULL: written as given */
    size_t gathered_n;
    char path[PATH_MAX], temporary[PATH_MAX + 16];
};

struct rs_out *rs_out_open(const char *path, struct rs_error *error) {
    struct rs_out *o = rs_alloc(sizeof *o);
    if (!rs_path(o->path, sizeof o->path, error, "%s", path)) {
        free(o);
        return NULL;
    }
    snprintf(o->temporary, sizeof o->temporary, "%s.tmp%ld", path, (long)getpid());
    o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (o->fd < 0) {
        rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot be made", path);
        free(o);
        return NULL;
    }
    flock(o->fd, LOCK_EX | LOCK_NB); /* says that its writer lives: see rs_remove_leftovers */
    return o;
}

static bool through_cache(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT) == 0; }

struct rs_out *rs_out_open_uncached(const char *path, struct rs_error *error) {
    struct rs_out *o = rs_out_open(path, error);
    if (!o || fcntl(o->fd, F_SETFL, fcntl(o->fd, F_GETFL) | O_DIRECT) != 0) return o;
    o->gathered = aligned_alloc(ALIGN, GATHERED);
    if (!o->gathered) through_cache(o->fd);
    return o;
}

static bool write_all(int fd, const char *p, size_t n) {
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR) continue;
        /* a larger block than ALIGN after all, or a disk so full that it took a part of one */
        if (done < 0 && errno == EINVAL && (fcntl(fd, F_GETFL) & O_DIRECT) && through_cache(fd)) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool gather(struct rs_out *o, const char *p, size_t n) {
    while (n) {
        size_t part = n < GATHERED - o->gathered_n ? n : GATHERED - o->gathered_n;
        memcpy(o->gathered + o->gathered_n, p, part);
        o->gathered_n += part;
        p += part;
        n -= part;
        if (o->gathered_n < GATHERED) break;
        if (!write_all(o->fd, o->gathered, GATHERED)) return false;
        o->gathered_n = 0;
    }
    return true;
}

bool rs_out_write(struct rs_out *o, const void *p, size_t n, struct rs_error *error) {
    if (o->gathered) return gather(o, p, n) || rs_fail_errno(error, RS_IO, "%s: writing failed", o->path);
    if (!write_all(o->fd, p, n)) return rs_fail_errno(error, RS_IO, "%s: writing failed", o->path);
    o->written += (off_t)n;
    if (o->written - o->sent < WRITE_BACK) return true;
    /* a hint: where the file system does not know it, fsync does all of the work */
    (void)sync_file_range(o->fd, o->sent, o->written - o->sent, SYNC_FILE_RANGE_WRITE);
    o->sent = o->written;
    return true;
}

/* The rename is safe against a crash only once the directory that holds the name is on disk too. */
static bool sync_directory(const char *path) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

static void free_out(struct rs_out *o) {
    free(o->gathered);
    free(o);
}

bool rs_out_commit(struct rs_out *o, struct rs_error *error) {
    bool ok = !o->gathered || (through_cache(o->fd) && write_all(o->fd, o->gathered, o->gathered_n));
    ok = ok && fsync(o->fd) == 0;
    ok = close(o->fd) == 0 && ok;
    ok = ok && rename(o->temporary, o->path) == 0 && sync_directory(o->path);
    if (!ok) {
        rs_fail_errno(error, RS_IO, "%s: cannot be finished", o->path);
        unlink(o->temporary);
    }
    free_out(o);
    return ok;
}

void rs_out_abort(struct rs_out *o) {
    if (!o) return;
    close(o->fd);
    unlink(o->temporary);
    free_out(o);
}

bool rs_write_file(const char *path, const void *p, size_t n, struct rs_error *error) {
    struct rs_out *o = rs_out_open(path, error);
    if (!o) return false;
    if (!rs_out_write(o, p, n, error)) {
        rs_out_abort(o);
        return false;
    }
    return rs_out_commit(o, error);
}

bool rs_read_file(const char *path, struct rs_buffer *into, size_t most, struct rs_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return rs_fail_errno(error, RS_NO_INPUT, "%s: cannot be read", path);
    bool ok = true;
    for (;;) {
        char *room = rs_buffer_reserve(into, 65536);
        ssize_t got = read(fd, room, 65536);
        if (got < 0) ok = rs_fail_errno(error, RS_IO, "%s: reading failed", path);
        if (got <= 0) break;
        into->n += (size_t)got;
        if (into->n > most) {
            ok = rs_fail(error, RS_DATA, "%s: larger than %zu bytes", path, most);
            break;
        }
    }
    close(fd);
    return ok;
}

/* Whose writer lives is told by the lock it holds, not by its process number: a number may be used again, and a dead
 * process nobody has waited for still has one. */
static void remove_if_free(int dir, const char *name) {
    int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(dir, name, 0);
    close(fd);
}

void rs_remove_leftovers(const char *dir) {
    DIR *d = opendir(dir);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) {
        const char *at = strstr(e->d_name, ".tmp");
        if (at && isdigit((unsigned char)at[4])) remove_if_free(dirfd(d), e->d_name);
    }
    closedir(d);
}

void rs_remove_files(const char *dir) {
    DIR *d = opendir(dir);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) unlinkat(dirfd(d), e->d_name, 0); /* refuses folders */
    closedir(d);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

enum { IN_ROOM = 256 << 10 };

struct rs_in {
    int fd;
    bool gzip, inside, ended;
    z_stream z;
    char *buffer;
    size_t at, n;
    char path[PATH_MAX];
    struct rs_sha *sha;
};

static bool read_some(struct rs_in *in, void *p, size_t room, size_t *got, struct rs_error *error) {
    ssize_t done;
    do done = read(in->fd, p, room);
    while (done < 0 && errno == EINTR);
    if (done < 0) return rs_fail_errno(error, RS_IO, "%s: reading failed", in->path);
    if (in->sha) rs_sha_add(in->sha, p, (size_t)done);
    *got = (size_t)done;
    return true;
}

static bool fill(struct rs_in *in, struct rs_error *error) {
    in->at = 0;
    return read_some(in, in->buffer, IN_ROOM, &in->n, error);
}

struct rs_in *rs_in_open(const char *path, struct rs_error *error) {
    struct rs_in *in = rs_alloc(sizeof *in);
    in->fd = -1;
    if (!rs_path(in->path, sizeof in->path, error, "%s", path)) {
        free(in);
        return NULL;
    }
    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        rs_fail_errno(error, RS_NO_INPUT, "%s: cannot be read", path);
        free(in);
        return NULL;
    }
    in->buffer = rs_alloc(IN_ROOM);
    if (!fill(in, error)) {
        rs_in_close(in);
        return NULL;
    }
    in->gzip = in->n >= 2 && (unsigned char)in->buffer[0] == 0x1f && (unsigned char)in->buffer[1] == 0x8b;
    if (in->gzip && inflateInit2(&in->z, 16 + MAX_WBITS) != Z_OK) {
        rs_fail(error, RS_BUG, "%s: zlib cannot start", path);
        in->gzip = false;
        rs_in_close(in);
        return NULL;
    }
    in->inside = in->gzip;
    return in;
}

void rs_in_hash(struct rs_in *in) {
    in->sha = rs_sha_begin();
    rs_sha_add(in->sha, in->buffer, in->n); /* what opening has read */
}

void rs_in_digest(struct rs_in *in, struct rs_digest *out) {
    rs_sha_end(in->sha, out);
    in->sha = NULL;
}

bool rs_in_is_gzip(const struct rs_in *in) { return in->gzip; }

/* Where there is room, past the buffer; not more at once than the digest finds in the processor's cache. */
static bool read_plain(struct rs_in *in, void *p, size_t room, size_t *got, struct rs_error *error) {
    if (in->at == in->n && room >= IN_ROOM) return read_some(in, p, IN_ROOM, got, error);
    if (in->at == in->n && !fill(in, error)) return false;
    size_t n = in->n - in->at < room ? in->n - in->at : room;
    memcpy(p, in->buffer + in->at, n);
    in->at += n;
    *got = n;
    return true;
}

/* One step of inflation; sets in->ended at the end of the last member. */
static bool inflate_some(struct rs_in *in, struct rs_error *error) {
    if (in->at == in->n) {
        if (!fill(in, error)) return false;
        if (in->n == 0) {
            if (in->inside)
                return rs_fail(error, RS_DATA, "%s: gzip data ends too early: the file is truncated; fetch it again",
                               in->path);
            in->ended = true;
            return true;
        }
    }
    if (!in->inside) { /* another member, or zero padding after the last */
        if (in->buffer[in->at] == 0) {
            in->at++;
            return true;
        }
        inflateReset(&in->z);
        in->inside = true;
    }
    in->z.next_in = (unsigned char *)in->buffer + in->at;
    in->z.avail_in = (unsigned)(in->n - in->at);
    int status = inflate(&in->z, Z_NO_FLUSH);
    in->at = in->n - in->z.avail_in;
    if (status == Z_STREAM_END)
        in->inside = false;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        return rs_fail(error, RS_DATA, "%s: gzip data is damaged (%s); fetch it again", in->path,
                       in->z.msg ? in->z.msg : "no reason given");
    return true;
}

bool rs_in_read(struct rs_in *in, void *p, size_t room, size_t *got, struct rs_error *error) {
    *got = 0;
    if (!in->gzip) return read_plain(in, p, room, got, error);
    unsigned ask = room > INT_MAX ? INT_MAX : (unsigned)room;
    in->z.next_out = p;
    in->z.avail_out = ask;
    while (!in->ended && in->z.avail_out == ask)
        if (!inflate_some(in, error)) return false;
    *got = ask - in->z.avail_out;
    return true;
}

void rs_in_close(struct rs_in *in) {
    if (!in) return;
    if (in->gzip) inflateEnd(&in->z);
    if (in->fd >= 0) close(in->fd);
    if (in->sha) rs_sha_end(in->sha, NULL);
    free(in->buffer);
    free(in);
}

/* Killed between making and unlinking, it leaves a name that rs_remove_leftovers knows. */
int rs_file_unlinked(const char *dir, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/.relsogi.tmp%ld-XXXXXX", dir, (long)getpid())) return -1;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot make a temporary file here", dir);
        return -1;
    }
    unlink(path);
    return fd;
}
