/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BGZF: gzip in independent blocks of at most 64 KiB (SAM/BAM specification, section 4.1). Any gunzip reads it. */
#ifndef RS_ROWS_BGZF_H
#define RS_ROWS_BGZF_H
#include "../base/error.h"
#include "../base/text.h"

enum { RS_BGZF_BLOCK = 0xff00 };
/* Compresses at most RS_BGZF_BLOCK bytes as one block, added to `to`. */
bool rs_bgzf_block(struct rs_buffer *to, const void *p, size_t n, struct rs_error *error);
/* The empty block that ends a file. */
void rs_bgzf_end(struct rs_buffer *to);

#endif
