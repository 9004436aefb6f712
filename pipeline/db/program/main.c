/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi-db: `relsogi db` as a program of its own, which scripts/db needs before anything else runs. In a folder of
 * its own, so that the library has no main. */
#include "pipeline/db/db.h"
#include <sys/resource.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    umask(077);
    return rs_db_main(argc, argv);
}
