"""``python -m tasks`` and the command ``pipeline``."""

import sys

from tasks import OTHERS, STAGES
from tasks.cli import pipeline

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    pipeline.main(sys.argv[1:], (*STAGES, *OTHERS))


if __name__ == "__main__":
    main()
