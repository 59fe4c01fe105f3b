//! Several instances in one group.

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::workspace::Workspace;

pub fn two_instances_share_four_partitions_and_every_record_comes_out_once(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 900;
    let workspace = Workspace::new(broker, 4);
    let first = workspace.configuration("first").start();
    first.metrics_when("the only instance owns all partitions", |metrics| assigned(metrics) == 4.0);

    // The second one joins while the first has work.
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            for start in (0..600).step_by(100) {
                workspace.send_articles(start..start + 100);
            }
        });
        let second = workspace.configuration("second").start();
        load.join().expect("the articles can be sent");
        for instance in [&first, &second] {
            instance.metrics_when("two partitions each", |metrics| assigned(metrics) == 2.0);
        }
        workspace.output_reader(Isolation::ReadCommitted).read_articles(600);

        let before = [received(&first.metrics()), received(&second.metrics())];
        workspace.send_articles(600..ARTICLES);
        workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
        let after = [received(&first.metrics()), received(&second.metrics())];
        let shares = [after[0] - before[0], after[1] - before[1]];
        assert!(shares.iter().all(|share| *share >= 50.0), "each instance gets work: {shares:?} of 300");
        first.stop();
        second.stop();
    });
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

fn assigned(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}

fn received(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_records_received_total", &[])
}
