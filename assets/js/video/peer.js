/**
 * The connection with the other's page: perfect negotiation, so that either side may offer at any time. What the
 * two are like (muted, sharing) goes from page to page on a channel of its own, and no server hears of it.
 *
 * A signal names the connection that it is of (`of`). A page that began anew has another one, and then this side
 * begins anew too: a connection that was set up with what is gone cannot be mended.
 */

/** @typedef {{ microphone: boolean, camera: boolean, sharing: boolean }} Manner */
/** @typedef {{ of: string, description?: RTCSessionDescriptionInit, candidate?: RTCIceCandidateInit | null }} Signal */

const MANNER_MOST = 500;
const FIRST_OFFER_MS = 2_000;

/**
 * How the two may reach each other: through the TURN server alone, neither learns the other's address.
 * @param {RTCIceServer[]} iceServers @param {boolean} relayed @returns {RTCConfiguration}
 */
export function wayOf(iceServers, relayed) {
  return { iceServers, iceTransportPolicy: relayed ? "relay" : "all" };
}

/**
 * Tells "stream" when picture or sound came or went, "state" when the connection changed, "manner" when the other did.
 */
export class Peer extends EventTarget {
  id = crypto.randomUUID();
  /** The other's connection, once it has spoken. */
  other = "";
  stream = new MediaStream();
  /** @type {Manner} */
  manner = { microphone: true, camera: true, sharing: false };
  #makingOffer = false;
  #ignoresOffer = false;
  #closed = false;
  /** Until it is the polite side's turn to begin. */
  #turn = 0;
  /** One signal after the other. @type {Promise<void>} */
  #queue = Promise.resolve();
  /** @type {Record<"audio" | "video", RTCRtpSender | null>} */
  #senders = { audio: null, video: null };

  /**
   * @param {{ polite: boolean, iceServers: RTCIceServer[], relayed: boolean, send: (signal: Signal) => void }} facts
   */
  constructor({ polite, iceServers, relayed, send }) {
    super();
    this.polite = polite;
    this.send = send;
    this.connection = new RTCPeerConnection(wayOf(iceServers, relayed));
    this.channel = this.connection.createDataChannel("manner", { negotiated: true, id: 0 });
    this.channel.addEventListener("open", () => this.mannerTell());
    this.channel.addEventListener("message", (event) => this.#mannerHear(event.data));
    /** @type {Manner} */
    this.ownManner = { microphone: true, camera: true, sharing: false };
    this.connection.addEventListener("negotiationneeded", () => this.#negotiate());
    this.connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate) send({ of: this.id, candidate: candidate.toJSON() });
    });
    this.connection.addEventListener("track", ({ track }) => {
      // A sender's tracks change without a word: the newest of each kind is what there is.
      for (const each of this.stream.getTracks()) {
        if (each.kind === track.kind && each !== track) this.stream.removeTrack(each);
      }
      this.stream.addTrack(track);
      this.#tell("stream");
      track.addEventListener("unmute", () => this.#tell("stream"));
    });
    this.connection.addEventListener("connectionstatechange", () => this.#tell("state"));
  }

  get state() {
    return this.connection.connectionState;
  }

  /** Send this track, or none, in the place of what was sent. @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  async trackSet(kind, track) {
    if (this.#closed) return;
    const sender = this.#senders[kind];
    if (sender) await sender.replaceTrack(track);
    else if (track) this.#senders[kind] = this.connection.addTrack(track);
  }

  /** Look for another way; also with new names and passwords for the servers. @param {RTCIceServer[]} [iceServers] */
  restart(iceServers) {
    if (this.#closed) return;
    if (iceServers) this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers });
    this.connection.restartIce();
  }

  /** @param {Signal} signal */
  receive(signal) {
    this.#queue = this.#queue.then(() => this.#receive(signal)).catch(() => undefined);
  }

  mannerTell() {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(this.ownManner));
  }

  close() {
    this.#closed = true;
    window.clearTimeout(this.#turn);
    this.connection.close();
  }

  /**
   * Both sides begin at the same moment, and a first offer that Chromium takes back for the other's may leave it
   * without ways of its own: so the impolite side's offer comes first, and the polite one's only if none does.
   */
  #negotiate() {
    if (!this.polite || this.connection.remoteDescription) void this.#offer();
    else if (!this.#turn)
      this.#turn = window.setTimeout(() => {
        if (!this.connection.remoteDescription) void this.#offer();
      }, FIRST_OFFER_MS);
  }

  async #offer() {
    if (this.#closed) return;
    try {
      this.#makingOffer = true;
      await this.connection.setLocalDescription();
      this.#describe();
    } catch {
      // Closed meanwhile, or the other's offer came first: it is asked for again then.
    } finally {
      this.#makingOffer = false;
    }
  }

  #describe() {
    const description = this.connection.localDescription;
    if (description) this.send({ of: this.id, description: description.toJSON() });
  }

  /** @param {Signal} signal */
  async #receive({ description, candidate }) {
    if (this.#closed) return;
    if (description) {
      const collides =
        description.type === "offer" && (this.#makingOffer || this.connection.signalingState !== "stable");
      this.#ignoresOffer = !this.polite && collides;
      if (this.#ignoresOffer) return;
      await this.connection.setRemoteDescription(description);
      if (description.type === "offer") {
        await this.connection.setLocalDescription();
        this.#describe();
      }
    } else if (candidate) {
      try {
        await this.connection.addIceCandidate(candidate);
      } catch (error) {
        if (!this.#ignoresOffer) throw error;
      }
    }
  }

  /** What comes is another browser's word, and taken for no more. @param {unknown} text */
  #mannerHear(text) {
    if (typeof text !== "string" || text.length > MANNER_MOST) return;
    try {
      const told = JSON.parse(text);
      this.manner = { microphone: told.microphone === true, camera: told.camera === true, sharing: told.sharing === true };
      this.#tell("manner");
    } catch {
      // No manner at all.
    }
  }

  /** @param {"stream" | "state" | "manner"} what */
  #tell(what) {
    if (!this.#closed) this.dispatchEvent(new Event(what));
  }
}

/**
 * A signal as it came, or null for what is none.
 * @param {unknown} data
 * @returns {Signal | null}
 */
export function signalRead(data) {
  if (typeof data !== "string") return null;
  try {
    const told = JSON.parse(data);
    if (!told || typeof told !== "object" || typeof told.of !== "string" || told.of.length > 64) return null;
    const { of, description, candidate } = told;
    if (description) {
      const fits = ["offer", "answer", "pranswer", "rollback"].includes(description.type) && typeof description.sdp === "string";
      return fits ? { of, description: { type: description.type, sdp: description.sdp } } : null;
    }
    return candidate && typeof candidate === "object" ? { of, candidate } : null;
  } catch {
    return null;
  }
}
