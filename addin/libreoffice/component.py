"""The component inside retention.oxt: answers Calc's calls with the core that travels beside it.

LibreOffice brings Pythons of many ages; this file must load in all of them, so that one too old for the
core can say so in the cell.
"""

import sys
from pathlib import Path

try:
    import unohelper
except ImportError:  # outside LibreOffice there is nothing to register
    unohelper = None

SERVICE = "org.retention.calc.Functions"
OLDEST = (3, 10)


def folder_of(place):
    """The folder of this file, which LibreOffice may name by URL."""
    path = unohelper.fileUrlToSystemPath(place) if place.startswith("file:") else place
    return str(Path(path).resolve().parent)


def too_old(_context):
    """One sentence instead of every function, as a method of any arguments."""
    needed, found = ["{}.{}".format(*version[:2]) for version in (OLDEST, sys.version_info)]
    sentence = (
        f"The retention functions need Python {needed} or later, and this LibreOffice has {found}: "
        "use a newer LibreOffice."
    )
    return lambda _name: lambda *_cells: ((sentence,),)


def from_core(context):
    """Name of a method -> the method, taken from the catalogue inside the extension."""
    here = folder_of(__file__)
    packages = packages_folder(context)
    for folder in (here, packages):
        if folder not in sys.path:
            sys.path.append(folder)
    from retention_in_calc.addin.functions import FUNCTIONS
    from retention_in_calc.addin.libreoffice.cells import method_of

    return lambda name: method_of(FUNCTIONS[name.upper()], packages)


def packages_folder(context):
    """Where packages for the functions may be put: a folder of the user's LibreOffice profile."""
    paths = context.ServiceManager.createInstanceWithContext("com.sun.star.util.PathSubstitution", context)
    return unohelper.fileUrlToSystemPath(paths.substituteVariables("$(user)/retention-packages", True))


if unohelper is not None:
    from com.sun.star.lang import XServiceInfo
    from org.retention.calc import XRetention

    class Functions(unohelper.Base, XRetention, XServiceInfo):
        """Methods appear when first called, one for each function of the catalogue."""

        def __init__(self, context):
            self._context = context
            self._find = None

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            if self._find is None:
                self._find = (too_old if sys.version_info < OLDEST else from_core)(self._context)
            method = self._find(name)
            setattr(self, name, method)
            return method

        def getImplementationName(self):
            return SERVICE

        def supportsService(self, name):
            return name == SERVICE

        def getSupportedServiceNames(self):
            return (SERVICE,)

    g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  # LibreOffice looks for this name
    g_ImplementationHelper.addImplementation(Functions, SERVICE, (SERVICE,))
