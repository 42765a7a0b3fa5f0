"""What the add-in does around the workbook's Python, for the tests: runs in Pyodide and in CPython alike.

Files are written into a folder, `main` is imported, calls go through xlwings' own dispatcher. An exception
becomes {"error": its text}, which is what Excel is shown.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

os.environ.update(XLWINGS_ON_SERVER="true", XLWINGS_LICENSE_KEY="noncommercial")


class Blocked:
    """Packages that are not there."""

    def __init__(self, names):
        self.names = set(names)

    def find_spec(self, name, *_):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def start(files, folder, blocked=()):
    sys.meta_path.insert(0, Blocked(blocked))
    for name, text in files.items():
        Path(folder, name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    import main

    return main


async def ask(main, function, cells):
    import xlwings
    from xlwings.server import custom_functions_call

    data = {
        "client": "Office.js",
        "func_name": function,
        "args": cells,
        "caller_address": "[Book1.xlsx]Sheet1!A1",
        "session_id": "session",
        "culture_info_name": "en-US",
        "date_format": "m/d/yyyy",
        "version": xlwings.__version__,
        "runtime": "1.4",
    }
    try:
        return await custom_functions_call(data, main)
    except Exception as error:  # noqa: BLE001  # as the add-in does
        return {"error": str(error)}


async def run_script(main, script, book):
    import xlwings
    from xlwings.server import custom_scripts_call

    opened = xlwings.Book(json=book)
    try:
        done = await custom_scripts_call(main, script, typehint_to_value={xlwings.Book: opened})
    except Exception as error:  # noqa: BLE001  # as the add-in does
        return {"error": str(error)}
    return done.json()


def told(main):
    """What the add-in tells Excel about functions and buttons, and what is loaded."""
    from xlwings.server import custom_functions_meta, custom_scripts_meta

    return {
        "functions": custom_functions_meta(main),
        "buttons": custom_scripts_meta(main),
        "loaded": sorted(name for name in sys.modules if "." not in name),
        "core": sys.modules["retention_core"].__file__,
        "python": sys.version,
    }


async def work(job, folder):
    main = start(job["files"], folder, job.get("blocked", ()))
    answers = [await ask(main, function, cells) for function, cells in job["calls"]]
    scripts = [await run_script(main, script, book) for script, book in job.get("scripts", ())]
    return {"answers": answers, "scripts": scripts, **told(main)}


if __name__ == "__main__":
    asked, answered, place = map(Path, sys.argv[1:])
    # the folder of this file and the project must not lend the workbook anything
    sys.path.pop(0)
    result = asyncio.run(work(json.loads(asked.read_text(encoding="utf-8")), place))
    answered.write_text(json.dumps(result, default=str), encoding="utf-8")
