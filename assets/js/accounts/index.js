// Passkeys in forms, and printing. A form with data-passkey asks the device before it is sent.
import "./passkeys.js";
import "./print.js";
