//! Why a model file cannot be used.

use std::path::PathBuf;

/// Everything that can be wrong with a model's files. A loaded model never fails.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read the model file {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the model file is not in the safetensors format: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    #[error("the model file has no metadata under `tonewire`: it was not written by training/export")]
    NoMetadata,
    #[error("the model's metadata cannot be read")]
    Metadata(#[from] serde_json::Error),
    #[error("the model's metadata say {key} = {found}, this program reads {expected}")]
    Unsupported { key: &'static str, found: String, expected: String },
    #[error("the model file lacks the tensor {name}")]
    MissingTensor { name: String },
    #[error("tensor {name} has the shape {found:?}, expected {expected:?}")]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error("tensor {name} holds {found}, expected {expected}")]
    ElementType { name: String, found: String, expected: &'static str },
    #[error("tensor {name} holds a value that is not a finite number")]
    NotFinite { name: String },
    #[error("the tokenizer cannot be used: {0}")]
    Tokenizer(String),
}
