"""What can go wrong while a night is shown to its readers."""

from __future__ import annotations


class PublishError(Exception):
    """Say why a night could not be published and what to do; the published night still stands."""


class UnknownVersionError(PublishError):
    """Name a version that is not kept (any more) and list those that are."""


class FlipRefusedError(PublishError):
    """Say that a target certainly changed nothing when asked to show the new night.

    A target raises it only where it knows (a lock timeout inside one transaction, say). If it is
    the first target to flip, the publish is taken back whole; any other error leaves the journal
    open, so that `recover` completes the flips.
    """


class InterruptedPublishError(PublishError):
    """Say that a publish was cut short and one of its targets cannot be completed now."""
