/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stage in a process of its own: what it leaks or breaks ends with it, and the kernel measures its memory. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "driver.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"

/* ---- signals -------------------------------------------------------------------------------------------------- */

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
enum { N_ENDS = sizeof ends / sizeof ends[0] };

static volatile sig_atomic_t child_pid, asked;
static struct sigaction before[N_ENDS]; /* a child gets these back */

static void note_and_pass_on(int signal_no) {
    asked = signal_no;
    if (child_pid > 0) kill((pid_t)child_pid, signal_no);
}

void rs_signals_catch(void) {
    struct sigaction ours = {.sa_handler = note_and_pass_on};
    for (size_t i = 0; i < N_ENDS; i++) {
        sigaction(ends[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) sigaction(ends[i], &ours, NULL); /* nohup stays nohup */
    }
}

bool rs_signal_asked(struct rs_error *error) {
    if (!asked) return false;
    rs_fail(error, RS_LOCKED, "the run was ended by signal %d (%s): run again to go on from here", (int)asked,
            strsignal((int)asked));
    return true;
}

/* Held back around fork: one that came between looking and the child's number being known would reach nobody. */
static void hold_signals(sigset_t *old) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < N_ENDS; i++) sigaddset(&set, ends[i]);
    sigprocmask(SIG_BLOCK, &set, old);
}

/* ---- the child ------------------------------------------------------------------------------------------------ */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static _Noreturn void child_main(const struct rs_stage *stage, const struct rs_stage_call *call, int to_parent,
                                 pid_t parent, const sigset_t *unheld) {
    struct rs_error error = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a killed driver leaves no stage writing behind its back */
    if (getppid() != parent) _exit(RS_LOCKED); /* it was killed before that line */
    for (size_t i = 0; i < N_ENDS; i++) sigaction(ends[i], &before[i], NULL);
    sigprocmask(SIG_SETMASK, unheld, NULL);
    rs_log_stage(stage->name);
    bool ok = rs_stage_run(stage, call, &error);
    if (!ok && write(to_parent, &error, sizeof error) != (ssize_t)sizeof error) _exit(RS_BUG);
    exit(ok ? 0 : (error.code ? error.code : RS_BUG)); /* exit, so that the leak checker looks */
}

static bool understand(const struct rs_stage *stage, int status, const struct rs_error *told, size_t told_bytes,
                       struct rs_error *error) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (told_bytes == sizeof *told) {
        *error = *told;
        return false;
    }
    if (WIFSIGNALED(status)) {
        int s = WTERMSIG(status);
        bool by_us = s == SIGINT || s == SIGTERM || s == SIGHUP;
        return rs_fail(error, by_us ? RS_LOCKED : RS_BUG, "%s was ended by signal %d (%s)%s", stage->name, s,
                       strsignal(s), by_us ? ": run again to go on from here" : s == SIGKILL ? ": out of memory?" : "");
    }
    return rs_fail(error, RS_BUG, "%s ended with status %d and gave no reason", stage->name, WEXITSTATUS(status));
}

bool rs_run_child(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_child_result *result,
                  struct rs_error *error) {
    int pipe_ends[2];
    double start = now();
    sigset_t unheld;
    if (pipe(pipe_ends) != 0) return rs_fail_errno(error, RS_IO, "cannot make a pipe");
    fflush(NULL);
    hold_signals(&unheld);
    pid_t parent = getpid(), pid = asked ? -1 : fork();
    if (pid == 0) {
        close(pipe_ends[0]);
        child_main(stage, call, pipe_ends[1], parent, &unheld);
    }
    int cause = errno;
    close(pipe_ends[1]);
    child_pid = pid;
    sigprocmask(SIG_SETMASK, &unheld, NULL);
    if (pid < 0) {
        close(pipe_ends[0]);
        if (rs_signal_asked(error)) return false;
        errno = cause;
        return rs_fail_errno(error, RS_IO, "cannot start %s", stage->name);
    }
    struct rs_error told;
    size_t got = 0;
    for (;;) {
        ssize_t n = read(pipe_ends[0], (char *)&told + got, sizeof told - got);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        got += (size_t)n;
        if (got == sizeof told) break;
    }
    close(pipe_ends[0]);
    int status = 0;
    struct rusage usage = {0};
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) continue;
    child_pid = 0;
    result->seconds = now() - start;
    result->peak_kib = usage.ru_maxrss;
    return understand(stage, status, &told, got, error);
}

/* ---- what is there -------------------------------------------------------------------------------------------- */

json_t *rs_stage_json(const char *dir) {
    char path[PATH_MAX];
    struct rs_error ignored;
    if (!rs_path(path, sizeof path, &ignored, "%s/stage.json", dir)) return NULL;
    return json_load_file(path, 0, NULL);
}

bool rs_stage_is_done(const char *dir, const char *key) {
    json_t *j = rs_stage_json(dir);
    const char *there = json_string_value(json_object_get(j, "key"));
    bool ok = there && strcmp(there, key) == 0;
    const char *name;
    json_t *digest;
    json_object_foreach(json_object_get(j, "sha256"), name, digest) {
        struct rs_manifest m;
        struct rs_error ignored;
        char hex[65];
        const struct rs_layout *layout = rs_layout_find(name);
        ok = ok && layout && rs_manifest_read(dir, layout, &m, &ignored) && rs_exists(m.path);
        if (!ok) break;
        rs_hex(hex, m.content.b, 32);
        ok = strcmp(hex, json_string_value(digest)) == 0;
    }
    json_decref(j);
    return ok;
}
