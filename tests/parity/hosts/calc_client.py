"""Runs under LibreOffice's Python, beside a headless soffice: fills a sheet, reads answers, saves, times.

    python3 calc_client.py TASK.json RESULT.json

The task is a list of steps, each a name and its arguments; the result is the list of what they gave.
"""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

try:
    import uno
    from com.sun.star.beans import PropertyValue
    from com.sun.star.connection import NoConnectException
    from com.sun.star.lang import DisposedException
    from com.sun.star.util import Date
except ImportError:  # the Python of the tests knows no LibreOffice
    uno = None


def connected(pipe):
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    for _ in range(120):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.25)
    raise SystemExit("LibreOffice did not start")


class Session:
    def __init__(self, pipe):
        self.context = connected(pipe)
        self.desktop = self.made("com.sun.star.frame.Desktop")
        self.document = None

    def made(self, service):
        return self.context.ServiceManager.createInstanceWithContext(service, self.context)

    def open(self, url="private:factory/scalc", day=None):
        if self.document is not None:
            self.document.close(True)
        hidden = PropertyValue("Hidden", 0, True, 0)
        self.document = self.desktop.loadComponentFromURL(url, "_blank", 0, (hidden,))
        if day:
            self.document.setPropertyValue("NullDate", Date(day[2], day[1], day[0]))

    def area(self, address):
        return self.document.Sheets.getByIndex(0).getCellRangeByName(address)

    def fill(self, address, rows):
        self.area(address).setDataArray(tuple(tuple(row) for row in rows))

    def formula(self, address, text):
        self.area(address).setFormula(text)

    def formulas(self, address, rows):
        self.area(address).setFormulaArray(tuple(tuple(row) for row in rows))

    def array(self, address, text):
        self.area(address).setArrayFormula(text)

    def read(self, address):
        area = self.area(address)
        size = area.getRangeAddress()
        return [
            [
                answer_in(area.getCellByPosition(column, row))
                for column in range(size.EndColumn - size.StartColumn + 1)
            ]
            for row in range(size.EndRow - size.StartRow + 1)
        ]

    def values(self, address):
        return self.area(address).getDataArray()

    def read_formula(self, address):
        return self.area(address).getFormula()

    def recalculate(self):
        begun = time.perf_counter()
        self.document.calculateAll()
        return time.perf_counter() - begun

    def save(self, url, filter_name):
        self.document.storeToURL(url, (PropertyValue("FilterName", 0, filter_name, 0),))

    def wizard(self, name):
        found = self.made("com.sun.star.sheet.FunctionDescriptions").getByName(name)
        shown = {part.Name: part.Value for part in found}
        shown["Arguments"] = [[a.Name, a.Description, a.IsOptional] for a in shown["Arguments"]]
        return shown

    def extension(self, identifier):
        found = self.context.getByName("/singletons/com.sun.star.deployment.ExtensionManager")
        package = found.getDeployedExtension("user", identifier, "", None)
        return [package.getDisplayName(), package.getVersion(), package.getDescription()]

    def end(self):
        if self.document is not None:
            self.document.close(True)
        with suppress(DisposedException):  # it may be gone before it answers
            self.desktop.terminate()


def answer_in(cell):
    if cell.getError():
        return ["error", cell.getString()]
    kind = cell.Type.value if cell.Type.value != "FORMULA" else cell.FormulaResultType2
    if kind in ("VALUE", 1):
        return cell.getValue()
    return cell.getString()


def main(task, result):
    steps = json.loads(Path(task).read_text())
    session = Session(steps["pipe"])
    try:
        found = [getattr(session, name)(*arguments) for name, *arguments in steps["steps"]]
    finally:
        session.end()
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
