/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of words and phrases of street lines (schemas/codes/street.def). */
#ifndef RS_NORMALIZE_STREET_WORDS_H
#define RS_NORMALIZE_STREET_WORDS_H
#include "pipeline/base/text.h"

enum rs_street_kind {
    RS_STREET_SUFFIX = 1,
    RS_STREET_UNIT = 2,       /* wants a range behind it */
    RS_STREET_UNIT_ALONE = 4, /* stands alone */
    RS_STREET_DIRECTION = 8,
    RS_STREET_NAME = 16,
    RS_STREET_HIGHWAY = 32, /* begins a phrase of highways */
    RS_STREET_BEGINS = 64,  /* begins another phrase */
};
struct rs_street_word {
    unsigned kinds;
    struct rs_view suffix, other, name; /* standard as suffix; as unit or direction; within a name: 16 bytes long at least */
};

enum rs_phrase_kind {
    RS_PHRASE_HIGHWAY,
    RS_PHRASE_BOX,
    RS_PHRASE_RURAL,
    RS_PHRASE_CONTRACT,
    RS_PHRASE_MILITARY,
    RS_PHRASE_DELIVERY
};
struct rs_street_phrase {
    enum rs_phrase_kind kind;
    struct rs_view text, standard; /* words with one blank between */
};
const struct rs_street_phrase *rs_street_phrases(size_t *n); /* in the order of the file */

struct rs_street_words;
struct rs_street_words *rs_street_words_new(void);
void rs_street_words_free(struct rs_street_words *words);
/* NULL where the word is in no list. 16 bytes from p may be read. */
const struct rs_street_word *rs_street_word(const struct rs_street_words *words, const char *p, size_t n);

#endif
