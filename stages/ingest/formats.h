/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats' readers: each turns one block of whole records (never an empty one) into rows. Pure but for the
 * batch and the worker. */
#ifndef RS_INGEST_FORMATS_H
#define RS_INGEST_FORMATS_H
#include "block.h"

/* What a thread keeps between blocks. */
struct rs_worker {
    struct rs_hmac *hmac;
    struct rs_834_member *member; /* x12_834.c */
    struct rs_json *json;         /* json.c */
    struct rs_csv_fields *csv;    /* csv_rows.c */
};

void rs_read_834(struct rs_rows *rows, struct rs_worker *worker);
void rs_read_fhir(struct rs_rows *rows, struct rs_worker *worker);
void rs_read_hl7(struct rs_rows *rows, struct rs_worker *worker);
void rs_read_csv(struct rs_rows *rows, struct rs_worker *worker);

struct rs_834_member *rs_834_member_new(void);
void rs_834_member_free(struct rs_834_member *m);

#endif
