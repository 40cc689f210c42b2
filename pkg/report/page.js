'use strict';
// Sorting, filtering and zooming: all of it on top of a page that can be read without.

const element = (tag, attributes, text) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
};

const key = (cell) => {
  const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
  if (text === '') return null;
  const n = Number(text === '+Inf' ? 'Infinity' : text);
  return Number.isNaN(n) ? text.toLowerCase() : n;
};

// Cells without content stay last, whichever way a column is sorted.
const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)));

for (const table of document.querySelectorAll('table[data-sort]')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.hasAttribute('data-fixed')) return;
    const text = head.textContent;
    const button = element('button', { type: 'button' }, text);
    head.replaceChildren(button);
    addEventListener('beforeprint', () => head.replaceChildren(text)); // browsers leave buttons out of heads that pages repeat
    addEventListener('afterprint', () => head.replaceChildren(button));
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach((h) => h.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const rows = [...table.tBodies[0].rows].map((row) => ({ row, k: key(row.cells[column]) }));
      rows.sort((a, b) => {
        if (a.k === null || b.k === null) return (a.k === null) - (b.k === null);
        return down ? compare(b.k, a.k) : compare(a.k, b.k);
      });
      table.tBodies[0].append(...rows.map((r) => r.row));
    });
  });
  if (table.tBodies[0].rows.length > 20) table.parentElement.classList.add('tall');
}

for (const table of document.querySelectorAll('table[data-filter]')) {
  const controls = element('div', { class: 'controls', role: 'search', 'aria-label': `Filter ${table.dataset.filter}` });
  const label = element('label', {}, 'Filter');
  const input = element('input', { type: 'search', placeholder: 'name, operator, type …', 'aria-controls': `${table.dataset.filter}-rows` });
  table.tBodies[0].id = `${table.dataset.filter}-rows`;
  label.append(input);
  controls.append(label);
  const marks = [...new Set([...table.tBodies[0].querySelectorAll('.mark')].map((m) => m.parentElement.textContent))];
  let select = null;
  if (marks.length > 1) {
    const choice = element('label', {}, 'Computed in');
    select = element('select');
    select.append(element('option', { value: '' }, 'all'), ...marks.map((m) => element('option', { value: m }, m)));
    choice.append(select);
    controls.append(choice);
  }
  const shown = element('output', { role: 'status' });
  controls.append(shown);
  const rows = [...table.tBodies[0].rows];
  const texts = new Map(rows.map((row) => [row, [...row.cells].map((c) => c.title || c.textContent).join(' ').toLowerCase()]));
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const mark = row.querySelector('.mark');
      const fits = words.every((w) => texts.get(row).includes(w)) && (!select || !select.value || (mark && mark.parentElement.textContent === select.value));
      row.hidden = !fits;
      n += fits;
    }
    shown.textContent = `${n} of ${rows.length}`;
  };
  input.addEventListener('input', apply);
  if (select) select.addEventListener('change', apply);
  apply();
  table.parentElement.before(controls);
  // A box of the picture leads to a row, which must then be there.
  addEventListener('hashchange', () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row && row.hidden && table.contains(row)) {
      input.value = '';
      if (select) select.value = '';
      apply();
      row.scrollIntoView({ block: 'center' });
    }
  });
}

for (const figure of document.querySelectorAll('.graph')) {
  const canvas = figure.querySelector('.canvas');
  const svg = figure.querySelector('svg');
  const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  let zoom = 1;
  const set = (z) => {
    const [x, y] = [(canvas.scrollLeft + canvas.clientWidth / 2) / zoom, (canvas.scrollTop + canvas.clientHeight / 2) / zoom];
    zoom = Math.min(3, Math.max(0.05, z));
    svg.setAttribute('width', width * zoom);
    svg.setAttribute('height', height * zoom);
    canvas.scrollTo(x * zoom - canvas.clientWidth / 2, y * zoom - canvas.clientHeight / 2);
  };
  const fit = () => set(Math.min(1, canvas.clientWidth / width));
  const controls = element('div', { class: 'controls' });
  for (const [text, name, act] of [['+', 'Zoom in', () => set(zoom * 1.25)], ['−', 'Zoom out', () => set(zoom / 1.25)], ['Fit', 'Fit the width', fit], ['1:1', 'Actual size', () => set(1)]]) {
    const button = element('button', { type: 'button', 'aria-label': name }, text);
    button.addEventListener('click', act);
    controls.append(button);
  }
  canvas.before(controls);
  canvas.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act = { '+': () => set(zoom * 1.25), '=': () => set(zoom * 1.25), '-': () => set(zoom / 1.25), 0: fit }[e.key];
    if (act) {
      act();
      e.preventDefault();
    }
  });
  let grip = null;
  canvas.addEventListener('pointerdown', (e) => {
    if (e.pointerType === 'mouse' && e.button === 0 && !e.target.closest('a')) grip = { x: e.clientX + canvas.scrollLeft, y: e.clientY + canvas.scrollTop };
  });
  addEventListener('pointermove', (e) => {
    if (grip) canvas.scrollTo(grip.x - e.clientX, grip.y - e.clientY);
  });
  addEventListener('pointerup', () => { grip = null; });
  fit();
}
