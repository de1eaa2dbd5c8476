// Images: thumbnails in tables; the original image, and its reconstruction from the parts.

// A thumbnail of image i, empty if the image is not in the report. It needs no label, because the title is next to it.
function thumbnail(i) {
  const place = h("span", { class: "thumbnail", "aria-hidden": "true" });
  pageTexts().then(() => {
    const page = texts.pages.get(data.pages.column[i]);
    if (page) place.append(pixelImage(bytes(page.pixels), { dark: false }));
  });
  return place;
}

function imageSection(i) {
  const page = texts.pages.get(data.pages.column[i]);
  const shares = sharesOf(i);
  const order = d3.range(data.rank).filter((k) => shares[k] > 0).sort((a, b) => shares[b] - shares[a] || a - b);
  const mass = data.pages.mass[i];
  const place = h("div", { class: "build" });
  const count = h("output", { for: "steps" });
  function fill(steps) {
    const sum = new Float64Array(data.parts.height * data.parts.width);
    for (const k of order.slice(0, steps)) {
      const part = data.parts.bytes[k], weight = (data.parts.largest[k] / 255) * shares[k] * mass;
      for (let p = 0; p < sum.length; p++) sum[p] += part[p] * weight;
    }
    const grey = Array.from(sum, (v) => Math.max(0, Math.min(255, Math.round(255 * v))));
    const original = page ? h("figure", {}, pixelImage(bytes(page.pixels), { dark: false, label: "original image" }), h("figcaption", {}, "original")) : null;
    count.textContent = `${steps} of ${plural(order.length, "part")}`;
    place.replaceChildren(
      h("figure", {}, pixelImage(grey, { dark: false, label: `reconstruction from ${plural(steps, "part")}` }), h("figcaption", {}, "reconstruction")), original ?? "");
  }
  fill(order.length);
  return h("section", { "aria-labelledby": "h-build" }, h("h2", { id: "h-build" }, "Reconstruction"),
    h("div", { class: "tools" }, h("label", { for: "steps" }, "Heaviest parts"),
      h("input", { id: "steps", type: "range", min: 0, max: order.length, step: 1, value: order.length, oninput: (event) => fill(Number(event.target.value)) }), count),
    place,
    h("ol", { class: "weights" }, order.slice(0, 24).map((k) => h("li", {}, partImage(k + 1), h("span", {}, chip(k + 1, { short: true }), " ", percent(shares[k]))))));
}
