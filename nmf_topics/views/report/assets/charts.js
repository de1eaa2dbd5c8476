// Charts: lines over time or rank, and the map. The numbers of each chart are also available as a table.

function frame(width, height, label) {
  return d3.select(h("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "chart" }));
}

// Draw lines with common axes. series: [{name, colour, values, dash}]; x: names or numbers; band and mark: a range and a
// value of x to highlight.
function lineChart({ label, x, series, format, width = 640, height = 260, band = null, mark = null, floor = 0 }) {
  const m = { top: 12, right: 16, bottom: 34, left: 52 };
  const svg = frame(width, height, label);
  const numeric = typeof x[0] === "number";
  const sx = numeric
    ? d3.scaleLinear().domain(d3.extent(x)).range([m.left, width - m.right])
    : d3.scalePoint().domain(d3.range(x.length)).range([m.left, width - m.right]).padding(0.3);
  const values = d3.merge(series.map((s) => s.values)).filter((v) => v !== null && !Number.isNaN(v));
  const [low, high] = d3.extent(values);
  const sy = d3.scaleLinear().domain([floor === null ? low : Math.min(floor, low), high || 1]).nice().range([height - m.bottom, m.top]);
  if (band) {
    svg.append("rect").attr("class", "band").attr("x", sx(band[0]) - 4).attr("y", m.top)
      .attr("width", sx(band[1]) - sx(band[0]) + 8).attr("height", height - m.bottom - m.top);
  }
  if (mark !== null) svg.append("line").attr("class", "mark").attr("x1", sx(mark)).attr("x2", sx(mark)).attr("y1", m.top).attr("y2", height - m.bottom);
  const every = Math.ceil(x.length / (width / 70));
  const bottom = numeric
    ? d3.axisBottom(sx).ticks(8, "d")
    : d3.axisBottom(sx).tickValues(d3.range(x.length).filter((i) => i % every === 0)).tickFormat((i) => x[i]);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - m.bottom})`).call(bottom);
  svg.append("g").attr("class", "axis").attr("transform", `translate(${m.left},0)`).call(d3.axisLeft(sy).ticks(5).tickFormat(format));
  const line = d3.line().defined((v) => v !== null && !Number.isNaN(v))
    .x((_, i) => sx(numeric ? x[i] : i)).y((v) => sy(v));
  for (const s of series) {
    const g = svg.append("g").attr("class", "series");
    g.node().style.setProperty("--c", s.colour);
    g.append("path").attr("d", line(s.values)).attr("fill", "none").attr("stroke-dasharray", s.dash ?? null);
    s.values.forEach((v, i) => {
      if (v === null || Number.isNaN(v) || s.dash) return;
      g.append("circle").attr("cx", sx(numeric ? x[i] : i)).attr("cy", sy(v)).attr("r", 3)
        .append("title").text(`${x[i]}: ${format(v)}`);
    });
  }
  return svg.node();
}

const dark = matchMedia("(prefers-color-scheme: dark)");

// Draw the map of topics. Overlapping circles are moved apart as little as possible. Pages are dots on a canvas behind
// the circles, because there can be thousands.
function topicMap({ width = 720, height = 450 }) {
  const topics = data.topics.filter((t) => t.place[0] !== null);
  const held = d3.range(data.pages.held).filter((i) => data.pages.topic[i]);
  const radius = d3.scaleSqrt().domain([0, d3.max(topics, (t) => t.share)]).range([9, Math.min(32, 130 / Math.sqrt(topics.length) + 8)]);
  const pad = 56;
  const [x0, x1] = d3.extent(topics, (t) => t.place[0]);
  const [y0, y1] = d3.extent(topics, (t) => t.place[1]);
  const scale = Math.min((width - 2 * pad) / (x1 - x0 || 1), (height - 2 * pad) / (y1 - y0 || 1));
  const at = (p) => [width / 2 + (p[0] - (x0 + x1) / 2) * scale, height / 2 - (p[1] - (y0 + y1) / 2) * scale];
  const nodes = topics.map((t) => ({ t, x: at(t.place)[0], y: at(t.place)[1], fx0: at(t.place)[0], fy0: at(t.place)[1], r: radius(t.share) }));
  const force = d3.forceSimulation(nodes).force("x", d3.forceX((n) => n.fx0).strength(0.3))
    .force("y", d3.forceY((n) => n.fy0).strength(0.3)).force("apart", d3.forceCollide((n) => n.r + 8).strength(0.9)).stop();
  for (let i = 0; i < 150; i++) force.tick();
  for (const n of nodes) {
    n.x = Math.max(n.r + 4, Math.min(width - n.r - 4, n.x));
    n.y = Math.max(n.r + 4, Math.min(height - n.r - 20, n.y));
  }

  const box = h("div", { class: "map" });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const svg = frame(width, height, `Map of ${data.topics.length} ${topicNoun()}s; near ones share words. A table of the distances is below.`);
  svg.attr("role", "group");
  const layer = svg.append("g");
  for (const n of nodes) {
    const link = h("a", { href: `#topic-${n.t.number}`, "aria-label": `${topicNoun()} ${n.t.number}: ${nameOf(n.t.number)}, ${percent(n.t.share)}` });
    const anchor = document.createElementNS("http://www.w3.org/2000/svg", "a");
    for (const name of link.getAttributeNames()) anchor.setAttribute(name, link.getAttribute(name));
    anchor.style.setProperty("--c", n.t.colour);
    anchor.append(h("circle", { class: "topic", cx: n.x, cy: n.y, r: n.r }),
      h("text", { class: "number", x: n.x, y: n.y, dy: "0.35em" }, String(n.t.number)));
    layer.node().append(anchor);
  }
  if (hasWords()) for (const { n, x, y, text } of labelPlaces(nodes, width)) layer.node().append(h("text", { class: "label", "aria-hidden": "true", x, y, "--c": n.t.colour }, text));
  // the position of a page is the mean of its topics' positions after the circles have been moved apart
  const placeOf = new Map(nodes.map((n) => [n.t.number, n]));
  const dots = held.map((i) => {
    const shares = sharesOf(i);
    let x = 0, y = 0, sum = 0;
    for (let k = 0; k < shares.length; k++) {
      const n = placeOf.get(k + 1);
      if (!n || !(shares[k] > 0)) continue;
      x += shares[k] * n.x; y += shares[k] * n.y; sum += shares[k];
    }
    return { i, x: x / sum, y: y / sum };
  });
  const tree = d3.quadtree(dots, (d) => d.x, (d) => d.y);
  let transform = d3.zoomIdentity, shown = true;
  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const real = box.clientWidth || width;
    canvas.width = real * ratio; canvas.height = real * (height / width) * ratio;
    const c = canvas.getContext("2d");
    c.scale(canvas.width / width, canvas.width / width);
    if (!shown) return;
    c.translate(transform.x, transform.y); c.scale(transform.k, transform.k);
    c.globalAlpha = dots.length > 3000 ? 0.35 : 0.6;
    const tones = data.topics.map((t) => (dark.matches ? d3.interpolateLab(t.colour, "#fff")(0.42) : t.colour));
    const size = (dots.length > 3000 ? 1.4 : 2.4) / Math.sqrt(transform.k);
    for (const d of dots) {
      c.fillStyle = tones[data.pages.topic[d.i] - 1];
      c.beginPath(); c.arc(d.x, d.y, size, 0, 2 * Math.PI); c.fill();
    }
  }
  const hint = h("p", { class: "hint", "aria-hidden": "true" });
  const near = (event) => {
    const r = svg.node().getBoundingClientRect();
    const x = ((event.clientX - r.left) / r.width) * width, y = ((event.clientY - r.top) / r.height) * height;
    const [px, py] = transform.invert([x, y]);
    return shown ? tree.find(px, py, 8 / transform.k) : undefined;
  };
  svg.node().addEventListener("pointermove", (event) => {
    const d = near(event);
    hint.textContent = d ? cut(data.pages.title[d.i], 90) : "";
    svg.node().classList.toggle("on-page", Boolean(d));
  });
  svg.node().addEventListener("click", (event) => {
    const d = event.target.closest("a") ? undefined : near(event);
    if (d) location.hash = `#page-${data.pages.column[d.i] + 1}`;
  });
  const zoom = d3.zoom().scaleExtent([1, 12]).translateExtent([[0, 0], [width, height]])
    .filter((event) => !event.button && (event.type !== "wheel" || event.ctrlKey || transform.k > 1))
    .on("zoom", (event) => { transform = event.transform; layer.attr("transform", transform); draw(); });
  svg.call(zoom).on("dblclick.zoom", null);
  const by = (factor) => () => zoom.scaleBy(svg, factor);
  box.append(canvas, svg.node());
  new ResizeObserver(draw).observe(box);
  dark.addEventListener("change", draw);
  return h("div", {}, box, hint,
    h("div", { class: "tools" },
      h("label", {}, h("input", { type: "checkbox", checked: true, onchange: (e) => { shown = e.target.checked; draw(); } }), ` ${capital(pagesNoun())} as dots`),
      h("button", { type: "button", onclick: by(1.5) }, "Zoom in"),
      h("button", { type: "button", onclick: by(1 / 1.5) }, "Zoom out"),
      h("button", { type: "button", onclick: () => zoom.transform(svg, d3.zoomIdentity) }, "Whole map")));
}

