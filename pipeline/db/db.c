/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of `relsogi db`. */
#include "db.h"
#include "../base/config.h"
#include "../base/log.h"
#include "../base/text.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "relsogi db: tables, rights and runs in PostgreSQL\n\n"
    "Usage: relsogi db COMMAND [OPTION...]\n\n"
    "  migrate                 Bring tables, functions, comments and rights up to date. Needs an administrator.\n"
    "  status                  Say which server this is, what was applied, and which runs are there.\n"
    "  prune                   Drop the rows of runs beyond the newest ones; digests stay in the log.\n"
    "  export WHAT             Write as CSV, for auditors: discrepancies, gone, changes, facilities, identifiers,\n"
    "                          summary, actions; and rows, for who keeps a copy: persons, values, posteriors,\n"
    "                          results, links, estimates, tabulations.\n"
    "  approve RUN             Keep in the log that this run may be used.\n"
    "  override RUN            Keep in the log that something was set aside: --reason says what, and why.\n\n"
    "  --config FILE           Configuration of the plan; its database: says where the server is, its retention:\n"
    "                          (keep, older_than) what prune does.\n"
    "  --user NAME             Database user to connect as (migrate: an administrator; export, approve and override:\n"
    "                          relsogi_auditor by default).\n"
    "  --keep N                prune: runs that keep their rows; by default as the database's table retention says.\n"
    "  --older-than DAYS       prune: only runs whose day is longer ago.\n"
    "  --dry-run               prune: say what would be dropped.\n"
    "  --if-configured         prune: do nothing, and connect to nothing, where no retention: is configured.\n"
    "  --output FILE           export: where to; by default stdout.\n"
    "  --as-of DATE            export: of the latest run of that day or before; by default of the latest.\n"
    "  --since DATE            export: only what changed since the latest run of that day or before. Each row says\n"
    "                          change (added, changed, removed), as_of, since; as_of is --since the next time.\n"
    "  --since-run RUN/REV     export: the run and revision that the extract before was of, as its message names them;\n"
    "                          ends with 66 where the run of that day is another by now.\n"
    "  --reason TEXT           approve, override: why.\n"
    "  --log-format FORMAT     human or json; by default human on a terminal, json otherwise.\n"
    "  --help                  Show this help.\n\n"
    "The server is found by database: in the configuration (service, host, port, dbname, user), else by PGSERVICE,\n"
    "PGHOST and the like, else it is the private one that scripts/db starts.\n";

struct request {
    const struct command *command;
    const char *what, *config, *user, *keep, *older_than, *output, *as_of, *since, *since_run, *reason;
    enum rs_log_format format;
    bool dry_run, if_configured, help;
};
struct command {
    const char *name, *what; /* what: what stands behind it, NULL for nothing */
    bool auditor;            /* connects as an auditor unless somebody says otherwise */
    bool (*run)(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error);
};
static const struct command *find_command(const char *name);

static bool take_option(int c, struct request *r, char **argv, struct rs_error *error) {
    switch (c) {
    case 'c': r->config = optarg; return true;
    case 'u': r->user = optarg; return true;
    case 'k': r->keep = optarg; return true;
    case 'o': r->older_than = optarg; return true;
    case 'n': r->dry_run = true; return true;
    case 'i': r->if_configured = true; return true;
    case 'O': r->output = optarg; return true;
    case 'a': r->as_of = optarg; return true;
    case 's': r->since = optarg; return true;
    case 'S': r->since_run = optarg; return true;
    case 'r': r->reason = optarg; return true;
    case 'h': r->help = true; return true;
    case 'l':
        if (strcmp(optarg, "human") && strcmp(optarg, "json"))
            return rs_fail(error, RS_USAGE, "--log-format must be human or json");
        r->format = optarg[0] == 'h' ? RS_LOG_HUMAN : RS_LOG_JSON;
        return true;
    default:
        return rs_fail(error, RS_USAGE, "%s %s; see relsogi db --help",
                       c == ':' ? "a value is missing after" : "unknown option", argv[optind - 1]);
    }
}

