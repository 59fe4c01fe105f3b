//! The model: sentences in, entities, parts of quotes and the sentiment toward any mention out.
//!
//! One pass of the encoder reads a sentence; everything else is read off its vectors. This room knows sentences and
//! byte offsets into them, and nothing of articles, Kafka or the command line.
//!
//! ```text
//! sentence -> tokenize -> windows -> encoder -> tags (viterbi) -> entities, quote parts
//!                                          └──> heads         -> sentiment and reading of mentions
//! ```
//!
//! A sentence's scores depend on the sentence alone: bit for bit the same in company and on any thread.
//! `training/README.md` defines the arithmetic; `weights` and `metadata` read the file that the training exports.

mod aligned;
mod attention;
mod encoder;
mod error;
mod heads;
mod linear;
mod metadata;
mod reading;
mod tags;
mod tiles;
mod tokenize;
mod vector;
mod viterbi;
mod weights;
mod windows;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use crate::text::Span;

pub use error::ModelError;
pub use reading::SentenceReading;

use encoder::{EncoderBuffers, EncoderInput};
use heads::softmax;
use linear::Engine;
use metadata::Metadata;
use reading::WindowStates;
use tags::Words;
use tokenize::{PieceTokenizer, Pieces};
use weights::{ModelFile, Network};
use windows::{Window, windows};

/// The weights that ship with the program.
static EMBEDDED_WEIGHTS: &[u8] = include_bytes!("../../models/tonewire.safetensors");
/// The tokenizer that ships with the program; also used with weights from a path.
static EMBEDDED_TOKENIZER: &str = include_str!("../../models/tokenizer.json");

/// Pieces that go through the encoder together: enough to keep the matrix products busy, few enough to stay in cache.
const PIECES_PER_PASS: usize = 256;

/// A loaded model, shared by all workers. Loading takes some 50 ms.
pub struct Model {
    metadata: Metadata,
    tokenizer: PieceTokenizer,
    network: Network,
}

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntityKind {
    Person,
    Organization,
    Location,
    /// Nationality, religious or political group.
    Group,
    /// Event, product, work and the like.
    Other,
}

/// A named entity of a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntitySpan {
    /// Bytes of the sentence.
    pub span: Span,
    pub kind: EntityKind,
    /// Probability, 0 to 1 and not calibrated, of the least certain word.
    pub confidence: f32,
}

/// The parts of reported speech: who says it, the word that says so, and what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotePartKind {
    Source,
    Cue,
    Content,
}

/// A part of a quote, direct or indirect. Parts overlap: a source may stand inside the content of an outer quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotePart {
    /// Bytes of the sentence.
    pub span: Span,
    pub part: QuotePartKind,
}

/// What the model says of one mention in its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MentionScore {
    /// Calibrated probabilities that the sentiment toward it is negative, neutral, positive.
    pub probabilities: [f32; 3],
    /// Calibrated probability that a place name stands for its government ("Beijing rejected ...").
    pub government: f32,
}

/// What one thread reuses from call to call.
struct Worker {
    engine: Engine,
    buffers: EncoderBuffers,
    scores: Vec<f32>,
}

thread_local! {
    static WORKER: RefCell<Worker> =
        RefCell::new(Worker { engine: Engine::new(), buffers: EncoderBuffers::default(), scores: Vec::new() });
}

