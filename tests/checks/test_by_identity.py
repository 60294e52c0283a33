"""What is kept for a check is its own, and never that of another."""

from rlaif.checks.by_identity import ByIdentity


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_a_value_is_made_once_and_goes_by_identity() -> None:
    made: list[str] = []

    def make(thing: Thing) -> str:
        made.append(thing.name)
        return thing.name

    kept = ByIdentity(make)
    one, other = Thing("one"), Thing("other")
    assert [kept(one), kept(other), kept(one)] == ["one", "other", "one"]
    assert made == ["one", "other"]


def test_of_many_the_latest_are_kept_and_all_are_right() -> None:
    kept = ByIdentity[Thing, str](lambda thing: thing.name)
    assert all(kept(Thing(str(place))) == str(place) for place in range(1000))
