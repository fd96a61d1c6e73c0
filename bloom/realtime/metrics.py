"""What operators see of the socket (`/metrics`)."""

import functools

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("bloom_sockets_open", "Sockets open in this process.")
CLOSES = Counter("bloom_socket_closes_total", "Sockets closed by us, by code.", ["code"])
FRAMES = Counter("bloom_socket_frames_total", "Frames from clients, by type and answer.", ["type", "answer"])
FRAME_SECONDS = Histogram(
    "bloom_socket_frame_seconds",
    "From reading a frame to its answer.",
    ["type"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15),
)
HINTS = Counter("bloom_realtime_hints_total", "Messages to the hub, by source.", ["source"])
PULLS = Counter("bloom_realtime_pulls_total", "Questions to feeds, by feed.", ["feed"])
DELIVERIES = Counter("bloom_realtime_deliveries_total", "Changes put into sockets' queues.", ["how"])
DROPPED = Counter("bloom_realtime_dropped_total", "What was given up, to be healed by a pull.", ["what"])
REDIS_UP = Gauge("bloom_realtime_redis_up", "1 while this process hears the others.")


@functools.cache
def frames_counter(frame: str, answer: str) -> Counter:
    """`FRAMES` for one type and answer: looking labels up costs as much as reading the frame."""
    return FRAMES.labels(frame, answer)


@functools.cache
def frame_timer(frame: str) -> Histogram:
    """`FRAME_SECONDS` for one type."""
    return FRAME_SECONDS.labels(frame)


@functools.cache
def deliveries_counter(how: str) -> Counter:
    """`DELIVERIES` of one kind."""
    return DELIVERIES.labels(how)
