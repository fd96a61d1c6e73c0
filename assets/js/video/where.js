/**
 * Where the patient is and whom to call, on their therapist's page: as it is now, also when it is said or changed while the
 * page is open. It is looked up anew when there is news of it and when it is opened; where that fails, the page says so,
 * keeps what was known, and tries again with the next sign of life.
 */
import { UNATTENDED } from "../ui/unattended.js";
import { part } from "./find.js";

const WITHIN_MS = 5_000;

export class Where {
  #panel = part("[data-where]");
  #looks = 0;
  #failed = false;

  /** @param {import("./seat.js").Seat} seat @param {() => void} changed called when something else is known than was */
  constructor(seat, changed) {
    this.changed = changed;
    seat.addEventListener("arrival", (event) => {
      const at = /** @type {CustomEvent<string>} */ (event).detail;
      if (at !== this.#known || this.#failed) void this.#look(UNATTENDED);
    });
    const details = part("details", this.#panel);
    details.addEventListener("toggle", () => {
      if (details.hasAttribute("open")) void this.#look();
    });
  }

  get #told() {
    return part("[data-arrival]", this.#panel);
  }

  get #known() {
    return this.#told.dataset.arrival ?? "";
  }

  /** @param {Record<string, string>} [headers] */
  async #look(headers = {}) {
    const look = ++this.#looks;
    const known = this.#known;
    try {
      const answer = await fetch(this.#panel.dataset.where ?? "", {
        headers,
        redirect: "error",
        cache: "no-store",
        signal: AbortSignal.timeout(WITHIN_MS),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = document.createRange().createContextualFragment(await answer.text());
      const told = part("[data-arrival]", fresh);
      if (look !== this.#looks) return;
      this.#failed = false;
      this.#told.replaceWith(told);
      if (known && known !== this.#known) this.changed();
    } catch {
      if (look !== this.#looks) return;
      this.#failed = true;
      part("[data-where-failed]", this.#told).hidden = false;
    }
  }
}