impl Model {
    /// The model that ships with the program.
    ///
    /// # Errors
    ///
    /// None for a program whose files were exported by `training/`; a test loads them.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::read(&ModelFile::BuiltIn(EMBEDDED_WEIGHTS), &Engine::new())
    }

    /// A model from a safetensors file that `training/` exported, with the tokenizer that ships with the program.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or does not fit; the error names the tensor with the shape found and expected.
    pub fn from_path(path: &Path) -> Result<Self, ModelError> {
        let read = std::fs::read(path).map_err(|source| ModelError::File { path: path.to_owned(), source });
        Self::from_bytes(read?)
    }

    /// As [`Model::from_path`], from the file's content.
    ///
    /// # Errors
    ///
    /// When the content does not fit.
    pub fn from_bytes(file: Vec<u8>) -> Result<Self, ModelError> {
        Self::read(&ModelFile::Read(file), &Engine::new())
    }

    /// Packs the weights for `engine`; only engines of the same kind can use them.
    fn read(file: &ModelFile, engine: &Engine) -> Result<Self, ModelError> {
        let mut metadata = Metadata::read(file.bytes())?;
        let characters = std::mem::take(&mut metadata.character_map);
        let vocabulary = metadata.architecture.vocabulary;
        let tokenizer = PieceTokenizer::new(EMBEDDED_TOKENIZER, characters, vocabulary)?;
        let network = Network::read(file, &metadata.architecture, engine)?;
        Ok(Self { metadata, tokenizer, network })
    }

    /// Version of the weights, as the training named it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.metadata.version
    }

    /// Name of the matrix kernel that this processor uses, for logs and benchmarks.
    #[must_use]
    pub fn kernel(&self) -> String {
        WORKER.with_borrow(|worker| worker.engine.kernel_name().to_owned())
    }

    /// Number of pieces that the model reads of a text, for benchmarks.
    #[must_use]
    pub fn count_pieces(&self, text: &str) -> usize {
        self.tokenizer.pieces(text).len()
    }

    /// How a sentence is read: its windows in order, each with the bytes of its pieces. For tests and diagnosis.
    #[must_use]
    pub fn windows(&self, sentence: &str) -> Vec<Vec<Range<usize>>> {
        let text = self.text(self.tokenizer.pieces(sentence));
        let bytes = |window: &Window| {
            let offsets = text.pieces.offsets[window.pieces.clone()].iter();
            offsets.map(|(start, end)| *start..*end).collect()
        };
        text.windows.iter().map(bytes).collect()
    }

    /// Reads sentences. The results are in the order of `sentences`; each depends on its own sentence alone.
    ///
    /// A "sentence" may be any text. Long ones are read in windows of some 180 words, nothing is left out; but the
    /// model was trained on sentences and reads them best.
    #[must_use]
    pub fn read_sentences(&self, sentences: &[&str]) -> Vec<SentenceReading> {
        let pieces = sentences.iter().map(|sentence| self.tokenizer.pieces(sentence));
        self.read_texts(&pieces.map(|pieces| self.text(pieces)).collect::<Vec<_>>())
    }

    /// As [`read_sentences`](Self::read_sentences), without what stands in the spans: for names that read as if they
    /// judged. The model was trained with such gaps.
    #[must_use]
    pub fn read_sentences_without(&self, sentences: &[(&str, &[Span])]) -> Vec<SentenceReading> {
        let pieces =
            sentences.iter().map(|(sentence, hidden)| self.tokenizer.pieces_without(sentence, hidden));
        self.read_texts(&pieces.map(|pieces| self.text(pieces)).collect::<Vec<_>>())
    }

    fn read_texts(&self, texts: &[Text]) -> Vec<SentenceReading> {
        let windows: Vec<(&Pieces, &Window)> = texts
            .iter()
            .flat_map(|text| text.windows.iter().map(move |window| (&text.pieces, window)))
            .collect();
        let mut states = WORKER.with_borrow_mut(|worker| self.encode(worker, &windows)).into_iter();
        texts
            .iter()
            .map(|text| self.reading(text, states.by_ref().take(text.windows.len()).collect()))
            .collect()
    }

    /// Scores mentions of a sentence that has been read: any spans, found by the model or not.
    ///
    /// A span without any letter in it takes the nearest word. Each score depends on the sentence and its own span.
    #[must_use]
    pub fn score_mentions(&self, sentence: &SentenceReading, mentions: &[Span]) -> Vec<MentionScore> {
        let neutral = MentionScore { probabilities: [0.0, 1.0, 0.0], government: 0.0 };
        let mut scores = vec![neutral; mentions.len()];
        WORKER.with_borrow_mut(|worker| {
            for window in &sentence.windows {
                let (places, pieces) = window.mentions(mentions);
                if places.is_empty() {
                    continue;
                }
                let heads = &self.network.mentions;
                let logits = heads.logits(&worker.engine, &window.hidden, &pieces, &mut worker.buffers);
                for (place, logits) in places.into_iter().zip(logits) {
                    scores[place] = self.calibrated(logits);
                }
            }
        });
        scores
    }

    fn calibrated(&self, logits: heads::MentionLogits) -> MentionScore {
        let calibration = &self.metadata.calibration;
        let mut probabilities = logits.sentiment.map(|logit| logit / calibration.sentiment_temperature);
        softmax(&mut probabilities);
        let mut reading = logits.reading.map(|logit| logit / calibration.place_temperature);
        softmax(&mut reading);
        MentionScore { probabilities, government: reading[1] }
    }

    fn text(&self, pieces: Pieces) -> Text {
        let windows = windows(&pieces, self.metadata.architecture.window_pieces);
        Text { pieces, windows }
    }

    /// Encodes windows, several at a time.
    fn encode(&self, worker: &mut Worker, windows: &[(&Pieces, &Window)]) -> Vec<WindowStates> {
        let mut states = Vec::with_capacity(windows.len());
        let mut rest = windows;
        while !rest.is_empty() {
            let (group, behind) = rest.split_at(group_size(rest));
            self.encode_group(worker, group, &mut states);
            rest = behind;
        }
        states
    }

    fn encode_group(
        &self,
        worker: &mut Worker,
        group: &[(&Pieces, &Window)],
        states: &mut Vec<WindowStates>,
    ) {
        let columns: Vec<(Vec<u32>, Vec<u8>)> =
            group.iter().map(|(pieces, window)| columns(pieces, window)).collect();
        let inputs: Vec<EncoderInput<'_>> =
            columns.iter().map(|(ids, shapes)| EncoderInput { ids, shapes }).collect();
        let Worker { engine, buffers, scores } = worker;
        let hidden = self.network.encoder.encode(engine, &inputs, buffers);
        self.network.tags.scores(engine, hidden, scores);
        let width = self.metadata.architecture.width;
        let (mut hidden, mut scores) = (hidden, scores.as_slice());
        for ((pieces, window), input) in group.iter().zip(&inputs) {
            let (own_hidden, hidden_behind) = hidden.split_at(input.ids.len() * width);
            let (own_scores, scores_behind) = scores.split_at(input.ids.len() * tags::TAGS);
            states.push(WindowStates::new(pieces, window, own_hidden, own_scores));
            (hidden, scores) = (hidden_behind, scores_behind);
        }
    }

    fn reading(&self, text: &Text, mut windows: Vec<WindowStates>) -> SentenceReading {
        let words = Words::new(&text.pieces, &reading::joined_scores(&mut windows));
        SentenceReading {
            entities: words.entities(),
            quotes: words.quote_parts(&self.metadata.calibration.quote_start_costs),
            windows,
        }
    }
}

struct Text {
    pieces: Pieces,
    windows: Vec<Window>,
}

/// How many of the first windows fit in one pass; at least one.
fn group_size(windows: &[(&Pieces, &Window)]) -> usize {
    let mut pieces = 0;
    let fits = windows.iter().take_while(|(_, window)| {
        pieces += window.pieces.len() + 2;
        pieces <= PIECES_PER_PASS
    });
    fits.count().max(1)
}

/// Ids and case shapes of a window between `[CLS]` and `[SEP]`.
fn columns(pieces: &Pieces, window: &Window) -> (Vec<u32>, Vec<u8>) {
    let last = pieces.len() - 1;
    let kept = || std::iter::once(0).chain(window.pieces.clone()).chain(std::iter::once(last));
    (kept().map(|index| pieces.ids[index]).collect(), kept().map(|index| pieces.shapes[index]).collect())
}
