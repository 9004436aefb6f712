/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks the prior run's assertion and mapped side by side; both are in the same order. */
#include "moved.h"
#include <stdio.h>
#include <string.h>
#include "cache.h"
#include "map_private.h"
#include "pipeline/base/log.h"
#include "pipeline/rows/group.h"

struct moved {
    struct rs_run *run;
    const struct rs_map *map;
    const struct rs_jurisdiction *place;
    struct rs_map_cache cache;
    struct rs_spill *spill; /* of record keys, tagged by element */
    uint64_t compared, values, newly_mapped, newly_unmapped, members;
    uint64_t of_element[RS_MAX_SCOPES + 1], members_of[RS_MAX_SCOPES + 1]; /* the last: of an element no longer known */
};

static bool same_row(const struct rs_view *assertion, const struct rs_view *mapped) {
    return rs_eq(assertion[ASSERTION_record_no], mapped[MAPPED_record_no]) &&
           rs_eq(assertion[ASSERTION_answer_no], mapped[MAPPED_answer_no]) &&
           rs_eq(assertion[ASSERTION_seq], mapped[MAPPED_seq]) &&
           rs_eq(assertion[ASSERTION_file_no], mapped[MAPPED_file_no]) &&
           rs_eq(assertion[ASSERTION_element], mapped[MAPPED_element]);
}

/* Not the rule: rows may be renumbered, and mean the same. */
static bool same_meaning(const struct rs_meaning *now, const struct rs_view *then) {
    return rs_eq(now->omb1997, then[MAPPED_omb1997]) && rs_eq(now->omb2024, then[MAPPED_omb2024]) &&
           rs_eq(now->detail, then[MAPPED_detail]) && rs_eq(now->value, then[MAPPED_value]) &&
           rs_eq(now->missing, then[MAPPED_missing]);
}

static bool compare(struct moved *c, const struct rs_view *assertion, const struct rs_view *then,
                    struct rs_error *error) {
    struct rs_question q = {assertion[ASSERTION_source], assertion[ASSERTION_element],
                            assertion[ASSERTION_representation], assertion[ASSERTION_system], assertion[ASSERTION_raw]};
    if (rs_jurisdiction_drops(c->place, q.element) != NULL) {
        return true;
    }
    const struct rs_meaning *now = rs_map_cached(c->map, &c->cache, &q);
    c->compared++;
    if (same_meaning(now, then)) {
        return true;
    }
    bool unmapped = rs_eq_c(now->missing, "UNMAPPED"), was_unmapped = rs_eq_c(then[MAPPED_missing], "UNMAPPED");
    c->values++;
    c->newly_mapped += was_unmapped && !unmapped;
    c->newly_unmapped += unmapped && !was_unmapped;
    int scope = rs_map_scope(c->map, q.element);
    scope = scope < 0 ? RS_MAX_SCOPES : scope;
    c->of_element[scope]++;
    struct rs_key key;
    if (!rs_key_parse(assertion[ASSERTION_record_key], &key)) {
        return rs_fail(error, RS_DATA, "prior assertion: a record_key is not 32 hexadecimal digits: the prior run is damaged");
    }
    return rs_spill_add(c->spill, key, (uint8_t)scope, "", 0, error);
}

/* mapped lacks rows of elements that were not kept; assertion lacks none. */
static bool walk(struct moved *c, struct rs_scan *assertions, struct rs_scan *mapped, struct rs_error *error) {
    const struct rs_view *a, *m;
    while (rs_scan_next(mapped, &m, error)) {
        bool more;
        while ((more = rs_scan_next(assertions, &a, error)) && !same_row(a, m)) {
            continue;
        }
        if (!more) {
            return error->code == 0 && rs_fail(error, RS_DATA, "the prior directories hold assertion and mapped of "
                                               "different runs: give the directories of one run with --prior");
        }
        if (!compare(c, a, m, error)) {
            return false;
        }
    }
    return error->code == 0;
}

static bool count_members(struct moved *c, struct rs_error *error) {
    struct rs_partition p = {.items = NULL};
    bool ok = rs_spill_seal(c->spill, error);
    for (int i = 0; ok && i < RS_PARTITIONS; i++) {
        if (!(ok = rs_partition_read(c->spill, i, &p, error))) {
            break;
        }
        for (size_t k = 0; k < p.n; k++) { /* sorted by key, then element */
            bool same_key = k > 0 && rs_key_compare(p.items[k].key, p.items[k - 1].key) == 0;
            c->members += !same_key;
            c->members_of[p.items[k].tag] += !same_key || p.items[k].tag != p.items[k - 1].tag;
        }
    }
    rs_partition_free(&p);
    return ok;
}

