/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a surname in the census table. The exact step serves most people and is kept apart from the rest. */
#include "surname.h"
#include <math.h>
#include "name_fold.h"

const char *const rs_surname_match_names[RS_SURNAME_MATCHES] = {"exact", "punctuation", "joined", "suffix",
                                                                "parts", "other_names", "none"};

enum { MOST_BYTES = 256, MOST_PARTS = 8 }; /* longer names are not looked into */

void rs_surnames_init(struct rs_surnames *s, const struct rs_pack *pack, double smoothing) {
    double totals[RS_GROUPS], others[RS_GROUPS], all = 0;
    s->pack = pack;
    rs_pack_surname_totals(pack, totals);
    rs_pack_other_surnames(pack, others);
    for (int r = 0; r < RS_GROUPS; r++) all += totals[r];
    s->added = smoothing / all;
    for (int r = 0; r < RS_GROUPS; r++) {
        s->per_bearer[r] = 1 / totals[r];
        s->other[r] = others[r] * s->per_bearer[r] + s->added;
    }
}

bool rs_surname_of(const struct rs_surnames *s, const double counts[RS_GROUPS], double likelihood[RS_GROUPS]) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        likelihood[r] = counts[r] * s->per_bearer[r] + s->added;
        sum += likelihood[r];
    }
    return sum > 0; /* a name that a table lists with no bearers is as good as not listed */
}

static bool look_up(const struct rs_surnames *s, struct rs_view name, double likelihood[RS_GROUPS]) {
    return rs_pack_surname(s->pack, name, likelihood) && rs_surname_of(s, likelihood, likelihood);
}

/* Copies `name` without punctuation, and without blanks unless they are kept. Only ASCII: other letters stay. */
static struct rs_view strip(struct rs_view name, bool keep_blanks, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (letter || (c == ' ' && keep_blanks)) out[n++] = (char)c;
    }
    return rs_view(out, n);
}

/* exact, punctuation and joined; RS_SURNAME_NONE where none of them finds it. */
static enum rs_surname_match find_whole(const struct rs_surnames *s, struct rs_view name,
                                        double likelihood[RS_GROUPS]) {
    char text[MOST_BYTES];
    if (look_up(s, name, likelihood)) return RS_SURNAME_EXACT;
    struct rs_view spaced = strip(name, true, text);
    if (spaced.n < name.n && look_up(s, spaced, likelihood)) return RS_SURNAME_PUNCTUATION;
    struct rs_view joined = strip(name, false, text);
    if (joined.n < spaced.n && look_up(s, joined, likelihood)) return RS_SURNAME_JOINED;
    return RS_SURNAME_NONE;
}

/* ---- parts ---------------------------------------------------------------------------------------------------- */

/* Splits at blanks and hyphens; punctuation within a part is dropped. Parts of one letter say nothing and are left
 * out unless they are particles (Y). `text` holds the parts. */
static size_t split_parts(const struct rs_surnames *s, struct rs_view name, struct rs_view parts[MOST_PARTS],
                          char *text) {
    size_t n = 0;
    while (!rs_is_null(name) && n < MOST_PARTS) {
        size_t end = 0;
        while (end < name.n && name.p[end] != ' ' && name.p[end] != '-') end++;
        struct rs_view part = strip(rs_view(name.p, end), false, text);
        if (part.n > 1 || (part.n == 1 && rs_pack_is_particle(s->pack, part))) {
            parts[n++] = part;
            text += part.n;
        }
        name = end < name.n ? rs_view(name.p + end + 1, name.n - end - 1) : RS_NULL;
    }
    return n;
}

/* The part at `last` with the particles before it, from `first` on: all of them, then fewer, then the part alone.
 * Parts lie one behind the other in one buffer with nothing between, so that joining them is taking both. */
static bool look_up_part(const struct rs_surnames *s, const struct rs_view *parts, size_t first, size_t last,
                         double likelihood[RS_GROUPS]) {
    const char *end = parts[last].p + parts[last].n;
    for (size_t from = first; from <= last; from++)
        if (look_up(s, rs_view(parts[from].p, (size_t)(end - parts[from].p)), likelihood)) return true;
    return false;
}

static bool find_parts(const struct rs_surnames *s, struct rs_view name, double likelihood[RS_GROUPS]) {
    char text[MOST_BYTES];
    struct rs_view parts[MOST_PARTS];
    size_t n = split_parts(s, name, parts, text), found = 0, first = 0;
    if (n < 2) return false;
    for (size_t i = 0; i < n; i++) {
        double one[RS_GROUPS];
        if (i + 1 < n && rs_pack_is_particle(s->pack, parts[i])) continue;
        if (look_up_part(s, parts, first, i, one)) {
            for (int r = 0; r < RS_GROUPS; r++) likelihood[r] = found ? likelihood[r] * one[r] : one[r];
            found++;
        }
        first = i + 1;
    }
    if (found == 0) return false;
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        if (found == 2) likelihood[r] = sqrt(likelihood[r]);
        if (found > 2) likelihood[r] = pow(likelihood[r], 1.0 / (double)found);
        sum += likelihood[r];
    }
    return sum > 0; /* without smoothing, parts of different groups may rule out everybody */
}

/* ---- all steps ------------------------------------------------------------------------------------------------ */

static enum rs_surname_match find_changed(const struct rs_surnames *s, struct rs_view folded,
                                          double likelihood[RS_GROUPS]) {
    struct rs_view suffix;
    enum rs_surname_match match = find_whole(s, folded, likelihood);
    if (match != RS_SURNAME_NONE) return match;
    struct rs_view rest = rs_name_cut_suffix(NULL, folded, &suffix);
    if (rs_has(suffix) && find_whole(s, rest, likelihood) != RS_SURNAME_NONE) return RS_SURNAME_SUFFIX;
    return find_parts(s, rest, likelihood) ? RS_SURNAME_PARTS : RS_SURNAME_NONE;
}

enum rs_surname_match rs_surname_find(const struct rs_surnames *s, struct rs_view folded,
                                      double likelihood[RS_GROUPS]) {
    if (rs_has(folded) && look_up(s, folded, likelihood)) return RS_SURNAME_EXACT;
    if (!rs_has(folded) || rs_name_is_placeholder(folded, RS_NULL)) {
        for (int r = 0; r < RS_GROUPS; r++) likelihood[r] = 1;
        return RS_SURNAME_NONE;
    }
    enum rs_surname_match match = folded.n <= MOST_BYTES ? find_changed(s, folded, likelihood) : RS_SURNAME_NONE;
    if (match != RS_SURNAME_NONE) return match;
    memcpy(likelihood, s->other, sizeof s->other);
    return RS_SURNAME_OTHER;
}
