/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The charts, drawn by D3 into SVG at the width at hand. Shape says what colour says: triangle down worse, up better,
 * square same, hollow circle can't tell, filled circle the group compared with. */
'use strict';

const narrow = width => width < 520;
const shapes = {
  worse: d3.symbolTriangle,
  better: d3.symbolTriangle,
  same: d3.symbolSquare,
  unsure: d3.symbolCircle,
  reference: d3.symbolCircle,
  plain: d3.symbolCircle,
  withheld: d3.symbolCircle,
  none: d3.symbolCircle
};

function mark(parent, x, y, verdict, title) {
  const shape = d3.symbol()
                  .type(shapes[verdict] || d3.symbolCircle)
                  .size(verdict === 'worse' || verdict === 'better' ? 78 : 84)();
  const node = parent.append('path')
                 .attr('class', `mark v-${verdict === 'none' ? 'plain' : verdict}`)
                 .attr('d', shape)
                 .attr('transform', `translate(${x},${y})${verdict === 'worse' ? ' rotate(180)' : ''}`);
  if (title) node.append('title').text(title);
}

function legendOf(verdicts) {
  return el('ul', {class: 'legend'}, verdicts.map(v => {
    const item = el('li');
    const svg = d3.select(item).append('svg').attr('viewBox', '-8 -8 16 16').attr('aria-hidden', 'true');
    mark(svg, 0, 0, v);
    item.append(verdictWords[v]);
    return item;
  }));
}

/* Words in lines no wider than `width` pixels, guessed from the number of letters. */
function lines(text, width, size = 13) {
  const most = Math.max(8, Math.floor(width / (size * 0.53)));
  const out = [''];
  for (const w of String(text).split(' ')) {
    const last = out[out.length - 1];
    if (last && last.length + 1 + w.length > most)
      out.push(w);
    else
      out[out.length - 1] = last ? last + ' ' + w : w;
  }
  return out;
}

function textLines(parent, list, x, y, klass) {
  const node = parent.append('text').attr('x', x).attr('y', y).attr('class', klass || null);
  list.forEach((line, i) => node.append('tspan').attr('x', x).attr('dy', i ? 16 : 0).text(line));
}

/* Rows of a dot and its interval on one axis: rates, gaps, members. items: {label, value, low, high, verdict, said,
 * note}; `said` is the number in words, at the right. An item without value is withheld. options: format of the axis,
 * zero (a rule at 0), rule ({value, label}), left and right (words at the ends of the axis), domain, bounds ([low,
 * high] as a bracket). */
