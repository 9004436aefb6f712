/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a killed process leaves behind, and what of it the next one takes away. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pipeline/base/file.h"

/* In the place of the C library's: a process that is killed before it comes to unlink. */
static bool killed_before;
int unlink(const char *path) {
    if (killed_before) _exit(9);
    return unlinkat(AT_FDCWD, path, 0);
}

static char dir[] = "/tmp/relsogi-left-XXXXXX";
static void make_dir(void) { cr_assert(mkdtemp(dir)); }
static bool empty(void) { return rmdir(dir) == 0; }

Test(leftovers, a_file_killed_before_it_lost_its_name, .init = make_dir) {
    struct rs_error error = {0};
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        killed_before = true;
        rs_file_unlinked(dir, &error);
        _exit(1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(WEXITSTATUS(status), 9, "the child did not come to unlink");
    cr_assert_not(empty(), "nothing was left, so nothing is tested");
    rs_remove_leftovers(dir);
    cr_assert(empty());
}

Test(leftovers, a_file_without_a_name_is_not_there, .init = make_dir) {
    struct rs_error error = {0};
    int fd = rs_file_unlinked(dir, &error);
    cr_assert_geq(fd, 0);
    cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cr_assert_eq(write(fd, "row", 3), 3);
    cr_assert(empty());
    close(fd);
}

Test(leftovers, what_a_living_writer_holds_and_what_others_call_theirs_stays, .init = make_dir) {
    struct rs_error error = {0};
    char mine[sizeof dir + 32], other[sizeof dir + 32];
    snprintf(mine, sizeof mine, "%s/rows.tsv", dir);
    snprintf(other, sizeof other, "%s/notes.tmp", dir);
    struct rs_out *out = rs_out_open(mine, &error);
    cr_assert(out);
    close(open(other, O_CREAT | O_WRONLY, 0600));
    rs_remove_leftovers(dir);
    cr_assert(rs_out_commit(out, &error), "%s", error.text);
    cr_assert_eq(access(mine, F_OK), 0);
    cr_assert_eq(access(other, F_OK), 0);
    unlink(mine);
    unlink(other);
    cr_assert(empty());
}
