//! The model as a whole: equal to the Python reference, the same in any company, unharmed by any text.

use std::collections::HashSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::embedded().expect("the shipped files load"));

/// What `training/` (step 6) says of sentences that were written for the project; offsets in code points.
#[derive(Deserialize)]
struct Reference {
    model_version: String,
    outputs: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    text: String,
    ids: Vec<u32>,
    offsets: Vec<(usize, usize)>,
    case_shapes: Vec<u8>,
    word_start: Vec<bool>,
    entity_logits: Vec<Vec<f32>>,
    quote_logits: Vec<Vec<Vec<f32>>>,
    mentions: Vec<ExpectedMention>,
}

#[derive(Deserialize)]
struct ExpectedMention {
    start: usize,
    end: usize,
    sentiment: [f32; 3],
    reading: [f32; 2],
}

/// Most probabilities may differ by this and none by more than [`FARTHEST`]. An activation that lies between two
/// integers rounds either way with the last bit of an f32 sum, and such steps add up over six layers: noise of one
/// part in ten million on the reference's own layer norms moves its probabilities as far.
const TOLERANCE: f32 = 0.02;
const FARTHEST: f32 = 0.06;
/// Percent that may lie between the two: version 1.0 had 1.6 % of the mentions there, version 1.1 has 2.4 %.
const SHARE_OUTSIDE: usize = 3;

/// Differences of probabilities, gathered over all sentences.
#[derive(Default)]
struct Differences(Vec<(f32, String)>);

impl Differences {
    fn add(&mut self, own: &[f32], wanted: &[f32], text: &str) {
        let difference = largest_difference(own, wanted);
        self.0.push((difference, format!("{text}: {own:?}, the reference has {wanted:?}")));
    }

    fn assert_within(&self, most: f32, farthest: f32) {
        let outside = self.0.iter().filter(|(difference, _)| *difference >= most).count();
        assert!(
            outside * 100 <= self.0.len() * SHARE_OUTSIDE,
            "{outside} of {} differ by {most} or more",
            self.0.len()
        );
        for (difference, context) in &self.0 {
            assert!(*difference < farthest, "{context}");
        }
    }
}

fn reference() -> Reference {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/model/reference_outputs.json");
    let text = std::fs::read_to_string(file).expect("the reference outputs are part of the repository");
    let reference: Reference = serde_json::from_str(&text).expect("they are JSON");
    assert_eq!(
        reference.model_version,
        MODEL.version(),
        "the reference was made from other weights: training, step 6"
    );
    reference
}

fn code_points(text: &str, byte: usize) -> usize {
    text[..byte].chars().count()
}

fn byte_of(text: &str, code_point: usize) -> usize {
    text.char_indices().nth(code_point).map_or(text.len(), |(byte, _)| byte)
}

fn probabilities(logits: &[f32]) -> Vec<f32> {
    let mut values = logits.to_vec();
    softmax(&mut values);
    values
}

fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Tag scores of every piece, as one text.
fn tag_scores(model: &Model, text: &str) -> Vec<f32> {
    let text = model.text(model.tokenizer.pieces(text));
    let windows: Vec<_> = text.windows.iter().map(|window| (&text.pieces, window)).collect();
    let mut states = WORKER.with_borrow_mut(|worker| model.encode(worker, &windows));
    reading::joined_scores(&mut states)
}

#[test]
fn pieces_are_those_of_the_python_tokenizer() {
    for expected in reference().outputs {
        let text = &expected.text;
        let pieces = MODEL.tokenizer.pieces(text);
        let offsets: Vec<_> = pieces
            .offsets
            .iter()
            .map(|(start, end)| (code_points(text, *start), code_points(text, *end)))
            .collect();
        assert_eq!(pieces.ids, expected.ids, "{text}");
        assert_eq!(offsets, expected.offsets, "{text}");
        assert_eq!(pieces.shapes, expected.case_shapes, "{text}");
        assert_eq!(pieces.word_start, expected.word_start, "{text}");
    }
}

#[test]
fn tag_probabilities_are_those_of_the_python_reference() {
    let mut differences = Differences::default();
    let mut near_ties = 0;
    let mut words = 0;
    for expected in reference().outputs {
        let scores = tag_scores(&MODEL, &expected.text);
        let pieces = expected.entity_logits.iter().zip(&expected.quote_logits);
        for ((row, (entities, quotes)), word_start) in
            scores.chunks_exact(tags::TAGS).zip(pieces).zip(&expected.word_start)
        {
            let layers = std::iter::once(entities).chain(quotes);
            let mut columns = row;
            for layer in layers {
                let (own, behind) = columns.split_at(layer.len());
                columns = behind;
                let (own, wanted) = (probabilities(own), probabilities(layer));
                differences.add(&own, &wanted, &expected.text);
                if *word_start {
                    words += 1;
                    near_ties += usize::from(best(&own) != best(&wanted));
                }
            }
        }
    }
    assert!(near_ties * 200 <= words, "{near_ties} of {words} tags differ");
}

fn best(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}

