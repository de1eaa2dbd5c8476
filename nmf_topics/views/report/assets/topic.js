// One topic: its name, its words, what distinguishes it from others, its trends and its pages.

let wordOrder = "typical";
let lambda = 0.6;  // people recognized topics best at this value (Sievert and Shirley, 2014)
const WORDS = 30;

// Sort words by relevance (Sievert and Shirley): lambda log w + (1 - lambda) log(w / p); equal ones by weight.
function byRelevance(words, lam) {
  const score = words.map(([, , w, p]) => Math.round(1e9 * (lam * Math.log(w) + (1 - lam) * (p > 0 ? Math.log(w / p) : 0))) / 1e9);
  return d3.range(words.length).sort((a, b) => score[b] - score[a] || a - b).map((i) => words[i]);
}

function topicView(number) {
  const t = topicOf(number);
  return h("div", { "--c": t.colour },
    h("nav", { "aria-label": `All ${topicNoun()}s` }, h("ul", { class: "all" }, data.topics.map((x) => {
      const link = chip(x.number, { short: true });
      if (x.number === number) link.setAttribute("aria-current", "page");
      return h("li", {}, link);
    }))),
    h("h1", { class: "titled" }, h("span", { class: "number" }, String(number)), titleOf(nameOf(number))),
    facts(t), t.flags.map((reason) => h("p", { class: "help" }, `This topic may be about no subject: ${reason}.`)), renameForm(number),
    hasWords() ? h("div", { class: "two" }, wordsSection(t), h("div", {}, cloudSection(t), t.near.length ? apartSection(t) : null)) : h("section", { "aria-label": "The part" }, h("div", { class: "big" }, partImage(number))),
    data.trends.map((trend) => topicTrend(t, trend)),
    pagesSection(t));
}

function renameForm(number) {
  const input = h("input", { id: "rename", type: "text", maxlength: "200", value: nameOf(number), dir: "auto", autocomplete: "off" });
  return h("form", { class: "tools", onsubmit: (event) => { event.preventDefault(); rename(number, input.value); } },
    h("label", { for: "rename" }, `Name of this ${topicNoun()}`), input, h("button", { type: "submit" }, "Rename"),
    edited.has(number) ? h("button", { type: "button", onclick: () => rename(number, null) }, "Undo") : null);
}

function rename(number, given) {
  const name = given?.split(/\s+/u).filter(Boolean).join(" ");
  if (given === null || !name || name === topicOf(number).label) edited.delete(number);
  else edited.set(number, name);
  unsaved = edited.size > 0;
  showRenamed();
  remember();
  show();
  say(`${topicNoun()} ${number} is now called ${nameOf(number)}`);
  document.getElementById("rename")?.focus();
}

// The names in the format of `nmf-topics label --from`: one NUMBER=NAME per line.
function namesFile() {
  const lines = [...edited].sort((a, b) => a[0] - b[0]).map(([number, name]) => `${number}=${name}`);
  return `# nmf-topics label MODEL --from FILE\n${lines.join("\n")}\n`;
}

function showRenamed() {
  const place = document.getElementById("renamed");
  place.hidden = edited.size === 0;
  place.replaceChildren(`${plural(edited.size, "name")} changed `, h("button", { type: "button", onclick: saveNames }, "Save names"));
}

