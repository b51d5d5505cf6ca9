// Elements and numbers. Text goes in as text, never as markup: what pages of strangers say is shown and nothing else.

const OUTCOME_NAMES = { documents: "kept", rejected: "rejected", duplicates: "duplicates", failed: "failed" };
const DASH = "–";

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) {
    if (child === null || child === undefined) continue;
    made.append(child); // a string becomes a text node
  }
  return made;
}

const plainNumber = new Intl.NumberFormat("en");
const shortNumber = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let place = 0;
  while (value >= 1000 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  return `${precise.format(place ? Number(value.toPrecision(3)) : Math.round(value))} ${units[place]}`;
}

const UNITS = {
  number: (value) => (Number.isInteger(value) ? plainNumber.format(value) : precise.format(value)),
  decimal: (value) => precise.format(value),
  bytes,
  share: (value) => (value > 0 && value < 0.0005 ? "<0.1%" : percent.format(value)),
  seconds: (value) => `${precise.format(value)} s`,
  text: String,
  code: String,
};

function written(value, unit) {
  return value === null || value === undefined ? DASH : UNITS[unit](value);
}

function short(value, unit) {
  return unit === "number" ? shortNumber.format(value) : written(value, unit);
}

function outcomeName(name) {
  return OUTCOME_NAMES[name] || name;
}

const COLOURS = {
  documents: "var(--kept)",
  rejected: "var(--rejected)",
  duplicates: "var(--duplicates)",
  failed: "var(--failed)",
  alone: "var(--rejected)",
  "with others": "var(--rejected-soft)",
};

function colour(series) {
  return COLOURS[series] || "var(--accent)";
}

function legend(series) {
  if (series.length < 2) return null;
  const list = el("ul", { class: "legend" });
  for (const name of series) {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = colour(name);
    list.append(el("li", null, swatch, outcomeName(name)));
  }
  return list;
}

// A box of a stranger's text: its direction is its own, and stays inside.
function foreign(tag, text, attributes) {
  return el(tag, { dir: "auto", ...attributes }, text);
}

function disclosure(summary, ...children) {
  return el("details", null, el("summary", null, summary), ...children);
}
