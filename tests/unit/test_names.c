/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name folding, suffixes and placeholders, with names as real files have them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/reference/name_fold.h"

static struct rs_arena arena;

static void fold_is(const char *raw, const char *want) {
    struct rs_view got = rs_name_fold(&arena, rs_cstr(raw));
    if (want == NULL) {
        cr_assert(rs_is_null(got), "\"%s\" should fold to null, got \"%.*s\"", raw, (int)got.n, got.p);
        return;
    }
    cr_assert(rs_eq_c(got, want), "\"%s\" should fold to \"%s\", got \"%.*s\"", raw, want, (int)got.n, got.p);
}

Test(fold, ascii) {
    fold_is("Smith", "SMITH");
    fold_is("  de   la\tCruz ", "DE LA CRUZ");
    fold_is("O'Brien", "O'BRIEN");
    fold_is("O`Brien", "O'BRIEN");
    fold_is("Smith-Jones", "SMITH-JONES");
    fold_is("St. John", "ST. JOHN");
    fold_is("Mosciski958", "MOSCISKI958");
    fold_is("", NULL);
    fold_is(" \t ", NULL);
    cr_assert(rs_is_null(rs_name_fold(&arena, RS_NULL)));
}

Test(fold, accents_and_ligatures) {
    fold_is("Garc\u00eda", "GARCIA");
    fold_is("Garci\u0301a", "GARCIA"); /* i and a combining accent */
    fold_is("GARC\u00cdA", "GARCIA");
    fold_is("Nu\u00f1ez", "NUNEZ");
    fold_is("M\u00fcller", "MULLER");
    fold_is("Stra\u00dfe", "STRASSE");
    fold_is("\u0141ukasz", "LUKASZ");
    fold_is("S\u00f8rensen", "SORENSEN");
    fold_is("\u00c6gir", "AEGIR");
    fold_is("Nguy\u1ec5n", "NGUYEN");
    fold_is("\u0110\u1eb7ng", "DANG");
    fold_is("Y\u0131ld\u0131z", "YILDIZ");
    fold_is("\u015eahin", "SAHIN");
    fold_is("Sch\ufb01\ufb02er", "SCHFIFLER"); /* fi and fl ligatures */
    fold_is("M\u00aa", "MA");              /* Maria, as Spanish registers shorten it */
    fold_is("Garc\xed" "a", "GARCIA");     /* Latin-1 bytes that nobody converted */
}

Test(fold, typographic_marks) {
    fold_is("O\u2019Brien", "O'BRIEN");
    fold_is("D\u02bcAngelo", "D'ANGELO");
    fold_is("Smith\u2013Jones", "SMITH-JONES");
    fold_is("Smith\u2011Jones", "SMITH-JONES");
    fold_is("de\u00a0la\u2003Cruz", "DE LA CRUZ");
    fold_is("\ufeffSmith\u200b", "SMITH");
}

Test(fold, other_scripts_stay) {
    fold_is("\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0412\u0410\u041d\u041e\u0412");
    /* short i is a letter, not i with an accent, composed or not */
    fold_is("\u0419\u043e\u0444\u0444\u0435", "\u0419\u041e\u0424\u0424\u0415");
    fold_is("\u0418\u0306\u043e\u0444\u0444\u0435", "\u0419\u041e\u0424\u0424\u0415");
    fold_is("\u738b", "\u738b");
    fold_is("\u0645\u062d\u0645\u062f", "\u0645\u062d\u0645\u062f");
}

