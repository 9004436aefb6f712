/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both pages share: data, words, numbers, tables, figures. Values enter the page as text only (createTextNode,
 * setAttribute), never as markup. */
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const words = data.words;

/* ---- data and words ------------------------------------------------------------------------------------------- */

/* A row file's rows as objects; [] where the run has none. Words that come again and again stand once, in texts. */
function rowsOf(name) {
  const table = data[name];
  if (!table) return [];
  const texts = table.columns.map(column => Object.hasOwn(table.texts, column) ? table.texts[column] : null);
  return table.rows.map(row => Object.fromEntries(table.columns.map(
                          (column, i) => [column, texts[i] && row[i] !== null ? texts[i][row[i]] : row[i]])));
}

/* A word from schemas/report.yaml; only names that stand there, never what an object has by nature. */
function word(list, key) {
  const table = words[list];
  return table && Object.hasOwn(table, key) ? table[key] : null;
}

/* Of several dimensions crossed (race_ethnicity*sex), and of their strata, each part has its own name. */
const dimensionName = d => d.split('*').map(one => word('dimensions', one) || one).join(' \u00d7 ');
const elementName = e => word('elements', e) || e;
const estimatorName = e => word('estimators', e) || e;
const verdictName = v => word('verdicts', v) || v;

/* The categories of 2024 are called as those of the census tables. */
const groupsOf = dimension => word('groups', /^race_2024/.test(dimension) ? 'race_ethnicity' : dimension);

function groupName(dimension, group) {
  const dimensions = dimension.split('*'), parts = String(group).split('*');
  if (dimensions.length > 1 && parts.length === dimensions.length)
    return parts.map((one, i) => groupName(dimensions[i], one)).join(' \u00b7 ');
  const groups = groupsOf(dimension);
  if (groups && Object.hasOwn(groups, group)) return groups[group];
  return word('missing', group) || group;
}

function groupOrder(dimension, group) {
  const dimensions = dimension.split('*'), parts = String(group).split('*');
  if (dimensions.length > 1)
    return parts.reduce((sum, one, i) => 1000 * sum + groupOrder(dimensions[i] || '', one), 0);
  const groups = groupsOf(dimension);
  const at = groups ? Object.keys(groups).indexOf(group) : -1;
  return at < 0 ? 999 : at;
}

const byGroup = dimension => (a, b) => groupOrder(dimension, a) - groupOrder(dimension, b) ||
  (a < b    ? -1 :
      a > b ? 1 :
              0);
/* A missing reason is a group of its own in the files, compared with nobody. */
const isMissing = (dimension, group) => dimension.includes('*') ?
  group.split('*').some((one, i) => isMissing(dimension.split('*')[i] || '', one)) :
  word('missing', group) !== null && groupOrder(dimension, group) === 999;

/* A measure's words (schemas/report.yaml) and metadata (schemas/measures.yaml), and how its numbers are written:
 * proportions as
 * percent and points, others in the measure's own unit. */
const defined = new Map(((data.measures || {}).measures || []).map(m => [m.id, m]));
function measureOf(id) {
  const said = word('measures', id) || {}, m = defined.get(id) || {};
  const proportion = !m.kind || m.kind === 'proportion', unit = proportion ? 'points' : m.unit || '';
  return {
    id,
    title: said.title || m.name || id,
    met: said.met || 'meet the measure',
    proportion,
    unit,
    lowerIsBetter: (m.direction || said.direction) === 'lower',
    rate: (v, digits = 1) => proportion ? percent(v, digits) : plainNumber(v),
    gap: (v, sign = true) => proportion ? points(v, sign) : (number(v) && sign && v > 0 ? '+' : '') + plainNumber(v),
    range: (low, high) => proportion ? rangePercent(low, high) :
      number(low)                    ? `${plainNumber(low)} to ${plainNumber(high)}` :
                                       '\u2013',
    gapRange: (low, high) => proportion ? rangePoints(low, high) :
                         number(low)                       ? `${plainNumber(low)} to ${plainNumber(high)}` :
                                                             '\u2013',
    axis: proportion ? v => Math.round(100 * v) + '%' : plainNumber
  };
}

