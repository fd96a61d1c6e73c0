"""An authenticator in software, that says what a test wants it to say."""

import hashlib
import json
import os
import uuid
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG
ORIGIN = "https://testserver"
BITWARDEN = "d548826e-79b4-db40-a3d8-11116f7e8349"


class Device:
    """One passkey. `counter` grows by one with each use."""

    def __init__(self, *, aaguid: str = BITWARDEN, counter: int = 0, host: str = "testserver") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.aaguid = uuid.UUID(aaguid)
        self.counter = counter
        self.host = host
        self.user_handle = ""

    def make(self, options: dict[str, Any], *, verified: bool = True, origin: str = ORIGIN) -> str:
        """The answer to navigator.credentials.create, as the page sends it."""
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"]
        known = AttestedCredentialData.create(
            self.aaguid.bytes, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = FLAG.UP | FLAG.AT | FLAG.BE | FLAG.BS | (FLAG.UV if verified else FLAG(0))
        data = AuthenticatorData.create(self._host_hash(), flags, self.counter, known)
        told = {
            "clientDataJSON": websafe_encode(self._client("webauthn.create", asked["challenge"], origin)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            "transports": ["internal", "hybrid", "made up"],
        }
        return self._answer(told, {"credProps": {"rk": True}})

    def show(self, options: dict[str, Any], *, verified: bool = True, origin: str = ORIGIN) -> str:
        """The answer to navigator.credentials.get."""
        self.counter += 1
        flags = FLAG.UP | FLAG.BE | FLAG.BS | (FLAG.UV if verified else FLAG(0))
        data = AuthenticatorData.create(self._host_hash(), flags, self.counter)
        client = self._client("webauthn.get", options["publicKey"]["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        told = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.user_handle,
        }
        return self._answer(told, {})

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _answer(self, told: dict[str, Any], extensions: dict[str, Any]) -> str:
        name = websafe_encode(self.id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": told,
                "clientExtensionResults": extensions,
            }
        )
