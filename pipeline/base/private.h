/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process that holds personal data keeps to itself. */
#ifndef RS_BASE_PRIVATE_H
#define RS_BASE_PRIVATE_H

/* At the start of main: files for their owner alone (umask 077), and no core file, however the process ends. */
void rs_keep_private(void);

#endif
