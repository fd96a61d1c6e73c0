/** The try of one's devices: what works, and what to do about what does not. */
import { Refused } from "../realtime/socket.js";
import { levelWatch, soundPlay } from "./devices.js";
import { part, parts } from "./find.js";
import { wayOf } from "./peer.js";
import { reachTry } from "./reach.js";
import { word } from "./words.js";

/** @typedef {import("./devices.js").Kind} Kind */

const HEARD = 12;
/** @type {readonly Kind[]} */
const KINDS = ["camera", "microphone"];

export class Check {
  /** @type {() => void} */
  #unwatch = () => undefined;
  /** @type {MediaStreamTrack | null} */
  #watched = null;

  /**
   * @param {import("./devices.js").Devices} devices
   * @param {import("./seat.js").Seat} seat
   */
  constructor(devices, seat) {
    this.devices = devices;
    this.seat = seat;
    devices.addEventListener("change", () => this.#show());
    for (const select of parts("[data-pick]")) {
      select.addEventListener("change", () => {
        if (select instanceof HTMLSelectElement) void devices.pick(/** @type {Kind} */ (select.dataset.pick), select.value);
      });
    }
  }

  /** All of it, from the start. */
  async run() {
    await this.devices.start();
    await this.#devicesList();
    await this.#network();
  }

  /** Nothing is measured any more. */
  stop() {
    this.#unwatch();
    this.#unwatch = () => undefined;
    this.#watched = null;
  }

  async sound() {
    try {
      await soundPlay();
      this.#say("speaker", "good", "speaker_asked");
    } catch {
      this.#say("speaker", "bad", "failed");
    }
  }

  async #network() {
    this.#say("network", "waits", "");
    try {
      const { ice_servers, relayed } = await this.seat.look();
      // The TURN servers are told with the seat alone: before it, whether one is found at all is tried.
      const hasRelay = ice_servers.some(({ username }) => username);
      const reach = await reachTry(wayOf(ice_servers, relayed && hasRelay));
      this.#say("network", reach === "network_none" ? "bad" : reach === "network_local" ? "fair" : "good", reach);
    } catch (error) {
      const detail = error instanceof Refused ? (error.error.detail ?? "") : "";
      this.#say("network", "bad", "network_offline", detail);
    }
  }

  #show() {
    for (const kind of KINDS) {
      const fault = this.devices.faults[kind];
      if (this.devices[kind]) this.#say(kind, "good", `${kind}_good`);
      else if (fault) this.#say(kind, "bad", fault);
    }
    const track = this.devices.microphone;
    if (track === this.#watched) return;
    this.stop();
    this.#watched = track;
    const meter = part("[data-level]");
    if (!track || !(meter instanceof HTMLMeterElement)) return;
    let heard = false;
    this.#unwatch = levelWatch(track, (level) => {
      meter.value = level;
      if (heard || level < HEARD) return;
      heard = true;
      this.#say("microphone", "good", "microphone_heard");
    });
  }

  /** @param {string} test @param {"waits" | "good" | "fair" | "bad"} state @param {string} key @param {string} [detail] */
  #say(test, state, key, detail = "") {
    const row = part(`[data-test="${test}"]`);
    row.dataset.state = state;
    const said = part("[data-said]", row);
    if (key) said.textContent = detail || word(key);
  }

  async #devicesList() {
    let choices = 0;
    for (const kind of KINDS) {
      const select = part(`[data-pick="${kind}"]`);
      if (!(select instanceof HTMLSelectElement)) continue;
      const found = await this.devices.list(kind);
      const current = this.devices[kind]?.getSettings().deviceId ?? "";
      select.replaceChildren(...found.map((each) => new Option(each.label || each.id, each.id, false, each.id === current)));
      choices += found.length > 1 ? 1 : 0;
    }
    part("[data-devices]").hidden = choices === 0;
  }
}
