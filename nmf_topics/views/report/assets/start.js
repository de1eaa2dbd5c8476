// Show the view that a link leads to.

const VIEWS = () => [["overview", "Overview"], ["topics", `${capital(topicNoun())}s`], ["pages", capital(pagesNoun())],
  ...(data.ranks ? [["ranks", "Ranks"]] : []), ["method", "How it was made"]];

// The filters in a link, after "&": known names and values of metadata.
function groupsOf(pairs) {
  const found = {};
  for (const pair of pairs) {
    try {
      const [name, value] = pair.split("=").map(decodeURIComponent);
      if (data.filters.includes(name) && data.pages.meta[name].includes(value)) found[name] = value;
    } catch { /* not a link of this report */ }
  }
  return found;
}

function viewOf(address) {
  const [hash, ...pairs] = address.split("&");
  const [, number] = hash.match(/-(\d+)$/u) ?? [];
  const n = Number(number);
  if (hash === "topics") return ["topics", () => topicView(1)];
  if (hash.startsWith("topic-") && n >= 1 && n <= data.rank) return ["topics", () => topicView(n)];
  if (hash === "pages") return ["pages", () => pagesView({ groups: groupsOf(pairs) })];
  if (hash.startsWith("pages-topic-") && n >= 1 && n <= data.rank) return ["pages", () => pagesView({ topic: n, groups: groupsOf(pairs) })];
  if (hash.startsWith("page-") && n >= 1) return ["pages", () => pageView(n - 1)];
  if (hash === "ranks" && data.ranks) return ["ranks", ranksView];
  if (hash === "method") return ["method", methodView];
  return ["overview", overview];
}

// Save the position of the reader in the browser's history, so that Back and a reload restore it.
function remember() {
  try {
    history.replaceState({ scroll: scrollY, list: { ...list } }, "");
  } catch { /* some browsers limit how often the history may change */ }
}

// Show the current view at the saved position.
function showAgain() {
  const to = history.state?.scroll ?? 0;
  show();
  const move = () => {
    scrollTo(0, to);
    remember();
  };
  scrollTo(0, to);
  if (scrollY < to) fetching?.then(move);  // the text of the page has not been loaded yet
}

function show() {
  const [name, view] = viewOf(location.hash.slice(1));
  const place = document.getElementById("view");
  place.replaceChildren(view());
  const heading = place.querySelector("h1").textContent;
  document.title = name === "overview" ? heading : `${heading} – ${data.corpus}`;
  document.getElementById("views").replaceChildren(...VIEWS().map(([key, text]) =>
    h("li", {}, h("a", { href: `#${key}`, "aria-current": key === name ? "page" : null }, text))));
}

function unpackColumns() {
  for (const key of ["weight", "margin", "error", "shares", "place"]) data.pages[key] = floats(data.pages[key]);
  if (data.rows) {
    const entries = bytes(data.rows.weight);
    data.rows.entries = new Uint16Array(entries.buffer);
    data.rows.at = new Map((data.rows.row ?? d3.range(data.rows.word.length)).map((row, i) => [row, i]));
  }
  if (data.parts) {
    data.parts.bytes = data.parts.pixels.map(bytes);
    data.pages.mass = floats(data.parts.mass);
  }
}

async function start() {
  try {
    data = await unpack("data-core");
    unpackColumns();
    document.getElementById("plain").remove();
    history.scrollRestoration = "manual";
    showAgain();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    const why = typeof DecompressionStream === "undefined" ? "this browser is too old; please use one from 2023 or later" : String(error);
    document.getElementById("view").replaceChildren(h("p", { role: "alert" }, `The report cannot be shown completely: ${why}.`));
    throw error;
  }
  let resting;  // save the position once scrolling has stopped
  addEventListener("scroll", () => {
    clearTimeout(resting);
    resting = setTimeout(remember, 300);
  });
  addEventListener("click", remember, { capture: true });  // before a link is followed
  addEventListener("hashchange", () => {
    clearTimeout(resting);
    if (location.hash === "#main") return;
    showAgain();
    document.getElementById("main").focus({ preventScroll: true });
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();  // the browser then asks whether to leave without saving the names
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();  // following the link would change the view
    document.getElementById("main").focus();
  });
}

start();
