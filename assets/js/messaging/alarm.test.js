import assert from "node:assert/strict";
import { test } from "node:test";

import { Alarm } from "./alarm.js";

const keeping = () => {
  const held = new Map();
  return { getItem: (/** @type {string} */ key) => held.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => void held.set(key, value), removeItem: (/** @type {string} */ key) => void held.delete(key) };
};

/** @param {NotificationPermission} permission @param {NotificationPermission} answer */
const browser = (permission, answer = permission) => {
  /** @type {{ title: string, options: object }[]} */
  const shown = [];
  let asked = 0;
  class Made {
    static permission = permission;
    static async requestPermission() {
      asked += 1;
      return (Made.permission = answer);
    }
    /** @param {string} title @param {object} options */
    constructor(title, options) {
      shown.push({ title, options });
    }
  }
  return { made: /** @type {any} */ (Made), shown, asked: () => asked };
};

test("nothing is asked, and nothing shown, before somebody wants it", async () => {
  const { made, shown, asked } = browser("default", "granted");
  const alarm = new Alarm("p", "New message in Bloom", made, keeping());
  alarm.ring(() => {});
  assert.deepEqual([alarm.standing, asked(), shown.length], ["off", 0, 0]);
  assert.equal(await alarm.toggle(), "on");
  alarm.ring(() => {});
  assert.deepEqual(shown, [{ title: "New message in Bloom", options: { tag: "bloom.messages" } }]);
  assert.equal(await alarm.toggle(), "off");
  alarm.ring(() => {});
  assert.deepEqual([asked(), shown.length], [1, 1]);
});

test("leave that the browser gave to one person is not another's wish", async () => {
  const { made } = browser("granted");
  const kept = keeping();
  assert.equal(await new Alarm("p", "New", made, kept).toggle(), "on");
  assert.equal(new Alarm("p", "New", made, kept).standing, "on");
  assert.equal(new Alarm("q", "New", made, kept).standing, "off");
});

test("a refusal is respected, and a browser without any has none", async () => {
  const { made, shown } = browser("default", "denied");
  const alarm = new Alarm("p", "New", made, keeping());
  assert.equal(await alarm.toggle(), "refused");
  assert.equal(await alarm.toggle(), "refused");
  alarm.ring(() => {});
  assert.equal(shown.length, 0);
  assert.equal(new Alarm("p", "New", undefined, keeping()).standing, "none");
});
