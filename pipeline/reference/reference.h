/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi reference`: building a reference pack and saying what is in one. */
#ifndef RS_REFERENCE_REFERENCE_H
#define RS_REFERENCE_REFERENCE_H

/* argv[0] is the command's own name, argv[1] `build` or `info`. Returns an exit code. */
int rs_reference_main(int argc, char **argv);

#endif
