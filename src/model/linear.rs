//! Linear layers: int8 weights times int8 activations with one scale per row, and small f32 ones.

#![expect(
    clippy::expect_used,
    reason = "shapes are checked when the weights are loaded, and no text changes them"
)]

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix, QuantParams};
use rten_simd::SimdOp;
use rten_tensor::NdTensorView;

use super::vector::{Channels, Dequantise, QuantiseRow};

const SHAPES_FIT: &str = "matrix shapes were checked when the weights were loaded";

/// The matrix products that this processor offers.
pub(super) struct Engine {
    bytes: GemmExecutor<u8, i8, i32>,
    floats: GemmExecutor<f32, f32, f32>,
    /// Largest magnitude of an activation. 127 where sums are exact. x86 without VNNI adds pairs of products in
    /// 16 bits (`vpmaddubsw`), where 255 * 127 * 2 saturates; with 63 (+ 64) the largest is 127 * 127 * 2 = 32,258.
    /// That costs 0.3 points of entity F1 on conllpp.dev and nothing on sentiment and readings of places.
    limit: u8,
}

impl Engine {
    pub(super) fn new() -> Self {
        // The product runs on the caller's thread: one worker per core, weights shared, beats threads inside a call,
        // and rten-gemm asks rayon's global pool how many threads to use. Fails when another part of the program
        // has set the pool already, which costs speed and nothing else.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let bytes = GemmExecutor::<u8, i8, i32>::new();
        let limit = if bytes.may_saturate() { 63 } else { 127 };
        Self { bytes, floats: GemmExecutor::new(), limit }
    }

    /// An engine for processors without exact byte products, for comparison.
    #[cfg(test)]
    pub(super) fn with_narrow_activations() -> Self {
        Self { limit: 63, ..Self::new() }
    }

    /// `out = factor * left right`; both are views with any strides.
    pub(super) fn product(&self, out: &mut [f32], left: MatrixView<'_>, right: MatrixView<'_>, factor: f32) {
        let options = GemmOptions { alpha: factor, ..GemmOptions::default() };
        let (left, right) = (GemmInputA::Unpacked(left.tensor()), GemmInputB::Unpacked(right.tensor()));
        self.floats.gemm(out, left, right, options).expect(SHAPES_FIT);
    }

    pub(super) fn kernel_name(&self) -> &str {
        self.bytes.kernel_name()
    }
}

/// A matrix inside a larger buffer.
#[derive(Clone, Copy)]
pub(super) struct MatrixView<'a> {
    pub data: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> MatrixView<'a> {
    fn tensor(self) -> NdTensorView<'a, f32, 2> {
        let (shape, strides) = ([self.rows, self.columns], [self.row_stride, self.column_stride]);
        NdTensorView::from_slice_with_strides(shape, self.data, strides).expect(SHAPES_FIT)
    }
}

/// Rows of activations as bytes, with one scale each. Reused from call to call.
#[derive(Default)]
pub(super) struct Activations {
    bytes: Vec<u8>,
    scales: Vec<f32>,
    zero_points: Vec<u8>,
    width: usize,
}

impl Activations {
    /// Forgets all rows; the next ones have `width` values.
    pub(super) fn clear(&mut self, width: usize) {
        self.width = width;
        self.bytes.clear();
        self.scales.clear();
        self.zero_points.clear();
    }

    pub(super) fn push(&mut self, engine: &Engine, row: &[f32]) {
        debug_assert_eq!(row.len(), self.width);
        let start = self.bytes.len();
        self.bytes.resize(start + row.len(), 0);
        let scale = QuantiseRow { row, bytes: &mut self.bytes[start..], limit: engine.limit }.dispatch();
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
}

/// Linear layer with int8 weights, one scale per output.
pub(super) struct ByteLinear {
    packed: PackedBMatrix<i8>,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl ByteLinear {
    /// `weights` is `[outputs, inputs]`, row after row.
    pub(super) fn new(engine: &Engine, weights: &[i8], scales: Vec<f32>, biases: Vec<f32>) -> Self {
        let outputs = scales.len();
        let inputs = weights.len() / outputs;
        let transposed =
            NdTensorView::from_slice_with_strides([inputs, outputs], weights, [1, inputs]).expect(SHAPES_FIT);
        Self { packed: engine.bytes.prepack_b(transposed), scales, biases }
    }

    pub(super) fn outputs(&self) -> usize {
        self.scales.len()
    }

    pub(super) fn channels(&self) -> Channels<'_> {
        Channels { scales: &self.scales, biases: &self.biases }
    }

    /// The integer products of every row, `[rows, outputs]`.
    pub(super) fn products<'p>(
        &self,
        engine: &Engine,
        activations: &Activations,
        products: &'p mut Vec<i32>,
    ) -> &'p [i32] {
        let rows = activations.rows();
        // Only ever grows: every element in use is written below.
        if products.len() < rows * self.outputs() {
            products.resize(rows * self.outputs(), 0);
        }
        let out = &mut products[..rows * self.outputs()];
        let left = NdTensorView::from_data([rows, activations.width], activations.bytes.as_slice());
        let options = GemmOptions {
            a_quant: Some(QuantParams { zero_point: &activations.zero_points }),
            ..GemmOptions::default()
        };
        let inputs = (GemmInputA::Unpacked(left), GemmInputB::Packed(&self.packed));
        engine.bytes.gemm(out, inputs.0, inputs.1, options).expect(SHAPES_FIT);
        out
    }

    /// Every row and its products: `use_row(row index, products, row scale)`.
    pub(super) fn for_rows(
        &self,
        engine: &Engine,
        activations: &Activations,
        products: &mut Vec<i32>,
        mut use_row: impl FnMut(usize, &[i32], f32),
    ) {
        let products = self.products(engine, activations, products);
        for (row, (values, scale)) in
            products.chunks_exact(self.outputs()).zip(&activations.scales).enumerate()
        {
            use_row(row, values, *scale);
        }
    }

    /// `out = linear(activations)`, `[rows, outputs]`.
    pub(super) fn apply(
        &self,
        engine: &Engine,
        activations: &Activations,
        products: &mut Vec<i32>,
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
