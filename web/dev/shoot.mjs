// Looks at the page: screenshots, console errors and axe violations.
//   node dev/shoot.mjs http://127.0.0.1:8555 OUT fleet=/ runs=/runs run=/runs/ID --theme dark --size 390x844 --axe
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const args = process.argv.slice(2);
const option = (name, fallback) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : args.splice(at, 2)[1];
};
const flag = (name) => {
  const at = args.indexOf(`--${name}`);
  return at >= 0 && Boolean(args.splice(at, 1));
};
const theme = option("theme", "light");
const [width, height] = option("size", "1440x900").split("x").map(Number);
const wait = Number(option("wait", "900"));
const script = option("script", "");
const axe = flag("axe");
const [base, out, ...pages] = args;
mkdirSync(out, { recursive: true });

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, bypassCSP: true });
let bad = 0;
for (const entry of pages) {
  const [name, path] = [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)];
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && (bad++, console.log(`${name}: console: ${message.text()}`)));
  page.on("pageerror", (error) => (bad++, console.log(`${name}: page error: ${error.message}`)));
  const began = Date.now();
  await page.goto(base + path, { waitUntil: "load" });
  await page.waitForTimeout(wait);
  if (script) await page.evaluate(script).then(() => page.waitForTimeout(500));
  await page.screenshot({ path: `${out}/${name}.png` });
  if (axe) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }));
    for (const v of found.violations) {
      if (["serious", "critical"].includes(v.impact)) bad++;
      console.log(`${name}: axe ${v.impact} ${v.id}: ${v.nodes.length} × ${v.nodes[0].target} — ${v.nodes[0].failureSummary.split("\n")[1] ?? ""}`);
    }
  }
  console.log(`${name}: ${Date.now() - began - wait} ms`);
  await page.close();
}
await browser.close();
process.exit(bad ? 1 : 0);
