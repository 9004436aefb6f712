/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: threads meet sources in any order, and ask for the number of one at every person. Names are only ever added,
 * so that whoever reads the count first may look at that many without the lock. */
#include "source_names.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct rs_source_names {
    atomic_int n; /* names[1] to names[n] stand */
    atomic_bool full;
    pthread_mutex_t lock; /* of adding one */
    char *names[RS_EVALUATED_SOURCES];
};

struct rs_source_names *rs_source_names_new(void) {
    struct rs_source_names *s = rs_alloc(sizeof *s);
    atomic_init(&s->n, 0);
    atomic_init(&s->full, false);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void rs_source_names_free(struct rs_source_names *s) {
    if (!s) return;
    for (int i = 1; i < RS_EVALUATED_SOURCES; i++) free(s->names[i]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static int find(const struct rs_source_names *s, int n, struct rs_view name) {
    for (int i = 1; i <= n; i++)
        if (rs_eq_c(name, s->names[i])) return i;
    return 0;
}

static int add(struct rs_source_names *s, struct rs_view name) {
    int n = atomic_load(&s->n), at = find(s, n, name);
    if (at) return at;
    if (n == RS_EVALUATED_SOURCES - 1) {
        atomic_store(&s->full, true);
        return 0;
    }
    s->names[n + 1] = rs_alloc(name.n + 1);
    memcpy(s->names[n + 1], name.p, name.n);
    atomic_store(&s->n, n + 1);
    return n + 1;
}

int rs_source_number(struct rs_source_names *s, struct rs_view name) {
    if (!rs_has(name)) return 0;
    int at = find(s, atomic_load(&s->n), name);
    if (at || atomic_load(&s->full)) return at;
    pthread_mutex_lock(&s->lock);
    at = add(s, name);
    pthread_mutex_unlock(&s->lock);
    return at;
}

int rs_source_names_sorted(const struct rs_source_names *s, int sorted[RS_EVALUATED_SOURCES]) {
    int n = atomic_load(&s->n);
    for (int i = 1; i <= n; i++) {
        int k = i - 1;
        for (; k > 0 && strcmp(s->names[i], s->names[sorted[k - 1]]) < 0; k--) sorted[k] = sorted[k - 1];
        sorted[k] = i;
    }
    sorted[n] = 0;
    return n + 1;
}

const char *rs_source_name(const struct rs_source_names *s, int number) { return number ? s->names[number] : "none"; }

bool rs_source_names_full(const struct rs_source_names *s) { return atomic_load(&s->full); }
