/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi run: plans the stages, runs those whose inputs changed, and tells in one results file what happened. */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "driver.h"
#include "metrics.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "pipeline/base/version.h"

enum { MOST_STAGES = 16, MOST_DIRS = 16 };

struct options {
    const char *config, *run_id, *as_of, *only, *from, *until, *reference, *prior, *output, *metrics;
    int threads;
    bool dry_run, force, resume, list, compress, json;
};

struct plan {
    struct options o;
    char config_path[PATH_MAX], output[PATH_MAX], run_dir[PATH_MAX], run_id[128], as_of[16];
    char prior_dirs[MOST_DIRS][PATH_MAX];
    const char *priors[MOST_DIRS];
    size_t n_priors;
    char dirs[MOST_STAGES][PATH_MAX]; /* of every stage, by its place in rs_stages */
    struct rs_lock lock;
    json_t *results, *stages, *kept; /* kept: the stages of the results that stood here before */
    double started;
};

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static json_t *clock_json(void) {
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

/* ---- command line --------------------------------------------------------------------------------------------- */

static const struct { struct option option; const char *argument, *help; } options[] = {
    {{"config", required_argument, NULL, 'c'}, "FILE", "Configuration of the plan (YAML). Default: relsogi.yaml."},
    {{"as-of", required_argument, NULL, 'a'}, "YYYY-MM-DD", "Date of the snapshot; else as_of of the configuration."},
    {{"run-id", required_argument, NULL, 'r'}, "ID", "Name of the run; else the plan's name and the as-of date."},
    {{"output", required_argument, NULL, 'O'}, "DIR", "Directory of runs; else output of the configuration."},
    {{"reference", required_argument, NULL, 'R'}, "FILE", "Reference pack; else reference of the configuration, else the default pack."},
    {{"prior", required_argument, NULL, 'p'}, "RUN", "Directory of an earlier run, for links and earlier answers; \"latest\" takes the newest finished one before this as-of date."},
    {{"only", required_argument, NULL, 'o'}, "STAGE", "Run this stage alone; those before it must be there."},
    {{"from", required_argument, NULL, 'f'}, "STAGE", "Begin with this stage."},
    {{"until", required_argument, NULL, 'u'}, "STAGE", "End with this stage."},
    {{"force", no_argument, NULL, 'F'}, NULL, "Run the chosen stages though nothing they read has changed."},
    {{"resume", no_argument, NULL, 'e'}, NULL, "Go on where an earlier run stopped: what happens anyway; for clarity in scripts."},
    {{"dry-run", no_argument, NULL, 'n'}, NULL, "Say what would be run and why; write nothing."},
    {{"list", no_argument, NULL, 'l'}, NULL, "List the stages and what they read and write."},
    {{"threads", required_argument, NULL, 't'}, "N", "Threads of each stage; all cores otherwise."},
    {{"compress", no_argument, NULL, 'z'}, NULL, "Write row files as BGZF."},
    {{"metrics", required_argument, NULL, 'm'}, "FILE", "Write what the run came to as metrics for Prometheus, also where it fails."},
    {{"log-format", required_argument, NULL, 'L'}, "FORMAT", "human or json."},
    {{"help", no_argument, NULL, 'h'}, NULL, "Show this help."},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static void help(FILE *to) {
    fputs("relsogi run: runs the pipeline over the sources of a configuration.\n\nUsage: relsogi run --config FILE [OPTION...]\n\n", to);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", options[i].option.name, options[i].argument ? options[i].argument : "");
        fprintf(to, "  %-20s %s\n", left, options[i].help);
    }
    fputs("\nThe last line on stdout says what happened; results.json in the run's directory says all of it.\n", to);
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct options *o) {
    struct option long_options[N_OPTIONS + 1] = {{0}};
    for (size_t i = 0; i < N_OPTIONS; i++) long_options[i] = options[i].option;
    int64_t threads;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "h", long_options, NULL)) != -1;) {
        switch (c) {
        case 'c': o->config = optarg; break;
        case 'a': o->as_of = optarg; break;
        case 'r': o->run_id = optarg; break;
        case 'O': o->output = optarg; break;
        case 'R': o->reference = optarg; break;
        case 'p': o->prior = optarg; break;
        case 'o': o->only = optarg; break;
        case 'f': o->from = optarg; break;
        case 'u': o->until = optarg; break;
        case 'F': o->force = true; break;
        case 'e': o->resume = true; break;
        case 'n': o->dry_run = true; break;
        case 'l': o->list = true; break;
        case 'z': o->compress = true; break;
        case 'm': o->metrics = optarg; break;
        case 'L':
            if (strcmp(optarg, "human") != 0 && strcmp(optarg, "json") != 0) {
                fputs("relsogi run: --log-format must be human or json\n", stderr);
                return RS_USAGE;
            }
            rs_log_setup(optarg[0] == 'j' ? RS_LOG_JSON : RS_LOG_HUMAN, RS_LOG_INFO, "run");
            break;
        case 't':
            if (!rs_parse_long(rs_cstr(optarg), &threads) || threads < 1 || threads > 256) {
                fputs("relsogi run: --threads must be a whole number from 1 to 256\n", stderr);
                return RS_USAGE;
            }
            o->threads = (int)threads;
            break;
        case 'h': help(stdout); return 0;
        default: fputs("see relsogi run --help\n", stderr); return RS_USAGE;
        }
    }
    if (optind == argc) return -1;
    fprintf(stderr, "relsogi run: \"%s\" is no option; see relsogi run --help\n", argv[optind]);
    return RS_USAGE;
}

