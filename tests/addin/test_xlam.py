"""retention.xlam: its compression and container against independent readers, and what it holds."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import warnings
import zipfile
from dataclasses import replace
from html import unescape
from pathlib import Path

import olefile
import pytest
import xlwings
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.functions import FUNCTIONS
from addin.windows import compound_file
from addin.windows.build import classic_files
from addin.windows.vba import vba_module
from addin.windows.vba_compression import CHUNK, compress, decompress
from addin.windows.xlam import installed_template, modules, why_not_current, xlam, xlwings_version
from retention_core.errors import RetentionError

with warnings.catch_warnings():
    # oletools calls pyparsing by names that it has since renamed
    warnings.simplefilter("ignore", DeprecationWarning)
    from oletools.olevba import VBA_Parser, decompress_stream

# the worked example of [MS-OVBA] 3.2.2, as its authors compressed it
SPECIFIED = (
    "012fb00023616161626364658266007061676869 6a013808616b6c00306d6e6f7006710270041072737475761077 78797a003c"
)
BIGGEST_MINI = 4095

texts = st.binary(max_size=300).map(lambda seed: seed * 40) | st.binary(max_size=3000)
names = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", min_size=1, max_size=31)


def prose(length: int, seed: int = 1) -> bytes:
    words = ["Function ", "retention", "\r\n", "Optional ", "customers, ", "End ", "If "]
    chooser = random.Random(seed)
    text = ""
    while len(text) < length:
        text += chooser.choice(words)
    return text[:length].encode()


def test_the_specifications_example_is_read() -> None:
    text = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
    assert decompress(bytes.fromhex(SPECIFIED)) == text
    assert len(compress(text)) == len(bytes.fromhex(SPECIFIED))


@given(texts)
@settings(max_examples=150, deadline=None)
def test_what_is_compressed_is_read_back_by_us_and_by_olevba(text: bytes) -> None:
    packed = compress(text)
    assert decompress(packed) == text
    if text:
        assert bytes(decompress_stream(bytearray(packed))) == text


@pytest.mark.parametrize("length", [1, 2, 3, 4, 15, 16, 17, 4095, 4096, 4097, 8191, 8192, 8193, 60_000])
def test_texts_around_the_chunks_are_read_back(length: int) -> None:
    for text in (prose(length), b"a" * length, bytes(range(1, 250)) * (length // 249 + 1)):
        packed = compress(text[:length])
        assert decompress(packed) == text[:length]
        assert bytes(decompress_stream(bytearray(packed))) == text[:length]


def test_a_full_chunk_of_noise_is_kept_raw() -> None:
    noise = random.Random(5).randbytes(CHUNK)
    assert len(compress(noise)) == CHUNK + 3
    assert decompress(compress(noise)) == noise == bytes(decompress_stream(bytearray(compress(noise))))


def test_noise_that_the_format_would_pad_is_refused() -> None:
    with pytest.raises(ValueError, match="without loss"):
        compress(random.Random(5).randbytes(CHUNK - 1))


@pytest.mark.parametrize("damaged", [b"", b"\x02abc", b"\x01\x03\xb0\x01\xff\xff\xff\xff"])
def test_damaged_text_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"no compressed|damaged"):
        decompress(damaged)


def by_olefile(file: bytes) -> dict[str, bytes]:
    # every defect that olefile notices is an error
    with olefile.OleFileIO(io.BytesIO(file), raise_defects=olefile.DEFECT_UNSURE) as ole:
        assert ole.parsing_issues == []
        return {"/".join(path): ole.openstream(path).read() for path in ole.listdir()}


@given(
    st.dictionaries(names, st.binary(max_size=200), max_size=20),
    st.dictionaries(names, st.integers(0, 20_000).map(lambda size: b"x" * size), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_streams_are_read_back_by_us_and_by_olefile(
    inside: dict[str, bytes], large: dict[str, bytes]
) -> None:
    # Windows would take names in capitals for the same
    streams = {f"VBA/{name.upper()}": content for name, content in inside.items()}
    streams |= {name.upper() + "_": content for name, content in large.items() if len(name) < 31}
    streams.pop("VBA_", None)
    written = compound_file.write(streams)
    assert compound_file.read(written) == streams == by_olefile(written)


@pytest.mark.parametrize(
    "size", [0, 1, 63, 64, 65, 511, 512, BIGGEST_MINI, BIGGEST_MINI + 1, 65_536, 1_000_000]
)
def test_streams_around_the_sectors_are_read_back(size: int) -> None:
    streams = {"PROJECT": b"p", "VBA/dir": random.Random(size).randbytes(size), "VBA/last": b"l" * 64}
    written = compound_file.write(streams)
    assert compound_file.read(written) == streams == by_olefile(written)


def test_every_level_of_the_directory_tree_is_black_but_an_unfilled_last_one() -> None:
    for count in range(1, 40):
        written = compound_file.write({f"s{number:02}": b"" for number in range(count)})
        with olefile.OleFileIO(io.BytesIO(written)) as ole:
            assert len(black_heights(ole, ole.root.sid_child)) == 1


def black_heights(ole: olefile.OleFileIO, number: int, parent_is_red: bool = False) -> set[int]:
    """How many black entries lie on the ways down: one number in a red-black tree."""
    if number == 0xFFFFFFFF:
        return {0}
    # olefile loads only the entries that belong to the tree
    entry = ole.direntries[number] or ole._load_direntry(number)
    red = entry.color == 0
    assert not (red and parent_is_red)
    below = black_heights(ole, entry.sid_left, red) | black_heights(ole, entry.sid_right, red)
    return {height + (not red) for height in below}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        compound_file.write({"much": bytes(7_200_000)})
    with pytest.raises(ValueError, match="31 characters"):
        compound_file.write({"n" * 32: b""})
    for damaged in (b"PK", compound_file.write({"a": b"b"})[:700]):
        with pytest.raises(ValueError, match="compound file"):
            compound_file.read(damaged)


@pytest.fixture(scope="module")
def built() -> bytes:
    return xlam(FUNCTIONS.values())


def test_the_addin_is_the_same_whenever_it_is_built(built: bytes) -> None:
    assert xlam(FUNCTIONS.values()) == built


def test_olevba_reads_our_module_and_xlwings_own(built: bytes) -> None:
    parser = VBA_Parser("retention.xlam", data=built)
    read = {name.partition(".")[0]: source for _, _, name, source in parser.extract_macros()}
    assert (
        read["xlwings_udfs"].splitlines()[1:]
        == (vba_module(FUNCTIONS.values(), "ActiveWorkbook").splitlines()[1:])
    )
    assert list(read) == ["ThisWorkbook", "Dictionary", "xlwings", "Sheet2", "xlwings_udfs"]


def test_xlwings_own_module_is_changed_in_one_line(built: bytes) -> None:
    ours = modules(built)["xlwings"].splitlines()
    theirs = modules(installed_template())["xlwings"].splitlines()
    changed = [(old, new) for old, new in zip(theirs, ours, strict=True) if old != new]
    assert changed == [
        (
            'Public Const PROJECT_NAME As String = "myaddin"',
            'Public Const PROJECT_NAME As String = "xlwings"',
        )
    ]


def test_the_template_is_kept_but_for_our_parts(built: bytes) -> None:
    template = io.BytesIO(installed_template())
    with zipfile.ZipFile(io.BytesIO(built)) as ours, zipfile.ZipFile(template) as theirs:
        assert ours.testzip() is None
        assert sorted(ours.namelist()) == sorted(theirs.namelist())
        differing = {name for name in ours.namelist() if ours.read(name) != theirs.read(name)}
    assert differing == {
        "docProps/core.xml",
        "xl/vbaProject.bin",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
    }


def test_the_addin_says_which_xlwings_it_needs(built: bytes) -> None:
    assert xlwings_version(built) == xlwings.__version__
    with zipfile.ZipFile(io.BytesIO(built)) as package:
        said = package.read("docProps/core.xml").decode()
    assert f"{len(FUNCTIONS)} functions. Needs Python with xlwings {xlwings.__version__}." in said


def test_the_version_of_xlwings_own_addin_is_read_without_excel() -> None:
    addin = Path(str(xlwings.__file__)).parent / "addin" / "xlwings.xlam"
    assert xlwings_version(addin.read_bytes()) == xlwings.__version__


@pytest.mark.parametrize("content", [b"", b"PK", b"no workbook at all"])
def test_a_file_that_is_no_addin_has_no_version(content: bytes) -> None:
    assert xlwings_version(content) is None


def test_an_addin_of_another_xlwings_is_told_from_one_that_is_out_of_date(built: bytes) -> None:
    assert why_not_current(built, built) is None
    fewer = xlam([FUNCTIONS["RETENTION"]])
    assert why_not_current(fewer, built) == "retention.xlam differs from what is built now: build it again."
    older = with_version(built, "0.30.1")
    assert why_not_current(older, built) == (
        f"retention.xlam was built with xlwings 0.30.1 and {xlwings.__version__} is installed, so it cannot "
        'be checked: run "pip install xlwings==0.30.1", or build it again.'
    )


def with_version(addin: bytes, version: str) -> bytes:
    """The same add-in as if another xlwings had made it."""
    with zipfile.ZipFile(io.BytesIO(addin)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    streams = compound_file.read(parts["xl/vbaProject.bin"])
    source = decompress(streams["VBA/xlwings"]).replace(xlwings.__version__.encode(), version.encode())
    parts["xl/vbaProject.bin"] = compound_file.write({**streams, "VBA/xlwings": compress(source)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("template", [b"", b"PK\x03\x04", b"text"])
def test_a_template_that_is_none_is_refused_in_one_sentence(template: bytes) -> None:
    with pytest.raises(RetentionError, match=r"cannot be made from quickstart_addin\.xlam of xlwings"):
        xlam(FUNCTIONS.values(), template)


def test_a_template_without_the_sample_to_replace_is_refused() -> None:
    with pytest.raises(RetentionError, match="not as expected"):
        xlam(FUNCTIONS.values(), xlam(FUNCTIONS.values()))


def test_the_files_are_made_from_the_catalogue() -> None:
    added = replace(FUNCTIONS["RETENTION"], name="LOYALTY")
    made = classic_files([*FUNCTIONS.values(), added])
    assert list(made) == ["retention.bas", "retention.py", "retention.xlam", "retention.xlam.LICENSE.txt"]
    assert b"Function LOYALTY(" in made["retention.bas"]
    assert "Function LOYALTY(" in modules(made["retention.xlam"])["xlwings_udfs"]


def test_lines_of_the_module_end_as_windows_ends_them() -> None:
    module = classic_files(FUNCTIONS.values())["retention.bas"]
    assert module.count(b"\r\n") == module.count(b"\n") == module.count(b"\r")


def test_the_licences_of_others_accompany_the_addin() -> None:
    text = classic_files(FUNCTIONS.values())["retention.xlam.LICENSE.txt"].decode()
    assert "Copyright (C) 2014 - present, Zoomer Analytics GmbH" in text
    assert "Neither the name of the copyright holder" in text
    assert "(c) Tim Hall" in text


@pytest.mark.host
def test_libreoffice_reads_every_module(built: bytes, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.fail("LibreOffice is missing") if os.environ.get("CI") else pytest.skip("no LibreOffice")
    (tmp_path / "retention.xlam").write_bytes(built)
    subprocess.run(
        [
            "soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
            "--infilter=Calc MS Excel 2007 VBA XML", "--convert-to", "ods", "--outdir", tmp_path,
            tmp_path / "retention.xlam",
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with zipfile.ZipFile(tmp_path / "retention.ods") as package:
        read = unescape(package.read("Basic/RetentionFunctions/xlwings_udfs.xml").decode())
        assert "Basic/RetentionFunctions/xlwings.xml" in package.namelist()
    body = vba_module(FUNCTIONS.values(), "ActiveWorkbook").split("\n", 1)[1]
    assert body.strip() in read
