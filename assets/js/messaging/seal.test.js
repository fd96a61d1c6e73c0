import assert from "node:assert/strict";
import { test } from "node:test";

import { Seal } from "./seal.js";

const MINE = btoa("m".repeat(32));
const THEIRS = btoa("t".repeat(32));
/** @param {string} secret */
const sealOf = async (secret) => /** @type {Seal} */ (await Seal.of(secret));

test("what is sealed can be read again, and not by looking at it", async () => {
  const mine = await sealOf(MINE);
  const value = { body: "Ich schlafe schlecht. 🌱", attachments: [{ id: "f", name: "a.pdf", size: 3 }] };
  const sealed = await mine.seal(value, "here");
  assert.ok(!atob(sealed).includes("schlafe"));
  assert.deepEqual(await (await sealOf(MINE)).open(sealed, "here"), value);
  assert.notEqual(await mine.seal(value, "here"), sealed);
});
test("nobody else opens it, nor does it open in another place, changed, or when it never was sealed", async () => {
  const mine = await sealOf(MINE);
  const sealed = await mine.seal("words", "here");
  assert.equal(await (await sealOf(THEIRS)).open(sealed, "here"), null);
  assert.equal(await mine.open(sealed, "there"), null);
  assert.equal(await mine.open(btoa(`${atob(sealed).slice(0, -1)}!`), "here"), null);
  assert.equal(await mine.open("words", "here"), null);
});
test("without a key, or without ciphers, there is no seal", async () => {
  assert.equal(await Seal.of(""), null);
  assert.equal(await Seal.of("?"), null);
  const { subtle } = globalThis.crypto;
  Object.defineProperty(globalThis.crypto, "subtle", { value: undefined, configurable: true });
  try {
    assert.equal(await Seal.of(MINE), null);
  } finally {
    Object.defineProperty(globalThis.crypto, "subtle", { value: subtle, configurable: true });
  }
});
