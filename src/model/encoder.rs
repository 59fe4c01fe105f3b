//! The encoder: pieces of texts to one vector per piece. `training/README.md`, "Arithmetic", defines every step.
//!
//! Texts are laid end to end without padding. The linear layers see one long matrix, in blocks that stay in the
//! processor's second cache; attention sees one text at a time. No step mixes rows of different texts.

use std::borrow::Cow;

use rten_simd::SimdOp;
use rten_vecmath::Softmax;

use super::linear::{Activations, ByteLinear, Engine, MatrixView};
use super::vector::{Dequantise, DequantiseAddNorm, Norm, NormRow, float};

/// Rows that go through the linear layers together: their widest products, 64 * 1,536 * 4 bytes, and a layer's
/// weights fit in a second cache of 1 MiB.
const BLOCK: usize = 64;

pub(super) struct Embeddings {
    /// int8 `[vocabulary, width]`, as in the file.
    pub words: Cow<'static, [u8]>,
    pub word_scales: Vec<f32>,
    pub positions: Vec<f32>,
    pub shapes: Vec<f32>,
    pub norm: Norm,
}

pub(super) struct Layer {
    pub query_key_value: ByteLinear,
    pub attention_out: ByteLinear,
    pub attention_norm: Norm,
    pub expand: ByteLinear,
    pub contract: ByteLinear,
    pub feed_forward_norm: Norm,
}

pub(super) struct Encoder {
    pub embeddings: Embeddings,
    pub layers: Vec<Layer>,
    pub width: usize,
    pub heads: usize,
}

/// What the encoder reads of one text: at most a window of pieces.
#[derive(Clone, Copy)]
pub(super) struct EncoderInput<'a> {
    pub ids: &'a [u32],
    pub shapes: &'a [u8],
}

/// Buffers that one thread reuses from call to call.
#[derive(Default)]
pub(super) struct EncoderBuffers {
    hidden: Vec<f32>,
    projected: Vec<f32>,
    attended: Vec<f32>,
    scores: Vec<f32>,
    head: Vec<f32>,
    inner: Vec<f32>,
    pub(super) activations: Activations,
    inner_activations: Activations,
    pub(super) products: Vec<i32>,
}