static int list_stages(void) {
    for (const struct rs_stage *const *s = rs_stages; *s; s++) {
        printf("%s: %s\n", (*s)->name, (*s)->about);
        for (const char *const *a = (*s)->after; a && *a; a++) printf("  after %s\n", *a);
        for (const struct rs_layout *const *l = (*s)->reads; l && *l; l++) printf("  reads %s\n", (*l)->name);
        for (const struct rs_layout *const *l = (*s)->writes; l && *l; l++) printf("  writes %s\n", (*l)->name);
    }
    return 0;
}

/* ---- plan ----------------------------------------------------------------------------------------------------- */

static size_t place_of(const char *name) {
    size_t i = 0;
    while (rs_stages[i] && strcmp(rs_stages[i]->name, name) != 0) i++;
    return i;
}

static bool check_names(const struct options *o, struct rs_error *error) {
    const char *names[] = {o->only, o->from, o->until};
    for (size_t i = 0; i < 3; i++)
        if (names[i] && !rs_stage_find(names[i]))
            return rs_fail(error, RS_USAGE, "no stage is called \"%s\"; see relsogi run --list", names[i]);
    if (o->only && (o->from || o->until)) return rs_fail(error, RS_USAGE, "--only goes without --from and --until");
    if (o->from && o->until && place_of(o->from) > place_of(o->until))
        return rs_fail(error, RS_USAGE, "--from %s comes after --until %s", o->from, o->until);
    return true;
}

static bool chosen(const struct options *o, size_t place) {
    if (o->only) return place == place_of(o->only);
    return (!o->from || place >= place_of(o->from)) && (!o->until || place <= place_of(o->until));
}

static bool safe_name(const char *s) {
    if (!*s || *s == '.' || *s == '-' || strlen(s) > 100) return false; /* hidden; taken for an option */
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("._-", *s)))
            return false;
    return true;
}

static bool add_prior_dirs(struct plan *p, const char *run, struct rs_error *error) {
    for (size_t i = 0; rs_stages[i] && p->n_priors < MOST_DIRS; i++) {
        char *dir = p->prior_dirs[p->n_priors];
        if (!rs_path(dir, PATH_MAX, error, "%s/%s", run, rs_stages[i]->name)) return false;
        if (rs_exists(dir)) {
            p->priors[p->n_priors] = dir;
            p->n_priors++;
        }
    }
    if (p->n_priors) return true;
    return rs_fail(error, RS_NO_INPUT, "%s: no earlier run is here (--prior)", run);
}

