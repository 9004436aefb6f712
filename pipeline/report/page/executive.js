/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The executives' page: what was measured and on how many, what stands out, every measure and group in words, rates
 * with their intervals, members affected, change, and who told us. No provider group is named. */
'use strict';

const estimates = rowsOf('estimate');
const primary = primaryOf(estimates);
const measures = unique(primary.map(r => r.measure)).map(measureOf);
const periods = unique(primary.map(r => r.period));
const headline = words.headline_dimensions || [];
const compared = primary.filter(r => !isMissing(r.dimension, r.stratum) && r.dimension !== 'all');
const name = r => groupName(r.dimension, r.stratum);
function people(r) {
  const said = word('people', r.dimension);
  if (said && Object.hasOwn(said, r.stratum)) return said[r.stratum];
  if (r.dimension === 'language') return `${name(r)}-speaking members`;
  return r.dimension === 'age_band' ? `Members aged ${name(r)}` : `${name(r)} members`;
}
const peopleOf = (r, group) => people({...r, stratum: group});

/* How far behind a group is, whichever direction is good: above 0 is behind. */
const behind = r => measureOf(r.measure).lowerIsBetter ? r.difference : -r.difference;
const worse = compared.filter(r => headline.includes(r.dimension) && verdictOf(r) === 'worse')
                .sort((a, b) => behind(b) - behind(a));

/* ---- head ----------------------------------------------------------------------------------------------------- */

function headSentence() {
  const hit = unique(worse.map(r => r.measure)).length;
  if (!measures.length) return 'No measure results in this run';
  if (!hit)
    return measures.length === 1 ? 'No gap in care that can be told from chance' :
                                   `No gap in care that can be told from chance, in ${measures.length} measures`;
  if (hit === measures.length)
    return measures.length === 1 ? `Some groups fall behind in ${measures[0].title.toLowerCase()}` :
                                   `Some groups fall behind in all ${measures.length} measures`;
  return `Some groups fall behind in ${hit} of ${measures.length} measures`;
}

function populationOf() {
  const row = rowsOf('tabulation').find(r => r.approach === 'population' && r.category === 'ALL');
  return row ? row.n : null;
}

function head(page) {
  const n = populationOf();
  const lead = `${measures.length === 1 ? 'One measure' : measures.length + ' measures'} of ${listOf(periods)}` +
    (number(n) ? `, for ${count(n)} members` : '') + `, as of ${dayInWords(data.run.as_of)}. ` +
    'Race and ethnicity are what members said; where they did not, an estimate from name and place stands in, and ' +
    'its ' +
    'uncertainty is in every interval.';
  page.append(el('p', {class: 'eyebrow'}, 'Health equity report'), el('h1', null, headSentence()),
    el('p', {class: 'lead'}, lead));
  whoToldUs(page);
}

function whoToldUs(page) {
  const a = data.answers;
  if (!a) {
    page.append(el('p', {class: 'note'},
      'How many said their race and ethnicity is not shown: the run did not estimate any, or ' +
        'one of the counts is below 11.'));
    return;
  }
  const parts = [
    ['said', a.said_which_group, 'said their race and ethnicity'],
    ['part', a.said_a_part, 'said a part; the rest is estimated'],
    ['estimated', a.said_nothing, 'were not asked or gave no answer: estimated'],
    ['declined', a.declined, 'declined to say: respected, not estimated']
  ].filter(p => number(p[1]));
  const all = d3.sum(parts, p => p[1]);
  const bar = el(
    'div', {class: 'bar', role: 'img', 'aria-label': parts.map(p => `${percent(p[1] / all, 0)} ${p[2]}`).join('; ')});
  for (const [klass, n] of parts) {
    const piece = el('span', {class: 'k-' + klass});
    piece.style.width = 100 * n / all + '%'; /* the policy allows styles set so, none in the markup */
    bar.append(piece);
  }
  page.append(bar,
    el('ul', {class: 'tiles'},
      parts.map(([klass, n, text]) => el('li', {class: 'k-' + klass}, el('b', null, percent(n / all, 0)),
                  el('span', null, `${count(n)} ${text}`)))));
}

/* ---- what stands out ------------------------------------------------------------------------------------------ */

