//! Inputs for property tests: given tokens in random order, mixed with random text and bytes.

use proptest::prelude::*;

/// Up to a dozen of `words`, mixed with other text or bytes.
pub fn token_sequences(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}
