/**
 * Why a device could not be used, as a word that the page has a sentence for.
 * @param {unknown} error what getUserMedia or getDisplayMedia rejected with
 * @returns {"denied" | "missing" | "busy" | "insecure" | "failed"}
 */
export function faultOf(error) {
  const name = error && typeof error === "object" && "name" in error ? String(error.name) : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    case "TypeError":
      // Without https there are no mediaDevices at all.
      return "insecure";
    default:
      return "failed";
  }
}
