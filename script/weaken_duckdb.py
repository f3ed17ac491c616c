"""Makes DuckDB's library from its Python wheel loadable without Python.

The wheel's shared object also holds the C API, but names some two hundred functions of the interpreter that a loader wants to find at
once. In a copy, each of those undefined names is made weak: the loader then leaves them empty, and the C API never calls them.

usage: weaken_duckdb.py SOURCE TARGET
"""

import os
import struct
import sys

SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL_SIZE, DYNAMIC_SYMBOLS, WEAK, GLOBAL, UNDEFINED = 24, 11, 2, 1, 0


def weaken(image: bytearray) -> int:
    if image[:4] != b"\x7fELF" or image[4] != 2:
        sys.exit("not a 64-bit ELF file")
    (offset,) = struct.unpack_from("<Q", image, 40)
    size, count, _ = struct.unpack_from("<HHH", image, 58)
    sections = [SECTION_HEADER.unpack_from(image, offset + index * size) for index in range(count)]
    symbols = next(section for section in sections if section[1] == DYNAMIC_SYMBOLS)
    names = sections[symbols[6]][4]
    changed = 0
    for entry in range(symbols[4], symbols[4] + symbols[5], SYMBOL_SIZE):
        name, info, _, section = struct.unpack_from("<IBBH", image, entry)
        if section != UNDEFINED or info >> 4 != GLOBAL:
            continue
        start = names + name
        if image[start : start + 2] == b"Py" or image[start : start + 3] == b"_Py":
            image[entry + 4] = (WEAK << 4) | (info & 15)
            changed += 1
    return changed


source, target = sys.argv[1:3]
with open(source, "rb") as file:
    image = bytearray(file.read())
changed = weaken(image)
with open(target + ".partial", "wb") as file:
    file.write(image)
os.replace(target + ".partial", target)
print(f"{changed} names made weak in {target}")
