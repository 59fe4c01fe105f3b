//! Records that do harm: slow ones, ones that make the analysis panic, and poison of every kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tonewire::analysis::{Analysis, Analyze, Status};
use tonewire::article::Article;
use tonewire::config::{Config, Delivery as ConfiguredDelivery, Settings};
use tonewire::pipeline::{Service, ServiceHandle};
use tonewire::telemetry::{Health, Telemetry};

use super::input::{Class, article};
use super::run::Run;
use super::scenario::{Brokers, Delivery, Scenario};
use super::topics;
use crate::support::producer::Message;
use crate::support::reader::{Isolation, Reader};
use crate::support::workspace::Workspace;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "an_article_that_takes_longer_than_the_poll_interval_is_a_dead_letter_and_the_loop_keeps_polling",
        fault: "analysis slower than max.poll.interval.ms",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: slow_analysis,
    },
    Scenario {
        name: "an_analysis_that_panics_costs_one_record_and_no_worker",
        fault: "panic of the analysis",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: panics,
    },
    Scenario {
        name: "poison_of_every_kind_is_put_aside_and_what_stands_between_comes_out",
        fault: "poison records",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: poison,
    },
    Scenario {
        name: "records_from_far_off_times_keep_their_results",
        fault: "clocks of producers far off",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: far_off_times,
    },
];

/// All in one partition, so that a record that blocks would hold up the others.
fn in_one_partition(id: &str, class: Class, value: Option<Vec<u8>>) -> (String, Class, Message) {
    (id.to_owned(), class, Message { value, partition: Some(1), ..Message::default() })
}

fn good(number: usize) -> (String, Class, Message) {
    let id = format!("good-{number:04}");
    let value = article(&id, 1);
    in_one_partition(&id, Class::Enriched, Some(value))
}

// ---- slow ----

fn slow_analysis(run: &Run) {
    const POLL_INTERVAL_MS: i64 = 7_000;
    const TIME_LIMIT_MS: i64 = 9_000;
    let configuration = run
        .configuration("one")
        .set("kafka.max_poll_interval_ms", POLL_INTERVAL_MS)
        .set("pipeline.record_time_limit_ms", TIME_LIMIT_MS);
    let service = run.start(&configuration);
    // A megabyte of short sentences, each another one, is half a minute of work on a fast machine.
    let id = "long-article";
    let body = (0..20_000)
        .map(|number| format!("Rome said no to plan {number}. Anna Lee{number} agreed. "))
        .collect::<Vec<_>>()
        .concat();
    let value = json!({ "id": id, "title": "A long read", "body": body, "language": "en" });
    let slow = in_one_partition(id, Class::DeadLetter, Some(value.to_string().into_bytes()));
    run.input.send_own([good(0), slow]);
    run.input.send_own((1..40).map(good));
    let metrics = service.metrics_when("the long article is given up", |metrics| {
        metrics.sum("tonewire_records_dead_lettered_total", &[("error_code", "timeout")]) == 1.0
    });
    // That its time limit is above the poll interval makes sure that the analysis outlived that.
    run.happened(format!(
        "an analysis of more than {TIME_LIMIT_MS} ms, max.poll.interval.ms = {POLL_INTERVAL_MS}"
    ));
    let lost = metrics.sum("tonewire_kafka_rebalances_total", &[("kind", "lost")]);
    let revoked = metrics.sum("tonewire_kafka_rebalances_total", &[("kind", "revoke")]);
    assert_eq!(lost + revoked, 0.0, "the member left its group");
    run.conclude_without_load(vec![service]);
}

// ---- panics ----

const MARK: &str = "PANIC";

/// An analysis stage with a defect.
struct Defective;

impl Analyze for Defective {
    fn analyze(&self, article: &Article) -> Analysis {
        assert!(!article.body.contains(MARK), "asked to");
        Analysis {
            status: Status::Ok,
            words: 1,
            actors: Vec::new(),
            places: Vec::new(),
            quotes: Vec::new(),
            attitudes: Vec::new(),
        }
    }

    fn model(&self) -> &'static str {
        "defective"
    }
}

fn in_this_process(run: &Run, telemetry: &Arc<Telemetry>) -> ServiceHandle {
    let mut settings = Settings::default();
    settings.kafka.brokers = run.cluster.broker.bootstrap.clone();
    settings.kafka.group_id = run.workspace.group.clone();
    settings.kafka.input_topics = vec![run.workspace.input.clone()];
    settings.kafka.output_topic = run.workspace.output.clone();
    settings.kafka.dead_letter_topic = run.workspace.dead_letters.clone();
    settings.kafka.instance_name = "in-process".into();
    settings.kafka.delivery = ConfiguredDelivery::ExactlyOnce;
    settings.pipeline.workers = 2;
    let config = Config::from_settings(settings).expect("the settings are valid");
    Service::start(Arc::new(config), Arc::new(Defective), Arc::clone(telemetry), Arc::new(Health::new()))
        .expect("the service starts")
}

