//! An oracle that finds nothing would find every promise kept. These tests do to a run on paper what a faulty
//! service would do, and see that the oracle names it.

use std::collections::BTreeMap;

use libtest_mimic::Trial;

use super::commits::History;
use super::input::Class;
use super::oracle::{Findings, Observed, judge};
use crate::support::reader::Record;

const TOPIC: &str = "in";

/// Topics after a run without a fault: three articles and a broken record in two partitions.
struct Paper {
    sent: BTreeMap<String, Class>,
    input: Vec<Record>,
    enriched: Vec<Record>,
    letters: Vec<Record>,
    history: History,
}

impl Paper {
    fn good() -> Self {
        let places = [("a", 0, 0), ("b", 0, 1), ("c", 1, 0)];
        let mut input: Vec<_> =
            places.iter().map(|(id, partition, offset)| original(id, *partition, *offset)).collect();
        input.push(original("x", 1, 1));
        let enriched = places.iter().map(|(id, partition, offset)| result(id, *partition, *offset)).collect();
        let mut sent: BTreeMap<_, _> =
            places.iter().map(|(id, _, _)| ((*id).to_owned(), Class::Enriched)).collect();
        sent.insert("x".into(), Class::DeadLetter);
        let history = History::from([(0, vec![1, 1, 2]), (1, vec![2])]);
        Self { sent, input, enriched, letters: vec![letter("x", 1, 1)], history }
    }

    fn judge(&self) -> Findings {
        let Self { sent, input, enriched, letters, history } = self;
        judge(&Observed { topic: TOPIC, sent, input, enriched, letters, history })
    }
}

fn record(id: &str, partition: i32, offset: i64, value: String) -> Record {
    Record {
        partition,
        offset,
        key: Some(id.into()),
        value: Some(value.into_bytes()),
        headers: Vec::new(),
        timestamp_ms: Some(7),
    }
}

fn original(id: &str, partition: i32, offset: i64) -> Record {
    record(id, partition, offset, format!("body of {id}"))
}

fn result(id: &str, partition: i32, offset: i64) -> Record {
    let value = format!(
        r#"{{"article":{{"id":"{id}"}},"score":1,"processing":{{"processed_at":"now","duration_ms":{offset}}}}}"#
    );
    let mut result = record(id, partition, 100 + offset, value);
    result.headers = vec![header("tonewire-source", &format!("{TOPIC}/{partition}/{offset}"))];
    result
}

fn letter(id: &str, partition: i32, offset: i64) -> Record {
    let mut letter = original(id, partition, offset);
    letter.headers = vec![
        header("tonewire.dlq.topic", TOPIC),
        header("tonewire.dlq.partition", &partition.to_string()),
        header("tonewire.dlq.offset", &offset.to_string()),
    ];
    letter.partition = 0;
    letter
}

fn header(name: &str, value: &str) -> (String, Option<Vec<u8>>) {
    (name.to_owned(), Some(value.as_bytes().to_vec()))
}

/// The tests of the oracle.
pub fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 10] = [
        ("oracle::finds_nothing_where_nothing_is_wrong", finds_nothing_where_nothing_is_wrong),
        ("oracle::finds_a_lost_record", finds_a_lost_record),
        ("oracle::finds_a_repeat_and_whether_it_differs", finds_a_repeat_and_whether_it_differs),
        ("oracle::finds_a_result_in_the_wrong_class", finds_a_result_in_the_wrong_class),
        ("oracle::finds_a_result_of_nothing", finds_a_result_of_nothing),
        ("oracle::finds_results_that_changed_places", finds_results_that_changed_places),
        ("oracle::finds_results_under_another_records_name", finds_results_under_another_records_name),
        ("oracle::finds_a_dead_letter_with_other_bytes", finds_a_dead_letter_with_other_bytes),
        ("oracle::finds_a_commit_that_moved_back", finds_a_commit_that_moved_back),
        ("oracle::finds_a_partition_that_is_not_at_its_end", finds_a_partition_that_is_not_at_its_end),
    ];
    tests
        .into_iter()
        .map(|(name, test)| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect()
}

fn finds_nothing_where_nothing_is_wrong() {
    assert_eq!(Paper::good().judge(), Findings::default());
}

fn finds_a_lost_record() {
    let mut paper = Paper::good();
    paper.enriched.remove(1);
    paper.letters.clear();
    assert_eq!(paper.judge().lost, ["b", "x"]);
}

fn finds_a_repeat_and_whether_it_differs() {
    let mut paper = Paper::good();
    let mut again = result("a", 0, 0);
    let text = String::from_utf8(again.value.clone().unwrap()).unwrap();
    again.value = Some(text.replace("\"now\"", "\"later\"").into_bytes());
    paper.enriched.push(again.clone());
    let findings = paper.judge();
    assert_eq!((findings.repeated, findings.altered), (vec!["a".to_owned()], Vec::new()));

    again.value = Some(text.replace("\"score\":1", "\"score\":2").into_bytes());
    paper.enriched.push(again);
    assert_eq!(paper.judge().altered, ["a"]);
}

fn finds_a_result_in_the_wrong_class() {
    let mut paper = Paper::good();
    paper.letters.push(letter("a", 0, 0));
    assert_eq!(paper.judge().misplaced.len(), 1);
    paper.sent.insert("c".into(), Class::Skipped);
    assert_eq!(paper.judge().misplaced.len(), 2);
}

fn finds_a_result_of_nothing() {
    let mut paper = Paper::good();
    paper.enriched.push(result("d", 0, 9));
    assert_eq!(paper.judge().misplaced.len(), 1);
}

fn finds_results_that_changed_places() {
    let mut paper = Paper::good();
    paper.enriched.swap(0, 1);
    assert_eq!(paper.judge().out_of_order.len(), 1);
    // Different partitions have no common order.
    let mut paper = Paper::good();
    paper.enriched.swap(1, 2);
    assert_eq!(paper.judge(), Findings::default());
}

fn finds_results_under_another_records_name() {
    let mut paper = Paper::good();
    paper.enriched[0].headers = paper.enriched[1].headers.clone();
    assert_eq!(paper.judge().lost, ["a"]);
    assert_eq!(paper.judge().misplaced.len(), 1);
}

fn finds_a_dead_letter_with_other_bytes() {
    let mut paper = Paper::good();
    paper.letters[0].value = Some(b"body of y".to_vec());
    assert_eq!(paper.judge().false_letters.len(), 1);
}

fn finds_a_commit_that_moved_back() {
    let mut paper = Paper::good();
    paper.history.insert(0, vec![2, 1, 2]);
    assert_eq!(paper.judge().moved_back.len(), 1);
}

fn finds_a_partition_that_is_not_at_its_end() {
    let mut paper = Paper::good();
    paper.history.insert(0, vec![1]);
    paper.history.remove(&1);
    assert_eq!(paper.judge().not_at_end.len(), 2);
}
