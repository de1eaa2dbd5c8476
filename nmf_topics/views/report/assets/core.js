// Common functions of all views: data, elements, numbers, and the names of topics.
// Text of the corpus is always set as text; markup is never built from strings.

let data, texts, images;
const edited = new Map();  // names entered in the report, by topic number
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
  node.textContent = "";  // free the compressed copy
  return value;
}

const floats = (base64) => new Float32Array(bytes(base64).buffer);

let fetching;
function pageTexts() {  // texts are decompressed when the first page is opened
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

// The language of the corpus, or of page i if its metadata contain one. Screen readers need it, and fonts: some characters
// look different in Chinese and Japanese.
const tongue = (i = null) => {
  const own = i === null ? null : data.pages.meta.lang?.[i] || data.pages.constant.lang;
  return [own, data.language].find((code) => /^[a-z]{2,3}(-\w+)*$/iu.test(code ?? "") && code !== "auto") ?? null;
};

// An element for a text whose writing direction is independent of its surroundings; `term` is for words of the corpus.
const word = (text) => h("bdi", {}, text);
const term = (text) => h("bdi", { lang: tongue() }, text);

// Shorten a text by code points, so that no surrogate pair is split.
const cut = (text, longest) => (text.length > longest ? [...text].slice(0, longest - 1).join("") + "…" : text);

// An element for a title: with its own writing direction, and shortened.
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

// ---- nouns of the model

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

// A bar is an element with a width, so that it prints and zooms like text.
function bar(value, scale, { colour, under = null } = {}) {
  const node = h("span", { class: "bar", "aria-hidden": "true", "--c": colour });
  if (under !== null) node.append(h("span", { class: "under", "--w": `${Math.min(scale(under), 100)}%` }));
  node.append(h("span", { class: "over", "--w": `${scale(value)}%` }));
  return node;
}

const scaleTo = (top) => d3.scaleLinear().domain([0, top > 0 ? top : 1]).range([0, 100]).clamp(true);

// One bar with the colours of a page's topics, largest first; topics below two per cent are left out.
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

// The link to the table of pages, filtered by a topic and by metadata values.
function pagesAddress({ topic = 0, groups = {} } = {}) {
  const chosen = Object.entries(groups).filter(([, value]) => value);
  return `#pages${topic ? `-topic-${topic}` : ""}${chosen.map((pair) => `&${pair.map(encodeURIComponent).join("=")}`).join("")}`;
}

// A metadata value, as a link to its pages if the table of pages has a filter for it.
const groupLink = (name, value, topic = 0) => (data.filters.includes(name) && value
  ? h("a", { href: pagesAddress({ topic, groups: { [name]: value } }) }, titleOf(value, 120)) : titleOf(value, 120));

// A table that is wider than the view can be focused with Tab and scrolled with the keyboard.
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
