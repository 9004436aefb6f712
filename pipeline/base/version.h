/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which program it is, to the byte of its source: what is written beside every result. */
#ifndef RS_BASE_VERSION_H
#define RS_BASE_VERSION_H

extern const char rs_version[]; /* "0.1.0 (source 0123456789abcdef)": the first 16 digits of a SHA-256 over the sources */
extern const char rs_program[]; /* the same behind "relsogi " */

#endif
