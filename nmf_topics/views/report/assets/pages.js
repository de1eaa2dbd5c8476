// The table of all pages: search, filter and sort. Only a hundred rows are shown at once, so that long tables stay fast.

const AT_ONCE = 100;
const list = { query: "", topic: 0, groups: {}, sort: "weight", down: true, from: 0 };
const SORTS = [["title", "title"], ["topic", "topic"], ["weight", "weight"], ["", ""], ["margin", "margin"], ["error", "error"]];  // key, header

// Text without case and accents, for the search.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// All pages sorted by a column. The order is cached, because sorting takes much longer than searching.
let order = { rows: [] };
function ordered() {
  if (order.sort === list.sort && order.down === list.down) return order.rows;
  const sign = list.down ? -1 : 1;
  const rows = d3.range(data.pages.held);
  if (list.sort === "title") {
    const letters = new Intl.Collator(undefined, { numeric: true });
    rows.sort((a, b) => sign * letters.compare(data.pages.title[a], data.pages.title[b]) || a - b);
  } else {
    const values = data.pages[list.sort];
    const known = (i) => !Number.isNaN(values[i]) && values[i] !== 0;  // pages without a topic come last either way
    rows.sort((a, b) => known(b) - known(a) || (known(a) ? sign * (values[a] - values[b]) : 0) || a - b);
  }
  order = { sort: list.sort, down: list.down, rows };
  return rows;
}

let searchable;
function matching() {
  searchable ??= data.pages.title.map(plain);
  const words = plain(list.query).split(/\s+/u).filter(Boolean);
  const groups = Object.entries(list.groups).filter(([, value]) => value).map(([name, value]) => [data.pages.meta[name], value]);
  return ordered().filter((i) => (!list.topic || data.pages.topic[i] === list.topic)
    && groups.every(([column, value]) => column[i] === value) && words.every((w) => searchable[i].includes(w)));
}

// topic and groups are the filters in the link; without them all pages are shown. Going back in the browser restores the
// search, the order and the position.
function pagesView({ topic = 0, groups = {} } = {}) {
  Object.assign(list, { query: "", from: 0 }, history.state?.list, { topic, groups });
  const place = h("div");
  const count = h("p", { role: "status", class: "help" });
  function fill() {
    const found = matching();
    list.from = Math.min(list.from, Math.max(0, Math.floor((found.length - 1) / AT_ONCE) * AT_ONCE));
    const shown = found.slice(list.from, list.from + AT_ONCE);
    count.textContent = found.length > AT_ONCE
      ? `${pageNoun(found.length)}, showing ${whole(list.from + 1)} to ${whole(list.from + shown.length)}` : pageNoun(found.length);
    const region = pagesTable(shown, `All ${pagesNoun()}`);
    [...region.querySelector("thead tr").cells].forEach((cell, i) => sortable(cell, ...SORTS[i], changed));
    place.replaceChildren(region, turning(found.length, changed));
  }
  const changed = () => {
    fill();
    remember();
  };
  fill();
  const narrow = (change) => {
    change();
    list.from = 0;
    history.replaceState(history.state, "", pagesAddress(list));  // the view has its own link
    changed();
  };
  const search = h("input", { id: "search", type: "search", value: list.query, dir: "auto", autocomplete: "off",
    oninput: (event) => { list.query = event.target.value; list.from = 0; changed(); } });
  const choice = h("select", { id: "filter", onchange: (event) => narrow(() => { list.topic = Number(event.target.value); }) },
    h("option", { value: "0" }, `all ${topicNoun()}s`),
    data.topics.map((t) => h("option", { value: t.number, selected: t.number === list.topic }, `${t.number} ${cut(nameOf(t.number), 50)}`)));
  const partial = data.pages.held < data.pages.total
    ? h("p", { class: "help" }, `This report shows the ${whole(data.pages.held)} most representative of ${pageNoun(data.pages.total)}; pages.csv has all.`) : null;
  return h("div", {}, h("h1", {}, capital(pagesNoun())),
    h("div", { class: "tools" },
      h("span", { class: "field wide" }, h("label", { for: "search" }, "Search titles"), search),
      h("span", { class: "field" }, h("label", { for: "filter" }, topicNoun()), choice),
      data.filters.map((name, n) => groupChoice(name, `filter-${n + 1}`, narrow))),
    count, partial, place);
}

// A drop-down list of the values of a metadata field, with the number of pages of each.
function groupChoice(name, id, narrow) {
  const counts = new Map();
  for (const value of data.pages.meta[name]) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const letters = new Intl.Collator(undefined, { numeric: true });
  const values = [...counts.keys()].sort(letters.compare);
  return h("span", { class: "field" }, h("label", { for: id }, titleOf(name, 30)),
    h("select", { id, onchange: (event) => narrow(() => { list.groups = { ...list.groups, [name]: event.target.value }; }) },
      h("option", { value: "" }, "all"),
      values.map((value) => h("option", { value, selected: value === list.groups[name] }, `${cut(value, 50)} (${whole(counts.get(value))})`))));
}

function sortable(cell, key, text, fill) {
  if (!key) return;
  const now = list.sort === key;
  cell.setAttribute("aria-sort", now ? (list.down ? "descending" : "ascending") : "none");
  const turn = () => {
    Object.assign(list, { down: now ? !list.down : key === "weight" || key === "margin" || key === "error", sort: key, from: 0 });
    fill();
    document.querySelector(`button[data-sort="${key}"]`)?.focus();
  };
  cell.replaceChildren(h("button", { type: "button", class: "sort", "data-sort": key, onclick: turn },
    { topic: topicNoun(), error: errorNoun() }[key] ?? text, h("span", { "aria-hidden": "true" }, now ? (list.down ? " ▼" : " ▲") : "")));
}

function turning(total, fill) {
  if (total <= AT_ONCE) return h("p");
  const to = (from) => () => { list.from = from; fill(); document.getElementById("main").scrollIntoView(); };
  return h("p", { class: "turn" },
    h("button", { type: "button", disabled: list.from === 0, onclick: to(Math.max(0, list.from - AT_ONCE)) }, "← Previous"),
    h("button", { type: "button", disabled: list.from + AT_ONCE >= total, onclick: to(list.from + AT_ONCE) }, "Next →"));
}
