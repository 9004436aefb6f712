/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Street lines in one spelling, as far as rules go without the postal service's address file (USPS Publication 28): a
 * suffix is abbreviated where a suffix stands, a direction before or behind the name, a unit designator before its range;
 * what makes up the name stays, so that NORTH AVENUE is NORTH AVE and 12 AVENUE DRIVE is 12 AVENUE DR. */
#include "normalize.h"
#include "pipeline/reference/name_fold.h"
#include "street_words.h"

enum { LONGEST = RS_LONGEST_STREET, MOST_WORDS = RS_MOST_STREET_WORDS };

struct word {
    struct rs_view text;
    const struct rs_street_word *known; /* NULL: in no list */
    bool begins;                        /* a line: the first word, or one behind a comma */
};

struct line {
    const struct rs_street_words *words;
    struct word w[MOST_WORDS + 1];
    size_t n;
    unsigned any; /* kinds of all words together */
    char *out;
    size_t at;
    bool is_street, is_box, is_rural, is_contract, is_military, is_delivery, is_mailbox, is_homeless, is_shelter;
};

/* ---- words ------------------------------------------------------------------------------------------------------ */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* P.O. is PO, St.Paul is ST PAUL, 39.2 is a number: a period parts words where more than one letter follows. */
static char for_period(struct rs_view v, size_t i) {
    bool digits = i > 0 && is_digit(v.p[i - 1]) && i + 1 < v.n && is_digit(v.p[i + 1]);
    bool word = i + 2 < v.n && is_letter(v.p[i + 1]) && is_letter(v.p[i + 2]);
    return digits ? '.' : word ? ' ' : 0;
}

static void end_word(struct line *l, const char *start, const char *end, bool begins) {
    if (l->n < MOST_WORDS) {
        struct word *w = &l->w[l->n++];
        w->text = rs_view(start, (size_t)(end - start));
        w->known = NULL;
        w->begins = begins;
    }
}

/* Upper case, parted at blanks, lines at commas; # is a word. `to` has room for three times the text and 16 bytes. */
static void part_words(struct line *l, struct rs_view v, char *to) {
    char *start = to;
    bool begins = true;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (is_letter(c) || is_digit(c)) {
            *to++ = (char)(c & (c >= 'a' ? ~0x20 : ~0));
            continue;
        }
        if (c == '.') {
            c = for_period(v, i);
            if (c == 0) {
                continue;
            }
        }
        bool line = c == ',' || c == ';', number = c == '#';
        if (c != ' ' && c != ':' && !line && !number) {
            *to++ = c;
            continue;
        }
        if (to > start) {
            end_word(l, start, to, begins);
            begins = false;
            *to++ = ' ';
        }
        start = to;
        if (number) {
            *to++ = '#';
            end_word(l, start, to, begins);
            begins = false;
            *to++ = ' ';
            start = to;
        }
        begins |= line;
    }
    if (to > start) {
        end_word(l, start, to, begins);
    }
    memset(to, 0, 16);
}

/* What most are: upper case, digits and blanks, no more than 64 bytes. The words then stay where they are, in the block,
 * behind which there are bytes to spare. */
static bool words_in_place(struct line *l, struct rs_view v) {
    uint64_t blanks = 0;
    for (size_t at = 0; at < v.n; at += 16) {
        struct rs_masks m;
        if (v.n > 64 || !rs_masks(rs_view(v.p + at, v.n - at < 16 ? v.n - at : 16), &m) ||
            (m.upper | m.digit | m.blank) != m.all) {
            return false;
        }
        blanks |= (uint64_t)m.blank << at;
    }
    size_t start = 0;
    for (; blanks != 0; blanks &= blanks - 1) {
        size_t end = (size_t)__builtin_ctzll(blanks);
        if (end > start) {
            end_word(l, v.p + start, v.p + end, l->n == 0);
        }
        start = end + 1;
    }
    if (v.n > start) {
        end_word(l, v.p + start, v.p + v.n, l->n == 0);
    }
    return true;
}

