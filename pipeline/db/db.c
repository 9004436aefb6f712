/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of `relsogi db`. */
#include "db.h"
#include "../base/config.h"
#include "../base/log.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "relsogi db: tables, rights and runs in PostgreSQL\n\n"
    "Usage: relsogi db migrate|status [OPTION...]\n\n"
    "  migrate                 Bring tables, functions, comments and rights up to date. Needs an administrator.\n"
    "  status                  Say which server this is, what was applied, and which runs are there.\n\n"
    "  --config FILE           Configuration of the plan; its database: says where the server is.\n"
    "  --user NAME             Database user to connect as (migrate: an administrator).\n"
    "  --log-format FORMAT     human or json; by default human on a terminal, json otherwise.\n"
    "  --help                  Show this help.\n\n"
    "The server is found by database: in the configuration (service, host, port, dbname, user), else by PGSERVICE,\n"
    "PGHOST and the like, else it is the private one that scripts/db starts.\n";

struct request {
    const char *command, *config, *user;
    enum rs_log_format format;
    bool help;
};

static bool parse(int argc, char **argv, struct request *r, struct rs_error *error) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"log-format", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (c == 'c')
            r->config = optarg;
        else if (c == 'u')
            r->user = optarg;
        else if (c == 'h')
            r->help = true;
        else if (c == 'l' && (!strcmp(optarg, "human") || !strcmp(optarg, "json")))
            r->format = optarg[0] == 'h' ? RS_LOG_HUMAN : RS_LOG_JSON;
        else if (c == 'l')
            return rs_fail(error, RS_USAGE, "--log-format must be human or json");
        else
            return rs_fail(error, RS_USAGE, "%s %s; see relsogi db --help",
                           c == ':' ? "a value is missing after" : "unknown option", argv[optind - 1]);
    }
    r->command = optind < argc ? argv[optind] : NULL;
    if (r->help) return true;
    if (!r->command || optind + 1 < argc || (strcmp(r->command, "migrate") && strcmp(r->command, "status")))
        return rs_fail(error, RS_USAGE, "say migrate or status; see relsogi db --help");
    return true;
}

static bool migrate(struct rs_session *s, struct rs_error *error) {
    int applied;
    if (!rs_db_migrate(s, &applied, error)) {
        if (error->code == RS_PERMISSION)
            rs_error_context(error, "user %s is no administrator here (see --user)", rs_session_user(s));
        return false;
    }
    printf("%s: up to date, %d new migration%s\n", rs_session_where(s), applied, applied == 1 ? "" : "s");
    return true;
}

static bool status(struct rs_session *s, struct rs_error *error) {
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
                       "from relsogi.run where status <> 'superseded' order by run_no desc limit 10",
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

static bool run(const struct request *r, struct rs_error *error) {
    struct rs_database database;
    json_t *config = NULL;
    if (r->config && !(config = rs_yaml_read(r->config, NULL, error))) return false;
    bool ok = rs_database_read(config, r->config, &database, error);
    if (ok && r->user) database.user = r->user;
    struct rs_session *s = ok ? rs_session_open(&database, "db", r->command, error) : NULL;
    ok = s && (strcmp(r->command, "migrate") == 0 ? migrate(s, error) : status(s, error));
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
