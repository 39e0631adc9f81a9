"""``thorbis-ops --help`` costs little more than importing click: at most 1.6 times."""

from benchmarks import timing


def main() -> None:
    """Prints the ratio."""
    ours, floor = timing.medians(
        [
            timing.python("import sys; sys.argv = ['x', '--help']\n"
                          "from thorbis_ops.cli import main; main()"),
            timing.python("import click"),
        ],
        rounds=25,
    )  # fmt: skip
    timing.verdict("--help", ours, floor, 1.6)


if __name__ == "__main__":
    main()
