//! Linear layers: int8 weights times int8 activations with one scale per row, and small f32 ones.

#![expect(
    clippy::expect_used,
    reason = "shapes are checked when the weights are loaded, and no text changes them"
)]

use std::ops::Range;

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix, QuantParams};
use rten_simd::SimdOp;
use rten_tensor::NdTensorView;

use super::aligned::Aligned;
use super::tiles::{STEP, TileUnit, TileWeights};
use super::vector::{Channels, Dequantise, QuantiseRow};

/// Rows that are multiplied together: their widest products, 64 * 1,536 * 4 bytes, and a matrix fit in a second cache of
/// 1 MiB. 32 and 128 are a few percent slower.
const BLOCK: usize = 64;

const SHAPES_FIT: &str = "matrix shapes were checked when the weights were loaded";

/// The matrix products that this processor offers.
pub(super) struct Engine {
    bytes: GemmExecutor<u8, i8, i32>,
    floats: GemmExecutor<f32, f32, f32>,
    /// Largest magnitude of an activation. 127 where sums are exact. x86 without VNNI adds pairs of products in
    /// 16 bits (`vpmaddubsw`), where 255 * 127 * 2 saturates; with 63 (+ 64) the largest is 127 * 127 * 2 = 32,258.
    /// That costs 0.3 points of entity F1 on conllpp.dev and nothing on sentiment and readings of places.
    limit: u8,
    /// Preferred for byte products where the processor has them: exact too, and several times as fast.
    tiles: Option<TileUnit>,
}

impl Engine {
    pub(super) fn new() -> Self {
        // The product runs on the caller's thread: one worker per core, weights shared, beats threads inside a call,
        // and rten-gemm asks rayon's global pool how many threads to use. Fails when another part of the program
        // has set the pool already, which costs speed and nothing else.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let bytes = GemmExecutor::<u8, i8, i32>::new();
        let tiles = TileUnit::of_this_processor();
        let limit = if tiles.is_none() && bytes.may_saturate() { 63 } else { 127 };
        Self { bytes, floats: GemmExecutor::new(), limit, tiles }
    }

    /// An engine for processors without tiles, for comparison.
    #[cfg(test)]
    pub(super) fn without_tiles() -> Self {
        Self { tiles: None, ..Self::new() }
    }

    /// An engine for processors without exact byte products, for comparison.
    #[cfg(test)]
    pub(super) fn with_narrow_activations() -> Self {
        Self { limit: 63, ..Self::without_tiles() }
    }

    pub(super) fn kernel_name(&self) -> &str {
        if self.tiles.is_some() { "amx-int8" } else { self.bytes.kernel_name() }
    }
}

/// Rows of activations as bytes, with one scale each. Reused from call to call.
#[derive(Default)]
pub(super) struct Activations {
    /// Only ever grows; rows behind the last hold anything.
    bytes: Aligned<u8>,
    scales: Vec<f32>,
    zero_points: Vec<u8>,
    width: usize,
}

impl Activations {
    /// Forgets all rows; the next ones have `width` values.
    pub(super) fn clear(&mut self, width: usize) {
        self.width = width;
        self.scales.clear();
        self.zero_points.clear();
    }

    pub(super) fn push(&mut self, engine: &Engine, row: &[f32]) {
        debug_assert_eq!(row.len(), self.width);
        let start = self.rows() * self.width;
        let bytes = &mut self.bytes.first(start + STEP * self.width)[start..start + self.width];
        let scale = QuantiseRow { row, bytes, limit: engine.limit }.dispatch();
        self.scales.push(scale);
        self.zero_points.push(engine.limit + 1);
    }

    pub(super) fn push_all(&mut self, engine: &Engine, rows: &[f32]) {
        for row in rows.chunks_exact(self.width) {
            self.push(engine, row);
        }
    }

    fn rows(&self) -> usize {
        self.scales.len()
    }

    /// The bytes of some rows, with as many unused rows behind the last that whole steps can be read.
    fn bytes(&self, rows: Range<usize>) -> &[u8] {
        let end = rows.start + rows.len().next_multiple_of(STEP);
        &self.bytes.all()[rows.start * self.width..end * self.width]
    }
}

/// int8 weights in the order in which a product reads them.
enum PackedWeights {
    Tiles(TileUnit, TileWeights),
    Panels(PackedBMatrix<i8>),
}

