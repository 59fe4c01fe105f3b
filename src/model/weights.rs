//! From the bytes of a safetensors file to checked and packed weights.

use std::borrow::Cow;

use safetensors::{Dtype, SafeTensors};

use super::ModelError;
use super::encoder::{Embeddings, Encoder, Layer};
use super::heads::{MentionHeads, TagHead};
use super::linear::{ByteLinear, Engine, FloatLinear};
use super::metadata::Architecture;
use super::tags::TAGS;
use super::vector::Norm;

/// A safetensors file as bytes.
pub(super) enum ModelFile {
    /// Part of the program: the table of words, half of the file, is used where it lies.
    BuiltIn(&'static [u8]),
    Read(Vec<u8>),
}

impl ModelFile {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::BuiltIn(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

/// The network of one model file.
pub(super) struct Network {
    pub encoder: Encoder,
    pub tags: TagHead,
    pub mentions: MentionHeads,
}

impl Network {
    /// Reads every tensor, and packs the matrices for `engine`.
    pub(super) fn read(
        file: &ModelFile,
        architecture: &Architecture,
        engine: &Engine,
    ) -> Result<Self, ModelError> {
        let tensors = Tensors { tensors: SafeTensors::deserialize(file.bytes())?, engine };
        let a = architecture;
        let layers = (0..a.layers).map(|index| tensors.layer(index, a)).collect::<Result<_, _>>()?;
        Ok(Self {
            encoder: Encoder {
                embeddings: tensors.embeddings(file, a)?,
                layers,
                width: a.width,
                heads: a.heads,
            },
            tags: TagHead { linear: tensors.float_linear("tags", TAGS, a.width)? },
            mentions: MentionHeads {
                width: a.width,
                context_heads: a.context_heads,
                query: tensors.byte_linear("context.query", a.width, 2 * a.width)?,
                key_value: tensors.byte_linear("context.key_value", 2 * a.width, a.width)?,
                distances: tensors
                    .floats("context.distance.weight", &[a.distance_buckets, a.context_heads])?,
                sentiment_hidden: tensors.byte_linear("sentiment_hidden", a.width, 4 * a.width)?,
                sentiment: tensors.rows("sentiment_out", a.width)?,
                reading: tensors.rows("reading_out", 4 * a.width)?,
            },
        })
    }
}

struct Tensors<'f> {
    tensors: SafeTensors<'f>,
    engine: &'f Engine,
}

impl<'f> Tensors<'f> {
    fn embeddings(&self, file: &ModelFile, a: &Architecture) -> Result<Embeddings, ModelError> {
        let words = self.bytes("words.weight", Dtype::I8, "int8", &[a.vocabulary, a.width])?;
        let words = match file {
            ModelFile::BuiltIn(file) => Cow::Borrowed(part_of(file, words)),
            ModelFile::Read(_) => Cow::Owned(words.to_vec()),
        };
        Ok(Embeddings {
            words,
            word_scales: self.floats("words.scale", &[a.vocabulary])?,
            positions: self.floats("positions.weight", &[a.positions, a.width])?,
            shapes: self.floats("shapes.weight", &[8, a.width])?,
            norm: self.norm("embedding_norm", a)?,
        })
    }

    fn layer(&self, index: usize, a: &Architecture) -> Result<Layer, ModelError> {
        let name = |part: &str| format!("layers.{index}.{part}");
        Ok(Layer {
            query_key_value: self.byte_linear(&name("query_key_value"), 3 * a.width, a.width)?,
            attention_out: self.byte_linear(&name("attention_out"), a.width, a.width)?,
            attention_norm: self.norm(&name("attention_norm"), a)?,
            expand: self.byte_linear(&name("expand"), a.feed_forward, a.width)?,
            contract: self.byte_linear(&name("contract"), a.width, a.feed_forward)?,
            feed_forward_norm: self.norm(&name("feed_forward_norm"), a)?,
        })
    }

    fn norm(&self, name: &str, a: &Architecture) -> Result<Norm, ModelError> {
        Ok(Norm {
            weight: self.floats(&format!("{name}.weight"), &[a.width])?,
            bias: self.floats(&format!("{name}.bias"), &[a.width])?,
            epsilon: a.layer_norm_eps,
        })
    }

    fn byte_linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<ByteLinear, ModelError> {
        let weights = self.bytes(&format!("{name}.weight"), Dtype::I8, "int8", &[outputs, inputs])?;
        let weights: Vec<i8> = weights.iter().map(|byte| byte.cast_signed()).collect();
        let scales = self.floats(&format!("{name}.scale"), &[outputs])?;
        let biases = self.floats(&format!("{name}.bias"), &[outputs])?;
        Ok(ByteLinear::new(self.engine, &weights, scales, biases))
    }

    fn float_linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<FloatLinear, ModelError> {
        let weights = self.floats(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(FloatLinear::new(self.engine, &weights, self.floats(&format!("{name}.bias"), &[outputs])?))
    }

    /// A linear layer of so few outputs that it is applied row by row.
    fn rows<const OUTPUTS: usize>(
        &self,
        name: &str,
        inputs: usize,
    ) -> Result<[(Vec<f32>, f32); OUTPUTS], ModelError> {
        let weights = self.floats(&format!("{name}.weight"), &[OUTPUTS, inputs])?;
        let biases = self.floats(&format!("{name}.bias"), &[OUTPUTS])?;
        Ok(std::array::from_fn(|i| (weights[i * inputs..(i + 1) * inputs].to_vec(), biases[i])))
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let bytes = self.bytes(name, Dtype::F32, "f32", shape)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(ModelError::NotFinite { name: name.to_owned() })
        }
    }

    fn bytes(
        &self,
        name: &str,
        kind: Dtype,
        expected: &'static str,
        shape: &[usize],
    ) -> Result<&'f [u8], ModelError> {
        let tensor =
            self.tensors.tensor(name).map_err(|_| ModelError::MissingTensor { name: name.to_owned() })?;
        if tensor.dtype() != kind {
            let found = format!("{:?}", tensor.dtype());
            return Err(ModelError::ElementType { name: name.to_owned(), found, expected });
        }
        if tensor.shape() != shape {
            let (found, expected) = (tensor.shape().to_vec(), shape.to_vec());
            return Err(ModelError::Shape { name: name.to_owned(), found, expected });
        }
        Ok(tensor.data())
    }
}

/// The same bytes with the lifetime of the whole file.
fn part_of(file: &'static [u8], part: &[u8]) -> &'static [u8] {
    let start = part.as_ptr().addr() - file.as_ptr().addr();
    &file[start..start + part.len()]
}
