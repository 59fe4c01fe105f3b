//! From the model's probabilities to sentiments: of a mention, of a voice, of the whole article.

use super::{Field, Holder, HolderSentiment, Mention, Polarity, Sentiment};
use std::collections::BTreeMap;

/// The article as a whole is neutral toward an actor if its mean score is nearer to 0 than this.
const NEUTRAL_BELOW: f32 = 0.2;
/// Neutral mentions say little about the verdict: a report names its actors again and again in passing.
const WEIGHT_OF_NEUTRAL: f32 = 0.25;
/// What others are quoted to say counts half as much as the article's own voice.
const WEIGHT_OF_OTHERS: f32 = 0.5;
/// A title says what the article is about; all readers read it.
const WEIGHT_OF_TITLE: f32 = 2.0;

/// A mention counts as clear evidence from this confidence on.
const CLEAR_FROM: f32 = 0.5;

/// No sentiment, with certainty: bylines and links are never scored.
pub(super) fn neutral() -> Sentiment {
    Sentiment { label: Polarity::Neutral, score: 0.0, confidence: 1.0 }
}

/// The sentiment of one mention, from calibrated probabilities of negative, neutral and positive.
pub(super) fn from_probabilities([negative, neutral, positive]: [f32; 3]) -> Sentiment {
    let (label, confidence) = if negative >= neutral && negative >= positive {
        (Polarity::Negative, negative)
    } else if positive > neutral {
        (Polarity::Positive, positive)
    } else {
        (Polarity::Neutral, neutral)
    };
    Sentiment { label, score: (positive - negative).clamp(-1.0, 1.0), confidence: confidence.clamp(0.0, 1.0) }
}

/// The sentiment of many mentions: the weighted mean of their scores. Positive or negative only if a mention is.
pub(super) fn verdict<'m>(mentions: impl Iterator<Item = &'m Mention>) -> Sentiment {
    let (mut sum, mut certainty, mut mass) = (0.0, 0.0, 0.0);
    let (mut any_positive, mut any_negative) = (false, false);
    for mention in mentions {
        let sentiment = mention.sentiment;
        let voice = weight_of_voice(mention);
        let clarity = if sentiment.label == Polarity::Neutral { WEIGHT_OF_NEUTRAL } else { 1.0 };
        sum += sentiment.score * voice * clarity;
        certainty += sentiment.confidence * voice * clarity;
        mass += voice * clarity;
        any_positive |= sentiment.label == Polarity::Positive;
        any_negative |= sentiment.label == Polarity::Negative;
    }
    if mass == 0.0 {
        return neutral();
    }
    let score: f32 = sum / mass;
    let label = match score {
        score if score >= NEUTRAL_BELOW && any_positive => Polarity::Positive,
        score if score <= -NEUTRAL_BELOW && any_negative => Polarity::Negative,
        _ => Polarity::Neutral,
    };
    Sentiment { label, score: score.clamp(-1.0, 1.0), confidence: (certainty / mass).clamp(0.0, 1.0) }
}

/// By position and holder.
fn weight_of_voice(mention: &Mention) -> f32 {
    let position = if mention.location.field == Field::Title { WEIGHT_OF_TITLE } else { 1.0 };
    position * if mention.holder == Holder::Article { 1.0 } else { WEIGHT_OF_OTHERS }
}

/// Whether there is clear evidence both ways, the lesser side at least a third of the greater.
pub(super) fn is_mixed<'m>(mentions: impl Iterator<Item = &'m Mention>) -> bool {
    let (mut positive, mut negative) = (0.0_f32, 0.0_f32);
    for Mention { holder, sentiment, .. } in
        mentions.filter(|mention| mention.sentiment.confidence >= CLEAR_FROM)
    {
        let voice = if *holder == Holder::Article { 1.0 } else { WEIGHT_OF_OTHERS };
        match sentiment.label {
            Polarity::Positive => positive += voice * sentiment.confidence,
            Polarity::Negative => negative += voice * sentiment.confidence,
            Polarity::Neutral => {}
        }
    }
    positive.min(negative) > 0.0 && positive.min(negative) * 3.0 >= positive.max(negative)
}

/// The verdict of each voice, the article's own first.
pub(super) fn by_holder<'m>(mentions: impl Iterator<Item = &'m Mention>) -> Vec<HolderSentiment> {
    let mut groups: BTreeMap<Holder, Vec<&Mention>> = BTreeMap::new();
    for mention in mentions {
        groups.entry(mention.holder).or_default().push(mention);
    }
    let verdicts = groups.into_iter().map(|(holder, mentions)| HolderSentiment {
        holder,
        sentiment: verdict(mentions.iter().copied()),
        mentions: mentions.len(),
    });
    verdicts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{ActorIndex, Location, Via};
    use super::*;

    #[test]
    fn the_label_of_a_mention_is_its_most_probable_class() {
        assert_eq!(from_probabilities([0.5, 0.3, 0.2]).label, Polarity::Negative);
        assert_eq!(from_probabilities([0.1, 0.3, 0.6]).label, Polarity::Positive);
        let unsure = from_probabilities([0.2, 0.5, 0.3]);
        assert_eq!((unsure.label, unsure.confidence), (Polarity::Neutral, 0.5));
        assert!((unsure.score - 0.1).abs() < 1e-6);
    }

    #[test]
    fn without_any_scored_mention_the_verdict_is_neutral_and_finite() {
        let none = verdict(std::iter::empty());
        assert_eq!((none.label, none.score), (Polarity::Neutral, 0.0));
    }

    fn mention(field: Field, holder: Holder, probabilities: [f32; 3]) -> Mention {
        let span = crate::text::Span::new(0, 1);
        let sentiment = from_probabilities(probabilities);
        Mention { location: Location { field, span }, via: Via::Name, sentence: span, holder, sentiment }
    }

    const GOOD: [f32; 3] = [0.1, 0.1, 0.8];
    const BAD: [f32; 3] = [0.8, 0.1, 0.1];

    #[test]
    fn evidence_both_ways_is_mixed_and_not_merely_neutral() {
        let body = |probabilities| mention(Field::Body, Holder::Article, probabilities);
        let both = [body(GOOD), body(BAD)];
        assert!(is_mixed(both.iter()) && verdict(both.iter()).label == Polarity::Neutral);
        assert!(!is_mixed([body(GOOD), body([0.1, 0.8, 0.1])].iter()));
        let mostly_bad = [body(GOOD), body(BAD), body(BAD), body(BAD), body(BAD)];
        assert!(!is_mixed(mostly_bad.iter()) && verdict(mostly_bad.iter()).label == Polarity::Negative);
    }

    #[test]
    fn the_title_and_the_article_itself_weigh_more_than_the_body_and_others() {
        let other = Holder::Actor(ActorIndex(0));
        let title =
            [mention(Field::Title, Holder::Article, BAD), mention(Field::Body, Holder::Article, GOOD)];
        assert!(verdict(title.iter()).score < 0.0);
        let voices = [mention(Field::Body, other, BAD), mention(Field::Body, Holder::Article, GOOD)];
        assert!(verdict(voices.iter()).score > 0.0);
    }
}
