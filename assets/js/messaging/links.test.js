import assert from "node:assert/strict";
import { test } from "node:test";

import { parts } from "./links.js";

const links = (/** @type {string} */ text) => parts(text).filter(({ href }) => href).map(({ text: typed }) => typed);

test("an address is a link, and the words around it stay", () => {
  assert.deepEqual(parts("See https://example.org/a?b=1#c, please."), [
    { text: "See " },
    { text: "https://example.org/a?b=1#c", href: "https://example.org/a?b=1#c" },
    { text: ", please." },
  ]);
});

test("what ends a sentence is no part of an address", () => {
  for (const [text, link] of [
    ["(https://example.org)", "https://example.org"],
    ["https://example.org/a_(b)", "https://example.org/a_(b)"],
    ["https://example.org/a).", "https://example.org/a"],
    ["https://example.org?!", "https://example.org"],
    ["“https://example.org/x”", "https://example.org/x"],
    ["HTTPS://EXAMPLE.ORG", "HTTPS://EXAMPLE.ORG"],
    ["<https://example.org/x>", "https://example.org/x"],
  ]) {
    assert.deepEqual(links(text ?? ""), [link], text);
  }
});

test("nothing else is followed", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "java\nscript:https://",
    "file:///etc/passwd",
    "ftp://example.org",
    "xhttps://example.org",
    "https://",
    "https://localhost/admin",
    "https://bank.example@evil.example/",
    "https://user:word@evil.example/",
    "https://exa mple",
    "example.org",
  ]) {
    assert.deepEqual(links(text), [], text);
  }
});

test("a name in other letters is shown as what it is", () => {
  const [link] = parts("https://аррӏе.com/login");
  assert.equal(link?.text, "https://аррӏе.com/login");
  assert.equal(link?.host, "xn--80ak6aa92e.com");
  assert.equal(parts("https://xn--80ak6aa92e.com/")[0]?.host, "xn--80ak6aa92e.com");
  assert.equal(parts("https://example.org/ä")[0]?.host, undefined);
});

test("no invisible or turning character becomes part of an address", () => {
  assert.deepEqual(links("https://example.org/\u202Efdp.exe"), ["https://example.org/"]);
  assert.deepEqual(links("https://exa\u200Bmple.org"), []);
});

test("whatever is written, nothing of it is lost and only the web is linked", () => {
  const pieces = ["https://", "http://", "a", ".org", " ", "\n", "(", ")", "@", "javascript:", "ä", "\u202E", "\0", "<", '"', "/", "?", "#", "%", "xn--", ":", "😀", "]", "["];
  let seed = 1;
  const next = () => (seed = (seed * 48271) % 2147483647);
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: 1 + (next() % 12) }, () => pieces[next() % pieces.length]).join("");
    const found = parts(text);
    assert.equal(found.map((part) => part.text).join(""), text);
    for (const { href } of found) if (href) assert.match(href, /^https?:\/\/[^@]*$|^https?:\/\/[^/?#@]+[/?#]/u);
  }
});
