// Charts: each is drawn for the width that it has, and again when that changes.

const drawn = [];

function figure(caption, label, draw, ...more) {
  const box = el("div", { class: "chart" });
  const made = el("figure", null, el("figcaption", null, caption), ...more, box);
  drawn.push({ box, width: 0, draw: (width) => draw(width), label });
  return made;
}

function redraw(force) {
  for (const chart of drawn) {
    const width = Math.floor(chart.box.clientWidth);
    if (width < 40 || (!force && Math.abs(width - chart.width) < 2)) continue;
    chart.width = width;
    const picture = chart.draw(width);
    for (const style of picture.querySelectorAll("style")) style.remove(); // ours are in the page; others are forbidden
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", chart.label);
    chart.box.replaceChildren(picture);
  }
}

// Names of rows: at the left, cut to the room that there is; above the bars where that is too little.
function rowLayout(names, width, rowHeight) {
  const size = 12.5;
  const longest = Math.max(4, ...names.map((name) => name.length));
  const above = width < 480 && longest * 7 > width * 0.36;
  const marginLeft = above ? 0 : Math.ceil(Math.min(longest * 7.4 + 20, width * 0.42, 300));
  const clipped = { textOverflow: "ellipsis-end", lineWidth: (above ? width : marginLeft - 14) / size, fontSize: size };
  const axis = above
    ? Plot.text(names, { y: (name) => name, frameAnchor: "left", textAnchor: "start", dy: -12, text: (name) => name, fill: "var(--ink)", ...clipped })
    : Plot.axisY({ label: null, tickSize: 0, tickPadding: 8, ...clipped });
  const height = names.length * (rowHeight + (above ? 19 : 0)) + 8;
  return { marginLeft, axis, height, bar: { insetTop: above ? 20 : 1, insetBottom: 1 }, textDy: above ? 10 : 0 };
}

function barsBlock(block) {
  const names = block.rows.map((row) => row.name);
  const totals = block.rows.map((row) => row.values.reduce((sum, value) => sum + value, 0));
  const flat = block.rows.flatMap((row) =>
    block.series.map((series, place) => ({ name: row.name, series, value: row.values[place] })),
  );
  const draw = (width) => {
    const rows = rowLayout(names, width, 25);
    const most = Math.max(...totals, Number.MIN_VALUE);
    const x = block.log ? { type: "log", domain: [0.7, most * 1.05] } : { domain: [0, most] };
    const marks = block.log
      ? [Plot.barX(flat.filter((row) => row.value > 0), { x1: 0.7, x2: "value", y: "name", fill: colour(block.series[0]), rx: 2, ...rows.bar })]
      : [Plot.barX(flat, {
          x: "value", y: "name", fill: (row) => colour(row.series), order: block.series, ...rows.bar,
          title: (row) => `${row.name}\n${outcomeName(row.series)}: ${written(row.value, block.unit)}`,
        })];
    return Plot.plot({
      width, marginLeft: rows.marginLeft, marginRight: 58, marginTop: 4, marginBottom: 4, height: rows.height,
      x: { ...x, axis: null },
      y: { domain: names, label: null, padding: 0.18, axis: null },
      marks: [
        ...marks,
        rows.axis,
        Plot.text(block.rows, {
          x: (row, place) => Math.max(totals[place], block.log ? 0.7 : 0), y: "name", dx: 6, dy: rows.textDy, textAnchor: "start",
          text: (row, place) => short(totals[place], block.unit), fill: "var(--muted)", fontSize: 12,
        }),
      ],
    });
  };
  if (!block.rows.length) return null;
  const columns = [{ name: "", unit: "code" }, ...block.series.map((name) => ({ name: outcomeName(name), unit: block.unit }))];
  const rows = block.rows.map((row) => [row.name, ...row.values]);
  return el("div", { class: "block" },
    figure(block.caption, `Bar chart. ${block.caption}: the numbers follow as a table.`, draw, legend(block.series)),
    disclosure("Numbers", plainTable({ columns, rows, caption: block.caption })));
}

