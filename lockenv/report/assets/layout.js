"use strict";
// Where the packages of a graph go, what is joined to what, and how sizes are written: nothing here knows the page.
const layout = (() => {
  // Columns by the longest way from the project; a requirement that closes a ring is left out of account.
  function columns(edges) {
    const depth = new Map([[null, 0]]), onward = new Map();
    edges.forEach((edge) => onward.set(edge.source, [...(onward.get(edge.source) || []), edge.target]));
    const order = [], seen = new Set(), open = new Set(), back = new Set();
    const visit = (number) => {
      seen.add(number);
      open.add(number);
      for (const target of onward.get(number) || []) {
        if (open.has(target)) back.add(`${number}>${target}`);
        else if (!seen.has(target)) visit(target);
      }
      open.delete(number);
      order.unshift(number);
    };
    visit(null);
    for (const number of order) {
      for (const target of onward.get(number) || []) {
        if (!back.has(`${number}>${target}`)) {
          depth.set(target, Math.max(depth.get(target) || 0, depth.get(number) + 1));
        }
      }
    }
    const found = [];
    depth.forEach((column, number) => (found[column] = found[column] || []).push(number));
    return sorted(found, edges);
  }

  // Each column in the order of what its packages are joined to, a few times to and fro.
  function sorted(found, edges) {
    const joined = new Map();
    const join = (one, other) => joined.set(one, [...(joined.get(one) || []), other]);
    edges.forEach((edge) => { join(edge.source, edge.target); join(edge.target, edge.source); });
    const rank = new Map();
    const number = () => found.forEach((column) => column.forEach((each, at) => rank.set(each, at / column.length)));
    found.forEach((column) => column.sort((one, other) => (one === null ? -1 : one) - (other === null ? -1 : other)));
    number();
    for (let round = 0; round < 6; round += 1) {
      for (const column of round % 2 ? [...found].reverse() : found) {
        const middle = new Map(column.map((each) => {
          const ranks = (joined.get(each) || []).map((other) => rank.get(other));
          return [each, ranks.reduce((sum, one) => sum + one, 0) / (ranks.length || 1)];
        }));
        column.sort((one, other) => middle.get(one) - middle.get(other) || one - other);
      }
      number();
    }
    return found;
  }

  // All that any of `numbers` requires, or all that requires any of them, themselves left out.
  function beyond(edges, numbers, from, to) {
    const found = new Set(), begun = new Set(numbers), agenda = [...begun], onward = new Map();
    edges.forEach((edge) => onward.set(edge[from], [...(onward.get(edge[from]) || []), edge[to]]));
    while (agenda.length) {
      for (const other of onward.get(agenda.pop()) || []) {
        if (!begun.has(other) && !found.has(other)) {
          found.add(other);
          if (other !== null) agenda.push(other);
        }
      }
    }
    return found;
  }

  function bytes(count) {
    const unit = ["B", "kB", "MB", "GB"].findIndex((_, at) => count < 999.5 * 1000 ** at || at === 3);
    const number = count / 1000 ** unit;
    return `${unit && number < 9.95 ? number.toFixed(1) : number.toFixed(0)} ${["B", "kB", "MB", "GB"][unit]}`;
  }

  return { columns, beyond, bytes };
})();
