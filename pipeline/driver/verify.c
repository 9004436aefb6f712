/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi verify RUN: every digest of a run recomputed, each stage's inputs held against what was made before, and
 * every account of the same thing (manifest, stage.json, results.json) against the others. */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "pipeline/db/chain.h"
#include "verify.h"

void rs_verify_fault(struct rs_verdict *v, const char *path, const char *what) {
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

void rs_results_digest(const json_t *results, char hex[65]) {
    json_t *copy = json_copy((json_t *)results);
    json_object_del(copy, "sha256");
    char *text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    struct rs_digest d = rs_sha256(text, strlen(text));
    rs_hex(hex, d.b, 32);
    free(text);
    json_decref(copy);
}

/* What a manifest says beside the digest of the rows, which is `content`; `j` is stage.json. */
static void verify_manifest(const char *dir, const struct rs_manifest *m, struct rs_digest content, const json_t *j,
                            struct rs_verdict *v) {
    char path[PATH_MAX + 64], hex[65];
    struct rs_digest d = content;
    struct rs_error error = {0};
    const char *name = m->layout->name;
    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    json_t *manifest = json_load_file(path, 0, NULL);
    const char *said = rs_config_text(manifest, "file_sha256", "");
    if (m->compressed && !rs_sha256_file(m->path, &d, NULL, &error)) rs_verify_fault(v, m->path, error.text);
    rs_hex(hex, d.b, 32);
    if (!error.code && memcmp(content.b, m->content.b, 32) == 0 && strcmp(hex, said) != 0)
        rs_verify_fault(v, m->path, "the file is not the one its manifest vouches for");
    if (!json_equal(json_object_get(manifest, "rows"), json_object_get(json_object_get(j, "rows"), name)))
        rs_verify_fault(v, path, "its number of rows is not the one in stage.json");
    if (!json_equal(json_object_get(manifest, "provenance"), json_object_get(j, "provenance")))
        rs_verify_fault(v, path, "its provenance is not the one in stage.json");
    json_decref(manifest);
}

static void verify_file(const char *dir, const char *layout_name, const char *said, const json_t *j,
                        struct rs_verdict *v) {
    char path[PATH_MAX + 64], hex[65];
    struct rs_manifest m;
    struct rs_digest d;
    struct rs_error error = {0};
    const struct rs_layout *layout = rs_layout_find(layout_name);
    snprintf(path, sizeof path, "%s/%s", dir, layout_name);
    v->files++;
    if (!layout) {
        rs_verify_fault(v, path, "stage.json names a layout this program does not know");
        return;
    }
    if (!rs_manifest_read(dir, layout, &m, &error) || !content_digest(m.path, &d, &error)) {
        rs_verify_fault(v, path, error.text);
        return;
    }
    if (memcmp(d.b, m.content.b, 32) != 0) rs_verify_fault(v, m.path, "its bytes are not those its manifest vouches for");
    rs_hex(hex, m.content.b, 32);
    if (strcmp(hex, said) != 0) rs_verify_fault(v, m.path, "its manifest is not the one stage.json vouches for");
    verify_manifest(dir, &m, d, j, v);
}

/* A row file or manifest that stage.json does not name: a later stage would read it all the same. */
static void verify_no_others(const char *dir, const json_t *j, struct rs_verdict *v) {
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char layout[256], path[PATH_MAX + 300];
        const char *dot = strchr(e->d_name, '.');
        if (!dot || dot == e->d_name || strcmp(e->d_name, "stage.json") == 0 || strncmp(dot, ".tsv.tmp", 8) == 0) continue;
        snprintf(layout, sizeof layout, "%.*s", (int)(dot - e->d_name), e->d_name);
        bool manifest = strcmp(dot, ".json") == 0, rows = strcmp(dot, ".tsv") == 0 || strcmp(dot, ".tsv.gz") == 0;
        if (!manifest && !rows) continue;
        bool ours = json_object_get(json_object_get(j, "sha256"), layout) != NULL;
        struct rs_manifest m;
        struct rs_error ignored;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (ours && rows && rs_manifest_read(dir, rs_layout_find(layout), &m, &ignored)) ours = strcmp(m.path, path) == 0;
        if (!ours) rs_verify_fault(v, path, "nothing vouches for this file: it was put here after the stage ended");
    }
    if (d) closedir(d);
}

/* What a stage says it read must be what the stages before made. */
static void verify_reads(const char *run, const struct rs_stage *stage, json_t *j, struct rs_verdict *v) {
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
            rs_verify_fault(v, where, "was made again after a later stage read it: run the later stages again");
        }
        json_decref(other);
    }
}

/* The stage's entry in the results, or NULL. */
static json_t *entry_of(const json_t *results, const char *stage) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(results, "stages"), i, entry)
        if (strcmp(rs_config_text(entry, "stage", ""), stage) == 0) return entry;
    return NULL;
}

static void verify_entry(const char *path, const json_t *results, const json_t *entry, const json_t *j,
                         struct rs_verdict *v) {
    static const char *const same[] = {"key", "rows", "results"};
    const char *said = rs_config_text(entry, "stage_json_sha256", NULL);
    const json_t *as_of = json_object_get(json_object_get(json_object_get(j, "provenance"), "parameters"), "as_of");
    struct rs_digest d;
    struct rs_error error = {0};
    char hex[65];
    if (!said) return; /* it failed */
    if (!rs_sha256_file(path, &d, NULL, &error)) {
        rs_verify_fault(v, path, error.text);
        return;
    }
    rs_hex(hex, d.b, 32);
    if (strcmp(hex, said) != 0) rs_verify_fault(v, path, "is not the one results.json vouches for");
    for (size_t i = 0; j && i < sizeof same / sizeof same[0]; i++)
        if (!json_equal(json_object_get(entry, same[i]), json_object_get(j, same[i])))
            rs_verify_fault(v, path, "says otherwise than results.json about what the stage made");
    if (as_of && !json_equal(as_of, json_object_get(results, "as_of")))
        rs_verify_fault(v, path, "is of another day than results.json");
}

