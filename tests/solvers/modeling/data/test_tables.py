"""Tables: what is read from CSV, XLSX and JSON files, and what is refused."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import AgentoptError, DataError, FileError
from agentopt.solvers.modeling.data.tables import Table, read_tables


def read_one(path: Path, content: str | bytes) -> Table:
    """Write a file and read its only table."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (table,) = read_tables([path])
    return table


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    """The separator is found, whichever of the four it is."""
    table = read_one(tmp_path / "a.csv", "city,tons\nOslo,3\nRome,4\n".replace(",", delimiter))
    assert table.columns == {"city": ["Oslo", "Rome"], "tons": [3, 4]}


def test_two_fitting_delimiters_are_refused(tmp_path: Path) -> None:
    """A file that two separators split evenly is not guessed at."""
    with pytest.raises(DataError, match=r"',' and ';' both give 2 columns"):
        read_one(tmp_path / "a.csv", "a,x;b\n1,5;2\n")


def test_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    """A UTF-8 file saved by a spreadsheet has the header that is seen."""
    assert list(read_one(tmp_path / "a.csv", b"\xef\xbb\xbfcity\nOslo\n").columns) == ["city"]


def test_quoted_cells_keep_delimiters_and_line_breaks(tmp_path: Path) -> None:
    """What stands in quotes is one cell."""
    table = read_one(tmp_path / "a.csv", 'name,n\n"A, ""B""\nC",1\n')
    assert table.columns["name"] == ['A, "B"\nC']


def test_line_numbers_count_line_breaks_in_cells(tmp_path: Path) -> None:
    """A message points at the line of the file, also below a cell of two lines and a blank line."""
    table = read_one(tmp_path / "a.csv", 'name,n\n"A\nB",1\n\nC,2\n')
    assert [table.where(0), table.where(1)] == ["a.csv, line 2", "a.csv, line 5"]


def test_ragged_row_names_its_line(tmp_path: Path) -> None:
    """A row with a cell too many is refused by its line."""
    with pytest.raises(DataError, match=r"a\.csv, line 3: expected 2 cells as in the header \(a, b\), got 3"):
        read_one(tmp_path / "a.csv", "a,b\n1,2\n1,2,3\n")


@pytest.mark.parametrize(("header", "message"), [("a,a", "'a' stands 2 times"), ("a,", "column 2 has no header")])
def test_bad_headers_are_refused(tmp_path: Path, header: str, message: str) -> None:
    """Headers that are empty or stand twice cannot name a column."""
    with pytest.raises(DataError, match=message):
        read_one(tmp_path / "a.csv", f"{header}\n1,2\n")


