"""The pages of docs/doors: their examples are run as they stand."""

import re
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "doors"


def run_page(name):
    """Run the Python blocks of a page in order, as one program; return its variables."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (PAGES / f"{name}.md").read_text(), re.M | re.S)
    assert blocks, f"{name}.md has no example"
    variables = {"__name__": name}
    exec(compile("\n".join(blocks), f"{name}.md", "exec"), variables)
    return variables
