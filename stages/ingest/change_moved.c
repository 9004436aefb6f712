/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a row is that does not say it by the member's own key: a corrected name or birth date (the member keeps the key it
 * had, and later files know it by the new one), and an end with a given name and no birth date.
 *
 * What an earlier run settled stands in column other_keys of its records, and is known before anything is read. What this
 * run's files say is settled when all of them are in the spill: in the order of the files, as if each had come a night after
 * the other. Then the rows concerned go into the partitions of the members they belong to. */
#include <stdlib.h>
#include "change_private.h"
#include "pipeline/base/bytes.h"

static int by_key(const void *a, const void *b) { return rs_key_compare(*(const struct rs_key *)a, *(const struct rs_key *)b); }

static void *grow(void *p, size_t n, size_t *room, size_t size) {
    if (n < *room) return p;
    *room = *room ? *room * 2 : 16;
    return rs_realloc(p, *room * size);
}

/* ---- settled before --------------------------------------------------------------------------------------------- */

void rs_change_known_as(struct rs_change *c, const struct rs_view *record) {
    struct rs_moved *m = &c->moved;
    struct rs_change_alias alias;
    struct rs_view other_keys = record[RECORD_other_keys];
    if (!rs_has(other_keys) || !rs_key_parse(record[RECORD_record_key], &alias.to)) return;
    while (rs_has(other_keys)) {
        if (!rs_key_parse(rs_split(&other_keys, ' '), &alias.key)) continue;
        m->aliases = grow(m->aliases, m->n_aliases, &m->aliases_room, sizeof *m->aliases);
        m->aliases[m->n_aliases++] = alias;
    }
}

static int by_alias(const void *a, const void *b) {
    const struct rs_change_alias *x = a, *y = b;
    int c = rs_key_compare(x->key, y->key);
    return c ? c : rs_key_compare(x->to, y->to);
}

void rs_change_aliases_known(struct rs_change *c) {
    if (c->moved.n_aliases) qsort(c->moved.aliases, c->moved.n_aliases, sizeof *c->moved.aliases, by_alias);
}

/* The key under which the member stands who is known by this one. */
static struct rs_key identity(const struct rs_change *c, struct rs_key key) {
    const struct rs_moved *m = &c->moved;
    const struct rs_change_alias *found =
        m->n_aliases ? bsearch(&key, m->aliases, m->n_aliases, sizeof *m->aliases, by_key) : NULL;
    return found ? found->to : key;
}

bool rs_change_spill(struct rs_change *c, const struct rs_member_rows *m, uint8_t tag, struct rs_change_head *head,
                     struct rs_error *error) {
    struct rs_key key = identity(c, m->key);
    if (rs_key_compare(key, m->key) != 0) {
        head->known_by = RS_BY_OTHER;
        head->corrected = m->key;
    }
    memcpy(c->line.p, head, sizeof *head);
    if (m->known_by == RS_BY_KEY || c->voids[head->file_no]) return rs_spill_add(c->spill, key, tag, c->line.p, c->line.n, error);
    struct rs_moved *all = &c->moved;
    all->moves = grow(all->moves, all->n_moves, &all->moves_room, sizeof *all->moves);
    all->moves[all->n_moves++] = (struct rs_change_move){
        .key = key,
        .former = m->known_by == RS_BY_FORMER ? identity(c, m->former) : key,
        .known_by = m->known_by,
        .bytes = rs_arena_copy(&c->arena, c->line.p, c->line.n),
        .n = c->line.n};
    return true;
}

/* ---- who stands ------------------------------------------------------------------------------------------------- */

enum { ORDER = sizeof(((struct rs_change_head *)0)->order) };

/* A member that a move may mean. */
struct known {
    struct rs_key key, name; /* first */
    bool ever, named;
    char since[ORDER];  /* zeros: before any change file */
    struct known *now;  /* the member that this one is found to be; NULL: itself */
};

struct name_entry {
    struct known *who;
    size_t next; /* from 1; 0 ends */
};