function ribbonBlock(block) {
  const parts = block.parts.filter((part) => part.value > 0);
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  if (!total) return null;
  const draw = (width) =>
    Plot.plot({
      width, height: 44, margin: 0, x: { axis: null, domain: [0, total] }, y: { axis: null },
      marks: [Plot.barX(parts, {
        x: "value", fill: (part) => colour(part.name), order: null, insetRight: 1.5, rx: 3,
        title: (part) => `${outcomeName(part.name)}: ${written(part.value, "number")} (${written(part.value / total, "share")})`,
      })],
    });
  const told = parts.map((part) => `${outcomeName(part.name)} ${written(part.value / total, "share")}`).join(", ");
  return el("div", { class: "block ribbon" }, figure(block.caption, `${block.caption}: ${told}`, draw, legend(parts.map((p) => p.name))));
}

function funnelBlock(block) {
  const state = { of: "documents" };
  const names = block.rows.map((row) => row.name);
  const draw = (width) => {
    const rows = rowLayout(names, width, 34);
    const documents = state.of === "documents";
    const most = Math.max(1, ...block.rows.map((row) => (documents ? row.documents + row.lost : row.bytes || 0)));
    const left = (row) => (documents ? row.documents : row.bytes);
    const unit = documents ? "number" : "bytes";
    const said = (row) => {
      if (left(row) === null) return "not yet text";
      return documents && row.lost ? `${short(left(row), unit)}  −${short(row.lost, unit)}` : short(left(row), unit);
    };
    return Plot.plot({
      width, marginLeft: rows.marginLeft, marginRight: 116, marginTop: 4, marginBottom: 4, height: rows.height,
      x: { axis: null, domain: [0, most] }, y: { domain: names, label: null, padding: 0.16, axis: null },
      marks: [
        Plot.barX(block.rows.filter((row) => left(row) !== null), { x: left, y: "name", fill: "var(--kept)", rx: 2, ...rows.bar }),
        documents ? Plot.barX(block.rows, {
          x1: "documents", x2: (row) => row.documents + row.lost, y: "name", fill: "var(--rejected)", fillOpacity: 0.45, rx: 2, ...rows.bar,
          title: (row) => `${row.name}: ${written(row.lost, "number")} lost here`,
        }) : null,
        rows.axis,
        Plot.text(block.rows, {
          x: (row) => (documents ? row.documents + row.lost : row.bytes || 0), y: "name", dx: 8, dy: rows.textDy, textAnchor: "start", text: said,
          fill: "var(--ink)", fontSize: 12.5,
        }),
      ],
    });
  };
  const choice = block.bytes ? choices("funnel-of", "Show", [["documents", "documents"], ["bytes", "bytes of text"]], (value) => {
    state.of = value;
    redraw(true);
  }) : null;
  return el("div", { class: "block" }, figure(block.caption, `${block.caption}: the numbers follow as a table.`, draw, choice));
}

// Native radio buttons.
function choices(name, label, options, chosen) {
  const set = el("fieldset", { class: "choices" }, el("legend", null, label));
  options.forEach(([value, told], place) => {
    const input = el("input", { type: "radio", name, value, checked: place === 0 });
    input.addEventListener("change", () => chosen(value));
    set.append(el("label", null, input, told));
  });
  return set;
}

function matrixBlock(block) {
  const cells = block.names.flatMap((row, i) =>
    block.names.map((column, j) => ({
      i, j, row, column, both: block.values[i][j], share: block.values[i][i] ? block.values[i][j] / block.values[i][i] : 0,
    })),
  );
  const label = (place) => `${block.names[place]}  ${place + 1}`;
  const draw = (room) => {
    const width = Math.max(room, 150 + 18 * block.names.length);
    const marginLeft = Math.ceil(Math.min(280, width * 0.42, 14 + 7 * Math.max(...block.names.map((_, place) => label(place).length))));
    const side = (width - marginLeft - 8) / block.names.length;
    const places = block.names.map((_, place) => place);
    return Plot.plot({
      width, marginLeft, marginTop: 22, marginRight: 8, marginBottom: 4, height: Math.max(16, Math.min(30, side)) * block.names.length + 26,
      x: { domain: places, axis: null }, y: { domain: places, axis: null },
      marks: [
        Plot.cell(cells, {
          x: "j", y: "i", inset: 1, rx: 2, fill: (cell) => (cell.i === cell.j ? "var(--line)" : "var(--rejected)"),
          fillOpacity: (cell) => (cell.i === cell.j ? 1 : 0.06 + 0.94 * cell.share),
          title: (cell) => `${written(cell.share, "share")} of what ${cell.row} rejects (${written(cell.both, "number")}) is rejected by ${cell.column}, too`,
        }),
        side > 26 ? Plot.text(cells.filter((cell) => cell.i !== cell.j && cell.both), {
          x: "j", y: "i", text: (cell) => Math.round(cell.share * 100), fontSize: 10,
          fill: (cell) => (cell.share > 0.55 ? "var(--paper)" : "var(--ink)"),
        }) : null,
        Plot.axisX({ anchor: "top", tickSize: 0, label: null, tickFormat: (place) => place + 1, fontSize: side < 20 ? 9 : 11 }),
        Plot.axisY({ tickSize: 0, label: null, tickFormat: label, fontSize: 12, textOverflow: "ellipsis-start", lineWidth: (marginLeft - 14) / 12 }),
      ],
    });
  };
  const columns = [{ name: "rule", unit: "code" }, ...block.names.map((_, place) => ({ name: String(place + 1), unit: "number" }))];
  const rows = block.values.map((values, place) => [`${place + 1} ${block.names[place]}`, ...values]);
  return el("div", { class: "block" },
    figure(block.caption, `${block.caption}: the numbers follow as a table.`, draw, el("p", { class: "told" }, block.told)),
    disclosure("Numbers", plainTable({ columns, rows, caption: `${block.caption}, documents` })));
}

