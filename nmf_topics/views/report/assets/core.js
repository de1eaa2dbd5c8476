// The ground that all views stand on: the data, elements, numbers, and the names of topics.
// Text of the corpus is only ever set as text; markup is never put together from strings.

let data, texts, images;
const edited = new Map();  // names given in this page, by topic number
let unsaved = false;

function bytes(base64) {
  const text = atob(base64.trim());
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

async function unpack(id) {
  const node = document.getElementById(id);
  if (!node) return null;
  const stream = new Blob([bytes(node.textContent)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const value = await new Response(stream).json();
  node.textContent = "";  // what is unpacked need not be held twice
  return value;
}

const floats = (base64) => new Float32Array(bytes(base64).buffer);

let fetching;
function pageTexts() {  // the texts are unpacked when the first page is opened, not before
  fetching ??= unpack("data-texts").then((found) => {
    texts = { pages: new Map(), forms: new Map(), grid: found };
    for (const page of found?.pages ?? []) texts.pages.set(page.page, page);
    for (const [form, row] of Object.entries(found?.forms ?? {})) texts.forms.set(form, row);
    texts.phrases = [...texts.forms.keys()].some((form) => form.includes(" "));
    return texts;
  });
  return fetching;
}

// ---- elements

const SVG = new Set(["svg", "g", "circle", "path", "line", "text", "rect", "title"]);

function h(tag, attributes = {}, ...children) {
  const svg = SVG.has(tag) && tag !== "title" ? "http://www.w3.org/2000/svg" : null;
  const node = svg ? document.createElementNS(svg, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// The language of the corpus, for voices and fonts: Chinese and Japanese share letters that look different. Of a
// page it is what its metadata say.
const tongue = (i = null) => {
  const own = i === null ? null : data.pages.meta.lang?.[i] || data.pages.constant.lang;
  return [own, data.language].find((code) => /^[a-z]{2,3}(-\w+)*$/iu.test(code ?? "") && code !== "auto") ?? null;
};

// A text of its own direction; and one that is a word of the corpus.
const word = (text) => h("bdi", {}, text);
const term = (text) => h("bdi", { lang: tongue() }, text);

// By letters, for half a pair of surrogates is none.
const cut = (text, longest) => (text.length > longest ? [...text].slice(0, longest - 1).join("") + "…" : text);

// A text wrapped so that its direction is its own, and cut where nobody would read on.
const titleOf = (text, longest = 160) => h("bdi", { title: text.length > longest ? text : null }, cut(text, longest));

function say(text) {
  document.getElementById("say").textContent = text;
}

// ---- numbers

const percent = (x) => (x === null || Number.isNaN(x) ? "–" : `${(100 * x).toFixed(1)} %`);
const decimals = (x, places = 3) => (x === null || Number.isNaN(x) ? "–" : x.toFixed(places));
const whole = (x) => x.toLocaleString("en-GB");

function plural(n, one, many = one + "s") {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

// ---- words for what the model is of

const hasWords = () => data.rows !== undefined;  // rows have names; without them topics and pages are images
const topicNoun = () => data.nouns.topic;
const pagesNoun = () => `${data.nouns.page}s`;
const withArticle = (noun) => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
const capital = (noun) => noun[0].toUpperCase() + noun.slice(1);
const errorNoun = () => data.error_name.split(" ").pop();
const pageNoun = (n) => plural(n, data.nouns.page);

// ---- topics

const topicOf = (number) => data.topics[number - 1];
const nameOf = (number) => edited.get(number) ?? topicOf(number).label;
const colourOf = (number) => topicOf(number).colour;

function chip(number, { short = false } = {}) {
  const name = nameOf(number);
  const attributes = { class: "chip", href: `#topic-${number}`, "--c": colourOf(number) };
  if (short) attributes["aria-label"] = `${topicNoun()} ${number}: ${name}`;
  return h("a", attributes, h("span", { class: "number" }, String(number)), short ? null : titleOf(name, 60));
}

// Bars are laid out by the library's scales and drawn by the browser: they print and zoom like text.
function bar(value, scale, { colour, under = null } = {}) {
  const node = h("span", { class: "bar", "aria-hidden": "true", "--c": colour });
  if (under !== null) node.append(h("span", { class: "under", "--w": `${Math.min(scale(under), 100)}%` }));
  node.append(h("span", { class: "over", "--w": `${scale(value)}%` }));
  return node;
}

const scaleTo = (top) => d3.scaleLinear().domain([0, top > 0 ? top : 1]).range([0, 100]).clamp(true);

// A mixture of topics as one bar of their colours, largest first; what is below two per cent is left open.
function mixtureBar(shares) {
  const node = h("span", { class: "mixture", "aria-hidden": "true" });
  for (const k of d3.range(shares.length).sort((a, b) => shares[b] - shares[a])) {
    if (!(shares[k] >= 0.02)) break;
    node.append(h("span", { "--w": `${100 * shares[k]}%`, "--c": colourOf(k + 1), title: `${k + 1} ${nameOf(k + 1)}` }));
  }
  return node;
}

// ---- pages: one row of each column of data.pages

const sharesOf = (i) => data.pages.shares.subarray(i * data.rank, (i + 1) * data.rank);
const pageLink = (i, longest) => h("a", { href: `#page-${data.pages.column[i] + 1}`, class: data.parts ? "pictured" : null },
  data.parts ? thumbnail(i) : null, titleOf(data.pages.title[i], longest));

// The address of the table of pages, narrowed to a topic and to values of metadata.
function pagesAddress({ topic = 0, groups = {} } = {}) {
  const chosen = Object.entries(groups).filter(([, value]) => value);
  return `#pages${topic ? `-topic-${topic}` : ""}${chosen.map((pair) => `&${pair.map(encodeURIComponent).join("=")}`).join("")}`;
}

// A value of metadata, as a link to its pages where the table of pages can be narrowed to it.
const groupLink = (name, value, topic = 0) => (data.filters.includes(name) && value
  ? h("a", { href: pagesAddress({ topic, groups: { [name]: value } }) }, titleOf(value, 120)) : titleOf(value, 120));

// A table that is wider than its place can be scrolled by keyboard, and only such a one is a stop on the way of Tab.
const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.scrollWidth > target.clientWidth + 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", target.dataset.name]]) {
      if (wide) target.setAttribute(name, value); else target.removeAttribute(name);
    }
  }
});

function tableOf(headers, rows, { caption, numeric = [], className = "" } = {}) {
  const numbers = new Set(numeric);
  const cells = (row) => row.map((cell, i) => h(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: numbers.has(i) ? "n" : null }, cell));
  const place = h("div", { class: "scroll", "data-name": `${caption}: table` },
    h("table", { class: className }, h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, headers.map((text, i) => h(text === "" ? "td" : "th", { scope: text === "" ? null : "col", class: numbers.has(i) ? "n" : null }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, cells(row))))));
  scrolling.observe(place);
  return place;
}

const behind = (summary, table) => h("details", { class: "behind" }, h("summary", {}, summary), table);
