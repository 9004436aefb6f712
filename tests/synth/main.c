/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth.h"
int main(int argc, char **argv) { return rs_synth_main(argc, argv); }
