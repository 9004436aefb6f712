/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The auditors' page: what the data are like, how well imputation does, what the estimators say beside each other,
 * what is withheld, and where every number comes from. */
'use strict';

const estimates = rowsOf('estimate');
/* Who gives a provider group's answers is told, not judged: a map, and no quality check. */
const isCrossed = c => c.scope === 'source_provider_group';
const checks = rowsOf('check_result').filter(c => !isCrossed(c));
const crossed = rowsOf('check_result').filter(isCrossed);
const groupText = r => groupName(r.dimension, r.stratum);
const measures = unique(estimates.map(r => r.measure)).map(measureOf);
const periods = unique(estimates.map(r => r.period));

/* ---- head ----------------------------------------------------------------------------------------------------- */

function tile(value, text, klass) {
  return el('li', null, el('b', {class: klass || null}, value), el('span', null, text));
}

function head(page) {
  const r = data.run, failed = checks.filter(c => c.state === 'fail').length;
  const ledger = rowsOf('ledger'), unbalanced = ledger.filter(l => !l.balances).length;
  const withheld =
    ['estimate', 'disparity', 'equity', 'trend', 'tabulation'].map(t => data[t] ? data[t].withheld : 0);
  page.append(
    el('p', {class: 'eyebrow'}, 'Audit report'), el('h1', null, `Run ${r.run_id}, as of ${dayInWords(r.as_of)}`));
  if (data.steward)
    page.append(el('p', {class: 'banner'},
      'Steward\u2019s copy: the list of discrepancies has pseudonyms and values of persons. Do not pass it on.'));
  page.append(el('p', {class: 'lead'},
    'What the data are like, how far estimates can be relied on, what is withheld, and where every number comes ' +
    'from.'));
  page.append(el('ul', {class: 'tiles'},
    tile(count(checks.length),
      `quality checks: ${count(failed)} failed, ${
        count(checks.filter(c => c.state === 'pass_with_violations').length)} passed with violations`),
    tile(count(rowsOf('discrepancy').length), 'kinds of disagreement between sources'),
    tile(count(d3.sum(withheld)), 'results withheld'),
    tile(unbalanced ? count(unbalanced) : 'All',
      unbalanced ? 'lines of the ledger do not balance' : `${count(ledger.length)} lines of the ledger balance`)));
  page.append(printChoice());
  const shown = data.absent.filter(a => !['ledger', 'quarantine'].includes(a.layout));
  if (shown.length)
    page.append(el('p', {class: 'note'},
      `Not in this run: ${
        listOf(shown.map(a => `${a.layout} (${a.why})`))}. What would be told from them is missing below.`));
  page.append(el('nav', {class: 'toc', 'aria-label': 'Sections'}, [
    ['complete', 'Completeness'], ['checks', 'Checks'], ['discrepancies', 'Discrepancies'], ['agreement', 'Agreement'],
    ['aside', 'Set aside'],    ['accuracy', 'Imputation'], ['estimators', 'Estimators'], ['providers', 'Provider groups'],
    ['tabulation', 'Persons'], ['statements', 'Statistics'], ['withheld', 'Withheld'], ['provenance', 'Provenance']
  ].map(([id, text]) => el('a', {href: '#' + id}, text))));
}

/* ---- completeness --------------------------------------------------------------------------------------------- */

/* Complete: 1 less the share of violations; where that is withheld, the bound that can be said. */
function completeOf(c) {
  if (!c || !c.denominator) return {text: '\u2013', klass: 'w-none'};
  if (number(c.share)) return shade(1 - c.share, percent(1 - c.share, 0), c);
  if (!number(c.bound)) return {text: 'withheld', klass: 'w-withheld', c};
  return c.bound < 0.5 ? shade(1 - c.bound, '\u2265\u2009' + percent(1 - c.bound, 0), c) :
                         shade(1 - c.bound, '\u2264\u2009' + percent(1 - c.bound, 0), c);
}

