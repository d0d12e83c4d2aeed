"""Discovery: one broken plugin harms nobody else; a clash is an error that names the ways out."""

import json

import pytest

from reidbench.pluginhost import PluginHost
from reidbench_registry import (
    AmbiguousEntryError,
    PluginError,
    ReidbenchError,
    UnknownEntryError,
)

HOLLOW = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "Mine", "hollow:Loss")
"""


def status(host, name):
    return next(p for p in host.plugins if p.name == name)


def test_a_strangers_entry_comes_by_the_same_door(install):
    install("stranger")
    host = PluginHost()
    assert status(host, "stranger").status == "ok"
    entry = host.find("loss", "Mine")
    assert (entry.qualified, entry.owner.version) == ("stranger.Mine", "1.0")
    assert host.find("loss", "stranger.Mine") == entry


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            {"source": "import nothing_of_that_name"},
            "the package 'nothing_of_that_name' is not installed",
        ),
        ({"source": "raise RuntimeError('boom')"}, "boom"),
        ({"source": "raise SystemExit('gone')"}, "SystemExit: gone"),
        ({"more": "    raise ValueError('hook failed')"}, "hook failed"),
        ({"more": "    catalog.add('los', 'A', 'm:A')"}, "did you mean 'loss'"),
        ({"more": "    catalog.add('loss', 'Mine', 'm:A')"}, "added twice"),
        ({"more": "    catalog.add('loss', 'A', 'print(1)')"}, "not 'module:attribute'"),
    ],
)
def test_a_broken_plugin_is_listed_and_brings_nothing(install, broken, reason):
    install("bad", **broken)
    install("good", name="Good")
    host = PluginHost()
    assert status(host, "bad").status == "broken"
    assert reason in status(host, "bad").reason
    assert status(host, "bad").entries == 0
    assert host.find("loss", "Good")
    assert not [e for e in host.catalog.entries() if e.owner.package == "bad"]
    with pytest.raises(ReidbenchError, match=r"bad.* broken|bad \(broken\)"):
        host.find("loss", "Mine")


def test_two_plugins_that_claim_a_name_make_it_ambiguous(install):
    install("one", name="Same")
    install("two", name="Same")
    host = PluginHost()
    with pytest.raises(AmbiguousEntryError, match=r"one\.Same, two\.Same"):
        host.find("loss", "Same")
    assert host.find("loss", "two.Same").owner.package == "two"
    assert status(host, "one").status == "ok"
    assert status(host, "one").reason == "loss 'Same' is in two, too: use one.Same"


def test_unknown_names_are_answered_with_the_nearest():
    host = PluginHost()
    with pytest.raises(UnknownEntryError, match="did you mean 'Triplet'"):
        host.find("loss", "triplett")
    with pytest.raises(UnknownEntryError, match="unknown kind 'los'; did you mean 'loss'"):
        host.catalog.entries("los")


def test_an_entry_without_its_target_breaks_its_plugin_and_is_named(install):
    install("hollow", source=HOLLOW)
    host = PluginHost()
    assert status(host, "hollow").reason == "loss 'Mine': 'hollow' has no 'Loss'"
    with pytest.raises(PluginError, match="loss 'Mine' is of the plugin 'hollow', which is broken"):
        host.find("loss", "Mine")


def test_what_a_plugin_prints_stays_off_our_output(install, capsys):
    from reidbench.cli.main import main

    install("loud", more="    print('hello from the hook')")
    assert main(["plugins", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["loud"]["status"] == "ok" and rows["loud"]["printed"] == "hello from the hook"


def test_a_plugin_can_be_switched_off(install, monkeypatch):
    install("stranger")
    monkeypatch.setenv("REIDBENCH_DISABLE_PLUGINS", "other, stranger")
    host = PluginHost()
    assert status(host, "stranger").status == "disabled"
    with pytest.raises(UnknownEntryError, match=r"left out .*: stranger \(disabled\)"):
        host.find("loss", "Mine")
