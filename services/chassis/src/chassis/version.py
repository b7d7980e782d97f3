"""Which release this is."""

from importlib.metadata import version

# The tag's, `0.2.0`, as the packages were built or installed; `0.2.1.dev3+g1a2b3c4` some commits after it.
# All packages have one version: they are released together.
VERSION = version("chassis")
