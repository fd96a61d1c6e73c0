import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "fake-indexeddb/auto";

globalThis.window = /** @type {any} */ ({ clearTimeout, setTimeout: (/** @type {any} */ work) => later.push(work) });
const { Outbox } = await import("./outbox.js");
const { PendingStore } = await import("./pending.js");
const { Seal } = await import("./seal.js");
const seal = await Seal.of(btoa("m".repeat(32)));
const { Refused } = await import("../realtime/socket.js");

/** @type {(() => void)[]} */
const later = [];

class Socket extends EventTarget {
  state = "open";
  isStuck = false;
  /** @type {any[]} */
  asked = [];
  /** @type {((frame: any) => any)[]} */
  answers = [];

  /** @param {string} type @param {any} fields */
  async ask(type, fields) {
    this.asked.push(fields);
    const answer = this.answers.shift();
    if (answer) return answer(fields);
    return { ...fields, id: `m-${fields.client_id}` };
  }
}

/** @type {InstanceType<typeof PendingStore>} */
let store;
/** @type {any} */
let socket;
/** @type {any[]} */
let told;
/** @type {InstanceType<typeof Outbox>} */
let outbox;

beforeEach(async () => {
  store = await PendingStore.open("me", "", seal);
  for (const each of await store.list("c")) await store.remove(each.client_id);
  socket = new Socket();
  told = [];
  outbox = new Outbox(socket, "c", store, {
    changed: (pending) => told.push(["changed", pending.body, pending.why]),
    sent: (message) => told.push(["sent", message.body]),
    refused: async (pending, error) => {
      told.push(["refused", pending.body, error.code]);
      await outbox.take(pending.client_id);
    },
  });
});

