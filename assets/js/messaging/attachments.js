/** The files under a message, in the markup that the server made. */
import { sizeOf } from "./size.js";

/** @typedef {import("./types.js").Attachment} Attachment */

/** @param {HTMLElement} article @param {Partial<Attachment>[]} files */
export function attachmentsShow(article, files) {
  const list = article.querySelector("[data-attachments]");
  if (list) list.replaceChildren(...files.map(item));
}

/** @param {Partial<Attachment>} file */
function item(file) {
  const template = document.getElementById(file.thumbnail ? "attachment-picture" : "attachment-file");
  if (!(template instanceof HTMLTemplateElement)) throw new Error("no template for a file");
  const made = template.content.querySelector("li")?.cloneNode(true);
  if (!(made instanceof HTMLElement)) throw new Error("no item for a file");
  const link = made.querySelector("a");
  if (link) {
    // What waits to be sent can be fetched by nobody.
    if (file.url) link.href = file.url;
    if (link.dataset.label) link.setAttribute("aria-label", link.dataset.label.replace("%s", file.name ?? ""));
  }
  const picture = made.querySelector("img");
  if (picture && file.thumbnail) {
    Object.assign(picture, { src: file.thumbnail, alt: file.name ?? "" });
    if (file.width && file.height) Object.assign(picture, { width: file.width, height: file.height });
  }
  for (const name of made.querySelectorAll("[data-name]")) name.textContent = file.name ?? "";
  for (const size of made.querySelectorAll("[data-size]")) size.textContent = sizeOf(file.size ?? 0);
  return made;
}
