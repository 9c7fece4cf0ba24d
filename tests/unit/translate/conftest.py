"""Hypothesis without its time limit for an example: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("translate", deadline=None)
settings.load_profile("translate")
