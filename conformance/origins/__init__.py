"""Who makes the sources: SOURCES, by name; each value makes the source of that name and says in a word what came of it."""

from origins import applications, found, frozen, keras2, keras3, modules, patterns, real, v1

MODULES = [real, found, patterns, modules, v1, keras2, frozen, keras3, applications]
SOURCES = {name: make for module in MODULES for name, make in module.SOURCES.items()}
