/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input files: found, hashed, put in canonical order and numbered before the first byte is parsed. */
#ifndef RS_INGEST_SOURCE_H
#define RS_INGEST_SOURCE_H
#include "pipeline/rows/stage.h"
#include "profile.h"

/* What becomes of a source's rows (change.c): written as they come; grouped by member, with those that stood before and
 * those that change them; or written as they come and compared with those that stood before. */
enum rs_way { RS_STREAMED, RS_GROUPED, RS_COMPARED };

struct rs_source {
    int32_t file_no;
    char *path;
    const struct rs_profile *profile;
    struct rs_view source, of_source, name; /* sender; for measures whose members; base name of the file */
    struct rs_digest sha256;
    uint64_t bytes;
    bool has_date;
    int32_t date;
    uint64_t moment; /* within that day, where the file says it; 0 where not */
    bool has_effective;
    int32_t effective; /* an 834's file effective date: DTP*007 in the header of its first transaction set */
    bool full; /* an 834 that holds every member of its source, not only what changed */
    bool doubtful; /* an 834 that says it is a change, with rows of an audit */
    enum rs_way way;
    struct rs_digest head, content; /* of its first bytes, and of all, as unpacked; content is made where it is needed */
    bool has_content;
    const char *repeats; /* path of the file that has the same content; NULL for none */
    /* found while reading */
    uint64_t records;
    bool gzip, converted;
    int *fields;        /* CSV: profile column -> field of this file's header, -1 where it is not there */
    size_t n_fields;    /* CSV: fields of the header */
};

struct rs_sources {
    struct rs_source *s;
    size_t n, room;
    struct rs_profile **profiles;
    size_t n_profiles;
    struct rs_arena arena;
    uint64_t repeated; /* files left out because the same bytes, packed or not, were there already */
    struct rs_buffer told; /* of each of these a sentence, a 0 byte after each */
};

/* From the configuration's `sources`, or from --profile with --input files. Files are hashed; the order is (profile
 * name, file date and time, SHA-256), so that it does not depend on how they were named or listed. */
bool rs_sources_find(const struct rs_run *run, struct rs_sources *out, struct rs_error *error);
/* Leaves out files that are others again, of the same profile and source. In canonical order, which is kept. */
bool rs_sources_drop_repeated(struct rs_sources *all, struct rs_error *error);
void rs_sources_tell(const struct rs_sources *all); /* says in the log what was left out */
void rs_sources_free(struct rs_sources *s);

#endif
