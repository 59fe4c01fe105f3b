//! The encoder's row-wise arithmetic, written once and run with the widest vectors of the processor.
//!
//! Every operation reads and writes one row (one piece of the text) and knows nothing of other rows: that is
//! what makes a sentence's scores independent of its neighbours.

#![expect(
    clippy::inline_always,
    reason = "an instruction that is not inlined into its operation becomes a call"
)]

use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdOp};

/// Weight and bias of a layer norm.
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

/// How int8 products become f32: `product * (row scale * channel scale) + bias`.
pub(super) struct Channels<'a> {
    pub scales: &'a [f32],
    pub biases: &'a [f32],
}

/// Writes `round(x * limit / max|x|) + zero` as unsigned bytes; the result is the row's scale, `max|x| / limit`.
pub(super) struct QuantiseRow<'a> {
    pub row: &'a [f32],
    pub bytes: &'a mut [u8],
    pub limit: u8,
}

impl SimdOp for QuantiseRow<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let floats = isa.f32();
        let highest_lanes = fold(
            isa,
            self.row,
            #[inline(always)]
            |highest, x| floats.max(highest, floats.abs(x)),
            #[inline(always)]
            |left, right| floats.max(left, right),
        );
        let highest = highest_lanes.to_array().into_iter().fold(0.0_f32, f32::max);
        let limit = f32::from(self.limit);
        let inverse = limit / highest;
        // An all-zero row, or one so small that its inverse is not a number: every value counts as zero.
        let inverse = if inverse.is_finite() { inverse } else { 0.0 };
        write_rounded(isa, self.row, self.bytes, inverse, i32::from(self.limit) + 1);
        highest / limit
    }
}

#[inline(always)]
fn write_rounded<I: Isa>(isa: I, row: &[f32], bytes: &mut [u8], inverse: f32, zero: i32) {
    let (floats, integers) = (isa.f32(), isa.i32());
    let (inverse_lanes, zero_lanes) = (floats.splat(inverse), integers.splat(zero));
    let lanes = floats.len();
    let step = lanes * 4;
    let mut chunks = row.chunks_exact(step);
    let mut targets = bytes.chunks_exact_mut(step);
    for (chunk, target) in chunks.by_ref().zip(targets.by_ref()) {
        // Not `load_many(..).map(..)`: the closure of `map` is not inlined, and each instruction becomes a call.
        let a = rounded(isa, &chunk[..lanes], inverse_lanes, zero_lanes);
        let b = rounded(isa, &chunk[lanes..2 * lanes], inverse_lanes, zero_lanes);
        let c = rounded(isa, &chunk[2 * lanes..3 * lanes], inverse_lanes, zero_lanes);
        let d = rounded(isa, &chunk[3 * lanes..], inverse_lanes, zero_lanes);
        let (low, high) = (integers.narrow_saturate(a, b), integers.narrow_saturate(c, d));
        isa.u8().store(isa.i16().narrow_saturate(low, high), target);
    }
    for (x, target) in chunks.remainder().iter().zip(targets.into_remainder()) {
        // The product lies between -127 and 127.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let byte = ((x * inverse).round_ties_even() as i32 + zero) as u8;
        *target = byte;
    }
}

#[inline(always)]
fn rounded<I: Isa>(isa: I, part: &[f32], inverse: I::F32, zero: I::I32) -> I::I32 {
    let floats = isa.f32();
    isa.i32().add(floats.to_int_round(floats.mul(floats.load(part), inverse)), zero)
}

/// Where [`gelu`] has become `x` or 0, to the precision of f32.
const GELU_END: f32 = 4.5;

/// `erf(x / sqrt 2) / x` as a polynomial in `x^2` on 0 to `GELU_END^2`, lowest power first: a weighted minimax fit (Lawson's
/// iteration, 8,001 Chebyshev nodes, weight `x^2 / 2 + 0.005`).
const GELU_POLYNOMIAL: [f32; 9] = [
    0.797_432_2,
    -0.131_978_3,
    0.019_174_691,
    -0.002_076_21,
    0.000_162_989_96,
    -8.914_699e-6,
    3.187_301_4e-7,
    -6.642_907e-9,
    6.087_389e-11,
];

