import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** How long it was waited, each time. @type {number[]} */
const pauses = [];
globalThis.window = /** @type {any} */ ({
  setTimeout: (/** @type {() => void} */ work, /** @type {number} */ pause) => (pauses.push(pause), setTimeout(work, 0)),
});
globalThis.document = /** @type {any} */ ({ cookie: "bloom_csrf=token" });
const { follow } = await import("./upload.js");

/** What the server says, one after the other. @type {(() => Response)[]} */
let answers;
/** @type {string[]} */
let asked;
const never = new AbortController().signal;
/** @param {string} status */
const told = (status) => () => new Response(JSON.stringify({ id: "u", status, name: "plan.pdf" }));
/** @param {number} status @param {object} problem */
const refused = (status, problem) => () => new Response(JSON.stringify(problem), { status });
const lost = () => {
  throw new TypeError("Failed to fetch");
};

beforeEach(() => {
  pauses.length = 0;
  asked = [];
  globalThis.fetch = async (address, options) => {
    asked.push(`${options?.method} ${address}`);
    const answer = answers.shift();
    if (!answer) throw new Error("asked too often");
    return answer();
  };
});

test("a file is looked at until it is ready", async () => {
  answers = [told("checking"), told("checking"), told("ready")];
  assert.equal((await follow("u", never)).status, "ready");
  assert.deepEqual(asked, Array(3).fill("GET /api/v1/uploads/u/"));
});

test("a lost answer, a proxy without a server and too many questions forget no file that has arrived", async () => {
  answers = [
    lost,
    () => new Response("<h1>502 Bad Gateway</h1>", { status: 502 }),
    refused(503, { code: "unavailable", detail: "Not now." }),
    refused(429, { code: "rate_limited", retry_after: 7 }),
    told("checking"),
    lost,
    told("ready"),
  ];
  assert.equal((await follow("u", never)).status, "ready");
  // Slower each time, and not before the server allows it; then from the beginning.
  assert.deepEqual(pauses, [1000, 2000, 4000, 15_000, 400, 1000]);
});

test("the pauses have an end", async () => {
  answers = [...Array(8).fill(lost), told("ready")];
  await follow("u", never);
  assert.equal(pauses.at(-1), 30_000);
});

for (const status of ["waiting", "arrived"]) {
  test(`a page that went too early (${status}) says now that all was sent`, async () => {
    answers = [told(status), lost, told("checking"), told("ready")];
    assert.equal((await follow("u", never)).status, "ready");
    assert.deepEqual(asked.slice(1, 3), Array(2).fill("POST /api/v1/uploads/u/complete/"));
  });
}

for (const code of ["not_found", "upload_missing", "unauthenticated"]) {
  test(`${code} is an answer`, async () => {
    answers = [refused(404, { code })];
    await assert.rejects(follow("u", never), { error: { code } });
  });
}

test("what was removed is asked for no more", async () => {
  const stop = new AbortController();
  answers = [() => (stop.abort(), lost())];
  await assert.rejects(follow("u", stop.signal), { name: "AbortError" });
  assert.equal(asked.length, 1);
});
