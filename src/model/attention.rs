//! Self-attention of one text: every piece reads the values of all pieces, weighted by how well their keys fit its query.
//!
//! Texts are sentences of some 30 pieces, so a head's matrices are tiny (30 x 32). A general matrix product spends more
//! time on packing them than on multiplying; here a head's keys are turned once, and several queries share what is read.

#![expect(
    clippy::inline_always,
    reason = "an instruction that is not inlined into its operation becomes a call"
)]

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

use super::aligned::Aligned;
use super::vector::{LANES, float};

/// Queries that are read together; what one of them gets does not depend on the others.
const QUERIES: usize = 4;

/// Scores beyond are held there, so that powers of `e` stay numbers without a look at the highest first. Those of trained
/// networks are below 30.
const HIGHEST_SCORE: f32 = 60.0;

/// Buffers that one thread reuses from call to call.
#[derive(Default)]
pub(super) struct AttentionBuffers {
    /// A head's keys, in blocks of [`WIDE`] pieces: `[blocks, size, WIDE]`.
    keys: Aligned<f32>,
    /// Of each of [`QUERIES`] pieces the weights of all pieces, `[QUERIES, blocks * WIDE]`.
    weights: Aligned<f32>,
    /// 1 for each piece, 0 for what fills the last block.
    present: Aligned<f32>,
}

/// Pieces of a block: two of the widest vectors.
const WIDE: usize = 2 * LANES;

/// Self-attention of one text.
pub(super) struct Attend<'a> {
    /// `[pieces, 3 * width]`: query, key and value side by side.
    pub projected: &'a [f32],
    /// `[pieces, width]`: what each piece reads, heads side by side.
    pub attended: &'a mut [f32],
    pub width: usize,
    pub heads: usize,
    pub buffers: &'a mut AttentionBuffers,
}

impl SimdOp for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { projected, attended, width, heads, buffers } = self;
        let size = width / heads;
        let pieces = attended.len() / width;
        let padded = pieces.next_multiple_of(WIDE);
        let keys = buffers.keys.first(size * padded);
        // What fills the last block may hold anything but infinities.
        keys[size * (padded - WIDE)..].fill(0.0);
        let weights = buffers.weights.first(QUERIES * padded);
        let present = buffers.present.first(padded);
        present.fill(1.0);
        present[pieces..].fill(0.0);
        for column in (0..width).step_by(size) {
            let head = Head { projected, width, column, size, pieces };
            head.turn_keys(keys);
            let whole = pieces - pieces % QUERIES;
            for query in (0..whole).step_by(QUERIES) {
                let shares = head.score::<I, QUERIES>(isa, query, keys, present, weights);
                head.mix::<I, QUERIES>(isa, query, weights, shares, attended);
            }
            for query in whole..pieces {
                let shares = head.score::<I, 1>(isa, query, keys, present, weights);
                head.mix::<I, 1>(isa, query, weights, shares, attended);
            }
        }
    }
}

/// One head of a text.
struct Head<'a> {
    projected: &'a [f32],
    width: usize,
    /// Where the head begins in each of query, key and value.
    column: usize,
    size: usize,
    pieces: usize,
}

