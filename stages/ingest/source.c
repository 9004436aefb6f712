/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding files: globs, duplicates and dates. Row files depend on the bytes of the inputs and never on their names or
 * the order in which they were given. */
#include "source.h"
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "hl7v2.h"
#include "x12.h"

/* What one entry of `sources` says beside the files. */
struct entry {
    const struct rs_profile *profile;
    struct rs_view source, of_source;
    bool has_date;
    int32_t date;
};

static const struct rs_profile *get_profile(struct rs_sources *all, const char *name, const char *config_file,
                                            struct rs_error *error) {
    struct rs_profile *p = rs_profile_read(name, config_file, error);
    if (!p) return NULL;
    all->profiles = rs_realloc(all->profiles, (all->n_profiles + 1) * sizeof *all->profiles);
    all->profiles[all->n_profiles++] = p;
    return p;
}

/* What a file says of itself: whether it holds every member and from when it is effective (834), and the date the sender
 * wrote it: an 834 says it in its first GS segment, HL7 v2 in its first FHS, BHS or MSH. */
static void read_head(struct rs_source *s, const char *head, size_t n) {
    bool x12 = s->profile->format == RS_X12_834;
    struct rs_x12_said said = {0};
    if (x12 ? rs_x12_group_date(head, n, &s->date, &s->moment) : rs_hl7_file_date(head, n, &s->date, &s->moment))
        s->has_date = true;
    if (x12) rs_x12_says(head, n, &said);
    bool asked = s->profile->mode == RS_MODE_AUTO;
    s->full = !x12 || (asked ? said.full : s->profile->mode == RS_MODE_FULL);
    s->doubtful = asked && said.doubtful;
    s->has_effective = said.set.effective;
    s->effective = said.set.effective_day;
}

static bool look_inside(struct rs_source *s, struct rs_error *error) {
    enum { ROOM = 64 << 10 };
    struct rs_in *in = rs_in_open(s->path, error);
    if (!in) return false;
    char *head = rs_alloc(ROOM);
    size_t n = 0, got = 1;
    bool ok = true;
    while (ok && got && n < ROOM) {
        ok = rs_in_read(in, head + n, ROOM - n, &got, error);
        n += got;
    }
    bool dated = s->profile->format == RS_X12_834 || s->profile->format == RS_HL7V2;
    if (ok && dated) read_head(s, head, n);
    s->head = rs_sha256(head, n);
    s->gzip = rs_in_is_gzip(in);
    free(head);
    rs_in_close(in);
    return ok;
}

/* The digest made for the stage's key, in the same process, is not made twice. */
static bool hash_file(const struct rs_run *run, struct rs_source *s, struct rs_error *error) {
    const json_t *known = json_object_get(json_object_get(run->results, "hashed"), s->path);
    if (!known) return rs_sha256_file(s->path, &s->sha256, &s->bytes, error);
    s->bytes = (uint64_t)json_integer_value(json_object_get(known, "bytes"));
    return rs_unhex(rs_cstr(json_string_value(json_object_get(known, "sha256"))), s->sha256.b, 32);
}

static bool add_file(const struct rs_run *run, struct rs_sources *all, const struct entry *entry, const char *path,
                     struct rs_error *error) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return rs_fail(error, RS_NO_INPUT, "%s: is no regular file", path);
    if (all->n == all->room) {
        all->room = all->room ? all->room * 2 : 16;
        all->s = rs_realloc(all->s, all->room * sizeof *all->s);
    }
    struct rs_source *s = &all->s[all->n];
    *s = (struct rs_source){.profile = entry->profile, .source = entry->source, .of_source = entry->of_source,
                            .has_date = entry->has_date, .date = entry->date};
    s->path = rs_arena_copy(&all->arena, path, strlen(path));
    s->name = rs_cstr(basename(rs_arena_copy(&all->arena, path, strlen(path))));
    if (!rs_utf8_valid(s->name)) s->name = rs_from_windows_1252(&all->arena, s->name);
    if (!hash_file(run, s, error)) return false;
    if (!look_inside(s, error)) return false;
    all->n++;
    return true;
}

static bool add_pattern(const struct rs_run *run, struct rs_sources *all, const struct entry *entry,
                        const char *pattern, struct rs_error *error) {
    const char *config_path = run->config_path;
    char path[PATH_MAX];
    glob_t found;
    struct stat st;
    if (!rs_config_path(path, sizeof path, config_path, pattern, error)) return false;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode); /* its files; not those of folders in it */
    if (folder && strlen(path) + 3 > sizeof path) return rs_fail(error, RS_CONFIG, "%s: the path is too long", path);
    if (folder) strcat(path, "/*");
    if (!strpbrk(path, "*?[")) return add_file(run, all, entry, path, error);
    int status = glob(path, GLOB_ERR, NULL, &found);
    if (status == GLOB_NOMATCH)
        return rs_fail(error, RS_NO_INPUT, "%s: no file is named so; check `files` in %s", path, config_path);
    if (status != 0) return rs_fail(error, RS_NO_INPUT, "%s: cannot be looked through", path);
    bool ok = true;
    size_t files = 0;
    for (size_t i = 0; ok && i < found.gl_pathc; i++) {
        if (folder && (stat(found.gl_pathv[i], &st) != 0 || !S_ISREG(st.st_mode))) continue;
        ok = add_file(run, all, entry, found.gl_pathv[i], error);
        files++;
    }
    if (ok && !files) ok = rs_fail(error, RS_NO_INPUT, "%s: no file is in this folder; check `files` in %s", path, config_path);
    globfree(&found);
    return ok;
}

