/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements that a segment has beyond those of the guides: a sender's own, or two fields that a separator in a value made. No
 * rule reads them, and in either case somebody must be able to see that they are there. */
#include "x12.h"

/* 0 for a segment of no fixed length. */
static unsigned elements_of(struct rs_view id) {
    uint32_t code = 0;
    if (id.n < 2 || id.n > 3) return 0;
    for (size_t i = 0; i < 3; i++) code = code << 8 | (i < id.n ? (unsigned char)id.p[i] : 0);
    switch (code) {
#define SEGMENT(a, b, c, elements) case (uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c): return elements;
#include "schemas/codes/x12_834_elements.def"
#undef SEGMENT
    default: return 0;
    }
}

unsigned rs_x12_surplus(const struct rs_x12_segment *s, char separator) {
    enum { FEWEST = 1 }; /* of any segment: LX */
    unsigned found = 0;
    if (s->n <= FEWEST + 1) return 0;
    unsigned most = elements_of(s->el[0]);
    if (!most || s->n <= most + 1) return 0;
    for (unsigned i = most + 1; i < s->n; i++) found += rs_has(s->el[i]);
    for (struct rs_view rest = s->rest; !rs_is_null(rest);) found += rs_has(rs_trim(rs_split(&rest, separator)));
    return found;
}