struct settling {
    struct rs_change *c;
    struct rs_key *wanted, *names; /* sorted */
    size_t n_wanted, n_names;
    struct known *known;
    size_t n, room;
    struct rs_item *items; /* rows of change files under keys that a correction gives, in order of key and file */
    size_t n_items, items_room;
    size_t *slots, n_slots; /* by name: entries from 1 */
    struct name_entry *entries;
    size_t n_entries, entries_room;
    struct rs_arena arena; /* of the partition at hand */
};

static bool among(const struct rs_key *list, size_t n, struct rs_key key) {
    return n && bsearch(&key, list, n, sizeof *list, by_key);
}

/* Column name_key of a record in the spill. */
static bool name_of(struct settling *s, const struct rs_item *item, struct rs_key *name, struct rs_error *error) {
    struct rs_view row[RS_MAX_COLUMNS], line;
    struct rs_change_head head;
    size_t skip = item->tag < TAG_FULL ? sizeof(struct rs_prior_head) : sizeof head, n = item->bytes.n - skip;
    if (item->tag < TAG_FULL && item->tag != PART_RECORD) return false;
    if (item->tag >= TAG_FULL) {
        memcpy(&head, item->bytes.p, sizeof head);
        n = head.n[PART_RECORD];
    }
    line = rs_view(item->bytes.p + skip, n ? n - 1 : 0);
    return n && rs_line_parse(&rs_layout_record, line, &s->arena, row, error) && rs_key_parse(row[RECORD_name_key], name);
}

static struct known *add_known(struct settling *s, struct rs_key key) {
    s->known = grow(s->known, s->n, &s->room, sizeof *s->known);
    s->known[s->n] = (struct known){.key = key};
    return &s->known[s->n++];
}

/* Whether a row counts: of a prior run where that is carried on, of a change file that is not void. */
static bool counts(const struct rs_change *c, const struct rs_item *item) {
    struct rs_prior_head prior;
    struct rs_change_head own;
    if (item->tag < TAG_FULL) {
        memcpy(&prior, item->bytes.p, sizeof prior);
        return c->files[prior.file].source->carry;
    }
    memcpy(&own, item->bytes.p, sizeof own);
    return !c->voids[own.file_no];
}

static void keep_item(struct settling *s, const struct rs_item *item) {
    s->items = grow(s->items, s->n_items, &s->items_room, sizeof *s->items);
    s->items[s->n_items++] = (struct rs_item){
        item->key, item->tag, rs_view(rs_arena_copy(&s->c->arena, item->bytes.p, item->bytes.n), item->bytes.n)};
}

static bool look_at(struct settling *s, const struct rs_partition *p, size_t i, size_t end, struct rs_error *error) {
    struct known one = {.key = p->items[i].key};
    bool wanted = among(s->wanted, s->n_wanted, one.key);
    for (; i < end; i++) {
        const struct rs_item *item = &p->items[i];
        struct rs_key name;
        if (wanted && item->tag == TAG_CHANGE) keep_item(s, item);
        if (!counts(s->c, item)) continue;
        if (!one.ever && item->tag == TAG_CHANGE) memcpy(one.since, item->bytes.p, ORDER);
        one.ever = true;
        if (s->n_names && name_of(s, item, &name, error)) {
            one.name = name;
            one.named = true;
        }
        if (error->code) return false;
    }
    if (wanted || (one.named && among(s->names, s->n_names, one.name))) *add_known(s, one.key) = one;
    return true;
}

