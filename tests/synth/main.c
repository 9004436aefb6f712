/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi-synth: the same command as `relsogi synth`, without the driver. */
#include "synth.h"
int main(int argc, char **argv) { return rs_synth_main(argc, argv); }
