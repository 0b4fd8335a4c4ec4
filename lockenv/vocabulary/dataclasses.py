"""Data classes and named tuples that cost little to define: the part of the standard library's that lockenv uses.

The standard decorator compiles six methods for every class when its module is imported, and loads `inspect` for it:
0.8 ms a class, half of the time a `check` takes. Here the methods are shared closures, and `__init__` is compiled when
a class turns out to have many instances; so is the `__new__` of a named tuple. Same names, same meaning; fields are
slots, always. docs/decisions/0006 has the figures.
"""

from __future__ import annotations

from itertools import repeat

try:
    from _operator import attrgetter, itemgetter  # where `operator` has them from: one module less
except ImportError:
    from operator import attrgetter, itemgetter

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final, NamedTuple, NoReturn, TypeVar, dataclass_transform

    _T = TypeVar("_T")
else:

    def dataclass_transform(**_options):
        """Return a decorator that changes nothing: what it says is for type checkers."""
        return lambda decorated: decorated


try:
    # What named tuples of the standard library have: it takes a third of the time of a property.
    _tuplegetter: Any = __import__("_collections")._tuplegetter
except (ImportError, AttributeError):
    _tuplegetter = None

__all__ = ("NamedTuple", "dataclass", "field", "from_attributes", "maker", "replace")

_MISSING: Final[Any] = object()
_MANY = 100
"""Instances of a class after which its `__init__` is compiled: that costs as much as the slower way for so many."""


class _Field:
    __slots__ = ("compare", "default", "default_factory", "name", "repr")

    def __init__(
        self,
        name: str,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        repr: bool = True,  # noqa: A002
        compare: bool = True,
    ) -> None:
        self.name = name
        self.default = default
        self.default_factory = default_factory
        self.repr = repr
        self.compare = compare

    @property
    def is_required(self) -> bool:
        return self.default is _MISSING and self.default_factory is _MISSING


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] = _MISSING,
    repr: bool = True,  # noqa: A002  # the standard library names it so
    compare: bool = True,
) -> Any:
    """Return the default of a field that needs more than a plain one, as `dataclasses.field` does."""
    return _Field("", default, default_factory, repr, compare)


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *, slots: bool, frozen: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[type[_T]], type[_T]]:
    """Return the decorator that makes a class a data class, as `dataclasses.dataclass` does.

    `slots` must be True and is there to be read. Annotations must be text (`from __future__ import annotations`), and
    data classes do not inherit fields from one another.
    """
    if not slots:
        raise TypeError("a data class has slots")

    def decorate(cls: type[_T]) -> type[_T]:
        return _made(cls, frozen=frozen, kw_only=kw_only, eq=eq)

    return decorate


def replace(instance: _T, **changes: Any) -> _T:
    """Return a copy of a data class instance with some of its fields changed, as `dataclasses.replace` does."""
    names: tuple[str, ...] = type(instance).__slots__  # type: ignore[attr-defined]  # a data class has them
    return type(instance)(**dict(zip(names, map(getattr, repeat(instance), names), strict=True)) | changes)


def from_attributes(cls: type[_T], source: object) -> _T:
    """Return a data class whose fields are the attributes of `source` of the same names; lists become tuples.

    A field that `source` does not have keeps its default.
    """
    names: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
    values = {name: getattr(source, name) for name in names if hasattr(source, name)}
    return cls(**{name: tuple(each) if isinstance(each, list) else each for name, each in values.items()})


def maker(cls: type[_T]) -> Callable[..., _T]:
    """Return what makes an instance of a data class of the values of all its fields, in their order.

    It takes a third of the time of calling the class, where hundreds are made: they are made as instances of a class
    that lets its attributes be set, and become what they are then.
    """
    names: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
    draft = type(cls.__name__, (), {"__slots__": names})
    lines = ["made = _new(_draft)", *[f"made.{name} = {name}" for name in names], "made.__class__ = _cls"]
    text = f"def make({', '.join(names)}):\n {'; '.join(lines)}\n return made"
    scope: dict[str, Any] = {"_new": object.__new__, "_draft": draft, "_cls": cls}
    exec(text, scope)  # noqa: S102  # made of the names of fields alone, as the standard library does it
    made: Callable[..., _T] = scope["make"]
    return made


