//! The encoder: pieces of texts to one vector per piece. `training/README.md`, "Arithmetic", defines every step.
//!
//! Texts are laid end to end without padding. The linear layers see one long matrix, in blocks that stay in the
//! processor's second cache; attention sees one text at a time. No step mixes rows of different texts.

use std::borrow::Cow;

use rten_simd::SimdOp;

use super::aligned::Aligned;
use super::attention::{Attend, AttentionBuffers};
use super::linear::{Activations, ByteLinear, Engine};
use super::vector::{Dequantise, DequantiseAddNorm, Norm, NormRow};

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
    hidden: Aligned<f32>,
    projected: Aligned<f32>,
    attended: Aligned<f32>,
    attention: AttentionBuffers,
    inner: Vec<f32>,
    pub(super) activations: Activations,
    inner_activations: Activations,
    pub(super) products: Aligned<i32>,
}

impl Encoder {
    /// The last layer, `[pieces of all texts, width]`, the texts one after the other.
    pub(super) fn encode<'b>(
        &self,
        engine: &Engine,
        texts: &[EncoderInput<'_>],
        buffers: &'b mut EncoderBuffers,
    ) -> &'b [f32] {
        let rows = texts.iter().map(|text| text.ids.len()).sum();
        self.embed(texts, buffers.hidden.first(rows * self.width));
        for layer in &self.layers {
            self.project(engine, layer, rows, buffers);
            self.attend(texts, rows, buffers);
            self.feed_forward(engine, layer, rows, buffers);
        }
        buffers.hidden.first(rows * self.width)
    }

    fn embed(&self, texts: &[EncoderInput<'_>], hidden: &mut [f32]) {
        let (width, table) = (self.width, &self.embeddings);
        let mut rows = hidden.chunks_exact_mut(width);
        for text in texts {
            let pieces = text.ids.iter().zip(text.shapes).zip(rows.by_ref());
            for (position, ((id, shape), row)) in pieces.enumerate() {
                let (id, shape) = (*id as usize, usize::from(*shape));
                let word = &table.words[id * width..(id + 1) * width];
                let place = &table.positions[position * width..(position + 1) * width];
                let shape = &table.shapes[shape * width..(shape + 1) * width];
                let scale = table.word_scales[id];
                let parts = word.iter().zip(place).zip(shape);
                for (sum, ((word, place), shape)) in row.iter_mut().zip(parts) {
                    *sum = f32::from(word.cast_signed()) * scale + place + shape;
                }
                NormRow { row, norm: &table.norm }.dispatch();
            }
        }
    }

    fn project(&self, engine: &Engine, layer: &Layer, rows: usize, buffers: &mut EncoderBuffers) {
        let EncoderBuffers { hidden, projected, activations, products, .. } = buffers;
        activations.clear(self.width);
        activations.push_all(engine, hidden.first(rows * self.width));
        let projected = projected.first(rows * 3 * self.width);
        layer.query_key_value.apply(engine, activations, products, projected);
    }

    fn attend(&self, texts: &[EncoderInput<'_>], rows: usize, buffers: &mut EncoderBuffers) {
        let EncoderBuffers { projected, attended, attention, .. } = buffers;
        let (projected, attended) =
            (projected.first(rows * 3 * self.width), attended.first(rows * self.width));
        let mut first = 0;
        for text in texts {
            let end = first + text.ids.len();
            Attend {
                projected: &projected[first * 3 * self.width..end * 3 * self.width],
                attended: &mut attended[first * self.width..end * self.width],
                width: self.width,
                heads: self.heads,
                buffers: attention,
            }
            .dispatch();
            first = end;
        }
    }

    /// Everything behind attention. One matrix after the other meets all rows, so that it comes from memory once a pass: a
    /// layer's matrices together would not stay in the second cache beside what they make.
    fn feed_forward(&self, engine: &Engine, layer: &Layer, rows: usize, buffers: &mut EncoderBuffers) {
        let EncoderBuffers { hidden, attended, inner, activations, inner_activations, products, .. } =
            buffers;
        let hidden = hidden.first(rows * self.width);
        activations.clear(self.width);
        activations.push_all(engine, attended.first(rows * self.width));
        add_norm(engine, &layer.attention_out, &layer.attention_norm, activations, products, hidden);

        let wide = layer.expand.outputs();
        inner.resize(wide, 0.0);
        activations.clear(self.width);
        activations.push_all(engine, hidden);
        inner_activations.clear(wide);
        layer.expand.for_rows(engine, activations, products, |_, values, row_scale| {
            let channels = layer.expand.channels();
            Dequantise::<true> { products: values, row_scale, channels, out: inner }.dispatch();
            inner_activations.push(engine, inner);
        });
        add_norm(engine, &layer.contract, &layer.feed_forward_norm, inner_activations, products, hidden);
    }
}

/// `rows = norm(rows + linear(activations))`.
fn add_norm(
    engine: &Engine,
    linear: &ByteLinear,
    norm: &Norm,
    activations: &Activations,
    products: &mut Aligned<i32>,
    rows: &mut [f32],
) {
    let width = linear.outputs();
    linear.for_rows(engine, activations, products, |row, values, row_scale| {
        let row = &mut rows[row * width..(row + 1) * width];
        DequantiseAddNorm { products: values, row_scale, channels: linear.channels(), norm, row }.dispatch();
    });
}
