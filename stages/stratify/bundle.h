/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files sorted by person_key, cut at the same keys: a bundle is a block of persons with all that the other files say of
 * them, so that bundles can be worked on in any thread. Cuts depend on the bytes of the person file alone.
 *
 * Memory: a few bundles are alive at a time; one is as large as what a block of persons has in all files. */
#ifndef RS_STRATIFY_BUNDLE_H
#define RS_STRATIFY_BUNDLE_H
#include "pipeline/rows/stage.h"

/* person first: it leads. person_value is read only where somebody needs it. */
enum rs_stream { RS_PERSONS, RS_POSTERIORS, RS_MEASURES, RS_VALUES, RS_STREAMS };

enum { RS_KEY_DIGITS = 32 }; /* keys are compared as they stand: lower-case digits sort like the bytes they mean */

struct rs_part {
    struct rs_buffer bytes; /* whole lines, with room behind them for a cursor */
    uint64_t first_row;     /* in the file, from 1 */
};
struct rs_bundle {
    struct rs_part part[RS_STREAMS];
};
void rs_bundle_free(struct rs_bundle *b);

struct rs_streams;
/* Opens the run's inputs. With `values` false, or where there is no person_value, that stream is empty. */
struct rs_streams *rs_streams_open(struct rs_run *run, bool values, struct rs_error *error);
void rs_streams_close(struct rs_streams *s);
bool rs_streams_have_values(const struct rs_streams *s);
/* The next bundle; no persons in it at the end, and then what is left of the other files, which should be nothing. One
 * thread at a time. */
bool rs_streams_next(struct rs_streams *s, struct rs_bundle *b, struct rs_error *error);
/* For cursors over a part; NULL where the stream is empty. */
const struct rs_row_reader *rs_streams_reader(const struct rs_streams *s, enum rs_stream stream);
/* Where a column stands in the file's lines, from 0; -1 where the file has it not. */
int rs_streams_field(const struct rs_streams *s, enum rs_stream stream, int column);

#endif
