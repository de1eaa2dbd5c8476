// The views "How it was made" and "Ranks".

function methodView() {
  const how = data.how;
  const pairs = (rows, caption) => tableOf(["what", "value"], rows.map(([name, value]) => [name, typeof value === "number" ? whole(value) : titleOf(String(value) || "none", 200)]), { caption, className: "plain" });
  const copy = h("button", { type: "button", onclick: () => navigator.clipboard?.writeText(how.command).then(() => say("Copied")) }, "Copy");
  return h("div", {}, h("h1", {}, "How it was made"),
    h("section", { "aria-labelledby": "h-method" }, h("h2", { id: "h-method" }, "Method"), h("ol", {}, how.method.map((line) => h("li", {}, line)))),
    h("section", { "aria-labelledby": "h-again" }, h("h2", { id: "h-again" }, "Repeat the fit"),
      h("p", {}, "This command makes the same model again. ", h("code", {}, "nmf-topics repeat"), " does so from run.json and compares the two models."),
      h("pre", { tabindex: "0" }, h("code", {}, how.command)), copy,
      h("p", { class: "help" }, "sha256 of the corpus: ", h("code", { class: "long" }, how.corpus.fingerprint || "–"))),
    h("section", { "aria-labelledby": "h-fit" }, h("h2", { id: "h-fit" }, "The fit"),
      pairs([[how.fit.error_label, decimals(how.fit.relative_error, 5)], ["iterations", how.fit.iterations], ["ended", how.fit.stopped]], "How the fit ended")),
    h("section", { "aria-labelledby": "h-counts" }, h("h2", { id: "h-counts" }, "What was read, kept and dropped"),
      pairs(how.counts, "Counts"),
      how.set_aside.length ? behind("Set aside", h("ul", {}, how.set_aside.map((line) => h("li", {}, titleOf(line, 300))))) : null,
      how.hidden.length ? h("p", {}, "Words not shown: ", how.hidden.join(", ")) : null,
      data.pages.meta_left_out.length ? h("p", {}, `Too long for this file: ${data.pages.meta_left_out.join(", ")}`) : null),
    h("section", { "aria-labelledby": "h-recipe" }, h("h2", { id: "h-recipe" }, "Recipe"), pairs(how.recipe, "Options")),
    h("section", { "aria-labelledby": "h-versions" }, h("h2", { id: "h-versions" }, "Versions"), pairs(Object.entries(how.versions), "Versions of programs")));
}

function ranksView() {
  const rows = data.ranks.rows;
  const x = rows.map((r) => r.rank);
  const [blue, orange, green, grey] = ["#005b96", "#b04a00", "#007a58", "#545454"];
  const [low, high] = data.ranks.suggested;
  const one = (name, series, format, floor = null) => h("figure", { class: "half" }, h("figcaption", {}, h("h2", {}, name), h("p", { class: "key" }, series.map((s) => h("span", { "--c": s.colour }, h("i", { class: s.dash ? "dashed" : null }), s.name)))),
    lineChart({ label: `${name} against the rank; the numbers are in the table below`, x, series, format, floor, width: 480, height: 260,
      band: [low, high], mark: x.includes(data.rank) ? data.rank : null }));
  const column = (name) => rows.map((r) => r[name]);
  const some = (values) => values.some((v) => v !== null);
  const quality = [["coherence (NPMI)", "coherence", green], ["diversity", "diversity", orange], ["smallest topic, share of pages", "smallest", blue]]
    .filter(([, key]) => some(column(key))).map(([name, key, colour]) => ({ name, colour, values: column(key) }));
  return h("div", {}, h("h1", {}, "Ranks"),
    h("p", { class: "lead" }, `How many ${topicNoun()}s: results of other ranks for the same corpus. This report has ${data.rank}.`),
    h("p", {}, h("strong", {}, low === high ? `Rank ${low} is worth a look` : `Ranks ${low} to ${high} are worth a look`), `: ${data.ranks.reasons.join("; ")}. The range is shaded${x.includes(data.rank) ? ", and a line marks the rank of this report" : ""}.`),
    h("div", { class: "two" },
      one("Relative error", [{ name: "NMF", colour: blue, values: column("error") }, { name: "lower bound (SVD)", colour: grey, values: column("svd_error"), dash: "4 4" }], (v) => v.toFixed(3)),
      one(`${capital(topicNoun())}s`, quality, (v) => v.toFixed(2), 0)),
    tableOf(["rank", "error", "SVD error", "coherence", "diversity", "smallest topic", "iterations"],
      rows.map((r) => [r.rank === data.rank ? h("strong", {}, String(r.rank)) : String(r.rank), decimals(r.error, 4), decimals(r.svd_error, 4), decimals(r.coherence, 3), decimals(r.diversity, 2), percent(r.smallest), whole(r.iterations)]),
      { caption: "Ranks that were tried", numeric: [0, 1, 2, 3, 4, 5, 6] }));
}
