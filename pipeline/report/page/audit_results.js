/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second half of the auditors' page: provider groups, disparity statistics, what is withheld, provenance. */
'use strict';

/* ---- provider groups ------------------------------------------------------------------------------------------ */

function providers(page) {
  const node = section(page, 'providers', 'Provider groups',
    'Each mark is a provider group. Within the dotted (95\u00a0%) and the dashed lines (99.8\u00a0%) a rate differs from that of all, ' +
    'the line in the middle, by no more than chance; filled and named marks lie beyond the inner ' +
      'one. This is a look at the data, not a ranking: members differ between groups.');
  const rows = estimates.filter(r => r.dimension === 'provider_group' && r.suppressed === 'N' && number(r.rate) &&
      r.n > 0 && !isMissing(r.dimension, r.stratum) && measureOf(r.measure).proportion); /* the limits are a share's */
  if (!rows.length) node.append(el('p', {class: 'note'}, 'No results by provider group are in this run.'));
  const grid = el('div', {class: 'panels grid2'});
  for (const m of measures)
    for (const p of periods) {
      const mine = rows.filter(r => r.measure === m.id && r.period === p);
      const all =
        estimates.find(r => r.measure === m.id && r.period === p && r.dimension === 'all' && number(r.rate));
      if (mine.length < 3 || !all) continue;
      const groups = mine.map(r => ({name: r.stratum, n: r.n, rate: r.rate}));
      const beyond = g => {
        const d = Math.abs(g.rate - all.rate);
        return funnelLimits.filter(l => d > limitAt(all.rate, g.n, l.z)).map(l => l.name).pop() || 'within';
      };
      const hidden = estimates
                       .filter(r => r.measure === m.id && r.period === p && r.dimension === 'provider_group' &&
                           r.suppressed !== 'N')
                       .length;
      grid.append(figure(m.title,
        `${m.id} ${p}: ${percent(all.rate)} of all.${
          hidden ? ` ${plural(hidden, 'group', 'groups')} withheld.` : ''}`,
        (holder, width) => funnelChart(holder, width, groups, all.rate),
        [
          col('name', 'Provider group', null, {head: true}), num('n', 'Members', g => count(g.n)),
          num('rate', 'Rate', g => percent(g.rate)), col('z', 'Beyond limits of', beyond)
        ],
        groups));
    }
  node.append(grid);
  equity(node);
}

function equity(node) {
  node.append(el('h3', {class: 'panels'}, 'Gaps within provider groups, reliability and improvement'));
  const rows = rowsOf('equity');
  if (!rows.length) return void node.append(absentNote(['equity'], el('p', {class: 'note'}, 'The run states none.')));
  const shown = r => r.suppressed === 'N';
  node.append(
    el('p', {class: 'soft small'},
      'Reliability is the share of a gap\u2019s variance that lies between provider groups; the shrunken gap is ' +
      'drawn towards their mean by the rest. Improvement is from a provider group\u2019s own ' +
        'baseline; nobody is ranked.'),
    richTable(
      [
        col('provider_group', 'Provider group', null, {head: true}),
        col('measure', 'Measure', r => `${r.measure} ${r.period}`), col('stratum', 'Group', r => r.stratum === 'all' ? 'All' : groupText(r)),
        col('estimator', 'Estimator', r => estimatorName(r.estimator)),
        num('members', 'Members', r => shown(r) ? count(r.members) : 'withheld'),
        num('gap', 'Gap, points', r => points(r.gap)),
        num('gap_lower', '95\u00a0% interval', r => rangePoints(r.gap_lower, r.gap_upper)),
        num('reliability', 'Reliability', r => fixed(r.reliability, 2)),
        num('shrunk_gap', 'Shrunken gap', r => points(r.shrunk_gap)),
        num('detectable_gap', 'Smallest gap to detect', r => points(r.detectable_gap, false)),
        num('improvement', 'Improvement',
          r => number(r.improvement) ?
            `${points(r.improvement)} (${rangePoints(r.improvement_lower, r.improvement_upper)})` :
            '\u2013'),
        col('eligible', 'Eligible',
          r => shown(r) ? (r.eligible === 'Y'    ? 'Yes' :
                              r.eligible === 'N' ? `No: ${(r.reasons || '').replace(/_/g, ' ').replace(/,/g, ', ')}` :
                                                   '\u2013') :
                                                   'withheld',
          {klass: () => 'wordy'}),
        col('verdict', 'In words', r => shown(r) ? verdictName(r.verdict) : 'Withheld')
      ],
      rows.slice().sort((a, b) => shown(b) - shown(a)), 'Gaps within provider groups',
      {filters: ['provider_group', 'measure', 'stratum', 'estimator', 'verdict'], file: 'stratify/equity.tsv'}));
  leftOut(node, 'equity');
}

