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
  const isRemoved = (number) => Boolean(lock.packages[number].change && lock.packages[number].change.kind === "removed");
  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  // What to notice of a package: a sign, a word for its color, and a sentence.
  function signs(number) {
    const { change, newer, vulnerabilities = [] } = lock.packages[number];
    const words = { added: "+", removed: "-", changed: "~" };
    const kind = change && (words[change.kind] ? change.kind : "changed"), said = [];
    if (change) said.push([change.kind === kind ? words[kind] : "≠", kind, change.kind]);
    if (newer) said.push(["↑", "newer", `newer version ${newer}`]);
    const counted = vulnerabilities.filter((one) => !one.ignored).length;
    if (counted) said.push(["!", "vulnerable", count(counted, "known vulnerability", "known vulnerabilities")]);
    return said;
  }
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

  // The version, where it changed behind the one before.
  function versions(number) {
    const { version = "", change } = lock.packages[number];
    return change && change.from && change.from !== version ? `${change.from} → ${version}` : version;
  }

  // As in the style: the parts of the page are below each other.
  const isNarrow = () => matchMedia("(max-width: 900px)").matches;

  const label = (number) => (number === null ? lock.title
    : [lock.packages[number].name, versions(number), ...signs(number).map(([sign]) => sign)].join(" "));
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
      class: `edge${conditional ? " conditional" : ""}${edges.every((edge) => edge.former) ? " former" : ""}`, "data-source": source === null ? "" : source,
      "data-target": target, d,
    });
  }

  function files(number) {
    const states = lock.packages[number].files || [], chosen = get("environment").value;
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
      drawn("tspan", { class: "version", dx: 6 }, versions(number)),
      ...signs(number).map(([sign, kind]) => drawn("tspan", { class: `sign ${kind}`, dx: 6 }, sign)));
    const made = drawn("g", {
      class: ["node", files(number), ...(declared ? ["declared"] : []), ...signs(number).map(([, kind]) => kind)].join(" "), transform: `translate(${x} ${y})`, tabindex: -1,
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
    const said = signs(number).map(([, , sentence]) => `, ${sentence}`).join("");
    return `${title(number)}, requires ${below.size}, required by ${above.size}${said}`;
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

  // What the list "Show" offers: a value, its words, and which packages it shows.
  const choices = new Map();
  const isSought = () => get("search").value.trim() !== "" || get("show").value !== "";
  const matches = (number) => lock.packages[number].name.includes(get("search").value.trim().toLowerCase().replace(/[-_.]+/g, "-"))
    && (get("show").value === "" || choices.get(get("show").value)(number));

  function list() {
    const name = (number) => lock.packages[number].name;
    const fitting = [...state.shown].filter(matches)
      .sort((one, other) => (name(one) < name(other) ? -1 : Number(name(one) > name(other))) || one - other);
    get("packages").replaceChildren(...fitting.map((number) => {
      const button = element("button", { type: "button", "data-package": number },
        lock.packages[number].name, element("small", {}, versions(number), ...signs(number).map(([sign, kind, sentence]) => (
          element("span", { class: `sign ${kind}`, role: "img", "aria-label": sentence, title: sentence }, sign)))));
      button.addEventListener("click", () => {
        choose(number);
        if (isNarrow()) get("details").scrollIntoView();
      });
      return element("li", {}, button);
    }));
    get("none").hidden = fitting.length > 0;
    const here = fitting.filter((number) => !isRemoved(number)).length, gone = fitting.length - here;
    const all = lock.packages.filter((_, number) => !isRemoved(number)).length;
    get("count").textContent = `${here === all ? all : `${here} of ${all}`} package${all === 1 ? "" : "s"} in ${lock.lock}${gone ? `, ${gone} removed` : ""}`;
  }

  function mark() {
    const chosen = state.chosen !== null && state.shown.has(state.chosen) ? state.chosen : null;
    const searching = isSought();
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
      ...facts(one), ...changes(one), ...vulnerable(one), ...part("Required by", above, "source"), ...part("Requires", below, "target"), ...coverage(one));
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

  const link = (url, text) => (/^https?:\/\//.test(url) ? element("a", { href: url, rel: "noreferrer" }, text) : text);

  // What the cache of the machine knew that wrote the page; nothing where it was not asked at all.
  function facts(one) {
    if (!("listed" in one)) return [];
    const newer = one.newer ? element("span", { class: "newer" }, one.newer) : one.listed ? "none is known" : "not known";
    const some = (one.vulnerabilities || []).length;
    const audited = one.audited ? `${some || "none"} known on ${one.audited}` : "not known, see lockenv audit";
    const rows = [["License", one.license || "not known"], ...(one.home ? [["Project", link(one.home, one.home)]] : []), ["Newer version", newer], ["Vulnerabilities", audited]];
    return [element("dl", {}, ...rows.flatMap(([word, said]) => [element("dt", {}, word), element("dd", {}, said)]))];
  }

  function changes(one) {
    if (!one.change) return [];
    return [element("h3", {}, `${one.change.kind[0].toUpperCase()}${one.change.kind.slice(1)} since ${lock.against.name}`),
      element("ul", {}, ...one.change.lines.map((text) => element("li", {}, text)))];
  }

  function vulnerable(one) {
    const known = one.vulnerabilities || [];
    if (!known.length) return [];
    return [element("h3", {}, "Known vulnerabilities"), element("ul", {}, ...known.map((each) => {
      const item = element("li", {}, element("span", { class: each.ignored ? "" : "vulnerable" }, link(each.url, each.id)));
      if (each.aliases.length) item.append(element("small", {}, ` ${each.aliases.join(", ")}`));
      if (each.summary) item.append(element("br"), each.summary);
      const fixed = each.fixed.length ? `fixed in ${each.fixed.join(", ")}` : "no fixed version is known";
      item.append(element("br"), element("small", {}, each.ignored ? `${fixed}; ignored ${each.ignored}` : fixed));
      return item;
    }))];
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
      if (edge.former) item.append(element("small", {}, " before"));
      if (edge.via.length) item.append(element("small", {}, ` with the extra ${edge.via.join(" or ")}`));
      if (edge.condition) item.append(element("br"), element("small", {}, "where "), element("code", {}, edge.condition));
      return item;
    }))];
  }

  // A line for each platform: what it has, and for which Pythons where they differ.
  function coverage(one) {
    const platforms = new Map();
    if (!one.files || !one.files.length) return [];
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
    const needed = Math.ceil(state.size.height * state.scale + 40 + get("bar").offsetHeight);
    get("drawing").style.height = isNarrow() ? `min(70vh, ${needed}px)` : "";
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
    offer();
    get("show").addEventListener("change", () => { list(); mark(); });
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

  // What can be shown alone, each with how many packages it is; and what to notice at first.
  function offer() {
    const numbers = lock.packages.map((_, number) => number), groups = [], said = [];
    const add = (group, word, fits) => {
      const found = numbers.filter(fits).length;
      if (!found) return 0;
      const value = `${choices.size}`;
      choices.set(value, fits);
      group.append(element("option", { value }, `${word} (${found})`));
      return found;
    };
    const has = (kind) => (number) => signs(number).some(([, one]) => one === kind);
    if (lock.against) {
      const changed = element("optgroup", { label: `Since ${lock.against.name}` });
      add(changed, "all changes", (number) => Boolean(lock.packages[number].change));
      ["added", "changed", "removed"].forEach((kind) => add(changed, kind, has(kind)));
      groups.push(changed);
      said.push(`${lock.against.summary} since ${lock.against.name}`, ...lock.against.settings);
    }
    const known = element("optgroup", { label: "Known" });
    const wrong = add(known, "with a known vulnerability", has("vulnerable"));
    const newer = add(known, "with a newer version", has("newer"));
    if (wrong) said.push(`${wrong} with a known vulnerability`);
    if (newer) said.push(`${newer} with a newer version`);
    const named = [...new Set(lock.packages.map((one) => one.license).filter((one) => one))].sort();
    const licenses = element("optgroup", { label: "License" });
    named.forEach((name) => add(licenses, name, (number) => lock.packages[number].license === name));
    if (named.length) add(licenses, "not known", (number) => !isRemoved(number) && !lock.packages[number].license);
    groups.push(known, licenses);
    get("show").append(...groups.filter((group) => group.childElementCount));
    get("showing").hidden = !choices.size;
    get("facts").textContent = said.join(" · ");
    document.querySelectorAll("#legend [hidden]").forEach((item) => { item.hidden = !numbers.some(has(item.className)); });
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