static inline bool is(const struct word *w, const char *text) {
    return w->text.p[0] == text[0] && rs_eq_c(w->text, text);
}
static unsigned kinds(const struct word *w) { return w->known != NULL ? w->known->kinds : 0; }
static bool is_number(const struct word *w) { return is_digit(w->text.p[0]); }

static bool has_digit(const struct word *w) {
    for (size_t i = 0; i < w->text.n; i++) {
        if (is_digit(w->text.p[i])) {
            return true;
        }
    }
    return false;
}

/* What may stand behind APT or BOX: 4, 4B, B4, 19-2B, C. */
static bool is_range(const struct line *l, size_t i) {
    return i < l->n && (has_digit(&l->w[i]) || (l->w[i].text.n == 1 && l->w[i].text.p[0] != '#'));
}

static void put(struct line *l, struct rs_view text) {
    if (l->at > 0) {
        l->out[l->at++] = ' ';
    }
    memcpy(l->out + l->at, text.p, text.n);
    l->at += text.n;
}

/* The same for words and their standards, behind which 16 bytes may be read: most are shorter than that. */
static inline void put_word(struct line *l, struct rs_view text) {
    if (text.n > 16) {
        put(l, text);
        return;
    }
    l->out[l->at] = ' ';
    l->at += l->at > 0;
    memcpy(l->out + l->at, text.p, 16);
    l->at += text.n;
}

/* ---- phrases ---------------------------------------------------------------------------------------------------- */

/* How many words from i on (before `end`) the phrase takes; 0 where it does not stand there. */
static size_t stands(const struct line *l, size_t i, size_t end, struct rs_view phrase) {
    size_t words = 0;
    while (rs_has(phrase)) {
        if (i + words == end || !rs_eq(rs_split(&phrase, ' '), l->w[i + words].text)) {
            return 0;
        }
        words++;
    }
    return words;
}

/* The longest phrase of a kind that stands at i (FIRM CALLER before CALLER); how many words it takes. */
static size_t find_phrase(const struct line *l, size_t i, size_t end, enum rs_phrase_kind kind,
                          const struct rs_street_phrase **found) {
    size_t n, taken = 0;
    const struct rs_street_phrase *all = rs_street_phrases(&n);
    for (size_t k = 0; k < n; k++) {
        size_t words = all[k].kind == kind ? stands(l, i, end, all[k].text) : 0;
        if (words > taken) {
            taken = words;
            *found = &all[k];
        }
    }
    return taken;
}

static size_t skip_number_signs(const struct line *l, size_t i) {
    while (i < l->n && (is(&l->w[i], "#") || is(&l->w[i], "NO") || is(&l->w[i], "NUMBER"))) {
        i++;
    }
    return i;
}

/* Route numbers and box numbers without leading zeros and hyphens in front: RR03 is RR 3. */
static struct rs_view bare_number(struct rs_view v) {
    while (v.n > 1 && (v.p[0] == '0' || v.p[0] == '-')) {
        v.p++;
        v.n--;
    }
    return v;
}

/* PO BOX 12, DRAWER C. What goes by names that may mean something else (BOX, BIN) must be the whole line. */
static bool box(struct line *l, size_t i, size_t end) {
    const struct rs_street_phrase *phrase = NULL;
    size_t words = find_phrase(l, i, end, RS_PHRASE_BOX, &phrase);
    if (words == 0) {
        return false;
    }
    size_t number = skip_number_signs(l, i + words);
    bool numbered = number < end && is_range(l, number), surely = phrase->text.p[0] == 'P';
    if (!surely && (!numbered || number + 1 != end)) {
        return false;
    }
    put(l, phrase->standard);
    for (size_t k = number; k < end; k++) {
        put(l, l->w[k].text);
    }
    l->is_box = true;
    return true;
}

