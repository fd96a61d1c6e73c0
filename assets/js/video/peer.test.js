import assert from "node:assert/strict";
import { test } from "node:test";
import { signalRead, wayOf } from "./peer.js";

test("offers and candidates are read", () => {
  const description = { type: "offer", sdp: "v=0" };
  assert.deepEqual(signalRead(JSON.stringify({ of: "a", description })), { of: "a", description });
  assert.deepEqual(signalRead('{"of": "a", "candidate": {"candidate": ""}}'), { of: "a", candidate: { candidate: "" } });
});

test("through the relay alone, where the server says so", () => {
  const servers = [{ urls: ["turn:a.example"] }];
  assert.deepEqual(wayOf(servers, true), { iceServers: servers, iceTransportPolicy: "relay" });
  assert.deepEqual(wayOf(servers, false), { iceServers: servers, iceTransportPolicy: "all" });
});

for (const bad of ["", "null", "[]", '"x"', "{", '{"of": 1}', '{"of": "a"}', '{"of": "a", "description": {"type": "evil", "sdp": ""}}', 5]) {
  test(`${bad} is none`, () => assert.equal(signalRead(bad), null));
}
