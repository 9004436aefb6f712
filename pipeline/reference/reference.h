/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi reference`: building a reference pack and saying what is in one. */
#ifndef RS_REFERENCE_REFERENCE_H
#define RS_REFERENCE_REFERENCE_H

#include <stdio.h>

/* argv[0] is the command's own name, argv[1] `build`, `info` or `diff`. Returns an exit code. */
int rs_reference_main(int argc, char **argv);

/* The commands, argv[0] being theirs. */
int rs_reference_build(int argc, char **argv);
int rs_reference_info(int argc, char **argv);
int rs_reference_diff(int argc, char **argv);
void rs_reference_help(FILE *to);

#endif
