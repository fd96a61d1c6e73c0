/** @typedef {"edit" | "copy" | "history" | "delete"} Deed */
/**
 * @typedef {{
 *   isOwn: boolean, isTherapist: boolean, isEnded: boolean, hasText: boolean, isEdited: boolean, isDeleted: boolean,
 *   age: number, editSeconds: number,
 * }} Standing
 */

/** What may be done with a message now, as messaging/rules.py has it. @param {Standing} standing @returns {Set<Deed>} */
export function deeds(standing) {
  const { isOwn, isTherapist, isEnded, hasText, isEdited, isDeleted, age, editSeconds } = standing;
  const mine = isOwn && !isEnded && !isDeleted;
  /** @type {[Deed, boolean][]} */
  const all = [
    ["edit", mine && hasText && age < editSeconds],
    ["copy", hasText],
    ["history", (isOwn || isTherapist) && (isEdited || isDeleted)],
    ["delete", mine],
  ];
  return new Set(all.filter(([, may]) => may).map(([deed]) => deed));
}

const EMOJIS_A_ROW = 6;

/**
 * Where the arrow down leads from place `at` of a menu that begins with `emojis` in rows: to the one below, from
 * their last row to what follows them.
 * @param {number} at @param {number} emojis
 */
export const rowDown = (at, emojis) => (at >= emojis ? at + 1 : Math.min(at + EMOJIS_A_ROW, emojis));

/**
 * Where the arrow up leads: to the one above, from what follows the emojis to the beginning of their last row.
 * @param {number} at @param {number} emojis
 */
export function rowUp(at, emojis) {
  if (at > emojis || at <= 0) return at - 1;
  if (at === emojis) return emojis === 0 ? -1 : emojis - 1 - ((emojis - 1) % EMOJIS_A_ROW);
  return at < EMOJIS_A_ROW ? -1 : at - EMOJIS_A_ROW;
}
