"""Counts a target's statements: sample by sample for as long as it is watched, or once."""

from thorbis_ops.sampler.observing import objectives_of, observe, since_reset
from thorbis_ops.sampler.steps import Sampled, Sampler, Transaction

__all__ = ["Sampled", "Sampler", "Transaction", "objectives_of", "observe", "since_reset"]
