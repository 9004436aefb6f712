/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What change.c (plan, spill), change_moved.c (whose a row is) and change_member.c (one member) share. */
#ifndef RS_INGEST_CHANGE_PRIVATE_H
#define RS_INGEST_CHANGE_PRIVATE_H
#include "change.h"
#include "member.h"
#include "pipeline/rows/group.h"

/* Kinds of items, as they are sorted within a member: prior rows by part, members of full files, of change files. */
enum { TAG_FULL = RS_PARTS, TAG_CHANGE };

struct rs_prior_head { /* before a prior row's line */
    char order[8];     /* its number in its file, high byte first */
    uint32_t file;     /* index of rs_change.files */
};
struct rs_change_head { /* before the lines of a member's rows, in the order of parts */
    char order[24];     /* file date and moment, file, record; high byte first */
    int32_t file_no;
    uint32_t n[RS_PARTS]; /* bytes of each part */
    uint32_t known_by;    /* enum rs_known_by */
    struct rs_key corrected; /* RS_BY_FORMER, RS_BY_OTHER: the key of the corrected name, which is not the member's */
};

enum { CARRIED, CHANGED, ADDED, UNKNOWN, SAME, DIFFERENT, MISSING, NEW, LATE, CORRECTED, BY_NAME, COUNTS };
struct rs_change_counts {
    uint64_t n[COUNTS];
};

struct rs_change_source {
    struct rs_view name;
    size_t n_full, n_change;
    bool in_prior, new_full, full_dated;
    int32_t full_date, last_full;
    uint64_t full_moment; /* of the newest full file, within its day */
    bool prior_full_dated;
    int32_t prior_full_date; /* of the newest full file that the prior run stands on */
    bool carry, compare; /* the prior rows stand under the changes; they are compared with the full file */
    enum rs_way way;
};

struct rs_prior_file {
    int32_t prior_no, file_no; /* its number there and here */
    bool listed;               /* has a row of its own in this run's layout file */
    struct rs_view number, row[FILE_COLUMNS];
    struct rs_change_source *source;
    uint64_t records;
};

/* Rows that say by another key than the member's whose they are. */
struct rs_change_alias {
    struct rs_key key, to; /* a key that is none any more; that of the member */
};
struct rs_change_move { /* of a change file, RS_BY_FORMER or RS_BY_NAME; key: of the corrected name, or of the name alone */
    struct rs_key key, former;
    enum rs_known_by known_by;
    char *bytes; /* its rs_change_head and lines */
    size_t n;
};
struct rs_moved {
    struct rs_change_alias *aliases; /* of the prior run, sorted */
    struct rs_change_move *moves;
    struct rs_item *arriving;        /* rows for members: beside those in the spill */
    struct rs_key *leaving;          /* sorted: whose rows of change files are not those in the spill */
    size_t n_aliases, aliases_room, n_moves, moves_room, n_arriving, arriving_room, n_leaving, leaving_room;
};

struct rs_change {
    struct rs_run *run;
    struct rs_sources *all;
    struct rs_change_source *sources;
    size_t n_sources;
    bool has_prior, active;
    struct rs_manifest prior_file, prior[RS_PARTS];
    struct rs_prior_file *files;
    size_t n_files, *by_number, n_by_number; /* place of a file, from 1, by its prior number */
    const char **voids; /* by file_no: why no row of the file counts */
    struct rs_spill *spill;
    struct rs_moved moved;
    struct rs_buffer line;
    struct rs_change_counts counts;
    struct rs_arena arena;
};

struct rs_change_worker {
    struct rs_partition partition;
    struct rs_member before, full, change; /* prior rows; rows of full files; rows of one INS of a change file */
    struct rs_arena arena;
};
/* Column other_keys of a prior record: keys that are its member's, too. All records, then rs_change_aliases_known, before any
 * row is spilled. */
void rs_change_known_as(struct rs_change *c, const struct rs_view *record);
void rs_change_aliases_known(struct rs_change *c);
/* Puts one INS, which is in c->line behind this head, into the spill, or aside where it is to be settled whose it is. */
bool rs_change_spill(struct rs_change *c, const struct rs_member_rows *m, uint8_t tag, struct rs_change_head *head,
                     struct rs_error *error);
/* After the spill is sealed: settles what was put aside. */
bool rs_change_settle(struct rs_change *c, struct rs_error *error);
/* Takes out of a partition what belongs to members of others, and puts in what was settled. */
void rs_change_rearrange(const struct rs_change *c, struct rs_partition *p, int number);
void rs_change_moved_free(struct rs_change *c);
const char *rs_change_void(const struct rs_change *c, const struct rs_source *s);
/* The prior file of this number; NULL where it is none of ours. */
struct rs_prior_file *rs_change_file(const struct rs_change *c, struct rs_view number);
/* Items i to end of the partition are one member: writes what stands of it and counts what does not. */
bool rs_change_member(struct rs_change *c, struct rs_change_worker *w, struct rs_batch *batch, size_t i, size_t end,
                      struct rs_error *error);

#endif