/* Any bytes: folding ends, gives text without edges of blanks, and folding it again changes nothing. */
Test(fold, any_bytes_and_twice_is_once, .timeout = 120) {
    static const char *const pieces[] = {"\u0301", "\u0130", "\u0131", "\ufb01", "\u00df", "\u01c6", "\u3300", "\ufdfa",
                                         "\u0149", "\u10d0", "\u03af", "\u0345", "\u200d", "\u2044", " ",      "'",
                                         "a",      "Z",      "\xff",   "\xc3",   "\xe2\x80", "\u00a0", "\u1e9e", "\u0390"};
    struct rs_random r = rs_random(7, 1, 1);
    for (int i = 0; i < 200000; i++) {
        char text[128];
        size_t n = 0;
        for (uint32_t parts = rs_random_below(&r, 12); parts > 0; parts--) {
            if (rs_random_below(&r, 4) == 0) {
                text[n++] = (char)rs_random_below(&r, 256);
                continue;
            }
            const char *piece = pieces[rs_random_below(&r, sizeof pieces / sizeof *pieces)];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        struct rs_view once = rs_name_fold(&arena, rs_view(text, n)), twice = rs_name_fold(&arena, once);
        cr_assert(rs_eq(once, twice), "%.*s, folded again %.*s", (int)once.n, once.p, (int)twice.n, twice.p);
        cr_assert(rs_is_null(once) || (once.n > 0 && once.p[0] != ' ' && once.p[once.n - 1] != ' '));
        cr_assert(rs_is_null(once) || rs_utf8_valid(once));
        if (i % 1000 == 0) {
            rs_arena_reset(&arena);
        }
    }
}

static void suffix_is(const char *folded, const char *name, const char *want) {
    struct rs_view suffix, got = rs_name_cut_suffix(&arena, rs_cstr(folded), &suffix);
    cr_assert(rs_eq_c(got, name), "\"%s\": name \"%.*s\"", folded, (int)got.n, got.p);
    cr_assert(want == NULL ? rs_is_null(suffix) : rs_eq_c(suffix, want), "\"%s\": suffix", folded);
}

Test(suffix, is_a_token) {
    suffix_is("SMITH JR", "SMITH", "JR");
    suffix_is("SMITH, JR.", "SMITH", "JR");
    suffix_is("SMITH SR", "SMITH", "SR");
    suffix_is("SMITH III", "SMITH", "III");
    suffix_is("DE LA CRUZ IV", "DE LA CRUZ", "IV");
    suffix_is("SMITH 2ND", "SMITH", "II");
    suffix_is("SMITH V", "SMITH", "V");
}

Test(suffix, is_never_a_tail_of_letters) {
    suffix_is("NASR", "NASR", NULL);
    suffix_is("MASR", "MASR", NULL);
    suffix_is("SHIV", "SHIV", NULL);
    suffix_is("JR", "JR", NULL);
    suffix_is("V", "V", NULL);
    suffix_is("SILVA JUNIOR", "SILVA JUNIOR", NULL);
    suffix_is("ST. JOHN", "ST. JOHN", NULL);
    suffix_is("DE LA CRUZ", "DE LA CRUZ", NULL);
}

static bool placeholder(const char *family, const char *given) {
    return rs_name_is_placeholder(rs_cstr(family), rs_cstr(given));
}

Test(placeholder, whole_fields) {
    cr_assert(placeholder("DECLINED", NULL));
    cr_assert(placeholder("UNKNOWN", "JOHN"));
    cr_assert(placeholder("SMITH", "BABY BOY"));
    cr_assert(placeholder("PATIENT", "TEST"));
    cr_assert(placeholder("TEST", "PATIENT"));
    cr_assert(placeholder("TEST PATIENT", NULL));
    cr_assert(placeholder("NAME", "NO"));
    cr_assert(placeholder("XXXX", NULL));
    cr_assert(placeholder("...", NULL));
    cr_assert(placeholder("*UNKNOWN*", NULL));
    cr_assert(placeholder("N/A", NULL));
}

Test(placeholder, list_is_sorted) {
    static const char *const list[] = {
#define PLACEHOLDER(text, family, given) text,
#include "schemas/codes/name_placeholders.def"
#undef PLACEHOLDER
    };
    for (size_t i = 1; i < sizeof list / sizeof *list; i++) {
        cr_assert_lt(strcmp(list[i - 1], list[i]), 0, "%s stands before %s", list[i - 1], list[i]);
    }
}

/* Every text of the list is found, whole and as two fields either way round: none is passed over by its first letters. */
Test(placeholder, every_text_is_found) {
    static const struct {
        const char *text;
        bool family, given;
    } list[] = {
#define PLACEHOLDER(text, family, given) {text, family, given},
#include "schemas/codes/name_placeholders.def"
#undef PLACEHOLDER
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        cr_assert_eq(placeholder(list[i].text, NULL), list[i].family, "%s", list[i].text);
        cr_assert_eq(placeholder(NULL, list[i].text), list[i].given, "%s", list[i].text);
        const char *blank = strchr(list[i].text, ' ');
        for (; blank != NULL; blank = strchr(blank + 1, ' ')) {
            char first[64] = {0};
            memcpy(first, list[i].text, (size_t)(blank - list[i].text));
            cr_assert(placeholder(first, blank + 1) && placeholder(blank + 1, first), "%s", list[i].text);
        }
    }
}

Test(placeholder, never_a_listed_name) {
    const char *real[] = {"NULL", "TRUE", "NAN", "TEST", "UNK", "BABY", "BOY", "DOE", "NEWBORN", "CHILD", "VOID", "XX"};
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        cr_assert_not(placeholder(real[i], "MARIA"), "%s", real[i]);
    }
    cr_assert_not(placeholder("SMITH", "NA"));
    cr_assert_not(placeholder("NO", "MI")); /* Korean */
    cr_assert_not(placeholder("DOE", "JOHN"));
    cr_assert_not(placeholder(NULL, NULL));
    cr_assert_not(placeholder("\u738b", "\u4e94"));
}

/* No listed surname is a placeholder by itself: all of them, where the tables are at hand. */
static void no_line_is_placeholder(const char *name, bool given) {
    const char *shared = getenv("RELSOGI_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/reference/%s", shared ? shared : RELSOGI_SOURCE_DIR "/../shared", name);
    struct rs_error error = {0};
    struct rs_in *in = rs_in_open(path, &error);
    if (in == NULL) {
        cr_skip_test("%s is not at hand", name);
    }
    struct rs_buffer all = {0};
    for (size_t got = 1; got > 0;) {
        cr_assert(rs_in_read(in, rs_buffer_reserve(&all, 1 << 16), 1 << 16, &got, &error), "%s", error.text);
        all.n += got;
    }
    rs_in_close(in);
    size_t names = 0;
    struct rs_view rest = rs_view(all.p, all.n);
    rs_split(&rest, '\n');
    while (!rs_is_null(rest)) {
        struct rs_view line = rs_split(&rest, '\n'), word = rs_split(&line, ',');
        if (!rs_has(word) || word.p[0] == '<' || memchr(word.p, ' ', word.n) != NULL) {
            continue;
        }
        names++;
        bool flagged = given ? rs_name_is_placeholder(RS_NULL, word) : rs_name_is_placeholder(word, RS_NULL);
        cr_assert(!flagged || (given && rs_eq_c(word, "UNKNOWN")), "%.*s is a listed name", (int)word.n, word.p);
    }
    cr_assert_gt(names, 100000u);
    rs_buffer_free(&all);
}
Test(placeholder, no_census_surname_is_one, .timeout = 120) {
    no_line_is_placeholder("surname_2010_counts.csv.gz", false);
}
Test(placeholder, no_listed_first_name_is_one, .timeout = 120) {
    no_line_is_placeholder("first_name_given_race_voterfile.csv.gz", true);
}
