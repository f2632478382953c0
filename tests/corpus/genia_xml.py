"""Small corpora of our own in GENIA's XML."""

import tarfile
from io import BytesIO
from pathlib import Path
from typing import Sequence

PROTEIN = 'sem="G#protein_molecule"'
NESTED = f'The <cons sem="G#DNA_domain"><cons {PROTEIN}>ABC-1</cons> gene</cons> is on.'
FLAT = f"Cells need <cons {PROTEIN}>XYZ</cons> to grow."
PLAIN = "Nothing is named here."


def article(name: str, *abstract: str, title: Sequence[str] = (NESTED,)) -> str:
    def sentences(texts: Sequence[str]) -> str:
        return "\n".join(f"<sentence>{text}</sentence>" for text in texts)

    return (
        f"<article><articleinfo><bibliomisc>{name}</bibliomisc></articleinfo>\n"
        f"<title>{sentences(title)}</title>\n"
        f"<abstract>{sentences(abstract)}</abstract></article>\n"
    )


def corpus(*articles: str, root: str = "<set>", head: str = "") -> str:
    head = head or '<!DOCTYPE set SYSTEM "gpml.dtd">'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{root}\n{"".join(articles)}</set>\n'
    )


def numbered_corpus(n_articles: int) -> str:
    """Articles MEDLINE:0, MEDLINE:1, ..., of two, three, four, two, ... sentences."""
    abstracts = [[FLAT], [FLAT, PLAIN], [PLAIN, FLAT, PLAIN]]
    return corpus(*(article(f"MEDLINE:{i}", *abstracts[i % 3]) for i in range(n_articles)))


def write_archive(path: Path, *members: Path, prefix: str = "GENIA_term_3.02/") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            # archive.add() would take a leading slash away
            info = tarfile.TarInfo(prefix + member.name)
            info.size = member.stat().st_size
            archive.addfile(info, BytesIO(member.read_bytes()))
    return path
