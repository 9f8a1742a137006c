"""An agent that is a function of Python: started as `python -c` with lines that need nothing installed."""

from __future__ import annotations

import re

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

_SOURCE = """\
import asyncio, importlib, inspect, json, os, sys
sys.path[0:1] = [os.getcwd()]
module, _, name = sys.argv[1].partition(":")
task = sys.stdin.read()
try:
    found = importlib.import_module(module)
except ModuleNotFoundError as missing:
    if missing.name and (module + ".").startswith(missing.name + "."):
        sys.exit(f"there is no module {missing.name!r} in {os.getcwd()} or for {sys.executable}")
    raise
for part in name.split("."):
    if not hasattr(found, part):
        sys.exit(f"{module!r} has no {name!r}")
    found = getattr(found, part)
if not callable(found):
    sys.exit(f"{sys.argv[1]} is a {type(found).__name__}, expected a function")
answer = found(task)
if inspect.isawaitable(answer):
    async def waited():
        return await answer
    answer = asyncio.run(waited())
if answer is None:
    answer = ""
def plain(value):
    for method in ("model_dump", "dict", "_asdict"):
        if hasattr(value, method):
            return getattr(value, method)()
    return vars(value) if hasattr(value, "__dataclass_fields__") else str(value)
said = json.dumps(answer, default=plain)
print()
print(said, flush=True)
"""


def arguments_of_callable(name: str, *, python: str = "") -> list[str]:
    """To call it with the task of standard input; the answer is the JSON of the last line that is printed.
    Its module is looked for in the working folder first. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no function; expected module:function, like agents.support:answer")
    return [python or "python3", "-c", _SOURCE, name]
