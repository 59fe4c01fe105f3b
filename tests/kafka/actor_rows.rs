//! Flat rows per article and actor, in a topic of their own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Reader};
use crate::support::workspace::Workspace;

pub fn the_rows_of_an_article_are_committed_with_its_enriched_record(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 40;
    let workspace = Workspace::new(broker, 3);
    let topic = format!("{}.actor-rows", workspace.group);
    broker.create_topics(&[(&topic, 2)]);
    workspace.send_articles(0..ARTICLES);
    Producer::new(broker).send_all(&workspace.input, &[Message::new("bad", b"{\"id\": ".to_vec())]);

    let service = workspace.configuration("one").set("kafka.actor_row_topic", topic.as_str()).start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();

    let rows = Reader::all(broker, &topic, Isolation::ReadCommitted);
    let mut by_article: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in &rows {
        let row = record.json();
        let actor = row["actor_id"].as_str().unwrap();
        assert_eq!(record.key.as_deref(), Some(actor.as_bytes()), "the key is the actor's id");
        let (partition, offset) = record.source(&workspace.input);
        assert_eq!(
            (row["input_partition"].as_i64(), row["input_offset"].as_i64()),
            (Some(partition.into()), Some(offset))
        );
        by_article.entry(row["article_id"].as_str().unwrap().to_owned()).or_default().push(row);
    }
    let records = workspace.output(Isolation::ReadCommitted);
    assert_eq!(records.len(), ARTICLES);
    assert_eq!(by_article.len(), ARTICLES, "the articles of the test all have actors, a bad record has none");
    for record in records {
        let enriched = record.json();
        let mut rows = by_article.remove(&record.article_id()).unwrap();
        let mut actors = enriched["actors"].as_array().unwrap().clone();
        rows.sort_by_key(|row| row["actor_id"].to_string());
        actors.sort_by_key(|actor| actor["id"].to_string());
        assert_eq!(rows.len(), actors.len(), "{}", record.article_id());
        for (row, actor) in rows.iter().zip(&actors) {
            for (column, path) in [
                ("actor_id", "/id"),
                ("actor_name", "/name"),
                ("label", "/sentiment/label"),
                ("score", "/sentiment/score"),
                ("salience", "/salience"),
            ] {
                assert_eq!(row.get(column), actor.pointer(path), "{column}");
            }
            assert_eq!(row["published_at"], "2024-05-01T10:00:00Z");
        }
    }
    broker.delete_topics(&[&topic]);
}
