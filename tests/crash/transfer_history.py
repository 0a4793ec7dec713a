# SPDX-License-Identifier: Apache-2.0
"""What transfer.py wrote down, compared with what a reader sees."""

import collections

from milena_test.suite import expect, expect_equal


class History:
    """What members wrote down of one group's transactions."""

    def __init__(self, folder, group, partitions):
        self.partitions = partitions
        self.places, self.ends = {}, {}
        for path in folder.glob(f"{group}-*"):
            for line in path.read_text().splitlines():
                word, name, *places = line.split(" ")
                if word == "begin":
                    self.places[name] = [tuple(map(int, place.split(":"))) for place in places]
                else:
                    self.ends[name] = word

    def committed(self):
        return [name for name, end in self.ends.items() if end == "committed"]

    def acknowledged(self):
        """Of each source partition the least offset that the group must have committed."""
        ends = [0] * self.partitions
        for name in self.committed():
            for partition, offset in self.places[name]:
                ends[partition] = max(ends[partition], offset + 1)
        return ends

    def check(self, seen, committed_offsets):
        """seen: the (name, partition, offset) that a read_committed reader found."""
        of_name = collections.defaultdict(list)
        for name, *place in seen:
            of_name[name].append(tuple(place))
        for name, places in self.places.items():
            end, found = self.ends.get(name, "unknown"), sorted(of_name.pop(name, []))
            if end == "aborted" or (end == "unknown" and not found):
                expect_equal(found, [], f"{end} {name}")
            else:
                expect_equal(found, sorted(places), f"{end} {name}")
        expect(not of_name, f"nobody wrote {list(of_name)[:3]}")
        transferred = sorted(tuple(place) for _, *place in seen)
        wanted = [(p, o) for p, end in enumerate(committed_offsets) for o in range(end)]
        expect(transferred == wanted, difference(transferred, wanted))


def difference(found, wanted):
    found, wanted = collections.Counter(found), collections.Counter(wanted)
    more, less = sorted((found - wanted).elements()), sorted((wanted - found).elements())
    return f"transferred too often {more[:5]} ({len(more)}), not at all {less[:5]} ({len(less)})"