function saveNames() {
  const url = URL.createObjectURL(new Blob([namesFile()], { type: "text/plain" }));
  const link = h("a", { href: url, download: "topic-names.txt" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  unsaved = false;
  say("Saved as topic-names.txt. To keep the names: nmf-topics label MODEL --from topic-names.txt");
  document.getElementById("renamed").append(h("span", {}, " then: ", h("code", {}, "nmf-topics label MODEL --from topic-names.txt")));
}

// The words that describe a topic, with the share of its pages and of all pages that have them.
function typicalTable(t) {
  const scale = scaleTo(1);
  return tableOf(["word", "", "of its pages", "of all pages"],
    t.described.slice(0, WORDS).map(([text, , coverage, all]) => [term(text),
      coverage === null ? "" : bar(coverage, scale, { colour: t.colour }), coverage === null ? "–" : percent(coverage), all === null ? "–" : percent(all)]),
    { caption: `Words that describe topic ${t.number}`, numeric: [2, 3], className: "words wide" });
}

// The heaviest words in W; the pale bar is the weight of a word in all topics.
function weightTable(t) {
  const under = (p) => (t.share > 0 ? p / t.share : 0);
  const shown = byRelevance(t.words, lambda).slice(0, WORDS);
  const scale = scaleTo(d3.max(shown, ([, , w]) => w));
  return tableOf(["word", "", "weight", "this topic's part"],
    shown.map(([, text, w, p]) => [term(text), bar(w, scale, { colour: t.colour, under: under(p) }), w.toFixed(5), p > 0 ? percent(Math.min(1, (w * t.share) / p)) : "–"]),
    { caption: `Words of topic ${t.number} by relevance`, numeric: [2, 3], className: "words wide" });
}

function wordsSection(t) {
  const typical = () => wordOrder === "typical" && t.described.length > 0;
  const place = h("div"), help = h("p", { id: "words-help", class: "help" }), output = h("output", { for: "lambda" });
  const slider = h("input", { id: "lambda", type: "range", min: "0", max: "1", step: "0.05", value: lambda,
    "aria-describedby": "words-help", oninput: (event) => { lambda = Number(event.target.value); fill(); } });
  const relevance = h("div", { class: "tools" }, h("label", { for: "lambda" }, "Relevance"), slider, output);
  const order = h("select", { id: "word-order", "aria-describedby": "words-help", onchange: (event) => { wordOrder = event.target.value; fill(); } },
    [["typical", "that describe it"], ["weight", "by weight in W"]].map(([value, text]) => h("option", { value, selected: value === wordOrder }, text)));
  function fill() {
    relevance.hidden = typical();
    output.textContent = `λ = ${lambda.toFixed(2)}`;
    help.textContent = typical()
      ? "Frequent on the pages of the topic, and more frequent than on other pages. Bars show the share of the topic's pages that have the word."
      : "At 1, words are ordered by their weight in the topic; at 0, by how exclusive they are to it. The pale bar is the word's weight in all topics.";
    place.replaceChildren(typical() ? typicalTable(t) : weightTable(t));
  }
  fill();
  return h("section", { "aria-labelledby": "h-words" }, h("h2", { id: "h-words" }, "Words"),
    t.described.length ? h("div", { class: "tools" }, h("label", { for: "word-order" }, "Words"), order) : null, relevance, help,
    t.words.length || t.described.length ? place : h("p", {}, "This topic has no words."));
}

function cloudSection(t) {
  return h("section", { "aria-labelledby": "h-cloud" }, h("h2", { id: "h-cloud" }, "Cloud"),
    t.picture ? h("img", { class: "cloud", src: t.picture, alt: `Word cloud of topic ${t.number}: ${shownWords(t).slice(0, 10).map(([text]) => text).join(", ")}` })
      : h("p", {}, "There is no cloud: no installed font had the letters when the model was made."));
}

// Words that distinguish this topic from another: w log(w / v), their part of the divergence between the two.
function apartSection(t) {
  return h("section", { "aria-labelledby": "h-apart" }, h("h2", { id: "h-apart" }, "Differences from the nearest topics"),
    h("div", { class: "three" }, t.near.map(([other, distance]) => {
      const found = t.words.map(([row, text, w]) => ({ text, w, v: weightOf(row, other) }))
        .map((x) => ({ ...x, score: x.w * Math.log(x.w / Math.max(x.v, x.w * 1e-4)) }))
        .sort((a, b) => b.score - a.score).slice(0, 6).filter((x) => x.score > 0);
      const scale = scaleTo(d3.max(found, (x) => x.w));
      return h("div", {}, h("h3", {}, "compared with ", chip(other)), h("p", { class: "help" }, `distance ${decimals(distance, 2)}`),
        tableOf(["word", ""], found.map((x) => [term(x.text), bar(x.w, scale, { colour: t.colour, under: x.v })]),
          { caption: `Words of topic ${t.number} that topic ${other} lacks`, className: "words" }));
    })));
}

function topicTrend(t, trend) {
  const id = `h-run-${trend.by}`;
  const values = trend.shares[t.number - 1];
  const table = tableOf([trend.unit === "group" ? trend.by : trend.unit, "mean share", pagesNoun()],
    trend.names.map((name, i) => [titleOf(name), percent(values[i]), whole(trend.pages[i])]), { caption: `${trendName(trend)}: topic ${t.number}`, numeric: [1, 2] });
  const scale = scaleTo(d3.max(values));
  const chart = trend.unit === "group"
    ? tableOf([trend.by, "", "mean share", pagesNoun()],
      d3.range(values.length).sort((a, b) => values[b] - values[a] || a - b).map((i) => [groupLink(trend.by, trend.names[i], t.number), bar(values[i] ?? 0, scale, { colour: t.colour }), percent(values[i]), whole(trend.pages[i])]),
      { caption: `${trendName(trend)}: topic ${t.number}`, numeric: [2, 3], className: "words wide" })
    : [lineChart({ label: `Share of topic ${t.number} ${trendName(trend).toLowerCase()}`, x: trend.names, format: percent, series: [{ colour: t.colour, values }] }), behind("As a table", table)];
  return h("section", { "aria-labelledby": id }, h("h2", { id }, titleOf(trendName(trend))), chart);
}

function pagesSection(t) {
  const share = (i) => sharesOf(i)[t.number - 1];
  const inOrder = (rows) => rows.sort((a, b) => share(b) - share(a) || a - b);
  const main = inOrder(d3.range(data.pages.held).filter((i) => data.pages.topic[i] === t.number));
  const shown = main.length ? main : inOrder(d3.range(data.pages.held).filter((i) => share(i) > 0));
  const caption = `${capital(pagesNoun())} of ${topicNoun()} ${t.number}`;
  return h("section", { "aria-labelledby": "h-pages" }, h("h2", { id: "h-pages" }, capital(pagesNoun())),
    main.length ? null : h("p", {}, `No ${data.nouns.page} has it as its main ${topicNoun()}.`, shown.length ? " These have the largest shares of it:" : ""),
    shown.length ? pagesTable(shown.slice(0, 15), caption, main.length ? {} : { share }) : null,
    main.length ? h("p", {}, h("a", { href: `#pages-topic-${t.number}` }, `All ${pageNoun(main.length)} of this ${topicNoun()}`)) : null);
}

// share(i): a share to show for page i instead of that of its main topic.
function pagesTable(rows, caption, { share = null } = {}) {
  return tableOf(["title", share ? `main ${topicNoun()}` : topicNoun(), share ? "share" : "weight", "", "margin", errorNoun()],
    rows.map((i) => [pageLink(i, 120), data.pages.topic[i] ? chip(data.pages.topic[i], { short: true }) : data.pages.status[i],
      decimals(share ? share(i) : data.pages.weight[i]), mixtureBar(sharesOf(i)), decimals(data.pages.margin[i]), decimals(data.pages.error[i])]),
    { caption, numeric: [2, 4, 5], className: "pages" });
}
