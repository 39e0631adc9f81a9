"""The daemon in one sentence: ask what is due, judge, tell, and run what is due.

A task a target watches; a ticker drives everything else; whoever asks over HTTP is served
from memory. This package is the only reader of the clock besides the command line.
"""

from thorbis_ops.daemon.life import Daemon

__all__ = ["Daemon"]
