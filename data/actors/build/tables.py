"""Reading and writing the tab-separated files of this folder."""

from pathlib import Path


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table with a header line, as dictionaries."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t")
    rows = []
    for line in lines[1:]:
        cells = line.split("\t")
        rows.append(dict(zip(header, cells + [""] * (len(header) - len(cells)))))
    return rows


def read_plain(path: Path, columns: int) -> list[list[str]]:
    """Rows of a table without a header; lines that a stray line break cut off are left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) >= 2 and cells[0].startswith("Q"):
            rows.append((cells + [""] * columns)[:columns])
    return rows


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """A table with a header. Cells may hold neither tabs nor line breaks."""
    lines = ["\t".join(header)]
    for row in rows:
        assert len(row) == len(header), (path, row)
        assert not any("\t" in cell or "\n" in cell for cell in row), (path, row)
        # Empty cells at the end of a line are left out.
        lines.append("\t".join(row).rstrip("\t"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def split(cell: str) -> list[str]:
    """The parts of a cell that holds a list."""
    return [part for part in cell.split("|") if part]
