"""Begins the keeper: `python -I -S start_keeper.py FD`.

Started for every run of an agent, so it is short: Python keeps no compiled form of a program, only of what
that imports.
"""

import os
import sys

# Behind the standard library; the folder that holds this package, whether installed or not.
sys.path.append(os.path.abspath(__file__ + "/../" * 5))  # noqa: PTH100 (pathlib takes longer than the rest)

from roadworthy.features.debug.running.keeper import main

if __name__ == "__main__":
    main(int(sys.argv[1]))
