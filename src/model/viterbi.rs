//! The best valid sequence of tags over the words of a text.

/// Tags are ordered O, B-1, I-1, B-2, I-2, ...: odd ones open a span, even ones above 0 go on with it.
fn opens(tag: usize) -> bool {
    tag % 2 == 1
}

/// `I-x` may only follow `B-x` or `I-x`.
fn may_follow(before: usize, tag: usize) -> bool {
    tag == 0 || opens(tag) || before == tag || before + 1 == tag
}

/// Best tags for `scores`, one row of `tags` scores per word. `start_cost` is taken off for every span that is
/// opened. Of equal scores the lower tag wins.
pub(super) fn best_tags(scores: &[f32], tags: usize, start_cost: f32) -> Vec<usize> {
    let words = scores.len() / tags;
    let cost = |tag: usize| if opens(tag) { start_cost } else { 0.0 };
    let mut origins: Vec<usize> = Vec::with_capacity(words * tags);
    let mut totals: Vec<f32> = Vec::new();
    for word in scores.chunks_exact(tags) {
        let mut next = Vec::with_capacity(tags);
        for (tag, score) in word.iter().enumerate() {
            let (origin, best) = if totals.is_empty() {
                // Nothing stands before the first word: it cannot go on with a span.
                (0, if tag == 0 || opens(tag) { 0.0 } else { f32::NEG_INFINITY })
            } else {
                best_before(&totals, tag)
            };
            origins.push(origin);
            next.push(best - cost(tag) + score);
        }
        totals = next;
    }
    backwards(&origins, tags, &totals)
}

fn best_before(totals: &[f32], tag: usize) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (before, total) in totals.iter().enumerate() {
        if may_follow(before, tag) && *total > best.1 {
            best = (before, *total);
        }
    }
    best
}

fn backwards(origins: &[usize], tags: usize, totals: &[f32]) -> Vec<usize> {
    let mut best = (0, f32::NEG_INFINITY);
    for (tag, total) in totals.iter().enumerate() {
        if *total > best.1 {
            best = (tag, *total);
        }
    }
    let mut path: Vec<usize> = Vec::with_capacity(origins.len() / tags.max(1));
    let mut tag = best.0;
    for word in origins.chunks_exact(tags).rev() {
        path.push(tag);
        tag = word[tag];
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_span_is_never_continued_without_a_beginning() {
        // The second word prefers I-2, which only B-2 may precede; B-1 of the first word is worth less than that.
        let scores = [0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0];
        assert_eq!(best_tags(&scores, 5, 0.0), [3, 4]);
    }

    #[test]
    fn equal_scores_give_the_lower_tag() {
        assert_eq!(best_tags(&[1.0; 9], 3, 0.0), [0, 0, 0]);
    }

    #[test]
    fn a_start_cost_keeps_a_span_in_one_piece() {
        // O, B, I: the middle word would rather begin a new span.
        let scores = [0.0, 3.0, 0.0, 0.0, 2.0, 1.5, 0.0, 0.0, 3.0];
        assert_eq!(best_tags(&scores, 3, 0.0), [1, 1, 2]);
        assert_eq!(best_tags(&scores, 3, 1.0), [1, 2, 2]);
    }

    #[test]
    fn no_words_give_no_tags() {
        assert_eq!(best_tags(&[], 5, 0.0), Vec::<usize>::new());
    }

    fn total(scores: &[f32], path: &[usize], cost: f32) -> f32 {
        path.iter()
            .enumerate()
            .map(|(word, tag)| scores[word * 5 + tag] - if opens(*tag) { cost } else { 0.0 })
            .sum()
    }

    proptest! {
        #[test]
        fn no_valid_sequence_scores_higher(scores in prop::collection::vec(-4.0f32..4.0, 20), cost in -1.0f32..3.0) {
            let found = best_tags(&scores, 5, cost);
            let valid = |path: &[usize]| may_follow(0, path[0]) && path.windows(2).all(|two| may_follow(two[0], two[1]));
            prop_assert!(valid(&found));
            for code in 0..625 {
                let path = [code / 125, code / 25 % 5, code / 5 % 5, code % 5];
                if valid(&path) {
                    prop_assert!(total(&scores, &path, cost) <= total(&scores, &found, cost) + 1e-4);
                }
            }
        }
    }
}
