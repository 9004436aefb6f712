/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a first name. Few steps: a wrong first name costs more than a missing one, which only leaves a factor out. */
#include "first_name.h"
#include "name_fold.h"

const char *const rs_first_name_match_names[RS_FIRST_NAME_MATCHES] = {"exact", "joined", "first_part", "none"};

enum { MOST_BYTES = 256 }; /* longer names are not looked into */

static bool is_letter(unsigned char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80; }

/* The letters of `name`, without what stands between them. */
static struct rs_view letters_of(struct rs_view name, char out[MOST_BYTES]) {
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++)
        if (is_letter((unsigned char)name.p[i])) out[n++] = name.p[i];
    return rs_view(out, n);
}

/* The first part of two letters or more, parts being parted by blanks, hyphens and periods. */
static struct rs_view first_part(struct rs_view name, char out[MOST_BYTES]) {
    size_t at = 0;
    while (at < name.n) {
        size_t end = at;
        while (end < name.n && name.p[end] != ' ' && name.p[end] != '-' && name.p[end] != '.') end++;
        struct rs_view part = letters_of(rs_view(name.p + at, end - at), out);
        if (part.n > 1) return part;
        at = end + 1;
    }
    return RS_NULL;
}

typedef bool look_up(const struct rs_pack *pack, struct rs_view name, double likelihood[RS_GROUPS]);

static enum rs_first_name_match find(const struct rs_pack *pack, look_up *listed, bool may, struct rs_view folded,
                                     double likelihood[RS_GROUPS]) {
    char text[MOST_BYTES];
    may = may && rs_has(folded);
    if (may && listed(pack, folded, likelihood)) return RS_FIRST_NAME_EXACT;
    if (may && folded.n <= MOST_BYTES && !rs_name_is_placeholder(RS_NULL, folded)) {
        struct rs_view joined = letters_of(folded, text);
        if (joined.n < folded.n) { /* else it is a single word, and was looked for */
            if (joined.n > 0 && listed(pack, joined, likelihood)) return RS_FIRST_NAME_JOINED;
            struct rs_view part = first_part(folded, text);
            if (rs_has(part) && listed(pack, part, likelihood)) return RS_FIRST_NAME_FIRST_PART;
        }
    }
    for (int r = 0; r < RS_GROUPS; r++) likelihood[r] = 1;
    return RS_FIRST_NAME_NONE;
}

enum rs_first_name_match rs_first_name_find(const struct rs_pack *pack, struct rs_view folded,
                                            double likelihood[RS_GROUPS]) {
    return find(pack, rs_pack_first_name, rs_pack_has_first_names(pack), folded, likelihood);
}

enum rs_first_name_match rs_middle_name_find(const struct rs_pack *pack, struct rs_view folded,
                                             double likelihood[RS_GROUPS]) {
    return find(pack, rs_pack_middle_name, rs_pack_has_middle_names(pack), folded, likelihood);
}