function leftOut(node, table) {
  if (data[table] && data[table].left_out)
    node.append(el('p', {class: 'note'},
      `${count(data[table].left_out)} more rows are in the run\u2019s file ${table}: this page shows the first ${
        count(data[table].rows.length)}.`));
}

/* ---- disparity statistics ------------------------------------------------------------------------------------- */

function quantity(unit, v) {
  if (!number(v)) return '\u2013';
  if (unit === 'difference') return points(v) + ' points';
  if (unit === 'rate') return percent(v);
  if (unit === 'persons') return count(v);
  return fixed(v, Math.abs(v) < 0.01 ? 5 : 3);
}

const spaced = text => (text || '').replace(/_/g, ' ').replace(/,/g, ', ');
const statisticName = s => word('statistics', s) || spaced(s);

function statements(page) {
  const node = section(page, 'statements', 'Disparity statistics',
    'Indices, adjusted comparisons and decompositions, as the run states them.');
  const rows = rowsOf('disparity');
  if (!rows.length) return void node.append(absentNote(['disparity'], el('p', null, 'None.')));
  const shown = r => r.suppressed === 'N';
  node.append(richTable(
    [
      col('measure', 'Measure', r => `${r.measure} ${r.period}`),
      col('dimension', 'Dimension', r => dimensionName(r.dimension)),
      col('statistic', 'Statistic', r => statisticName(r.statistic)),
      col('stratum', 'Group', r => r.stratum === 'all' ? 'All' : groupText(r)),
      col('provider_group', 'Provider group', r => r.provider_group === 'all' ? 'All' : r.provider_group),
      col('part', 'Part', r => r.part === 'all' ? '' : r.part.replace(/_/g, ' ')),
      col('estimator', 'Estimator', r => estimatorName(r.estimator)),
      num('value', 'Value', r => shown(r) ? quantity(r.unit, r.value) : 'withheld'),
      num('lower', '95\u00a0% interval',
        r => number(r.lower) ? `${quantity(r.unit, r.lower)} to ${quantity(r.unit, r.upper)}` : '\u2013'),
      col('method', 'Method', r => word('methods', r.method) || spaced(r.method)),
      col('flags', 'Flags', r => spaced(r.flags), {klass: r => r.flags ? 'wordy' : ''}),
      col('disparity_key', 'For relsogi trace', null, {code: true})
    ],
    rows, 'Disparity statistics',
    {filters: ['measure', 'dimension', 'statistic', 'stratum', 'estimator'], klass: 'dense', file: 'stratify/disparity.tsv'}));
  leftOut(node, 'disparity');
}

/* Persons by race and ethnicity in the three ways of SPD 15. */
function tabulations(page) {
  const rows = rowsOf('tabulation');
  if (!rows.length) return;
  const node = section(page, 'tabulation', 'Persons by race and ethnicity',
    'Who said several categories, counted in the three ways of SPD 15 (2024); shares are of those who answered.');
  const category = r => r.category.split('+').map(one => word('tabulated', one) || groupName('race_ethnicity', one)).join(' + ');
  node.append(richTable(
    [
      col('approach', 'Counted', r => spaced(r.approach)), col('category', 'Category', category),
      num('n', 'Persons', r => r.suppressed === 'N' ? count(r.n) : 'withheld'),
      num('share', 'Share', r => number(r.share) ? percent(r.share) : '\u2013'),
      col('trace', 'For relsogi trace', r => traceKey('tabulation', r.approach, r.category), {code: true})
    ],
    rows, 'Persons by race and ethnicity', {filters: ['approach'], file: 'stratify/tabulation.tsv'}));
}

