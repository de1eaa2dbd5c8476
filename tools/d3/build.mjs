// Writes d3.min.js and d3-licence.txt: D3 reduced to what index.js exports, and the licences of the packages in it.
// Usage: npm ci && node build.mjs [folder]; `make d3` does both. The same versions give the same bytes.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../../nmf_topics/views/report/assets");
const packageOf = (name) => JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));

const { version } = packageOf("d3");
const { metafile, outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ["index.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "d3",
  target: "es2020",
  charset: "ascii",
  banner: { js: `/* D3 ${version}, https://d3js.org */` },
  metafile: true,
  write: false,
});
const [{ inputs }] = Object.values(metafile.outputs);
const names = new Set(Object.entries(inputs)
  .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  .map(([path]) => path.match(/^node_modules\/([^/]+)\//)?.[1])
  .filter(Boolean));
const namesByLicence = new Map();
for (const name of [...names].sort()) {
  const text = readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").trim();
  namesByLicence.set(text, [...(namesByLicence.get(text) ?? []), `${name} ${packageOf(name).version}`]);
}
const licences = [...namesByLicence].map(([text, of]) => `${of.join(", ")}\n\n${text}\n`);
writeFileSync(join(target, "d3.min.js"), outputFiles[0].contents);
writeFileSync(join(target, "d3-licence.txt"), [`D3 ${version}, https://d3js.org\n`, ...licences].join("\n\n"));
console.log(`${outputFiles[0].contents.length} bytes of ${[...names].sort().join(", ")}`);
