"""Which files of incoming mail are kept: neither what runs when it is opened nor what is too large.

Pure. The list is of kinds that common mail systems refuse as well: programs, scripts, installers,
shortcuts, disk images, and office files that hold macros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paceline.mail.parsing import Enclosed

FILES_MAX = 20
BYTES_MAX = 8 * 1024**2
REFUSED_ENDINGS = frozenset((
    "ade", "adp", "app", "appx", "appxbundle", "bat", "cab", "chm", "cmd", "com", "cpl",
    "diagcab", "dll", "dmg", "docm", "dotm", "ex", "ex_", "exe", "hta", "img", "inf", "ins",
    "iso", "isp", "jar", "jnlp", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msix",
    "msixbundle", "msp", "mst", "nsh", "one", "onepkg", "pif", "potm", "ppam", "ppsm", "pptm",
    "ps1", "ps1xml", "psm1", "pkg", "py", "pyc", "pyw", "reg", "rpm", "scf", "scr", "sct",
    "settingcontent-ms", "sh", "shb", "svg", "sys", "url", "vb", "vbe", "vbs", "vhd", "vhdx",
    "vxd", "wsc", "wsf", "wsh", "xlam", "xll", "xlsm", "xltm", "xnk",
))  # fmt: skip
# How programs of Windows, Linux, macOS and Java begin, whatever they are called.
REFUSED_BEGINNINGS = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and why it is not kept: ``type``, ``size``, ``count``; empty when it is."""

    file: Enclosed
    why: str = ""


def judge(files: Iterable[Enclosed]) -> Iterator[Judged]:
    """Each file with whether it is kept. A name counts with every ending that it has."""
    for place, one in enumerate(files):
        if _runs(one):
            yield Judged(one, "type")
        elif len(one.content) > BYTES_MAX:
            yield Judged(one, "size")
        elif place >= FILES_MAX:
            yield Judged(one, "count")
        else:
            yield Judged(one)


def _runs(file: Enclosed) -> bool:
    plain = "".join(sign for sign in file.name.casefold() if sign.isprintable())
    endings = [one.strip() for one in plain.split(".")[1:]]
    if any(one in REFUSED_ENDINGS for one in endings):
        return True
    return file.content.startswith(REFUSED_BEGINNINGS)