def _made(cls: type[_T], *, frozen: bool, kw_only: bool, eq: bool) -> type[_T]:
    namespace = dict(cls.__dict__)
    names = tuple([name for name, kind in _annotations(namespace) if not kind.startswith("ClassVar")])
    # Out of the namespace, where slots are to be.
    stated = {name: namespace.pop(name) for name in names if name in namespace}
    fields = {name: value for name, value in stated.items() if isinstance(value, _Field)}
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    namespace["__slots__"] = names
    namespace["__match_args__"] = () if kw_only else names
    namespace.setdefault("__repr__", _repr(tuple([name for name in names if name not in fields or fields[name].repr])))
    if eq:
        compared = _compared(tuple([name for name in names if name not in fields or fields[name].compare]))
        namespace.setdefault("__eq__", _eq(compared))
        namespace["__hash__"] = _hash(compared) if frozen else None
    if frozen:
        namespace["__setattr__"], namespace["__delattr__"], namespace["__reduce__"] = _refuse, _refuse, _reduce
    meta: Any = type(cls)
    made: Any = meta(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _unused_init(made, stated, kw_only=kw_only)
    return made  # type: ignore[no-any-return]  # the class again, with slots


def _annotations(namespace: dict[str, Any]) -> Iterable[tuple[str, str]]:
    found: dict[str, str] = namespace.get("__annotations__", {})
    return found.items()


def _unused_init(made: Any, stated: dict[str, Any], *, kw_only: bool) -> Callable[..., None]:
    """Return an `__init__` that makes another of what is `stated` of fields, when it is first called.

    A command has no instance of many of the classes that it loads.
    """

    def init(self: Any, *args: Any, **given: Any) -> None:
        fields = [_field(name, stated.get(name, _MISSING)) for name in made.__slots__]
        made.__init__ = _first_init(made, fields, kw_only=kw_only)
        made.__init__(self, *args, **given)

    return init


def _field(name: str, default: Any) -> _Field:
    """Return the field called `name` of which `default` is stated."""
    if not isinstance(default, _Field):
        return _Field(name, default)
    return _Field(name, default.default, default.default_factory, default.repr, default.compare)


def _first_init(made: Any, fields: list[_Field], *, kw_only: bool) -> Callable[..., None]:
    """Return an `__init__` that replaces itself by a compiled one at the first wrong call, or after many calls."""
    left = _MANY
    names = made.__slots__
    # A slot's descriptor writes past the `__setattr__` that keeps everybody else from writing.
    puts = [made.__dict__[name].__set__ for name in names]
    defaults = {each.name: each.default for each in fields if each.default is not _MISSING}
    makers = [(each.name, each.default_factory) for each in fields if each.default_factory is not _MISSING]
    ends = () if makers or kw_only else tuple(defaults.values())

    def init(self: Any, *args: Any, **given: Any) -> None:
        nonlocal left
        left -= 1
        if left >= 0 and args and not given and 0 <= len(names) - len(args) <= len(ends):
            for put, value in zip(puts, args + ends[len(ends) - len(names) + len(args) :], strict=True):
                put(self, value)
            return
        values = _joined(names, defaults, args, given) if args else defaults | given
        for name, make in makers:
            if name not in values:
                values[name] = make()
        if left >= 0 and len(values) == len(names) and not (args and kw_only):
            try:
                for name, put in zip(names, puts, strict=True):
                    put(self, values[name])
            except KeyError:
                pass  # one is lacking where another has a name of no field
            else:
                return
        made.__init__ = _compiled_init(made, fields, kw_only=kw_only)
        made.__init__(self, *args, **given)

    return init


def _joined(
    names: tuple[str, ...], defaults: dict[str, Any], args: tuple[Any, ...], given: dict[str, Any]
) -> dict[str, Any]:
    """Return the values of a call by their names; empty where it has one twice, or too many."""
    if len(args) > len(names) or (given and not given.keys().isdisjoint(names[: len(args)])):
        return {}
    return defaults | dict(zip(names, args, strict=False)) | given


def _compiled_init(made: Any, fields: list[_Field], *, kw_only: bool) -> Callable[..., None]:
    scope: dict[str, Any] = {"_missing": _MISSING}
    parameters, body = [], []
    for each in fields:
        name = each.name
        # A slot's descriptor writes past the `__setattr__` that keeps everybody else from writing.
        scope[f"_set_{name}"] = made.__dict__[name].__set__
        value = name
        if each.default_factory is not _MISSING:
            scope[f"_make_{name}"] = each.default_factory
            value = f"_make_{name}() if {name} is _missing else {name}"
        scope[f"_default_{name}"] = each.default
        parameters.append(name if each.is_required else f"{name}=_default_{name}")
        body.append(f" _set_{name}(self, {value})")
    if kw_only and parameters:
        parameters.insert(0, "*")
    text = f"def __init__(self, {', '.join(parameters)}):\n" + ("\n".join(body) or " pass")
    exec(text, scope)  # noqa: S102  # made of the names of fields alone, as the standard library does it
    made_init: Callable[..., None] = scope["__init__"]
    made_init.__qualname__ = f"{made.__qualname__}.__init__"
    return made_init


def _compared(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _instance: ()


def _repr(names: tuple[str, ...]) -> Callable[[Any], str]:
    def text(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return text


def _eq(compared: Callable[[Any], Any]) -> Callable[[Any, object], Any]:
    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    return equals


def _hash(compared: Callable[[Any], Any]) -> Callable[[Any], int]:
    def hashed(self: Any) -> int:
        return hash(compared(self))

    return hashed


def _refuse(self: Any, name: str, value: object = None) -> NoReturn:  # noqa: ARG001  # the signature Python asks for
    raise AttributeError(f"{type(self).__qualname__}.{name} is frozen")


def _reduce(self: Any) -> tuple[Any, ...]:
    return _again, (type(self), {name: getattr(self, name) for name in type(self).__slots__})


def _again(cls: type[_T], values: dict[str, Any]) -> _T:
    return cls(**values)


class _Named(tuple):  # type: ignore[type-arg]  # `Any` is not loaded for it
    """What all named tuples have in common."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({shown})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Any:
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"expected {len(cls._fields)} items for {cls.__qualname__}, got {len(made)}")
        return made

    def _replace(self, **changes: Any) -> Any:
        made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
        if changes:
            raise TypeError(f"{type(self).__qualname__} has no field {sorted(changes)}")
        return made


class _NamedTupleMaker(type):
    """The class of `NamedTuple`: what derives from that becomes a tuple whose items have the names of its fields."""

    def __new__(cls, name: str, _bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        names = tuple(name for name, _ in _annotations(namespace))
        defaults = {name: namespace.pop(name) for name in names if name in namespace}
        if names[len(names) - len(defaults) :] != tuple(defaults):
            raise TypeError(f"in {name}, a field without a default follows one that has one")
        getters = {name: _getter(number) for number, name in enumerate(names)}
        namespace |= {
            "__slots__": (),
            "__match_args__": names,
            "_fields": names,
            "_field_defaults": defaults,
            **getters,
        }
        made = type(name, (_Named,), namespace)
        made.__new__ = _first_new(made, names, defaults)  # type: ignore[method-assign]
        return made


def _getter(number: int) -> Any:
    return _tuplegetter(number, None) if _tuplegetter is not None else property(itemgetter(number))


def _first_new(made: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """Return a `__new__` that replaces itself by a compiled one at the first wrong call, or after many calls."""
    left = _MANY
    count = len(names)
    known = frozenset(names)
    ends = tuple(defaults.values())

    def new(cls: Any, *args: Any, **given: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            if not given and 0 <= count - len(args) <= len(ends):
                return tuple.__new__(cls, args + ends[len(ends) - count + len(args) :])
            values = _joined(names, defaults, args, given)
            if len(values) == count and values.keys() == known:
                return tuple.__new__(cls, map(values.__getitem__, names))
        made.__new__ = _compiled_new(made, names, defaults)
        return made.__new__(cls, *args, **given)

    return staticmethod(new)


def _compiled_new(made: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    scope: dict[str, Any] = {"_new": tuple.__new__, **{f"_default_{name}": value for name, value in defaults.items()}}
    parameters = [f"{name}=_default_{name}" if name in defaults else name for name in names]
    values = "".join(f"{name}, " for name in names)
    text = f"def __new__(_cls, {', '.join(parameters)}):\n return _new(_cls, ({values}))"
    exec(text, scope)  # noqa: S102  # made of the names of fields alone, as the standard library does it
    scope["__new__"].__qualname__ = f"{made.__name__}.__new__"
    return staticmethod(scope["__new__"])


if not TYPE_CHECKING:
    NamedTuple = type.__new__(_NamedTupleMaker, "NamedTuple", (), {})
