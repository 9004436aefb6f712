/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reconcile: which records are one person, what a prior run decides, and that neither threads nor the order or
 * splitting of files change a byte. */
#include "reconcile_plan.h"

TestSuite(reconcile_link, .init = setup, .fini = teardown);

/* ---- linking ----------------------------------------------------------------------------------------------------- */

Test(reconcile_link, chains_of_identifiers_join_and_others_do_not) {
    for (int i = 1; i <= 40; i++) { /* i and i+1 share an identifier: one chain of forty */
        char value[16];
        one(i, "ehr");
        snprintf(value, sizeof value, "v%d", i);
        id(i, 1, i, "chain", value, "Y");
        snprintf(value, sizeof value, "v%d", i + 1);
        id(i, 1, i, "chain", value, "Y");
    }
    one(50, "ehr");
    id(50, 1, 50, "other", "v3", "Y"); /* the same value in another namespace */
    one(51, "ehr");
    id(51, 1, 51, "chain", "v3", "N"); /* the profile does not let it link */
    run("out");
    for (int i = 2; i <= 40; i++) cr_assert(same_person("out", 1, i), "record %d", i);
    cr_assert(!same_person("out", 1, 50) && !same_person("out", 1, 51));
    expect("out", P, 1, "records=40");
    expect("out", P, 3, "");
    expect("out", &rs_layout_link, 40, "rule=member_id");
    expect("out", &rs_layout_link, 2, "rule=alone");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=merged;rows=81");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=ignored;reason=not_linking;rows=1");
}