/* Reads the partitions once more in which somebody concerned may be: all of them, where a name alone is given. */
static bool look_through(struct settling *s, struct rs_error *error) {
    struct rs_partition p = {0};
    size_t w = 0;
    bool ok = true;
    for (int number = 0; ok && number < RS_PARTITIONS; number++) {
        size_t from = w;
        while (w < s->n_wanted && s->wanted[w].b[0] == number) w++;
        if (w == from && !s->n_names) continue;
        ok = rs_partition_read(s->c->spill, number, &p, error);
        for (size_t i = 0, end; ok && i < p.n; i = end) {
            end = rs_group_end(&p, i);
            ok = look_at(s, &p, i, end, error);
        }
        rs_arena_reset(&s->arena);
    }
    rs_partition_free(&p);
    if (!ok) return false;
    if (s->n) qsort(s->known, s->n, sizeof *s->known, by_key);
    size_t found = s->n;
    for (size_t i = 0; i < s->n_wanted; i++)
        if (!found || !bsearch(&s->wanted[i], s->known, found, sizeof *s->known, by_key)) add_known(s, s->wanted[i]);
    if (s->n) qsort(s->known, s->n, sizeof *s->known, by_key);
    return true;
}

static size_t distinct(struct rs_key *list, size_t n) {
    size_t kept = 0;
    if (n) qsort(list, n, sizeof *list, by_key);
    for (size_t i = 0; i < n; i++)
        if (!kept || rs_key_compare(list[i], list[kept - 1]) != 0) list[kept++] = list[i];
    return kept;
}

static void note_wanted(struct settling *s) {
    const struct rs_moved *m = &s->c->moved;
    s->wanted = rs_alloc((2 * m->n_moves + 1) * sizeof *s->wanted);
    s->names = rs_alloc((m->n_moves + 1) * sizeof *s->names);
    for (size_t i = 0; i < m->n_moves; i++) {
        if (m->moves[i].known_by == RS_BY_NAME) {
            s->names[s->n_names++] = m->moves[i].key;
            continue;
        }
        s->wanted[s->n_wanted++] = m->moves[i].key;
        s->wanted[s->n_wanted++] = m->moves[i].former;
    }
    s->n_wanted = distinct(s->wanted, s->n_wanted);
    s->n_names = distinct(s->names, s->n_names);
}

/* ---- members by name -------------------------------------------------------------------------------------------- */

static size_t *slot_of(struct settling *s, struct rs_key name) {
    return &s->slots[rs_word((const char *)name.b) & (s->n_slots - 1)];
}

/* From now on the member has this name. */
static void give_name(struct settling *s, struct known *who, struct rs_key name) {
    who->name = name;
    who->named = true;
    size_t *slot = slot_of(s, name);
    s->entries = grow(s->entries, s->n_entries, &s->entries_room, sizeof *s->entries);
    s->entries[s->n_entries++] = (struct name_entry){who, *slot};
    *slot = s->n_entries;
}

static void index_names(struct settling *s) {
    for (s->n_slots = 16; s->n_slots < 2 * s->n;) s->n_slots *= 2;
    s->slots = rs_alloc(s->n_slots * sizeof *s->slots);
    for (size_t i = 0; s->n_names && i < s->n; i++)
        if (s->known[i].named) give_name(s, &s->known[i], s->known[i].name);
}

static bool stands(const struct known *k, const char *order) { return k->ever && memcmp(k->since, order, ORDER) < 0; }

/* The one member who has this name when the file comes; NULL where there is none, or more. */
static struct known *named(struct settling *s, struct rs_key name, const char *order) {
    struct known *found = NULL;
    for (size_t e = *slot_of(s, name); e; e = s->entries[e - 1].next) {
        struct known *k = s->entries[e - 1].who;
        if (k->now || rs_key_compare(k->name, name) != 0 || !stands(k, order) || k == found) continue;
        if (found) return NULL;
        found = k;
    }
    return found;
}

/* ---- settling --------------------------------------------------------------------------------------------------- */

static int by_order(const void *a, const void *b) {
    return memcmp(((const struct rs_change_move *)a)->bytes, ((const struct rs_change_move *)b)->bytes, ORDER);
}

static struct known *find(struct settling *s, struct rs_key key) {
    struct known *k = bsearch(&key, s->known, s->n, sizeof *s->known, by_key);
    while (k->now) k = k->now;
    return k;
}

static void put(struct rs_change *c, struct rs_item item) {
    struct rs_moved *m = &c->moved;
    m->arriving = grow(m->arriving, m->n_arriving, &m->arriving_room, sizeof *m->arriving);
    m->arriving[m->n_arriving++] = item;
}

