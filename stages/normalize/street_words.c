/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of schemas/codes/street.def, found by hash: a street has five or six words, and most are in no list. */
#include "street_words.h"
#include <stdlib.h>
#include "pipeline/base/bytes.h"

enum { SLOTS = 2048, FILTER_BITS = 8192 };
struct rs_street_words {
    struct rs_arena arena;         /* standards, with bytes to spare behind them */
    uint64_t filter[FILTER_BITS / 64]; /* a bit for each word: mostly says no without a look at the table */
    struct slot {
        uint64_t a, b; /* the word, padded with zeros */
        struct rs_street_word word;
    } slots[SLOTS];
};

struct list {
    enum rs_street_kind kind;
    const char *standard, *others;
};
static const struct list lists[] = {
#define SUFFIX(standard, others) {RS_STREET_SUFFIX, standard, others},
#define UNIT(standard, others) {RS_STREET_UNIT, standard, others},
#define UNIT_ALONE(standard, others) {RS_STREET_UNIT_ALONE, standard, others},
#define DIRECTION(standard, others) {RS_STREET_DIRECTION, standard, others},
#define NAME_WORD(standard, others) {RS_STREET_NAME, standard, others},
#define HIGHWAY(text, standard)
#define BOX(text)
#define RURAL(text)
#define CONTRACT(text)
#define MILITARY_UNIT(text)
#define DELIVERY(text)
#include "schemas/codes/street.def"
#undef SUFFIX
#undef UNIT
#undef UNIT_ALONE
#undef DIRECTION
#undef NAME_WORD
#undef HIGHWAY
#undef BOX
#undef RURAL
#undef CONTRACT
#undef MILITARY_UNIT
#undef DELIVERY
};

static const struct rs_street_phrase phrases[] = {
#define VIEW(text) {"" text, sizeof(text) - 1}
#define SUFFIX(standard, others)
#define UNIT(standard, others)
#define UNIT_ALONE(standard, others)
#define DIRECTION(standard, others)
#define NAME_WORD(standard, others)
#define HIGHWAY(text, standard) {RS_PHRASE_HIGHWAY, VIEW(text), VIEW(standard)},
#define BOX(text) {RS_PHRASE_BOX, VIEW(text), VIEW("PO BOX")},
#define RURAL(text) {RS_PHRASE_RURAL, VIEW(text), VIEW("RR")},
#define CONTRACT(text) {RS_PHRASE_CONTRACT, VIEW(text), VIEW("HC")},
#define MILITARY_UNIT(text) {RS_PHRASE_MILITARY, VIEW(text), VIEW(text)},
#define DELIVERY(text) {RS_PHRASE_DELIVERY, VIEW(text), VIEW("GENERAL DELIVERY")},
#include "schemas/codes/street.def"
};

const struct rs_street_phrase *rs_street_phrases(size_t *n) {
    *n = sizeof phrases / sizeof *phrases;
    return phrases;
}

static void key_of(struct rs_view v, uint64_t *a, uint64_t *b) {
    char bytes[16] = {0};
    memcpy(bytes, v.p, v.n);
    *a = rs_word(bytes);
    *b = rs_word(bytes + 8);
}

static uint64_t hash(uint64_t a, uint64_t b) { return (a ^ b * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u >> 32; }

static struct rs_street_word *add(struct rs_street_words *t, struct rs_view text) {
    uint64_t a, b;
    key_of(text, &a, &b);
    uint64_t h = hash(a, b);
    t->filter[h % FILTER_BITS / 64] |= (uint64_t)1 << h % 64;
    for (size_t i = h % SLOTS;; i = (i + 1) % SLOTS) {
        struct slot *s = &t->slots[i];
        if (s->a == 0 || (s->a == a && s->b == b)) {
            s->a = a;
            s->b = b;
            return &s->word;
        }
    }
}

static void add_to_list(struct rs_street_words *t, const struct list *l, struct rs_view text) {
    struct rs_street_word *w = add(t, text);
    char padded[16] = {0};
    memcpy(padded, l->standard, strlen(l->standard));
    w->kinds |= (unsigned)l->kind;
    *(l->kind == RS_STREET_SUFFIX ? &w->suffix : l->kind == RS_STREET_NAME ? &w->name : &w->other) =
        rs_view(rs_arena_copy(&t->arena, padded, sizeof padded), strlen(l->standard));
}

struct rs_street_words *rs_street_words_new(void) {
    struct rs_street_words *t = rs_alloc(sizeof *t);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        add_to_list(t, &lists[i], rs_cstr(lists[i].standard));
        for (struct rs_view rest = rs_cstr(lists[i].others); rs_has(rest);) {
            add_to_list(t, &lists[i], rs_split(&rest, ' '));
        }
    }
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        struct rs_view rest = phrases[i].text;
        struct rs_street_word *w = add(t, rs_split(&rest, ' '));
        w->kinds |= phrases[i].kind == RS_PHRASE_HIGHWAY ? RS_STREET_HIGHWAY : RS_STREET_BEGINS;
    }
    return t;
}

void rs_street_words_free(struct rs_street_words *t) {
    if (t != NULL) {
        rs_arena_free(&t->arena);
    }
    free(t);
}

const struct rs_street_word *rs_street_word(const struct rs_street_words *t, const char *p, size_t n) {
    if (n > 15 || p[0] < 'A' || p[0] > 'Z') {
        return NULL;
    }
    uint64_t a = rs_word(p), b = n > 8 ? rs_word(p + 8) & (~(uint64_t)0 >> (128 - 8 * n)) : 0;
    a = n < 8 ? a & (((uint64_t)1 << 8 * n) - 1) : a;
    uint64_t h = hash(a, b);
    if (!(t->filter[h % FILTER_BITS / 64] >> h % 64 & 1)) {
        return NULL;
    }
    for (size_t i = h % SLOTS; t->slots[i].a != 0; i = (i + 1) % SLOTS) {
        if (t->slots[i].a == a && t->slots[i].b == b) {
            return &t->slots[i].word;
        }
    }
    return NULL;
}
