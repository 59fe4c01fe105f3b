//! What the sentence's own structure adds to the model's reading of a mention.
//!
//! The model reads all mentions of a sentence from one pass and mixes up who praises whom where two stand close. Where the
//! structure is clear, it moves the probabilities; where it says nothing, they stay as they are. Measured by the test below.

use super::stance::Part;

/// How far a mention that is preferred, blamed or does harm moves toward its class.
const PULL: f32 = 0.7;
/// How much of the negative probability of who suffers is taken for neutral: less than half, so that a certain reading
/// stands. Who judges gets nothing: an accusation is often held against the accuser, and on the dev sentences it hurt.
const RELIEF: f32 = 0.45;

/// Probabilities of negative, neutral and positive, after what is told of the mention.
///
/// Praise alone moves nothing: labelled sentences count who is backed or voted for as neutral or worse more often than not.
#[must_use]
pub fn adjusted(probabilities: [f32; 3], parts: impl Iterator<Item = Part>) -> [f32; 3] {
    let (mut blamed, mut preferred, mut harmed) = (false, false, false);
    for part in parts {
        blamed |= matches!(part, Part::Blamed | Part::Harming);
        preferred |= part == Part::Preferred;
        harmed |= part == Part::Harmed;
    }
    let [negative, neutral, positive] = probabilities;
    let left = 1.0 - PULL;
    match (blamed, preferred) {
        (true, false) => [negative + PULL * (1.0 - negative), neutral * left, positive * left],
        (false, true) => [negative * left, neutral * left, positive + PULL * (1.0 - positive)],
        (false, false) if harmed => [negative * (1.0 - RELIEF), neutral + negative * RELIEF, positive],
        // Blamed and preferred: the structure does not decide.
        _ => probabilities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_stay_probabilities() {
        for part in [Part::Praised, Part::Preferred, Part::Blamed, Part::Harmed, Part::Harming, Part::Judging]
        {
            let sum: f32 = adjusted([0.5, 0.3, 0.2], std::iter::once(part)).iter().sum();
            assert!((sum - 1.0).abs() < 1e-6);
        }
        assert_eq!(adjusted([0.5, 0.3, 0.2], std::iter::empty()), [0.5, 0.3, 0.2]);
    }
}
