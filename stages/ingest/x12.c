/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments and envelopes, without meaning: the 834's members are read in x12_834.c. */
#include "x12.h"
#include "pipeline/base/date.h"

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static bool alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Where the next segment begins: line breaks and blanks between segments, and empty segments, are no segments. */
static const char *skip(const char *p, const char *end, const struct rs_x12_env *env) {
    for (;;) {
        while (p < end && (blank(*p) || (env->known && *p == env->terminator))) p++;
        if (end - p < 3 || *p != '\xEF' || memcmp(p, "\xEF\xBB\xBF", 3) != 0) return p;
        p += 3; /* files that were joined carry a BOM each */
    }
}

/* ---- envelope segments ---------------------------------------------------------------------------------------- */

bool rs_x12_isa(const char *p, size_t n, struct rs_x12_env *env, size_t *length) {
    if (n < 20 || memcmp(p, "ISA", 3) != 0 || alphanumeric(p[3]) || blank(p[3])) return false;
    char separator = p[3];
    size_t starts[17] = {0}, count = 0;
    for (size_t i = 3; i < n && i < 400 && count < 16; i++)
        if (p[i] == separator) starts[++count] = i + 1;
    size_t at = starts[16];
    if (count < 16 || at + 1 >= n) return false;
    char component = p[at], terminator = p[at + 1];
    if (alphanumeric(terminator) || component == separator || terminator == separator) return false;
    *env = (struct rs_x12_env){.element = separator, .component = component, .terminator = terminator, .known = true};
    struct rs_view version = rs_trim(rs_view(p + starts[12], starts[13] - 1 - starts[12]));
    struct rs_view repeat = rs_view(p + starts[11], starts[12] - 1 - starts[11]);
    /* ISA11 was the standards identifier ("U") up to version 00401. Some 5010 files still send it, and repeat with the usual
     * separator all the same. */
    bool repeats = repeat.n == 1 && rs_compare(version, RS_LIT("00402")) >= 0;
    char mark = repeats && repeat.p[0] == 'U' ? '^' : repeats ? repeat.p[0] : ' ';
    if (!alphanumeric(mark) && !blank(mark) && mark != separator && mark != component && mark != terminator)
        env->repetition = mark;
    *length = at + 2;
    return true;
}

enum control { NONE, INS, ISA, GS, ST, SE, GE, IEA };

static enum control control_of(const char *p, size_t n, char separator) {
    static const struct { char id[4]; uint8_t n; enum control control; } ids[] = {
        {"INS", 3, INS}, {"ISA", 3, ISA}, {"IEA", 3, IEA}, {"GS", 2, GS}, {"GE", 2, GE}, {"ST", 2, ST}, {"SE", 2, SE}};
    if (n < 2 || (p[0] != 'I' && p[0] != 'G' && p[0] != 'S')) return NONE;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (n >= ids[i].n && memcmp(p, ids[i].id, ids[i].n) == 0 && (n == ids[i].n || p[ids[i].n] == separator))
            return ids[i].control;
    return NONE;
}

static struct rs_view element(const char *p, size_t n, char separator, unsigned number) {
    struct rs_view rest = rs_view(p, n), e = rs_split(&rest, separator);
    for (unsigned i = 0; i < number; i++) {
        if (rs_is_null(rest)) return RS_NULL;
        e = rs_split(&rest, separator);
    }
    return rs_trim(e);
}

/* GS05 (HHMM, HHMMSS, HHMMSSD, HHMMSSDD), then ISA13 (at most nine digits). */
static uint64_t moment_of(struct rs_view time, struct rs_view interchange) {
    int64_t number = 0;
    if (interchange.n > 9 || !rs_parse_long(interchange, &number) || number < 0) number = 0;
    return rs_time_of_day(time) << 32 | (uint64_t)number;
}

