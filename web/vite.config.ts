import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// In development the page is served by Vite and the API by a running server (`roadworthy up`).
const server = process.env.ROADWORTHY_SERVER ?? "http://127.0.0.1:8420";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    // The server serves these files itself, and the wheel carries them.
    outDir: here("../src/roadworthy/doors/web/static"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    // The rule is 250 kB compressed for the first page; `npm run size` checks it.
    chunkSizeWarningLimit: 700,
  },
  server: { host: "127.0.0.1", proxy: { "/api": server } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
