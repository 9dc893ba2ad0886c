"""A wrong cell of the rules workbook, told to the person who typed it."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.core.rules.model import Text


@dataclass(frozen=True)
class CellError:
    """One wrong cell, in words for the person who typed it.

    Attributes are its place, what stands there, what is allowed, and both as one sentence.
    `metric` names the metric that it switches off; an error without one refuses the workbook.
    """

    workbook: str
    sheet: str
    cell: str
    value: str
    allowed_zh: str
    allowed_en: str
    message_zh: str
    message_en: str
    is_blocking: bool = True
    metric: str | None = None

    @classmethod
    def of(
        cls, workbook: str, place: tuple[str, str], label: Text | None, value: object, may: Text
    ) -> CellError:
        """Write the message: where, what stands there, what is allowed.

        Args:
            workbook: File name.
            place: Sheet and cell; ("", "") for the file as a whole.
            label: Header of the column or name of the setting.
            value: What stands there.
            may: What is allowed; for the file as a whole, what is wrong.
        """
        sheet, cell = place
        shown = "" if value is None else str(value)
        if not sheet:
            zh, en = f"{workbook}：{may.zh}。", f"{workbook}: {may.en}."
            return cls(workbook, sheet, cell, shown, may.zh, may.en, zh, en)
        of_zh, of_en = (f"（{label.zh}）", f" ({label.en})") if label else ("", "")
        what_zh = f"“{shown}”不可用" if shown else "为空"
        what_en = f'"{shown}" is not allowed' if shown else "is blank"
        zh = f"{workbook}《{sheet}》{cell}{of_zh}：{what_zh}。允许：{may.zh}。"
        en = f"{workbook}, sheet {sheet}, cell {cell}{of_en}: {what_en}. Allowed: {may.en}."
        return cls(workbook, sheet, cell, shown, may.zh, may.en, zh, en)
