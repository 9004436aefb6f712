/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi-db: `relsogi db` as a program of its own, which scripts/db needs before anything else runs. In a folder of
 * its own, so that the library has no main. */
#include "pipeline/base/private.h"
#include "pipeline/db/db.h"

int main(int argc, char **argv) {
    rs_keep_private();
    return rs_db_main(argc, argv);
}