/* Of runs of one day the one that ended last; where even that is equal, the name decides, never the directory's order. */
static int newer(const json_t *a, const char *name_a, const json_t *b, const char *name_b) {
    if (!b) return 1;
    int c = strcmp(rs_config_text(a, "as_of", ""), rs_config_text(b, "as_of", ""));
    if (!c) c = strcmp(rs_config_text(a, "written", ""), rs_config_text(b, "written", ""));
    return c ? c : strcmp(name_a, name_b);
}

/* A run that ended before it knew which records are one person has nothing to hand on. */
static bool can_be_prior(const struct plan *p, const char *run, const json_t *results) {
    char path[PATH_MAX];
    struct rs_error ignored;
    return strcmp(rs_config_text(results, "status", ""), "done") == 0 &&
           strcmp(rs_config_text(results, "as_of", "~"), p->as_of) < 0 &&
           rs_path(path, sizeof path, &ignored, "%s/reconcile/stage.json", run) && rs_exists(path);
}

/* The newest finished run of another id whose as-of date is earlier; none is fine for a first run. */
static bool find_latest(struct plan *p, char *out) {
    json_t *best = NULL;
    char best_name[256] = "", run[PATH_MAX], path[PATH_MAX];
    struct rs_error ignored;
    DIR *d = opendir(p->output);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, p->run_id) == 0) continue;
        if (!rs_path(run, sizeof run, &ignored, "%s/%s", p->output, e->d_name)) continue;
        if (!rs_path(path, sizeof path, &ignored, "%s/results.json", run)) continue;
        json_t *j = json_load_file(path, 0, NULL);
        if (!can_be_prior(p, run, j) || newer(j, e->d_name, best, best_name) < 0) {
            json_decref(j);
            continue;
        }
        json_decref(best);
        best = j;
        snprintf(best_name, sizeof best_name, "%s", e->d_name);
        snprintf(out, PATH_MAX, "%s", run);
    }
    if (d) closedir(d);
    json_decref(best);
    return best != NULL;
}

static bool plan_priors(struct plan *p, json_t *config, struct rs_error *error) {
    const char *set = p->o.prior ? p->o.prior : rs_config_text(config, "prior", NULL);
    char path[PATH_MAX], real[PATH_MAX], own[PATH_MAX];
    if (!set || !*set) return true;
    if (strcmp(set, "latest") == 0) return !find_latest(p, path) || add_prior_dirs(p, path, error);
    if (!rs_config_path(path, sizeof path, p->o.prior ? NULL : p->config_path, set, error)) return false;
    if (realpath(path, real) && realpath(p->run_dir, own) && strcmp(real, own) == 0)
        return rs_fail(error, RS_USAGE, "%s: a run cannot be its own prior run (--prior)", path);
    return add_prior_dirs(p, path, error);
}

static bool plan_paths(struct plan *p, json_t *config, struct rs_error *error) {
    int32_t day;
    const char *as_of = p->o.as_of ? p->o.as_of : rs_config_text(config, "as_of", NULL);
    if (!as_of)
        return rs_fail(error, RS_USAGE, "a run is a snapshot as of a date: give --as-of YYYY-MM-DD, or as_of in %s",
                       p->config_path);
    if (!rs_day_parse(rs_cstr(as_of), &day))
        return rs_fail(error, RS_USAGE, "as-of date \"%s\" is no date; write YYYY-MM-DD", as_of);
    snprintf(p->as_of, sizeof p->as_of, "%s", as_of);
    const char *name = rs_config_text(config, "name", "plan");
    if (p->o.run_id) snprintf(p->run_id, sizeof p->run_id, "%s", p->o.run_id);
    else snprintf(p->run_id, sizeof p->run_id, "%s-%s", name, as_of);
    if (!safe_name(p->run_id) || rs_stage_find(p->run_id))
        return rs_fail(error, RS_USAGE, "run id \"%s\": letters, digits, dot, dash and underscore only, a letter, digit or "
                                        "underscore first, and no name of a stage", p->run_id);
    if (p->o.output) {
        if (!rs_path(p->output, sizeof p->output, error, "%s", p->o.output)) return false;
    } else if (!rs_config_path(p->output, sizeof p->output, p->config_path, rs_config_text(config, "output", "runs"),
                               error)) {
        return false;
    }
    if (!rs_path(p->run_dir, sizeof p->run_dir, error, "%s/%s", p->output, p->run_id)) return false;
    for (size_t i = 0; rs_stages[i]; i++)
        if (!rs_path(p->dirs[i], sizeof p->dirs[i], error, "%s/%s", p->run_dir, rs_stages[i]->name)) return false;
    return true;
}

