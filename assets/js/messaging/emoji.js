/**
 * The emoji that people can choose from, loaded when they are first asked for (assets/emoji.js writes them), and how
 * one finds and reaches one of them.
 *
 * @typedef {[emoji: string, name: string, keywords: string]} Emoji
 * @typedef {[slug: string, emojis: Emoji[]]} Group
 */

const MOST_FOUND = 70;

/** @type {Map<string, Promise<Group[]>>} */
const loading = new Map();

/** All of them, by group. Rejects when they cannot be had, and may be asked again. @param {string} address @returns {Promise<Group[]>} */
export function emojiLoad(address) {
  const standing = loading.get(address);
  if (standing) return standing;
  const asked = fetch(address).then(async (answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  });
  loading.set(address, asked);
  asked.catch(() => loading.delete(address));
  return asked;
}

/**
 * Those of which each word begins with one that was typed; the best first: what is called so, then what is meant.
 * @param {Group[]} groups @param {string} typed
 * @returns {Emoji[]}
 */
export function emojiFind(groups, typed) {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  /** @type {Emoji[][]} */
  const found = [[], [], []];
  for (const [, emojis] of groups) {
    for (const each of emojis) {
      const rank = rankOf(each, wanted);
      if (rank !== null) found[rank]?.push(each);
    }
  }
  return found.flat().slice(0, MOST_FOUND);
}

/** @param {Emoji} emoji @param {string[]} wanted */
function rankOf([sign, name, keywords], wanted) {
  const called = name.toLowerCase();
  if (wanted.length === 1 && wanted[0] === sign) return 0;
  if (called.startsWith(wanted.join(" "))) return 0;
  const begins = (/** @type {string} */ text, /** @type {string} */ word) => text.split(/[^\p{L}\p{N}]+/u).some((each) => each.startsWith(word));
  if (wanted.every((word) => begins(called, word))) return 1;
  return wanted.every((word) => begins(called, word) || begins(keywords, word)) ? 2 : null;
}

/**
 * Where a key leads in a grid: along its rows, from the end of one to the beginning of the next; up and down in the
 * column, or to the end of a shorter row; by page to the beginning of the group before or after.
 * @param {number[]} rows how many stand in each
 * @param {number[]} groups the rows with which groups begin
 * @param {{ row: number, column: number }} at
 * @param {string} key
 * @param {boolean} [isWhole] with Ctrl: Home and End of the whole grid
 * @returns {{ row: number, column: number } | null} null where a key leads nowhere
 */
export function gridStep(rows, groups, { row, column }, key, isWhole = false) {
  const last = rows.length - 1;
  const end = (/** @type {number} */ of) => (rows[of] ?? 1) - 1;
  const within = (/** @type {number} */ to) => ({ row: to, column: Math.min(column, end(to)) });
  switch (key) {
    case "ArrowRight":
      return column < end(row) ? { row, column: column + 1 } : row < last ? { row: row + 1, column: 0 } : { row, column };
    case "ArrowLeft":
      return column > 0 ? { row, column: column - 1 } : row > 0 ? { row: row - 1, column: end(row - 1) } : { row, column };
    case "ArrowDown":
      return row < last ? within(row + 1) : { row, column };
    case "ArrowUp":
      return row > 0 ? within(row - 1) : null;
    case "Home":
      return { row: isWhole ? 0 : row, column: 0 };
    case "End":
      return isWhole ? { row: last, column: end(last) } : { row, column: end(row) };
    case "PageDown":
      return { row: groups.find((first) => first > row) ?? last, column: 0 };
    case "PageUp":
      return { row: groups.filter((first) => first < row).at(-1) ?? 0, column: 0 };
    default:
      return null;
  }
}
