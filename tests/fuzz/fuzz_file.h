/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as a file that readers of files can open, without a disk. */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(truth) ((truth) ? (void)0 : fail(__FILE__, __LINE__, #truth))
static inline void fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

/* The descriptor, to be closed; its path into `path`. */
static inline int fuzz_file(char path[64], const uint8_t *data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

#endif