def test_trailing_separator_makes_no_column(tmp_path: Path) -> None:
    """A separator at the end of every line is no column."""
    assert list(read_one(tmp_path / "a.csv", "a,b,\n1,2,\n").columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a,b\n1,\x00", "is binary"),
        ("a\nÅ\n".encode("latin-1"), r"is no UTF-8 text \(byte 0xc5 in line 2\)"),
        ("a\n1".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Empty, binary and otherwise encoded files are said to be so."""
    with pytest.raises(FileError, match=message):
        read_one(tmp_path / "a.csv", content)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file is a FileError that names it."""
    with pytest.raises(FileError, match=r"no file .*gone\.csv"):
        read_tables([tmp_path / "gone.csv"])


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A pipe that nobody writes to does not hang the reader."""
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(FileError, match="device or pipe"):
        read_tables([tmp_path / "a.csv"])


def test_unknown_ending_lists_the_known_ones(tmp_path: Path) -> None:
    """An old workbook is refused with a way out."""
    (tmp_path / "a.xls").write_bytes(b"x")
    with pytest.raises(FileError, match=r"ending in \.csv.*save the workbook as \.xlsx"):
        read_tables([tmp_path / "a.xls"])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1", "", "2.5"], [1.0, None, 2.5]),
        (["1e3", ".5", "2."], [1000.0, 0.5, 2.0]),
        (["007", "008"], ["007", "008"]),
        (["1", "x"], ["1", "x"]),
        (["nan", "1"], ["nan", "1"]),
        (["1e999", "1"], ["1e999", "1"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["٣", "4"], ["٣", "4"]),
    ],
)
def test_column_is_numbers_only_when_every_cell_is(tmp_path: Path, cells: list[str], values: list[object]) -> None:
    """Numbers are read strictly, a column at a time."""
    table = read_one(tmp_path / "a.csv", "id|v\n" + "".join(f"k{k}|{cell}\n" for k, cell in enumerate(cells)))
    assert table.columns["v"] == values


@pytest.mark.parametrize(
    ("delimiter", "cells", "values"),
    [
        (";", ["1,5", "2"], [1.5, 2.0]),
        (";", ["1.234,5", "2"], [1234.5, 2.0]),
        (";", ["1,500", "2,250"], ["1,500", "2,250"]),
        ("|", ["1,500", "2,250"], ["1,500", "2,250"]),
        ("|", ["1,500", "2,250.5"], [1500.0, 2250.5]),
        ("|", ["1,500,000", "2"], [1500000, 2]),
        ("|", ["1,5", "2"], ["1,5", "2"]),
    ],
)
def test_comma_in_a_number_is_read_only_when_it_is_clear(
    tmp_path: Path, delimiter: str, cells: list[str], values: list[object]
) -> None:
    """A comma that may mean two things leaves the column as text."""
    lines = "".join(f"k{k}{delimiter}{cell}\n" for k, cell in enumerate(cells))
    table = read_one(tmp_path / "a.csv", f"id{delimiter}v\n{lines}")
    assert table.columns["v"] == values


def test_point_beside_decimal_commas_is_not_guessed(tmp_path: Path) -> None:
    """1.500 may be 1500 in a file that writes 2,5 elsewhere, so it stays text with a note."""
    table = read_one(tmp_path / "a.csv", "id;a;b\nx;2,5;1.500\ny;3,25;2.250\n")
    assert table.columns["b"] == ["1.500", "2.250"]
    assert "ambiguous" in table.notes["b"]


def test_csv_equals_what_the_standard_library_wrote(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any table of texts that the csv module writes is read back cell by cell."""
    folder = tmp_path_factory.mktemp("csv")
    texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
    names = st.lists(texts.map(str.strip).filter(bool), min_size=2, max_size=4, unique=True)

    @given(data=st.data(), delimiter=st.sampled_from(",;\t|"))
    def round_trip(data: st.DataObject, delimiter: str) -> None:
        headers = data.draw(names)
        # A word in front keeps every column a column of texts.
        cell = texts.map(lambda text: "w" + text)
        rows = data.draw(st.lists(st.tuples(*[cell] * len(headers)), min_size=1, max_size=5))
        with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([headers, *rows])
        (table,) = read_tables([folder / "t.csv"])
        assert table.columns == {h: [row[k].strip() for row in rows] for k, h in enumerate(headers)}

    round_trip()


def test_numbers_equal_those_that_were_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every finite float survives a CSV file exactly."""
    path = tmp_path_factory.mktemp("csv") / "t.csv"

    @given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
    def round_trip(numbers: list[float]) -> None:
        assert read_one(path, "k,v\n" + "".join(f"a,{n!r}\n" for n in numbers)).columns["v"] == numbers

    round_trip()


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """Write a workbook of the given sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_each_sheet_is_a_table_found_by_two_names(tmp_path: Path) -> None:
    """A sheet is found by its name and by file and sheet; empty sheets are none."""
    path = workbook(tmp_path / "plan.xlsx", Costs=[["a"], [1]], Other=[["b"], [2]], Blank=[])
    tables = read_tables([path])
    assert tables.find("costs") is tables.find("plan.xlsx:Costs")
    assert len(tables) == 2


def test_workbook_cells_become_data(tmp_path: Path) -> None:
    """Numbers, texts, dates and truth values of a workbook are plain data, blank columns are dropped."""
    day, noon = datetime.datetime(2026, 3, 1), datetime.datetime(2026, 3, 1, 12)
    rows: list[list[object]] = [["n", "x", None, "day", "time", "yes"], [1, 2.5, None, day, noon, True]]
    (table,) = read_tables([workbook(tmp_path / "p.xlsx", S=rows)])
    cells = {name: column[0] for name, column in table.columns.items()}
    assert cells == {"n": 1, "x": 2.5, "day": "2026-03-01", "time": "2026-03-01T12:00:00", "yes": "TRUE"}


def test_workbook_row_is_the_row_of_the_sheet(tmp_path: Path) -> None:
    """A message points at the row that the spreadsheet shows, below a blank row as well."""
    (table,) = read_tables([workbook(tmp_path / "p.xlsx", S=[["n"], [None], [3]])])
    assert table.where(0) == "p.xlsx:S, line 3"


def test_damaged_workbook_is_one_sentence(tmp_path: Path) -> None:
    """A file that is no workbook inside is a FileError."""
    with zipfile.ZipFile(tmp_path / "p.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    with pytest.raises(FileError, match="cannot read the workbook"):
        read_tables([tmp_path / "p.xlsx"])


def test_workbook_that_unpacks_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    """A small archive that claims to hold more than a gigabyte is not unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a", b"")
    honest = (0).to_bytes(4, "little")
    data = bytearray(content.getvalue())
    at = data.rindex(b"PK\x01\x02") + 24  # the size that the archive's directory states
    assert data[at : at + 4] == honest
    data[at : at + 4] = (2**31).to_bytes(4, "little")
    (tmp_path / "p.xlsx").write_bytes(data)
    with pytest.raises(FileError, match="unpacks to 2147483648 bytes"):
        read_tables([tmp_path / "p.xlsx"])


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
        {"a": [1, 2], "b": ["x", "y"]},
        {"t": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
        {"t": {"a": [1, 2], "b": ["x", "y"]}},
    ],
)
def test_json_shapes_mean_one_table(tmp_path: Path, value: object) -> None:
    """Records, columns, and either under a name are the same table."""
    table = read_one(tmp_path / "t.json", json.dumps(value))
    assert (table.name, table.columns) == ("t", {"a": [1, 2], "b": ["x", "y"]})


def test_json_object_of_mixed_parts_gives_each_its_table(tmp_path: Path) -> None:
    """Mappings and lists are tables under their names, loose numbers a row under the file's."""
    (tmp_path / "d.json").write_text('{"cap": {"A": 3, "B": 5}, "budget": 100, "names": ["x"]}')
    tables = read_tables([tmp_path / "d.json"])
    found = [tables.find(name).columns for name in ("cap", "d", "names")]
    assert found == [{"A": [3], "B": [5]}, {"budget": [100]}, {"names": ["x"]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": NaN}]', "finite"),
        ('[{"a": 1e999}]', "finite"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": [1, 2], "b": [1]}', "lengths 1, 2"),
        ("[1, 2]", "expected a list of records"),
        ('[{"a": [1]}]', "got a list"),
        ('[{"a": 1},\n]', "line 2"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Numbers without end, names twice, uneven columns and other shapes are refused with the reason."""
    with pytest.raises(DataError, match=message):
        read_one(tmp_path / "t.json", text)


def test_folder_gives_its_tables(tmp_path: Path) -> None:
    """A folder stands for the tables in it; other files are passed by."""
    (tmp_path / "b.csv").write_text("x\n1\n")
    (tmp_path / "a.json").write_text('{"y": 1}')
    (tmp_path / "README.md").write_text("no table")
    assert [table.name for table in read_tables([tmp_path])] == ["a", "b"]


def test_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """A folder and a file in it give the file's table once."""
    (tmp_path / "b.csv").write_text("x\n1\n")
    assert len(read_tables([tmp_path, tmp_path / "b.csv"])) == 1


def test_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    """An empty folder is said to hold no table."""
    with pytest.raises(FileError, match="holds no table"):
        read_tables([tmp_path])


@pytest.mark.parametrize("name", ["costs", "COSTS.csv", " Costs ", "data/costs.csv"])
def test_name_matches_with_or_without_ending_and_case(tmp_path: Path, name: str) -> None:
    """A table is found as people write its name."""
    (tmp_path / "costs.csv").write_text("x\n1\n")
    tables = read_tables([tmp_path])
    assert tables.find(name).columns == {"x": [1]}


def test_ambiguous_name_lists_the_candidates(tmp_path: Path) -> None:
    """Two files that a name may mean are both listed."""
    (tmp_path / "costs.csv").write_text("x\n1\n")
    (tmp_path / "costs.json").write_text('{"x": 1}')
    with pytest.raises(DataError, match=r"ambiguous; it may be costs\.csv of .*costs\.json of"):
        read_tables([tmp_path]).find("costs")


def test_unknown_table_lists_what_there_is(tmp_path: Path) -> None:
    """A name that no table has comes with those that exist."""
    (tmp_path / "costs.csv").write_text("x\n1\n")
    with pytest.raises(DataError, match=r"no table 'prices'; there are: costs\.csv"):
        read_tables([tmp_path]).find("prices")


def test_schema_describes_columns_and_never_the_whole_table(tmp_path: Path) -> None:
    """The schema holds counts and types, samples but not every row, and no long cell."""
    table = read_one(tmp_path / "t.csv", f"name,n\n{'z' * 90},1\nb,\nlast,3\n")
    assert table.schema().splitlines() == [
        "table t (t.csv): 3 rows",
        "  column name: text, 3 distinct",
        "  column n: whole number, 2 distinct, 1 missing",
        f"  row 1: {'z' * 23}… | 1",
        "  row 2: b | ",
    ]


def test_schema_of_hostile_cells_stays_one_line_a_row(tmp_path: Path) -> None:
    """Line breaks and escape sequences in cells are shown, not obeyed."""
    table = read_one(tmp_path / "t.csv", 'a\n"x\n\x1b[2J"\ny\n')
    assert table.schema().splitlines()[-1] == "  row 1: x\\n\\x1b[2J"


def test_hundred_thousand_rows_are_read_whole(tmp_path: Path) -> None:
    """A large table comes whole, its last row as well."""
    (tmp_path / "big.csv").write_text(
        "i,j,c\n" + "".join(f"p{k // 300},{k % 300},{k / 7:.3f}\n" for k in range(100_000))
    )
    (table,) = read_tables([tmp_path / "big.csv"])
    assert table.n_rows == 100_000


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
def test_any_bytes_give_tables_or_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, ending: str) -> None:
    """No content of a file, text or not, raises anything outside of the tree of errors."""
    path = tmp_path_factory.mktemp("fuzz") / f"f.{ending}"
    pieces = st.sampled_from(
        [b",", b";", b'"', b"\n", b"1", b"a", b"{", b"}", b"[", b"]", b":", b'"a"', b"\xef\xbb\xbf"]
    )

    @given(st.binary(max_size=60) | st.lists(pieces, max_size=20).map(b"".join))
    def read(content: bytes) -> None:
        path.write_bytes(content)
        try:
            tables = read_tables([path])
        except AgentoptError:
            return
        assert all(len(column) == t.n_rows for t in tables for column in t.columns.values())

    read()
