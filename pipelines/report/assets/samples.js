// Documents: chosen by outcome, by rule and by words; and twins side by side.

const AT_ONCE = 15;

function samplesBlock(block) {
  const rules = new Map();
  for (const item of block.items) for (const rule of item.reasons) rules.set(rule, (rules.get(rule) || 0) + 1);
  const outcome = select("sample-outcome", [["", "any outcome"], ["documents", "kept"], ["rejected", "rejected"]]);
  const rule = select("sample-rule", [["", "any rule"], ...[...rules].sort().map(([name, count]) => [name, `${name} (${count})`])]);
  const words = el("input", { type: "search", id: "sample-words", placeholder: "words of address or text", autocomplete: "off" });
  const count = el("p", { class: "count", role: "status" });
  const list = el("div", { class: "samples" });
  const more = el("button", { type: "button" });
  const articles = block.items.map((item) => ({ item, haystack: `${item.url || ""}\n${item.text || ""}\n${item.id}`.toLowerCase(), made: null }));
  let room = AT_ONCE;
  const show = () => {
    const wanted = words.value.trim().toLowerCase();
    const found = articles.filter(({ item, haystack }) =>
      (!outcome.value || item.outcome === outcome.value) && (!rule.value || item.reasons.includes(rule.value)) && haystack.includes(wanted));
    list.replaceChildren(...found.slice(0, room).map((entry) => (entry.made = entry.made || sample(entry.item))));
    count.textContent = `${found.length} of ${articles.length} samples`;
    more.hidden = found.length <= room;
    more.textContent = `Show ${Math.min(AT_ONCE, found.length - room)} more`;
  };
  const anew = () => {
    room = AT_ONCE;
    show();
  };
  for (const control of [outcome, rule]) control.addEventListener("change", anew);
  words.addEventListener("input", anew);
  more.addEventListener("click", () => {
    const first = room;
    room += AT_ONCE;
    show();
    list.children[first]?.focus();
  });
  window.addEventListener("beforeprint", () => {
    room = articles.length;
    show();
  });
  show();
  const form = el("form", { class: "filters", role: "search", "aria-label": "Samples" },
    el("label", { for: "sample-outcome" }, "Outcome", outcome), el("label", { for: "sample-rule" }, "Rule", rule),
    el("label", { for: "sample-words" }, "Words", words));
  return el("div", { class: "block" }, form, count, list, more);
}

function select(id, options) {
  return el("select", { id }, ...options.map(([value, told]) => el("option", { value }, told)));
}

function sample(item) {
  const verdicts = new Map(item.verdicts.map((verdict) => [verdict.rule, verdict]));
  const reasons = item.reasons.map((rule) => {
    const verdict = verdicts.get(rule);
    const told = verdict ? `: ${verdict.column} is ${verdict.value === null ? "not measurable" : written(verdict.value, "decimal")}, ${boundText(verdict)}` : "";
    return el("li", null, el("code", null, rule), told);
  });
  return el("article", { class: `sample ${item.outcome}`, tabindex: "-1" },
    el("header", null, el("span", { class: `badge ${item.outcome}` }, outcomeName(item.outcome)), foreign("span", item.url || "(no address)", { class: "url" })),
    reasons.length ? el("ul", { class: "reasons" }, ...reasons) : null,
    textBox(item),
    el("footer", null, el("code", null, item.id), " ", foreign("span", item.where)));
}

function textBox(item) {
  if (item.text === null) return el("p", { class: "told" }, item.length === null ? "Its text is not stored." : "");
  if (item.text === "") return el("p", { class: "told" }, "Its text is empty.");
  const cut = item.text.endsWith("…") && item.length > item.text.length - 1;
  const told = `${written(item.length, "number")} characters${cut ? ", cut" : ""}`;
  const line = item.text.replace(/\s+/g, " ");
  const opening = line.length > 220 ? `${line.slice(0, 219)}…` : line;
  return el("details", { class: "text" }, el("summary", null, foreign("span", opening, { class: "opening" }), el("span", { class: "told" }, told)),
    foreign("pre", item.text));
}

function pairsBlock(block) {
  const methods = [...new Set(block.items.map((item) => item.method))];
  const list = el("div", { class: "pairs" });
  block.items.forEach((item, place) => {
    const similarity = item.similarity === null ? "" : `, similarity ${written(item.similarity, "decimal")}`;
    const box = el("details", { class: "pair", open: place === 0 },
      el("summary", null, el("code", null, item.method), similarity, " ", foreign("span", item.removed.url || item.removed.id, { class: "url" })));
    const marks = difference(item.removed.text, item.twin.text);
    box.append(el("div", { class: "sides" }, side("removed", item.removed, marks && marks[0]), side("its twin", item.twin, marks && marks[1])));
    list.append(box);
  });
  return el("div", { class: "block" }, el("h3", null, block.caption),
    el("p", { class: "told" }, `By ${methods.join(", ")}. Words that the other one lacks are marked.`), list);
}

function side(title, told, pieces) {
  const text = told.text === null ? el("p", { class: "told" }, "Its text is not stored.") : el("pre", { dir: "auto" }, ...(pieces || [told.text]));
  const outcome = told.outcome && title !== "removed" ? ` (${outcomeName(told.outcome)})` : "";
  return el("div", { class: "side" }, el("h4", null, title + outcome), foreign("p", told.url || "(no address)", { class: "url" }), text, el("code", null, told.id));
}

// Longest common subsequence of words: at most 400 x 400 steps.
function difference(left, right) {
  if (left === null || right === null) return null;
  const [a, b] = [left, right].map((text) => text.split(/(\s+)/).slice(0, 800));
  const [as, bs] = [a, b].map((all) => all.filter((_, place) => place % 2 === 0));
  const width = bs.length + 1;
  const best = new Uint16Array((as.length + 1) * width);
  for (let i = as.length - 1; i >= 0; i -= 1)
    for (let j = bs.length - 1; j >= 0; j -= 1)
      best[i * width + j] = as[i] === bs[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
  const common = [new Set(), new Set()];
  for (let i = 0, j = 0; i < as.length && j < bs.length; ) {
    if (as[i] === bs[j]) {
      common[0].add(2 * i);
      common[1].add(2 * j);
      i += 1;
      j += 1;
    } else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return [a, b].map((all, which) => all.map((piece, place) => (place % 2 || common[which].has(place) || !piece ? piece : el("mark", null, piece))));
}
