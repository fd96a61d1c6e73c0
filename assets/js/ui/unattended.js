/**
 * What a page asks by itself, though nobody need be there, says so: it does not keep its person signed in. The
 * server's half is accounts/requests.py.
 */
export const UNATTENDED = { "X-Bloom-Unattended": "1" };
