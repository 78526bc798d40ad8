"""Portraits: one face a persona, whatever its name holds."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from chronicles.personas import load_cast
from chronicles.site.portraits import portrait, voice_class

HOSTILE = ("", "名前", '"><script>alert(1)</script>', "\udc80", "A" * 500, "{{ 7 * 7 }}")


def test_each_of_the_cast_has_a_face_and_a_colour_of_its_own() -> None:
    """No two of the built-in cast share a portrait or a class, and none has a made-up one."""
    names = [voice.name for voice in load_cast().voices]
    assert len({portrait(name) for name in names}) == len(names) == len({voice_class(name) for name in names})
    assert not any("hue" in voice_class(name) for name in names)


def test_a_persona_of_ones_own_has_a_face_made_of_its_name() -> None:
    """The same name has the same face; of twenty names most have different ones."""
    names = [f"Persona {number}" for number in range(20)]
    assert portrait("Maud") == portrait("Maud")
    assert len({portrait(name) for name in names}) > 15
    assert len({voice_class(name) for name in names}) > 4


def test_no_name_gets_into_a_drawing() -> None:
    """A portrait is well-formed XML with no text, no script and no style, whatever the name is."""
    for name in HOSTILE:
        drawn = portrait(name)
        root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
        assert root.attrib["aria-hidden"] == "true"
        assert {one.tag for one in root.iter()} <= {"svg", "rect", "circle", "path"}
        assert not "".join(root.itertext()).strip()
        assert "\n" not in drawn
        assert "{" not in drawn
        assert voice_class(name).startswith("voice-hue-")