static json_t *number(uint64_t n) { return json_integer((json_int_t)n); }

static void tell(const struct moved *c, json_t *out) {
    json_t *elements = json_object();
    for (int i = 0; i <= RS_MAX_SCOPES; i++) {
        if (c->of_element[i] > 0) {
            char name[128] = "other";
            if (i < c->map->n_scopes) {
                snprintf(name, sizeof name, "%.*s", (int)c->map->scopes[i].n, c->map->scopes[i].p);
            }
            json_object_set_new(elements, name, json_pack("{s:o, s:o}", "values", number(c->of_element[i]), "members",
                                                          number(c->members_of[i])));
        }
    }
    json_object_set_new(out, "compared", number(c->compared));
    json_object_set_new(out, "values", number(c->values));
    json_object_set_new(out, "members", number(c->members));
    json_object_set_new(out, "newly_mapped", number(c->newly_mapped));
    json_object_set_new(out, "newly_unmapped", number(c->newly_unmapped));
    json_object_set_new(out, "elements", elements);
}

/* map_version of the prior run, from the manifest beside its row file; *told is empty where it does not say. */
static void prior_version(const struct rs_manifest *m, char told[65]) {
    char path[sizeof m->path + 8];
    snprintf(path, sizeof path, "%s", m->path);
    char *end = strstr(strrchr(path, '/') != NULL ? strrchr(path, '/') : path, ".tsv");
    told[0] = 0;
    if (end == NULL) {
        return;
    }
    memcpy(end, ".json", 6);
    json_t *manifest = json_load_file(path, 0, NULL);
    const json_t *parameters = json_object_get(json_object_get(manifest, "provenance"), "parameters");
    const char *version = json_string_value(json_object_get(parameters, "map_version"));
    snprintf(told, 65, "%s", version != NULL ? version : "");
    json_decref(manifest);
}

static bool compare_all(struct moved *c, const struct rs_manifest *assertion, const struct rs_manifest *mapped,
                        struct rs_error *error) {
    struct rs_scan *a = rs_scan_open(assertion, error), *m = a != NULL ? rs_scan_open(mapped, error) : NULL;
    c->spill = m != NULL ? rs_spill_open(c->run->output, error) : NULL;
    bool ok = c->spill != NULL && walk(c, a, m, error) && count_members(c, error);
    rs_spill_close(c->spill);
    rs_scan_close(a);
    rs_scan_close(m);
    rs_map_cache_free(&c->cache);
    return ok;
}

bool rs_map_moved(struct rs_run *run, const struct rs_map *map, const struct rs_jurisdiction *place,
                  struct rs_error *error) {
    struct rs_manifest mapped, assertion;
    bool found, has_assertion;
    char then[65], now[65];
    if (!rs_run_prior(run, &rs_layout_mapped, &mapped, &found, error)) {
        return false;
    }
    if (!found) {
        return true;
    }
    json_t *out = json_object();
    json_object_set_new(run->results, "moved", out);
    prior_version(&mapped, then);
    rs_hex(now, rs_map_version(map).b, 32);
    json_object_set_new(out, "prior_map_version", json_string(then));
    bool same = strcmp(then, now) == 0;
    json_object_set_new(out, "same_tables", json_boolean(same));
    struct moved c = {.run = run, .map = map, .place = place};
    if (same) { /* one value, one meaning: nothing can have moved */
        tell(&c, out);
        return true;
    }
    if (!rs_run_prior(run, &rs_layout_assertion, &assertion, &has_assertion, error)) {
        return false;
    }
    if (!has_assertion) {
        rs_warn("the prior run's assertion is not there: what the changed mapping tables moved cannot be told");
        return true;
    }
    bool ok = compare_all(&c, &assertion, &mapped, error);
    tell(&c, out);
    if (ok && c.values > 0) {
        rs_info("changed mapping tables moved %llu of %llu values, of %llu members", (unsigned long long)c.values,
                (unsigned long long)c.compared, (unsigned long long)c.members);
    }
    return ok;
}