/* A stage reads what those in `after` made, the nearest first. */
static void call_of(struct plan *p, size_t place, const char **inputs, struct rs_stage_call *call) {
    const struct rs_stage *stage = rs_stages[place];
    *call = (struct rs_stage_call){.inputs = inputs, .priors = p->priors, .n_priors = p->n_priors,
                                   .output = p->dirs[place], .config_path = p->config_path,
                                   .reference = p->o.reference, .run_id = p->run_id, .as_of = p->as_of,
                                   .threads = p->o.threads, .compress = p->o.compress};
    for (const char *const *a = stage->after; a && *a; a++) inputs[call->n_inputs++] = p->dirs[place_of(*a)];
}

/* ---- results -------------------------------------------------------------------------------------------------- */

static bool write_results(struct plan *p, const char *status, const struct rs_error *failure, struct rs_error *error) {
    char path[PATH_MAX], hex[65];
    if (!rs_path(path, sizeof path, error, "%s/results.json", p->run_dir)) return false;
    json_object_set_new(p->results, "status", json_string(status));
    bool running = strcmp(status, "running") == 0;
    json_object_set_new(p->results, "exit_code", running ? json_null() : json_integer(failure ? failure->code : 0));
    if (failure) json_object_set_new(p->results, "error", json_string(failure->text));
    json_object_set_new(p->results, "seconds", json_real(seconds_now() - p->started));
    json_object_set_new(p->results, "written", clock_json());
    rs_results_digest(p->results, hex);
    json_object_set_new(p->results, "sha256", json_string(hex));
    char *text = json_dumps(p->results, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    bool ok = rs_write_file(path, text, strlen(text), error);
    free(text);
    return ok;
}

static void add_stage_result(struct plan *p, size_t place, const char *status, const struct rs_child_result *child) {
    json_t *entry = json_pack("{s:s, s:s}", "stage", rs_stages[place]->name, "status", status);
    char path[PATH_MAX + 16], hex[65];
    struct rs_digest d;
    struct rs_error ignored;
    json_t *j = rs_stage_json(p->dirs[place]);
    if (j) {
        snprintf(path, sizeof path, "%s/stage.json", p->dirs[place]);
        if (rs_sha256_file(path, &d, NULL, &ignored)) {
            rs_hex(hex, d.b, 32);
            json_object_set_new(entry, "stage_json_sha256", json_string(hex));
        }
        const char *keys[] = {"key", "rows", "results"};
        for (size_t i = 0; i < 3; i++) json_object_set(entry, keys[i], json_object_get(j, keys[i]));
        json_decref(j);
    }
    if (child) {
        json_object_set_new(entry, "seconds", json_real(child->seconds));
        json_object_set_new(entry, "peak_kib", json_integer(child->peak_kib));
    }
    json_array_append_new(p->stages, entry);
}

/* ---- running -------------------------------------------------------------------------------------------------- */

static bool run_one(struct plan *p, size_t place, bool *changed, struct rs_error *error) {
    const struct rs_stage *stage = rs_stages[place];
    const char *inputs[MOST_DIRS];
    struct rs_stage_call call;
    struct rs_digest key;
    char hex[65];
    call_of(p, place, inputs, &call);
    if (!rs_stage_key(stage, &call, &key, error)) return false;
    rs_hex(hex, key.b, 32);
    if (!p->o.force && !stage->always && rs_stage_is_done(p->dirs[place], hex)) {
        rs_info("%s: nothing it reads has changed; its files stand", stage->name);
        add_stage_result(p, place, "reused", NULL);
        return true;
    }
    *changed = true;
    rs_lock_tell(&p->lock, stage->name);
    struct rs_child_result child = {0};
    bool ok = rs_run_child(stage, &call, &child, error);
    add_stage_result(p, place, ok ? "done" : "failed", &child);
    if (!ok) return rs_error_context(error, "%s", stage->name);
    rs_info("%s: done in %.2f s, peak %.0f MiB", stage->name, child.seconds, (double)child.peak_kib / 1024);
    return true;
}

/* A stage this call leaves alone keeps its entry: the results are of the run, not of the last call. */
static void keep_stage(struct plan *p, size_t place) {
    size_t i;
    json_t *entry;
    json_array_foreach(p->kept, i, entry) {
        if (strcmp(rs_config_text(entry, "stage", ""), rs_stages[place]->name) != 0) continue;
        json_object_set_new(entry, "status", json_string("kept"));
        json_array_append(p->stages, entry);
        return;
    }
    json_t *j = rs_stage_json(p->dirs[place]); /* made by the stage's own program */
    if (j) add_stage_result(p, place, "kept", NULL);
    json_decref(j);
}

static bool run_stages(struct plan *p, struct rs_error *error) {
    bool changed = false;
    for (size_t i = 0; rs_stages[i]; i++) {
        if (rs_signal_asked(error)) return false;
        if (!chosen(&p->o, i)) {
            keep_stage(p, i);
            continue;
        }
        if (!run_one(p, i, &changed, error)) return false;
        if (!write_results(p, "running", NULL, error)) return false;
    }
    json_object_set_new(p->results, "changed", json_boolean(changed));
    return true;
}

/* What each stage would do. Once one would run, those that read its files have keys that cannot be known yet. */
static bool show_plan(struct plan *p, struct rs_error *error) {
    bool dirty[MOST_STAGES] = {false};
    printf("run %s as of %s in %s\n", p->run_id, p->as_of, p->run_dir);
    for (size_t i = 0; rs_stages[i]; i++) {
        const struct rs_stage *stage = rs_stages[i];
        const char *inputs[MOST_DIRS], *why = NULL;
        struct rs_stage_call call;
        struct rs_digest key;
        char hex[65];
        if (!chosen(&p->o, i)) continue;
        call_of(p, i, inputs, &call);
        for (const char *const *a = stage->after; a && *a && !why; a++)
            if (dirty[place_of(*a)]) why = "what it reads will be made anew";
        if (!why && p->o.force) why = "forced";
        if (!why && stage->always) why = "it always asks the database";
        if (!why) {
            if (!rs_stage_key(stage, &call, &key, error)) return false;
            rs_hex(hex, key.b, 32);
            if (!rs_stage_is_done(p->dirs[i], hex)) why = rs_exists(p->dirs[i]) ? "inputs, options or version changed, or it did not finish" : "it has not run yet";
        }
        dirty[i] = why != NULL;
        printf("  %-10s %-6s %s\n", stage->name, why ? "run" : "reuse", why ? why : "nothing it reads has changed");
    }
    return true;
}

static bool set_up(struct plan *p, struct rs_error *error) {
    const char *config_path = p->o.config ? p->o.config : "relsogi.yaml";
    if (!rs_path(p->config_path, sizeof p->config_path, error, "%s", config_path)) return false;
    struct rs_digest sha;
    char hex[65];
    json_t *config = rs_yaml_read(p->config_path, &sha, error);
    if (!config) return false;
    rs_hex(hex, sha.b, 32);
    bool ok = check_names(&p->o, error) && plan_paths(p, config, error) && plan_priors(p, config, error);
    json_decref(config);
    if (!ok) return false;
    p->stages = json_array();
    p->results = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "run_id", p->run_id, "as_of", p->as_of, "program",
                           rs_program, "config_sha256", hex, "started", clock_json(), "stages",
                           p->stages);
    return true;
}