impl Encoder {
    /// The last layer, `[pieces of all texts, width]`, the texts one after the other.
    pub(super) fn encode<'b>(
        &self,
        engine: &Engine,
        texts: &[EncoderInput<'_>],
        buffers: &'b mut EncoderBuffers,
    ) -> &'b [f32] {
        self.embed(texts, &mut buffers.hidden);
        let rows = buffers.hidden.len() / self.width;
        grow(&mut buffers.projected, rows * 3 * self.width);
        grow(&mut buffers.attended, rows * self.width);
        for layer in &self.layers {
            self.project(engine, layer, buffers);
            self.attend(engine, texts, buffers);
            self.feed_forward(engine, layer, buffers);
        }
        &buffers.hidden
    }

    fn embed(&self, texts: &[EncoderInput<'_>], hidden: &mut Vec<f32>) {
        let (width, table) = (self.width, &self.embeddings);
        hidden.clear();
        for text in texts {
            for (position, (id, shape)) in text.ids.iter().zip(text.shapes).enumerate() {
                let (id, shape) = (*id as usize, usize::from(*shape));
                let word = &table.words[id * width..(id + 1) * width];
                let place = &table.positions[position * width..(position + 1) * width];
                let shape = &table.shapes[shape * width..(shape + 1) * width];
                let scale = table.word_scales[id];
                let sums = word.iter().zip(place).zip(shape);
                hidden.extend(
                    sums.map(|((word, place), shape)| f32::from(word.cast_signed()) * scale + place + shape),
                );
            }
        }
        for row in hidden.chunks_exact_mut(width) {
            NormRow { row, norm: &table.norm }.dispatch();
        }
    }

    fn project(&self, engine: &Engine, layer: &Layer, buffers: &mut EncoderBuffers) {
        let EncoderBuffers { hidden, projected, activations, products, .. } = buffers;
        let blocks = hidden.chunks(BLOCK * self.width).zip(projected.chunks_mut(BLOCK * 3 * self.width));
        for (rows, out) in blocks {
            activations.clear(self.width);
            activations.push_all(engine, rows);
            layer.query_key_value.apply(engine, activations, products, out);
        }
    }

    fn attend(&self, engine: &Engine, texts: &[EncoderInput<'_>], buffers: &mut EncoderBuffers) {
        let EncoderBuffers { projected, attended, scores, head, .. } = buffers;
        let mut first = 0;
        for text in texts {
            let end = first + text.ids.len();
            let projected = &projected[first * 3 * self.width..end * 3 * self.width];
            let attended = &mut attended[first * self.width..end * self.width];
            self.attend_text(engine, projected, attended, scores, head);
            first = end;
        }
    }

    /// Self-attention of one text; `projected` holds query, key and value side by side in every row.
    fn attend_text(
        &self,
        engine: &Engine,
        projected: &[f32],
        attended: &mut [f32],
        scores: &mut Vec<f32>,
        head_out: &mut Vec<f32>,
    ) {
        let (width, size) = (self.width, self.width / self.heads);
        let length = attended.len() / width;
        grow(scores, length * length);
        grow(head_out, length * size);
        let (scores, head_out) = (&mut scores[..length * length], &mut head_out[..length * size]);
        let stride = 3 * width;
        let scale = 1.0 / float(size).sqrt();
        for column in (0..width).step_by(size) {
            let view = |start: usize| MatrixView {
                data: &projected[start..],
                rows: length,
                columns: size,
                row_stride: stride,
                column_stride: 1,
            };
            let key = view(width + column);
            let key = MatrixView { rows: size, columns: length, row_stride: 1, column_stride: stride, ..key };
            engine.product(scores, view(column), key, scale);
            for row in scores.chunks_exact_mut(length) {
                Softmax::new_mut(row).dispatch();
            }
            let weights = MatrixView {
                data: scores,
                rows: length,
                columns: length,
                row_stride: length,
                column_stride: 1,
            };
            engine.product(head_out, weights, view(2 * width + column), 1.0);
            for (row, out) in head_out.chunks_exact(size).zip(attended.chunks_exact_mut(width)) {
                out[column..column + size].copy_from_slice(row);
            }
        }
    }

    /// Everything behind attention, block by block, so that the wide inner rows never leave the cache.
    fn feed_forward(&self, engine: &Engine, layer: &Layer, buffers: &mut EncoderBuffers) {
        let EncoderBuffers { hidden, attended, inner, activations, inner_activations, products, .. } =
            buffers;
        let width = self.width;
        let wide = layer.expand.outputs();
        inner.resize(wide, 0.0);
        for (rows, attended) in hidden.chunks_mut(BLOCK * width).zip(attended.chunks(BLOCK * width)) {
            let attended = &attended[..rows.len()];
            activations.clear(width);
            activations.push_all(engine, attended);
            add_norm(engine, &layer.attention_out, &layer.attention_norm, activations, products, rows);

            activations.clear(width);
            activations.push_all(engine, rows);
            inner_activations.clear(wide);
            layer.expand.for_rows(engine, activations, products, |_, values, row_scale| {
                let channels = layer.expand.channels();
                Dequantise::<true> { products: values, row_scale, channels, out: inner }.dispatch();
                inner_activations.push(engine, inner);
            });
            add_norm(engine, &layer.contract, &layer.feed_forward_norm, inner_activations, products, rows);
        }
    }
}

/// `rows = norm(rows + linear(activations))`.
fn add_norm(
    engine: &Engine,
    linear: &ByteLinear,
    norm: &Norm,
    activations: &Activations,
    products: &mut Vec<i32>,
    rows: &mut [f32],
) {
    let width = linear.outputs();
    linear.for_rows(engine, activations, products, |row, values, row_scale| {
        let row = &mut rows[row * width..(row + 1) * width];
        DequantiseAddNorm { products: values, row_scale, channels: linear.channels(), norm, row }.dispatch();
    });
}

/// Makes a buffer long enough; its old content is overwritten before it is read.
fn grow(buffer: &mut Vec<f32>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
}