// Place each label below, above or next to its circle, at the first position where it hides nothing.
function labelPlaces(nodes, width) {
  const taken = nodes.map((n) => [n.x - n.r, n.y - n.r, n.x + n.r, n.y + n.r]);
  const meets = (a) => taken.filter((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).length;
  return nodes.map((n) => {
    const text = cut(nameOf(n.t.number), 28), half = text.length * 3.2;
    const places = [[0, n.r + 13], [0, -n.r - 5], [n.r + half + 4, 4], [-n.r - half - 4, 4], [half / 2, n.r + 13], [-half / 2, n.r + 13]]
      .map(([dx, dy]) => [Math.max(half + 2, Math.min(width - half - 2, n.x + dx)), n.y + dy]);
    const box = ([x, y]) => [x - half, y - 10, x + half, y + 3];
    const [x, y] = places.reduce((best, p) => (meets(box(p)) < meets(box(best)) ? p : best));
    taken.push(box([x, y]));
    return { n, x, y, text };
  });
}

// Draw a basis image or a reconstruction on a canvas; the browser enlarges its pixels.
function pixelImage(values, { dark, label = null }) {
  const { height, width } = data.parts;
  const canvas = h("canvas", { width, height, class: "pixels", role: label ? "img" : null, "aria-label": label });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  values.forEach((v, i) => {
    const grey = dark ? 255 - v : v;
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

const partImage = (number) => pixelImage(data.parts.bytes[number - 1], { dark: true, label: `part ${number}` });
