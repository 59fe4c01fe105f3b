//! Two scrapes of one instance, some seconds apart.

use std::fmt::Write;

use crate::telemetry::exposition::Exposition;

use super::reading::Reading;

pub(super) fn reading(text: &str) -> Reading {
    Reading::of(&Exposition::parse(text).unwrap()).expect("a scrape of tonewire")
}

pub(super) fn scrape() -> String {
    let mut text = String::from(
        r#"# TYPE tonewire_build_info gauge
tonewire_build_info{librdkafka="2.12.1",model="tonewire-en/1",version="0.1.0"} 1
tonewire_start_time_seconds 1790000000
tonewire_ready 1
tonewire_ready_condition{condition="brokers"} 1
tonewire_ready_condition{condition="assigned"} 1
tonewire_records_received_total{topic="articles.raw"} 320
tonewire_received_bytes_total{topic="articles.raw"} 1600000
tonewire_records_enriched_total 300
tonewire_records_dead_lettered_total{stage="decode",error_code="invalid_json"} 7
tonewire_records_dead_lettered_total{stage="analysis",error_code="timeout"} 1
tonewire_records_skipped_total{reason="tombstone"} 2
tonewire_records_in_flight 10
tonewire_kafka_consumer_lag_records{topic="articles.raw",partition="0"} 12
tonewire_kafka_consumer_lag_records{topic="articles.raw",partition="1"} 3400
tonewire_kafka_consumer_lag_records{topic="articles.raw",partition="10"} 0
tonewire_kafka_consumer_lag_seconds{topic="articles.raw"} 4.2
tonewire_kafka_assigned_partitions{topic="articles.raw"} 3
tonewire_kafka_last_commit_timestamp_seconds 1790000090
process_resident_memory_bytes 180000000
process_cpu_seconds_total 50
"#,
    );
    histogram(&mut text, "tonewire_end_to_end_latency_seconds", "", [280, 300, 300]);
    histogram(&mut text, "tonewire_stage_duration_seconds", "stage=\"analysis\",", [290, 300, 300]);
    text
}

/// Five seconds later in the life of the same process.
pub(super) fn later() -> String {
    let counts: Vec<String> =
        scrape().lines().filter(|line| !line.contains("_bucket")).map(|line| format!("{line}\n")).collect();
    let mut text = counts.concat();
    for (early, late) in [
        ("received_total{topic=\"articles.raw\"} 320", "received_total{topic=\"articles.raw\"} 430"),
        ("bytes_total{topic=\"articles.raw\"} 1600000", "bytes_total{topic=\"articles.raw\"} 2150000"),
        ("enriched_total 300", "enriched_total 400"),
        ("error_code=\"timeout\"} 1", "error_code=\"timeout\"} 3"),
        ("partition=\"1\"} 3400", "partition=\"1\"} 3310"),
        ("timestamp_seconds 1790000090", "timestamp_seconds 1790000095"),
        ("cpu_seconds_total 50", "cpu_seconds_total 57.5"),
    ] {
        assert!(text.contains(early), "{early}");
        text = text.replace(early, late);
    }
    histogram(&mut text, "tonewire_end_to_end_latency_seconds", "", [290, 398, 400]);
    histogram(&mut text, "tonewire_stage_duration_seconds", "stage=\"analysis\",", [380, 400, 400]);
    text
}

/// An instance that has no partition, and one whose brokers are away.
pub(super) fn not_ready() -> String {
    "tonewire_build_info{librdkafka=\"2.12.1\",model=\"tonewire-en/1\",version=\"0.1.0\"} 1\n\
     tonewire_start_time_seconds 1790000080\ntonewire_ready 0\ntonewire_ready_condition{condition=\"brokers\"} 0\n\
     tonewire_ready_condition{condition=\"assigned\"} 0\ntonewire_kafka_last_commit_timestamp_seconds 0\n"
        .to_owned()
}

fn histogram(text: &mut String, name: &str, labels: &str, counts: [u32; 3]) {
    for (bound, count) in ["0.1", "1", "+Inf"].iter().zip(counts) {
        writeln!(text, "{name}_bucket{{{labels}le=\"{bound}\"}} {count}").unwrap();
    }
}
