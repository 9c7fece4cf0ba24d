"""All cases of the matrix, in the order of its page."""

from matrix import messages, refused, replicas, streams, times, tunnels
from matrix.case import Case

CASES: tuple[Case, ...] = (
    *refused.CASES,
    *messages.CASES,
    *streams.CASES,
    *replicas.CASES,
    *tunnels.CASES,
    *times.CASES,
)