/* `n` is found to be `f`: what change files said of n belongs to f. */
static void join(struct settling *s, struct known *n, struct known *f) {
    struct rs_moved *m = &s->c->moved;
    n->now = f;
    m->leaving = grow(m->leaving, m->n_leaving, &m->leaving_room, sizeof *m->leaving);
    m->leaving[m->n_leaving++] = n->key;
}

static struct known *settle_correction(struct settling *s, const struct rs_change_move *move, struct rs_change_head *head) {
    struct known *n = find(s, move->key), *f = find(s, move->former);
    bool old_stands = stands(f, move->bytes), new_stands = stands(n, move->bytes);
    if (n == f) return n;
    if (old_stands && !new_stands) {
        join(s, n, f);
        head->known_by = RS_BY_FORMER;
        head->corrected = move->key;
        return f;
    }
    if (old_stands) head->known_by = RS_BY_BOTH;
    if (!n->ever || memcmp(move->bytes, n->since, ORDER) < 0) memcpy(n->since, move->bytes, ORDER);
    n->ever = true;
    return n;
}

static bool settle(struct settling *s, struct rs_change_move *move, struct rs_error *error) {
    struct rs_change_head head;
    struct rs_key name;
    memcpy(&head, move->bytes, sizeof head);
    struct rs_item item = {.tag = TAG_CHANGE, .bytes = rs_view(move->bytes, move->n)};
    struct known *who = NULL;
    if (move->known_by == RS_BY_NAME) {
        who = named(s, move->key, move->bytes);
        head.known_by = RS_BY_NAME;
    } else {
        who = settle_correction(s, move, &head);
        if (s->n_names && name_of(s, &item, &name, error)) give_name(s, who, name);
    }
    memcpy(move->bytes, &head, sizeof head);
    item.key = who ? who->key : move->key;
    put(s->c, item);
    return error->code == 0;
}

/* Rows of change files whose member is found to be another. */
static void follow(struct settling *s) {
    for (size_t i = 0; i < s->n_items; i++) {
        struct known *who = find(s, s->items[i].key);
        if (rs_key_compare(who->key, s->items[i].key) == 0) continue;
        s->items[i].key = who->key;
        put(s->c, s->items[i]);
    }
}

bool rs_change_settle(struct rs_change *c, struct rs_error *error) {
    struct rs_moved *m = &c->moved;
    struct settling s = {.c = c};
    if (!m->n_moves) return true;
    note_wanted(&s);
    bool ok = look_through(&s, error);
    if (ok) {
        index_names(&s);
        qsort(m->moves, m->n_moves, sizeof *m->moves, by_order);
        for (size_t i = 0; ok && i < m->n_moves; i++) ok = settle(&s, &m->moves[i], error);
        follow(&s);
        m->n_leaving = distinct(m->leaving, m->n_leaving);
    }
    free(s.wanted);
    free(s.names);
    free(s.known);
    free(s.items);
    free(s.slots);
    free(s.entries);
    rs_arena_free(&s.arena);
    return ok;
}

void rs_change_rearrange(const struct rs_change *c, struct rs_partition *p, int number) {
    const struct rs_moved *m = &c->moved;
    size_t kept = 0;
    for (size_t i = 0; m->n_leaving && i < p->n; i++)
        if (p->items[i].tag != TAG_CHANGE || !among(m->leaving, m->n_leaving, p->items[i].key)) p->items[kept++] = p->items[i];
    if (m->n_leaving) p->n = kept;
    kept = p->n;
    for (size_t i = 0; i < m->n_arriving; i++)
        if (m->arriving[i].key.b[0] == number) rs_partition_add(p, m->arriving[i]);
    if (p->n > kept) rs_partition_sort(p);
}

void rs_change_moved_free(struct rs_change *c) {
    free(c->moved.aliases);
    free(c->moved.moves);
    free(c->moved.arriving);
    free(c->moved.leaving);
}