bool rs_x12_group_date(const char *p, size_t n, int32_t *date, uint64_t *moment) {
    struct rs_x12_env env = {0};
    const char *end = p + n;
    size_t length;
    *moment = 0;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
    p = skip(p, end, &env);
    if (!rs_x12_isa(p, (size_t)(end - p), &env, &length)) return false;
    struct rs_view interchange = element(p, length - 1, env.element, 13);
    for (p += length; (p = skip(p, end, &env)) < end;) {
        const char *stop = memchr(p, env.terminator, (size_t)(end - p));
        if (!stop) return false;
        if (control_of(p, (size_t)(stop - p), env.element) == GS) {
            *moment = moment_of(element(p, (size_t)(stop - p), env.element, 5), interchange);
            return rs_day_parse_any(element(p, (size_t)(stop - p), env.element, 4), date);
        }
        p = stop + 1;
    }
    return false;
}

/* ---- headers of transaction sets ------------------------------------------------------------------------------ */

/* A segment between ST and the first INS. True where the set has taken it in. */
static bool take_header(struct rs_x12_set *set, const char *p, size_t n, char separator) {
    bool dates = n > 4 && memcmp(p, "DTP", 3) == 0, reference = n > 4 && memcmp(p, "REF", 3) == 0;
    if (!(dates || reference) || p[3] != separator) return false;
    struct rs_view what = element(p, n, separator, 1), value = element(p, n, separator, dates ? 3 : 2);
    if (reference) {
        if (!rs_eq_c(what, "38") || !rs_has(value) || value.n > RS_X12_MAX_POLICY) return false;
        memcpy(set->policy, value.p, value.n);
        set->policy_n = (uint8_t)value.n;
        return true;
    }
    if (rs_eq_c(what, "007")) return (set->effective = rs_day_parse_any(value, &set->effective_day));
    return rs_eq_c(what, "303") && (set->maintained = rs_day_parse_any(value, &set->maintenance_day));
}

/* ---- cutting -------------------------------------------------------------------------------------------------- */

/* A control segment met but not yet taken in: it is, once the next one shows that all before it is whole. */
struct pending {
    enum control control;
    size_t at, n;
    uint64_t number;
    bool done;
    struct rs_x12_totals totals; /* of an ST: what its header says */
};

static void fault(struct rs_x12_cut *cut, enum rs_x12_fault kind, size_t at, uint64_t number) {
    if (cut->n_faults == sizeof cut->faults / sizeof cut->faults[0]) return;
    cut->faults[cut->n_faults].kind = kind;
    cut->faults[cut->n_faults].at = at;
    cut->faults[cut->n_faults++].number = number;
}

static bool is_count(struct rs_view v, uint64_t count) {
    int64_t said;
    return rs_parse_long(v, &said) && said >= 0 && (uint64_t)said == count;
}

/* Totals that the header of a transaction set states (005010X220A1, QTY in the header): members, subscribers, dependents. */
static void take_total(struct rs_x12_totals *totals, const char *p, size_t n, char separator) {
    static const char *const kinds[] = {"TO", "ET", "DT"};
    struct rs_view kind = element(p, n, separator, 1);
    int64_t total;
    for (int i = 0; i < 3; i++) {
        if (!rs_eq_c(kind, kinds[i])) continue;
        totals->has[i] = rs_parse_long(element(p, n, separator, 2), &total) && total >= 0;
        totals->n[i] = totals->has[i] ? (uint64_t)total : 0;
    }
}

static bool totals_hold(const struct rs_x12_cutter *c) {
    const uint64_t found[] = {c->members, c->subscribers, c->members - c->subscribers};
    for (int i = 0; i < 3; i++)
        if (c->totals.has[i] && c->totals.n[i] != found[i]) return false;
    return true;
}

