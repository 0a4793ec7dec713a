# SPDX-License-Identifier: Apache-2.0
"""Ranges of versions, as schemas write them: "none", "3", "0-4", "2+"."""
import dataclasses
import re

NO_LIMIT = 0x7fff


@dataclasses.dataclass(frozen=True)
class Versions:
    """The versions lowest..highest, both included; empty if lowest > highest."""
    lowest: int
    highest: int

    @staticmethod
    def parse(text):
        """Raises ValueError with a reason."""
        if text == "none":
            return NONE
        match = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?", text)
        if not match:
            raise ValueError(f"'{text}' is not a range of versions")
        lowest = int(match[1])
        highest = NO_LIMIT if match[2] else int(match[3] or lowest)
        if highest < lowest:
            raise ValueError(f"'{text}' ends before it begins")
        return Versions(lowest, highest)

    def __bool__(self):
        return self.lowest <= self.highest

    def __contains__(self, version):
        return self.lowest <= version <= self.highest

    def __and__(self, other):
        common = Versions(max(self.lowest, other.lowest), min(self.highest, other.highest))
        return common if common else NONE

    def covers(self, other):
        return not other or (self.lowest <= other.lowest and other.highest <= self.highest)

    def join(self, other):
        """The union. Raises ValueError if a gap lies between the two."""
        if not self or not other:
            return self or other
        if max(self.lowest, other.lowest) > min(self.highest, other.highest) + 1:
            raise ValueError(f"a gap lies between {self} and {other}")
        return Versions(min(self.lowest, other.lowest), max(self.highest, other.highest))

    def __str__(self):
        if not self:
            return "none"
        if self.highest == NO_LIMIT:
            return f"{self.lowest}+"
        return str(self.lowest) if self.lowest == self.highest else f"{self.lowest}-{self.highest}"


NONE = Versions(0, -1)
