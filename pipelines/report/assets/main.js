// The page: a section for each of the facts', a renderer for each kind of block.

const RENDERERS = {
  note: noteBlock, tiles: tilesBlock, table: tableBlock, code: codeBlock, bars: barsBlock, ribbon: ribbonBlock, funnel: funnelBlock,
  matrix: matrixBlock, columns: columnsBlock, paired: pairedBlock, histograms: histogramsBlock, samples: samplesBlock, pairs: pairsBlock,
  picture: pictureBlock,
};

function sectionElement(section) {
  const made = el("section", { id: section.id, "aria-labelledby": `${section.id}-title` }, el("h2", { id: `${section.id}-title` }, section.title));
  if (section.lead) made.append(el("p", { class: "lead" }, section.lead));
  for (const block of section.blocks) {
    const drawnBlock = RENDERERS[block.kind](block);
    if (drawnBlock) made.append(drawnBlock);
  }
  return made;
}

function headline({ balance }) {
  if (!balance) return null;
  if (!balance.records) return el("p", { class: "headline" }, "No record was read.");
  return el("p", { class: "headline" }, el("strong", null, written(balance.documents, "number")), ` of ${written(balance.records, "number")} records were kept`);
}

function start() {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  document.getElementById("head").append(el("p", { class: "eyebrow" }, "crawlsieve · report of a run"), foreign("h1", facts.name), headline(facts) || "");
  const list = el("ul");
  for (const section of facts.sections) list.append(el("li", null, el("a", { href: `#${section.id}` }, section.title)));
  document.getElementById("contents").append(list);
  document.getElementById("main").append(...facts.sections.map(sectionElement));
  document.getElementById("foot").append(el("p", null, `Made by crawlsieve ${facts.crawlsieve}. This file needs no network and sends nothing.`));
  for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
  redraw(true);
  new ResizeObserver(() => redraw(false)).observe(document.getElementById("main"));
  markPlace(list);
  document.documentElement.setAttribute("data-ready", "");
}

// Which section is read, in the list of sections.
function markPlace(list) {
  const links = new Map([...list.querySelectorAll("a")].map((link) => [link.getAttribute("href").slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of document.querySelectorAll("main > section")) seen.observe(section);
}

start();