static void take_in(struct rs_x12_cutter *c, const struct pending *s, const char *base, struct rs_x12_cut *cut) {
    const char *p = base + s->at;
    char separator = c->env.element;
    size_t length;
    switch (s->control) {
    case ISA:
        if (c->in_isa) fault(cut, RS_X12_UNCLOSED, s->at, s->number);
        if (rs_x12_isa(p, s->n + 1, &c->env, &length)) c->in_isa = true;
        c->groups = 0;
        c->in_gs = c->in_st = false;
        break;
    case GS:
        if (c->in_gs) fault(cut, RS_X12_UNCLOSED, s->at, s->number);
        c->in_gs = true;
        c->in_st = false;
        c->groups++;
        c->sets = 0;
        c->env.dated = rs_day_parse_any(element(p, s->n, separator, 4), &c->env.date);
        break;
    case INS:
        c->members++;
        c->subscribers += rs_eq_c(element(p, s->n, separator, 1), "Y");
        break;
    case ST:
        if (c->in_st) fault(cut, RS_X12_UNCLOSED, s->at, s->number);
        c->in_st = true;
        c->members = c->subscribers = 0;
        c->totals = s->totals;
        c->sets++;
        c->st_number = s->number;
        break;
    case SE:
        if (!c->in_st || !is_count(element(p, s->n, separator, 1), s->number - c->st_number + 1))
            fault(cut, RS_X12_SE_COUNT, s->at, s->number);
        if (c->in_st && !totals_hold(c)) fault(cut, RS_X12_QTY_TOTAL, s->at, s->number);
        c->in_st = false;
        break;
    case GE:
        if (!c->in_gs || !is_count(element(p, s->n, separator, 1), c->sets))
            fault(cut, RS_X12_GE_COUNT, s->at, s->number);
        c->in_gs = false;
        break;
    case IEA:
        if (!c->in_isa || !is_count(element(p, s->n, separator, 1), c->groups))
            fault(cut, RS_X12_IEA_COUNT, s->at, s->number);
        c->in_isa = false;
        break;
    default: break;
    }
}

/* Length of the segment at p, without terminator; 0 where its end is not among the n bytes. */
static size_t segment_length(const struct rs_x12_cutter *c, const char *p, size_t n, bool last) {
    struct rs_x12_env env;
    size_t length;
    if (n >= 3 && memcmp(p, "ISA", 3) == 0) {
        if (n < 400 && !last && !rs_x12_isa(p, n, &env, &length)) return 0;
        if (rs_x12_isa(p, n, &env, &length)) return length - 1;
    }
    if (!c->env.known) return last ? n : 0;
    const char *stop = memchr(p, c->env.terminator, n);
    return stop ? (size_t)(stop - p) : last ? n : 0;
}

void rs_x12_cut(struct rs_x12_cutter *c, const char *p, size_t n, bool last, struct rs_x12_cut *cut) {
    struct pending pending = {0};
    uint64_t number = c->number, records = 0;
    size_t at = 0, last_at = 0;
    bool head_done = c->head_done;
    const struct rs_x12_set first = c->set;
    struct rs_x12_set set = first; /* as of the segment at hand */
    memset(cut, 0, sizeof *cut);
    for (;;) {
        at = (size_t)(skip(p + at, p + n, &c->env) - p);
        if (at == n) break;
        size_t length = segment_length(c, p + at, n - at, last);
        if (!length) break;
        number++;
        last_at = at;
        enum control control = control_of(p + at, length, c->env.known ? c->env.element : '*');
        if (length > 3 && memcmp(p + at, "ISA", 3) == 0) control = ISA; /* its separators may be others */
        if (control == ISA && !rs_x12_isa(p + at, n - at, &(struct rs_x12_env){0}, &(size_t){0})) control = NONE;
        if (control != NONE) {
            bool envelope = control == ISA || control == GS;
            if (pending.control && !pending.done) take_in(c, &pending, p, cut);
            /* All before this segment is whole: the block may end here. */
            if (pending.control) {
                cut->length = at;
                cut->records = records;
                c->number = number - 1;
                c->head_done = false;
                c->set = set;
            }
            /* One ISA and, among members, one GS a block. */
            if (cut->length && (control == ISA || (control == GS && records) || cut->n_faults >= 4)) {
                cut->env = c->env;
                cut->env.set = first;
                return;
            }
            if (control != INS) set = (struct rs_x12_set){0};
            pending = (struct pending){.control = control, .at = at, .n = length, .number = number, .done = head_done};
            head_done = false;
            /* Separators and dates are needed from here on. */
            if (envelope && !pending.done) {
                take_in(c, &pending, p, cut);
                pending.done = true;
            }
            c->head_done = pending.done;
            records += control == INS;
        } else if (pending.control == ST && length > 4) {
            if (memcmp(p + at, "QTY", 3) == 0) take_total(&pending.totals, p + at, length, c->env.element);
            else take_header(&set, p + at, length, c->env.element);
        }
        at += length + 1;
        if (at >= n) break;
    }
    cut->env = c->env;
    cut->env.set = first;
    if (!last) return;
    if (pending.control && !pending.done) take_in(c, &pending, p, cut);
    if (c->in_isa || c->in_gs || c->in_st) fault(cut, RS_X12_UNCLOSED, last_at, number);
    c->in_isa = c->in_gs = c->in_st = c->head_done = false;
    c->set = (struct rs_x12_set){0};
    cut->length = n;
    cut->records = records;
    c->number = number;
}

