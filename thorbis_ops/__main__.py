"""``python -m thorbis_ops`` is the command."""

from thorbis_ops.cli import main

if __name__ == "__main__":
    main()