function shade(share, text, c) { return {share, text, klass: c.state === 'fail' ? 'fill w-bad' : 'fill', c}; }

function completenessCell(c) {
  const known = completeOf(c);
  if (!known.c) return el('td', {class: known.klass}, known.text);
  const node = el('td', {class: known.klass, title: c.message},
    el('b', null, (c.state === 'fail' ? '\u25bc ' : '') + known.text),
    el('small', null, number(c.denominator) ? `of ${count(c.denominator)}` : ''));
  if (number(known.share)) node.style.setProperty('--share', 100 * known.share + '%');
  return node;
}

function completenessMap(list, what) {
  const elements = unique(list.map(c => c.element)).filter(e => list.some(c => c.element === e && c.denominator));
  const units = unique(list.map(c => c.scope + '\t' + c.scope_value))
                  .sort((a, b) => (b.startsWith('all\t') - a.startsWith('all\t')) || compare(a, b));
  const at = new Map(list.map(c => [c.scope + '\t' + c.scope_value + '\t' + c.element, c]));
  if (!elements.length) return el('p', {class: 'note'}, 'No check of completeness is in this run.');
  return el('figure', null,
    el('div', {class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': what},
      el('table', {class: 'heat compact'}, el('caption', null, what),
        el(
          'thead', null, el('tr', null, el('td', null), elements.map(e => el('th', {scope: 'col'}, elementName(e))))),
        el('tbody', null,
          units.map((u, i) => el('tr', {class: i < printRows ? null : 'later'}, el('th', {scope: 'row'}, u.startsWith('all\t') ? 'All' : u.split('\t')[1]),
                      elements.map(e => completenessCell(at.get(u + '\t' + e)))))))),
    restLine(units.length, 'check/check_result.tsv'));
}

/* "payer: north" is of source payer and of group north. */
function sourceAndGroup(c) {
  const at = c.scope_value.indexOf(': ');
  return {source: c.scope_value.slice(0, at), group: c.scope_value.slice(at + 2)};
}

/* Provider group by element, of all sources or of one: of a source, the members whose answer that stands it gave. */
function bySource(whole) {
  const list = crossed.map(c => ({...c, ...sourceAndGroup(c)}));
  const holder = el('div', {id: 'by-source'});
  const show = source => {
    if (source === '') return void holder.replaceChildren(whole);
    const own = list.filter(c => c.source === source).map(c => ({
      ...c,
      scope_value: c.group === '(others)' ? 'Smaller groups, together' : c.group,
      message: `Members of the group whose answer that stands is from ${source}`
    }));
    holder.replaceChildren(
      el('p', {class: 'note'}, `Of all members of the group, those whose answer that stands is from ${
        source}: the shares of all sources, and of those without an answer, add up to all members.`),
      completenessMap(own, `Members whose answer is from ${source}, by provider group and element`));
  };
  return el('div', null,
    choose('Answer from', [['', 'Any source'], ...unique(list.map(c => c.source)).map(s => [s, s])], show), holder);
}

function completeness(page) {
  const node = section(page, 'complete', 'Completeness',
    'Share with a usable answer; a decline is an answer. \u25bc marks a share below its threshold. Where 1 to 10 ' +
    'lack ' +
      'an answer, or gave one, only the bound is said (\u2265, \u2264).');
  /* of answers, by the checks that every run makes; those of a profile count other answers, those of files no answer */
  const complete = checks.filter(c => c.category === 'completeness' && !c.profile &&
    !(words.completeness_of_files || []).includes(c.check_id));
  if (!complete.length)
    return void node.append(
      absentNote(['check_result'], el('p', {class: 'note'}, 'No check of completeness is in this run.')));
  node.append(el('h3', null, 'Records, by source'),
    completenessMap(complete.filter(c => !c.check_id.endsWith('_members') && ['all', 'source'].includes(c.scope)),
      'Complete records, by source and element'));
  const members = scope => complete.filter(c => c.scope === scope ||
    (c.scope === 'all' && c.check_id.endsWith('_members')));
  const panel = (scope, title, what) => complete.some(c => c.scope === scope && c.denominator) ?
    [el('h3', {class: 'panels'}, title), completenessMap(members(scope), what)] : [];
  const groups = panel('provider_group', 'Members, by provider group',
    'Members with an answer, by provider group and element');
  node.append(...groups.slice(0, 1), ...(crossed.length ? [bySource(groups[1])] : groups.slice(1)),
    ...panel('facility', 'Members, by source and facility',
      'Members with an answer, by source, facility and element'));
}

/* ---- checks --------------------------------------------------------------------------------------------------- */

const stateWords = {
  pass: 'Pass',
  pass_with_violations: 'Pass, with violations',
  fail: '\u25bc Fail',
  not_applicable: 'Not applicable',
  error: '\u25bc Could not be made'
};
const scopeText = c => c.scope === 'all' ? 'All' : `${c.scope_value}`;

function checkText(c, above) {
  const about = r => r.exception ? `${r.message} Exception: ${r.exception}` : r.message;
  const again = above && above.check_id === c.check_id && about(above) === about(c);
  return el('span', null, el('span', {class: 'code'}, c.check_id),
    again ? null : el('span', {class: 'under'}, about(c)));
}

function drifts(c) {
  if (number(c.prior_share) && number(c.share)) return points(c.share - c.prior_share) + ' points';
  return '\u2013';
}

function qualityChecks(page) {
  const node = section(page, 'checks', 'Quality checks',
    'Drift is the share of violations less that of the prior run. Counts of what persons said are withheld from 1 ' +
    'to 10.');
  if (!checks.length) return void node.append(absentNote(['check_result'], el('p', null, 'None.')));
  const drift = checks.filter(c => c.check_id === 'drift' || number(c.prior_share));
  if (!drift.some(c => number(c.prior_share) || number(c.statistic)))
    node.append(
      el('p', {class: 'note'}, 'There is no prior run to compare with: no drift is shown (relsogi run --prior).'));
  const order = {error: 0, fail: 1, pass_with_violations: 2, pass: 3, not_applicable: 4};
  const list = checks.slice().sort((a, b) => order[a.state] - order[b.state]);
  node.append(richTable(
    [
      col('state', 'State', c => stateWords[c.state] || c.state,
        {klass: c => c.state === 'fail' || c.state === 'error' ? 'w-bad' : ''}),
      col('severity', 'Severity'), col('check_id', 'Check', checkText, {value: c => c.check_id}),
      col('element', 'Element', c => word('elements', c.element) || groupName('race_ethnicity', c.element)),
      col('scope', 'Where', scopeText), num('denominator', 'Looked at', c => count(c.denominator)),
      num('violations', 'Violations', c => c.withheld ? 'withheld' : count(c.violations)),
      num('share', 'Share', c => number(c.share) ? percent(c.share) : '\u2013'),
      num('threshold', 'Threshold', c => number(c.threshold) ? percent(c.threshold) : '\u2013'),
      num('drift', 'Drift', drifts,
        {value: c => number(c.prior_share) && number(c.share) ? c.share - c.prior_share : null}),
      col('trace', 'For relsogi trace', c => traceKey('check_result', c.check_id, c.scope, c.scope_value, c.element),
        {code: true})
    ],
    list, 'Quality checks', {filters: ['state', 'severity', 'element', 'scope'], file: 'check/check_result.tsv'}));
}

/* ---- discrepancies -------------------------------------------------------------------------------------------- */

const kindWords = {
  source_against_source: 'Between sources',
  code_against_text: 'Code against text',
  within_source: 'Within one source'
};

function discrepancies(page) {
  const node = section(page, 'discrepancies', 'Discrepancies',
    'Answers of one person that disagree, counted by element, sources and the rule that decided which stands.');
  const list = rowsOf('discrepancy').map(d => ({...d, pair: `${d.kept_source} over ${d.other_source}`}));
  if (!data.discrepancy) return void node.append(absentNote(['discrepancy'], el('p', null, 'None.')));
  if (data.discrepancy.withheld)
    node.append(el('p', {class: 'soft small'},
      `${plural(data.discrepancy.withheld, 'count is', 'counts are')} withheld: from 1 to 10, or next to one.`));
  const columns = [
    col('severity', 'Severity'), col('element', 'Element', d => elementName(d.element)), col('axis', 'Axis'),
    col('kind', 'Kind', d => kindWords[d.kind] || d.kind)
  ];
  node.append(richTable(
    [
      ...columns, col('pair', 'Which source stands'), col('rule', 'Rule that decided', null, {code: true}),
      num('n', 'Number', d => number(d.n) ? count(d.n) : 'withheld')
    ],
    list, 'Discrepancies by kind', {filters: ['severity', 'element', 'axis', 'kind', 'pair', 'rule']}));
  if (!data.discrepancy_rows) return;
  node.append(el('h3', {class: 'panels'}, 'One by one, for the steward'),
    data.discrepancy_rows.left_out ?
      el('p', {class: 'note'},
        `${count(data.discrepancy_rows.left_out)} more, notes last, are in the run\u2019s discrepancy file.`) :
      el('p'),
    richTable(
      [
        ...columns, col('person_key', 'Person', null, {code: true}), col('kept_value', 'Stands'),
        col('kept_source', 'From'), col('other_value', 'Does not'), col('other_source', 'From'),
        col('rule', 'Rule', null, {code: true}), col('discrepancy_key', 'Discrepancy', null, {code: true})
      ],
      rowsOf('discrepancy_rows'), 'Discrepancies, one by one', {filters: ['severity', 'element', 'kind']}));
}

/* ---- agreement ------------------------------------------------------------------------------------------------ */

const pairText = r => `${r.source_a} and ${r.source_b}`;
const tableText = r => `${pairText(r)}: ${elementName(r.element)}`;
const shareText = r => r && number(r.value) ? percent(r.value) : r ? 'withheld' : '\u2013';
const kappaText = r => number(r.value) ? r.value.toFixed(2) : r.suppressed ? 'withheld' : '\u2013';
const withRange = (r, text, show) =>
  r && number(r.lower) ? `${text} (${show(r.lower)} to ${show(r.upper)})` : text;

/* A category of an element, by the words of the dimension that has it. */
function categoryName(element, category) {
  const dimension = {language: 'language', sex: 'sex'}[element] || 'race_ethnicity';
  return word('agreement_categories', category) || groupName(dimension, category);
}

function confusion(list) {
  const counts = list.filter(r => r.kind === 'count');
  const last = (a, b) => (a === 'TOTAL') - (b === 'TOTAL') || (a === 'REST') - (b === 'REST') || compare(a, b);
  const names = unique(counts.flatMap(r => [r.category_a, r.category_b])).sort(last);
  const at = new Map(counts.map(r => [r.category_a + '\t' + r.category_b, r]));
  const show = r => !r ? '\u2013' : number(r.value) ? count(r.value) : 'withheld';
  const of = (name, kind) => list.find(r => r.kind === kind && r.category_a === name);
  const share = (kind, label) =>
    num(kind, label, name => withRange(of(name, kind), shareText(of(name, kind)), v => percent(v)));
  const {source_a: a, source_b: b, element} = list[0];
  const called = name => categoryName(element, name);
  return [
    plainTable([col('a', `${a} \u2193  ${b} \u2192`, called, {head: true}),
      ...names.map(other => num(other, called(other), name => show(at.get(name + '\t' + other))))],
      names, `What ${a} says (rows) and ${b} (columns)`),
    plainTable([col('c', 'Category', called, {head: true}), share('sensitivity', 'Sensitivity'),
      share('specificity', 'Specificity'), share('ppv', 'PPV'), share('npv', 'NPV')],
      names.filter(name => name !== 'TOTAL' && name !== 'REST'), `${b} held against ${a} as the standard`)
  ];
}

function agreement(page) {
  const node = section(page, 'agreement', 'Agreement between sources',
    'What two sources say of the same persons, each by its newest answer; declines and other missing answers are ' +
      'left out. Categories of too few persons in either source are put together; who is there in both is left out of ' +
      'the share and of kappa, since nothing says whether they agree. Intervals are of 95\u00a0%.');
  const all = rowsOf('agreement');
  if (!all.length) return void node.append(absentNote(['agreement'], el('p', null, 'No person is in two sources.')));
  const kappas = all.filter(r => r.kind === 'kappa');
  const same = r => all.find(o => o.kind === 'agreement' && tableText(o) === tableText(r));
  node.append(richTable(
    [
      col('pair', 'Sources', pairText), col('element', 'Element', r => elementName(r.element)),
      num('n', 'Persons', r => same(r) && number(same(r).n) ? count(same(r).n) : '\u2013'),
      num('same', 'Same category', r => withRange(same(r), shareText(same(r)), v => percent(v)),
        {value: r => same(r) ? same(r).value : null}),
      num('value', 'Kappa', r => withRange(r, kappaText(r), v => v.toFixed(2))),
      col('trace', 'For relsogi trace', r => traceKey('agreement', r.source_a, r.source_b, r.element, r.kind, r.category_a,
        r.category_b), {code: true})
    ],
    kappas, 'Agreement by sources and element', {filters: ['pair', 'element'], search: false}));
  const holder = el('div'), id = newId();
  const choose = text => holder.replaceChildren(...confusion(all.filter(r => tableText(r) === text)));
  node.append(el('div', {class: 'controls'}, el('div', null, el('label', {for: id}, 'Table'),
    el('select', {id, change: e => choose(e.target.value)},
      kappas.map(r => el('option', {value: tableText(r)}, tableText(r)))))), holder);
  choose(tableText(kappas[0]));
}

function setAside(page) {
  const node = section(page, 'aside', 'Set aside',
    'Values and rows that broke a rule; the row goes on without the value. Values themselves are not shown.');
  const list = rowsOf('quarantine');
  node.append(list.length ? richTable(
                              [
                                col('stage', 'Stage'), col('scope', 'What'), col('rule', 'Rule', null, {code: true}),
                                col('field', 'Field', null, {code: true}), num('n', 'Number', q => count(q.n))
                              ],
                              list, 'Set aside, by rule and field', {filters: ['stage', 'scope'], search: false}) :
                            el('p', null, 'Nothing was set aside.'));
}

/* ---- imputation ----------------------------------------------------------------------------------------------- */

function accuracy(page) {
  const node = section(page, 'accuracy', 'Accuracy of imputation',
    'Held against members who say for themselves, imputed as if they had not. They may differ from those who do ' +
    'not say: ' +
      'that this carries over is an assumption.');
  const all = rowsOf('evaluation');
  if (!all.length) return void node.append(absentNote(['evaluation'], el('p', null, 'None.')));
  const strata = unique(all.map(e => [e.model, e.dimension, e.stratum].join('\t')));
  const holder = el('div');
  const label = key => {
    const [model, d, s] = key.split('\t');
    return `${model}: ${d === 'all' ? 'everybody' : `${d.replace(/_/g, ' ')} ${s}`}`;
  };
  const id = newId();
  const select = el('select', {
    id,
    change: e => {
      holder.replaceChildren(accuracyOf(all, e.target.value));
      drawAll();
    }
  },
    strata.map(s => el('option', {value: s}, label(s))));
  node.append(el('div', {class: 'controls'}, el('div', null, el('label', {for: id
  }, 'Members'), select)), holder);
  holder.replaceChildren(accuracyOf(all, strata[0]));
}

function accuracyOf(all, key) {
  const list = all.filter(e => [e.model, e.dimension, e.stratum].join('\t') === key);
  const groups = unique(list.map(e => e.race_group)).filter(g => g !== 'ALL').sort(byGroup('race_ethnicity'));
  const of = (g, metric) => list.find(e => e.race_group === g && e.metric === metric);
  const value = (g, metric, show) => {
    const e = of(g, metric);
    return e ? show(e.value) : '\u2013';
  };
  const column = (metric, text, show) => ({
    key: metric,
    label: text,
    number: true,
    text: g => {
      const e = of(g, metric);
      if (!e) return '\u2013';
      return el('span', null, show(e.value),
        number(e.lower) ? el('small', {class: 'interval'}, `${show(e.lower)} to ${show(e.upper)}`) : null);
    }
  });
  const whole = of('ALL', 'log_loss');
  return el('div', null,
    el('p', {class: 'soft small'},
      whole ?
        `${count(whole.n)} members; log-loss ${fixed(whole.value)}, Brier score ${value('ALL', 'brier', fixed)}.` :
        ''),
    plainTable(
      [
        col('g', 'Group', g => groupName('race_ethnicity', g), {head: true}),
        column('observed_share', 'Observed share', percent), column('mean_p', 'Mean probability', percent),
        column('bias', 'Difference, points', v => points(v)), column('correlation', 'Correlation', v => fixed(v, 2)),
        column('auc', 'AUC', v => fixed(v, 3)), column('calibration_slope', 'Calibration slope', v => fixed(v, 2)),
        column('ece', 'Calibration error', v => fixed(v, 3)), column('brier', 'Brier', v => fixed(v, 3)),
        column('lambda', 'Information \u03bb', v => fixed(v, 2))
      ],
      groups, 'Accuracy by group'),
    el('p', {class: 'soft small'},
      'Small print: 95\u00a0% intervals. A slope of 1 is perfect calibration. \u03bb is the ' +
      'share of the information on a person\u2019s group that the probability holds: 1 is all of it.'),
    el('div', {class: 'panels grid3'}, groups.map(g => calibrationFigure(list, g)).filter(Boolean)));
}

function calibrationFigure(list, group) {
  const bins = [];
  for (let i = 1; i <= 10; i++) {
    const bin = String(i).padStart(2, '0');
    const observed = list.find(e => e.race_group === group && e.metric === `bin_${bin}_observed`);
    const p = list.find(e => e.race_group === group && e.metric === `bin_${bin}_mean_p`);
    if (observed && p)
      bins.push(
        {bin, p: p.value, observed: observed.value, low: observed.lower, high: observed.upper, n: observed.n});
  }
  if (!bins.length) return null;
  return figure(groupName('race_ethnicity', group),
    'Observed share against mean probability; on the dashed line they agree.',
    (holder, width) => calibrationChart(holder, width, bins),
    [
      num('p', 'Mean probability', b => percent(b.p), {head: true}),
      num('observed', 'Observed share', b => percent(b.observed)),
      num('i', '95\u00a0% interval', b => rangePercent(b.low, b.high)), num('n', 'Members', b => count(b.n))
    ],
    bins);
}

/* ---- estimators ----------------------------------------------------------------------------------------------- */

const estimatorOrder = ['birdie', 'mi', 'ols', 'weighted', 'threshold', 'self_report', 'observed'];

function estimators(page) {
  const node = section(page, 'estimators', 'Estimators beside each other',
    'The same rate by each estimator. Combined (BIRDiE), least squares and multiple imputation carry the error of ' +
      'imputation, each on assumptions of its own; weighted and likeliest-group estimates are known to be biased ' +
      'towards no gap and are here to compare. Dotted brackets are the bounds within which the truth lies whatever ' +
      'ties race to outcome.');
  const race = estimates.filter(r => r.dimension === 'race_ethnicity' && !isMissing(r.dimension, r.stratum));
  const keys = unique(race.map(r => r.measure + '\t' + r.period));
  if (!keys.length) return void node.append(absentNote(['estimate'], el('p', null, 'None.')));
  const holder = el('div', {class: 'panels grid2'});
  const show = key => {
    holder.replaceChildren(...estimatorPanels(race.filter(r => r.measure + '\t' + r.period === key)));
    drawAll();
  };
  const text = key => {
    const [m, p] = key.split('\t');
    return `${measureOf(m).title} (${m} ${p})`;
  };
  const id = newId();
  node.append(
    el('div', {class: 'controls'},
      el('div', null,
        el('label',
          {for: id
          },
          'Measure'),
        el('select', {id, change: e => show(e.target.value)}, keys.map(k => el('option', {value: k}, text(k)))))),
    holder);
  show(keys[0]);
}

function estimatorPanels(rows) {
  const groups = unique(rows.map(r => r.stratum)).sort(byGroup('race_ethnicity'));
  const ends = rows.flatMap(r => [r.rate, r.lower, r.upper, r.bound_lower, r.bound_upper]).filter(number);
  const m = measureOf(rows[0].measure);
  return groups.map(g => {
    const mine = rows.filter(r => r.stratum === g)
                   .sort((a, b) => estimatorOrder.indexOf(a.estimator) - estimatorOrder.indexOf(b.estimator));
    const items = mine.map(r => ({
      label: estimatorName(r.estimator),
      value: r.suppressed === 'N' ? r.rate : null,
      low: r.lower,
      high: r.upper,
      boundLow: r.bound_lower,
      boundHigh: r.bound_upper,
      verdict: r.estimator === 'birdie' ? 'reference' : 'plain',
      said: r.suppressed === 'N' ? m.rate(r.rate) : 'withheld'
    }));
    const first = mine.find(r => r.estimator === 'birdie') || mine[0],
          flags = unique(mine.flatMap(r => (r.flags || '').split(',')).filter(Boolean));
    const about =
      [
        number(first.direct_share) ? `${percent(first.direct_share, 0)} self-reported` : null,
        number(first.indirect_share) ? `${percent(first.indirect_share, 0)} imputed` : null,
        number(first.unknown_share) ? `${percent(first.unknown_share, 0)} unknown` : null,
        number(first.lambda) ? `\u03bb ${fixed(first.lambda, 2)}` : null,
        flags.length ? `flags: ${flags.join(', ').replace(/_/g, ' ')}` : null
      ].filter(Boolean)
        .join(' \u00b7 ');
    return figure(groupName('race_ethnicity', g), about || null,
      (holder, width) => dotRows(holder, width, items,
        {format: m.axis, labelRoom: 150, saidRoom: 70, domain: d3.extent(ends)}),
      [
        col('e', 'Estimator', r => estimatorName(r.estimator), {head: true}), num('n', 'n', r => count(r.n)),
        num('ne', 'n effective', r => count(r.n_eff)),
        num('rate', 'Rate', r => r.suppressed === 'N' ? m.rate(r.rate) : 'withheld'),
        num('ci', '95\u00a0% interval', r => m.range(r.lower, r.upper)),
        num('b', 'Bounds', r => m.range(r.bound_lower, r.bound_upper)),
        num('d', m.unit ? `Gap, ${m.unit}` : 'Gap', r => m.gap(r.difference)),
        col('f', 'Flags', r => (r.flags || '').replace(/_/g, ' ')),
        col('estimate_key', 'For relsogi trace', null, {code: true})
      ],
      mine);
  });
}

start(page => {
  document.getElementById('page').classList.add('wide');
  head(page);
  completeness(page);
  qualityChecks(page);
  discrepancies(page);
  agreement(page);
  setAside(page);
  accuracy(page);
  estimators(page);
  providers(page);
  tabulations(page);
  statements(page);
  withheld(page);
  provenance(page);
  runFooter(page);
});
