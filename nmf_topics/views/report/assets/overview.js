// Overview: all topics by share, the map, and the trends over time or by group.

function overview() {
  const named = hasWords();
  const held = data.pages.held < data.pages.total
    ? ` Of the ${pageNoun(data.pages.total)}, this file holds the ${whole(data.pages.held)} that matter most to the topics; shares and counts are those of all.` : "";
  return h("div", {},
    h("h1", {}, titleOf(data.corpus || "Corpus"), `: ${plural(data.rank, topicNoun())}`),
    h("p", { class: "lead" }, `${pageNoun(data.pages.total)}, ${whole(data.terms)} ${data.nouns.row}s. Shares sum to one over the ${topicNoun()}s. ${named ? `${capital(withArticle(data.nouns.page))} counts for the ${topicNoun()} that has most of it.` : ""}${held}`),
    h("section", { "aria-labelledby": "h-topics" }, h("h2", { id: "h-topics" }, `${capital(topicNoun())}s by share`),
      h("ol", { class: named ? "cards" : "cards small" }, data.topics.map((t) => h("li", {}, named ? card(t) : partCard(t))))),
    h("section", { "aria-labelledby": "h-map" }, h("h2", { id: "h-map" }, "Map"),
      h("p", {}, `${capital(topicNoun())}s that share ${data.nouns.row}s lie near each other, as far as a plane can tell (${percent(data.map_shown)} of the squared distances). A circle's area is the ${topicNoun()}'s share; a dot is ${withArticle(data.nouns.page)}, between the ${topicNoun()}s it is made of.`),
      topicMap({}),
      data.rank <= 60 ? behind("Distances as a table", distanceTable()) : null),
    data.trends.map((trend) => trendSection(trend)));
}

// [word, strength] of the words of a topic: those that describe it, or its heaviest ones if there is no description.
const shownWords = (t) => (t.described.length ? t.described.map(([text, score]) => [text, score]) : t.words.map(([, text, weight]) => [text, weight]));

function card(t) {
  const top = shownWords(t).slice(0, 8);
  const scale = scaleTo(top[0]?.[1]);
  return h("article", { class: "card", "--c": t.colour },
    h("h3", {}, chip(t.number)),
    h("p", { class: "share" }, bar(t.share, scaleTo(d3.max(data.topics, (x) => x.share)), { colour: t.colour }), h("span", {}, percent(t.share))),
    t.picture ? h("a", { href: `#topic-${t.number}`, tabindex: "-1", "aria-hidden": "true" }, h("img", { class: "cloud", src: t.picture, alt: "" })) : null,
    top.length ? tableOf(["word", ""], top.map(([text, strength]) => [term(text), bar(strength, scale, { colour: t.colour })]),
      { caption: `First words of topic ${t.number}`, className: "words" }) : h("p", {}, "(no words)"),
    facts(t, { share: false }));
}

function partCard(t) {
  return h("article", { class: "card", "--c": t.colour }, h("h3", {}, chip(t.number)),
    h("a", { href: `#topic-${t.number}`, tabindex: "-1", "aria-hidden": "true" }, partImage(t.number)), facts(t));
}

function facts(t, { share = true } = {}) {
  const items = [...(share ? [["share", percent(t.share)]] : []), [pagesNoun(), whole(t.pages)]];
  if (t.coherence !== null) items.push(["coherence", decimals(t.coherence, 2)]);
  if (t.stability !== null) items.push(["stability", decimals(t.stability, 2)]);
  return h("dl", { class: "facts" }, items.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function distanceTable() {
  return tableOf([topicNoun(), "nearest", "distance", "then", "distance", "then", "distance"],
    data.topics.map((t) => [chip(t.number), ...d3.range(3).flatMap((i) => (t.near[i] ? [chip(t.near[i][0], { short: true }), decimals(t.near[i][1], 3)] : ["", ""]))]),
    { caption: "Distances between columns of W: the nearest three of each", numeric: [2, 4, 6] });
}

const trendName = (trend) => (trend.unit === "group" ? `By ${trend.by}` : `Over time, by ${trend.unit}`);

// The trend of all topics as a table with shaded cells, which also serves as a chart.
function trendSection(trend) {
  const id = `h-trend-${trend.by}`;
  const top = d3.max(trend.shares.flat().filter((v) => v !== null)) || 1;
  const shade = (v, t) => h("span", { class: "heat", "--c": t.colour, "--a": v === null ? 0 : Math.round((60 * v) / top) + "%" }, v === null ? "–" : (100 * v).toFixed(0));
  const left = trend.left_out ? ` ${pageNoun(trend.left_out)} without it are left out.` : "";
  return h("section", { "aria-labelledby": id }, h("h2", { id }, titleOf(trendName(trend))),
    h("p", {}, `Mean share of each ${topicNoun()}, in per cent, over the ${pagesNoun()} of ${trend.unit === "group" ? "a group" : `a ${trend.unit}`}.${left}`),
    tableOf([topicNoun(), ...trend.names.map((name) => groupLink(trend.by, name))],
      [...data.topics.map((t) => [chip(t.number), ...trend.shares[t.number - 1].map((v) => shade(v, t))]),
        [pagesNoun(), ...trend.pages.map(whole)]],
      { caption: `Shares of ${topicNoun()}s: ${trendName(trend)}`, numeric: d3.range(1, trend.names.length + 1), className: "heats" }));
}