static bool check_entry(const struct entry *e, const char *where, struct rs_error *error) {
    if (!rs_has(e->source))
        return rs_fail(error, RS_CONFIG, "%s: neither it nor profile %s says the name of the source (key \"source\")",
                       where, e->profile->name.p);
    if (e->profile->format == RS_MEASURE_CSV && !rs_has(e->of_source))
        return rs_fail(error, RS_CONFIG, "%s: of which source are the member ids in measure files? (key \"of_source\")",
                       where);
    return true;
}

static bool add_entry(const struct rs_run *run, struct rs_sources *all, size_t number, const json_t *map,
                      struct rs_error *error) {
    static const char *const allowed[] = {"profile", "files", "source", "of_source", "file_date", NULL};
    char where[PATH_MAX + 64];
    const char *name;
    json_t *files = json_object_get(map, "files"), *one;
    size_t i;
    if (!rs_path(where, sizeof where, error, "%s: sources[%zu]", run->config_path, number + 1) ||
        !rs_config_keys(map, where, allowed, error) || !rs_config_need(map, where, "profile", &name, error))
        return false;
    struct entry e = {.profile = get_profile(all, name, run->config_path, error)};
    if (!e.profile) return false;
    e.source = rs_cstr(rs_config_text(map, "source", e.profile->source.p));
    e.of_source = rs_cstr(rs_config_text(map, "of_source", e.profile->of_source.p));
    e.has_date = e.profile->has_file_date;
    e.date = e.profile->file_date;
    const char *date = rs_config_text(map, "file_date", NULL);
    if (date && !(e.has_date = rs_day_parse(rs_cstr(date), &e.date)))
        return rs_fail(error, RS_CONFIG, "%s: file_date must be YYYY-MM-DD", where);
    if (!check_entry(&e, where, error)) return false;
    if (json_is_string(files)) return add_pattern(run, all, &e, json_string_value(files), error);
    if (!json_array_size(files)) return rs_fail(error, RS_CONFIG, "%s: files is missing: a path, a glob or a list", where);
    json_array_foreach(files, i, one) {
        if (!json_is_string(one)) return rs_fail(error, RS_CONFIG, "%s: files must hold paths", where);
        if (!add_pattern(run, all, &e, json_string_value(one), error)) return false;
    }
    return true;
}

static bool from_command_line(const struct rs_run *run, const char *name, struct rs_sources *all,
                              struct rs_error *error) {
    struct entry e = {.profile = get_profile(all, name, NULL, error)};
    if (!e.profile) return false;
    const char *source = rs_run_option(run, "source"), *of_source = rs_run_option(run, "of-source");
    e.source = source ? rs_cstr(source) : e.profile->source;
    e.of_source = of_source ? rs_cstr(of_source) : e.profile->of_source;
    e.has_date = e.profile->has_file_date;
    e.date = e.profile->file_date;
    if (!check_entry(&e, "command line", error)) return false;
    if (!run->n_inputs) return rs_fail(error, RS_USAGE, "--profile needs --input FILE, once or more");
    for (size_t i = 0; i < run->n_inputs; i++)
        if (!add_file(run, all, &e, run->inputs[i], error)) return false;
    return true;
}

/* ---- canonical order ------------------------------------------------------------------------------------------ */

static int by_canon(const void *a, const void *b) {
    const struct rs_source *x = a, *y = b;
    int c = rs_compare(x->profile->name, y->profile->name);
    if (!c) c = (int)x->has_date - (int)y->has_date; /* undated ones first */
    if (!c && x->has_date) c = (x->date > y->date) - (x->date < y->date);
    if (!c) c = (x->moment > y->moment) - (x->moment < y->moment);
    if (!c) c = memcmp(x->sha256.b, y->sha256.b, sizeof x->sha256.b);
    if (!c) c = memcmp(x->profile->sha256.b, y->profile->sha256.b, sizeof x->sha256.b);
    if (!c) c = rs_compare(x->source, y->source);
    if (!c) c = rs_compare(x->of_source, y->of_source);
    return c ? c : rs_compare(x->name, y->name); /* of one file under two names, the first name is kept */
}

bool rs_sources_find(const struct rs_run *run, struct rs_sources *all, struct rs_error *error) {
    const char *profile = rs_run_option(run, "profile");
    json_t *list = json_object_get(run->config, "sources"), *entry;
    size_t i;
    if (profile) {
        if (!from_command_line(run, profile, all, error)) return false;
    } else {
        if (!json_array_size(list))
            return rs_fail(error, RS_CONFIG,
                           "nothing to read: give --profile with --input FILE, or `sources` in the configuration");
        json_array_foreach(list, i, entry) {
            if (!add_entry(run, all, i, entry, error)) return false;
        }
    }
    if (all->n) qsort(all->s, all->n, sizeof *all->s, by_canon);
    if (!rs_sources_drop_repeated(all, error)) return false;
    for (size_t k = 0; k < all->n; k++) all->s[k].file_no = (int32_t)k + 1;
    return true;
}

void rs_sources_free(struct rs_sources *all) {
    for (size_t i = 0; i < all->n_profiles; i++) rs_profile_free(all->profiles[i]);
    for (size_t i = 0; i < all->n; i++) free(all->s[i].fields);
    free(all->profiles);
    free(all->s);
    rs_buffer_free(&all->told);
    rs_arena_free(&all->arena);
}