function gapSentence(r) {
  const m = measureOf(r.measure);
  const reference = primary.find(q => q.measure === r.measure && q.period === r.period &&
      q.dimension === r.dimension && q.stratum === r.reference);
  const others =
    r.dimension === 'sex' ? groupName(r.dimension, r.reference).toLowerCase() + ' members' : peopleOf(r, r.reference);
  const of100 = rate => m.proportion ? `${Math.round(100 * rate)} of 100` : `${m.rate(rate)} ${m.unit}`;
  const other = reference && number(reference.rate) ?
    `, against ${of100(reference.rate)} ${m.proportion ? '' : 'of '}${others}` :
    '';
  return el('li', null,
    el('div', {class: 'size'}, m.gap(behind(r), false), el('span', null, ' ' + m.unit),
      el('small', null, m.gapRange(...behindRange(r)).replace(/\+/g, ''))),
    el('div', null, el('h3', null, `${people(r)}: ${m.title}`),
      el('p', null,
        `${of100(r.rate)}${m.proportion ? ' ' + m.met : ''}${other}.` +
          (number(r.direct_share) && r.direct_share < 0.995 ?
              ` ${percent(r.direct_share, 0)} of this group is self-reported.` :
              ''))));
}

function behindRange(r) {
  return measureOf(r.measure).lowerIsBetter ? [r.difference_lower, r.difference_upper] :
                                              [-r.difference_upper, -r.difference_lower];
}

function standsOut(page) {
  const node = section(page, 'gaps', 'What stands out',
    'The widest gaps that chance alone does not explain: the whole 95\u00a0% ' +
      'interval, in small print, is on the side of falling behind.');
  const shown = worse.slice(0, 6);
  if (shown.length)
    node.append(el('ol', {class: 'gaps'}, shown.map(gapSentence)));
  else
    node.append(el('p', {class: 'note'}, 'None. That does not mean there is none: see "Can\u2019t tell" below.'));
  const judged = compared.filter(
    r => headline.includes(r.dimension) && ['worse', 'better', 'same', 'unsure'].includes(verdictOf(r)));
  const unsure = judged.filter(r => verdictOf(r) === 'unsure').length;
  node.append(el('p', {class: 'soft'},
    `${plural(worse.length, 'gap', 'gaps')} of this kind` +
      (worse.length > shown.length ? `, the ${shown.length} widest shown` : '') +
      `. Of ${plural(judged.length, 'comparison', 'comparisons')} by ` +
      `${listOf(unique(judged.map(r => r.dimension)).map(d => dimensionName(d).toLowerCase()))}, ${
        unsure} cannot be told either way` +
      (adjusted.size ? '; the more comparisons, the stricter each is judged, so that few of these are chance.' :
                       '.')));
}

/* ---- every measure, every group ------------------------------------------------------------------------------- */

const shapeOf = {
  worse: '\u25bc',
  better: '\u25b2',
  same: '\u25a0',
  unsure: '?',
  reference: '\u25cf',
  withheld: '\u2013',
  none: ''
};

/* Why a number is withheld, as schemas/report.yaml says it, and in two words. */
const reasonOf = r => `Withheld: ${word('suppression_reasons', r.suppression_reason) || r.suppression_reason || withheldWords}.`;
const withheldBriefly = r => r.suppression_reason === 'differencing' ? 'shown before' : 'small numbers';

function heatCell(r) {
  const v = verdictOf(r);
  if (!r || v === 'none') return el('td', {class: 'w-none'}, '\u2013');
  const m = measureOf(r.measure);
  const detail = v === 'reference' ? m.rate(r.rate) :
    v === 'withheld'               ? withheldBriefly(r) :
                                     `${m.gap(r.difference)} ${m.unit}`;
  return el('td', {
    class: 'w-' + v,
    title: v === 'withheld' ? reasonOf(r) :
                              `95\u00a0% interval ${m.gapRange(r.difference_lower, r.difference_upper)} ${m.unit}`
  },
    el('b', null, `${shapeOf[v]} ${v === 'reference' ? 'Reference' : verdictWords[v]}`), el('small', null, detail));
}