/// Linear layer with int8 weights, one scale per output.
pub(super) struct ByteLinear {
    weights: PackedWeights,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl ByteLinear {
    /// `weights` is `[outputs, inputs]`, row after row.
    pub(super) fn new(engine: &Engine, weights: &[i8], scales: Vec<f32>, biases: Vec<f32>) -> Self {
        let outputs = scales.len();
        let tiles = engine.tiles.and_then(|unit| Some((unit, TileWeights::new(weights, outputs)?)));
        let weights = if let Some((unit, tiles)) = tiles {
            PackedWeights::Tiles(unit, tiles)
        } else {
            let inputs = weights.len() / outputs;
            let transposed = NdTensorView::from_slice_with_strides([inputs, outputs], weights, [1, inputs]);
            PackedWeights::Panels(engine.bytes.prepack_b(transposed.expect(SHAPES_FIT)))
        };
        Self { weights, scales, biases }
    }

    pub(super) fn outputs(&self) -> usize {
        self.scales.len()
    }

    pub(super) fn channels(&self) -> Channels<'_> {
        Channels { scales: &self.scales, biases: &self.biases }
    }

    /// The integer products of some rows, `[rows, outputs]`.
    fn products<'p>(
        &self,
        engine: &Engine,
        activations: &Activations,
        rows: Range<usize>,
        products: &'p mut Aligned<i32>,
    ) -> &'p [i32] {
        let (count, outputs) = (rows.len(), self.outputs());
        let bytes = activations.bytes(rows.clone());
        let out = products.first(bytes.len() / activations.width * outputs);
        match &self.weights {
            PackedWeights::Tiles(unit, weights) => weights.multiply(*unit, bytes, out),
            PackedWeights::Panels(weights) => {
                let left = &bytes[..count * activations.width];
                let left = NdTensorView::from_data([count, activations.width], left);
                let options = GemmOptions {
                    a_quant: Some(QuantParams { zero_point: &activations.zero_points[rows] }),
                    ..GemmOptions::default()
                };
                let inputs = (GemmInputA::Unpacked(left), GemmInputB::Packed(weights));
                engine
                    .bytes
                    .gemm(&mut out[..count * outputs], inputs.0, inputs.1, options)
                    .expect(SHAPES_FIT);
            }
        }
        &out[..count * outputs]
    }

    /// Every row and its products: `use_row(row index, products, row scale)`.
    pub(super) fn for_rows(
        &self,
        engine: &Engine,
        activations: &Activations,
        products: &mut Aligned<i32>,
        mut use_row: impl FnMut(usize, &[i32], f32),
    ) {
        for start in (0..activations.rows()).step_by(BLOCK) {
            let rows = start..activations.rows().min(start + BLOCK);
            let values = self.products(engine, activations, rows.clone(), products);
            for (row, values) in rows.zip(values.chunks_exact(self.outputs())) {
                use_row(row, values, activations.scales[row]);
            }
        }
    }

    /// `out = linear(activations)`, `[rows, outputs]`.
    pub(super) fn apply(
        &self,
        engine: &Engine,
        activations: &Activations,
        products: &mut Aligned<i32>,
        out: &mut [f32],
    ) {
        let outputs = self.outputs();
        self.for_rows(engine, activations, products, |row, values, row_scale| {
            let out = &mut out[row * outputs..(row + 1) * outputs];
            Dequantise::<false> { products: values, row_scale, channels: self.channels(), out }.dispatch();
        });
    }
}

/// Linear layer in f32, for the few outputs of the heads.
pub(super) struct FloatLinear {
    packed: PackedBMatrix<f32>,
    biases: Vec<f32>,
}

impl FloatLinear {
    /// `weights` is `[outputs, inputs]`, row after row.
    pub(super) fn new(engine: &Engine, weights: &[f32], biases: Vec<f32>) -> Self {
        let outputs = biases.len();
        let inputs = weights.len() / outputs;
        let transposed =
            NdTensorView::from_slice_with_strides([inputs, outputs], weights, [1, inputs]).expect(SHAPES_FIT);
        Self { packed: engine.floats.prepack_b(transposed), biases }
    }

    pub(super) fn outputs(&self) -> usize {
        self.biases.len()
    }

    /// `out = rows W^T + bias`, `[rows, outputs]`.
    pub(super) fn apply(&self, engine: &Engine, rows: &[f32], out: &mut Vec<f32>) {
        let inputs = self.packed.rows();
        let count = rows.len() / inputs;
        out.clear();
        out.resize(count * self.outputs(), 0.0);
        let left = NdTensorView::from_data([count, inputs], rows);
        let inputs = (GemmInputA::Unpacked(left), GemmInputB::Packed(&self.packed));
        engine.floats.gemm(out, inputs.0, inputs.1, GemmOptions::default()).expect(SHAPES_FIT);
        for row in out.chunks_exact_mut(self.outputs()) {
            for (value, bias) in row.iter_mut().zip(&self.biases) {
                *value += bias;
            }
        }
    }
}