function roundLengths(low, high, steps) {
  const all = [...Array(15).keys()].flatMap((power) => steps.map((step) => step * 10 ** power));
  return all.filter((value) => value >= low && value <= high);
}

function columnsBlock(block) {
  const data = block.values.map((value, place) => ({ value, x1: block.edges[place], x2: block.edges[place + 1] })).filter((bin) => bin.x2 > bin.x1);
  const draw = (width) => Plot.plot({
    width, height: 190, marginLeft: 8, marginRight: 12, marginTop: 8, marginBottom: 40,
    x: {
      type: "log", label: block.axis, labelAnchor: "center", labelArrow: "none", tickFormat: bytes,
      ticks: roundLengths(data[0].x1, data[data.length - 1].x2, width < 480 ? [1] : [1, 2, 5]),
    },
    y: { axis: null },
    marks: [
      Plot.rectY(data, {
        x1: "x1", x2: "x2", y: "value", fill: "var(--kept)", insetLeft: 0.5, insetRight: 0.5,
        title: (bin) => `${bytes(bin.x1)} to ${bytes(bin.x2)}: ${written(bin.value, block.unit)}`,
      }),
      Plot.ruleY([0], { stroke: "var(--muted)" }),
    ],
  });
  const columns = [{ name: "from", unit: "bytes" }, { name: "below", unit: "bytes" }, { name: block.caption, unit: block.unit }];
  return el("div", { class: "block" }, figure(block.caption, `${block.caption}: the numbers follow as a table.`, draw),
    disclosure("Numbers", plainTable({ columns, rows: data.map((bin) => [bin.x1, bin.x2, bin.value]), caption: block.caption })));
}

function pairedBlock(block) {
  const names = block.rows.map((row) => row.name);
  const draw = (width) => {
    const rows = rowLayout(names, width, 27);
    return Plot.plot({
      width, marginLeft: rows.marginLeft, marginRight: 58, marginTop: 4, marginBottom: 4, height: rows.height,
      x: { axis: null, domain: [0, Math.max(...block.rows.flatMap((row) => row.values), 1e-9)] },
      y: { domain: names, label: null, padding: 0.3, axis: null },
      marks: [
        Plot.barX(block.rows, { x: (row) => row.values[1], y: "name", fill: "var(--accent)", fillOpacity: 0.75, rx: 2, ...rows.bar }),
        Plot.tickX(block.rows, { x: (row) => row.values[0], y: "name", stroke: "var(--ink)", strokeWidth: 2.5, ...rows.bar }),
        rows.axis,
        Plot.text(block.rows, {
          x: (row) => Math.max(...row.values), y: "name", dx: 7, dy: rows.textDy, textAnchor: "start", text: (row) => written(row.values[1], block.unit),
          fill: "var(--muted)", fontSize: 12,
        }),
      ],
    });
  };
  const told = `A bar is the ${block.series[1]}, the upright line the ${block.series[0]}.`;
  return el("div", { class: "block" }, figure(block.caption, `${block.caption}: the numbers follow as a table.`, draw, el("p", { class: "told" }, told)));
}

// A picture that was drawn elsewhere, on white whatever the scheme.
function pictureBlock(block) {
  const drawn = el("img", { class: "picture", src: block.source, alt: block.caption });
  return el("figure", { class: "block" }, el("figcaption", null, block.caption), drawn);
}
