"""Write the old binary workbook format, and the container of locked ones, byte by byte."""

import struct


def compound_file(streams):
    """Write an OLE compound file with the given streams (each at least 4,096 bytes)."""
    sector, end, free, fat_mark = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    fat, body, entries = [fat_mark, end], b"", []
    for name, data in streams.items():
        size = -(-max(len(data), 4096) // sector) * sector
        first = len(fat)
        fat += [*range(first + 1, first + size // sector), end]
        body += data.ljust(size, b"\0")
        entries.append((name, 2, first, size))
    directory = b""
    root_child = 1 if entries else free
    for at, (name, kind, first, size) in enumerate([("Root Entry", 5, end, 0), *entries]):
        raw = name.encode("utf-16-le") + b"\0\0"
        right = at + 1 if 0 < at < len(entries) else free
        child = root_child if kind == 5 else free
        directory += raw.ljust(64, b"\0") + struct.pack(
            "<HBBIII", len(raw), kind, 1, free, right, child
        )
        directory += b"\0" * 36 + struct.pack("<IQ", first, size)
    directory = directory.ljust(sector, b"\0")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    header += struct.pack("<I", free) * 108
    table = b"".join(struct.pack("<I", value) for value in fat).ljust(sector, b"\xff")
    return header + table + directory + body


def xls(cells):
    """Write a BIFF8 workbook with one sheet 目标; cells are (row, column, text or number)."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    bof = struct.pack("<HHHHII", 0x0600, 0, 0, 0, 0, 0)
    name = "目标".encode("utf-16-le")

    def globals_part(offset):
        sheet = struct.pack("<IBBBB", offset, 0, 0, 2, 1) + name
        return (
            record(0x0809, struct.pack("<HH", 0x0600, 5) + bof[4:])
            + record(0x0042, struct.pack("<H", 1200))
            + record(0x0085, sheet)
            + record(0x000A, b"")
        )

    part = record(0x0809, struct.pack("<HH", 0x0600, 0x10) + bof[4:])
    for row, column, value in cells:
        if isinstance(value, str):
            raw = value.encode("utf-16-le")
            data = struct.pack("<HHHHB", row, column, 0, len(value), 1) + raw
            part += record(0x0204, data)
        else:
            part += record(0x0203, struct.pack("<HHHd", row, column, 0, value))
    part += record(0x000A, b"")
    return compound_file({"Workbook": globals_part(len(globals_part(0))) + part})
