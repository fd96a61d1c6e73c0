/** Names as people type them. */

/** Is this the name that is looked for, in any case? The server asks the same. @param {string} name @param {string} wanted */
export function isNamed(name, wanted) {
  const plain = (/** @type {string} */ text) => text.normalize("NFC").toLocaleLowerCase().trim().replace(/\s+/g, " ");
  return plain(name).includes(plain(wanted));
}
