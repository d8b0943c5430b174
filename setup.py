"""Compile the engine with mypyc; where that cannot be done, install the source as it is.

The engine is compiled whole or not at all: compiled and interpreted modules of it never stand side
by side in one install. With it goes what a storm does at every tick. An editable install and a
source archive are never compiled, so that no built file lands beside the source, where it would
shadow it.
"""

import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

BUILDING = {"bdist_wheel", "build", "build_ext", "install"}
ALONE = "--follow-imports=skip"  # what is compiled is checked without the rooms above it
LOOSE = ["--ignore-missing-imports", "--no-warn-return-any"]  # whose types are then any
STORM = (
    "agents", "arbitrageur", "balancers", "bidders", "broker", "hedges", "in_kind", "makers",
    "measure", "providers", "returns", "stage", "tally", "worth",
)  # fmt: skip
"""What runs at every tick: agents, books, measures. Their calls into the engine cost more than the
engine itself while they are interpreted; the rest of a storm runs once."""
WRAP = ["-fwrapv"]  # mul_div relies on signed overflow that wraps, whatever flags Python had
HIDE = ["-fvisibility=hidden"]  # modules call each other inside one library: no detour by its table
LIBRARY = "__mypyc"  # what its name ends with; every other extension only leads to it
LATE = f"-flto={cpu_count() or 1}"  # and are optimised as one: a tenth to a fifth faster


def modules() -> list[str]:
    """Every module of the engine but the packages' own files, and the storm's inner rooms."""
    root = Path(__file__).parent
    source = root / "src" / "seawall"
    engine = [path for path in (source / "engine").rglob("*.py") if path.name != "__init__.py"]
    storm = [source / "storm" / f"{name}.py" for name in STORM]
    found = engine + [path for path in storm if path.exists()]
    return sorted(path.relative_to(root).as_posix() for path in found)


def compiler_works(late: bool = False) -> bool:
    """Whether a file that needs Python's headers compiles; far quicker than to fail later.

    ``late``: and whether it links into a library, optimised only then.
    """
    from distutils.ccompiler import new_compiler  # setuptools' own, once setuptools is imported
    from distutils.sysconfig import customize_compiler

    compiler = new_compiler()
    options = [LATE] if late else []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text("#include <Python.h>\nint probe(void) { return Py_IsInitialized(); }\n")
        try:
            customize_compiler(compiler)
            objects = compiler.compile(
                [str(source)],
                output_dir=folder,
                include_dirs=[sysconfig.get_path("include"), sysconfig.get_path("platinclude")],
                extra_postargs=options,
            )
            if late:
                library = str(Path(folder) / "probe.so")
                compiler.link_shared_object(objects, library, extra_postargs=options)
        except Exception as error:  # a compiler can fail in as many ways as there are compilers
            if not late:
                print(f"seawall: no C compiler ({error}); the engine is installed interpreted")
            return False
    return True


def engine() -> list[Extension]:
    """The engine's extensions, when something is being built and can be."""
    if not BUILDING & set(sys.argv) or not compiler_works():
        return []
    from mypyc.build import mypycify

    extensions: list[Extension] = mypycify(
        [ALONE, *LOOSE, *modules()], opt_level="3", multi_file=True, group_name="seawall"
    )
    may_wait = sys.platform != "win32" and compiler_works(late=True)
    for extension in extensions:
        extension.optional = True
        late = [LATE] if may_wait and extension.name.endswith(LIBRARY) else []
        if sys.platform != "win32":
            extension.extra_compile_args = [*extension.extra_compile_args, *late, *HIDE, *WRAP]
        if late:
            extension.extra_link_args = [*late, "-O3", *HIDE, *WRAP]
    return extensions


class BuildEngine(build_ext):
    """Compile on every core; where one extension fails, drop them all."""

    def build_extensions(self) -> None:
        """Build, then count what was built."""
        if self.compiler.compiler_type == "unix":
            self.compiler.compile = self._compile_side_by_side
        super().build_extensions()
        built = [Path(self.get_ext_fullpath(extension.name)) for extension in self.extensions]
        if not all(path.exists() for path in built):
            print("seawall: compiling failed; the engine is installed interpreted")
            for path in built:
                path.unlink(missing_ok=True)
            self.extensions = []

    def _compile_side_by_side(self, sources: list[str], **settings: object) -> list[str]:
        """What the compiler's own ``compile`` does with a list, one thread to a file."""
        compile_one = type(self.compiler).compile
        with ThreadPoolExecutor(cpu_count() or 1) as threads:
            objects = threads.map(
                lambda source: compile_one(self.compiler, [source], **settings), sources
            )
            return [path for group in objects for path in group]


setup(ext_modules=engine(), cmdclass={"build_ext": BuildEngine})