function heatMap(page) {
  const node = section(page, 'every', 'Every measure, every group',
    'Each group against the one its row calls the reference. Points are ' +
      'percentage points.');
  const dims = unique(compared.map(r => r.dimension)).filter(d => d !== 'provider_group');
  if (!dims.length) return void node.append(absentNote(['estimate'], el('p', null, 'Nothing to compare.')));
  const holder = el('div');
  node.append(choices('By', dims.map(d => [d, dimensionName(d)]), d => holder.replaceChildren(heatOf(d))), holder);
  node.append(el('dl', null, el('dt', null, '\u25bc Worse, \u25b2 Better'),
    el('dd', null, 'The whole 95\u00a0% interval of the gap is on that side.'), el('dt', null, '\u25a0 Same'),
    el('dd', null, `The whole interval is within ${100 * margin} points of no gap.`),
    el('dt', null, '? Can\u2019t tell'),
    el('dd', null,
      'The interval holds no gap and a gap that would matter: too few members, or ' +
        'too little known of their group. It is not a finding of equality.'),
    el('dt', null, '\u2013 Withheld'),
    el('dd', null,
      'The numbers are too small to show without telling about persons, or too near to what an earlier report showed, ' +
        'so that the difference would tell.'),
    el('dt', null, '\u25cf Reference'), el('dd', null, 'The group that the others of its row are compared with.')));
}

function heatOf(dimension) {
  const rows = compared.filter(r => r.dimension === dimension);
  const groups = unique(rows.map(r => r.stratum))
                   .sort(byGroup(dimension))
                   .filter(g => rows.some(r => r.stratum === g && verdictOf(r) !== 'withheld'));
  const hidden = unique(rows.map(r => r.stratum)).filter(g => !groups.includes(g));
  const at = new Map(rows.map(r => [[r.measure, r.period, r.stratum].join('\t'), r]));
  const body = measures.flatMap(m => periods.map(p => [m, p]))
                 .filter(([m, p]) => rows.some(r => r.measure === m.id && r.period === p))
                 .map(([m, p]) => el('tr', null,
                        el('th', {scope: 'row'}, m.title,
                          el('small', null, `${m.id} ${p}${m.lowerIsBetter ? ', lower is better' : ''}`)),
                        groups.map(g => heatCell(at.get([m.id, p, g].join('\t'))))));
  const label = `Gaps by ${dimensionName(dimension).toLowerCase()}`;
  return el('div', null,
    el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label},
      el('table', {class: 'heat'}, el('caption', null, label),
        el('thead', null,
          el('tr', null, el('td', null), groups.map(g => el('th', {scope: 'col'}, groupName(dimension, g))))),
        el('tbody', null, body))),
    hidden.length ? el('p', {class: 'soft small'},
                      `Withheld in every measure: ${listOf(hidden.map(g => groupName(dimension, g)))}.`) :
                    null);
}

/* ---- rates ---------------------------------------------------------------------------------------------------- */

const rateColumns = [
  col('group', 'Group', name, {head: true}), num('n', 'Members', r => count(r.n)),
  num('direct_share', 'Self-reported', r => percent(r.direct_share, 0)),
  num('rate', 'Rate', r => measureOf(r.measure).rate(r.rate)),
  num('ci', '95\u00a0% interval', r => measureOf(r.measure).range(r.lower, r.upper)),
  num('difference', 'Gap', r => measureOf(r.measure).gap(r.difference)),
  num('dci', '95\u00a0% interval', r => measureOf(r.measure).gapRange(r.difference_lower, r.difference_upper)),
  col('verdict', 'In words', r => verdictWords[verdictOf(r)])
];

function ratesOf(dimension) {
  const holder = el('div', {class: 'panels grid2'});
  for (const m of measures)
    for (const p of periods) {
      const all = compared.filter(r => r.measure === m.id && r.period === p && r.dimension === dimension)
                    .sort((a, b) => byGroup(dimension)(a.stratum, b.stratum));
      const shown = all.filter(r => verdictOf(r) !== 'withheld');
      if (!all.length) continue;
      if (!shown.length) {
      holder.append(el('figure', null, el('figcaption', null, el('h3', null, m.title),
        el('p', null, `${m.id} ${p}: every group is withheld.`))));
      continue;
    }
    const hidden = all.filter(r => verdictOf(r) === 'withheld').map(name);
      const reference = shown.find(r => r.stratum === r.reference);
      const items = shown.map(r => ({
        label: name(r),
        value: r.rate,
        low: r.lower,
        high: r.upper,
        verdict: verdictOf(r),
        said: m.proportion ? `${percent(r.rate)} (${(100 * r.lower).toFixed(0)}\u2013${(100 * r.upper).toFixed(0)})` :
                             m.rate(r.rate)
      }));
      const about = `${m.id} ${p}: ${m.proportion ? 'share who ' + m.met : m.unit || 'as the measure counts'}${
                      m.lowerIsBetter ? '; lower is better' : ''}.` +
        (hidden.length ? ` Withheld: ${listOf(hidden)}.` : '');
      holder.append(figure(m.title, about, (node, width) => dotRows(node, width, items, {
        format: m.axis,
        saidRoom: 118,
        labelRoom: 160,
        rule: reference ? {value: reference.rate, label: name(reference)} : null
      }),
        rateColumns, all, {
          label: `${m.title}: rates with 95\u00a0% intervals. ${shown.map(r => `${name(r)} ${m.rate(r.rate)}`).join(', ')}`
        }));
    }
  return holder;
}