function dotRows(holder, width, items, options) {
  const small = narrow(width);
  const labelRoom = small ? 0 : Math.min(options.labelRoom || 190, width * 0.34);
  const saidRoom = small ? 0 : options.saidRoom || 150;
  const labelLines = item =>
    small ? lines(item.label, width - (item.said || '').length * 7.2 - 14) : lines(item.label, labelRoom - 12);
  const rowOf = item => small ? 30 + 16 * labelLines(item).length : Math.max(30, 8 + 16 * labelLines(item).length);
  const top = options.rule || options.left ? 30 : 10;
  const heights = items.map(rowOf);
  const height = top + d3.sum(heights) + 34;
  const left = labelRoom + (small ? 6 : 4), right = width - saidRoom - (small ? 6 : 12);
  const ends = items.flatMap(i => [i.value, i.low, i.high, i.boundLow, i.boundHigh]).filter(number);
  if (options.zero) ends.push(0);
  if (options.rule) ends.push(options.rule.value);
  const domain = options.domain || d3.extent(ends);
  const x = d3.scaleLinear()
              .domain(domain[0] === domain[1] ? [domain[0] - 0.05, domain[1] + 0.05] : domain)
              .nice(small ? 4 : 6)
              .range([left, right]);
  const svg = svgIn(holder, width, height);
  const bottom = height - 26;
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(
      d3.axisBottom(x).ticks(small ? 4 : 6).tickFormat(options.format).tickSize(-(bottom - top + 4)).tickPadding(7));
  svg.select('.domain').remove();
  if (options.zero)
    svg.append('line').attr('class', 'zero').attr('x1', x(0)).attr('x2', x(0)).attr('y1', top - 6).attr('y2', bottom);
  if (options.left) {
    const at = x(0);
    svg.append('text')
      .attr('class', 'soft')
      .attr('x', at - 8)
      .attr('y', 14)
      .attr('text-anchor', 'end')
      .text('\u2190 ' + options.left);
    svg.append('text').attr('class', 'soft').attr('x', at + 8).attr('y', 14).text(options.right + ' \u2192');
  }
  if (options.rule) {
    const at = x(options.rule.value), far = at > (left + right) / 2;
    svg.append('line').attr('class', 'zero').attr('x1', at).attr('x2', at).attr('y1', top - 8).attr('y2', bottom);
    svg.append('text')
      .attr('class', 'soft')
      .attr('x', at)
      .attr('y', 14)
      .attr('text-anchor', far ? 'end' : 'start')
      .attr('dx', far ? 4 : -4)
      .text(options.rule.label);
  }
  let y = top;
  items.forEach((item, i) => {
    const list = labelLines(item), middle = small ? y + heights[i] - 14 : y + heights[i] / 2;
    if (small) {
      textLines(svg, list, 0, y + 15, 'strong halo');
      svg.append('text')
        .attr('x', width)
        .attr('y', y + 15)
        .attr('text-anchor', 'end')
        .attr('class', 'soft halo')
        .text(item.said);
    } else {
      textLines(svg, list, 0, middle + 4 - 8 * (list.length - 1));
      svg.append('text')
        .attr('x', width)
        .attr('y', middle + 4)
        .attr('text-anchor', 'end')
        .attr('class', item.value === null ? 'soft' : null)
        .text(item.said);
    }
    svg.append('line')
      .attr('class', 'rule')
      .attr('x1', small ? left : 0)
      .attr('x2', small ? right : width)
      .attr('y1', y + heights[i])
      .attr('y2', y + heights[i]);
    if (number(item.boundLow) && number(item.boundHigh)) bracket(svg, x(item.boundLow), x(item.boundHigh), middle);
    if (number(item.value)) {
      if (number(item.low))
        svg.append('line')
          .attr('class', `range v-${item.verdict}`)
          .attr('x1', x(item.low))
          .attr('x2', x(item.high))
          .attr('y1', middle)
          .attr('y2', middle);
      mark(svg, x(item.value), middle, item.verdict, `${item.label}: ${item.said}`);
    }
    y += heights[i];
  });
}

function bracket(svg, from, to, y) {
  svg.append('path')
    .attr('d', `M${from},${y - 6}v12M${to},${y - 6}v12M${from},${y}H${to}`)
    .attr('fill', 'none')
    .attr('stroke', 'var(--soft)')
    .attr('stroke-dasharray', '2 3');
}

/* Lines over time, one a series: {name, place, points: [{x, value, low, high, said}]}; x are the places in time, `names`
 * what they are called, in lines; `place` gives a series the same ink and dashes in every chart. options: format and
 * unit of the axis. */