/* RR 2 BOX 152, HC 68 BOX 23A: nothing else belongs there. The box may stand on the next line; *end moves with it. */
static bool route(struct line *l, size_t i, size_t *end, enum rs_phrase_kind kind) {
    const struct rs_street_phrase *phrase = NULL;
    size_t words = find_phrase(l, i, *end, kind, &phrase), number = skip_number_signs(l, i + words);
    if (words == 0 || number >= *end || !has_digit(&l->w[number])) {
        return false;
    }
    size_t mark = number + 1;
    bool boxed = mark < l->n && (is(&l->w[mark], "BOX") || is(&l->w[mark], "BX") || is(&l->w[mark], "#"));
    size_t which = boxed ? skip_number_signs(l, mark + (is(&l->w[mark], "#") ? 0 : 1)) : 0;
    boxed = boxed && is_range(l, which);
    char second = phrase->text.p[1]; /* ROUTE, RTE, RT and RD mean roads, too */
    bool surely = kind == RS_PHRASE_CONTRACT || (second != 'O' && second != 'T' && second != 'D');
    if (!boxed && (!surely || mark != *end)) {
        return false; /* ROUTE 9 is a road */
    }
    put(l, phrase->standard);
    put(l, bare_number(l->w[number].text));
    if (boxed) {
        put(l, RS_LIT("BOX"));
        put(l, bare_number(l->w[which].text));
        while (*end < l->n && (*end <= which || !l->w[*end].begins)) {
            ++*end;
        }
    }
    *(kind == RS_PHRASE_RURAL ? &l->is_rural : &l->is_contract) = true;
    return true;
}

/* PSC 802 BOX 74, UNIT 2050 BOX 4190. */
static bool military_unit(struct line *l, size_t i, size_t end) {
    const struct rs_street_phrase *phrase = NULL;
    size_t words = find_phrase(l, i, end, RS_PHRASE_MILITARY, &phrase);
    if (words == 0 || i + 4 > end || !has_digit(&l->w[i + 1]) || !is(&l->w[i + 2], "BOX")) {
        return false;
    }
    for (size_t k = i; k < end; k++) {
        put(l, l->w[k].text);
    }
    l->is_military = true;
    return true;
}

static bool delivery(struct line *l, size_t i, size_t end) {
    const struct rs_street_phrase *phrase = NULL;
    size_t words = find_phrase(l, i, end, RS_PHRASE_DELIVERY, &phrase);
    if (words == 0 || i + words != end) {
        return false;
    }
    put(l, phrase->standard);
    l->is_delivery = true;
    return true;
}

/* RR03 is RR 03, POB12 is POB 12: letters and digits of a line's first word parted, if a phrase comes of it. */
static void part_first(struct line *l, size_t i) {
    struct rs_view text = l->w[i].text;
    size_t letters = 0;
    while (letters < text.n && is_letter(text.p[letters])) {
        letters++;
    }
    if (letters < 2 || letters == text.n || !is_digit(text.p[letters]) || l->n == MOST_WORDS) {
        return;
    }
    const struct rs_street_word *known = rs_street_word(l->words, text.p, letters);
    if (known == NULL || !(known->kinds & RS_STREET_BEGINS)) {
        return;
    }
    memmove(&l->w[i + 2], &l->w[i + 1], (l->n - i - 1) * sizeof *l->w);
    l->n++;
    l->w[i].text.n = letters;
    l->w[i].known = known;
    l->w[i + 1] = (struct word){rs_view(text.p + letters, text.n - letters), NULL, false};
}

/* ---- no home ---------------------------------------------------------------------------------------------------- */

