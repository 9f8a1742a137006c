// Walks through the page with the keyboard and the mouse, against any server that holds runs.
//   node dev/journey.mjs http://127.0.0.1:8555 OUT
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [base, out = "artifacts"] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const faults = [];
page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
page.on("pageerror", (error) => faults.push(`page: ${error.message}`));

let step = 0;
const check = async (what, test) => {
  step += 1;
  try {
    await test();
    console.log(`ok    ${what}`);
  } catch (error) {
    faults.push(`${what}: ${error.message.split("\n")[0]}`);
    console.log(`FAIL  ${what}: ${error.message.split("\n").slice(0, 3).join(" | ")}`);
  }
  await page.screenshot({ path: `${out}/${String(step).padStart(2, "0")}.png` });
};
const until = (test, arg) => page.waitForFunction(test, arg);
const url = (part) => until((wanted) => decodeURIComponent(location.href).includes(wanted), part);

await check("the fleet shows agents", async () => {
  await page.goto(`${base}/?from=-30d`);
  await page.getByRole("table", { name: "Agents seen in traffic" }).getByRole("row").nth(1).waitFor();
});
await check("a number leads to the rows it counts", async () => {
  await page.getByRole("table").getByRole("row").nth(1).getByRole("cell").nth(2).getByRole("link").click();
  await url("filter=status:eq:error");
  await page.getByRole("table", { name: "Runs" }).waitFor();
});
await check("g f and g r move between pages", async () => {
  await page.locator("body").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("heading", { name: "Fleet" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.getByRole("heading", { name: /^Runs/ }).waitFor();
});
await check("/ goes to the filter, which completes fields, ops and values", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("stat");
  await page.getByRole("option", { name: /^status/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "is", exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "error" }).click();
  await url("filter=status:eq:error");
});
await check("a filter is taken away with backspace", async () => {
  await page.getByRole("combobox", { name: /Filter runs/ }).focus();
  await page.keyboard.press("Backspace");
  await until(() => !location.href.includes("filter"));
});
await check("a filter can be typed whole", async () => {
  await page.keyboard.type("tool_calls>0");
  await page.keyboard.press("Enter");
  await url("filter=tool_calls:gt:0");
  await page.keyboard.press("Escape");
});
await check("j moves, enter opens", async () => {
  await page.getByRole("table", { name: "Runs" }).getByRole("row").nth(1).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("tree").getByRole("treeitem").first().waitFor();
});
await check("j chooses steps, and the URL holds the choice", async () => {
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await url("span=");
  await page.getByRole("tabpanel").waitFor();
});
await check("the attributes tab is in the URL too", async () => {
  await page.getByRole("tab", { name: /Attributes/ }).click();
  await url("tab=attributes");
  await page.getByLabel("Find an attribute").waitFor();
});
await check("escape goes back to the run as a whole", async () => {
  await page.keyboard.press("Escape");
  await page.getByRole("region", { name: "The run as a whole" }).waitFor();
});
await check("[ folds all, ] unfolds all", async () => {
  const rows = () => page.getByRole("treeitem").count();
  const before = await rows();
  await page.keyboard.press("[");
  await page.waitForTimeout(200);
  const folded = await rows();
  await page.keyboard.press("]");
  await page.waitForTimeout(200);
  if ((await rows()) !== before || (before > 1 && folded > before)) throw new Error(`${before} → ${folded} → ${await rows()}`);
});
await check("? lists the shortcuts", async () => {
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
});
await check("the palette jumps", async () => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or jump to" }).fill("prices");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Prices", exact: true }).waitFor();
});
await check("two runs are compared from the list", async () => {
  await page.goto(`${base}/runs?from=-30d`);
  await page.getByRole("table", { name: "Runs" }).getByRole("row").nth(1).waitFor();
  for (const key of ["j", "x", "j", "j", "x"]) await page.keyboard.press(key);
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("region", { name: "Left run" }).waitFor();
});
await check("a view is saved, and deleted", async () => {
  await page.goto(`${base}/runs?from=-30d&filter=status:eq:error`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByLabel("Name of the view").fill("Failed ones");
  await page.getByRole("button", { name: "Save" }).click();
  await url("view=");
  await page.getByRole("button", { name: "Failed ones" }).click();
  await page.getByRole("button", { name: "Delete view Failed ones" }).click();
  await page.getByText("No saved views yet").waitFor();
  await page.keyboard.press("Escape");
});
await check("a key is made, shown once, and revoked", async () => {
  await page.goto(`${base}/settings/keys`);
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("journey");
  await page.getByRole("button", { name: "Make key" }).click();
  await page.getByText(/^rw_/).first().waitFor();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("row", { name: /journey/ }).getByRole("button", { name: "Revoke" }).first().click();
  await page.getByRole("button", { name: "Revoke key" }).click();
  await page.getByText(/revoked/).first().waitFor();
});
await check("a price is set and taken back", async () => {
  await page.goto(`${base}/settings/prices`);
  await page.getByRole("button", { name: "New price" }).click();
  await page.getByLabel("Model").fill("journey-*");
  await page.getByLabel("Input", { exact: true }).fill("0.25");
  await page.getByLabel("Output", { exact: true }).fill("2");
  await page.getByRole("button", { name: "Save price" }).click();
  await page.getByRole("button", { name: /Delete the price of journey-/ }).first().click();
  await page.getByRole("button", { name: /Delete the price of journey-/ }).first().waitFor({ state: "detached" });
});
await check("search finds what was said, and leads to the step", async () => {
  await page.goto(`${base}/search?q=refund&from=-30d`);
  await page.getByRole("list", { name: "What was found" }).getByRole("link").first().click();
  await url("span=");
  await page.getByRole("tabpanel").waitFor();
});
await check("colours can be chosen", async () => {
  await page.getByRole("button", { name: "Colours" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await until(() => document.documentElement.dataset.theme === "dark");
});
await check("nothing overflows a phone on the fleet page", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${base}/?from=-30d`);
  await page.getByRole("listitem").first().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 390) throw new Error(`the page is ${wide} px wide`);
});
await browser.close();
if (faults.length) console.log(faults.join("\n"));
process.exit(faults.length ? 1 : 0);
