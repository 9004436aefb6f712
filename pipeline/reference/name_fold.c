/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name folding: one function for matching persons and for the census tables, so that García found in one file and
 * GARCIA in another are one name everywhere. Most names are ASCII and take a path that looks at each byte once;
 * the others go through utf8proc's canonical composition first, so that é sent as one letter or as e and a combining
 * accent folds alike. Letters that Unicode does not decompose (ø, ł, ß) have a small table below. */
#include "name_fold.h"

#include <utf8proc.h>

/* What a letter or mark becomes. Blank, apostrophe and hyphen stand for all their typographic kin. */
struct fold {
    int32_t from;
    const char *to;
};

/* Sorted by code point. Letters after UAX 44's missing decompositions, as the machine-readable zone of passports
 * writes them where ICAO Doc 9303 gives one letter. */
static const struct fold folds[] = {
    {0x00A0, " "},  {0x00B4, "'"},   {0x00C6, "AE"}, {0x00D0, "D"},  {0x00D8, "O"},  {0x00DE, "TH"},
    {0x00DF, "SS"}, {0x00E6, "AE"},  {0x00F0, "D"},   {0x00F8, "O"},  {0x00FE, "TH"}, {0x0110, "D"},  {0x0111, "D"},
    {0x0126, "H"},  {0x0127, "H"},   {0x0131, "I"},   {0x0138, "K"},  {0x0141, "L"},  {0x0142, "L"},  {0x0149, "'N"},
    {0x014A, "N"},  {0x014B, "N"},   {0x0152, "OE"},  {0x0153, "OE"}, {0x0166, "T"},  {0x0167, "T"},  {0x0180, "B"},
    {0x018F, "A"},  {0x0197, "I"},   {0x019A, "L"},   {0x01B5, "Z"},  {0x01B6, "Z"},  {0x01C6, "DZ"}, {0x01E4, "G"},
    {0x01E5, "G"},  {0x0237, "J"},   {0x0259, "A"},   {0x0268, "I"},  {0x02B9, "'"},  {0x02BB, "'"},  {0x02BC, "'"},
    {0x02BD, "'"},  {0x02BE, "'"},   {0x02BF, "'"},   {0x02C8, "'"},  {0x02CA, "'"},  {0x02CB, "'"},  {0x1E9E, "SS"},
    {0x2010, "-"},  {0x2011, "-"},   {0x2012, "-"},   {0x2013, "-"},  {0x2014, "-"},  {0x2015, "-"},  {0x2018, "'"},
    {0x2019, "'"},  {0x201A, "'"},   {0x201B, "'"},   {0x2032, "'"},  {0x2043, "-"},  {0x2212, "-"},  {0xFE58, "-"},
    {0xFE63, "-"},  {0xFF07, "'"},   {0xFF0D, "-"},
};

static const char *fold_of(int32_t c) {
    size_t low = 0, high = sizeof folds / sizeof *folds;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (folds[mid].from == c) {
            return folds[mid].to;
        }
        if (folds[mid].from < c) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

/* The folded name under construction: blanks are written only before the next letter, so none starts or ends it. */
struct folding {
    char *p;
    size_t n;
    bool blank;
};

static inline void put(struct folding *f, char c) {
    if (c == ' ') {
        f->blank = f->n > 0;
        return;
    }
    if (f->blank) {
        f->p[f->n++] = ' ';
        f->blank = false;
    }
    f->p[f->n++] = c;
}

static inline char fold_ascii(char c) {
    if (c >= 'a' && c <= 'z') {
        return (char)(c - 32);
    }
    if (c <= ' ' || c == 0x7f) {
        return ' ';
    }
    return c == '`' ? '\'' : c;
}

static void put_code_point(struct folding *f, int32_t c) {
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        put(f, (char)bytes[i]);
    }
}