const unique = list => [...new Set(list)];
const number = v => typeof v === 'number' && isFinite(v);
const flagged = (row, flag) => (row.flags || '').split(',').includes(flag);

/* ---- numbers -------------------------------------------------------------------------------------------------- */

const minus = text => text.replace('-', '\u2212');
const count = v => number(v) ? d3.format(',')(Math.round(v)) : '\u2013';
const percent = (v, digits = 1) => number(v) ? (100 * v).toFixed(digits) + '\u2009%' : '\u2013';
const fixed = (v, digits = 3) => number(v) ? minus(v.toFixed(digits)) : '\u2013';
/* Differences of rates, in percentage points; `sign` shows a plus. */
function points(v, sign = true, digits = 1) {
  if (!number(v)) return '\u2013';
  const text = Math.abs(100 * v).toFixed(digits);
  return (v < 0 && Number(text) !== 0 ? '\u2212' : sign && v > 0 ? '+' : '') + text;
}
const plainNumber = v => number(v) ? minus(d3.format(Math.abs(v) >= 100 ? ',.0f' : '.3~g')(v)) : '\u2013';
const rangePercent = (low, high) =>
  number(low) && number(high) ? `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}` : '\u2013';
const rangePoints = (low, high) => number(low) && number(high) ? `${points(low)} to ${points(high)}` : '\u2013';

function dayInWords(day) {
  const months = 'January February March April May June July August September October November December'.split(' ');
  const [y, m, d] = (day || '').split('-').map(Number);
  return y && m && d ? `${d} ${months[m - 1]} ${y}` : day || 'an unknown day';
}

/* "a, b and c" */
function listOf(items) {
  return items.length < 2 ? items.join('') : items.slice(0, -1).join(', ') + ' and ' + items[items.length - 1];
}
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