/* ---- what is withheld ----------------------------------------------------------------------------------------- */

function withheld(page) {
  const node = section(page, 'withheld', 'What is withheld, and why',
    'A count from 1 to 10 is not shown, nor a number from which one could be worked out, alone or beside what an ' +
    'earlier run published. Of these rows the page has their name and the reason, and nothing else.');
  const own = [];
  for (const table of ['estimate', 'tabulation', 'disparity', 'equity', 'trend'])
    for (const r of rowsOf(table)) {
      if (r.suppressed === 'N') continue;
      const dimension = table === 'tabulation' ? 'Tabulation' : dimensionName(r.dimension);
      own.push({
        file: table,
        what: r.measure ? `${r.measure} ${r.period || ''}`.trim() : r.approach,
        dimension,
        group: r.stratum ? groupText(r) : r.category,
        how: [
          r.provider_group && r.provider_group !== 'all' ? r.provider_group : null,
          r.statistic ? statisticName(r.statistic) : null, r.estimator ? estimatorName(r.estimator) : null
        ].filter(Boolean)
               .join(', '),
        reason: word('suppression_reasons', r.suppression_reason) || r.suppression_reason || 'Not said'
      });
    }
  const counted = [
    data.check_result && data.check_result.withheld ? plural(data.check_result.withheld, 'check', 'checks') : null,
    data.discrepancy && data.discrepancy.withheld ?
      plural(data.discrepancy.withheld, 'kind of discrepancy', 'kinds of discrepancy') :
      null
  ].filter(Boolean);
  if (counted.length) node.append(el('p', {class: 'soft'}, `Also without numbers here: ${listOf(counted)}.`));
  node.append(own.length ?
      richTable(
        [
          col('file', 'File', null, {code: true}), col('what', 'Measure'), col('dimension', 'Dimension'),
          col('group', 'Group'), col('how', 'Which number'), col('reason', 'Reason')
        ],
        own, 'Withheld results', {filters: ['file', 'what', 'dimension', 'reason']}) :
      el('p', null, 'Nothing is withheld.'));
  const log = rowsOf('suppression');
  if (!log.length) return;
  const said = {
    measure: col('measure', 'Measure', r => `${r.measure} ${r.period}`),
    dimension: col('dimension', 'Dimension', r => dimensionName(r.dimension)),
    stratum: col('stratum', 'Group', groupText),
    estimator: col('estimator', 'Estimator', r => estimatorName(r.estimator)),
    rule: col('rule', 'Rule', r => word('suppression_rules', r.rule) || spaced(r.rule)),
    protects_dimension: col('protects_dimension', 'Protects, in', r => r.protects_dimension && dimensionName(r.protects_dimension)),
    protects_stratum: col('protects_stratum', 'this group',
      r => r.protects_stratum && groupName(r.protects_dimension || r.dimension, r.protects_stratum)),
    minimum: num('minimum', 'Smallest count shown')
  };
  const columns = data.suppression.columns.filter(key => key !== 'period').map(
    key => said[key] || {key, label: key.replace(/_/g, ' '), number: log.some(r => number(r[key]))});
  node.append(el('h3', {class: 'panels'}, 'The stage\u2019s own log'),
    richTable(
      columns, log, 'Suppression log', {filters: columns.filter(c => !c.number).map(c => c.key).slice(0, 5), file: 'stratify/suppression.tsv'}));
}

/* ---- provenance ----------------------------------------------------------------------------------------------- */

const code = text => el('span', {class: 'code'}, text || '\u2013');
const sha = text => el('div', {class: 'code sha'}, text || '\u2013');

