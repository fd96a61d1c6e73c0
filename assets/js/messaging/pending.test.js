import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { Full, MOST_PENDING, PendingStore } from "./pending.js";
import { Seal } from "./seal.js";

const seal = await Seal.of(btoa("m".repeat(32)));
/** @param {string} person @param {string} practice */
const open = (person, practice) => PendingStore.open(person, practice, seal);

const fresh = () => (globalThis.indexedDB = new IDBFactory());
/** @param {string} body */
const text = (body) => ({ client_id: `id-${body}`, body, at: "2026-11-26T08:00:00Z" });
/** @param {import("./pending.js").PendingStore} store */
const bodies = async (store, conversation = "c") => (await store.list(conversation)).map((each) => each.body);

test("what is kept is there after a reload, in the order of writing", async () => {
  fresh();
  const before = await open("me", "here");
  for (const body of ["b", "a", "c"]) await before.add("c", text(body));
  await before.add("elsewhere", text("d"));
  const after = await open("me", "here");
  assert.deepEqual(await bodies(after), ["b", "a", "c"]);
  assert.deepEqual(await after.conversations(), ["c", "elsewhere"]);
  await after.remove("id-b");
  await after.mark("id-a", "It was refused.");
  assert.deepEqual((await before.list("c")).map((each) => each.why), ["It was refused.", undefined]);
  await before.mark("id-a", undefined);
  assert.deepEqual(await bodies(await open("me", "here")), ["a", "c"]);
});

test("whoever signs in next finds nothing, and leaves nothing", async () => {
  fresh();
  const mine = await open("me", "here");
  await mine.add("c", text("a"));
  const theirs = await open("you", "here");
  assert.deepEqual(await theirs.conversations(), []);
  assert.deepEqual(await (await open("me", "here")).conversations(), []);
});

test("the same one is never kept twice", async () => {
  fresh();
  const store = await open("me", "here");
  await store.add("c", text("a"));
  await store.remove("id-a");
  await store.remove("id-a");
  await store.mark("id-a", "Too late.");
  assert.deepEqual(await bodies(store), []);
});

test("there is an end to what is kept", async () => {
  fresh();
  const store = await open("me", "here");
  for (let number = 0; number < MOST_PENDING; number++) await store.add("c", text(`${number}`));
  await assert.rejects(store.add("c", text("more")), Full);
  assert.equal((await store.list("c")).length, MOST_PENDING);
});

for (const [name, refuse] of /** @type {[string, () => any][]} */ ([
  ["refuses to open", () => ({ open: () => { throw new Error("denied"); } })],
  ["is not there", () => undefined],
])) {
  test(`where the browser's store ${name}, memory stands in`, async () => {
    globalThis.indexedDB = refuse();
    const store = await open("me", "here");
    await store.add("c", text("a"));
    await store.add("c", text("b"));
    await store.mark("id-a", "It was refused.");
    await store.remove("id-b");
    assert.deepEqual(await store.list("c"), [{ ...text("a"), why: "It was refused." }]);
    assert.equal(store.isKept, false);
  });
}

test("a store that is taken away loses nothing that is written from then on", async () => {
  fresh();
  const store = await open("me", "here");
  await store.add("c", text("a"));
  const transaction = globalThis.IDBDatabase.prototype.transaction;
  globalThis.IDBDatabase.prototype.transaction = () => {
    throw new DOMException("closing", "InvalidStateError");
  };
  try {
    await store.add("c", text("b"));
    assert.deepEqual(await bodies(store), ["b"]);
  } finally {
    globalThis.IDBDatabase.prototype.transaction = transaction;
  }
});

test("what was written in another practice waits for its writer to go back there", async () => {
  fresh();
  const there = await open("me", "there");
  await there.add("theirs", text("a"));
  const here = await open("me", "here");
  await here.add("ours", text("b"));
  assert.deepEqual(await here.conversations(), ["ours"]);
  assert.deepEqual(await there.conversations(), ["theirs"]);
  // The conversation itself is not shown in another practice; where one sees it, its messages are there.
  assert.deepEqual(await bodies(here, "theirs"), ["a"]);
  await here.mark("id-a", "It was refused.");
  assert.deepEqual(await there.conversations(), ["theirs"]);
});

