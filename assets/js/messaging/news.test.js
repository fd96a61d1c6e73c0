import assert from "node:assert/strict";
import { test } from "node:test";

import { News } from "./news.js";

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test("one message is read out, several that come together are counted", async () => {
  /** @type {string[]} */
  const said = [];
  const news = new News((text) => said.push(text), (count, name) => `${count} of ${name || "all"}`, 5);
  news.add("Maya", "Maya: Hello");
  await soon();
  for (const name of ["Maya", "Maya", "Maya"]) news.add(name, `${name}: more`);
  await soon();
  for (const name of ["Maya", "Anna"]) news.add(name, `${name}: more`);
  await soon();
  assert.deepEqual(said, ["Maya: Hello", "3 of Maya", "2 of all"]);
});