static void read_kept(struct plan *p) {
    char path[PATH_MAX];
    struct rs_error ignored;
    if (!rs_path(path, sizeof path, &ignored, "%s/results.json", p->run_dir)) return;
    json_t *old = json_load_file(path, 0, NULL);
    p->kept = json_incref(json_object_get(old, "stages"));
    json_decref(old);
}

/* Files of a stage that did not end are of no use to anybody. */
static void drop_unfinished(const struct plan *p) {
    size_t i;
    json_t *entry;
    json_array_foreach(p->stages, i, entry) {
        if (strcmp(rs_config_text(entry, "status", ""), "failed") != 0) continue;
        size_t place = place_of(rs_config_text(entry, "stage", ""));
        json_t *done = rs_stage_json(p->dirs[place]);
        if (!done) rs_remove_files(p->dirs[place]);
        json_decref(done);
    }
}

/* That the run failed, on a disk that holds no more: in the room of what did not end, else in that of the results there are,
 * which say that the run goes on. */
static bool write_without_room(struct plan *p, const struct rs_error *failure, struct rs_error *error) {
    char path[PATH_MAX];
    drop_unfinished(p);
    if (write_results(p, "failed", failure, error)) return true;
    if (!rs_path(path, sizeof path, error, "%s/results.json", p->run_dir)) return false;
    unlink(path);
    return write_results(p, "failed", failure, error);
}

