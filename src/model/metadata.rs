//! What the exported file says about itself, and whether this program can run it.

use std::collections::HashMap;
use std::fmt::Debug;

use safetensors::SafeTensors;
use serde::Deserialize;

use super::ModelError;
use super::vector::LANES;

/// Sizes of the network.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Architecture {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    pub feed_forward: usize,
    pub vocabulary: usize,
    pub positions: usize,
    pub layer_norm_eps: f32,
    pub window_pieces: usize,
    pub context_heads: usize,
    pub distance_buckets: usize,
}

/// What makes probabilities of logits, and the costs that keep long spans whole.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Calibration {
    pub sentiment_temperature: f32,
    pub place_temperature: f32,
    pub quote_start_costs: QuoteStartCosts,
}

/// Cost of opening a span of each quote part.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct QuoteStartCosts {
    pub source: f32,
    pub cue: f32,
    pub content: f32,
}

/// The metadata of the file. Lists are checked against what this program is written for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    pub format: u32,
    pub version: String,
    #[serde(flatten)]
    pub architecture: Architecture,
    pub character_map: HashMap<char, char>,
    pub calibration: Calibration,
    activation: String,
    mention_features: Vec<String>,
    case_shapes: Vec<String>,
    entity_tags: Vec<String>,
    quote_parts: Vec<String>,
    quote_tags: Vec<String>,
    sentiments: Vec<String>,
    place_readings: Vec<String>,
}

const FORMAT: u32 = 1;
const CASE_SHAPES: [&str; 8] = ["lower", "title", "initial", "upper", "mixed", "digit", "other", "special"];
const ENTITY_TAGS: [&str; 11] = [
    "O",
    "B-person",
    "I-person",
    "B-organization",
    "I-organization",
    "B-location",
    "I-location",
    "B-group",
    "I-group",
    "B-other",
    "I-other",
];
const MENTION_FEATURES: [&str; 4] = ["mean", "max", "text_mean", "context"];

impl Metadata {
    pub(super) fn read(file: &[u8]) -> Result<Self, ModelError> {
        let (_, header) = SafeTensors::read_metadata(file)?;
        let texts = header.metadata().as_ref();
        let described = texts.and_then(|texts| texts.get("tonewire")).ok_or(ModelError::NoMetadata)?;
        let metadata: Self = serde_json::from_str(described)?;
        metadata.check()?;
        Ok(metadata)
    }

    fn check(&self) -> Result<(), ModelError> {
        supported("format", &self.format, &FORMAT)?;
        supported("activation", &self.activation.as_str(), &"gelu_erf")?;
        supported("mention_features", &self.mention_features, &MENTION_FEATURES.to_vec())?;
        supported("case_shapes", &self.case_shapes, &CASE_SHAPES.to_vec())?;
        supported("entity_tags", &self.entity_tags, &ENTITY_TAGS.to_vec())?;
        supported("quote_parts", &self.quote_parts, &vec!["source", "cue", "content"])?;
        supported("quote_tags", &self.quote_tags, &vec!["O", "B", "I"])?;
        supported("sentiments", &self.sentiments, &vec!["negative", "neutral", "positive"])?;
        supported("place_readings", &self.place_readings, &vec!["place", "government"])?;
        self.architecture.check()?;
        for temperature in [self.calibration.sentiment_temperature, self.calibration.place_temperature] {
            if !(temperature.is_finite() && temperature > 0.0) {
                return Err(unsupported("calibration temperature", &temperature, "a positive number"));
            }
        }
        Ok(())
    }
}

impl Architecture {
    fn check(&self) -> Result<(), ModelError> {
        for (key, size) in [("width", self.width), ("feed_forward", self.feed_forward)] {
            if size == 0 || size % LANES != 0 {
                return Err(unsupported(key, &size, "a multiple of 16"));
            }
        }
        for (key, heads) in [("heads", self.heads), ("context_heads", self.context_heads)] {
            if heads == 0 || !self.width.is_multiple_of(heads) {
                return Err(unsupported(key, &heads, "a divisor of the width"));
            }
        }
        if !(self.width / self.heads).is_multiple_of(2 * LANES) {
            return Err(unsupported("heads", &self.heads, "so many that a head is a multiple of 32 wide"));
        }
        supported("distance_buckets", &self.distance_buckets, &13)?;
        if self.window_pieces == 0 || self.positions < self.window_pieces + 2 {
            return Err(unsupported(
                "window_pieces",
                &self.window_pieces,
                "two less than positions or fewer",
            ));
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps > 0.0) {
            return Err(unsupported("layer_norm_eps", &self.layer_norm_eps, "a positive number"));
        }
        Ok(())
    }
}

fn supported<F, E>(key: &'static str, found: &F, expected: &E) -> Result<(), ModelError>
where
    F: PartialEq<E> + Debug,
    E: Debug,
{
    if found == expected { Ok(()) } else { Err(unsupported(key, found, &format!("{expected:?}"))) }
}

fn unsupported(key: &'static str, found: &impl Debug, expected: &str) -> ModelError {
    ModelError::Unsupported { key, found: format!("{found:?}"), expected: expected.to_owned() }
}
