/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name folding, suffixes and placeholders, with names as real files have them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/file.h"
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
