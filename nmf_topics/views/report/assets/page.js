// One page: its topics, its text with words in the colours of topics, and the most similar pages.

function pageView(column) {
  const i = data.pages.column.indexOf(column);
  if (i < 0) return h("div", {}, h("h1", {}, `${capital(data.nouns.page)} ${column + 1}`), h("p", {}, "This report does not hold it, or there is none with this number; pages.csv has all."));
  const body = h("div", { "aria-live": "polite" }, h("p", {}, "…"));
  pageTexts().then(() => body.replaceChildren(...[data.parts ? imageSection(i) : data.reads_texts ? textSection(i) : []].flat()));
  return h("div", {},
    h("h1", { lang: tongue(i) }, titleOf(data.pages.title[i], 300)), metaList(i), mixtureSection(i), body, nearestSection(i));
}

function metaList(i) {
  const meta = data.pages.meta;
  const items = [["id", data.pages.id[i]], ...Object.keys(meta).map((name) => [name, meta[name][i]]), ...Object.entries(data.pages.constant)].filter(([, value]) => value);
  const show = (name, value) => (/^https?:\/\/[^\s]+$/iu.test(value) ? h("a", { href: value, rel: "noopener noreferrer", target: "_blank" }, titleOf(value, 80)) : groupLink(name, value));
  return h("dl", { class: "facts meta" }, items.map(([name, value]) => h("div", {}, h("dt", {}, titleOf(name)), h("dd", {}, show(name, value)))));
}

function mixtureSection(i) {
  const shares = sharesOf(i);
  const known = data.pages.topic[i] > 0;
  const rows = d3.range(data.rank).filter((k) => shares[k] >= 0.0005).sort((a, b) => shares[b] - shares[a] || a - b);
  const table = (some) => tableOf([topicNoun(), "share", ""], some.map((k) => [chip(k + 1), decimals(shares[k]), bar(shares[k], scaleTo(1), { colour: colourOf(k + 1) })]),
    { caption: `What the ${data.nouns.page} is made of`, numeric: [1], className: "words mix" });
  return h("section", { "aria-labelledby": "h-mix" }, h("h2", { id: "h-mix" }, "Made of"),
    known ? [mixtureBar(shares), table(rows.slice(0, 8)), rows.length > 8 ? behind(`${rows.length - 8} smaller ones`, table(rows.slice(8))) : null,
      h("p", { class: "help" }, `Margin to the second ${topicNoun()} ${decimals(data.pages.margin[i])}; ${data.error_name} ${decimals(data.pages.error[i])}.`),
      data.pages.status[i] === "weak" ? h("p", { class: "help" }, `It has fewer than ${data.few_words} words of the vocabulary, which say little about its ${topicNoun()}s.`) : null]
      : h("p", {}, `It has no topic (${data.pages.status[i]}).`));
}

// ---- the text