static bool parse(int argc, char **argv, struct request *r, struct rs_error *error) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"keep", required_argument, NULL, 'k'},
                                            {"older-than", required_argument, NULL, 'o'},
                                            {"dry-run", no_argument, NULL, 'n'},
                                            {"if-configured", no_argument, NULL, 'i'},
                                            {"output", required_argument, NULL, 'O'},
                                            {"as-of", required_argument, NULL, 'a'},
                                            {"reason", required_argument, NULL, 'r'},
                                            {"since", required_argument, NULL, 's'},
                                            {"since-run", required_argument, NULL, 'S'},
                                            {"log-format", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;)
        if (!take_option(c, r, argv, error)) return false;
    if (r->help) return true;
    const char *name = optind < argc ? argv[optind++] : "";
    r->command = find_command(name);
    if (!r->command)
        return rs_fail(error, RS_USAGE,
                       "say migrate, status, prune, export, approve or override; see relsogi db --help");
    if (r->command->what && optind < argc) r->what = argv[optind++];
    if (r->command->what && !r->what)
        return rs_fail(error, RS_USAGE, "%s needs %s; see relsogi db --help", name, r->command->what);
    return optind == argc || rs_fail(error, RS_USAGE, "\"%s\" is too much; see relsogi db --help", argv[optind]);
}

static bool migrate(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error) {
    int applied;
    (void)r;
    (void)config;
    if (!rs_db_migrate(s, &applied, error)) {
        if (error->code == RS_PERMISSION)
            rs_error_context(error, "user %s is no administrator here (see --user)", rs_session_user(s));
        return false;
    }
    printf("%s: up to date, %d new migration%s\n", rs_session_where(s), applied, applied == 1 ? "" : "s");
    return true;
}

static bool status(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error) {
    (void)r;
    (void)config;
    printf("%s, as user %s\n", rs_session_where(s), rs_session_user(s));
    struct rs_answer *a = rs_session_ask(s, "select to_regclass('relsogi.migration') is not null", 0, NULL, error);
    if (!a) return false;
    bool there = rs_answer_flag(a, 0, 0);
    rs_answer_free(a);
    if (!there) {
        printf("no tables yet: run \"relsogi db migrate\" as its administrator\n");
        return true;
    }
    a = rs_session_ask(s,
                       "select max(number), count(*), to_char(max(applied_at), 'YYYY-MM-DD HH24:MI:SS TZ') "
                       "from relsogi.migration",
                       0, NULL, error);
    if (!a) return false;
    printf("migrations: %s applied, the last is number %s of %s\n", rs_answer_text(a, 0, 1),
           rs_answer_text(a, 0, 0) ? rs_answer_text(a, 0, 0) : "-",
           rs_answer_text(a, 0, 2) ? rs_answer_text(a, 0, 2) : "-");
    rs_answer_free(a);
    a = rs_session_ask(s,
                       "select run_id, revision, coalesce(as_of::text, 'no date'), status, "
                       "to_char(coalesce(visible_since, started_at), 'YYYY-MM-DD HH24:MI:SS TZ'), "
                       "(select coalesce(sum(rows), 0) from relsogi.run_table t where t.run_no = run.run_no) "
                       "from relsogi.run where status in ('loading', 'visible') order by run_no desc limit 10",
                       0, NULL, error);
    if (!a) return false;
    printf("runs (the last ten):%s\n", rs_answer_rows(a) ? "" : " none");
    for (int i = 0; i < rs_answer_rows(a); i++)
        printf("  %s revision %s as of %s: %s since %s, %s rows\n", rs_answer_text(a, i, 0),
               rs_answer_text(a, i, 1) ? rs_answer_text(a, i, 1) : "-", rs_answer_text(a, i, 2),
               rs_answer_text(a, i, 3), rs_answer_text(a, i, 4), rs_answer_text(a, i, 5));
    rs_answer_free(a);
    return true;
}

/* ---- prune ---------------------------------------------------------------------------------------------------- */

