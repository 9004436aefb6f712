/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a core file would hold persons, and RLIMIT_CORE of 0 keeps it from files only: where core_pattern names a program,
 * the kernel gives it the memory whatever the limit is, unless the limit is 1 or the process is not dumpable. */
#include "private.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The leak checker looks at the process from another one, which nothing may that is not dumpable. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CHECKED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
enum { CHECKED = 1 };
#else
enum { CHECKED = 0 };
#endif
#else
enum { CHECKED = 0 };
#endif

void rs_keep_private(void) {
    struct rlimit most = {0, 0};
    getrlimit(RLIMIT_CORE, &most);
    most.rlim_max = most.rlim_max < 1 ? most.rlim_max : 1; /* a limit cannot be raised again */
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_CORE, &most);
    if (!CHECKED) prctl(PR_SET_DUMPABLE, 0);
    umask(077);
}
