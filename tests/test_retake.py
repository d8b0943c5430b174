"""The tool that takes the tables of the pages again: what it calls a promise, keeps and reports."""

from pathlib import Path

import pytest

from retake import DOCS, Promise, folders, main, promises, rewritten, run
from seawall import __version__
from seawall.about import compiled

VERSION = f"seawall {__version__} ({'compiled' if compiled() else 'interpreted'})\n"
SAID = "seawall 0.0.0 (of another time)\n"
PAGE = f"""# A page

```sh
seawall --version
```

```text
{SAID}```

```sh
seawall --version
```

Words between the two, so that nothing is promised.

```text
{SAID}```

```console
$ seawall --version
```

```text
{SAID}```

```sh
make run
```

```text
{SAID}```

```sh
seawall --version \\
    | sed 's/seawall/it is/'
```

```text
an older answer
of two lines
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_a_promise_is_a_command_of_ours_with_its_text_directly_below() -> None:
    found = promises(PAGE)
    assert [one.command for one in found] == [
        "seawall --version\n",
        "seawall --version \\\n    | sed 's/seawall/it is/'\n",
    ]
    assert [one.said for one in found] == [SAID, "an older answer\nof two lines\n"]
    assert all(PAGE[one.start : one.end] == one.said for one in found)


def test_the_texts_are_rewritten_and_nothing_else(page: Path) -> None:
    assert main([str(page)]) == 0
    text = PAGE.replace(SAID, VERSION, 1)
    text = text.replace("an older answer\nof two lines\n", VERSION.replace("seawall", "it is", 1))
    assert page.read_text() == text


def test_a_check_changes_nothing_and_shows_what_would_differ(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", str(page)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert f"-{SAID.strip()}" in told
    assert f"+{VERSION.strip()}" in told
    assert page.read_text() == PAGE
    main([str(page)])
    capsys.readouterr()
    assert main(["--check", str(page)]) == 0
    assert capsys.readouterr().out == ""


def test_a_command_that_needs_a_folder_that_is_not_there_is_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "page.md"
    text = "```sh\nseawall storm --candles $DATA/a.csv\n```\n\n```text\nas it was\n```\n"
    path.write_text(text)
    assert main(["--data", str(tmp_path / "nowhere"), str(path)]) == 0
    assert path.read_text() == text
    assert "left out, no $DATA: seawall storm --candles" in capsys.readouterr().err


def test_a_command_that_fails_ends_the_run_with_its_words(page: Path) -> None:
    page.write_text(PAGE.replace("seawall --version", "seawall storm july-1914", 1))
    with pytest.raises(SystemExit, match="no scenario 'july-1914'"):
        main([str(page)])
    assert SAID in page.read_text()


def test_the_folders_of_the_pages_are_found_by_option_or_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candles, waves = tmp_path / "market", tmp_path / "oct2025_adl" / "mit"
    candles.mkdir()
    monkeypatch.setenv("DATA", str(candles))
    monkeypatch.delenv("WAVES", raising=False)
    assert folders() == {"DATA": str(candles)}
    waves.mkdir(parents=True)
    assert folders() == folders(candles) == {"DATA": str(candles), "WAVES": str(waves)}
    assert folders(tmp_path / "other") == {"WAVES": str(waves)}


def test_what_was_not_run_stays_as_it_is() -> None:
    first, last = promises(PAGE)
    assert promises(rewritten(PAGE, {last: "new\n"})) == [
        first,
        Promise(last.command, "new\n", last.start, last.start + 4),
    ]


ALONE = ("seawall adl ", "--design ")
"""What is quick enough to be compared here: the deleveraging lab, and storms of one design."""

PROMISED = [
    pytest.param(page, one, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, one in enumerate(promises(page.read_text("utf-8")), 1)
    if any(words in one.command for words in ALONE)
]


@pytest.mark.skipif(not compiled(), reason="these commands take the compiled engine")
@pytest.mark.parametrize(("page", "promise"), PROMISED)
def test_a_page_says_what_its_command_prints(
    page: Path, promise: Promise, market_data: Path
) -> None:
    assert run(promise.command, folders(market_data / "market")) == promise.said
