"""Make `cdnow.csv.gz` from `CDNOW_master.txt`, as shipped inside the PyPI package lifetimes 0.11.3.

    python -m retention_core.data.embed_cdnow CDNOW_master.txt FOLDER

Rows stay in the file's order. Dates become days since 31 December 1996 and dollars become cents, so that the
file is small, exact, and readable wherever pandas or a spreadsheet is: no parquet engine needed.
"""

from __future__ import annotations

import gzip
import sys
from datetime import date
from pathlib import Path

DAY_ZERO = date(1996, 12, 31)


def compact(line: str) -> str:
    """One purchase of the master file as one line of ours.

    Examples
    --------
    >>> compact(" 00003 19970102  2   20.76")
    '3,2,2,2076'
    """
    customer, day, cds, dollars = line.split()
    since = date.fromisoformat(day) - DAY_ZERO
    return f"{int(customer)},{since.days},{cds},{int(dollars.replace('.', ''))}"


def main(master: Path, folder: Path) -> None:
    """Write the compact file into a folder."""
    purchases = master.read_text(encoding="ascii").splitlines()[1:]
    text = "\n".join(["customer_id,day,number_of_cds,cents", *map(compact, purchases)]) + "\n"
    (folder / "cdnow.csv.gz").write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
