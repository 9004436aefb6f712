/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi verify RUN: every digest of a run recomputed, and each stage's inputs held against what was made before. */
#include <stdio.h>
#include <stdlib.h>
#include "driver.h"
#include "pipeline/base/file.h"

struct verdict {
    size_t files, faults;
};

static void fault(struct verdict *v, const char *path, const char *what) {
    printf("CHANGED  %s: %s\n", path, what);
    v->faults++;
}

/* The content's digest, decompressed where need be. */
static bool content_digest(const char *path, struct rs_digest *out, struct rs_error *error) {
    struct rs_in *in = rs_in_open(path, error);
    if (!in) return false;
    enum { ROOM = 1 << 20 };
    char *buffer = rs_alloc(ROOM);
    struct rs_sha *sha = rs_sha_begin();
    size_t got;
    bool ok;
    while ((ok = rs_in_read(in, buffer, ROOM, &got, error)) && got) rs_sha_add(sha, buffer, got);
    rs_sha_end(sha, out);
    free(buffer);
    rs_in_close(in);
    return ok;
}

static void verify_file(const char *dir, const char *layout_name, const char *said, struct verdict *v) {
    char path[PATH_MAX + 64], hex[65];
    struct rs_manifest m;
    struct rs_digest d;
    struct rs_error error = {0};
    const struct rs_layout *layout = rs_layout_find(layout_name);
    snprintf(path, sizeof path, "%s/%s", dir, layout_name);
    v->files++;
    if (!layout) {
        fault(v, path, "stage.json names a layout this program does not know");
        return;
    }
    if (!rs_manifest_read(dir, layout, &m, &error) || !content_digest(m.path, &d, &error)) {
        fault(v, path, error.text);
        return;
    }
    if (memcmp(d.b, m.content.b, 32) != 0) fault(v, m.path, "its bytes are not those its manifest vouches for");
    rs_hex(hex, m.content.b, 32);
    if (strcmp(hex, said) != 0) fault(v, m.path, "its manifest is not the one stage.json vouches for");
}

/* What a stage says it read must be what the stages before made. */
static void verify_reads(const char *run, const struct rs_stage *stage, json_t *j, struct verdict *v) {
    json_t *read = json_object_get(json_object_get(j, "provenance"), "read");
    for (const char *const *before = stage->after; before && *before; before++) {
        char dir[PATH_MAX], where[PATH_MAX + 128];
        struct rs_error ignored;
        if (!rs_path(dir, sizeof dir, &ignored, "%s/%s", run, *before)) return;
        json_t *other = rs_stage_json(dir);
        const char *name;
        json_t *digest;
        json_object_foreach(json_object_get(other, "sha256"), name, digest) {
            const char *used = json_string_value(json_object_get(read, name));
            if (!used || strcmp(name, "quarantine") == 0 || strcmp(name, "ledger") == 0) continue;
            if (strcmp(used, json_string_value(digest)) == 0) continue;
            snprintf(where, sizeof where, "%s/%s", dir, name);
            fault(v, where, "was made again after a later stage read it: run the later stages again");
        }
        json_decref(other);
    }
}

static void verify_stage(const char *run, const struct rs_stage *stage, json_t *results, struct verdict *v) {
    char dir[PATH_MAX], path[PATH_MAX + 16], hex[65];
    struct rs_error error = {0};
    struct rs_digest d;
    if (!rs_path(dir, sizeof dir, &error, "%s/%s", run, stage->name)) return;
    json_t *j = rs_stage_json(dir);
    size_t i;
    json_t *entry;
    snprintf(path, sizeof path, "%s/stage.json", dir);
    json_array_foreach(json_object_get(results, "stages"), i, entry) {
        const char *name = json_string_value(json_object_get(entry, "stage"));
        const char *said = json_string_value(json_object_get(entry, "stage_json_sha256"));
        if (!name || !said || strcmp(name, stage->name) != 0) continue;
        if (!rs_sha256_file(path, &d, NULL, &error)) {
            fault(v, path, error.text);
            continue;
        }
        rs_hex(hex, d.b, 32);
        if (strcmp(hex, said) != 0) fault(v, path, "is not the one results.json vouches for");
    }
    if (!j) return;
    const char *name;
    json_t *said;
    json_object_foreach(json_object_get(j, "sha256"), name, said)
        verify_file(dir, name, json_string_value(said) ? json_string_value(said) : "", v);
    verify_reads(run, stage, j, v);
    json_decref(j);
}

int rs_verify_main(int argc, char **argv) {
    if (argc != 2 || argv[1][0] == '-') {
        bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs("relsogi verify RUN_DIRECTORY: recomputes every digest of a run and says what was changed.\n"
              "Exit status 0 where all is as it was made, 65 where something is not.\n", asked ? stdout : stderr);
        return asked ? 0 : RS_USAGE;
    }
    char path[PATH_MAX];
    struct rs_error error = {0};
    if (!rs_path(path, sizeof path, &error, "%s/results.json", argv[1])) return RS_USAGE;
    json_t *results = json_load_file(path, 0, NULL);
    if (!results) {
        fprintf(stderr, "relsogi verify: %s: no run here (it is missing, or not JSON)\n", path);
        return rs_exists(path) ? RS_DATA : RS_NO_INPUT;
    }
    struct verdict v = {0};
    for (const struct rs_stage *const *s = rs_stages; *s; s++) verify_stage(argv[1], *s, results, &v);
    json_decref(results);
    printf("%zu files looked at, %zu faults\n", v.files, v.faults);
    return v.faults ? RS_DATA : 0;
}
