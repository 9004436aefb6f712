-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout posterior, version 5: how far the answer that narrows the probabilities is believed. Null in runs loaded before,
-- and where an answer counts as certain.

alter table relsogi.posterior
    add column reliability double precision;
