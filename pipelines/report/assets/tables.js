// Words and numbers.

const FIRST_ROWS = 12;

function plainTable({ columns, rows, caption }) {
  const right = (unit) => unit !== "text" && unit !== "code";
  const head = el("tr", null, ...columns.map((column) => el("th", { scope: "col", class: right(column.unit) ? "right" : null }, column.name)));
  const body = el("tbody");
  for (const row of rows) {
    body.append(el("tr", null, ...row.map((value, place) => {
      const { unit } = columns[place];
      const told = written(value, unit);
      const inside = unit === "code" && value !== null ? el("code", null, told) : told;
      return right(unit) ? el("td", { class: "right" }, inside) : foreign("td", inside, null);
    })));
  }
  const table = el("table", null, el("caption", null, caption), el("thead", null, head), body);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
}

function tableBlock(block) {
  if (!block.rows.length) return null;
  const shown = plainTable(block);
  if (block.rows.length <= FIRST_ROWS) return el("div", { class: "block" }, shown);
  const rest = [...shown.querySelectorAll("tbody tr")].slice(FIRST_ROWS);
  for (const row of rest) row.hidden = true;
  const button = el("button", { type: "button", "aria-expanded": "false" }, `Show all ${block.rows.length} rows`);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false";
    for (const row of rest) row.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? `Show the first ${FIRST_ROWS}` : `Show all ${block.rows.length} rows`;
  });
  return el("div", { class: "block" }, shown, button);
}

function tilesBlock(block) {
  const list = el("dl", { class: "tiles" });
  for (const tile of block.tiles) {
    list.append(el("div", { class: `tile tile-${tile.label}` },
      el("dt", null, tile.label), el("dd", { class: "value" }, written(tile.value, tile.unit)), el("dd", { class: "told" }, tile.note)));
  }
  return list;
}

function noteBlock(block) {
  return el("p", { class: `note ${block.tone}` }, block.text);
}

function codeBlock(block) {
  return el("div", { class: "block" }, disclosure(block.caption, el("pre", { tabindex: "0", class: "code" }, block.text)));
}
