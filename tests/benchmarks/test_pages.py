"""Pages whose tables are made from result lines."""

from benchmarks.pages import BLOCK, as_markdown, fill_in

OTHER = "<!-- end -->\n\n<!-- table: f -->\nx\n<!-- end -->\n"
PAGE = f"Before.\n\n<!-- table: e -->\nold\n{OTHER}"
TABLES = {"e": [["arm", "F1"], ["`emc`", "40.0"]]}


def test_a_page_gets_its_tables_and_keeps_the_rest(capsys):
    filled = fill_in(PAGE, TABLES.__getitem__)
    assert filled == f"Before.\n\n<!-- table: e -->\n{as_markdown(TABLES['e'])}\n{OTHER}"
    assert [block["name"] for block in BLOCK.finditer(filled)] == ["e", "f"]
    assert "'f'" in capsys.readouterr().out


def test_the_first_column_of_a_table_is_to_the_left():
    assert as_markdown(TABLES["e"]) == "| arm | F1 |\n| --- | ---: |\n| `emc` | 40.0 |"
