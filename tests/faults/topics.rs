//! What an administrator does to topics.

use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;

use crate::support::broker::KafkaBroker;
use crate::support::wait::within;

const LIMIT: Duration = Duration::from_secs(30);

/// Sets a configuration key of a topic, and all others to their defaults.
pub fn configure(broker: &KafkaBroker, topic: &str, key: &str, value: &str) {
    configure_all(broker, topic, &[(key, value)]);
}

/// Sets configuration keys of a topic, and all others to their defaults.
pub fn configure_all(broker: &KafkaBroker, topic: &str, settings: &[(&str, &str)]) {
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic));
    let change = settings.iter().fold(change, |change, (key, value)| change.set(key, value));
    let results = wait(admin(broker).alter_configs(&[change], &options())).expect("the broker answers");
    for result in results {
        result.unwrap_or_else(|(_, error)| panic!("{topic} cannot have {settings:?}: {error}"));
    }
}

/// Gives a topic more partitions.
pub fn add_partitions(broker: &KafkaBroker, topic: &str, count: usize) {
    let wanted = NewPartitions::new(topic, count);
    let results = wait(admin(broker).create_partitions(&[wanted], &options())).expect("the broker answers");
    for result in results {
        result.unwrap_or_else(|(_, error)| panic!("{topic}: no {count} partitions: {error}"));
    }
}

/// Deletes a topic and creates it anew as soon as the broker has forgotten the old one.
pub fn recreate(broker: &KafkaBroker, topic: &str, partitions: i32) {
    broker.delete_topics(&[topic]);
    create(broker, topic, partitions);
}

/// Creates a topic, again and again while the broker is still deleting one of that name.
pub fn create(broker: &KafkaBroker, topic: &str, partitions: i32) {
    within(LIMIT, "the topic is created", || {
        let wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1));
        let results = wait(admin(broker).create_topics(&[wanted], &options())).ok()?;
        results.into_iter().all(|result| result.is_ok()).then_some(())
    });
}

/// Creates a topic whose partitions the first of these nodes leads and the others hold copies of.
pub fn create_led_by(broker: &KafkaBroker, topic: &str, partitions: usize, nodes: &[i32]) {
    within(LIMIT, "the topic is created", || {
        let assignment = vec![nodes; partitions];
        let count = i32::try_from(partitions).expect("few partitions");
        let wanted = NewTopic::new(topic, count, TopicReplication::Variable(&assignment));
        let results = wait(admin(broker).create_topics(&[wanted], &options())).ok()?;
        results.into_iter().all(|result| result.is_ok()).then_some(())
    });
}

fn admin(broker: &KafkaBroker) -> AdminClient<DefaultClientContext> {
    broker.client().create().expect("an admin client can be made")
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(LIMIT)).request_timeout(Some(LIMIT))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
