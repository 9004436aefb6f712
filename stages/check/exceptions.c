/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gate that always fails for a known reason is switched off; one with owners and days is kept. */
#include "exceptions.h"
#include "pipeline/base/date.h"
#include "pipeline/base/log.h"
#include <stdio.h>
#include <string.h>

struct exception {
    const char *check, *scope, *scope_value, *element, *owner, *until, *reason; /* borrowed from the tree */
    int32_t last;
};

static bool read_one(const json_t *j, const char *where, const struct rs_checks *checks, struct exception *x,
                     struct rs_error *error) {
    static const char *const keys[] = {"check", "scope", "scope_value", "element", "owner", "until", "reason", NULL};
    *x = (struct exception){0};
    if (!json_is_object(j) || !rs_config_keys(j, where, keys, error) ||
        !rs_config_need(j, where, "check", &x->check, error) || !rs_config_need(j, where, "owner", &x->owner, error) ||
        !rs_config_need(j, where, "until", &x->until, error) || !rs_config_need(j, where, "reason", &x->reason, error))
        return error->code != 0 ? false : rs_fail(error, RS_CONFIG, "%s: not an exception", where);
    x->scope = rs_config_text(j, "scope", "*");
    x->scope_value = rs_config_text(j, "scope_value", "*");
    x->element = rs_config_text(j, "element", "*");
    if (!*x->owner || !*x->reason) return rs_fail(error, RS_CONFIG, "%s: owner and reason must say something", where);
    if (!rs_day_parse(rs_cstr(x->until), &x->last))
        return rs_fail(error, RS_CONFIG, "%s: until must be a day, YYYY-MM-DD", where);
    if (!json_is_string(json_object_get(checks->known, x->check)))
        return rs_fail(error, RS_CONFIG, "%s: no check has the id \"%s\"", where, x->check);
    return true;
}

static bool is_any(const char *pattern, const char *value) {
    return strcmp(pattern, "*") == 0 || strcmp(pattern, value) == 0;
}

static int apply(const struct exception *x, struct rs_check_results *results) {
    int used = 0;
    for (size_t i = 0; i < results->n; i++) {
        struct rs_check_result *r = &results->r[i];
        if (r->state != RS_FAIL || strcmp(x->check, r->check->id) != 0 || !is_any(x->scope, r->scope) ||
            !is_any(x->scope_value, r->scope_value) || !is_any(x->element, r->element))
            continue;
        struct rs_buffer text = {0};
        rs_buffer_printf(&text, "%s until %s: %s", x->owner, x->until, x->reason);
        rs_buffer_byte(&text, '\0');
        r->exception = text.p;
        r->state = RS_PASS_WITH_VIOLATIONS;
        used++;
    }
    return used;
}

/* Days before its end from which it is spoken of, and after which nobody may remember why it is there. */
enum { SOON = 14, LONG = 731 };

/* The owner should hear of it while there is time, and not from a gate that fails one night. */
static void warn_of(const struct exception *x, int32_t as_of, int used) {
    if (as_of > x->last)
        rs_warn("the exception to check %s (%s) of %s ended on %s: it is judged again; renew it with a reason, or take it out",
                x->check, x->scope_value, x->owner, x->until);
    else if (used && x->last - as_of < SOON)
        rs_warn("the exception to check %s (%s) of %s ends on %s: what fails without it will fail then", x->check,
                x->scope_value, x->owner, x->until);
    else if (x->last - as_of > LONG)
        rs_warn("the exception to check %s (%s) of %s stands until %s, more than two years: give it a nearer day", x->check,
                x->scope_value, x->owner, x->until);
}

bool rs_check_except(const char *path, const struct rs_checks *checks, int32_t as_of, struct rs_check_results *results,
                     json_t **told, struct rs_error *error) {
    static const char *const keys[] = {"exceptions", NULL};
    json_t *tree = rs_yaml_read(path, NULL, error), *list = json_object_get(tree, "exceptions"), *one;
    size_t i;
    bool good = tree != NULL;
    *told = json_array();
    if (good && (!json_is_object(tree) || !rs_config_keys(tree, path, keys, error) || !json_is_array(list)))
        good = error->code ? false : rs_fail(error, RS_CONFIG, "%s: must be a map with a list under exceptions", path);
    json_array_foreach(list, i, one) {
        struct exception x;
        char where[4200];
        snprintf(where, sizeof where, "%s: exceptions[%zu]", path, i);
        if (!good || !(good = read_one(one, where, checks, &x, error))) break;
        bool expired = as_of > x.last;
        int used = expired ? 0 : apply(&x, results);
        warn_of(&x, as_of, used);
        json_array_append_new(*told, json_pack("{s:s, s:s, s:s, s:s, s:i, s:b}", "check", x.check, "scope_value",
                                               x.scope_value, "owner", x.owner, "until", x.until, "used", used, "expired",
                                               expired));
    }
    json_decref(tree);
    return good;
}
