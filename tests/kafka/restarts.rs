//! A stop by SIGTERM while records come in, and a new start.

use std::time::Duration;

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, Record, assert_each_once, assert_none_lost};
use crate::support::service::Configuration;
use crate::support::workspace::Workspace;

const ARTICLES: usize = 1_000;

pub fn a_stop_under_load_and_a_start_neither_lose_nor_repeat_a_record_in_exactly_once_mode(
    broker: &'static KafkaBroker,
) {
    let workspace = Workspace::new(broker, 2);
    let records = restart_under_load(&workspace, &workspace.configuration("one"));
    assert_each_once(&records, &article::ids(ARTICLES));
}

pub fn a_stop_under_load_and_a_start_lose_no_record_in_at_least_once_mode(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let configuration = workspace.configuration("one").set("kafka.delivery", "at_least_once");
    let records = restart_under_load(&workspace, &configuration);
    // A stop in good order repeats nothing either; only a crash does.
    assert_none_lost(&records, &article::ids(ARTICLES));
    assert_each_once(&records, &article::ids(ARTICLES));
}

/// Sends articles for some seconds, stops the service in the middle of that, and starts it again.
fn restart_under_load(workspace: &Workspace, configuration: &Configuration) -> Vec<Record> {
    let service = configuration.start();
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            for first in (0..ARTICLES).step_by(50) {
                workspace.send_articles(first..first + 50);
                std::thread::sleep(Duration::from_millis(150));
            }
        });
        workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES / 10);
        service.stop();
        let before = workspace.output(Isolation::ReadCommitted).len();
        assert!(
            (1..ARTICLES).contains(&before),
            "the stop was not in the middle: {before} of {ARTICLES} had come out"
        );

        let service = configuration.start();
        load.join().expect("the articles can be sent");
        workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
        service.stop();
    });
    workspace.output(Isolation::ReadCommitted)
}