/* ---- walking -------------------------------------------------------------------------------------------------- */

void rs_x12_walk(struct rs_x12_walk *w, const char *p, size_t n, const struct rs_x12_env *env, uint64_t first_number) {
    *w = (struct rs_x12_walk){.p = p, .end = p + n, .base = p, .env = *env, .loop = RS_LOOP_ENVELOPE,
                              .number = first_number};
}

static void split(struct rs_x12_segment *s, const char *p, const char *end, char separator) {
    unsigned n = 0;
    s->rest = RS_NULL;
    for (;;) {
        const char *stop = p;
        while (stop < end && *stop != separator) stop++;
        const char *from = p, *to = stop;
        while (from < to && blank(*from)) from++;
        while (to > from && blank(to[-1])) to--;
        s->el[n++] = rs_view(from, (size_t)(to - from));
        if (stop == end) break;
        p = stop + 1;
        if (n < RS_X12_MAX_ELEMENTS) continue;
        s->rest = rs_view(p, (size_t)(end - p));
        break;
    }
    s->n = n;
}

static uint32_t id_code(struct rs_view id) {
    uint32_t code = 0;
    if (id.n < 2 || id.n > 3) return 0;
    for (size_t i = 0; i < id.n; i++) code = code << 8 | (unsigned char)id.p[i];
    return code;
}

#define ID2(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))
#define ID3(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

static enum rs_x12_loop name_loop(enum rs_x12_loop before, struct rs_view entity) {
    if (before >= RS_LOOP_2300) return before == RS_LOOP_2300 ? RS_LOOP_2310 : before;
    if (rs_eq_c(entity, "IL") || rs_eq_c(entity, "74")) return RS_LOOP_2100A;
    return rs_eq_c(entity, "70") ? RS_LOOP_2100B : RS_LOOP_2100X;
}

