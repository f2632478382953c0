"""Two documents are the same text if they have many sequences of words in common."""

from benchmarks.shared_texts import N_PHRASES, N_WORDS, count_shared, find_sequences

WORDS = [f"w{i}" for i in range(40)]
OTHER = [f"v{i}" for i in range(40)]


def sequences(**documents):
    return {name: find_sequences(words) for name, words in documents.items()}


def test_a_document_counts_once_whatever_its_name():
    first = sequences(a=WORDS, b=OTHER)
    assert count_shared(first, sequences(c=OTHER, d=["x", *WORDS], e=WORDS[::-1])) == 2


def test_a_common_phrase_is_no_common_text():
    phrase = WORDS[: N_WORDS + N_PHRASES - 1]
    assert count_shared(sequences(a=WORDS), sequences(b=[*OTHER, *phrase])) == 0
    assert (
        count_shared(sequences(a=WORDS), sequences(b=[*OTHER, *WORDS[: len(phrase) + 1]])) == 1
    )


def test_a_short_document_has_no_sequence():
    assert find_sequences(WORDS[: N_WORDS - 1]) == set()
    assert count_shared(sequences(a=WORDS[:3]), sequences(b=WORDS[:3])) == 0