/* Random graphs against the textbook way of finding components in memory. */
static int root_of(int *parent, int i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

Test(reconcile_link, components_of_random_graphs) {
    enum { RECORDS = 150 };
    for (uint64_t graph = 0; graph < 4; graph++) {
        struct rs_random r = rs_random(20260630, graph, 1);
        int parent[RECORDS], holder[RECORDS * 2];
        char value[16];
        n_rows[DEMO] = n_rows[ID] = 0;
        memset(holder, -1, sizeof holder);
        for (int i = 0; i < RECORDS; i++) {
            parent[i] = i;
            one(i, "ehr");
        }
        for (int k = 0; k < RECORDS + 40 * (int)graph; k++) {
            int record = (int)rs_random_below(&r, RECORDS), v = (int)rs_random_below(&r, RECORDS * 2);
            snprintf(value, sizeof value, "v%d", v);
            id(record, 1, record, "state", value, "Y");
            if (holder[v] < 0) holder[v] = record;
            else parent[root_of(parent, record)] = root_of(parent, holder[v]);
        }
        run("out");
        size_t n = read_out("out", &rs_layout_link), components = 0;
        cr_assert(n == RECORDS);
        struct rs_view person[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            components += root_of(parent, i) == i;
            for (size_t k = 0; k < n; k++)
                if (rs_eq(found[k][LINK_record_key], key_text(i))) person[i] = found[k][LINK_person_key];
        }
        for (int i = 0; i < RECORDS; i++)
            for (int j = 0; j < i; j++)
                cr_assert(rs_eq(person[i], person[j]) == (root_of(parent, i) == root_of(parent, j)), "graph %d: %d, %d",
                          (int)graph, i, j);
        expect("out", P, components, "");
    }
}

Test(reconcile_link, a_filler_identifier_links_nobody) {
    for (int i = 1; i <= 60; i++) {
        one(i, "ehr");
        id(i, 1, i, "ssn", "999999999", "Y");
    }
    run("out");
    expect("out", P, 60, "records=1");
    expect("out", &rs_layout_quarantine, 60, "rule=id_shared_by_many;scope=value;raw=");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;fate=ignored;reason=id_shared_by_many;rows=60");
}

Test(reconcile_link, a_crosswalk_pair_joins) {
    one(1, "ehr");
    one(2, "payer");
    one(3, "payer");
    id(1, 1, 1, "ehr", "A 1", "N");
    id(2, 1, 2, "payer", "B\"1", "N");
    id(3, 1, 3, "payer", "B2", "N");
    write_text("pairs.csv", "\xef\xbb\xbfid_system_a,note,id_a,id_system_b,id_b\r\n"
                            "ehr,x,\"A 1\",payer,\"B\"\"1\"\r\nehr,x,NOBODY,payer,B2");
    extra_config = "crosswalk: pairs.csv\n";
    run("out");
    cr_assert(same_person("out", 1, 2) && !same_person("out", 1, 3));
    expect("out", &rs_layout_link, 2, "rule=crosswalk");
    expect("out", &rs_layout_link, 1, "rule=alone");
}

Test(reconcile_link, a_broken_crosswalk_says_where) {
    struct rs_error error = {0};
    one(1, "ehr");
    write_text("pairs.csv", "id_system_a,id_a,id_system_b,id_b\nehr,1,payer,\n");
    extra_config = "crosswalk: pairs.csv\n";
    try_run("out", NULL, 1, false, &error);
    cr_assert(error.code == RS_DATA && strstr(error.text, "pairs.csv:2: id_b is empty"), "%s", error.text);
}

static void forget_ids(void) { n_rows[ID] = 0; }

Test(reconcile_link, prior_keys_are_kept_and_merges_and_splits_logged) {
    const struct rs_layout *events = &rs_layout_link_event;
    linked(1, "ehr", 2, "payer");
    one(3, "ehr");
    one(4, "ehr");
    run("first");
    struct rs_view a = person_of("first", 1), c = person_of("first", 3);
    cr_assert(rs_eq(a, person_of("first", 2)) && !rs_eq(a, c));

    run_after("same", "first");
    cr_assert(rs_eq(a, person_of("same", 1)) && rs_eq(c, person_of("same", 3)));
    expect("same", events, 0, "");
    expect("same", &rs_layout_link, 2, "rule=prior");
    expect("same", &rs_layout_link, 2, "rule=member_id");
    cr_assert(same_file("first", "same", "person"));

    forget_ids(); /* 1 and 2 fall apart; 3 and 4 join */
    id(3, 1, 3, "state", "Q", "Y");
    id(4, 1, 4, "state", "Q", "Y");
    run_after("second", "first");
    cr_assert(!same_person("second", 1, 2) && same_person("second", 3, 4));
    cr_assert(rs_eq(a, person_of("second", 1)) != rs_eq(a, person_of("second", 2)), "one of the two keeps the key");
    expect("second", events, 1, "event=split");
    expect("second", events, 1, "event=merge;rule=member_id");
    expect("second", events, 2, "");

    /* Back together, and the key that stood for both is kept. */
    forget_ids();
    id(1, 1, 1, "state", "X1", "Y");
    id(2, 2, 2, "state", "X1", "Y");
    run_after("third", "second");
    cr_assert(same_person("third", 1, 2));
    expect("third", events, 1, "event=merge");
}

/* The record whose key names a person leaves: the person keeps the key, so it must not be made again for the record. */
Test(reconcile_link, a_key_is_never_given_twice) {
    one(1, "ehr");
    run("alone");
    struct rs_view key = person_of("alone", 1);
    one(2, "ehr");
    id(1, 1, 1, "state", "Q", "Y");
    id(2, 1, 2, "state", "Q", "Y");
    run_after("joined", "alone");
    cr_assert(rs_eq(key, person_of("joined", 2)));
    n_rows[DEMO] = 0; /* record 1 is away */
    n_rows[ID] = 0;
    one(2, "ehr");
    run_after("away", "joined");
    cr_assert(rs_eq(key, person_of("away", 2)));
    one(1, "ehr"); /* and comes back on its own */
    run_after("back", "away");
    cr_assert(rs_eq(key, person_of("back", 2)));
    cr_assert(!same_person("back", 1, 2));
    expect("back", P, 2, "records=1");
}

/* ---- same bytes -------------------------------------------------------------------------------------------------- */

/* Forty persons of two or three records each, with answers that tie in every way but content. */
static void many_people(int file_a, int file_b) {
    static const char *const races[] = {"WHITE", "BLACK", "ASIAN", "AIAN", "ASIAN|NHOPI"};
    static const char *const races24[] = {"WHITE", "BLACK", "ASIAN", "AIAN", "ASIAN|NHPI"};
    char value[32], pairs[128];
    n_rows[DEMO] = n_rows[MAPPED] = n_rows[ID] = n_rows[EVENT] = 0;
    for (int i = 0; i < 100; i++) {
        int file = i % 2 ? file_a : file_b;
        const char *source = i % 3 ? "ehr" : "payer";
        snprintf(pairs, sizeof pairs, "surname=N%d;birth_date=19%02d-01-01;zip5=1%04d", i % 7, i % 90 + 10, i % 5);
        demo(i, file, i, source, "2025-01-01", pairs);
        snprintf(pairs, sizeof pairs, "surname=N%d;birth_date=19%02d-01-01", i % 6, i % 90 + 10);
        if (i % 4 == 0) demo(i, file_b, 1000 + i, source, "2025-01-01", pairs); /* again, on the same day */
        snprintf(value, sizeof value, "p%d", i % 40);
        id(i, file, i, "state", value, "Y");
        snprintf(pairs, sizeof pairs, "omb1997=%s;omb2024=%s", races[i % 5], races24[i % 5]);
        said(i, file, i, 1, source, "race", "self", "2025-01-01", pairs);
        said(i, file, i, 2, source, "ethnicity", "self", "2025-01-01",
             i % 2 ? "omb1997=NOT_HISPANIC" : "omb1997=HISPANIC;omb2024=HISPANIC");
        event(i, file, 5000 + i, "CBP", 1, i % 2, i % 3 ? "north" : "south");
    }
}

static const char *const files[] = {"link", "link_event", "person", "person_value", "discrepancy", "person_measure"};

Test(reconcile_link, same_bytes_for_threads_order_and_file_numbers) {
    struct rs_error error = {0};
    many_people(1, 2);
    try_run("one", NULL, 1, false, &error);
    try_run("two", NULL, 2, false, &error);
    try_run("back", NULL, 2, true, &error);
    many_people(7, 3); /* the same rows from files that sort the other way */
    try_run("files", NULL, 3, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        cr_assert(same_file("one", "two", files[i]), "%s: threads", files[i]);
        cr_assert(same_file("one", "back", files[i]), "%s: order of rows", files[i]);
        cr_assert(same_file("one", "files", files[i]), "%s: order of files", files[i]);
    }
    cr_assert(same_file("one", "two", "ledger") && same_file("one", "two", "quarantine"));
    expect("one", P, 40, "");
}

Test(reconcile_link, outputs_are_sorted_by_their_keys) {
    static const struct rs_layout *const sorted[] = {&rs_layout_link, &rs_layout_person, &rs_layout_discrepancy};
    many_people(1, 2);
    run("out");
    for (size_t k = 0; k < 3; k++) {
        size_t n = read_out("out", sorted[k]);
        cr_assert(n > 30);
        for (size_t i = 1; i < n; i++)
            cr_assert(rs_compare(found[i - 1][0], found[i][0]) < 0, "%s row %zu", sorted[k]->name, i);
    }
    size_t n = read_out("out", V);
    for (size_t i = 1; i < n; i++) {
        int c = rs_compare(found[i - 1][0], found[i][0]);
        if (!c) c = rs_compare(found[i - 1][1], found[i][1]);
        if (!c) c = rs_compare(found[i - 1][2], found[i][2]);
        if (!c) c = rs_compare(found[i - 1][3], found[i][3]);
        cr_assert(c < 0, "person_value row %zu", i);
    }
}