function rates(page) {
  const node = section(page, 'rates', 'Rates, with their uncertainty',
    'A mark is the best estimate, its line the 95\u00a0% interval; the ' +
      'dashed line is the group compared with.');
  const dims = unique(compared.map(r => r.dimension));
  if (!dims.length) return;
  const holder = el('div');
  node.append(choices('By', dims.map(d => [d, dimensionName(d)]), d => holder.replaceChildren(ratesOf(d))),
    legendOf(['worse', 'better', 'same', 'unsure', 'reference']), holder);
}

/* ---- members affected ----------------------------------------------------------------------------------------- */

/* How many more would meet the measure if the group did as well as the one it is compared with: members times the gap.
 * As the run states it, else from its published numbers. */
const stated =
  new Map(rowsOf('disparity')
            .filter(r => r.statistic === 'members_to_close_gap' && r.suppressed === 'N' && number(r.value))
            .map(r => [[r.measure, r.period, r.dimension, r.estimator, r.stratum].join('\t'), r]));

function affectedOf(r) {
  const s = stated.get([r.measure, r.period, r.dimension, r.estimator, r.stratum].join('\t'));
  if (s && s.value > 0 && number(s.lower) && number(s.upper))
    return {row: r, value: s.value, low: s.lower, high: s.upper};
  const [low, high] = behindRange(r);
  return {row: r, value: r.n * behind(r), low: r.n * low, high: r.n * high};
}

const judgedByRace = () => compared.some(
  r => r.dimension === 'race_ethnicity' && ['worse', 'better', 'same', 'unsure'].includes(verdictOf(r)));

function affected(page) {
  const node = section(page, 'affected', 'Members affected',
    'How many more members would be served well if each group that falls ' +
      'behind did as well as the one it is compared with. The line is what the 95\u00a0% interval of the gap allows.');
  const list = worse.filter(r => r.dimension === 'race_ethnicity' && number(r.n) && measureOf(r.measure).proportion)
                 .map(affectedOf)
                 .sort((a, b) => b.value - a.value)
                 .slice(0, 12);
  if (!list.length)
    return void node.append(el('p', {class: 'note'},
      judgedByRace() ? 'No group is behind by more than chance explains.' :
                       'No comparison by race and ethnicity can be shown: nothing can be said of members affected.'));
  const said = a => `${count(a.value)} (${count(a.low)} to ${count(a.high)})`;
  node.append(figure(null, null,
    (holder, width) => dotRows(holder, width,
      list.map(a =>
                 ({
                   label: `${name(a.row)}, ${measureOf(a.row.measure).title.toLowerCase()}`,
                   value: a.value,
                   low: a.low,
                   high: a.high,
                   verdict: 'plain',
                   said: said(a)
                 })),
      {format: d3.format(','), zero: true, labelRoom: 380, saidRoom: 120}),
    [
      col('m', 'Measure', a => `${measureOf(a.row.measure).title} (${a.row.measure} ${a.row.period})`, {head: true}),
      col('g', 'Group', a => name(a.row)), num('n', 'Members in the measure', a => count(a.row.n)),
      num('v', 'More served well', a => count(a.value)),
      num('i', '95\u00a0% interval', a => `${count(a.low)} to ${count(a.high)}`)
    ],
    list, {
      label: 'Members affected, by race and ethnicity: ' +
        list.map(a => `${name(a.row)} ${a.row.measure} ${said(a)}`).join('; ')
    }));
  node.append(el('p', {class: 'soft small'},
    'By race and ethnicity, for the members in these measures only. Members may be in several ' +
      'measures: do not add the numbers up.'));
}

