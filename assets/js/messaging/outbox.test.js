import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.window = /** @type {any} */ ({ clearTimeout, setTimeout: (/** @type {any} */ work) => later.push(work) });
const { Outbox } = await import("./outbox.js");
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

/** @type {any} */
let keep;
/** @type {any} */
let socket;
/** @type {any[]} */
let told;
/** @type {InstanceType<typeof Outbox>} */
let outbox;

beforeEach(() => {
  keep = { pending: [] };
  socket = new Socket();
  told = [];
  outbox = new Outbox(socket, "c", keep, {
    changed: (pending) => told.push(["changed", pending.body, pending.why]),
    sent: (message) => told.push(["sent", message.body]),
    refused: (pending, error) => {
      told.push(["refused", pending.body, error.code]);
      outbox.take(pending.client_id);
    },
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
/** @param {any} error */
const refuse = (error) => () => Promise.reject(new Refused(error));

test("what is written goes out in its order, one after the other", async () => {
  outbox.add("one");
  outbox.add("two");
  await settled();
  assert.deepEqual(socket.asked.map((/** @type {any} */ each) => each.body), ["one", "two"]);
  assert.deepEqual(keep.pending, []);
});

test("what could not be sent is kept, and sent again with the same id", async () => {
  socket.answers = [refuse({ code: "unavailable" })];
  outbox.add("one");
  outbox.add("two");
  await settled();
  assert.equal(keep.pending.length, 2);
  socket.dispatchEvent(new Event("state"));
  await settled();
  const [first, again, second] = socket.asked;
  assert.equal(first.client_id, again.client_id);
  assert.equal(second.body, "two");
  assert.deepEqual(keep.pending, []);
});

test("without a socket nothing is asked and nothing is lost", async () => {
  socket.state = "waiting";
  outbox.add("one");
  await settled();
  assert.equal(socket.asked.length, 0);
  assert.equal(keep.pending.length, 1);
});

test("a refusal stops its own message alone", async () => {
  socket.answers = [refuse({ code: "message_blocked" })];
  outbox.add("bad");
  outbox.add("good");
  await settled();
  assert.deepEqual(told.filter(([what]) => what !== "changed"), [["refused", "bad", "message_blocked"], ["sent", "good"]]);
});

test("too fast: tried again after the time that the server names", async () => {
  socket.answers = [refuse({ code: "rate_limited", retry_after: 1 })];
  outbox.add("one");
  await settled();
  assert.equal(keep.pending.length, 1);
  later.pop()?.();
  await settled();
  assert.deepEqual(keep.pending, []);
});

test("what was stopped waits for its writer", async () => {
  socket.state = "waiting";
  outbox.add("one");
  outbox.stop(keep.pending[0], "The conversation has ended.");
  socket.state = "open";
  socket.dispatchEvent(new Event("state"));
  await settled();
  assert.equal(socket.asked.length, 0);
  outbox.retry(keep.pending[0].client_id);
  await settled();
  assert.equal(socket.asked.length, 1);
});

test("one that always fails stops holding up the others", async () => {
  socket.answers = [1, 2, 3, 4].map(() => refuse({ code: "unavailable" }));
  outbox.add("poison");
  outbox.add("good");
  await settled();
  for (let turn = 0; turn < 3; turn++) {
    later.pop()?.();
    await settled();
  }
  assert.deepEqual(told.filter(([what]) => what !== "changed"), [["refused", "poison", "unavailable"], ["sent", "good"]]);
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
  outbox.add("one");
  await settled();
  assert.deepEqual(calls, []);
  socket.isStuck = true;
  socket.dispatchEvent(new Event("stuck"));
  await settled();
  assert.deepEqual(calls, [["/api/v1/conversations/c/messages/", "token", "one"]]);
  assert.deepEqual(keep.pending, []);
});

test("what REST refuses says why", async () => {
  globalThis.fetch = async () => new Response(JSON.stringify({ code: "message_blocked", categories: ["spam"] }), { status: 422 });
  socket.state = "waiting";
  socket.isStuck = true;
  outbox.add("one");
  await settled();
  assert.deepEqual(told.at(-1), ["refused", "one", "message_blocked"]);
});
