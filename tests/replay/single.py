"""The signal modules with 32-bit floats, as the chip has them: every float result is rounded on the way."""

import ast
import importlib
import importlib.abc
import importlib.util
import math
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

PACKAGE = "device.signal"
ROUND = "_as_the_chip"


def as_the_chip(value: object) -> object:
    """A float to the nearest of 32 bits; all else as it is."""
    if isinstance(value, float) and math.isfinite(value):
        return struct.unpack("f", struct.pack("f", value))[0]
    return value


class _Rounded(ast.NodeTransformer):
    """`a * b` becomes round(a * b), and so do calls and `a *= b` of names."""

    def _rounded(self, node: ast.expr) -> ast.expr:
        return ast.copy_location(ast.Call(ast.Name(ROUND, ast.Load()), [node], []), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return self._rounded(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return self._rounded(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return node  # an item of an array, which rounds by itself, or a whole number
        sum_ = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        rounded = self._rounded(ast.copy_location(sum_, node))
        return ast.copy_location(ast.Assign([node.target], rounded), node)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the package's modules before the usual finders and compiles them rounded."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if not name.startswith(PACKAGE + ".") or name in sys.modules:
            return None
        sys.meta_path.remove(self)
        try:
            found = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        return importlib.util.spec_from_loader(name, self, origin=found.origin) if found else None

    def exec_module(self, module: ModuleType) -> None:
        source = str(module.__spec__ and module.__spec__.origin)
        with open(source) as file:
            tree = ast.fix_missing_locations(_Rounded().visit(ast.parse(file.read())))
        setattr(module, ROUND, as_the_chip)
        exec(compile(tree, source, "exec"), module.__dict__)  # noqa: S102 - our own modules, rounded


@contextmanager
def single_precision() -> Iterator[None]:
    """Within, `importlib.import_module("device.signal…")` gives modules of their own, with 32-bit floats."""
    package = importlib.import_module(PACKAGE)
    names = [name for name in sys.modules if name.startswith(PACKAGE + ".")]
    usual = {name: sys.modules.pop(name) for name in names}
    before = dict(package.__dict__)
    for name in names:
        package.__dict__.pop(name.rpartition(".")[2], None)
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(PACKAGE + ".")]:
            del sys.modules[name]
        sys.modules.update(usual)
        package.__dict__.clear()
        package.__dict__.update(before)