/// `0.5 x (1 + erf(x / sqrt 2))` within 1e-4. The rounding to int8 that follows is a hundred times as coarse, and this needs
/// neither a division nor an exponential, which made it a tenth of the encoder's time.
#[inline(always)]
fn gelu<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let floats = isa.f32();
    let near = floats.min(floats.max(x, floats.splat(-GELU_END)), floats.splat(GELU_END));
    let square = floats.mul(near, near);
    let [lower @ .., highest] = GELU_POLYNOMIAL;
    let mut sum = floats.splat(highest);
    for index in (0..lower.len()).rev() {
        sum = floats.mul_add(sum, square, floats.splat(lower[index]));
    }
    let half = floats.mul(x, floats.splat(0.5));
    floats.mul_add(half, floats.mul(sum, near), half)
}

/// int8 products of one row to f32, with the activation `gelu` on them where `GELU` says so.
pub(super) struct Dequantise<'a, const GELU: bool> {
    pub products: &'a [i32],
    pub row_scale: f32,
    pub channels: Channels<'a>,
    pub out: &'a mut [f32],
}

impl<const GELU: bool> SimdOp for Dequantise<'_, GELU> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { products, row_scale, channels, out } = self;
        for_lanes(
            isa,
            products,
            row_scale,
            &channels,
            out,
            #[inline(always)]
            |_, y| if GELU { gelu(isa, y) } else { y },
        );
    }
}

/// `x = norm(x + y)` with `y` from the int8 products of the row.
pub(super) struct DequantiseAddNorm<'a> {
    pub products: &'a [i32],
    pub row_scale: f32,
    pub channels: Channels<'a>,
    pub norm: &'a Norm,
    pub row: &'a mut [f32],
}

impl SimdOp for DequantiseAddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { products, row_scale, channels, norm, row } = self;
        let floats = isa.f32();
        for_lanes(
            isa,
            products,
            row_scale,
            &channels,
            row,
            #[inline(always)]
            |x, y| floats.add(x, y),
        );
        NormRow { row, norm }.eval(isa);
    }
}

/// Layer norm of one row in place.
pub(super) struct NormRow<'a> {
    pub row: &'a mut [f32],
    pub norm: &'a Norm,
}

impl SimdOp for NormRow<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { row, norm } = self;
        let floats = isa.f32();
        let count = float(row.len());
        let total = fold(
            isa,
            row,
            #[inline(always)]
            |left, right| floats.add(left, right),
            #[inline(always)]
            |left, right| floats.add(left, right),
        );
        let mean = floats.splat(floats.sum(total) / count);
        let squares = fold(
            isa,
            row,
            #[inline(always)]
            |sum, x| {
                let centred = floats.sub(x, mean);
                floats.mul_add(centred, centred, sum)
            },
            #[inline(always)]
            |left, right| floats.add(left, right),
        );
        let deviation = (floats.sum(squares) / count + norm.epsilon).sqrt();
        let inverse = floats.splat(1.0 / deviation);
        let lanes = floats.len();
        let parts = row
            .chunks_exact_mut(lanes)
            .zip(norm.weight.chunks_exact(lanes))
            .zip(norm.bias.chunks_exact(lanes));
        for ((x, weight), bias) in parts {
            let scaled = floats.mul(floats.sub(floats.load(x), mean), inverse);
            floats.store(floats.mul_add(scaled, floats.load(weight), floats.load(bias)), x);
        }
    }
}

/// Folds a row with four sums side by side, then joins them. (`rten_simd`'s own fold is not inlined here, which
/// doubles the cost of a norm.)
#[inline(always)]
fn fold<I: Isa>(
    isa: I,
    row: &[f32],
    step: impl Fn(I::F32, I::F32) -> I::F32,
    join: impl Fn(I::F32, I::F32) -> I::F32,
) -> I::F32 {
    let floats = isa.f32();
    let lanes = floats.len();
    let mut sums = [floats.zero(); 4];
    let mut chunks = row.chunks_exact(4 * lanes);
    for chunk in chunks.by_ref() {
        sums[0] = step(sums[0], floats.load(&chunk[..lanes]));
        sums[1] = step(sums[1], floats.load(&chunk[lanes..2 * lanes]));
        sums[2] = step(sums[2], floats.load(&chunk[2 * lanes..3 * lanes]));
        sums[3] = step(sums[3], floats.load(&chunk[3 * lanes..]));
    }
    for chunk in chunks.remainder().chunks_exact(lanes) {
        sums[0] = step(sums[0], floats.load(chunk));
    }
    join(join(sums[0], sums[1]), join(sums[2], sums[3]))
}

