(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const GAP = 64, ROW = 36, HEIGHT = 26, MARGIN = 8, LEAST = 0.35;
  const lock = JSON.parse(document.getElementById("lock").textContent);
  const get = (id) => document.getElementById(id);
  const state = { chosen: null, before: null, scale: 1, shown: new Set(), edges: [], places: new Map() };
  const title = (number) => {
    const one = lock.packages[number];
    return one.version ? `${one.name} ${one.version}` : one.name;
  };
  const leaving = new Map();
  lock.requirements.forEach((edge) => {
    if (!leaving.has(edge.source)) leaving.set(edge.source, []);
    leaving.get(edge.source).push(edge);
  });

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  function drawn(name, attributes, ...children) {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  // What is installed: the packages that the chosen sections reach in the chosen environment.
  function reached() {
    const chosen = get("environment").value;
    const sections = new Set([""]);
    document.querySelectorAll("#sections input:checked").forEach((box) => sections.add(box.value));
    const applies = (edge) => chosen === "" || edge.environments.includes(Number(chosen));
    const extras = new Map(), agenda = [null], edges = new Set();
    while (agenda.length) {
      const source = agenda.pop();
      for (const edge of leaving.get(source) || []) {
        if (!applies(edge) || (source === null && !sections.has(edge.section))) continue;
        if (edge.via.length && !edge.via.some((extra) => extras.get(source).has(extra))) continue;
        edges.add(edge);
        const known = extras.get(edge.target);
        const together = new Set([...(known || []), ...edge.extras]);
        if (!known || together.size > known.size) {
          extras.set(edge.target, together);
          agenda.push(edge.target);
        }
      }
    }
    return { shown: new Set(extras.keys()), edges: lock.requirements.filter((edge) => edges.has(edge)) };
  }

  const label = (number) => (number === null ? lock.title : title(number));
  const width = (number) => Math.max(70, label(number).length * 7.3 + 34);

  function draw() {
    const { shown, edges } = reached();
    state.shown = shown;
    state.edges = edges;
    if (get("only").checked && state.chosen !== null && shown.has(state.chosen)) {
      const near = new Set([state.chosen, ...layout.beyond(edges, [state.chosen], "source", "target")]);
      const above = new Set([state.chosen, ...layout.beyond(edges, [state.chosen], "target", "source")]);
      state.edges = edges.filter((edge) => (near.has(edge.source) && near.has(edge.target))
        || (above.has(edge.source) && above.has(edge.target)));
    }
    const found = layout.columns(state.edges), tallest = Math.max(...found.map((column) => column.length));
    let x = MARGIN;
    state.places = new Map();
    found.forEach((column, at) => {
      const widest = Math.max(...column.map(width));
      const top = MARGIN + ((tallest - column.length) * ROW) / 2;
      column.forEach((number, row) => state.places.set(number, { x, y: top + row * ROW, column: at, row }));
      x += widest + GAP;
    });
    state.columns = found;
    state.size = { width: x - GAP + MARGIN, height: (tallest + 1) * ROW + MARGIN };
    const graph = get("graph");
    graph.setAttribute("viewBox", `0 0 ${state.size.width} ${state.size.height}`);
    graph.replaceChildren(...pairs().map(line), ...[...state.places.keys()].map(box));
    scaled();
    list();
    mark();
  }

  // One line for all the requirements of one package on another.
  function pairs() {
    const found = new Map();
    state.edges.forEach((edge) => {
      const key = `${edge.source}>${edge.target}`;
      found.set(key, [...(found.get(key) || []), edge]);
    });
    return [...found.values()];
  }

  function line(edges) {
    const { source, target } = edges[0];
    const from = state.places.get(source), to = state.places.get(target);
    const x1 = from.x + width(source), y1 = from.y + HEIGHT / 2, x2 = to.x, y2 = to.y + HEIGHT / 2;
    const bend = Math.max(30, Math.abs(x2 - x1) / 2), low = Math.max(y1, y2) + HEIGHT / 2;
    const d = to.column > from.column
      ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
      : `M${x1 - 20} ${y1 + HEIGHT / 2}C${x1 - 20} ${low + ROW} ${x2 + 20} ${low + ROW} ${x2 + 20} ${y2 + HEIGHT / 2}`;
    const conditional = get("environment").value === "" && !edges[0].always;
    return drawn("path", {
      class: `edge${conditional ? " conditional" : ""}`, "data-source": source === null ? "" : source,
      "data-target": target, d,
    });
  }

  function files(number) {
    const states = lock.packages[number].files, chosen = get("environment").value;
    const counted = chosen === "" ? states : [states[Number(chosen)]];
    return ["nothing", "build"].find((one) => counted.includes(one)) || "wheel";
  }

  function box(number) {
    const { x, y } = state.places.get(number);
    if (number === null) {
      return drawn("g", { class: "node project", transform: `translate(${x} ${y})` },
        drawn("rect", { class: "box", width: width(null), height: HEIGHT, rx: 7 }),
        drawn("text", { x: 12, y: HEIGHT / 2 }, lock.title));
    }
    const one = lock.packages[number];
    const declared = state.edges.some((edge) => edge.source === null && edge.target === number);
    const text = drawn("text", { x: 16, y: HEIGHT / 2 }, drawn("tspan", {}, one.name),
      drawn("tspan", { class: "version", dx: 6 }, one.version || ""));
    const made = drawn("g", {
      class: `node ${files(number)}${declared ? " declared" : ""}`, transform: `translate(${x} ${y})`, tabindex: -1,
      role: "button", "data-package": number, "aria-label": spoken(number),
    }, drawn("rect", { class: "box", width: width(number), height: HEIGHT, rx: 7 }),
      drawn("rect", { class: "mark", x: 5, y: 6, width: 4, height: HEIGHT - 12, rx: 2 }), text);
    made.addEventListener("click", () => choose(number));
    made.addEventListener("keydown", (event) => walk(event, number));
    return made;
  }

  function spoken(number) {
    const below = new Set(), above = new Set();
    state.edges.forEach((edge) => {
      if (edge.source === number) below.add(edge.target);
      if (edge.target === number) above.add(edge.source);
    });
    return `${title(number)}, requires ${below.size}, required by ${above.size}`;
  }

  function walk(event, number) {
    const { column, row } = state.places.get(number);
    const first = (edges, end) => {
      const others = edges.map((edge) => edge[end]).filter((each) => each !== null && each !== number);
      return others.includes(state.before) ? state.before : others[0];
    };
    const next = {
      ArrowRight: () => first(state.edges.filter((edge) => edge.source === number), "target"),
      ArrowLeft: () => first(state.edges.filter((edge) => edge.target === number), "source"),
      ArrowDown: () => state.columns[column][row + 1],
      ArrowUp: () => state.columns[column][row - 1],
    }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(number);
    else if (!next) return;
    else {
      const other = next();
      state.before = number;
      focus(other);
    }
    event.preventDefault();
  }

  function focus(number) {
    const found = document.querySelector(`.node[data-package="${number}"]`);
    if (found) found.focus();
  }

  const matches = (number) => lock.packages[number].name.includes(get("search").value.trim().toLowerCase().replace(/[-_.]+/g, "-"));

  function list() {
    const fitting = [...state.shown].sort((one, other) => one - other).filter(matches);
    get("packages").replaceChildren(...fitting.map((number) => {
      const button = element("button", { type: "button", "data-package": number },
        lock.packages[number].name, element("small", {}, lock.packages[number].version || ""));
      button.addEventListener("click", () => choose(number));
      return element("li", {}, button);
    }));
    get("none").hidden = fitting.length > 0;
    const all = lock.packages.length;
    get("count").textContent = `${fitting.length === all ? all : `${fitting.length} of ${all}`} package${all === 1 ? "" : "s"} in ${lock.lock}`;
  }

  function mark() {
    const chosen = state.chosen !== null && state.shown.has(state.chosen) ? state.chosen : null;
    const searching = get("search").value.trim() !== "";
    const hits = searching ? [...state.shown].filter(matches) : [];
    // What is searched for is shown with its ways from the project.
    const ways = layout.beyond(state.edges, hits, "target", "source");
    const down = chosen === null ? new Set() : layout.beyond(state.edges, [chosen], "source", "target");
    const up = chosen === null ? new Set() : layout.beyond(state.edges, [chosen], "target", "source");
    const isNear = (number) => chosen === null || number === chosen || down.has(number) || up.has(number);
    let first = null;
    document.querySelectorAll(".node[data-package]").forEach((node) => {
      const number = Number(node.dataset.package), found = searching && matches(number);
      node.classList.toggle("chosen", number === chosen);
      node.classList.toggle("down", down.has(number) && number !== chosen);
      node.classList.toggle("up", searching ? ways.has(number) : up.has(number) && number !== chosen && !down.has(number));
      node.classList.toggle("found", found);
      node.classList.toggle("faded", searching ? !found && !ways.has(number) && number !== chosen : !isNear(number));
      node.setAttribute("aria-pressed", number === chosen);
      node.setAttribute("tabindex", -1);
      if (first === null || number === chosen) first = node;
    });
    if (first) first.setAttribute("tabindex", 0);
    document.querySelectorAll(".edge").forEach((edge) => {
      const source = edge.dataset.source === "" ? null : Number(edge.dataset.source), target = Number(edge.dataset.target);
      const isDown = chosen !== null && (source === chosen || down.has(source)) && down.has(target);
      const isUp = chosen !== null && !isDown && up.has(source) && (target === chosen || up.has(target));
      const isWay = searching && ways.has(source) && (ways.has(target) || hits.includes(target));
      edge.classList.toggle("down", isDown && !searching);
      edge.classList.toggle("up", searching ? isWay : isUp);
      edge.classList.toggle("faded", searching ? !isWay : chosen !== null && !isDown && !isUp);
    });
    document.querySelectorAll("#packages button").forEach((button) => {
      button.setAttribute("aria-current", Number(button.dataset.package) === chosen);
    });
    details(chosen);
  }

  function choose(number) {
    state.chosen = number;
    history.replaceState(null, "", number === null ? "#" : `#${encodeURIComponent(title(number))}`);
    if (get("only").checked) draw();
    else mark();
    const node = document.querySelector(`.node[data-package="${number}"]`);
    if (node) node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function details(chosen) {
    const panel = get("details");
    if (chosen === null) {
      panel.replaceChildren(element("p", {}, element("small", {}, "Choose a package to see what requires it, what it requires, and what it has for each environment.")));
      return;
    }
    const one = lock.packages[chosen];
    const below = state.edges.filter((edge) => edge.source === chosen);
    const above = state.edges.filter((edge) => edge.target === chosen);
    panel.replaceChildren(
      element("h2", {}, one.name, " ", element("small", {}, one.version || "")),
      element("p", {}, element("small", {}, ...origin(one))),
      element("p", {}, element("small", {}, one.marker ? "where " : "in every environment"), element("code", {}, one.marker || "")),
      ...part("Required by", above, "source"), ...part("Requires", below, "target"), ...coverage(one));
  }

  // Where it comes from, and how much there is to download: by environment, files differ.
  function origin(one) {
    const sizes = (one.sizes || []).filter((size) => size > 0), [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    const said = [];
    if (one.source) said.push(`from ${one.source}`);
    else if (one.page) said.push("from ", element("a", { href: one.page, rel: "noreferrer" }, one.page));
    if (sizes.length) said.push(`${said.length ? ", " : ""}${least === most ? layout.bytes(most) : `${layout.bytes(least)} to ${layout.bytes(most)}`}`);
    return said;
  }

  function part(heading, edges, end) {
    if (!edges.length) return [element("h3", {}, `${heading} nothing`)];
    return [element("h3", {}, heading), element("ul", {}, ...edges.map((edge) => {
      const item = element("li");
      if (edge[end] === null) item.append(edge.written || lock.title, edge.section ? ` (${edge.section})` : "");
      else {
        const go = element("button", { type: "button", class: "go" }, title(edge[end]));
        go.addEventListener("click", () => choose(edge[end]));
        item.append(go);
      }
      item.append(element("br"), element("code", {}, edge.text));
      if (edge.via.length) item.append(element("small", {}, ` with the extra ${edge.via.join(" or ")}`));
      if (edge.condition) item.append(element("br"), element("small", {}, "where "), element("code", {}, edge.condition));
      return item;
    }))];
  }

  // A line for each platform: what it has, and for which Pythons where they differ.
  function coverage(one) {
    const platforms = new Map();
    lock.environments.forEach(({ platform, python }, at) => {
      if (!platforms.has(platform)) platforms.set(platform, []);
      const runs = platforms.get(platform), last = runs[runs.length - 1];
      if (last && last.word === one.files[at]) last.to = python;
      else runs.push({ word: one.files[at], from: python, to: python });
    });
    const words = { absent: "not installed", nothing: "no file", build: "build", wheel: "wheel" };
    const rows = [...platforms].map(([platform, runs]) => element("tr", {}, element("th", { scope: "row" }, platform),
      element("td", {}, ...runs.map(({ word, from, to }, at) => element("span", { class: word },
        words[word], runs.length > 1 ? ` ${from === to ? from : `${from}–${to}`}` : "", at < runs.length - 1 ? ", " : "")))));
    return platforms.size ? [element("h3", {}, "Files"), element("table", {}, ...rows)] : [];
  }

  function scaled() {
    get("graph").setAttribute("width", state.size.width * state.scale);
    get("graph").setAttribute("height", state.size.height * state.scale);
  }

  function zoom(factor) {
    const room = get("scroll");
    const fitting = Math.min((room.clientWidth - 34) / state.size.width, (room.clientHeight - 34) / state.size.height);
    state.scale = Math.min(3, Math.max(0.15, factor === null ? fitting : state.scale * factor));
    scaled();
  }

  // At first all of it is seen, if it can be read at that size; nothing is larger than it is drawn.
  function fitted() {
    zoom(null);
    state.scale = Math.min(1, Math.max(LEAST, state.scale));
    scaled();
  }

  function fill() {
    const groups = new Map();
    lock.environments.forEach((each, number) => {
      if (!groups.has(each.platform)) groups.set(each.platform, element("optgroup", { label: each.platform }));
      groups.get(each.platform).append(element("option", { value: number }, `${each.platform} ${each.python}`.trim()));
    });
    get("environment").append(...groups.values());
    const sections = [...new Set((leaving.get(null) || []).map((edge) => edge.section))].filter((one) => one);
    sections.forEach((section) => {
      get("sections").append(element("label", {}, element("input", { type: "checkbox", value: section, checked: "" }), ` ${section}`));
    });
    get("search").addEventListener("input", () => { list(); mark(); });
    get("environment").addEventListener("change", draw);
    get("sections").addEventListener("change", draw);
    get("only").addEventListener("change", draw);
    get("controls").addEventListener("submit", (event) => {
      event.preventDefault();
      const first = document.querySelector("#packages button");
      if (first) first.click();
    });
    get("smaller").addEventListener("click", () => zoom(1 / 1.2));
    get("larger").addEventListener("click", () => zoom(1.2));
    get("fit").addEventListener("click", () => zoom(null));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") choose(null);
      if (event.key === "/" && document.activeElement !== get("search")) {
        event.preventDefault();
        get("search").focus();
      }
    });
  }

  function named(text) {
    const found = lock.packages.findIndex((one, number) => title(number) === text || one.name === text);
    return found < 0 ? null : found;
  }

  fill();
  draw();
  fitted();
  const wanted = named(decodeURIComponent(location.hash.slice(1)));
  if (wanted !== null) choose(wanted);
})();