const kept = () => store.list("c");
/** Until nothing has happened for a while. */
async function settled() {
  for (let before = "", quiet = 0; quiet < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = JSON.stringify([socket.asked, told, await kept()]);
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}
/** @param {any} error */
const refuse = (error) => () => Promise.reject(new Refused(error));

test("what is written goes out in its order, one after the other", async () => {
  await outbox.add("one");
  await outbox.add("two");
  await settled();
  assert.deepEqual(socket.asked.map((/** @type {any} */ each) => each.body), ["one", "two"]);
  assert.deepEqual(await kept(), []);
});

test("what could not be sent is kept, and sent again with the same id", async () => {
  socket.answers = [refuse({ code: "unavailable" })];
  await outbox.add("one");
  await settled();
  socket.answers = [refuse({ code: "unavailable" })];
  await outbox.add("two");
  await settled();
  assert.equal((await kept()).length, 2);
  socket.dispatchEvent(new Event("state"));
  await settled();
  const [first, again, oncemore, second] = socket.asked;
  assert.equal(new Set([first, again, oncemore].map((each) => each.client_id)).size, 1);
  assert.equal(second.body, "two");
  assert.deepEqual(await kept(), []);
});

test("without a socket nothing is asked and nothing is lost", async () => {
  socket.state = "waiting";
  await outbox.add("one");
  await settled();
  assert.equal(socket.asked.length, 0);
  assert.equal((await kept()).length, 1);
});

test("a refusal stops its own message alone", async () => {
  socket.answers = [refuse({ code: "message_blocked" })];
  await outbox.add("bad");
  await outbox.add("good");
  await settled();
  assert.deepEqual(told.filter(([what]) => what !== "changed"), [["refused", "bad", "message_blocked"], ["sent", "good"]]);
});

test("too fast: tried again after the time that the server names", async () => {
  socket.answers = [refuse({ code: "rate_limited", retry_after: 1 })];
  await outbox.add("one");
  await settled();
  assert.equal((await kept()).length, 1);
  later.pop()?.();
  await settled();
  assert.deepEqual(await kept(), []);
});

test("what was stopped waits for its writer", async () => {
  socket.state = "waiting";
  await outbox.add("one");
  const [stopped] = await kept();
  await outbox.stop(stopped, "The conversation has ended.");
  socket.state = "open";
  socket.dispatchEvent(new Event("state"));
  await settled();
  assert.equal(socket.asked.length, 0);
  assert.equal((await kept())[0].why, "The conversation has ended.");
  await outbox.retry(stopped.client_id);
  await settled();
  assert.equal(socket.asked.length, 1);
});

test("one that always fails stops holding up the others", async () => {
  socket.answers = [1, 2, 3, 4].map(() => refuse({ code: "unavailable" }));
  await outbox.add("poison");
  await outbox.add("good");
  await settled();
  for (let turn = 0; turn < 3; turn++) {
    later.pop()?.();
    await settled();
  }
  assert.deepEqual(told.filter(([what]) => what !== "changed"), [["refused", "poison", "unavailable"], ["sent", "good"]]);
});

/** As the browser's: one after the other, of all tabs. */
function locks() {
  /** @type {Map<string, Promise<unknown>>} */
  const last = new Map();
  return {
    /** @param {string} name @param {() => Promise<unknown>} work */
    request(name, work) {
      const turn = (last.get(name) ?? Promise.resolve()).then(work);
      last.set(name, turn.catch(() => undefined));
      return turn;
    },
  };
}

test("of two tabs one sends what waits, and the other finds it sent", async () => {
  Object.defineProperty(globalThis, "navigator", { value: { locks: locks() }, configurable: true });
  socket.state = "waiting";
  await outbox.add("one");
  await outbox.add("two");
  const elsewhere = new Socket();
  const other = new Outbox(/** @type {any} */ (elsewhere), "c", await PendingStore.open("me", "", seal), {
    changed: () => undefined,
    sent: () => undefined,
    refused: async () => undefined,
  });
  socket.state = "open";
  await Promise.all([outbox.flush(), other.flush()]);
  await settled();
  assert.deepEqual([...socket.asked, ...elsewhere.asked].map((each) => each.body), ["one", "two"]);
  assert.deepEqual(await kept(), []);
});

test("what is written while the last one goes out goes out, too", async () => {
  /** @type {Promise<void> | undefined} */
  let second;
  socket.answers = [(/** @type {any} */ fields) => ((second = outbox.add("two")), fields)];
  await outbox.add("one");
  await settled();
  await second;
  await settled();
  assert.deepEqual(socket.asked.map((/** @type {any} */ each) => each.body), ["one", "two"]);
});

test("where no socket is let through, the message goes by REST", async () => {
  /** @type {any[]} */
  const calls = [];
  globalThis.document = /** @type {any} */ ({ cookie: "a=b; bloom_csrf=token" });
  globalThis.fetch = async (address, options) => {
    calls.push([address, options?.headers?.["X-CSRFToken"], JSON.parse(options?.body ?? "{}").body]);
    return new Response(JSON.stringify({ body: "one" }), { status: 201 });
  };
  socket.state = "waiting";
  await outbox.add("one");
  await settled();
  assert.deepEqual(calls, []);
  socket.isStuck = true;
  socket.dispatchEvent(new Event("stuck"));
  await settled();
  assert.deepEqual(calls, [["/api/v1/conversations/c/messages/", "token", "one"]]);
  assert.deepEqual(await kept(), []);
});

test("what REST refuses says why", async () => {
  globalThis.fetch = async () => new Response(JSON.stringify({ code: "message_blocked", categories: ["spam"] }), { status: 422 });
  socket.state = "waiting";
  socket.isStuck = true;
  await outbox.add("one");
  await settled();
  assert.deepEqual(told.at(-1), ["refused", "one", "message_blocked"]);
});

/** An outbox of a conversation that is not open: it has no words for a failure. */
function wordless() {
  /** @type {InstanceType<typeof Outbox>} */
  const box = new Outbox(socket, "c", store, {
    changed: () => undefined,
    sent: (message) => told.push(["sent", message.body]),
    refused: (pending, error) => (told.push(["refused", pending.body]), box.stop(pending, error.detail ?? "")),
  });
  return box;
}

test("one that is stopped without a word does not go round and round", async () => {
  socket.answers = [refuse({ code: "not_found" })];
  const box = wordless();
  await box.add("one");
  await settled();
  await box.flush();
  assert.equal(socket.asked.length, 1);
  assert.deepEqual(told, [["refused", "one"]]);
  assert.equal((await kept())[0].why, "");
  await box.retry((await kept())[0].client_id);
  await settled();
  assert.deepEqual(told.at(-1), ["sent", "one"]);
});

for (const [name, answer] of /** @type {[string, () => Response][]} */ ([
  ["there is no server", () => { throw new TypeError("Failed to fetch"); }],
  ["a proxy speaks in its place", () => new Response("<h1>502 Bad Gateway</h1>", { status: 502 })],
  ["a network asks to sign in first", () => new Response("<h1>Welcome to the hotel</h1>")],
])) {
  test(`while ${name} nothing is given up, however long`, async () => {
    let asked = 0;
    globalThis.fetch = async () => (asked++, answer());
    socket.state = "waiting";
    socket.isStuck = true;
    await outbox.add("one");
    await settled();
    for (let turn = 0; turn < 8; turn++) {
      later.pop()?.();
      await settled();
    }
    assert.equal(asked, 9);
    assert.deepEqual(told, [["changed", "one", undefined]]);
    socket.state = "open";
    socket.dispatchEvent(new Event("state"));
    await settled();
    assert.deepEqual(told.at(-1), ["sent", "one"]);
  });
}

test("what the server itself cannot do, four times, is stopped by REST, too", async () => {
  globalThis.fetch = async () => new Response(JSON.stringify({ code: "unavailable", detail: "Not now." }), { status: 503 });
  socket.state = "waiting";
  socket.isStuck = true;
  await outbox.add("one");
  await settled();
  for (let turn = 0; turn < 3; turn++) {
    later.pop()?.();
    await settled();
  }
  assert.deepEqual(told.at(-1), ["refused", "one", "unavailable"]);
});

test("one that can no longer be read is not sent, holds up no other, and is there to be discarded", async () => {
  socket.state = "waiting";
  await outbox.add("one");
  const [first] = await kept();
  const other = await PendingStore.open("me", "", await Seal.of(btoa("o".repeat(32))));
  store = other;
  outbox = new Outbox(socket, "c", other, { changed: () => undefined, sent: () => undefined, refused: async () => undefined });
  await outbox.add("two");
  socket.state = "open";
  await outbox.flush();
  await outbox.retry(first?.client_id ?? "");
  await settled();
  assert.deepEqual(socket.asked.map((/** @type {any} */ each) => each.body), ["two"]);
  assert.deepEqual((await kept()).map(({ client_id, isLost }) => [client_id, isLost]), [[first?.client_id, true]]);
  await outbox.take(first?.client_id ?? "");
  assert.deepEqual(await kept(), []);
});