/// `out = combine(out, product * (row scale * channel scale) + bias)`, lane by lane.
///
/// Lengths are multiples of [`LANES`], which the weights' loader has checked.
#[inline(always)]
fn for_lanes<I: Isa, F: Fn(I::F32, I::F32) -> I::F32>(
    isa: I,
    products: &[i32],
    row_scale: f32,
    channels: &Channels<'_>,
    out: &mut [f32],
    combine: F,
) {
    let (floats, integers) = (isa.f32(), isa.i32());
    let row_scale = floats.splat(row_scale);
    let lanes = floats.len();
    let inputs = products.chunks_exact(lanes).zip(channels.scales.chunks_exact(lanes));
    let inputs = inputs.zip(channels.biases.chunks_exact(lanes));
    for (((product, scale), bias), target) in inputs.zip(out.chunks_exact_mut(lanes)) {
        let product = integers.to_float(integers.load(product));
        let scale = floats.mul(row_scale, floats.load(scale));
        let y = floats.mul_add(product, scale, floats.load(bias));
        floats.store(combine(floats.load(target), y), target);
    }
}

/// Row lengths are multiples of this: the widest vector of any processor has 16 floats.
pub(super) const LANES: usize = 16;

/// Scalar product with a fixed order of sums.
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (left_chunks, right_chunks) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f32 = left_chunks.remainder().iter().zip(right_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left_chunks.zip(right_chunks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Lengths of rows are far below the 2^24 that an f32 holds exactly.
#[expect(clippy::cast_precision_loss)]
pub(super) fn float(count: usize) -> f32 {
    count as f32
}

/// `total += factor * row`.
pub(super) fn add_scaled(total: &mut [f32], factor: f32, row: &[f32]) {
    for (sum, x) in total.iter_mut().zip(row) {
        *sum += factor * x;
    }
}

#[cfg(test)]
mod tests {
    use rten_simd::SimdUnaryOp;

    use super::*;

    #[test]
    fn quantising_rounds_half_to_even_and_keeps_the_sign() {
        let row: Vec<f32> =
            [127.0, -127.0, 0.5, 1.5, -0.5, -1.5, 2.5, 0.0].iter().copied().cycle().take(64).collect();
        let mut bytes = vec![0; 64];
        let scale = QuantiseRow { row: &row, bytes: &mut bytes, limit: 127 }.dispatch();
        assert_eq!(scale, 1.0);
        assert_eq!(bytes[..8], [255, 1, 128, 130, 128, 126, 130, 128]);
    }

    #[test]
    fn a_row_of_zeros_or_of_the_smallest_numbers_stays_zero() {
        for value in [0.0, 1e-42] {
            let mut bytes = vec![0; 32];
            let scale = QuantiseRow { row: &[value; 32], bytes: &mut bytes, limit: 127 }.dispatch();
            assert!(scale.is_finite());
            assert!(bytes.iter().all(|byte| *byte == 128));
        }
    }

    #[test]
    fn gelu_is_within_a_ten_thousandth_of_its_definition() {
        let values: Vec<f32> = (0_u16..20_000).map(|i| f32::from(i) / 500.0 - 20.0).collect();
        let mut wanted = values.clone();
        rten_vecmath::Gelu {}.map_mut(&mut wanted);
        let products: Vec<i32> = (0..20_000).map(|i| i - 10_000).collect();
        let channels = Channels { scales: &vec![1.0; values.len()], biases: &vec![0.0; values.len()] };
        let mut found = vec![0.0; values.len()];
        Dequantise::<true> { products: &products, row_scale: 1.0 / 500.0, channels, out: &mut found }
            .dispatch();
        for ((x, found), wanted) in values.iter().zip(&found).zip(&wanted) {
            assert!((found - wanted).abs() < 1e-4, "gelu({x}) is {wanted} and not {found}");
        }
    }

    #[test]
    fn a_normed_row_has_mean_zero_and_variance_one() {
        let norm = Norm { weight: vec![1.0; 32], bias: vec![0.0; 32], epsilon: 1e-12 };
        let mut row: Vec<f32> = (0_u8..32).map(|i| f32::from(i) * 3.0 + 7.0).collect();
        NormRow { row: &mut row, norm: &norm }.dispatch();
        let mean = row.iter().sum::<f32>() / 32.0;
        let variance = row.iter().map(|x| x * x).sum::<f32>() / 32.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5);
    }
}
