/**
 * What this device keeps of what somebody writes (drafts, files chosen, what waits to be sent) is kept sealed. The
 * key is not kept: it comes with the page, to its person alone, and lives as long as the page does. So whoever finds
 * the device after a session has ended, or reads its disk, finds nothing to read.
 */

const NONCE_BYTES = 12;

export class Seal {
  #key;

  /** @param {CryptoKey} key */
  constructor(key) {
    this.#key = key;
  }

  /**
   * Null where the browser offers no ciphers, as over plain HTTP: then nothing is kept at all.
   * @param {string} secret 32 bytes in base64, from the page
   * @returns {Promise<Seal | null>}
   */
  static async of(secret) {
    try {
      return new Seal(await crypto.subtle.importKey("raw", bytes(secret), "AES-GCM", false, ["encrypt", "decrypt"]));
    } catch {
      return null;
    }
  }

  /** @param {unknown} value anything that JSON can say @param {string} place where alone it can be opened again @returns {Promise<string>} */
  async seal(value, place) {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt(cipher(nonce, place), this.#key, new TextEncoder().encode(JSON.stringify(value)));
    const whole = new Uint8Array([...nonce, ...new Uint8Array(sealed)]);
    return btoa(Array.from(whole, (each) => String.fromCharCode(each)).join(""));
  }

  /** Null for what was not sealed here by this person. @param {string} sealed @param {string} place */
  async open(sealed, place) {
    try {
      const whole = bytes(sealed);
      const opened = await crypto.subtle.decrypt(cipher(whole.slice(0, NONCE_BYTES), place), this.#key, whole.slice(NONCE_BYTES));
      return JSON.parse(new TextDecoder().decode(opened));
    } catch {
      return null;
    }
  }
}

/** @param {Uint8Array<ArrayBuffer>} iv @param {string} place */
const cipher = (iv, place) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) });

/** @param {string} text in base64 */
const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