/* ---- change --------------------------------------------------------------------------------------------------- */

/* Of several runs about one period each is named; else the period says it all. The run's words stand on a line of their
 * own. */
function momentNames(times) {
  const moments = times.map(t => t.split('\t'));
  const again = unique(moments.map(([period]) => period)).length < moments.length;
  const run = back => back === '0' ? 'this run' : back === '1' ? 'the run before' : `${back} runs before`;
  return moments.map(([period, back]) => again ? `${period}\n${run(back)}` : period);
}

/* What the axis counts, and which side of 0 is which. */
function gapAxisWords(m, rows) {
  const references = unique(rows.map(r => r.reference).filter(Boolean)).map(g => peopleOf(rows[0], g));
  return `Gap to ${references.length ? listOf(references) : 'the group compared with'}, in ${
    m.proportion ? 'percentage points' : m.unit || 'the measure\u2019s own unit'}: ${
    m.lowerIsBetter ? 'above' : 'below'} 0 is behind.`;
}

function trendFigure(m, mine, everyGroup) {
  const moment = r => `${r.period}\t${r.runs_back}`;
  const times = unique(mine.slice().sort((a, b) => compare(a.period, b.period) || b.runs_back - a.runs_back).map(moment));
  const names = momentNames(times);
  const series = unique(mine.map(r => r.stratum)).sort(byGroup('race_ethnicity')).map(g => ({
    name: groupName('race_ethnicity', g),
    place: everyGroup.indexOf(g),
    points: mine.filter(r => r.stratum === g)
              .map(r => ({
                x: times.indexOf(moment(r)),
                value: r.gap,
                low: r.gap_lower,
                high: r.gap_upper,
                said: `${m.gap(r.gap)} (${m.gapRange(r.gap_lower, r.gap_upper)})`
              }))
              .sort((a, b) => a.x - b.x)
  })).filter(s => s.points.some(p => number(p.value)));
  if (times.length < 2 || !series.length) return null;
  return figure(m.title, [gapAxisWords(m, mine), changeWords(mine)].filter(Boolean).join(' '),
    (holder, width) => lineChart(holder, width, series, names,
      {format: m.proportion ? v => points(v, true, 0) : plainNumber, unit: m.unit}),
    [col('g', 'Group', r => groupName(r.dimension, r.stratum), {head: true}),
      col('t', 'Point', r => names[times.indexOf(moment(r))].replace('\n', ', ')),
      num('gap', 'Gap', r => m.gap(r.gap)),
      num('i', '95\u00a0% interval', r => m.gapRange(r.gap_lower, r.gap_upper)),
      num('c', 'Change', r => m.gap(r.change)),
      num('ci', '95\u00a0% interval', r => m.gapRange(r.change_lower, r.change_upper)),
      col('v', 'In words', r => r.suppressed === 'N' ? verdictName(r.verdict) : 'Withheld')], mine);
}

function trend(page) {
  const node = section(page, 'trend', 'Change since earlier runs',
    'Each group\u2019s gap to the group it is compared with, against its own earlier ' +
      'gap. The dashed line at 0 is no gap; lines at the marks are 95\u00a0% intervals.');
  const rows = rowsOf('trend').filter(r => r.dimension === 'race_ethnicity' && !isMissing(r.dimension, r.stratum));
  const latest =
    primaryOf(rows.map(r => ({...r, period: 'all'}))).map(r => r.measure + '\t' + r.stratum + '\t' + r.estimator);
  const own =
    rows.filter(r => latest.includes(r.measure + '\t' + r.stratum + '\t' + r.estimator) && r.reference !== r.stratum);
  if (unique(own.map(r => `${r.runs_back}\t${r.period}`)).length < 2)
    return void node.append(absentNote(['trend'],
      el('p', {class: 'note'},
        'This is the first point in time: a trend needs an earlier run ' +
          '(relsogi run --prior).')));
  const everyGroup = unique(own.map(r => r.stratum)).sort(byGroup('race_ethnicity'));
  const figures = measures.map(m => [m, trendFigure(m, own.filter(r => r.measure === m.id), everyGroup)]);
  const without = figures.filter(([, drawing]) => !drawing).map(([m]) => m.title);
  node.append(el('div', {class: 'panels grid2'}, figures.map(([, drawing]) => drawing).filter(Boolean)));
  if (without.length)
    node.append(el('p', {class: 'note'},
      `Nothing to compare, or every number withheld: ${listOf(without)}.`));
}

