// Builds what the browser gets into assets/dist: styles, scripts, fonts and emoji. `npm run build`, or `npm run watch`.
import { spawn } from "node:child_process";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { context } from "esbuild";
import { emoji } from "./emoji.js";

const watching = process.argv.includes("--watch");
const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "assets/dist");

const FONTS = ["figtree-latin", "figtree-latin-ext", "newsreader-latin", "newsreader-latin-ext"];

/** Fonts are served by us, under short names. */
async function fonts() {
  await mkdir(path.join(dist, "fonts"), { recursive: true });
  for (const font of FONTS) {
    const family = font.split("-")[0];
    await cp(
      path.join(root, `node_modules/@fontsource-variable/${family}/files/${font}-wght-normal.woff2`),
      path.join(dist, `fonts/${font}.woff2`),
    );
  }
}

/** PDFs embed what they need of these: they cover Latin, Greek, Cyrillic, Hebrew, Arabic and many signs. */
async function pdfFonts() {
  for (const font of ["DejaVuSans", "DejaVuSans-Bold"]) {
    await cp(path.join(root, `node_modules/dejavu-fonts-ttf/ttf/${font}.ttf`), path.join(dist, `fonts/${font}.ttf`));
  }
}

/** Each folder of assets/js with an index.js becomes one script, js/<folder>.js. */
async function scripts() {
  const folders = await readdir(path.join(root, "assets/js"), { withFileTypes: true });
  const entryPoints = Object.fromEntries(
    folders
      .map((folder) => [folder.name, path.join(root, "assets/js", folder.name, "index.js")])
      .filter(([, entry]) => existsSync(entry)),
  );
  const builder = await context({
    entryPoints,
    outdir: path.join(dist, "js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    legalComments: "none",
    logLevel: "warning",
  });
  await builder.rebuild();
  if (watching) await builder.watch();
  else await builder.dispose();
}

/** Tailwind reads assets/css/bloom.css, which names its sources. */
function styles() {
  const program = path.join(root, "node_modules/@tailwindcss/cli/dist/index.mjs");
  const options = ["-i", "assets/css/bloom.css", "-o", "assets/dist/css/bloom.css", "--minify"];
  if (watching) options.push("--watch=always");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...options], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    child.on("close", (code) => (code ? reject(new Error(said)) : resolve(undefined)));
  });
}

if (!watching) await rm(dist, { recursive: true, force: true });
await Promise.all([fonts(), pdfFonts(), emoji(root, dist), scripts(), styles()]);
