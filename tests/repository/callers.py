"""Which functions, classes and constants of the package somebody reaches: from notebooks, documents, commands and imports."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOTTED = re.compile(r"helpers(?:\.\w+)+(?::\w+)?")
PLAIN = {"dataclass", "lru_cache", "cache", "contextmanager", "themed", "wraps", "runtime_checkable", "total_ordering"}


@dataclass
class Module:
    """A module: its tree, what its names stand for elsewhere, and what it defines."""

    name: str
    tree: ast.Module
    is_package: bool = False
    imports: dict[str, str] = field(default_factory=dict)
    defined: dict[str, ast.stmt] = field(default_factory=dict)


def unreached(package: Path, readers: list[str], entries: list[str]) -> list[str]:
    """The public names of a package that nothing reaches.

    Parameters
    ----------
    package
        The folder of the package.
    readers
        Python code that may call it: cells of notebooks, blocks of documents, tools.
    entries
        Dotted names that are called from elsewhere, such as entry points.
    """
    modules = {module.name: module for module in _modules(package)}
    definitions = {f"{name}.{own}" for name, module in modules.items() for own in module.defined}
    by_last: dict[str, set[str]] = {}
    for name in definitions:
        by_last.setdefault(name.rsplit(".", 1)[1], set()).add(name)
    world = _World(modules, definitions, by_last)
    waiting = set(entries)
    for code in readers:
        waiting |= world.uses(Module("", ast.parse(code), imports=_imports(ast.parse(code), "", is_package=False)))
    for module in modules.values():
        waiting |= world.uses(module)
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in reached:
            reached.add(name)
            module, own = name.rsplit(".", 1)
            waiting |= set(world.names_in(modules[module].defined[own], modules[module]))
    return sorted(name for name in definitions - reached if not name.rsplit(".", 1)[1].startswith("_"))


def _modules(package: Path) -> Iterator[Module]:
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = Module(name, tree, is_package, _imports(tree, name, is_package=is_package))
        for step in tree.body:
            for own in _names_defined(step):
                module.defined[own] = step
        yield module


def _names_defined(step: ast.stmt) -> list[str]:
    if isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [step.name]
    targets = step.targets if isinstance(step, ast.Assign) else [step.target] if isinstance(step, ast.AnnAssign) else []
    names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [name for name in names if not name.startswith("__")]


def _imports(tree: ast.AST, module: str, *, is_package: bool) -> dict[str, str]:
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names if alias.asname}
            known |= {alias.name.split(".")[0]: alias.name.split(".")[0] for alias in node.names if not alias.asname}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            known |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return known


@dataclass(frozen=True)
class _World:
    modules: dict[str, Module]
    definitions: set[str]
    by_last: dict[str, set[str]]

    def uses(self, module: Module) -> set[str]:
        """What a module uses when it is imported: all but the bodies of what it defines."""
        found: set[str] = set()
        for step in module.tree.body:
            is_definition = bool(_names_defined(step)) and module.name != ""
            if is_definition and not any(_registers(one) for one in getattr(step, "decorator_list", [])):
                continue
            if isinstance(step, ast.Import | ast.ImportFrom):
                continue
            found |= set(self.names_in(step, module))
            if is_definition:
                found |= {f"{module.name}.{own}" for own in _names_defined(step)}
        return found

    def names_in(self, node: ast.AST, module: Module) -> Iterator[str]:
        """Every definition that a piece of code may mean."""
        for child in ast.walk(node):
            if isinstance(child, ast.Attribute | ast.Name) and isinstance(child.ctx, ast.Load):
                yield from self._meant(child, module)
            elif isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield from self._told(child.value, module)

    def _told(self, text: str, module: Module) -> Iterator[str]:
        for dotted in DOTTED.findall(text):
            yield self._resolved(dotted.replace(":", "."))
        if text.isidentifier() and text in module.defined:
            yield f"{module.name}.{text}"

    def _meant(self, node: ast.Attribute | ast.Name, module: Module) -> Iterator[str]:
        dotted = ast.unparse(node)
        first, _, rest = dotted.partition(".")
        if first.isidentifier() and first in module.imports:
            resolved = self._resolved(".".join(filter(None, [module.imports[first], rest])))
            if resolved in self.definitions:
                yield resolved
                return
            if resolved in self.modules:
                return
        if isinstance(node, ast.Name):
            if node.id in module.defined:
                yield f"{module.name}.{node.id}"
            return
        yield from self.by_last.get(node.attr, ()) if not self._is_foreign(node, module) else ()

    def _is_foreign(self, node: ast.Attribute, module: Module) -> bool:
        """An attribute of another library: `np.log` means none of ours."""
        first = ast.unparse(node).partition(".")[0]
        return first in module.imports and not module.imports[first].startswith("helpers")

    def _resolved(self, dotted: str) -> str:
        """A dotted name, through what packages pass on."""
        for _ in range(5):
            if dotted in self.definitions or dotted in self.modules:
                return dotted
            parts = dotted.split(".")
            for count in range(len(parts) - 1, 0, -1):
                head = ".".join(parts[:count])
                if head in self.modules:
                    passed_on = self.modules[head].imports.get(parts[count])
                    if passed_on is None:
                        return head if count == len(parts) else dotted if head in self.modules else ""
                    dotted = ".".join([passed_on, *parts[count + 1 :]])
                    break
            else:
                return dotted
            while dotted not in self.definitions and dotted not in self.modules and dotted.count(".") > 1:
                # an attribute of a value: the value itself is what is meant
                shorter = dotted.rsplit(".", 1)[0]
                if shorter in self.definitions:
                    return shorter
                break
        return dotted


def _registers(decorator: ast.expr) -> bool:
    """Whether a decorator hands a function to somebody who will call it."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")) not in PLAIN


def cells(notebook: Path) -> list[str]:
    """The code cells of a notebook."""
    stored = json.loads(notebook.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in stored["cells"] if cell["cell_type"] == "code"]
