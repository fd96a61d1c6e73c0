/** One's camera and microphone: on, off, another one; and how loud one is. */
import { faultOf } from "./faults.js";

/** @typedef {"camera" | "microphone"} Kind */

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Tells "change" whenever a track came or went. */
export class Devices extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  camera = null;
  /** @type {MediaStreamTrack | null} */
  microphone = null;
  /** Whether one wants to be seen and heard; a device that does not work stays wanted. */
  wants = { camera: true, microphone: true };
  /** @type {Record<Kind, string>} */
  picked = { camera: "", microphone: "" };
  /** What went wrong with each, if anything. @type {Record<Kind, string>} */
  faults = { camera: "", microphone: "" };

  /** Start both, each by itself: a missing camera must not cost the microphone. */
  async start() {
    await this.open("camera");
    await this.open("microphone");
  }

  /** @param {Kind} kind @returns {Promise<boolean>} whether it works */
  async open(kind) {
    this.#drop(kind);
    try {
      const chosen = this.picked[kind] ? { deviceId: { exact: this.picked[kind] } } : {};
      const wanted = kind === "camera" ? { video: { ...PICTURE, ...chosen } } : { audio: { ...SOUND, ...chosen } };
      const [track] = (await navigator.mediaDevices.getUserMedia(wanted)).getTracks();
      if (!track) throw new DOMException("nothing came", "NotFoundError");
      this[kind] = track;
      this.faults[kind] = "";
      track.addEventListener("ended", () => {
        // Unplugged, or the browser took it back.
        if (this[kind] !== track) return;
        this[kind] = null;
        this.faults[kind] = "missing";
        this.#changed();
      });
    } catch (error) {
      this.faults[kind] = faultOf(error);
    }
    this.#changed();
    return this[kind] !== null;
  }

  /** The camera's light goes off with it; a muted microphone stays open, so that speaking again takes no time. @param {boolean} on */
  async cameraTurn(on) {
    this.wants.camera = on;
    if (on) {
      await this.open("camera");
    } else {
      this.#drop("camera");
      this.#changed();
    }
  }

  /** @param {boolean} on */
  async microphoneTurn(on) {
    this.wants.microphone = on;
    if (on && !this.microphone) await this.open("microphone");
    if (this.microphone) this.microphone.enabled = on;
    this.#changed();
  }

  /** @param {Kind} kind @param {string} id */
  async pick(kind, id) {
    this.picked[kind] = id;
    await this.open(kind);
    if (kind === "microphone" && this.microphone) this.microphone.enabled = this.wants.microphone;
  }

  /** @param {Kind} kind @returns {Promise<{ id: string, label: string }[]>} */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const wanted = kind === "camera" ? "videoinput" : "audioinput";
    return all.filter((each) => each.kind === wanted && each.deviceId).map((each) => ({ id: each.deviceId, label: each.label }));
  }

  get canBeHeard() {
    return this.wants.microphone && this.microphone !== null;
  }

  get canBeSeen() {
    return this.wants.camera && this.camera !== null;
  }

  /** Nothing is on any more. */
  stop() {
    this.#drop("camera");
    this.#drop("microphone");
    this.#changed();
  }

  /** @param {Kind} kind */
  #drop(kind) {
    const track = this[kind];
    this[kind] = null;
    track?.stop();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Say how loud a track is, from 0 to 100, some times a second, until the answer is called.
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} tell
 * @returns {() => void}
 */
export function levelWatch(track, tell) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    void context.resume();
    analyser.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
    tell(Math.min(100, Math.round(loudness * 400)));
  }, 120);
  return () => {
    window.clearInterval(timer);
    source.disconnect();
    void context.close();
  };
}

/** Two calm notes, to hear whether one hears. */
export async function soundPlay() {
  const context = new AudioContext();
  await context.resume();
  for (const [number, pitch] of [392, 523.25].entries()) {
    const note = context.createOscillator();
    const volume = context.createGain();
    const begins = context.currentTime + number * 0.35;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(0.25, begins + 0.05);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + 0.9);
    note.connect(volume).connect(context.destination);
    note.start(begins);
    note.stop(begins + 1);
  }
  window.setTimeout(() => void context.close(), 2_000);
}