static int finish(struct plan *p, bool ok, struct rs_error *error) {
    struct rs_error second = {0};
    size_t done = 0, reused = 0, i;
    json_t *entry;
    bool written = write_results(p, ok ? "done" : "failed", ok ? NULL : error, &second);
    if (!ok && !written) written = write_without_room(p, error, &second);
    rs_lock_release(&p->lock);
    if (ok && !written) *error = second;
    if (!ok || !written) {
        rs_log(RS_LOG_ERROR, "%s", error->text);
        printf("run %s failed: %s\n", p->run_id, error->text);
        return error->code ? error->code : RS_BUG;
    }
    json_array_foreach(p->stages, i, entry) {
        const char *status = rs_config_text(entry, "status", "");
        done += strcmp(status, "done") == 0;
        reused += strcmp(status, "reused") == 0;
    }
    printf("run %s done: %zu stages run, %zu reused, %.1f s; %s/results.json\n", p->run_id, done, reused,
           seconds_now() - p->started, p->run_dir);
    return 0;
}

int rs_run_main(int argc, char **argv) {
    struct plan *p = rs_alloc(sizeof *p);
    struct rs_error error = {0};
    p->lock.fd = -1;
    p->started = seconds_now();
    int code = parse(argc, argv, &p->o);
    if (code < 0 && p->o.list) code = list_stages();
    if (code == RS_USAGE) goto told; /* whoever watches must not go on seeing the night before */
    if (code >= 0) goto done;
    bool ok = set_up(p, &error);
    if (ok && p->o.dry_run) {
        ok = show_plan(p, &error);
        code = ok ? 0 : error.code;
    } else if (ok) {
        rs_signals_catch();
        ok = rs_make_dirs(p->run_dir, &error) && rs_lock_take(&p->lock, p->output, p->run_id, &error);
        if (ok) rs_remove_leftovers(p->run_dir);
        if (ok) read_kept(p);
        if (ok) code = finish(p, write_results(p, "running", NULL, &error) && run_stages(p, &error), &error);
    }
    if (!ok) {
        rs_log(RS_LOG_ERROR, "%s", error.text);
        code = error.code ? error.code : RS_BUG;
    }
told:
    if (p->o.metrics && !p->o.dry_run &&
        !rs_metrics_write(p->o.metrics, p->results, code, seconds_now() - p->started, &error)) {
        rs_log(RS_LOG_ERROR, "--metrics: %s", error.text);
        if (!code) code = error.code;
    }
done:
    json_decref(p->results);
    json_decref(p->kept);
    free(p);
    return code;
}
