/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as blocks of whole records: reads one file after the other, cuts where records end, and counts what is needed
 * to give every row its exact place. One thread; memory is one block, or one record of at most RS_MAX_RECORD. */
#ifndef RS_INGEST_READER_H
#define RS_INGEST_READER_H
#include "block.h"
#include "hl7v2.h"
#include "pipeline/base/file.h"

struct rs_reader {
    struct rs_sources *sources;
    size_t current; /* file being read */
    struct rs_in *in;
    struct rs_buffer data; /* bytes not yet given out */
    bool ended, begun;     /* the file's bytes are all in data; its first bytes were looked at */
    uint64_t offset, line, record_no;
    bool documents, in_entries; /* FHIR: see fhir_walk.h */
    struct rs_x12_cutter cutter;
    struct rs_hl7_cutter hl7;
};

/* Next block into batch->in, its place into batch->note; *more false after the last file. */
bool rs_reader_next(struct rs_reader *r, struct rs_batch *batch, bool *more, struct rs_error *error);
void rs_reader_close(struct rs_reader *r);

#endif