static bool is_mark(int32_t c) {
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

static bool is_letter(utf8proc_category_t category) {
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/* One composed code point beyond ASCII. Only what decomposes to Latin letters loses its marks: an accent on e is a
 * spelling of e, but Cyrillic short i is a letter of its own. *latin: whether marks that follow belong to Latin. */
static void fold_code_point(struct folding *f, int32_t c, bool *latin) {
    const char *to = fold_of(c);
    if (to != NULL) {
        for (; *to != 0; to++) {
            put(f, *to);
        }
        *latin = true;
        return;
    }
    utf8proc_category_t category = utf8proc_category(c);
    if (category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
        category == UTF8PROC_CATEGORY_CC) {
        put(f, ' ');
        *latin = true;
        return;
    }
    if (is_mark(c) && *latin) {
        return;
    }
    int32_t parts[16];
    utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, 16, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL);
    *latin = n > 0 && n <= 16 && parts[0] < 0x250 && (parts[0] < 0x80 || fold_of(parts[0]) != NULL);
    if (!*latin) {
        put_code_point(f, c);
        *latin = !is_letter(category) && !is_mark(c); /* a mark on anything but a letter belongs to nothing */
        return;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        to = parts[i] < 0x80 ? NULL : fold_of(parts[i]);
        if (parts[i] < 0x80) {
            put(f, fold_ascii((char)parts[i]));
        } else if (to != NULL) {
            for (; *to != 0; to++) {
                put(f, *to);
            }
        } else if (!is_mark(parts[i])) {
            put_code_point(f, utf8proc_toupper(parts[i]));
        }
    }
}

/* Code points in upper case and canonical composition, without what has no shape (soft hyphens, joiners, marks of
 * direction): in this order, folding twice is folding once. A byte that is not UTF-8 is read as Latin-1: ingest has converted files that
 * say so, and a stray byte should cost one letter, not the name. */
static int32_t *composed(struct rs_arena *arena, struct rs_view raw, size_t *n_out) {
    int32_t *points = rs_arena_alloc(arena, (raw.n + 1) * sizeof *points);
    size_t n = 0;
    for (size_t i = 0; i < raw.n;) {
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)raw.p + i, (utf8proc_ssize_t)(raw.n - i), &points[n]);
        if (used <= 0) {
            points[n] = (unsigned char)raw.p[i];
            used = 1;
        }
        i += (size_t)used;
        if (utf8proc_category(points[n]) == UTF8PROC_CATEGORY_CF || points[n] == 0xFFFD) {
            continue;
        }
        points[n] = is_mark(points[n]) ? points[n] : utf8proc_toupper(points[n]);
        n++;
    }
    utf8proc_ssize_t left = utf8proc_normalize_utf32(points, (utf8proc_ssize_t)n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    *n_out = left < 0 ? n : (size_t)left;
    return points;
}

/* What follows is no name any more, and its decomposition must not fill the memory. */
enum { LONGEST = 1 << 14 };

struct rs_view rs_name_fold(struct rs_arena *arena, struct rs_view raw) {
    if (!rs_has(raw)) {
        return RS_NULL;
    }
    if (raw.n > LONGEST) {
        raw.n = LONGEST;
    }
    struct folding f = {rs_arena_alloc(arena, raw.n + 1), 0, false};
    for (size_t i = 0; i < raw.n; i++) {
        if ((unsigned char)raw.p[i] >= 0x80) {
            goto unicode;
        }
        put(&f, fold_ascii(raw.p[i]));
    }
    return f.n > 0 ? rs_view(f.p, f.n) : RS_NULL;

unicode:;
    size_t n;
    const int32_t *points = composed(arena, raw, &n);
    /* The longest compatibility decomposition has 18 code points of at most 3 bytes. */
    f = (struct folding){rs_arena_alloc(arena, n * 64 + 1), 0, false};
    bool latin = true;
    for (size_t i = 0; i < n; i++) {
        if (points[i] < 0x80) {
            put(&f, fold_ascii((char)points[i]));
            latin = true;
        } else {
            fold_code_point(&f, points[i], &latin);
        }
    }
    return f.n > 0 ? rs_view(f.p, f.n) : RS_NULL;
}

/* ---- suffix ----------------------------------------------------------------------------------------------------- */

