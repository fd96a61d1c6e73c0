// WebAuthn speaks in bytes, JSON in base64url: from one to the other and back.

/** @param {string} text */
export function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
export function textOf(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @typedef {{ id: string, type: "public-key", transports?: AuthenticatorTransport[] }} NamedCredential
 * @typedef {Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> & {
 *   challenge: string, user: { id: string, name: string, displayName: string }, excludeCredentials?: NamedCredential[] }} CreationOptions
 * @typedef {Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> & {
 *   challenge: string, allowCredentials?: NamedCredential[] }} RequestOptions
 */

/**
 * @param {CreationOptions} options
 * @returns {PublicKeyCredentialCreationOptions}
 */
export function creationOptions(options) {
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map(withBytes),
  };
}

/**
 * @param {RequestOptions} options
 * @returns {PublicKeyCredentialRequestOptions}
 */
export function requestOptions(options) {
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map(withBytes),
  };
}

/**
 * What the device answered, as the server reads it.
 * @param {PublicKeyCredential} credential
 */
export function answerOf(credential) {
  const { response } = credential;
  /** @type {Record<string, unknown>} */
  const told = { clientDataJSON: textOf(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) {
    told.attestationObject = textOf(response.attestationObject);
    told.transports = response.getTransports?.() ?? [];
  } else if (response instanceof AuthenticatorAssertionResponse) {
    told.authenticatorData = textOf(response.authenticatorData);
    told.signature = textOf(response.signature);
    told.userHandle = response.userHandle ? textOf(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: told,
  };
}

/** @param {NamedCredential} credential */
function withBytes(credential) {
  return { ...credential, id: bytesOf(credential.id) };
}
