// Writes the emoji that people can choose from, with the words by which each is found: Unicode's groups and names,
// emojilib's keywords. Only what messaging/emoji.txt lets people react with, in its spelling.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const PRESENTATION = /\ufe0f/g;

/** @param {string} root @param {string} dist */
export async function emoji(root, dist) {
  const read = async (/** @type {string} */ name) => readFile(path.join(root, name), "utf8");
  const known = new Map((await read("messaging/emoji.txt")).split(/\s+/).filter(Boolean).map((each) => [each.replace(PRESENTATION, ""), each]));
  const groups = JSON.parse(await read("node_modules/unicode-emoji-json/data-by-group.json"));
  const keywords = JSON.parse(await read("node_modules/emojilib/dist/emoji-en-US.json"));
  const written = groups.map(({ slug, emojis }) => [
    slug,
    emojis
      .map(({ emoji: raw, name }) => [known.get(raw.replace(PRESENTATION, "")), name, words(name, keywords[raw] ?? [])])
      .filter(([each]) => each),
  ]);
  await mkdir(path.join(dist, "emoji"), { recursive: true });
  await writeFile(path.join(dist, "emoji/en.json"), JSON.stringify(written));
}

/** What finds an emoji besides its name. @param {string} name @param {string[]} keywords */
function words(name, keywords) {
  const own = new Set(name.toLowerCase().split(" "));
  const all = keywords.flatMap((each) => each.toLowerCase().split(/[_\s]+/)).filter((word) => word && !own.has(word));
  return [...new Set(all)].join(" ");
}