#define VIEW(text) {"" text, sizeof(text) - 1}
#define MILITARY(state)
#define LOST_ZERO(state, first, last)
#define ABROAD(state)
#define FIELD_POST(city)
#define SHELTER(text)
#define HOMELESS(text) VIEW(text),
static const struct rs_view homeless[] = {
#include "schemas/codes/address.def"
};
#undef HOMELESS
#undef SHELTER
#define HOMELESS(text)
#define SHELTER(text) VIEW(text),
static const struct rs_view shelter[] = {
#include "schemas/codes/address.def"
};
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A line without a number that ends SHELTER; or that says that there is no address, alone or before more. */
static bool no_home(struct line *l, size_t i, size_t end) {
    for (size_t k = i; k < end; k++) {
        if (has_digit(&l->w[k])) {
            return false;
        }
    }
    for (size_t k = 0; k < COUNT(shelter); k++) {
        size_t words = 1;
        for (size_t c = 0; c < shelter[k].n; c++) {
            words += shelter[k].p[c] == ' ';
        }
        if (end - i >= words && stands(l, end - words, end, shelter[k]) == words) {
            l->is_shelter = true;
            return false; /* its name stays */
        }
    }
    const struct rs_view first = l->w[i].text; /* HOMELESS/SHELTER is one word here */
    static const char word[] = "HOMELESS";
    if (first.n > sizeof word - 1 && memcmp(first.p, word, sizeof word - 1) == 0 && !is_letter(first.p[sizeof word - 1])) {
        l->is_homeless = true;
        return true;
    }
    for (size_t k = 0; k < COUNT(homeless); k++) {
        size_t words = stands(l, i, end, homeless[k]);
        if (words > 0 && (words == end - i || !(kinds(&l->w[end - 1]) & RS_STREET_SUFFIX))) {
            l->is_homeless = true;
            return true; /* not a street */
        }
    }
    return false;
}

/* ---- streets ---------------------------------------------------------------------------------------------------- */

/* Where the unit begins: APT 4, # 5, 2ND FLOOR, REAR; `end` where there is none. */
static size_t unit_start(const struct line *l, size_t i, size_t end) {
    for (size_t k = i; k < end; k++) {
        if (is(&l->w[k], "#") && k + 1 < end) {
            return k;
        }
        unsigned kind = kinds(&l->w[k]);
        bool suffix_next = k + 1 < end && (kinds(&l->w[k + 1]) & RS_STREET_SUFFIX) != 0;
        size_t range = k + 1 < end && is(&l->w[k + 1], "#") ? k + 2 : k + 1;
        if ((kind & RS_STREET_UNIT) && range < end && is_range(l, range) && !suffix_next) {
            return k;
        }
        if ((kind & RS_STREET_UNIT) && k + 1 == end && k > i && is_number(&l->w[k - 1]) && (k - 1 > i || end - i == 2)) {
            return k - 1; /* 2ND FLOOR */
        }
        if ((kind & RS_STREET_UNIT_ALONE) && k + 1 == end && k > i &&
            (kinds(&l->w[k - 1]) & (RS_STREET_SUFFIX | RS_STREET_DIRECTION))) {
            return k;
        }
        if ((kind & RS_STREET_UNIT_ALONE) && k == i && end - i <= 2 && !suffix_next && (end - i == 1 || is_range(l, k + 1))) {
            return k; /* a line of its own */
        }
    }
    return end;
}

static void put_unit(struct line *l, size_t i, size_t end) {
    for (size_t k = i; k < end; k++) {
        const struct word *w = &l->w[k];
        unsigned kind = kinds(w);
        if (is(w, "#") && k > i && (kinds(&l->w[k - 1]) & RS_STREET_UNIT)) {
            continue; /* APT #4 */
        }
        l->is_mailbox |= is(w, "PMB");
        put_word(l, kind & (RS_STREET_UNIT | RS_STREET_UNIT_ALONE) ? w->known->other : w->text);
    }
}

/* NE of NORTH EAST and NORTHEAST, or null; *taken: words. Two parts only where both are written before the name. */
static struct rs_view direction(struct line *l, size_t i, size_t end, char *room, size_t *taken) {
    *taken = 0;
    if (i >= end || !(kinds(&l->w[i]) & RS_STREET_DIRECTION)) {
        return RS_NULL;
    }
    struct rs_view first = l->w[i].known->other;
    *taken = 1;
    if (i + 1 >= end || !(kinds(&l->w[i + 1]) & RS_STREET_DIRECTION) || first.n != 1) {
        return first;
    }
    struct rs_view second = l->w[i + 1].known->other;
    bool pair = (first.p[0] == 'N' || first.p[0] == 'S') && (second.p[0] == 'E' || second.p[0] == 'W') && second.n == 1;
    if (!pair) {
        return first;
    }
    room[0] = first.p[0];
    room[1] = second.p[0];
    *taken = 2;
    return rs_view(room, 2);
}