impl<'a> Head<'a> {
    /// Part 0, 1 or 2 (query, key, value) of a piece.
    #[inline(always)]
    fn part(&self, piece: usize, part: usize) -> &'a [f32] {
        let start = piece * 3 * self.width + part * self.width + self.column;
        &self.projected[start..start + self.size]
    }

    #[inline(always)]
    fn turn_keys(&self, keys: &mut [f32]) {
        for (block, keys) in keys.chunks_exact_mut(self.size * WIDE).enumerate() {
            for place in 0..WIDE.min(self.pieces - block * WIDE) {
                let key = self.part(block * WIDE + place, 1);
                for (key, turned) in key.iter().zip(keys.as_chunks_mut::<WIDE>().0) {
                    turned[place] = *key;
                }
            }
        }
    }

    /// `weights = e^(queries keys / sqrt(size))` of `N` pieces from `first` on; gives what makes each row's sum 1.
    #[inline(always)]
    fn score<I: Isa, const N: usize>(
        &self,
        isa: I,
        first: usize,
        keys: &[f32],
        present: &[f32],
        weights: &mut [f32],
    ) -> [f32; N] {
        let floats = isa.f32();
        let lanes = floats.len();
        let scale = floats.splat(1.0 / float(self.size).sqrt());
        let (lowest, highest) = (floats.splat(-HIGHEST_SCORE), floats.splat(HIGHEST_SCORE));
        let queries: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |n| self.part(first + n, 0),
        );
        let mut totals = [floats.zero(); N];
        for (block, keys) in keys.chunks_exact(self.size * WIDE).enumerate() {
            for start in (0..WIDE).step_by(2 * lanes) {
                let mut sums = [[floats.zero(); N]; 2];
                for (depth, row) in keys.as_chunks::<WIDE>().0.iter().enumerate() {
                    let near = floats.load(&row[start..start + lanes]);
                    let far = floats.load(&row[start + lanes..start + 2 * lanes]);
                    for n in 0..N {
                        let query = floats.splat(queries[n][depth]);
                        sums[0][n] = floats.mul_add(query, near, sums[0][n]);
                        sums[1][n] = floats.mul_add(query, far, sums[1][n]);
                    }
                }
                for (half, sums) in sums.iter().enumerate() {
                    let place = block * WIDE + start + half * lanes;
                    let here = floats.load(&present[place..place + lanes]);
                    for n in 0..N {
                        let score = floats.mul(sums[n], scale);
                        let score = floats.max(lowest, floats.min(highest, score));
                        let power = floats.mul(Exp {}.eval(isa, score), here);
                        totals[n] = floats.add(totals[n], power);
                        let place = n * present.len() + place;
                        floats.store(power, &mut weights[place..place + lanes]);
                    }
                }
            }
        }
        std::array::from_fn(
            #[inline(always)]
            |n| 1.0 / floats.sum(totals[n]),
        )
    }

    /// `attended = shares * weights values`, two vectors of the head at a time.
    #[inline(always)]
    fn mix<I: Isa, const N: usize>(
        &self,
        isa: I,
        first: usize,
        weights: &[f32],
        shares: [f32; N],
        attended: &mut [f32],
    ) {
        let floats = isa.f32();
        let lanes = floats.len();
        let padded = self.pieces.next_multiple_of(WIDE);
        let weights: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |n| &weights[n * padded..n * padded + self.pieces],
        );
        for start in (0..self.size).step_by(2 * lanes) {
            let mut sums = [[floats.zero(); 2]; N];
            for (piece, row) in self.projected.chunks_exact(3 * self.width).enumerate().take(self.pieces) {
                let value = &row[2 * self.width + self.column + start..][..2 * lanes];
                let (near, far) = (floats.load(&value[..lanes]), floats.load(&value[lanes..]));
                for n in 0..N {
                    let weight = floats.splat(weights[n][piece]);
                    sums[n][0] = floats.mul_add(weight, near, sums[n][0]);
                    sums[n][1] = floats.mul_add(weight, far, sums[n][1]);
                }
            }
            for n in 0..N {
                let share = floats.splat(shares[n]);
                let out = &mut attended[(first + n) * self.width + self.column + start..][..2 * lanes];
                floats.store(floats.mul(sums[n][0], share), &mut out[..lanes]);
                floats.store(floats.mul(sums[n][1], share), &mut out[lanes..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in plain arithmetic.
    fn plainly(projected: &[f32], width: usize, heads: usize) -> Vec<f32> {
        let (size, stride) = (width / heads, 3 * width);
        let pieces = projected.len() / stride;
        let mut attended = vec![0.0; pieces * width];
        for column in (0..width).step_by(size) {
            for query in 0..pieces {
                let part =
                    |piece: usize, part: usize| &projected[piece * stride + part * width + column..][..size];
                let scores = (0..pieces).map(|piece| {
                    let products = part(query, 0).iter().zip(part(piece, 1)).map(|(q, k)| q * k);
                    (products.sum::<f32>() / float(size).sqrt()).exp()
                });
                let scores: Vec<f32> = scores.collect();
                let total: f32 = scores.iter().sum();
                for (piece, score) in scores.iter().enumerate() {
                    for (out, value) in
                        attended[query * width + column..][..size].iter_mut().zip(part(piece, 2))
                    {
                        *out += score / total * value;
                    }
                }
            }
        }
        attended
    }

    #[test]
    fn every_piece_reads_the_values_by_the_weights_of_the_definition() {
        let (width, heads) = (64, 2);
        for pieces in [1, 2, 3, 5, 31, 32, 33, 100] {
            let projected: Vec<f32> =
                (0..pieces * 3 * width).map(|i| float(i * 7_919 % 1_000) / 250.0 - 2.0).collect();
            let mut attended = vec![f32::NAN; pieces * width];
            let mut buffers = AttentionBuffers::default();
            let (projected_slice, attended_slice) = (projected.as_slice(), attended.as_mut_slice());
            Attend {
                projected: projected_slice,
                attended: attended_slice,
                width,
                heads,
                buffers: &mut buffers,
            }
            .dispatch();
            for (found, wanted) in attended.iter().zip(plainly(&projected, width, heads)) {
                assert!((found - wanted).abs() < 1e-5, "{pieces} pieces: {found} instead of {wanted}");
            }
        }
    }
}