/* The command line, else retention: in the configuration; NULL: the database's own. */
static bool read_retention(const struct request *r, const json_t *config, struct rs_retention *out,
                           struct rs_error *error) {
    static const char *const keys[] = {"keep", "older_than", NULL};
    const json_t *map = json_object_get(config, "retention");
    if (map && !rs_config_keys(map, "retention", keys, error)) return rs_error_context(error, "%s", r->config);
    const char *keep = r->keep ? r->keep : rs_config_text(map, "keep", NULL);
    const char *days = r->older_than ? r->older_than : rs_config_text(map, "older_than", NULL);
    *out = (struct rs_retention){.keep = -1, .older_than = -1, .dry_run = r->dry_run};
    if (keep && (!rs_parse_long(rs_cstr(keep), &out->keep) || out->keep < 1 || out->keep > 1000000))
        return rs_fail(error, RS_USAGE, "keep must be a whole number from 1: how many runs keep their rows");
    if (days && (!rs_parse_long(rs_cstr(days), &out->older_than) || out->older_than < 0 || out->older_than > 100000))
        return rs_fail(error, RS_USAGE, "older-than must be a whole number of days");
    return true;
}

static bool prune(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error) {
    struct rs_retention retention;
    size_t n;
    if (!read_retention(r, config, &retention, error) || !rs_db_prune(s, &retention, &n, error)) return false;
    printf("%s: %zu run%s %s\n", rs_session_where(s), n, n == 1 ? "" : "s", r->dry_run ? "would be pruned" : "pruned");
    return true;
}

/* ---- for auditors --------------------------------------------------------------------------------------------- */

static bool export(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error) {
    (void)config;
    struct rs_export e = {.what = r->what, .as_of = r->as_of, .since = r->since, .since_run = r->since_run,
                          .output = r->output};
    return rs_db_export(s, &e, error);
}

static bool decide(struct rs_session *s, const struct request *r, const json_t *config, struct rs_error *error) {
    const char *parameters[] = {r->command->name, r->what, r->reason};
    (void)config;
    struct rs_answer *a = rs_session_ask(s, "select relsogi.decide($1, $2, $3)", 3, parameters, error);
    if (!a) return false;
    printf("%s: %s of run %s is entry %s of the log\n", rs_session_where(s), r->command->name, r->what,
           rs_answer_text(a, 0, 0));
    rs_answer_free(a);
    return true;
}

static const struct command commands[] = {{"migrate", NULL, false, migrate},
                                          {"status", NULL, false, status},
                                          {"prune", NULL, false, prune},
                                          {"export", "what to export", true, export},
                                          {"approve", "a run's name", true, decide},
                                          {"override", "a run's name", true, decide},
                                          {NULL, NULL, false, NULL}};

static const struct command *find_command(const char *name) {
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

static bool run(const struct request *r, struct rs_error *error) {
    struct rs_database database;
    json_t *config = NULL;
    if (r->config && !(config = rs_yaml_read(r->config, NULL, error))) return false;
    if (r->if_configured && r->command->run == prune && !json_object_get(config, "retention")) {
        printf("no retention is configured: nothing pruned\n");
        json_decref(config);
        return true;
    }
    bool ok = rs_database_read(config, r->config, &database, error);
    if (ok && r->user)
        database.user = r->user;
    else if (ok && r->command->auditor)
        rs_database_as_auditor(&database);
    struct rs_session *s = ok ? rs_session_open(&database, "db", r->command->name, error) : NULL;
    ok = s && r->command->run(s, r, config, error);
    rs_session_close(s);
    json_decref(config);
    return ok;
}

int rs_db_main(int argc, char **argv) {
    struct request r = {.format = RS_LOG_AUTO};
    struct rs_error error = {0};
    bool ok = parse(argc, argv, &r, &error);
    rs_log_setup(r.format, RS_LOG_INFO, "db");
    if (ok && r.help)
        fputs(help, stdout);
    else
        ok = ok && run(&r, &error);
    if (fflush(stdout) != 0 && ok) ok = rs_fail_errno(&error, RS_IO, "stdout");
    if (!ok) rs_log(RS_LOG_ERROR, "%s", error.text);
    return ok ? 0 : error.code;
}
