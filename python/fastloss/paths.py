"""Where this installation keeps what programs in C++ and C build with: headers and libraries."""

from __future__ import annotations

import os

from . import _core

__all__ = ["get_cmake_dir", "get_include", "get_library_dir", "get_pkgconfig_dir"]


def get_include() -> str:
    """Return the folder of the headers, for a compiler's ``-I``.

    Returns
    -------
    str
        A folder that holds ``fastloss/fastloss.h``.

    Raises
    ------
    FileNotFoundError
        When this installation was made without them, ``FASTLOSS_INSTALL=OFF``.

    Examples
    --------
    >>> import os, fastloss as fl
    >>> os.path.exists(os.path.join(fl.get_include(), "fastloss", "fastloss.h"))
    True
    """
    return _folder("include")


def get_library_dir() -> str:
    """Return the folder of the shared library, for a linker's ``-L`` and ``-rpath``.

    Returns
    -------
    str
        The folder of ``libfastloss.so``.

    Raises
    ------
    FileNotFoundError
        When this installation was made without them, ``FASTLOSS_INSTALL=OFF``.
    """
    return _folder("lib")


def get_cmake_dir() -> str:
    """Return the folder of the CMake package, for ``cmake -Dfastloss_DIR=``.

    Returns
    -------
    str
        The folder of ``fastlossConfig.cmake``. A project built by scikit-build-core that names
        fastloss in its build requirements finds it by itself.

    Raises
    ------
    FileNotFoundError
        When this installation was made without it, ``FASTLOSS_INSTALL=OFF``.
    """
    return _folder("lib", "cmake", "fastloss")


def get_pkgconfig_dir() -> str:
    """Return the folder of the file of pkg-config, for ``PKG_CONFIG_PATH``.

    Returns
    -------
    str
        The folder of ``fastloss.pc``.

    Raises
    ------
    FileNotFoundError
        When this installation was made without it, ``FASTLOSS_INSTALL=OFF``.
    """
    return _folder("lib", "pkgconfig")


# Beside the compiled module: in an editable installation this file lies elsewhere.
def _folder(*parts: str) -> str:
    path = os.path.join(os.path.dirname(os.path.realpath(_core.__file__)), *parts)
    if not os.path.isdir(path):
        raise FileNotFoundError(f"this installation of fastloss has no {path}")
    return path