static void verify_stage(const char *run, const struct rs_stage *stage, const json_t *results, struct rs_verdict *v) {
    char dir[PATH_MAX], path[PATH_MAX + 16];
    struct rs_error error = {0};
    if (!rs_path(dir, sizeof dir, &error, "%s/%s", run, stage->name)) return;
    json_t *j = rs_stage_json(dir), *entry = entry_of(results, stage->name);
    snprintf(path, sizeof path, "%s/stage.json", dir);
    if (entry) verify_entry(path, results, entry, j, v);
    else if (j && strcmp(rs_config_text(results, "status", ""), "done") == 0)
        rs_verify_fault(v, path, "results.json does not know this stage");
    if (!j) return;
    const char *name;
    json_t *said;
    json_object_foreach(json_object_get(j, "sha256"), name, said)
        verify_file(dir, name, json_string_value(said) ? json_string_value(said) : "", j, v);
    verify_no_others(dir, j, v);
    verify_reads(run, stage, j, v);
    json_decref(j);
}

static void verify_results(const char *path, const json_t *results, struct rs_verdict *v) {
    char hex[65];
    rs_results_digest(results, hex);
    if (strcmp(hex, rs_config_text(results, "sha256", "")) != 0) rs_verify_fault(v, path, "is not as the run wrote it");
    const char *status = rs_config_text(results, "status", "without a status");
    if (strcmp(status, "done") != 0) printf("this run is %s: not all of its stages are there\n", status);
}

/* ---- command line --------------------------------------------------------------------------------------------- */

struct request {
    const char *run, *config, *user, *chain_file;
    bool database, help;
};

static const char help[] =
    "relsogi verify: recomputes every digest of a run and says what was changed\n\n"
    "Usage: relsogi verify RUN_DIRECTORY [OPTION...]\n\n"
    "  --database        Look into the database, too: its log's chain, and each table, row by row where it differs.\n"
    "  --config FILE     Configuration; where it has database: or audit: chain_file:, as with --database.\n"
    "  --chain-file FILE File outside the database that keeps the log's heads; else audit: chain_file: says.\n"
    "  --user NAME       Database user; by default relsogi_auditor. An administrator sees identifiers, too.\n"
    "  --help            Show this help.\n\n"
    "Exit status 0 where all is as it was made, 65 where something is not.\n";

static bool parse(int argc, char **argv, struct request *r, struct rs_error *error) {
    static const struct option options[] = {{"database", no_argument, NULL, 'd'},
                                            {"config", required_argument, NULL, 'c'},
                                            {"chain-file", required_argument, NULL, 'f'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        switch (c) {
        case 'd': r->database = true; break;
        case 'c': r->config = optarg; break;
        case 'f': r->chain_file = optarg; break;
        case 'u': r->user = optarg; break;
        case 'h': r->help = true; break;
        default:
            return rs_fail(error, RS_USAGE, "%s %s; see relsogi verify --help",
                           c == ':' ? "a value is missing after" : "unknown option", argv[optind - 1]);
        }
    }
    if (optind < argc) r->run = argv[optind++];
    if (r->help || (r->run && optind == argc)) return true;
    return rs_fail(error, RS_USAGE, "name one run's directory; see relsogi verify --help");
}

/* The database's half, where it is wanted. Not as the loader, who may read nothing, though PGUSER may say so. */
static bool verify_database(const struct request *r, const json_t *results, struct rs_verdict *v,
                            struct rs_error *error) {
    struct rs_database database = {0};
    char chain_file[PATH_MAX] = "";
    json_t *config = NULL;
    if (r->config && !(config = rs_yaml_read(r->config, NULL, error))) return false;
    bool wanted = r->database || r->chain_file || r->user || json_object_get(config, "database");
    bool ok = rs_database_read(config, r->config, &database, error) &&
              rs_chain_file(config, r->config, chain_file, sizeof chain_file, error);
    if (ok && r->chain_file) ok = rs_path(chain_file, sizeof chain_file, error, "%s", r->chain_file);
    wanted = wanted || chain_file[0];
    if (r->user) database.user = r->user;
    else rs_database_as_auditor(&database);
    if (ok && wanted) ok = rs_verify_database(r->run, results, &database, chain_file, v, error);
    json_decref(config);
    return ok;
}

static bool verify(const struct request *r, struct rs_verdict *v, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/results.json", r->run)) return false;
    json_t *results = json_load_file(path, 0, NULL);
    if (!results)
        return rs_fail(error, rs_exists(path) ? RS_DATA : RS_NO_INPUT, "%s: no run here (it is missing, or not JSON)",
                       path);
    verify_results(path, results, v);
    for (const struct rs_stage *const *s = rs_stages; *s; s++) verify_stage(r->run, *s, results, v);
    bool ok = verify_database(r, results, v, error);
    json_decref(results);
    return ok;
}

int rs_verify_main(int argc, char **argv) {
    struct request r = {0};
    struct rs_verdict v = {0};
    struct rs_error error = {0};
    bool ok = parse(argc, argv, &r, &error);
    if (ok && r.help) {
        fputs(help, stdout);
        return 0;
    }
    ok = ok && verify(&r, &v, &error);
    if (ok || v.faults) printf("%zu files looked at, %zu faults\n", v.files, v.faults);
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    return v.faults ? RS_DATA : ok ? 0 : error.code;
}