fn panics(run: &Run) {
    const RECORDS: usize = 60;
    let telemetry = Arc::new(Telemetry::new().expect("metric names are valid"));
    let service = in_this_process(run, &telemetry);
    run.input.send_own((0..RECORDS).map(|number| {
        if number % 5 != 2 {
            return good(number);
        }
        let id = format!("panics-{number:04}");
        let value = json!({ "id": id, "title": "t", "body": format!("{MARK} {number}") });
        in_one_partition(&id, Class::DeadLetter, Some(value.to_string().into_bytes()))
    }));
    run.conclude_without_load(Vec::new());
    let panicked = telemetry.records_dead_lettered.with_label_values(&["analysis", "panic"]).get();
    assert_eq!(panicked, u64::try_from(RECORDS / 5).expect("a small number"));
    run.happened(format!("{panicked} panics in 2 workers"));
    service.stop();
    let summary = service.wait().expect("it ends in good order");
    assert_eq!(summary.received, summary.enriched + summary.dead_lettered, "{summary:?}");
}

// ---- poison ----

/// Every kind, with what must become of it.
fn kinds(entities: usize) -> Vec<(&'static str, Class, Option<Vec<u8>>)> {
    use Class::{DeadLetter, EnrichedOrDeadLetter, Skipped};
    let article_with =
        |id: &str, body: &str| json!({ "id": id, "title": "t", "body": body }).to_string().into_bytes();
    let mut with_mark = vec![0xef, 0xbb, 0xbf];
    with_mark.extend(article_with("byte-order-mark", "Anna Lee spoke in Rome."));
    let names = (0..entities).map(|number| format!("Anna Lee{number}, ")).collect::<Vec<_>>().concat();
    vec![
        ("invalid-utf8", DeadLetter, Some(b"{\"id\": \"x\", \"body\": \"caf\xe9 \xff\"}".to_vec())),
        ("invalid-json", DeadLetter, Some(b"{\"id\": \"x\", \"body\": \"no end".to_vec())),
        ("empty", DeadLetter, Some(Vec::new())),
        ("tombstone", Skipped, None),
        ("10-megabytes", DeadLetter, Some(vec![0xff; 10_000_000])),
        ("1-million-deep", DeadLetter, Some(vec![b'['; 1_000_000])),
        ("deep-and-closed", DeadLetter, Some([vec![b'['; 500_000], vec![b']'; 500_000]].concat())),
        ("byte-order-mark", EnrichedOrDeadLetter, Some(with_mark)),
        ("only-nuls", DeadLetter, Some(vec![0; 5_000])),
        (
            "escaped-nuls",
            EnrichedOrDeadLetter,
            Some(article_with("escaped-nuls", &"Rome\0 said\0 no. ".repeat(50))),
        ),
        ("control-bytes", DeadLetter, Some(b"{\"id\": \"x\", \"body\": \"\x01\x02\x1b[31m\x7f".to_vec())),
        ("many-entities", EnrichedOrDeadLetter, Some(article_with("many-entities", &names))),
        ("a-number", DeadLetter, Some(b"{\"id\": 1e999, \"title\": 3, \"body\": []}".to_vec())),
        (
            "half-a-surrogate",
            EnrichedOrDeadLetter,
            Some(b"{\"id\": \"half-a-surrogate\", \"body\": \"Rome\\ud800 said no.\"}".to_vec()),
        ),
    ]
}

fn poison(run: &Run) {
    topics::configure(run.cluster.broker, &run.workspace.input, "max.message.bytes", "20000000");
    let kinds = kinds(run.profile.pick(10_000, 100_000));
    let count = kinds.len();
    let service = run.start(&run.configuration("one").set("pipeline.record_time_limit_ms", 30_000));
    run.input.send_own(
        kinds
            .into_iter()
            .enumerate()
            .flat_map(|(number, (kind, class, value))| [in_one_partition(kind, class, value), good(number)]),
    );
    run.conclude_without_load(vec![service]);
    let letters = run.workspace.dead_letters();
    let codes: BTreeSet<String> =
        letters.iter().map(|letter| letter.header("tonewire.dlq.error_code")).collect();
    assert!(codes.len() >= 3, "kinds of poison are told apart: {codes:?}");
    run.happened(format!("{count} kinds of poison, error codes {codes:?}"));
}

// ---- time ----

fn far_off_times(run: &Run) {
    const YEAR_2100: i64 = 4_102_444_800_000;
    let Workspace { broker, input, output, .. } = &run.workspace;
    // The input takes any time; the output, as by default, none that is more than an hour ahead.
    topics::configure(broker, input, "message.timestamp.after.max.ms", "9223372036854775807");
    let service = run.start(&run.configuration("one"));
    let times = [1, 946_684_800_000, YEAR_2100, 253_402_300_799_000];
    run.input.send_own((0..40).map(|number| {
        let (id, class, message) = good(number);
        let timestamp_ms = (number % 2 == 0).then(|| times[number / 2 % times.len()]);
        (id, class, Message { timestamp_ms, ..message })
    }));
    run.conclude_without_load(vec![service]);
    let ahead = |topic: &str| {
        let records = Reader::all(broker, topic, Isolation::ReadCommitted);
        records.iter().filter(|record| record.timestamp_ms.is_some_and(|time| time >= YEAR_2100)).count()
    };
    assert_eq!((ahead(input), ahead(output)), (10, 0), "records ahead in the input, and in the output");
    run.happened("10 records decades ahead, whose time the output topic refuses");
}
