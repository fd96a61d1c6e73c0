/** Words of the page's own language, which the server put there. */
import { template } from "./find.js";

export class Words {
  /** @param {string} key @param {string} [inside] replaces %s */
  of(key, inside = "") {
    return template("words").querySelector(`[data-word="${key}"]`)?.textContent?.replace("%s", inside) ?? "";
  }

  /** Why a text was flagged. @param {string[]} categories @returns {string[]} */
  reasons(categories) {
    const known = template("reasons");
    return categories.map((category) => known.querySelector(`[data-category="${category}"]`)?.textContent?.trim() ?? "").filter(Boolean);
  }
}
