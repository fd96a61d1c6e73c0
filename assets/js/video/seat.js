/**
 * One's seat in the room, kept over the socket: joins, says every few seconds that it is still there, joins again
 * after a break, hears who else is there. Contract: docs/socket.md.
 */
import { BloomSocket, Refused } from "../realtime/socket.js";

/** @typedef {{ role: "patient" | "therapist", device: string }} Guest */
/** @typedef {{ here: Guest[], waiting: boolean, ended: boolean }} Room */
/** @typedef {Room & { appointment: string, role: string, polite: boolean, joined: boolean, ice_servers: RTCIceServer[], relayed: boolean, arrival_at: string | null }} OwnRoom */

const BEAT_MS = 8_000;
const OPENS_MS = 150;
const OPENS_TRIES = 60;
/** Refusals after which trying again is pointless until something else changes. */
const FINAL = new Set(["room_closed", "not_found", "not_allowed", "consent_needed", "arrival_needed", "insufficient_scope"]);

/**
 * Tells "room" (detail: Room) with every news, "signal" (detail: { from, data }), "arrival" (detail: when the patient said
 * last where they are, or ""; for the therapist), "replaced", "refused" (detail: words), "lost" and "found" of the socket,
 * "signedout".
 */
export class Seat extends EventTarget {
  device = crypto.randomUUID();
  polite = true;
  /** @type {RTCIceServer[]} */
  iceServers = [];
  /** Whether the two meet through the TURN server alone. */
  relayed = false;
  /** Whether this page means to sit in the room. */
  wants = false;
  #beat = 0;
  #joining = false;

  /** @param {string} appointment */
  constructor(appointment) {
    super();
    this.appointment = appointment;
    this.socket = new BloomSocket(`${location.origin.replace(/^http/, "ws")}/ws/v1/`);
    this.socket.addEventListener("frame", (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    this.socket.addEventListener("state", (event) => this.#socketIs(/** @type {CustomEvent} */ (event).detail));
  }

  connect() {
    this.socket.connect();
  }

  /** How the room is, without sitting down. @returns {Promise<OwnRoom>} rejects with Refused */
  async look() {
    await this.#opened();
    return this.#took(await this.#ask("state"));
  }

  /** Sit down, and stay. @returns {Promise<OwnRoom>} rejects with Refused */
  async join() {
    this.wants = true;
    try {
      await this.#opened();
      return await this.#join();
    } catch (error) {
      this.wants = false;
      throw error;
    }
  }

  /** Another page of the same person has this seat now: coming back takes a new name. */
  renew() {
    this.device = crypto.randomUUID();
  }

  async leave() {
    this.#stay(false);
    await this.#ask("leave").catch(() => undefined);
  }

  async admit() {
    this.#took(await this.#ask("admit"));
  }

  async end() {
    this.#took(await this.#ask("end"));
  }

  /** @param {string} to @param {unknown} data */
  signal(to, data) {
    // A signal that is lost costs a restart of the connection, which its own state asks for.
    this.#ask("signal", { to, data: JSON.stringify(data) }).catch(() => undefined);
  }

  /** @param {string} what @param {Record<string, unknown>} [fields] @returns {Promise<any>} */
  #ask(what, fields = {}) {
    return this.socket.ask(`video:${what}`, { appointment: this.appointment, ...fields });
  }

  /** The socket may be opening only now. */
  async #opened() {
    for (let tries = 0; this.socket.state !== "open" && tries < OPENS_TRIES; tries++) {
      await new Promise((resolve) => window.setTimeout(resolve, OPENS_MS));
    }
  }

  async #join() {
    this.#joining = true;
    try {
      const room = this.#took(await this.#ask("join", { device: this.device }));
      this.#stay(true);
      return room;
    } finally {
      this.#joining = false;
    }
  }

  /** @param {boolean} on */
  #stay(on) {
    this.wants = on;
    window.clearInterval(this.#beat);
    this.#beat = on ? window.setInterval(() => void this.#still(), BEAT_MS) : 0;
  }

  async #still() {
    try {
      const room = this.#took(await this.#ask("state"));
      // A machine that slept too long has lost its seat.
      if (this.wants && !room.joined && !room.ended && !this.#joining) await this.#join();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Refused) || !FINAL.has(error.error.code) || !this.wants) return;
    this.#stay(false);
    this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
  }

  /** @param {OwnRoom} room */
  #took(room) {
    this.polite = room.polite;
    this.iceServers = room.ice_servers;
    this.relayed = room.relayed;
    this.#arrived(room.arrival_at);
    this.#tell(room);
    return room;
  }

  /** @param {string | null} at */
  #arrived(at) {
    this.dispatchEvent(new CustomEvent("arrival", { detail: at ?? "" }));
  }

  /** @param {Room} room */
  #tell(room) {
    if (room.ended) this.#stay(false);
    this.dispatchEvent(new CustomEvent("room", { detail: room }));
  }

  /** @param {any} frame */
  #heard(frame) {
    if (frame.type === "message:receive") this.dispatchEvent(new CustomEvent("message", { detail: frame }));
    if (frame.appointment !== this.appointment || !this.wants) return;
    if (frame.type === "video:state") this.#tell(frame);
    if (frame.type === "video:arrival") this.#arrived(frame.arrival_at);
    if (frame.type === "video:signal") this.dispatchEvent(new CustomEvent("signal", { detail: frame }));
    if (frame.type === "video:replaced") {
      this.#stay(false);
      this.dispatchEvent(new Event("replaced"));
    }
  }

  /** @param {string} state */
  #socketIs(state) {
    if (state === "ended") this.dispatchEvent(new Event("signedout"));
    if (state === "waiting") this.dispatchEvent(new Event("lost"));
    if (state !== "open") return;
    this.dispatchEvent(new Event("found"));
    if (this.wants && !this.#joining) this.#join().catch((error) => this.#failed(error));
  }
}