/* What the last token says; null where it is no suffix. JUNIOR and SENIOR written out are surnames too: left alone. */
static struct rs_view suffix_of(struct rs_view token) {
    static const struct {
        const char *as_sent, *suffix;
    } known[] = {{"JR", "JR"}, {"SR", "SR"}, {"II", "II"}, {"III", "III"}, {"IV", "IV"},
                 {"V", "V"},   {"JNR", "JR"}, {"SNR", "SR"}, {"2ND", "II"}, {"3RD", "III"},
                 {"4TH", "IV"}, {"5TH", "V"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (rs_eq_c(token, known[i].as_sent)) {
            return rs_cstr(known[i].suffix);
        }
    }
    return RS_NULL;
}

static bool ends_word(char c) { return c == ' ' || c == ',' || c == '.'; }

struct rs_view rs_name_cut_suffix(struct rs_arena *arena, struct rs_view folded, struct rs_view *suffix) {
    (void)arena; /* the rest is always a head of the folded name */
    *suffix = RS_NULL;
    size_t end = folded.n;
    while (end > 0 && ends_word(folded.p[end - 1])) {
        end--;
    }
    size_t start = end;
    while (start > 0 && folded.p[start - 1] != ' ' && folded.p[start - 1] != ',') {
        start--;
    }
    size_t rest = start;
    while (rest > 0 && (folded.p[rest - 1] == ' ' || folded.p[rest - 1] == ',')) {
        rest--;
    }
    /* Cut at most one, and never all of the name: a person may be called V or SR and nothing else. */
    if (rest == 0 || end - start > 3) {
        return folded;
    }
    *suffix = suffix_of(rs_view(folded.p + start, end - start));
    return rs_is_null(*suffix) ? folded : rs_view(folded.p, rest);
}

/* ---- placeholders ----------------------------------------------------------------------------------------------- */

struct placeholder {
    const char *text;
    size_t n;
    bool family, given;
};
#define PLACEHOLDER(text, family, given) {text, sizeof(text) - 1, family, given},
static const struct placeholder placeholders[] = {
#include "schemas/codes/name_placeholders.def"
};
#undef PLACEHOLDER
enum { PLACEHOLDERS = sizeof placeholders / sizeof *placeholders };

static struct rs_view bare(struct rs_view v) {
    static const char edge[] = " .,;:*-_()[]<>\"'?!";
    while (v.n > 0 && memchr(edge, v.p[0], sizeof edge - 1) != NULL) {
        v.p++;
        v.n--;
    }
    while (v.n > 0 && memchr(edge, v.p[v.n - 1], sizeof edge - 1) != NULL) {
        v.n--;
    }
    return v;
}

/* No letter of any script, or nothing but three X or more. */
static bool is_nameless(struct rs_view v) {
    size_t x = 0;
    for (size_t i = 0; i < v.n; i++) {
        if ((v.p[i] >= 'A' && v.p[i] <= 'Z' && v.p[i] != 'X') || (unsigned char)v.p[i] >= 0x80) {
            return false;
        }
        x += v.p[i] == 'X';
    }
    return x == 0 || x >= 3;
}

/* The list is in ascending order of bytes (the unit test checks it): the first text that is not before v. */
static const struct placeholder *from_placeholder(struct rs_view v) {
    size_t low = 0, high = PLACEHOLDERS;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct placeholder *p = &placeholders[mid];
        size_t both = p->n < v.n ? p->n : v.n;
        int c = v.n == 0 ? 1 : (unsigned char)p->text[0] - (unsigned char)v.p[0]; /* mostly decides, without a call */
        c = c != 0 ? c : memcmp(p->text, v.p, both);
        if (c < 0 || (c == 0 && p->n < v.n)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return &placeholders[low];
}

static bool starts_with(const struct placeholder *p, struct rs_view v) {
    return p < placeholders + PLACEHOLDERS && p->n >= v.n && memcmp(p->text, v.p, v.n) == 0;
}

/* `first` and `second` with a blank between; `from` is the search for `first`: what begins with it follows there. */
static bool together(const struct placeholder *from, struct rs_view first, struct rs_view second) {
    for (; first.n > 0 && second.n > 0 && starts_with(from, first); from++) {
        if (from->n == first.n + 1 + second.n && from->text[first.n] == ' ' &&
            memcmp(from->text + first.n + 1, second.p, second.n) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_whole(const struct placeholder *p, struct rs_view v) {
    return v.n > 0 && starts_with(p, v) && p->n == v.n;
}

/* Second letters of the texts of the list, a bit each, by their first: few names begin so, and the others need no
 * search. The unit test tries each text of the list. */
#define L(letter) ((uint32_t)1 << (letter - 'A'))
static const uint32_t begins[26] = {
    ['A' - 'A'] = L('D'),          ['B' - 'A'] = L('A') | L('O'), ['C' - 'A'] = L('O'),
    ['D' - 'A'] = L('E') | L('O') | L('U'), ['F' - 'A'] = L('I'), ['G' - 'A'] = L('I'),
    ['I' - 'A'] = L('N'),          ['L' - 'A'] = L('A'),          ['M' - 'A'] = L('I'),
    ['N' - 'A'] = L('A') | L('E') | L('O'), ['P' - 'A'] = L('A'), ['R' - 'A'] = L('E'),
    ['T' - 'A'] = L('B') | L('E'), ['U' - 'A'] = L('N'),          ['W' - 'A'] = L('I'),
    ['X' - 'A'] = L('X'),          ['Z' - 'A'] = L('Z'),
};
/* And third letters, for those that pass. */
static const uint32_t goes_on[26] = {
    ['A' - 'A'] = L('U'),          ['B' - 'A'] = L('B') | L('Y'), ['C' - 'A'] = L('N'),
    ['D' - 'A'] = L('C') | L('N') | L('P'), ['F' - 'A'] = L('R'), ['G' - 'A'] = L('R'),
    ['I' - 'A'] = L('F'),          ['L' - 'A'] = L('S'),          ['M' - 'A'] = L('S'),
    ['N' - 'A'] = L('M') | L('W') | L('N') | L('T'), ['P' - 'A'] = L('T'), ['R' - 'A'] = L('F'),
    ['T' - 'A'] = L('D') | L('S'), ['U' - 'A'] = L('A') | L('I') | L('K') | L('N'), ['W' - 'A'] = L('T'),
    ['X' - 'A'] = L('X'),          ['Z' - 'A'] = L('T') | L('Z'),
};
#undef L

/* Surely none, alone or beside another name that is surely none: it begins with letters that no text begins with. */
static inline bool is_plain_name(struct rs_view v) {
    if (v.n < 2) {
        return false;
    }
    unsigned first = (unsigned)((unsigned char)v.p[0] - 'A'), second = (unsigned)((unsigned char)v.p[1] - 'A');
    if (first >= 26 || second >= 26 || !(begins[first] >> second & 1)) {
        return first < 26 && second < 26;
    }
    unsigned third = v.n > 2 ? (unsigned)((unsigned char)v.p[2] - 'A') : 26;
    return third < 26 && !(goes_on[first] >> third & 1);
}

/* What a hospital calls a child without a name yet: BABY BOY MARIA, BABYGIRL 2, INFANT OF MARIA. */
static bool is_newborn(struct rs_view given) {
    static const char *const begins_with[] = {"BABY BOY ", "BABY GIRL ", "BABYBOY ", "BABYGIRL ", "INFANT OF "};
    for (size_t i = 0; i < sizeof begins_with / sizeof *begins_with; i++) {
        size_t n = strlen(begins_with[i]);
        if (given.n > n && memcmp(given.p, begins_with[i], n) == 0) {
            return true;
        }
    }
    return false;
}

bool rs_name_is_placeholder(struct rs_view family_folded, struct rs_view given_folded) {
    bool has_family = rs_has(family_folded), has_given = rs_has(given_folded);
    if ((!has_family || is_plain_name(family_folded)) && (!has_given || is_plain_name(given_folded))) {
        return false;
    }
    if ((has_family && is_nameless(family_folded)) || (has_given && is_nameless(given_folded))) {
        return true;
    }
    struct rs_view family = bare(family_folded), given = bare(given_folded);
    const struct placeholder *by_family = from_placeholder(family), *by_given = from_placeholder(given);
    if ((is_whole(by_family, family) && by_family->family) || (is_whole(by_given, given) && by_given->given)) {
        return true;
    }
    return is_newborn(given) || together(by_family, family, given) || together(by_given, given, family);
}
