// Computes the WCAG contrast of every text token on every surface token, in both themes; exits 1 below AA.
import { readFileSync } from "node:fs";

const css = readFileSync(new URL("../src/ui/tokens.css", import.meta.url), "utf8");
const [, light, dark] = css.match(/:root \{([\s\S]*?)\n\}[\s\S]*?data-theme="dark"\] \{([\s\S]*?)\n\}/);
const read = (block) => Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));

const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => {
  const [r, g, b] = [1, 3, 5].map((i) => channel(parseInt(hex.slice(i, i + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
};

const surfaces = ["canvas", "surface", "raised", "sunken", "hover", "selected"];
const texts = ["text", "muted", "faint", "accent", "accent-strong", "ok", "bad", "warn"];
const pairs = [
  ...surfaces.flatMap((s) => texts.map((t) => [t, s])),
  ["ok", "ok-soft"], ["bad", "bad-soft"], ["warn", "warn-soft"], ["accent", "accent-soft"], ["on-accent", "accent"],
  ["on-accent", "accent-strong"], ["text", "bad-soft"], ["text", "warn-soft"], ["muted", "bad-soft"], ["muted", "warn-soft"],
];

let failed = 0;
for (const [theme, tokens] of [["light", read(light)], ["dark", read(dark)]]) {
  for (const [text, surface] of pairs) {
    const ratio = contrast(tokens[text], tokens[surface]);
    if (ratio < 4.5) {
      failed += 1;
      console.log(`${theme}: ${text} on ${surface} is ${ratio.toFixed(2)}, AA needs 4.5`);
    }
  }
  for (const kind of Object.keys(tokens).filter((name) => name.startsWith("kind-"))) {
    const ratio = contrast(tokens[kind], tokens.surface);
    if (ratio < 4.5) {
      failed += 1;
      console.log(`${theme}: ${kind} on surface is ${ratio.toFixed(2)}`);
    }
  }
}
console.log(failed ? `${failed} pairs below AA` : "every pair reaches AA");
process.exit(failed ? 1 : 0);