#[test]
fn mention_probabilities_are_those_of_the_python_reference() {
    mention_differences(&MODEL).assert_within(TOLERANCE, FARTHEST);
}

fn mention_differences(model: &Model) -> Differences {
    let mut differences = Differences::default();
    for expected in reference().outputs {
        let text = &expected.text;
        let reading = model.read_sentences(&[text]).remove(0);
        let span =
            |mention: &ExpectedMention| Span::new(byte_of(text, mention.start), byte_of(text, mention.end));
        let spans: Vec<Span> = expected.mentions.iter().map(span).collect();
        for (score, wanted) in model.score_mentions(&reading, &spans).iter().zip(&expected.mentions) {
            differences.add(&score.probabilities, &wanted.sentiment, text);
            differences.add(&[score.government], &wanted.reading[1..], text);
        }
    }
    differences
}

/// The shipped model, packed for another engine than that of this processor.
fn model_for(engine: &Engine) -> Model {
    Model::read(&ModelFile::BuiltIn(EMBEDDED_WEIGHTS), engine).expect("the shipped files load")
}

/// x86 without VNNI, where activations have 7 bits (see `Engine`).
#[test]
fn narrow_activations_stay_near_the_reference() {
    let engine = Engine::with_narrow_activations();
    let model = model_for(&engine);
    let usual = WORKER.with_borrow_mut(|worker| std::mem::replace(&mut worker.engine, engine));
    mention_differences(&model).assert_within(5.0 * TOLERANCE, 3.0 * FARTHEST);
    WORKER.with_borrow_mut(|worker| worker.engine = usual);
}

/// On processors without tiles both are the same anyway.
#[test]
fn a_sentence_reads_the_same_with_and_without_tiles_bit_for_bit() {
    let plain = model_for(&Engine::without_tiles());
    for expected in reference().outputs {
        let sentence = [expected.text.as_str()];
        let (with, without) = (MODEL.read_sentences(&sentence), plain.read_sentences(&sentence));
        assert_eq!(everything(&with[0]), everything(&without[0]), "{}", expected.text);
    }
}

/// Everything that the model says of a sentence, to compare bit for bit.
fn everything(reading: &SentenceReading) -> (String, Vec<u32>) {
    let text = format!("{:?} {:?}", reading.entities, reading.quotes);
    let bits =
        reading.windows.iter().flat_map(|window| &window.hidden).map(|value| value.to_bits()).collect();
    (text, bits)
}

#[test]
fn a_sentence_reads_the_same_alone_and_in_company_bit_for_bit() {
    let outputs = reference().outputs;
    let sentences: Vec<&str> = outputs.iter().map(|expected| expected.text.as_str()).collect();
    let company = MODEL.read_sentences(&sentences);
    let backwards: Vec<&str> = sentences.iter().rev().copied().collect();
    let other_company = MODEL.read_sentences(&backwards);
    for (index, sentence) in sentences.iter().enumerate() {
        let alone = everything(&MODEL.read_sentences(&[sentence])[0]);
        assert_eq!(alone, everything(&company[index]), "{sentence}");
        assert_eq!(alone, everything(&other_company[sentences.len() - 1 - index]), "{sentence}");
    }
}

#[test]
fn a_mention_scores_the_same_alone_and_among_others_bit_for_bit() {
    let text = "The minister praised Velmora Energy and attacked Karim Daoud in Minsk.";
    let reading = MODEL.read_sentences(&[text]).remove(0);
    let spans: Vec<Span> = ["The minister", "Velmora Energy", "Karim Daoud", "Minsk"]
        .map(|name| {
            text.find(name).map(|start| Span::new(start, start + name.len())).expect("it stands there")
        })
        .to_vec();
    let together = MODEL.score_mentions(&reading, &spans);
    for (span, score) in spans.iter().zip(&together) {
        assert_eq!(MODEL.score_mentions(&reading, &[*span]), [*score]);
    }
    let distinct: HashSet<u32> = together.iter().map(|score| score.probabilities[0].to_bits()).collect();
    assert_eq!(distinct.len(), spans.len(), "each mention is scored for itself");
}

#[test]
fn another_thread_reads_the_same() {
    let text = "Beijing has not answered Seoul's letter.";
    let here = everything(&MODEL.read_sentences(&[text])[0]);
    let there =
        std::thread::spawn(move || everything(&MODEL.read_sentences(&[text])[0])).join().expect("it ends");
    assert_eq!(here, there);
}

#[test]
fn a_long_text_is_read_in_windows_and_nothing_is_left_out() {
    let sentence = "Mayor Linnea Berg thanked the Northern Water Trust in Hungary, and “everyone” cheered. ";
    let text = sentence.repeat(40);
    let reading = MODEL.read_sentences(&[&text]).remove(0);
    assert!(reading.windows.len() >= 3, "{} windows", reading.windows.len());
    assert_eq!(tag_scores(&MODEL, &text).len(), MODEL.count_pieces(&text) * tags::TAGS);
    let last = text.rfind("Hungary").map(|start| Span::new(start, start + 7)).expect("it stands there");
    let first = text.find("Hungary").map(|start| Span::new(start, start + 7)).expect("it stands there");
    let scores = MODEL.score_mentions(&reading, &[last, first]);
    let turned = MODEL.score_mentions(&reading, &[first, last]);
    assert_eq!(scores, [turned[1], turned[0]]);
    assert!(scores.iter().all(|score| score.probabilities != [0.0, 1.0, 0.0]));
}

