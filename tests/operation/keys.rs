//! Keys and partitions: output is partitioned as Java producers partition the input.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Reader, Record};
use crate::support::workspace::Workspace;

const PARTITIONS: i32 = 12;
const KEYS: usize = 1_000;

pub fn o24_a_key_keeps_its_partition_number_from_input_to_output(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, PARTITIONS);
    let messages: Vec<Message> = (0..KEYS).map(|number| Message::new(key(number), article(number))).collect();
    Producer::new(broker).send_all(&workspace.input, &messages);
    // A second record of some keys: all of one key share a partition.
    Producer::new(broker).send_all(&workspace.input, &messages[..50]);
    let service = workspace.configuration("one").start();
    let count = KEYS + 50;
    workspace
        .output_reader(Isolation::ReadCommitted)
        .read_until("every record has come out", |records| records.len() >= count);
    service.stop();

    let input = partitions(&Reader::all(broker, &workspace.input, Isolation::ReadCommitted));
    let output = partitions(&workspace.output(Isolation::ReadCommitted));
    assert_eq!(input.len(), KEYS);
    assert_eq!(input, output, "the same partition number for every key");
    let used: std::collections::BTreeSet<_> = output.values().collect();
    assert_eq!(used.len(), 12, "the keys are spread over all partitions");
    for (key, partition) in &output {
        assert_eq!(*partition, java_partition(key), "the partition of {key:?} in Java");
    }
}

/// Keys of all lengths modulo 4, since the hash treats their ends apart; some are not ASCII.
fn key(number: usize) -> Vec<u8> {
    let tails = ["", "x", "äö", "→→→"];
    format!("key-{number}{}", tails[number % tails.len()]).into_bytes()
}

fn article(number: usize) -> Vec<u8> {
    serde_json::to_vec(&json!({ "id": format!("a-{number}"), "body": "Nothing happened." })).expect("JSON")
}

/// The partition of each key, which must be one.
fn partitions(records: &[Record]) -> BTreeMap<Vec<u8>, i32> {
    let mut found = BTreeMap::new();
    for record in records {
        let key = record.key.clone().expect("a key");
        let partition = *found.entry(key).or_insert(record.partition);
        assert_eq!(partition, record.partition, "one key in two partitions");
    }
    found
}

/// Kafka's `Utils.toPositive(Utils.murmur2(key)) % partitions`.
fn java_partition(key: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(key.len()).expect("a short key");
    let mut hash = 0x9747_b28c ^ length;
    let mut words = key.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("four bytes")).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^= hash >> 15;
    i32::try_from((hash & 0x7fff_ffff) % 12).expect("below 12")
}
