-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout posterior, version 4: whether what the person said in an earlier run narrows the probabilities. Null in runs
-- loaded before, and without earlier runs.

alter table relsogi.posterior
    add column evidence text;
