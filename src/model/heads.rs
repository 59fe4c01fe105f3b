//! What is read off the encoder's vectors: tags per piece; sentiment and reading per mention.

use std::ops::Range;

use rten_simd::SimdUnaryOp;
use rten_vecmath::Gelu;

use super::encoder::EncoderBuffers;
use super::linear::{ByteLinear, Engine, FloatLinear};
use super::vector::{add_scaled, dot, float};

pub(super) struct TagHead {
    pub linear: FloatLinear,
}

impl TagHead {
    /// Scores of every piece, [`TAGS`](super::tags::TAGS) each.
    pub(super) fn scores(&self, engine: &Engine, hidden: &[f32], scores: &mut Vec<f32>) {
        self.linear.apply(engine, hidden, scores);
    }
}

/// Pools a mention from its pieces, lets it attend to its text, and scores it.
pub(super) struct MentionHeads {
    pub width: usize,
    pub context_heads: usize,
    pub query: ByteLinear,
    pub key_value: ByteLinear,
    /// `[distance buckets, context heads]`.
    pub distances: Vec<f32>,
    pub sentiment_hidden: ByteLinear,
    /// Weights and bias per class.
    pub sentiment: [(Vec<f32>, f32); 3],
    pub reading: [(Vec<f32>, f32); 2],
}

/// Raw scores of one mention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MentionLogits {
    pub sentiment: [f32; 3],
    pub reading: [f32; 2],
}

impl MentionHeads {
    /// Scores mentions of one text. `hidden` is `[pieces, width]`; `mentions` are indices of pieces, ascending,
    /// at least one each.
    pub(super) fn logits(
        &self,
        engine: &Engine,
        hidden: &[f32],
        mentions: &[Vec<usize>],
        buffers: &mut EncoderBuffers,
    ) -> Vec<MentionLogits> {
        let width = self.width;
        let text = mean_of(hidden.chunks_exact(width), width);
        let key_value = apply(&self.key_value, engine, hidden, width, buffers);
        let pooled: Vec<f32> = mentions.iter().flat_map(|pieces| self.pool(hidden, pieces)).collect();
        let queries = apply(&self.query, engine, &pooled, 2 * width, buffers);
        let features: Vec<f32> = mentions
            .iter()
            .zip(pooled.chunks_exact(2 * width))
            .zip(queries.chunks_exact(width))
            .flat_map(|((pieces, pooled), query)| {
                let context = self.context(query, &key_value, pieces);
                [pooled, &text, &context].concat()
            })
            .collect();
        let mut inner = apply(&self.sentiment_hidden, engine, &features, 4 * width, buffers);
        Gelu {}.map_mut(&mut inner);
        let rows = inner.chunks_exact(width).zip(features.chunks_exact(4 * width));
        rows.map(|(inner, features)| MentionLogits {
            sentiment: rows_of(&self.sentiment, inner),
            reading: rows_of(&self.reading, features),
        })
        .collect()
    }

    /// Mean and maximum of a mention's pieces.
    fn pool(&self, hidden: &[f32], pieces: &[usize]) -> Vec<f32> {
        let rows = || pieces.iter().map(|piece| &hidden[piece * self.width..(piece + 1) * self.width]);
        let mut pooled = mean_of(rows(), self.width);
        let mut highest = vec![f32::NEG_INFINITY; self.width];
        for row in rows() {
            for (highest, value) in highest.iter_mut().zip(row) {
                *highest = highest.max(*value);
            }
        }
        pooled.append(&mut highest);
        pooled
    }

    /// What a mention reads from its text.
    fn context(&self, query: &[f32], key_value: &[f32], pieces: &[usize]) -> Vec<f32> {
        let (width, size) = (self.width, self.width / self.context_heads);
        let scale = 1.0 / float(size).sqrt();
        let mention = pieces.first().copied().unwrap_or(0)..pieces.last().copied().unwrap_or(0) + 1;
        let mut context = vec![0.0; width];
        let mut weights = Vec::new();
        for head in 0..self.context_heads {
            let columns = head * size..(head + 1) * size;
            let query = &query[columns.clone()];
            weights.clear();
            weights.extend(key_value.chunks_exact(2 * width).enumerate().map(|(piece, row)| {
                let nearness = self.distances[distance_bucket(piece, &mention) * self.context_heads + head];
                dot(query, &row[columns.clone()]) * scale + nearness
            }));
            softmax(&mut weights);
            for (weight, row) in weights.iter().zip(key_value.chunks_exact(2 * width)) {
                add_scaled(
                    &mut context[columns.clone()],
                    *weight,
                    &row[width + columns.start..width + columns.end],
                );
            }
        }
        context
    }
}

/// 6 inside the mention; before it `5 - b`, behind it `7 + b`, with b = 0..5 for a distance in pieces of 1, 2, 3-4,
/// 5-8, 9-16, 17 and more.
fn distance_bucket(piece: usize, mention: &Range<usize>) -> usize {
    let step = |distance: usize| [1, 2, 4, 8, 16].into_iter().filter(|border| *border < distance).count();
    if piece < mention.start {
        5 - step(mention.start - piece)
    } else if piece >= mention.end {
        7 + step(piece - mention.end + 1)
    } else {
        6
    }
}

/// `linear(rows)` for the few rows of a text's mentions or pieces.
fn apply(
    linear: &ByteLinear,
    engine: &Engine,
    rows: &[f32],
    width: usize,
    buffers: &mut EncoderBuffers,
) -> Vec<f32> {
    let EncoderBuffers { activations, products, .. } = buffers;
    activations.clear(width);
    activations.push_all(engine, rows);
    let mut out = vec![0.0; rows.len() / width * linear.outputs()];
    linear.apply(engine, activations, products, &mut out);
    out
}

fn rows_of<const OUTPUTS: usize>(weights: &[(Vec<f32>, f32); OUTPUTS], features: &[f32]) -> [f32; OUTPUTS] {
    weights.each_ref().map(|(weights, bias)| dot(features, weights) + bias)
}

fn mean_of<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    let mut count = 0.0;
    for row in rows {
        add_scaled(&mut mean, 1.0, row);
        count += 1.0;
    }
    for value in &mut mean {
        *value /= count;
    }
    mean
}

/// Probabilities of scores, in place.
pub(super) fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
    }
    let total: f32 = scores.iter().sum();
    for score in scores {
        *score /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_fall_into_the_buckets_of_the_readme() {
        let buckets: Vec<usize> = (0..50).map(|piece| distance_bucket(piece, &(20..22))).collect();
        assert_eq!(buckets[20..22], [6, 6]);
        assert_eq!(buckets[22..32], [7, 8, 9, 9, 10, 10, 10, 10, 11, 11]);
        assert_eq!(buckets[37..40], [11, 12, 12]);
        assert_eq!(buckets[10..20], [1, 1, 2, 2, 2, 2, 3, 3, 4, 5]);
        assert_eq!(buckets[0..4], [0, 0, 0, 0]);
    }
}
