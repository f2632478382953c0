from spacy_nested_ner.rendering.widths import least_width


def test_chinese_characters_are_one_em_and_accents_take_nothing():
    assert least_width("水泵") == 2 * least_width("水") > 1.9
    assert least_width("e\u0301") == least_width("e")
    assert least_width("") == 0
    assert least_width("ill") < least_width("mow") < 3