/* The loop a segment stands in, and whether the guides know it. */
static void place(struct rs_x12_walk *w, struct rs_x12_segment *s) {
    s->known = true;
    switch (id_code(s->el[0])) {
    case ID3('I', 'N', 'S'):
        if (s->begins) w->loop = RS_LOOP_2000;
        break;
    case ID3('I', 'S', 'A'): case ID3('I', 'E', 'A'): case ID3('T', 'A', '1'):
    case ID2('G', 'S'): case ID2('G', 'E'): case ID2('S', 'T'): case ID2('S', 'E'):
        w->loop = RS_LOOP_ENVELOPE;
        break;
    case ID3('N', 'M', '1'):
        if (w->loop != RS_LOOP_ENVELOPE) w->loop = name_loop(w->loop, rs_x12_el(s, 1));
        break;
    case ID3('D', 'S', 'B'):
        if (w->loop != RS_LOOP_ENVELOPE) w->loop = RS_LOOP_2200;
        break;
    case ID2('H', 'D'):
        if (w->loop != RS_LOOP_ENVELOPE) w->loop = RS_LOOP_2300;
        break;
    case ID2('L', 'X'): case ID3('C', 'O', 'B'):
        if (w->loop != RS_LOOP_ENVELOPE && w->loop != RS_LOOP_2700) w->loop = RS_LOOP_2310;
        break;
    case ID2('L', 'S'):
        if (w->loop != RS_LOOP_ENVELOPE) w->loop = RS_LOOP_2700;
        break;
    case ID3('B', 'G', 'N'): case ID3('R', 'E', 'F'): case ID3('D', 'T', 'P'): case ID3('Q', 'T', 'Y'):
    case ID2('N', '1'): case ID2('N', '2'): case ID2('N', '3'): case ID2('N', '4'): case ID3('A', 'C', 'T'):
    case ID3('P', 'E', 'R'): case ID3('D', 'M', 'G'): case ID2('E', 'C'): case ID3('I', 'C', 'M'):
    case ID3('A', 'M', 'T'): case ID3('H', 'L', 'H'): case ID3('L', 'U', 'I'): case ID3('I', 'D', 'C'):
    case ID3('P', 'L', 'A'): case ID2('L', 'E'): case ID3('D', 'X', 'P'):
        break;
    default: s->known = false;
    }
    s->loop = w->loop;
}

bool rs_x12_next(struct rs_x12_walk *w, struct rs_x12_segment *s) {
    size_t isa;
    const char *p = skip(w->p, w->end, &w->env);
    w->p = p;
    if (p == w->end) return false;
    size_t left = (size_t)(w->end - p);
    const char *stop = NULL;
    bool is_isa = left > 3 && memcmp(p, "ISA", 3) == 0 && rs_x12_isa(p, left, &(struct rs_x12_env){0}, &isa);
    if (is_isa) stop = p + isa - 1;
    else if (w->env.known) stop = memchr(p, w->env.terminator, left);
    if (!stop) stop = w->end;
    s->at = (size_t)(p - w->base);
    s->number = w->number++;
    char separator = w->env.known ? w->env.element : '*';
    enum control control = is_isa ? ISA : control_of(p, (size_t)(stop - p), separator); /* as the cutter finds them */
    if (control == ISA && !is_isa) control = NONE;
    s->begins = control == INS;
    s->header = control == NONE && w->in_header && take_header(&w->env.set, p, (size_t)(stop - p), separator);
    if (control != NONE) w->in_header = control == ST;
    if (control > INS) w->env.set = (struct rs_x12_set){0};
    split(s, p, stop, separator);
    place(w, s);
    w->p = stop < w->end ? stop + 1 : stop;
    return true;
}

bool rs_x12_says(const char *p, size_t n, struct rs_x12_said *said) {
    struct rs_x12_env env = {0};
    struct rs_x12_walk walk;
    struct rs_x12_segment s;
    const char *start = skip(p, p + n, &env);
    size_t length;
    unsigned sets = 0;
    bool change = false, audit = false;
    *said = (struct rs_x12_said){.full = false};
    if (!rs_x12_isa(start, (size_t)(p + n - start), &env, &length)) return false;
    rs_x12_walk(&walk, start, (size_t)(p + n - start), &env, 1);
    while (rs_x12_next(&walk, &s)) {
        sets += rs_eq_c(s.el[0], "ST");
        if (sets == 1 && walk.in_header) said->set = walk.env.set;
        if (rs_eq_c(s.el[0], "BGN")) {
            struct rs_view action = rs_x12_el(&s, 8);
            said->full = said->full || rs_eq_c(action, "4") || rs_eq_c(action, "RX");
            change = change || rs_eq_c(action, "2");
        }
        if (!s.begins) continue;
        audit = rs_eq_c(rs_x12_el(&s, 3), "030");
        break;
    }
    said->doubtful = audit && change && !said->full;
    said->full = said->full || (audit && !change);
    return true;
}
