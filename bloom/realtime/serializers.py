"""The shapes of the tickets' address."""

from rest_framework import serializers


class TicketSerializer(serializers.Serializer[object]):
    """A single-use ticket: offer it as the second subprotocol, `ticket.<value>`, before it expires."""

    ticket = serializers.CharField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)