const inks = ['--one', '--two', '--three', '--four', '--five', '--six'];
const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 4', '12 4'];
const inkOf = s => `var(${inks[s.place % inks.length]})`;
const dashOf = s => dashes[s.place % dashes.length];
function lineChart(holder, width, series, names, options) {
  const nameLines = names.map(n => n.split('\n'));
  const deep = d3.max(nameLines, l => l.length) - 1, top = options.unit ? 30 : 12;
  const height = 250 + top + 14 * deep, left = 44, bottom = height - 30 - 14 * deep, room = narrow(width) ? 12 : 150;
  const ends = series.flatMap(s => s.points.flatMap(p => [p.low, p.high, p.value])).filter(number).concat(0);
  const x = d3.scalePoint().domain(names.map((_, i) => i)).range([left, width - room]).padding(0.3);
  const y = d3.scaleLinear().domain(d3.extent(ends)).nice(5).range([bottom, top]);
  const svg = svgIn(holder, width, height);
  if (options.unit) textLines(svg, [options.unit], 0, 13, 'soft unit');
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickFormat(options.format).tickSize(-(width - room - left)))
    .select('.domain')
    .remove();
  /* Where names would touch each other only each second, third ... stands, the last always. */
  const widest = d3.max(nameLines.flat(), l => l.length) * 6.2 + 6;
  const every = Math.ceil(widest / (x.step() || width));
  const times = svg.append('g').attr('class', 'axis times');
  nameLines.filter((_, i) => (names.length - 1 - i) % every === 0)
    .forEach(l => times.append('text').attr('text-anchor', 'middle').selectAll('tspan').data(l).join('tspan')
                    .attr('x', x(nameLines.indexOf(l))).attr('y', (_, k) => bottom + 20 + 14 * k).text(line => line));
  svg.append('line')
    .attr('class', 'zero')
    .attr('x1', left)
    .attr('x2', width - room)
    .attr('y1', y(0))
    .attr('y2', y(0));
  const shift = i => (i - (series.length - 1) / 2) * 7;
  const ends2 = [];
  series.forEach((s, i) => {
    const ink = inkOf(s), seen = s.points.filter(p => number(p.value));
    if (!seen.length) return;
    const at = p => x(p.x) + shift(i);
    svg.append('path')
      .attr('fill', 'none')
      .attr('stroke', ink)
      .attr('stroke-width', 2)
      .attr('stroke-dasharray', dashOf(s))
      .attr('d', d3.line().x(at).y(p => y(p.value))(seen));
    for (const p of seen) {
      if (number(p.low))
        svg.append('line')
          .attr('x1', at(p))
          .attr('x2', at(p))
          .attr('y1', y(p.low))
          .attr('y2', y(p.high))
          .attr('stroke', ink)
          .attr('stroke-width', 1.2);
      svg.append('circle')
        .attr('cx', at(p))
        .attr('cy', y(p.value))
        .attr('r', 4)
        .attr('fill', ink)
        .append('title')
        .text(`${s.name}, ${names[p.x]}: ${p.said}`);
    }
    ends2.push({name: s.name, ink, y: y(seen[seen.length - 1].value)});
  });
  if (room < 100) { /* no room for names at the ends of the lines: below them */
    holder.append(el('ul', {class: 'legend'}, series.map(s => {
      const item = el('li');
      d3.select(item).append('svg').attr('viewBox', '0 0 28 14').attr('aria-hidden', 'true').attr('class', 'wide')
        .append('line').attr('x2', 28).attr('y1', 8).attr('y2', 8).attr('stroke', inkOf(s)).attr('stroke-width', 3)
        .attr('stroke-dasharray', dashOf(s));
      item.append(s.name);
      return item;
    })));
    return;
  }
  ends2.sort((a, b) => a.y - b.y);
  ends2.forEach((e, i) => {
    if (i && e.y - ends2[i - 1].y < 15) e.y = ends2[i - 1].y + 15;
  });
  const over = ends2.length ? ends2[ends2.length - 1].y - (bottom + 6) : 0;
  if (over > 0)
    ends2.forEach(e => {
      e.y -= over;
    });
  ends2.forEach(e => svg.append('text')
                       .attr('x', width - room + 8)
                       .attr('y', e.y + 4)
                       .style('fill', e.ink)
                       .attr('class', 'strong')
                       .text(lines(e.name, room)[0]));
}