// Tokens are found as in the fit: letters and digits, joined by apostrophes, the marks of Hebrew abbreviations and the
// middle dot of Catalan. In scripts without spaces, the longest known word is used at each position; -1 means that a word
// is known but not in the model.
const TOKEN = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:(?:['\u2019\u200c\u200d\u05f3\u05f4]|"(?=[\u05d0-\u05ea])|[\u00b7\u2027\u2219](?=[lL]))[\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LONGEST_FORM = 12;

const formOf = (token) => texts.forms.get(token.replaceAll("\u2019", "'").replaceAll('"', "\u05f4"));
const isForm = (token) => formOf(token) !== undefined;
const rowOf = (token) => (formOf(token) >= 0 ? formOf(token) : undefined);

function pieces(run) {
  if (isForm(run) || !UNSPACED.test(run)) return [[run, rowOf(run)]];
  const found = [];
  const letters = [...run];
  for (let at = 0; at < letters.length; ) {
    let size = Math.min(LONGEST_FORM, letters.length - at);
    while (size > 1 && !isForm(letters.slice(at, at + size).join(""))) size--;
    const piece = letters.slice(at, at + size).join("");
    found.push([piece, rowOf(piece)]);
    at += size;
  }
  return found;
}

// Join words that are one term, such as "New York"; the longest term that begins at a word is used.
function joinPhrases(words, text) {
  if (!texts.phrases) return;
  for (let i = 0; i < words.length; i++) {
    let last = i, joined = words[i].piece.toLowerCase();
    for (let j = i + 1; j < Math.min(i + 4, words.length); j++) {
      const between = text.slice(words[j - 1].at + words[j - 1].piece.length, words[j].at);
      if (!/^[ \n\r_-]+$/u.test(between)) break;
      joined += ` ${words[j].piece.toLowerCase()}`;
      const row = rowOf(joined);
      if (row !== undefined) { words[i].row = row; last = j; }
    }
    words[i].piece = text.slice(words[i].at, words[last].at + words[last].piece.length);
    words.splice(i + 1, last - i);
  }
}

function weightOf(row, number) {
  const at = data.rows.at.get(row);
  return at === undefined ? 0 : (data.rows.entries[at * data.rank + number - 1] / 65535) * data.rows.largest[number - 1];
}

// The topic that a word on a page belongs to most, and its contribution: the largest W_ik h_k.
function carrier(row, shares) {
  let number = 0, most = 0;
  for (let k = 1; k <= data.rank; k++) {
    const part = shares[k - 1] > 0 ? weightOf(row, k) * shares[k - 1] : 0;
    if (part > most) { most = part; number = k; }
  }
  return { number, most };
}

function textSection(i) {
  const page = texts.pages.get(data.pages.column[i]);
  if (!page) return h("section", { "aria-labelledby": "h-text" }, h("h2", { id: "h-text" }, "Text"), h("p", {}, texts.pages.size ? "Its text is not in this report, which holds only a part of the texts." : "This report was made without the texts of pages."));
  const shares = sharesOf(i);
  const box = h("div", { class: "text", dir: "auto", lang: tongue(i), tabindex: "0", role: "region", "aria-label": "Text of the page" });
  const carried = new Map();
  const text = page.text.normalize("NFC").replaceAll("\u00ad", "");
  const words = [...text.matchAll(TOKEN)].flatMap((match) => {
    let at = match.index;
    return pieces(match[0]).map(([piece, row]) => ({ piece, row, at: (at += piece.length) - piece.length }));
  });
  joinPhrases(words, text);
  const found = new Map();
  for (const { row } of words) if (row !== undefined && !found.has(row)) found.set(row, carrier(row, shares));
  const heaviest = d3.max([...found.values()], (x) => x.most) || 1;
  let last = 0;
  for (const { piece, row, at } of words) {
    const { number, most } = found.get(row) ?? {};
    if (number) {
      const strength = Math.sqrt(most / heaviest);
      box.append(text.slice(last, at), h("mark", { class: strength > 0.5 ? "strong" : null, "--c": colourOf(number), "--a": `${Math.round(6 + 44 * strength)}%`, "data-topic": number }, piece));
      last = at + piece.length;
      carried.set(number, (carried.get(number) ?? 0) + 1);
    }
  }
  box.append(text.slice(last));
  const only = (number) => {
    box.dataset.only = number || "";
    for (const mark of box.querySelectorAll("mark")) mark.classList.toggle("off", number > 0 && Number(mark.dataset.topic) !== number);
  };
  const used = [...carried].sort((a, b) => b[1] - a[1]).slice(0, 12);
  const legend = h("fieldset", { class: "legend" }, h("legend", {}, "Words have the colour of the topic they contribute to; darker words contribute more"),
    [[0, 0], ...used].map(([number, n]) => h("label", { "--c": number ? colourOf(number) : null }, h("input", { type: "radio", name: "only", value: number, checked: number === 0, onchange: () => only(number) }),
      number ? h("span", { class: "swatch" }, String(number)) : null, number ? ` ${cut(nameOf(number), 30)} (${plural(n, "word")})` : " all")));
  const whole_ = page.text.length >= page.length ? null : h("p", { class: "help" }, `The first ${whole(page.text.length)} of ${whole(page.length)} characters.`);
  return [carriedSection(page), h("section", { "aria-labelledby": "h-text" }, h("h2", { id: "h-text" }, "Text"), used.length ? legend : null, whole_, box)].filter(Boolean);
}

function carriedSection(page) {
  if (!page.words?.length) return "";
  const hidden = new Set(data.rows.hidden);
  const scale = scaleTo(d3.max(page.words, ([, , parts]) => d3.max(parts)));
  return h("section", { "aria-labelledby": "h-carried" }, h("h2", { id: "h-carried" }, "Words that contributed most"),
    h("p", { class: "help" }, "With their share of the page's weight."),
    h("div", { class: "three" }, page.words.slice(0, 6).map(([number, rows, parts]) => {
      const shown = d3.range(rows.length).filter((n) => !hidden.has(rows[n]) && data.rows.at.has(rows[n]));
      return h("div", {}, h("h3", {}, chip(number)), tableOf(["word", "", "part"],
        shown.map((n) => [term(data.rows.word[data.rows.at.get(rows[n])]), bar(parts[n], scale, { colour: colourOf(number) }), `${(100 * parts[n]).toFixed(2)} %`]),
        { caption: `Words that contributed most to topic ${number}`, numeric: [2], className: "words" }));
    })));
}

// ---- similar pages: cosine similarity of columns of H

function nearestSection(i) {
  const own = sharesOf(i), r = data.rank;
  const norm = (s) => Math.sqrt(d3.sum(s, (x) => x * x));
  const size = norm(own);
  if (!(size > 0)) return "";
  const found = d3.range(data.pages.held).filter((j) => j !== i && data.pages.topic[j]).map((j) => {
    const other = sharesOf(j);
    let dot = 0, square = 0;
    for (let k = 0; k < r; k++) { dot += own[k] * other[k]; square += other[k] * other[k]; }
    return [j, dot / (size * Math.sqrt(square))];
  }).sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 10);
  if (!found.length) return "";
  return h("section", { "aria-labelledby": "h-near" }, h("h2", { id: "h-near" }, `Nearest ${pagesNoun()}`),
    tableOf(["title", "similarity", ""], found.map(([j, cosine]) => [pageLink(j, 120), decimals(cosine), mixtureBar(sharesOf(j))]),
      { caption: `Nearest by their mixtures of ${topicNoun()}s`, numeric: [1], className: "pages" }));
}
