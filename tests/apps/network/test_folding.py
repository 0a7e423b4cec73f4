"""Texts are folded together as they are one by one, also when there are none."""

from chappe.apps.network.models.located import folded, folded_all


def test_many_are_folded_as_each_is():
    texts = ["Évrard", "l’Haÿ-les-Roses", "", "œuf\nd’or", "12 bis"]
    assert folded_all(texts) == [folded(text) for text in texts]


def test_none_are_none():
    assert folded_all(iter(())) == []