/* STATE RT 9 is STATE ROUTE 9: a phrase of highways and a number, from i on; the words taken, 0 for none. */
static size_t highway(struct line *l, size_t i, size_t end) {
    const struct rs_street_phrase *phrase = NULL;
    if (i >= end || !(kinds(&l->w[i]) & RS_STREET_HIGHWAY)) {
        return 0;
    }
    size_t words = find_phrase(l, i, end, RS_PHRASE_HIGHWAY, &phrase);
    if (words == 0 || i + words >= end || !is_number(&l->w[i + words])) {
        return 0;
    }
    put(l, phrase->standard);
    put_word(l, l->w[i + words].text);
    return words + 1;
}

static void put_name(struct line *l, size_t i, size_t end) {
    for (size_t k = i; k < end; k++) {
        put_word(l, kinds(&l->w[k]) & RS_STREET_NAME ? l->w[k].known->name : l->w[k].text);
    }
}

static bool is_fraction(const struct word *w) { return memchr(w->text.p, '/', w->text.n) != NULL; }

/* 5TH: a street's name. */
static bool is_ordinal(const struct word *w) {
    const char *end = w->text.p + w->text.n - 2;
    return w->text.n > 2 && (memcmp(end, "ST", 2) == 0 || memcmp(end, "ND", 2) == 0 || memcmp(end, "RD", 2) == 0 ||
                             memcmp(end, "TH", 2) == 0);
}

/* Number, direction, name, suffix, direction: of [i, end), without a unit. */
static void put_street(struct line *l, size_t i, size_t end) {
    char front[2], back[2];
    size_t taken = 0, behind = 0, name = i;
    while (name < end && is_number(&l->w[name]) && (name == i ? !is_ordinal(&l->w[name]) : is_fraction(&l->w[name]))) {
        name++; /* 39 1/2, but neither 5TH AVE nor 12 5TH AVE */
    }
    for (size_t k = i; k < name; k++) {
        put_word(l, l->w[k].text);
    }
    /* Behind: after a suffix or a number only, so that 12 KEY WEST is no KEY W. */
    struct rs_view after = RS_NULL;
    bool directed = (l->any & RS_STREET_DIRECTION) != 0;
    for (size_t words = 2; directed && words >= 1 && rs_is_null(after); words--) {
        if (end - name <= words) {
            continue;
        }
        struct rs_view found = direction(l, end - words, end, back, &behind);
        const struct word *before = &l->w[end - words - 1];
        if (behind == words && ((kinds(before) & RS_STREET_SUFFIX) || is_number(before)) && end - words - name >= 1) {
            after = found;
        }
    }
    size_t last = end - (rs_is_null(after) ? 0 : behind); /* behind the suffix */
    bool has_suffix = last > name + 1 && (kinds(&l->w[last - 1]) & RS_STREET_SUFFIX);
    size_t named = has_suffix ? last - 1 : last; /* behind the name */
    struct rs_view before = directed ? direction(l, name, named, front, &taken) : RS_NULL;
    if (rs_has(before) && name + taken >= named) { /* the direction is the name, or the second half of it is */
        taken = taken == 2 && name + 1 < named ? 1 : 0;
        before = taken == 1 ? l->w[name].known->other : RS_NULL;
    }
    if (rs_has(before)) {
        put(l, before); /* perhaps of two letters put together */
        name += taken;
    }
    size_t road = highway(l, name, last);
    l->is_street |= has_suffix || road > 0 || (name > i && named > name);
    if (road > 0) {
        name += road;
        has_suffix = last > name && (kinds(&l->w[last - 1]) & RS_STREET_SUFFIX);
        named = has_suffix ? last - 1 : last;
    }
    put_name(l, name, named);
    if (has_suffix) {
        put_word(l, l->w[last - 1].known->suffix);
    }
    if (rs_has(after)) {
        put(l, after);
    }
}

