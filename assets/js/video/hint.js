/** The word on how good the connection is, at the top of the room; there is none without a connection. */
import { part } from "./find.js";
import { countOf, qualityOf } from "./quality.js";
import { word } from "./words.js";

/** @typedef {import("./peer.js").Peer} Peer */

export class Hint {
  /** @type {Peer | null} */
  #peer = null;
  /** @type {import("./quality.js").Count | null} */
  #counted = null;
  /** @type {import("./quality.js").Quality | ""} */
  #quality = "";
  #label = part("[data-quality]");

  /** @param {Peer | null} peer of whose connection it is from now on */
  follow(peer) {
    this.#peer = peer;
    this.#counted = null;
    this.#quality = "";
    this.#label.hidden = true;
  }

  /** Measure what came since the last look. @returns {Promise<boolean>} whether it has become poor just now */
  async look() {
    const peer = this.#peer;
    if (peer?.state !== "connected") return false;
    /** @type {any[]} */
    const stats = [];
    (await peer.connection.getStats()).forEach((each) => stats.push(each));
    if (this.#peer !== peer) return false;
    const before = this.#counted;
    this.#counted = countOf(stats);
    if (!before) return false;
    const was = this.#quality;
    this.#quality = qualityOf(before, this.#counted);
    this.#label.hidden = false;
    this.#label.dataset.quality = this.#quality;
    part("[data-quality-word]", this.#label).textContent = word(`quality_${this.#quality}`);
    return this.#quality === "poor" && was !== "poor";
  }
}
