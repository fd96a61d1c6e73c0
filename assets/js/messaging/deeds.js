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
