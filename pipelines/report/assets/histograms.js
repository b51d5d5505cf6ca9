// Distributions of signals: small multiples, one scale of colours, bounds drawn in.

const STACK = ["documents", "duplicates", "rejected", "failed"];

function histogramsBlock(block) {
  const state = { root: false };
  const count = el("p", { class: "count", role: "status" });
  const search = el("input", { type: "search", id: "signal-search", placeholder: "word_count", autocomplete: "off" });
  const ruled = el("input", { type: "checkbox" });
  const root = el("input", { type: "checkbox" });
  const grid = el("div", { class: "grid" });
  const cards = block.items.map((item) => ({ item, card: histogramCard(item, state) }));
  grid.append(...cards.map(({ card }) => card));
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const { item, card } of cards) {
      const rules = item.rules.map((rule) => rule.name).join(" ");
      card.hidden = !(`${item.name} ${item.doc} ${rules}`.toLowerCase().includes(wanted) && (!ruled.checked || item.rules.length));
      found += card.hidden ? 0 : 1;
    }
    count.textContent = `${found} of ${cards.length} signals`;
    redraw(false);
  };
  search.addEventListener("input", show);
  ruled.addEventListener("change", show);
  root.addEventListener("change", () => {
    state.root = root.checked;
    redraw(true);
  });
  show();
  return el("div", { class: "block" },
    el("form", { class: "filters", role: "search", "aria-label": "Signals" },
      el("label", { for: "signal-search" }, "Signal or rule", search),
      el("label", { class: "tick" }, ruled, "only those that a rule looks at"),
      el("label", { class: "tick" }, root, "square-root scale, to see tails")),
    count, legend(STACK.filter((name) => block.items.some((item) => item.counts[name]))), grid);
}

function histogramCard(item, state) {
  const { quantiles } = item;
  const rows = [
    ["least", item.least], ...Object.entries(quantiles), ["most", item.most],
    ...Object.entries(item.nulls).map(([outcome, rows]) => [`no value, ${outcomeName(outcome)}`, rows]),
  ];
  const bounds = item.rules.map((rule) => el("li", null, el("code", null, rule.name), ` ${boundText(rule)}; rejects ${written(rule.rejects, "number")}`,
    rule.exceptions.length ? el("ul", { class: "exceptions" }, ...rule.exceptions.map((other) =>
      el("li", null, `${boundText(other)}: ${other.languages.join(", ")}`))) : null));
  const told = item.edges.length ? figure(el("code", null, item.name), histogramLabel(item), (width) => histogram(item, width, state)) :
    el("figure", null, el("figcaption", null, el("code", null, item.name)), el("p", { class: "constant" }, constantText(item)));
  return el("article", { class: "card" }, told,
    el("p", { class: "told" }, item.doc + (item.unit ? ` (${item.unit})` : "")),
    bounds.length ? el("ul", { class: "bounds" }, ...bounds) : null,
    item.edges.length === 0 && !rows.some(([name]) => name.startsWith("no value")) ? null : disclosure("Numbers", plainTable({ caption: item.name, columns: [{ name: "of all values", unit: "text" }, { name: "value", unit: "decimal" }], rows }),
      item.edges.length ? binTable(item) : null));
}

function constantText(item) {
  return item.least === null ? "No document has a value." : `Every value is ${written(item.least, "decimal")}.`;
}

function boundText(rule) {
  const ends = [];
  if (rule.at_least !== null) ends.push(`at least ${written(rule.at_least, "number")}`);
  if (rule.at_most !== null) ends.push(`at most ${written(rule.at_most, "number")}`);
  return ends.join(", ") || "no bound";
}

function histogramLabel(item) {
  const rules = item.rules.map((rule) => `${rule.name} asks ${boundText(rule)}`).join("; ");
  return `Histogram of ${item.name}: median ${written(item.quantiles["50 %"], "decimal")}. ${rules}`;
}

function binTable(item) {
  const outcomes = STACK.filter((name) => item.counts[name]);
  const columns = [{ name: "from", unit: "decimal" }, { name: "below", unit: "decimal" }, ...outcomes.map((name) => ({ name: outcomeName(name), unit: "number" }))];
  const rows = item.edges.slice(1).map((end, place) => [item.edges[place], end, ...outcomes.map((name) => item.counts[name][place])])
    .filter((row) => row.slice(2).some((value) => value));
  return plainTable({ caption: `Bars of ${item.name}`, columns, rows });
}

function axisNumber(value) {
  return Math.abs(value) >= 10000 ? shortNumber.format(value) : precise.format(value);
}

function powers(low, high) {
  const ticks = [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].filter((tick) => tick >= low && tick <= high);
  return ticks.length > 6 ? ticks.filter((tick) => tick === 0 || Math.round(Math.log10(tick)) % 2 === 0) : ticks;
}

function histogram(item, width, state) {
  const low = item.edges[0];
  const high = item.edges[item.edges.length - 1];
  const data = STACK.flatMap((outcome) => (item.counts[outcome] || []).map((value, place) => ({
    outcome, value, x1: item.edges[place], x2: item.edges[place + 1],
  }))).filter((bin) => bin.value);
  const inside = (value) => value !== null && value >= low && value <= high;
  const ends = item.rules.flatMap((rule) => [rule.at_least, rule.at_most]).filter(inside);
  const others = [...new Set(item.rules.flatMap((rule) => rule.exceptions.flatMap((own) => [own.at_least, own.at_most])))]
    .filter((value) => inside(value) && !ends.includes(value));
  const shaded = item.rules.flatMap((rule) => [
    inside(rule.at_least) ? { x1: low, x2: rule.at_least } : null,
    inside(rule.at_most) ? { x1: rule.at_most, x2: high } : null,
  ]).filter((side) => side && side.x2 > side.x1);
  return Plot.plot({
    width, height: 168, marginLeft: 34, marginRight: 14, marginTop: 16, marginBottom: 24,
    x: {
      type: item.log ? "symlog" : "linear", domain: [low, high], label: null, tickSize: 4,
      ticks: item.log ? powers(low, high) : Math.max(3, Math.floor(width / 70)), tickFormat: axisNumber,
    },
    y: { axis: null, type: state.root ? "sqrt" : "linear" },
    marks: [
      Plot.gridY({ ticks: 3, stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.axisY({ ticks: 3, tickSize: 0, label: null, fill: "var(--muted)", tickFormat: (value) => shortNumber.format(value) }),
      Plot.rect(shaded, { x1: "x1", x2: "x2", fill: "var(--rejected)", fillOpacity: 0.1 }),
      Plot.rectY(data, {
        x1: "x1", x2: "x2", y: "value", fill: (bin) => colour(bin.outcome), order: STACK, insetLeft: 0.4, insetRight: 0.4,
        title: (bin) => `${precise.format(bin.x1)} to ${precise.format(bin.x2)}\n${outcomeName(bin.outcome)}: ${written(bin.value, "number")}`,
      }),
      Plot.ruleY([0], { stroke: "var(--muted)" }),
      Plot.ruleX(others, { x: (value) => value, stroke: "var(--muted)", strokeDasharray: "2,3" }),
      Plot.ruleX(ends, { x: (value) => value, stroke: "var(--ink)", strokeWidth: 1.6 }),
      Plot.text(ends, { x: (value) => value, frameAnchor: "top", dy: -12, text: axisNumber, fontSize: 11, fill: "var(--ink)", fontWeight: 600 }),
    ],
  });
}