#[test]
fn empty_and_blank_sentences_hold_nothing() {
    for text in ["", " ", "\n\t\u{a0}", "\u{ad}\u{200b}"] {
        let reading = MODEL.read_sentences(&[text]).remove(0);
        assert!(reading.entities.is_empty() && reading.quotes.is_empty());
        let score = MODEL.score_mentions(&reading, &[Span::new(0, text.len())])[0];
        assert!(score.probabilities.iter().all(|p| p.is_finite()));
    }
    assert!(MODEL.read_sentences(&[]).is_empty());
}

#[test]
fn a_file_that_does_not_fit_is_refused_by_name() {
    let error = |file: Vec<u8>| Model::from_bytes(file).map(|_| ()).expect_err("it is refused").to_string();
    assert!(error(Vec::new()).contains("safetensors"), "{}", error(Vec::new()));
    assert!(error(b"\x02\0\0\0\0\0\0\0{}".to_vec()).contains("metadata"));
    let replaced = |from: &str, to: &str| {
        let (header, body) = EMBEDDED_WEIGHTS.split_at(EMBEDDED_WEIGHTS.len().min(40_000));
        let text = String::from_utf8_lossy(&header[8..]);
        assert!(text.contains(from) && from.len() == to.len());
        let position = text.find(from).expect("it stands there") + 8;
        let mut file = [header, body].concat();
        file[position..position + to.len()].copy_from_slice(to.as_bytes());
        error(file)
    };
    let missing = replaced("tags.bias", "togs.bias");
    assert!(missing.contains("tags.bias"), "{missing}");
    let shape = replaced("\"shape\":[13,6]", "\"shape\":[6,13]");
    assert!(
        shape.contains("context.distance.weight") && shape.contains("[6, 13]") && shape.contains("[13, 6]"),
        "{shape}"
    );
    let layers = replaced("\\\"layers\\\": 6", "\\\"layers\\\": 7");
    assert!(layers.contains("layers.6."), "{layers}");
}

#[test]
fn a_path_that_cannot_be_read_is_named() {
    let error =
        Model::from_path(Path::new("no/such/model.safetensors")).map(|_| ()).expect_err("there is none");
    assert!(error.to_string().contains("no/such/model.safetensors"));
}

#[test]
fn a_file_read_at_run_time_gives_the_same_as_the_embedded_one() {
    let owned = Model::from_bytes(EMBEDDED_WEIGHTS.to_vec()).expect("it fits");
    let text = "Washington imposed sanctions on Minsk.";
    assert_eq!(everything(&owned.read_sentences(&[text])[0]), everything(&MODEL.read_sentences(&[text])[0]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_every_span_lies_on_character_boundaries(
        text in prop_oneof![
            "\\PC{0,60}",
            "[\\u{0}-\\u{10FFFF}]{0,40}",
            "([A-Z][a-z]{2,6}[ “”’—…\u{ad}\u{301}\n]{1,2}(said|İstanbul|ﬁ|習近平|🎉|각|\\[SEP\\]|e\u{301})? ?){0,12}",
        ],
        start in 0_usize..80, length in 0_usize..30,
    ) {
        let reading = MODEL.read_sentences(&[&text]).remove(0);
        let entities = reading.entities.iter().map(|entity| entity.span);
        for span in entities.chain(reading.quotes.iter().map(|quote| quote.span)) {
            prop_assert!(span.start < span.end);
            prop_assert!(text.get(span.start.0..span.end.0).is_some());
        }
        let scores = MODEL.score_mentions(&reading, &[Span::new(start, start + length)]);
        prop_assert!((scores[0].probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        prop_assert!((0.0..=1.0).contains(&scores[0].government));
    }
}

#[test]
fn a_hidden_name_leaves_no_trace_and_keeps_its_place() {
    let pair = ["Grace Victory, the minister, attended.", "Clara Stewart, the minister, attended."];
    let hidden = [Span::new(0, 13)];
    let texts: Vec<(&str, &[Span])> = pair.iter().map(|text| (*text, hidden.as_slice())).collect();
    let scores: Vec<MentionScore> = MODEL
        .read_sentences_without(&texts)
        .iter()
        .map(|reading| MODEL.score_mentions(reading, &hidden)[0])
        .collect();
    assert_eq!(scores[0], scores[1], "two names of two pieces each are one when both are hidden");
    let whole = MODEL.read_sentences(&pair[..1]);
    assert_ne!(MODEL.score_mentions(&whole[0], &hidden)[0], scores[0]);
    assert_eq!(MODEL.read_sentences_without(&[(pair[0], &[])])[0].entities, whole[0].entities);
}
