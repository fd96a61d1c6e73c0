/** One's screen, while it is shared. Tells "change" when that begins and ends. */
export class Screen extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  track = null;

  /**
   * Let the person choose one.
   * @param {() => boolean} isWanted whether it still is, once they have chosen
   * @returns {Promise<boolean>} false where it could not be shared; to close the browser's question is no fault
   */
  async start(isWanted) {
    try {
      const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } })).getVideoTracks();
      if (!track || !isWanted()) {
        track?.stop();
        return true;
      }
      track.contentHint = "detail";
      track.addEventListener("ended", () => {
        // The browser has a button of its own that ends it.
        if (this.track === track) this.stop();
      });
      this.track = track;
    } catch (error) {
      return error instanceof DOMException && error.name === "NotAllowedError";
    }
    this.#changed();
    return true;
  }

  stop() {
    if (!this.track) return;
    const was = this.track;
    this.track = null;
    was.stop();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
