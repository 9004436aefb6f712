-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout evaluation: how well imputed probabilities agree with what members report themselves.

create table relsogi.evaluation (
    run_no integer not null,
    model text not null,
    dimension text not null,
    stratum text not null,
    race_group text not null,
    metric text not null,
    value double precision not null,
    lower double precision,
    upper double precision,
    n bigint not null,
    primary key (model, dimension, stratum, race_group, metric, run_no),
    -- Cells of 1 to 10 members have no row, whatever a stage did: the load fails otherwise.
    constraint evaluation_has_no_small_cell check (n = 0 or n >= 11)
) partition by list (run_no);
