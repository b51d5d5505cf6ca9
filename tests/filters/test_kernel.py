import subprocess
import sys

FIRST = """
from crawlsieve.filters.kernel import kernel
@kernel
def inner(x):
    return x + 1
"""
SECOND = """
from crawlsieve.filters.kernel import kernel
from inner import inner
@kernel
def outer(x):
    return inner(x)
print(outer(1))
"""


def test_a_kernel_is_compiled_again_when_one_that_it_calls_has_changed(tmp_path):
    (tmp_path / "outer.py").write_text(SECOND)

    def run(constant):
        (tmp_path / "inner.py").write_text(FIRST.replace("x + 1", f"x + {constant}"))
        code = (
            "import sys, pathlib; sys.path.insert(0, '.')\n"
            "import crawlsieve.filters.kernel as k; k.__file__ = str(pathlib.Path('kernel.py').resolve())\n"
            "import outer"
        )
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    assert [run(1), run(1), run(2)] == ["2\n", "2\n", "3\n"]