/* Observed share against mean probability, bin by bin, with the line of perfect agreement. */
function calibrationChart(holder, width, bins) {
  const side = Math.min(width, 330), top = 26, left = 40, bottom = side - 38;
  const scale = d3.scaleLinear().domain([-0.05, 1.05]); /* room for marks at the ends */
  const x = scale.copy().range([left, side - 10]), y = scale.copy().range([bottom, top]);
  const svg = svgIn(holder, side, side);
  svg.style('max-width', side + 'px');
  const ticks = axis => axis.tickValues([0, 0.25, 0.5, 0.75, 1]).tickFormat(v => Math.round(100 * v) + '%');
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(ticks(d3.axisBottom(x)).tickSize(-(bottom - top)).tickPadding(6))
    .select('.domain')
    .remove();
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${left},0)`)
    .call(ticks(d3.axisLeft(y)).tickSize(-(side - 10 - left)))
    .select('.domain')
    .remove();
  svg.append('line').attr('class', 'zero').attr('x1', x(0)).attr('y1', y(0)).attr('x2', x(1)).attr('y2', y(1));
  svg.append('text')
    .attr('class', 'soft')
    .attr('x', (left + side) / 2)
    .attr('y', side - 3)
    .attr('text-anchor', 'middle')
    .text('mean probability');
  textLines(svg, ['observed share'], 0, 12, 'soft unit');
  const size = d3.scaleSqrt().domain([0, d3.max(bins, b => b.n) || 1]).range([2.5, 9]);
  for (const b of bins) {
    if (number(b.low))
      svg.append('line')
        .attr('class', 'range v-plain')
        .attr('x1', x(b.p))
        .attr('x2', x(b.p))
        .attr('y1', y(b.low))
        .attr('y2', y(b.high));
    svg.append('circle')
      .attr('class', 'mark v-plain')
      .attr('cx', x(b.p))
      .attr('cy', y(b.observed))
      .attr('r', size(b.n))
      .attr('fill-opacity', 0.55)
      .append('title')
      .text(`${percent(b.p)} expected, ${percent(b.observed)} observed, ${count(b.n)} members`);
  }
}

/* Provider groups by size and rate, within limits of chance around the rate of all: P0 +- z sqrt(P0 (1 - P0) / n). */
const funnelLimits = [{z: 1.959963984540054, name: '95\u00a0%'}, {z: 3.090232306167813, name: '99.8\u00a0%'}];
const limitAt = (p0, n, z) => z * Math.sqrt(p0 * (1 - p0) / n);
const clip = v => Math.max(0, Math.min(1, v));
function funnelChart(holder, width, groups, p0) {
  const height = 316, top = 30, left = 44, bottom = height - 40, right = width - 14;
  const most = d3.max(groups, g => g.n) * 1.08, least = Math.max(5, d3.min(groups, g => g.n) * 0.7);
  const x = d3.scaleLinear().domain([0, most]).range([left, right]);
  const ends = groups.map(g => g.rate).concat(clip(p0 + limitAt(p0, least, 3.1)), clip(p0 - limitAt(p0, least, 3.1)));
  const y = d3.scaleLinear().domain(d3.extent(ends)).nice(5).range([bottom, top]);
  const svg = svgIn(holder, width, height);
  textLines(svg, ['rate'], 0, 13, 'soft unit');
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${bottom})`)
    .call(d3.axisBottom(x).ticks(narrow(width) ? 4 : 6).tickFormat(d3.format(',')).tickPadding(6))
    .select('.domain')
    .remove();
  svg.append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickFormat(v => Math.round(100 * v) + '%').tickSize(-(right - left)))
    .select('.domain')
    .remove();
  svg.append('text')
    .attr('class', 'soft')
    .attr('x', right)
    .attr('y', height - 4)
    .attr('text-anchor', 'end')
    .text('members in the denominator');
  const steps = d3.range(60).map(i => least + (most - least) * i / 59);
  funnelLimits.forEach(
    ({z}, i) => [-1, 1].forEach(
      sign => svg.append('path')
                .attr('fill', 'none')
                .attr('stroke', 'var(--soft)')
                .attr('stroke-dasharray', i ? '6 3' : '2 3')
                .attr('d', d3.line().x(n => x(n)).y(n => y(clip(p0 + sign * limitAt(p0, n, z))))(steps))));
  svg.append('line')
    .attr('x1', left)
    .attr('x2', right)
    .attr('y1', y(p0))
    .attr('y2', y(p0))
    .attr('stroke', 'var(--soft)');
  const marks = groups.map(g => ({
                            name: g.name,
                            x: x(g.n),
                            y: y(g.rate),
                            above: g.rate > p0,
                            far: Math.abs(g.rate - p0),
                            beyond: Math.abs(g.rate - p0) > limitAt(p0, g.n, funnelLimits[0].z),
                            said: `${g.name}: ${percent(g.rate)} of ${count(g.n)}`
                          }));
  nameMarks(svg, marks, left, width, bottom);
  for (const m of marks)
    svg.append('circle')
      .attr('cx', m.x)
      .attr('cy', m.y)
      .attr('r', 4.5)
      .attr('class', 'mark ' + (m.beyond ? 'v-reference' : 'v-unsure'))
      .append('title')
      .text(m.said);
}

/* Names of the marks beyond the limits, the farthest out first; each where it covers no mark and no other name: away from
 * the middle, beside, towards it. One that has room nowhere is left to the table and the mark's title. */
function nameMarks(svg, marks, left, right, bottom) {
  const taken = marks.map(m => ({left: m.x - 6, right: m.x + 6, top: m.y - 6, bottom: m.y + 6}));
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  for (const m of marks.filter(m => m.beyond).sort((a, b) => b.far - a.far)) {
    const wide = m.name.length * 8.2, up = m.y - 11, down = m.y + 19, out = m.above ? [up, down] : [down, up];
    const places = [
      [m.x - wide / 2, out[0]], [m.x + 8, m.y + 4], [m.x - 8 - wide, m.y + 4], [m.x - wide / 2, out[1]],
      [m.x + 2, out[0]], [m.x - 2 - wide, out[0]]
    ].map(([from, base]) => ({left: from, right: from + wide, top: base - 12, bottom: base + 4}));
    const box = places.find(p => p.left >= left && p.right <= right && p.top >= 0 && p.bottom <= bottom + 4 &&
        !taken.some(t => meets(t, p)));
    if (!box) continue;
    taken.push(box);
    svg.append('text')
      .attr('x', (box.left + box.right) / 2)
      .attr('y', box.bottom - 4)
      .attr('text-anchor', 'middle')
      .attr('class', 'strong halo')
      .text(m.name);
  }
}
