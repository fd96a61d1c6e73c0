/**
 * Addresses in what people write become links: one rule, for what the server drew and for what comes later.
 * Nothing is fetched to find out what stands behind one.
 *
 * @typedef {{ text: string, href?: string, host?: string }} Part
 */

const ADDRESS = /\bhttps?:\/\/[^\s\p{C}<>"]+/giu;
/** What follows an address in a sentence, and is no part of it. */
const AFTER = /[.,;:!?'’”»…*_]$/u;
/** @type {Record<string, string>} */
const OPENS = { ")": "(", "]": "[", "}": "{" };

/**
 * A text in parts, in order and complete. `href` is where a link leads; `host`, when its name is written with
 * letters that may be mistaken for others, is what the name truly is.
 * @param {string} text @returns {Part[]}
 */
export function parts(text) {
  /** @type {Part[]} */
  const found = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const typed = trimmed(match[0]);
    const address = parse(typed);
    if (!address) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index) });
    done = match.index + typed.length;
    const { href, hostname } = address;
    found.push({ text: typed, href, ...(hostname.split(".").some((label) => label.startsWith("xn--")) ? { host: hostname } : {}) });
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

/** Draw a text with its links. @param {Element} element @param {string} text */
export function linksShow(element, text) {
  element.replaceChildren(
    ...parts(text).map(({ text: words, href, host }) => {
      if (!href) return words;
      const link = document.createElement("a");
      Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer nofollow", className: "link", textContent: words, dir: "ltr" });
      // By the style sheet: what the message says stays what was typed.
      if (host) link.dataset.host = host;
      return link;
    }),
  );
}

/** @param {string} typed */
function trimmed(typed) {
  let address = typed;
  for (;;) {
    const last = address.at(-1) ?? "";
    const open = OPENS[last];
    const isLoose = open !== undefined && address.split(open).length < address.split(last).length;
    if (!isLoose && !AFTER.test(address)) return address;
    address = address.slice(0, -1);
  }
}

/** Where it leads, or nothing when it is no address that one should follow. @param {string} typed */
function parse(typed) {
  try {
    const address = new URL(typed);
    const isWeb = address.protocol === "https:" || address.protocol === "http:";
    // A name before an @ is there to be taken for the host.
    return isWeb && address.hostname.includes(".") && !address.username && !address.password ? address : null;
  } catch {
    return null;
  }
}