for (const [method, change, after] of /** @type {["delete" | "put", (store: PendingStore) => Promise<void>, object[]][]} */ ([
  ["delete", (store) => store.remove("id-a"), []],
  ["put", (store) => store.mark("id-a", "It was refused."), [{ ...text("a"), why: "It was refused." }]],
])) {
  test(`what the browser's store does not write (${method}) holds on this page all the same`, async () => {
    fresh();
    const store = await open("me", "here");
    await store.add("c", text("a"));
    const original = globalThis.IDBObjectStore.prototype[method];
    globalThis.IDBObjectStore.prototype[method] = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
    try {
      await change(store);
    } finally {
      globalThis.IDBObjectStore.prototype[method] = original;
    }
    assert.deepEqual(await store.list("c"), after);
    // Once it writes again, so does this.
    await store.mark("id-a", undefined);
    assert.deepEqual(await store.list("c"), after.length ? [text("a")] : []);
  });
}

test("one that only memory has is marked there, and does not come twice", async () => {
  fresh();
  const store = await open("me", "here");
  const { add } = globalThis.IDBObjectStore.prototype;
  globalThis.IDBObjectStore.prototype.add = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
  try {
    await store.add("c", text("a"));
  } finally {
    globalThis.IDBObjectStore.prototype.add = add;
  }
  await store.mark("id-a", "It was refused.");
  assert.deepEqual(await store.list("c"), [{ ...text("a"), why: "It was refused." }]);
});

test("stopped without a word is stopped", async () => {
  fresh();
  const store = await open("me", "here");
  await store.add("c", text("a"));
  await store.mark("id-a", "");
  assert.deepEqual(await store.list("c"), [{ ...text("a"), why: "" }]);
});

/** All that stands on the disk. */
async function onDisk() {
  const asked = globalThis.indexedDB.open("bloom.messages", 1);
  /** @type {IDBDatabase} */
  const database = await new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
  const rows = database.transaction("pending").objectStore("pending").getAll();
  await new Promise((resolve) => (rows.onsuccess = resolve));
  return rows.result;
}

test("on the disk there are no words and no names of files, also once it was stopped", async () => {
  fresh();
  const store = await open("me", "here");
  const attachments = [{ id: "f1", name: "letter.pdf", size: 3 }];
  await store.add("c", { ...text("I did not sleep"), client_id: "id-1", attachments });
  await store.mark("id-1", "It was refused.");
  const rows = await onDisk();
  assert.equal(rows.length, 1);
  assert.ok(!/sleep|letter/.test(JSON.stringify(rows)), JSON.stringify(rows));
  const [again] = await (await open("me", "here")).list("c");
  assert.deepEqual(again, { ...text("I did not sleep"), client_id: "id-1", attachments, why: "It was refused." });
});

test("what another key has sealed cannot be read, and stays until it is discarded", async () => {
  fresh();
  const before = await open("me", "here");
  await before.add("c", text("a"));
  await before.add("c", text("b"));
  await before.mark("id-b", "It was refused.");
  const lost = (/** @type {string} */ name, why = "") => ({ client_id: `id-${name}`, at: text(name).at, body: "", why, isLost: true });
  const other = await PendingStore.open("me", "here", await Seal.of(btoa("o".repeat(32))));
  assert.deepEqual(await other.list("c"), [lost("a"), lost("b", "It was refused.")]);
  assert.deepEqual(await other.conversations(), ["c"]);
  // With the key that sealed it, it is as it was: not stopped.
  assert.deepEqual((await before.list("c"))[0], text("a"));
  await other.remove("id-a");
  assert.deepEqual(await other.list("c"), [lost("b", "It was refused.")]);
  assert.equal((await onDisk()).length, 1);
});

test("without a seal nothing is written to the disk", async () => {
  fresh();
  const store = await PendingStore.open("me", "here", null);
  await store.add("c", text("a"));
  assert.deepEqual(await bodies(store), ["a"]);
  assert.equal(store.isKept, false);
  await open("me", "here"); // makes the table
  assert.deepEqual(await onDisk(), []);
});