/* One line, [i, end); says where the next begins. */
static size_t put_line(struct line *l, size_t i, size_t end) {
    if (!is_number(&l->w[i])) {
        if (no_home(l, i, end)) {
            return end;
        }
        if ((kinds(&l->w[i]) & RS_STREET_BEGINS) &&
            (delivery(l, i, end) || military_unit(l, i, end) || route(l, i, &end, RS_PHRASE_CONTRACT) ||
             route(l, i, &end, RS_PHRASE_RURAL) || box(l, i, end))) {
            return end;
        }
    }
    size_t unit = l->any & (RS_STREET_UNIT | RS_STREET_UNIT_ALONE) ? unit_start(l, i, end) : end;
    put_street(l, i, unit);
    put_unit(l, unit, end);
    return end;
}

static struct rs_view flag_of(const struct line *l) {
    return l->is_shelter                    ? RS_LIT("shelter")
           : l->is_homeless                 ? RS_LIT("homeless")
           : l->is_military                 ? RS_LIT("military")
           : l->is_mailbox                  ? RS_LIT("private_mailbox")
           : l->is_street                   ? RS_NULL
           : l->is_box                      ? RS_LIT("po_box")
           : l->is_rural                    ? RS_LIT("rural_route")
           : l->is_contract                 ? RS_LIT("highway_contract")
           : l->is_delivery                 ? RS_LIT("general_delivery")
                                            : RS_NULL;
}

/* 123 MAIN ST PO BOX 45: the box begins a line of its own. */
static bool is_box_within(const struct line *l, size_t i) {
    return i + 1 < l->n && ((is(&l->w[i], "PO") && is(&l->w[i + 1], "BOX")) || is(&l->w[i], "POBOX"));
}

/* Folded where another alphabet, an accent or a control character stands. */
static struct rs_view in_ascii(struct rs_arena *arena, struct rs_view raw) {
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (c >= 0x80 || c < ' ' || c == '`') {
            return rs_name_fold(arena, raw);
        }
    }
    return raw;
}

/* Words into lines, and lines in their spelling; false where there is no word. */
static bool put_lines(struct line *l) {
    for (size_t i = 0; i < l->n; i++) {
        l->w[i].known = rs_street_word(l->words, l->w[i].text.p, l->w[i].text.n);
        l->any |= l->w[i].text.p[0] == '#' ? RS_STREET_UNIT : kinds(&l->w[i]);
        l->w[i].begins |= i > 0 && l->w[i].text.p[0] == 'P' && is_box_within(l, i);
    }
    for (size_t i = 0; i < l->n;) {
        if (!is_number(&l->w[i])) {
            part_first(l, i);
        }
        size_t end = i + 1;
        while (end < l->n && !l->w[end].begins) {
            end++;
        }
        i = put_line(l, i, end);
    }
    return l->n > 0;
}

static void normalize(const struct rs_normalizing *n, struct rs_view raw, bool in_block) {
    char text[3 * LONGEST + 16];
    struct line l; /* not its words */
    memset(&l.n, 0, sizeof l - offsetof(struct line, n));
    l.words = n->tables->street_words;
    l.out = n->before->text;
    if (!in_block || !words_in_place(&l, raw)) {
        raw = in_ascii(&n->batch->arena, raw);
        raw.n = raw.n < LONGEST ? raw.n : LONGEST;
        part_words(&l, raw, text);
    }
    bool some = put_lines(&l);
    n->before->flag = some ? flag_of(&l) : RS_NULL;
    n->before->street = l.at > 0 ? rs_view(l.out, l.at) : RS_NULL;
}

void rs_normalize_street(const struct rs_normalizing *n) {
    struct rs_view raw = n->raw[RECORD_street_raw];
    if (!rs_has(raw)) {
        return;
    }
    const struct rs_buffer *block = &n->batch->in;
    bool in_block = raw.p >= block->p && raw.p < block->p + block->n;
    if (rs_is_null(n->before->raw) || !rs_eq(raw, n->before->raw)) {
        n->before->raw = in_block ? raw : RS_NULL;
        normalize(n, raw, in_block);
    }
    n->out[DEMOGRAPHIC_address_flag] = n->before->flag;
    n->out[DEMOGRAPHIC_street] = n->before->street;
}