function provenance(page) {
  const node =
    section(page, 'provenance', 'Provenance', 'relsogi verify recomputes every digest here from the files.');
  const r = data.run, pack = data.stages.map(s => s.pack).find(Boolean);
  node.append(el('dl', null, el('dt', null, 'Run'), el('dd', null, `${r.run_id}, as of ${r.as_of}`),
    el('dt', null, 'Program'), el('dd', null, r.program || '\u2013'), el('dt', null, 'Started, written'),
    el('dd', null, `${r.started || '\u2013'}, ${r.written || '\u2013'}`), el('dt', null, 'Results, SHA-256'),
    el('dd', null, code(r.sha256)), el('dt', null, 'Configuration, SHA-256'), el('dd', null, code(r.config_sha256)),
    el('dt', null, 'Reference pack'), el('dd', null, code(pack)),
    ...chainOf(r).flatMap(([name, value]) => [el('dt', null, name), el('dd', null, code(value))])));
  const files = rowsOf('file');
  node.append(el('h3', {class: 'panels'}, 'Files read'),
    files.length ?
      plainTable(
        [
          num('file_no', 'No.', null, {head: true}), col('source', 'Source'), col('name', 'File'),
          col('format', 'Format', null, {code: true}), col('file_date', 'Date', null, {klass: () => 'day'}),
          num('bytes', 'Bytes', f => count(f.bytes)), num('records', 'Rows', f => count(f.records)),
          col('profile', 'Profile', f => el('span', {title: 'SHA-256 ' + f.profile_sha256}, f.profile)),
          col('sha256', 'SHA-256', f => sha(f.sha256))
        ],
        files, 'Input files, in canonical order') :
      absentNote(['file']));
  node.append(el('h3', {class: 'panels'}, 'Ledger'),
    el('p', {class: 'soft'},
      'Every row read has one fate: read is the sum of the fates. Rows made are counted apart.'),
    ledgerTable());
  node.append(el('h3', {class: 'panels'}, 'Stages'), ...data.stages.map(stageDetails));
}

function ledgerTable() {
  const fates = ['read', 'written', 'rejected', 'superseded', 'merged', 'aggregated', 'ignored', 'made'];
  return richTable(
    [
      col('stage', 'Stage', null, {head: true}), col('layout', 'Rows of', null, {code: true}),
      num('file_no', 'File', l => l.file_no || '\u2013'), ...fates.map(f => ({
        key: f,
        label: f[0].toUpperCase() + f.slice(1),
        number: true,
        text: l => l.withheld ? 'withheld' :
          l[f]                ? count(l[f]) :
                                ''
      })),
      col('balances', 'Balances', l => l.balances ? '\u2713 Yes' : '\u25bc No',
        {klass: l => l.balances ? '' : 'w-bad'}),
      col('reasons', 'Reasons', l => l.reasons.replace(/_/g, ' '))
    ],
    rowsOf('ledger'), 'Ledger', {filters: ['stage', 'balances'], search: false, klass: 'dense', file: 'the stages\u2019 ledgers'});
}

function stageDetails(s) {
  const options = Object.entries((s.parameters || {}).options || {}).map(([k,
    v]) => `${k} ${typeof v === 'string' ? v : JSON.stringify(v)}`);
  const digests =
    Object.entries(s.sha256 || {}).map(([layout, sha]) => ({layout, sha, rows: s.rows ? s.rows[layout] : null}));
  const read = Object.entries(s.read || {}).map(([layout,
    sha]) => ({layout, sha: typeof sha === 'string' ? sha : JSON.stringify(sha)}));
  return el('details', null,
    el('summary', null,
      `${s.stage}, version ${s.version ?? '\u2013'}: ${s.status || 'not run'}${
        number(s.seconds) ? `, ${s.seconds.toFixed(1)} s, ${count(s.peak_kib / 1024)} MiB` : ''}`),
    el('p', {class: 'small'}, 'Key ', code(s.key), ' \u00b7 stage.json ', code(s.stage_json_sha256)),
    options.length ? el('p', {class: 'small'}, 'Options: ', code(options.join(' \u00b7 '))) : null,
    digests.length ? plainTable(
                       [
                         col('layout', 'Written', null, {code: true, head: true}),
                         num('rows', 'Rows', d => number(d.rows) ? count(d.rows) : 'withheld'),
                         col('sha', 'SHA-256', d => sha(d.sha))
                       ],
                       digests, `Files that ${s.stage} wrote`) :
                     null,
    read.length ?
      plainTable([col('layout', 'Read', null, {code: true, head: true}), col('sha', 'SHA-256', d => sha(d.sha))],
        read, `What ${s.stage} read`) :
      null);
}
