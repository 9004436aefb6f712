/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FHIR files as pieces: resources on a line each, resources one after the other over several lines, and the entries of
 * Bundles, whether a Bundle is a line or a whole file. Cutter and reader walk the same way, so that both count alike. */
#ifndef RS_INGEST_FHIR_WALK_H
#define RS_INGEST_FHIR_WALK_H
#include <stdbool.h>
#include "pipeline/base/text.h"

enum rs_fhir_piece {
    RS_FHIR_MORE,  /* the bytes end here, or within a piece */
    RS_FHIR_SKIP,  /* blanks, a Bundle's bytes around its entries */
    RS_FHIR_TEXT,  /* one JSON text */
    RS_FHIR_ENTRY, /* one entry of a Bundle */
};

struct rs_fhir_walk {
    const char *p, *end;
    bool last;       /* no bytes come after end */
    bool documents;  /* texts go over several lines */
    bool in_entries; /* p is among a Bundle's entries */
    const char *limit; /* where a Bundle on one line ends */
};
/* The next piece, which begins at w->p before the call and has length *n; every piece but MORE has n > 0. */
enum rs_fhir_piece rs_fhir_next(struct rs_fhir_walk *w, size_t *n);

/* Whether a file that begins so holds texts over several lines; `whole` where these are all its bytes. */
bool rs_fhir_documents(const char *p, size_t n, bool whole);

#endif
