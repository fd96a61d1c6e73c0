/**
 * Put what floats beside what it was opened for: below it where there is room, else above, and within the messages:
 * over neither the list beside them nor, where it can be helped, the field below.
 * @param {HTMLElement} floating is shown already
 * @param {Element} anchor
 * @param {Element} room
 */
export function standBeside(floating, anchor, room) {
  const beside = anchor.getBoundingClientRect();
  const { width, height } = floating.getBoundingClientRect();
  const within = room.getBoundingClientRect();
  const left = Math.max(Math.max(0, within.left) + 8, Math.min(beside.right - width, Math.min(innerWidth, within.right) - width - 8));
  const below = beside.bottom + 4;
  const above = beside.top - height - 4;
  const top = below + height <= within.bottom ? below : above >= within.top ? above : Math.max(8, within.bottom - height);
  Object.assign(floating.style, { left: `${left}px`, top: `${top}px` });
}