/* For relsogi trace: a row that its columns name, as LAYOUT:COLUMN:COLUMN; what a shell or the colon would take apart as %XX. */
const traceKey = (layout, ...parts) => [layout, ...parts].map(part => encodeURIComponent(part).replace(/[!~'()]/g,
  c => '%' + c.charCodeAt(0).toString(16).toUpperCase())).join(':');

/* ---- what a gap is called ------------------------------------------------------------------------------------- */

const margin = Number(words.same_margin) || 0;
const verdictWords = {
  worse: 'Worse',
  better: 'Better',
  same: 'Same',
  unsure: 'Can\u2019t tell',
  reference: 'Reference',
  withheld: 'Withheld',
  none: '\u2013'
};

/* p-values adjusted for the number of comparisons, where the run states them. */
const adjusted =
  new Map(rowsOf('disparity')
            .filter(r => r.statistic === 'adjusted_p' && number(r.value))
            .map(r => [[r.measure, r.period, r.dimension, r.estimator, r.stratum].join('\t'), r.value]));
const adjustedOf = row =>
  adjusted.get([row.measure, row.period, row.dimension, row.estimator, row.stratum].join('\t'));

function verdictOf(row) {
  if (!row) return 'none';
  if (row.suppressed !== 'N') return 'withheld';
  if (row.reference === row.stratum) return 'reference';
  if (!number(row.difference_lower) || !number(row.difference_upper)) return 'none';
  if (['low_information', 'not_converged', 'boundary'].some(f => flagged(row, f))) return 'unsure';
  const p = adjustedOf(row);
  if (row.difference_lower > 0 || row.difference_upper < 0) {
    if (number(p) && p >= 0.05) return 'unsure';
    return (row.difference > 0) === measureOf(row.measure).lowerIsBetter ? 'worse' : 'better';
  }
  if (!measureOf(row.measure).proportion) return 'unsure'; /* the margin is in percentage points */
  return row.difference_lower > -margin && row.difference_upper < margin ? 'same' : 'unsure';
}

/* Of each group the estimate that counts: combined where race is partly imputed (least squares for rates over time and
 * means, of which there is no BIRDiE), else counted. */
const rank = {birdie: 4, ols: 3, observed: 2, self_report: 1};
function primaryOf(rows) {
  const best = new Map();
  for (const row of rows) {
    if (!rank[row.estimator]) continue;
    const key = [row.measure, row.period, row.dimension, row.stratum].join('\t');
    const before = best.get(key);
    if (!before || rank[row.estimator] > rank[before.estimator]) best.set(key, row);
  }
  return [...best.values()];
}

/* ---- elements ------------------------------------------------------------------------------------------------- */

/* el('p', {class: 'soft'}, 'text', el('b', null, 'bold')): attributes by name; functions are listeners. */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function')
      node.addEventListener(name, value);
    else
      node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

let lastId = 0;
const newId = () => 'i' + (++lastId);

function section(page, id, title, ...intro) {
  const node = el('section', {id, 'aria-labelledby': id + '-title'}, el('h2', {id: id + '-title'}, title),
    ...intro.map(text => text instanceof Node ? text : el('p', {class: 'intro'}, text)));
  page.append(node);
  return node;
}

/* ---- tables --------------------------------------------------------------------------------------------------- */

/* A column: its key, its label, what it shows of a row (the value under the key, else text(row): a string or a node),
 * and more: value(row) to sort by, klass(row), head (names the row), code. num: one of numbers. */
const col = (key, label, text = null, more = {}) => ({key, label, text, ...more});
const num = (key, label, text = null, more = {}) => ({key, label, text, number: true, ...more});

/* `above` is the row before, where there is one: a column may leave out what was just said. */
function cell(column, row, above = null) {
  const shown = column.text ? column.text(row, above) : row[column.key];
  const klass =
    [column.number ? 'n' : '', column.code ? 'code' : '', column.klass ? column.klass(row) : ''].join(' ').trim();
  return el(column.head ? 'th' : 'td', {class: klass || null, scope: column.head ? 'row' : null},
    shown === null || shown === undefined || shown === '' ? '\u2013' : shown);
}

function plainTable(columns, rows, caption) {
  return el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    el('table', null, el('caption', null, caption),
      el('thead', null,
        el('tr', null, columns.map(c => el('th', {scope: 'col', class: c.number ? 'n' : null}, c.label)))),
      el('tbody', null, rows.map(row => el('tr', null, columns.map(c => cell(c, row)))))));
}

const valueOf = (column, row) => column.value ? column.value(row) : row[column.key];

function compare(a, b) {
  const none = v => v === null || v === undefined || v === '';
  if (none(a) || none(b)) return none(a) - none(b);
  return typeof a === 'number' && typeof b === 'number' ? a - b :
                                                          String(a).localeCompare(String(b), 'en', {numeric: true});
}

const tableStep = 200;

/* On paper a long table is cut after so many rows, with a line that says how many more there are and where: a page of 60 sheets
 * is read by nobody. printChoice has all of them, and so has an address that ends in #print=all. */
const printRows = 25;
const grown = [];
function printAll(all) {
  if (all) grown.forEach(grow => grow());
  document.documentElement.dataset.print = all ? 'all' : 'some';
}
function printChoice() {
  return el('p', {class: 'soft small screen'},
    el('label', null, el('input', {type: 'checkbox', change: e => printAll(e.target.checked)}),
      ` Print every row of long tables, not the first ${printRows}`));
}
function restLine(n, file) {
  return el('p', {class: 'rest', hidden: n <= printRows},
    `${plural(n - printRows, 'more row is', 'more rows are')} on the page as it is in a browser, ` +
      (file ? `and in ${file} of the run.` : 'and in the run\u2019s row files.'));
}

/* A table that sorts by its heads and filters by `filters` (column keys) and a search over all text. Long ones grow on
 * request. */
