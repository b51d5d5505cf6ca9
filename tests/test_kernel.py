import subprocess
import sys

import pytest

CALLED = """
from crawlsieve.kernel import kernel
@kernel
def inner(x):
    return x + 1
"""
CALLS = """
from crawlsieve.kernel import kernel
from inner import inner
@kernel
def outer(x):
    return inner(x)
print(outer(1))
"""
KNOWN = """
from crawlsieve.kernel import kernel
STEP = 0 + 1
"""
KNOWS = """
from crawlsieve.kernel import kernel
from inner import STEP
@kernel
def outer(x):
    return x + STEP
print(outer(1))
"""


@pytest.mark.parametrize(("inner", "outer"), [(CALLED, CALLS), (KNOWN, KNOWS)], ids=["kernel", "constant"])
def test_a_kernel_is_compiled_again_when_what_it_takes_from_another_file_has_changed(tmp_path, inner, outer):
    (tmp_path / "outer.py").write_text(outer)

    def run(constant):
        (tmp_path / "inner.py").write_text(inner.replace("+ 1", f"+ {constant}"))
        code = "import sys; sys.path.insert(0, '.')\nimport outer"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    assert [run(1), run(1), run(2)] == ["2\n", "2\n", "3\n"]
