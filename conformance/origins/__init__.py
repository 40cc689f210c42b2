"""Who makes the sources: SOURCES, by name; each value makes the source of that name and says in a word what came of it."""

from origins import applications, frozen, keras2, keras3, modules, real, v1

MODULES = [real, keras3, keras2, modules, v1, frozen, applications]
SOURCES = {name: make for module in MODULES for name, make in module.SOURCES.items()}