function richTable(columns, rows, caption, {filters = [], search = true, klass = null, file = null} = {}) {
  const state = {by: null, down: false, shown: tableStep, chosen: {}, find: ''};
  const body = el('tbody'), rest = el('div');
  const said = el('span', {class: 'count', role: 'status', 'aria-live': 'polite'});
  const more = el('button', {
    class: 'more',
    type: 'button',
    click: () => {
      state.shown += 5 * tableStep;
      fill();
    }
  },
    'Show more');
  const textOf = (column, row) => {
    const shown = column.text ? column.text(row) : row[column.key];
    return shown instanceof Node ? shown.textContent : String(shown ?? '');
  };
  const chosenColumns = filters.map(key => columns.find(c => c.key === key));
  const all = rows.map(row => ({row, find: null, texts: chosenColumns.map(c => textOf(c, row))}));
  /* What is searched is put together when somebody first searches: long tables would open slowly. */
  const found = item => {
    if (!state.find) return true;
    item.find = item.find ?? columns.map(c => textOf(c, item.row)).join('\n').toLowerCase();
    return item.find.includes(state.find);
  };
  /* On paper the label stands in the button's place: browsers do not repeat a head that has buttons. */
  const heads = columns.map(c => el('th', {scope: 'col', class: c.number ? 'n' : null, 'data-label': c.label},
                              el('button', {type: 'button', click: () => sortBy(c)}, c.label)));
  function sortBy(column) {
    state.down = state.by === column ? !state.down : Boolean(column.number);
    state.by = column;
    heads.forEach((head, i) => columns[i] === column ?
        head.setAttribute('aria-sort', state.down ? 'descending' : 'ascending') :
        head.removeAttribute('aria-sort'));
    fill();
  }
  function fill() {
    let list =
      all.filter(item => Object.entries(state.chosen).every(([at, text]) => text === '' || item.texts[at] === text) &&
          found(item));
    if (state.by) {
      const sign = state.down ? -1 : 1;
      list = list.slice().sort((a, b) => {
        const x = valueOf(state.by, a.row), y = valueOf(state.by, b.row);
        const none = v => v === null || v === undefined || v === '';
        return none(x) || none(y) ? compare(x, y) : sign * compare(x, y);
      });
    }
    body.replaceChildren(
      ...list.slice(0, state.shown)
        .map((item, i) => el('tr', {class: i < printRows ? null : 'later'}, columns.map(c => cell(c, item.row, i ? list[i - 1].row : null)))));
    said.textContent = (list.length === all.length ? '' : `${count(list.length)} of `) +
      plural(all.length, 'row', 'rows') + (list.length > state.shown ? `, the first ${count(state.shown)} shown` : '');
    more.hidden = list.length <= state.shown;
    rest.replaceChildren(restLine(list.length, file));
  }
  grown.push(() => {
    state.shown = Infinity;
    fill();
  });
  const controls = el('div', {class: 'controls'});
  chosenColumns.forEach((column, at) => {
    const values = unique(all.map(item => item.texts[at])).sort(compare);
    if (values.length < 2) return;
    const id = newId();
    controls.append(el('div', null,
      el('label',
        {for: id
        },
        column.label),
      el('select', {
        id,
        change: event => {
          state.chosen[at] = event.target.value;
          fill();
        }
      },
        el('option', {value: ''}, 'All'), values.map(v => el('option', {value: v}, v)))));
  });
  if (search) {
    const id = newId();
    controls.append(el('div', null, el('label', {for: id
    }, 'Search'), el('input', {
      id,
      type: 'search',
      input: event => {
        state.find = event.target.value.toLowerCase();
        fill();
      }
    })));
  }
  controls.append(said);
  fill();
  return el('div', null, controls,
    el('div', {class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': caption},
      el('table', {class: klass}, el('caption', null, caption), el('thead', null, el('tr', null, heads)), body)),
    rest, more);
}

/* ---- figures -------------------------------------------------------------------------------------------------- */

const drawn = [];

/* A chart with its words and the table behind it. draw(holder, width) fills the holder; called again when the width
 * changes and for print. */
function figure(title, about, draw, columns, rows, {label} = {}) {
  const holder =
    el('div', {class: 'chart', role: 'img', 'aria-label': label || `${title}. The table below has the numbers.`});
  const node = el('figure', null,
    el('figcaption', null, title ? el('h3', null, title) : null, about ? el('p', null, about) : null), holder,
    columns ? el('details', null, el('summary', null, 'The numbers behind this chart'),
                plainTable(columns, rows, title || label)) :
              null);
  drawn.push({holder, draw, width: 0});
  return node;
}

function drawAll(width) {
  for (const one of drawn) {
    const room = Math.round(width || one.holder.clientWidth);
    if (!room || room === one.width) continue;
    one.width = room;
    one.holder.replaceChildren();
    one.draw(one.holder, room);
  }
}

function svgIn(holder, width, height) {
  return d3.select(holder)
    .append('svg')
    .attr('viewBox', `0 0 ${width} ${height}`)
    .attr('width', width)
    .attr('height', height)
    .attr('aria-hidden', 'true');
}

/* Radio buttons that look like a row of choices; change(value) is called at once and on each change. */
function choices(title, options, change) {
  const name = newId();
  const node = el('fieldset', null, el('legend', null, title),
    options.map(([value, text], i) => el('label', {class: 'choice'}, el('input', {
      type: 'radio',
      name,
      value,
      checked: i === 0,
      change: event => {
        change(event.target.value);
        drawAll();
      }
    }),
                  el('span', null, text))));
  change(options[0][0]);
  return node;
}

/* As choices, where there may be many: from the seventh on a list to open. */
function choose(title, options, change) {
  if (options.length <= 6) return choices(title, options, change);
  const id = newId();
  change(options[0][0]);
  return el('div', {class: 'controls choose'}, el('div', null, el('label', {for: id}, title), el('select', {
    id,
    change: event => {
      change(event.target.value);
      drawAll();
    }
  },
    options.map(([value, text]) => el('option', {value}, text)))));
}

/* What the page has to do without, for the layouts it would show. */
function absentNote(layouts, otherwise) {
  const list = data.absent.filter(a => layouts.includes(a.layout));
  if (!list.length) return otherwise || null;
  return el('p', {class: 'note'}, list.map(a => `Not here: ${a.layout} (${a.stage}): ${a.why}.`).join(' '));
}

/* How withheld rows are spoken of. */
const withheldWords = 'a count from 1 to 10, or one from which another could be worked out. ' +
  'Its numbers are not in this file.';

function runFooter(page) {
  const r = data.run;
  page.append(el('footer', null,
    el('p', null,
      `Run ${r.run_id} as of ${dayInWords(r.as_of)}, made by ${r.program}; started ${r.started || '\u2013'}.`),
    el('p', null, 'Digest of the run\u2019s results: ', el('span', {class: 'code'}, r.sha256 || '\u2013'),
      '; of its configuration: ', el('span', {class: 'code'}, r.config_sha256 || '\u2013'), '.'),
    ...chainOf(r).map(([name, value]) => el('p', null, `${name}: `, el('span', {class: 'code'}, value)))));
}

/* The head of the audit chain, where the run's results state one. */
function chainOf(run) {
  const flat = [];
  const walk = (value, name) => {
    if (value && typeof value === 'object')
      Object.keys(value).forEach(k => walk(value[k], name ? `${name} ${k}` : k));
    else if (/chain/.test(name) && value !== null)
      flat.push([(name[0].toUpperCase() + name.slice(1)).replace(/_/g, ' '), String(value)]);
  };
  walk(run, '');
  return flat;
}

function start(build) {
  const page = document.getElementById('page');
  const main = el('main');
  page.append(main);
  build(main);
  drawAll();
  let waiting = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => drawAll());
  }).observe(page);
  window.addEventListener('resize', () => drawAll());
  document.addEventListener('toggle', () => drawAll(), true);
  printAll(location.hash === '#print=all');
  document.documentElement.dataset.ready = 'yes';
}