function changeWords(rows) {
  const now =
    rows.filter(r => r.suppressed === 'N' && !['first point', 'withheld'].includes(r.verdict || 'withheld'));
  const last = new Map(now.sort((a, b) => a.point - b.point).map(r => [r.stratum, r]));
  const by = unique([...last.values()].map(r => r.verdict));
  const said = v => v === 'not distinguishable' ? 'No change that can be told from chance' : verdictName(v);
  return by.map(v => `${said(v)}: ${listOf([...last.values()].filter(r => r.verdict === v).map(name))}.`).join(' ');
}

/* ---- who told us, by measure ---------------------------------------------------------------------------------- */

function selfReported(page) {
  const node = section(page, 'self-reported', 'How much of it members said themselves',
    'Share of each group\u2019s denominator that is self-reported; the ' +
      'rest is estimated. The smaller the share, the more a number rests on the estimate.');
  const rows = compared.filter(r => r.dimension === 'race_ethnicity' && r.estimator === 'birdie');
  const groups = unique(rows.map(r => r.stratum)).sort(byGroup('race_ethnicity'));
  if (!rows.length)
    return void node.append(el('p', {class: 'note'}, 'Nothing is estimated in this run: every number is counted.'));
  const share = r => {
    if (!r) return el('td', {class: 'w-none'}, '\u2013');
    if (!number(r.direct_share)) return el('td', {class: 'w-withheld'}, el('small', null, 'withheld'));
    const cell =
      el('td', {class: 'fill'}, el('b', null, percent(r.direct_share, 0)), el('small', null, `of ${count(r.n)}`));
    cell.style.setProperty('--share', 100 * r.direct_share + '%');
    return cell;
  };
  node.append(el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Share self-reported'},
    el('table', {class: 'heat'}, el('caption', null, 'Share self-reported, by measure and group'),
      el('thead', null,
        el('tr', null, el('td', null), groups.map(g => el('th', {scope: 'col'}, groupName('race_ethnicity', g))))),
      el('tbody', null,
        measures.flatMap(m => periods.map(p => [m, p]))
          .filter(([m, p]) => rows.some(r => r.measure === m.id && r.period === p))
          .map(
            ([m, p]) => el('tr', null, el('th', {scope: 'row'}, m.title, el('small', null, `${m.id} ${p}`)),
              groups.map(g => share(rows.find(r => r.measure === m.id && r.period === p && r.stratum === g)))))))));
}

function howToRead(page) {
  const node = section(page, 'read', 'How to read this');
  const withheld = primary.filter(r => r.suppressed !== 'N').length;
  node.append(el('dl', null, el('dt', null, '95\u00a0% interval'),
    el('dd', null,
      'What the data allow. Of intervals made this way, 95 in 100 hold the true value. Intervals of ' +
        'combined numbers carry the uncertainty of the estimated race and ethnicity, too.'),
    el('dt', null, 'Estimated'),
    el('dd', null,
      'Nobody\u2019s record is changed. Members who did not say count in each group by a probability, from surname, ' +
        'first name and place, for numbers about groups alone. Sexual orientation and gender identity are never ' +
        'estimated for a person.'),
    el('dt', null, 'Withheld'),
    el('dd', null,
      `A count from 1 to 10 could tell about a person. It is not shown, nor is any number from which it could be ` +
      `worked ` +
        `out, alone or beside an earlier report, nor is it in this file. ${plural(withheld, 'number is', 'numbers are')} withheld here.`),
    el('dt', null, 'Reference'),
    el('dd', null,
      'The largest group of each measure, unless the plan names another. It is no standard of good care.'),
    el('dt', null, 'A gap is not a cause'),
    el('dd', null,
      'These numbers say where care differs, not why. Age, illness and place may differ between groups, too.')));
}

start(page => {
  head(page);
  standsOut(page);
  heatMap(page);
  rates(page);
  affected(page);
  trend(page);
  selfReported(page);
  howToRead(page);
  runFooter(page);
});
