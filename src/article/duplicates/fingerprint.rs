//! What a text is recognised by: a sketch of its runs of four words.
//!
//! One-permutation `MinHash` (Li, Owen, Zhang 2012): every run of words has a hash; its highest bits choose one of 128 bins, and a
//! bin keeps the lowest hash that fell into it, shortened to a byte (b-bit `MinHash`, Li and König 2010). The share of equal bins
//! estimates the share of runs that two texts have in common (their Jaccard index), within 0.04 for articles.

/// Bins of a sketch, and its bytes.
const BINS: usize = 128;
/// Words of a run.
const RUN: usize = 4;
/// Shorter texts resemble nothing but themselves: a dozen runs say little.
const FEWEST_WORDS: u32 = 30;
/// Share of common runs from which on two texts are copies. Different articles have next to none in common; a copy cut to 60 %
/// has 0.6. Also what is left of chance, 1 bin in 255, is far below.
const COMMON: f32 = 0.5;

/// The sketch of a text. Texts that differ in white space, letter case and punctuation only have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// 0: nothing fell into the bin.
    bins: [u8; BINS],
    words: u32,
}

impl Fingerprint {
    /// The sketch of a text. The same on every machine and with every version of the compiler.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut lowest = [u64::MAX; BINS];
        let mut run = [0; RUN];
        let mut words = 0_u32;
        let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in runs {
            run.rotate_left(1);
            run[RUN - 1] = hash_of_word(word);
            words = words.saturating_add(1);
            if words as usize >= RUN {
                let hash = hash_of_run(&run);
                // The shift leaves 7 bits, a bin for each value.
                let bin = &mut lowest[(hash >> 57) as usize];
                *bin = hash.min(*bin);
            }
        }
        let byte = |hash: u64| if hash == u64::MAX { 0 } else { (hash % 255).to_le_bytes()[0] + 1 };
        Self { bins: lowest.map(byte), words }
    }

    /// Whether one text is a copy of the other, whole or nearly.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        if self.words.min(other.words) < FEWEST_WORDS {
            return self.words >= u32::try_from(RUN).unwrap_or(u32::MAX) && self == other;
        }
        self.common(other) >= COMMON
    }

    /// The estimated share of runs that two texts have in common, 0 to 1.
    #[must_use]
    pub fn common(&self, other: &Self) -> f32 {
        let pairs = || self.bins.iter().zip(&other.bins);
        let used = pairs().filter(|(one, other)| **one | **other != 0).count();
        let equal = pairs().filter(|(one, other)| **one != 0 && one == other).count();
        let float = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        if used == 0 { 0.0 } else { float(equal) / float(used) }
    }
}

/// FNV-1a of the word in small letters.
fn hash_of_word(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut bytes = [0; 4];
    for letter in word.chars().flat_map(char::to_lowercase) {
        for byte in letter.encode_utf8(&mut bytes).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// The words' hashes one after the other, each spread over all bits by the finaliser of `SplitMix64`.
fn hash_of_run(run: &[u64; RUN]) -> u64 {
    run.iter().fold(0, |hash: u64, word| {
        let mut mixed = hash.rotate_left(5) ^ word;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `count` words, other ones for every seed.
    fn story(seed: usize, count: usize) -> Vec<String> {
        (0..count).map(|i| format!("w{}", (i * 7_919 + seed * 104_729) % 50_021)).collect()
    }

    fn of(words: &[String]) -> Fingerprint {
        Fingerprint::of(&words.join(" "))
    }

    #[test]
    fn a_copy_with_a_new_lead_or_a_cut_end_resembles_and_another_story_does_not() {
        let words = story(1, 400);
        let original = of(&words);
        let with_lead = [story(2, 40), words.clone()].concat();
        assert!(of(&with_lead).resembles(&original));
        assert!(of(&words[..280]).resembles(&original));
        assert!(!of(&story(3, 400)).resembles(&original));
        assert!(!of(&[story(3, 400), words[..60].to_vec()].concat()).resembles(&original));
    }

    #[test]
    fn a_short_text_resembles_itself_alone_and_no_text_resembles_nothing() {
        let text = Fingerprint::of("The bank kept its rate at four percent.");
        assert!(text.resembles(&text.clone()));
        assert!(!text.resembles(&Fingerprint::of("The bank kept its rate at five percent.")));
        let nothing = Fingerprint::of(" ");
        assert!(!nothing.resembles(&nothing.clone()));
    }

    #[test]
    fn fingerprints_are_the_same_for_ever() {
        let found = Fingerprint::of("One two three four five six.");
        let used: Vec<(usize, u8)> =
            found.bins.iter().copied().enumerate().filter(|(_, byte)| *byte != 0).collect();
        insta::assert_debug_snapshot!(used);
    }

    proptest! {
        #[test]
        fn white_space_case_and_punctuation_change_nothing(words in prop::collection::vec("[a-zA-Zé]{1,8}", 0..80)) {
            let plain = Fingerprint::of(&words.join(" "));
            prop_assert_eq!(&plain, &Fingerprint::of(&words.join(",\n  ")));
            prop_assert_eq!(&plain, &Fingerprint::of(&words.join(" “").to_uppercase()));
        }

        #[test]
        fn any_text_has_a_fingerprint(text in "\\PC{0,300}") {
            let found = Fingerprint::of(&text);
            let common = found.common(&found);
            prop_assert!(common == 0.0 || common == 1.0);
        }
    }
}
