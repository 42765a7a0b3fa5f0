"""The pictures of the method pages: one a page, and made by the script that says so."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from docs import pictures

METHODS = Path(__file__).parents[2] / "docs" / "methods"
PAGES = sorted(path.stem for path in METHODS.glob("*.md") if path.stem != "README")


def test_the_script_draws_the_pictures_that_are_there():
    assert sorted(pictures.PICTURES) == sorted(path.stem for path in METHODS.glob("*.png")) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_its_picture_once_and_says_what_is_on_it(page):
    shown = re.findall(r"!\[(.*?)\]\((.*?)\)", (METHODS / f"{page}.md").read_text(encoding="utf-8"))
    assert [name for _, name in shown] == [f"{page}.png"]
    assert len(shown[0][0]) > 40


def test_the_index_names_every_page():
    index = (METHODS / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\((\w+)\.md\)", index)) == PAGES


def test_every_script_that_measured_a_figure_is_there():
    root = METHODS.parents[1]
    texts = [path.read_text(encoding="utf-8") for path in (root / "docs").rglob("*.md")]
    named = {name for text in texts for name in re.findall(r"perf/\w+\.py", text)}
    assert {"perf/focus_known_truth.py", "perf/focus_speed.py", "perf/stages_known_truth.py"} <= named
    assert [name for name in sorted(named) if not (root / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_screen(page):
    assert len((METHODS / f"{page}.md").read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("page", PAGES)
def test_the_script_draws_each_picture_on_white_and_large_enough(page):
    image = Image.open(io.BytesIO(pictures.drawn(page)))
    assert image.format == "PNG"
    assert 1_500 <= image.width <= 1_900
    assert {
        image.convert("RGB").getpixel(corner) for corner in ((0, 0), (image.width - 1, image.height - 1))
    } == {(255, 255, 255)}
    with Image.open(METHODS / f"{page}.png") as kept:
        # fonts differ a little from machine to machine
        assert abs(image.width - kept.width) < 100
        assert abs(image.height - kept.height) < 100


def test_the_same_picture_comes_out_the_same():
    # pytest would compare the bytes line by line, for minutes
    same = pictures.drawn("projection") == pictures.drawn("projection")
    assert same


def test_the_script_writes_into_the_folder_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pictures, "PICTURES", {"projection": pictures.projection})
    pictures.main(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["projection.png"]
    assert capsys.readouterr().out == "projection.png\n"
