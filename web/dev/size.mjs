// The rule is 250 kB of JavaScript (gzip) for the first page: the entry, the fleet page and its chart, with
// all they import. Run after a build; exits 1 above the rule.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const RULE = 250_000;
const folder = new URL("../../src/roadworthy/doors/web/static/assets/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
const html = readFileSync(new URL("../index.html", folder), "utf8");
const roots = files.filter((name) => html.includes(name) || /^(fleet-page|time-chart)-/.test(name));

const wanted = new Set();
const take = (name) => {
  if (wanted.has(name) || !files.includes(name)) return;
  wanted.add(name);
  // Static imports only: what is imported on demand is not of the first page.
  const code = readFileSync(new URL(name, folder), "utf8");
  for (const [, found] of code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) take(found);
};
roots.forEach(take);
const bytes = [...wanted].reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);
console.log(`first page: ${(bytes / 1000).toFixed(1)} kB of JavaScript (gzip) in ${wanted.size} files, at most ${RULE / 1000}`);
process.exit(bytes > RULE ? 1 : 0);
