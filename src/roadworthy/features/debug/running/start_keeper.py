"""Begins the keeper: `python -I -S start_keeper.py FD`.

Started for every run of an agent, so it is short: Python keeps no compiled form of a program, only of what
that imports.
"""

import sys

# The package without what it loads for those who use it as a library.
_package = type(sys)("roadworthy")
_package.__path__ = [__file__.rpartition("/features/")[0]]
sys.modules["roadworthy"] = _package

from roadworthy.features.debug.running.keeper import main  # noqa: E402

if __name__ == "__main__":
    main(int(sys.argv[1]))
