// Writes templates/icons/<name>.svg, the strokes of each Lucide icon in assets/icons.txt, for <c-ui.icon>.
// Run by hand after a change of that list: `npm run icons`. The result is committed, so pages need no build.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const target = path.join(root, "templates/icons");
const names = (await readFile(path.join(root, "assets/icons.txt"), "utf8")).split(/\s+/).filter(Boolean);

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const name of names) {
  const svg = await readFile(path.join(root, `node_modules/lucide-static/icons/${name}.svg`), "utf8");
  const strokes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  await writeFile(path.join(target, `${name}.svg`), strokes.replace(/\s*\n\s*/g, ""));
}
