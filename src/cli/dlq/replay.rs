//! `dlq replay`: originals of dead letters back to their topics, each once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use rdkafka::message::{Header, OwnedHeaders};

use crate::kafka::{
    OutgoingRecord, OutputProducer, PartitionId, SendError, SourceOffset, Tokens, TopicReader,
    producer_config, without_values,
};

use super::super::failure::{Failure, report};
use super::super::progress::{Progress, ProgressArguments, Total};
use super::letter::Letter;
use super::memory::Memory;
use super::selection::Selection;
use super::source::{Source, SourceArguments};

/// Letters are sent, waited for and remembered in batches of so many: the most that a crash can send twice.
const BATCH_LETTERS: usize = 200;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// What a delivery may take beyond the client's own limit before the command gives up.
const GRACE: Duration = Duration::from_secs(10);
/// Letters that cannot be sent are told one by one up to this number.
const TOLD: u64 = 20;

/// Send the originals of dead letters back to where they came from, each once.
///
/// Key, value and original headers go out byte for byte, with the time of the original and one more header,
/// tonewire.dlq.replayed, that counts how often. A record that fails again becomes a new dead letter, which carries
/// that count. The consumer group --group remembers what has been sent, so that the next replay sends the rest; after a
/// crash no more than the last batch (200 letters) is sent again. A letter whose value was left out as too large cannot
/// be sent; it is told and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire dlq replay --config tonewire.toml --dry-run
  tonewire dlq replay --config tonewire.toml --reason timeout
  tonewire dlq replay --config tonewire.toml --from 24h --to-topic articles.retry --yes

Exit codes: 0 all that was chosen is sent, 1 some could not be sent, 2 usage or configuration.")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    selection: Selection,
    /// Send to this topic instead of the one where the original stood.
    #[arg(long, value_name = "TOPIC")]
    to_topic: Option<String>,
    /// Consumer group that remembers what has been sent. Default: `kafka.group_id` with "-dlq-replay".
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    progress: ProgressArguments,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let source = Source::new(&arguments.source)?;
    let group = match &arguments.group {
        Some(group) if *group == source.config.kafka.group_id => {
            return Err(Failure::Usage(format!(
                "--group {group:?} is the service's own group (kafka.group_id); name another, or leave it out"
            )));
        }
        Some(group) => group.clone(),
        None => format!("{}-dlq-replay", source.config.kafka.group_id),
    };
    let reader = source.open(&group)?;
    let memories = memories(&reader)?;
    let plan = Plan::make(arguments, &reader, &memories)?;
    plan.tell(&group);
    if plan.letters == 0 {
        return plan.conclude();
    }
    plan.check_targets(&source)?;
    if arguments.dry_run {
        return plan.conclude();
    }
    confirm(arguments, plan.letters)?;
    let mut sender = Sender::new(arguments, &source, &reader, memories, plan.letters)?;
    let result = sender.send_all();
    sender.tell(&format!("replayed: {}; not delivered: {}", sender.sent, sender.failed));
    result?;
    if sender.failed > 0 { Err(Failure::SomeInput) } else { plan.conclude() }
}

/// What the group remembers of each partition.
fn memories(reader: &TopicReader) -> Result<BTreeMap<i32, Memory>, Failure> {
    let stored = reader.remembered()?;
    let memory = |(&partition, &(first, end)): (&i32, &(i64, i64))| {
        let memory = match stored.get(&partition) {
            // The topic was made anew since.
            Some((offset, _)) if *offset > end => Memory::from_start(first),
            Some((offset, text)) => Memory::parse(*offset, text),
            None => Memory::from_start(first),
        };
        (partition, memory)
    };
    Ok(reader.ranges().iter().map(memory).collect())
}

/// Why a letter cannot be sent.
fn obstacle(arguments: &Arguments, letter: &Letter) -> Option<String> {
    if let Some(length) = letter.about.value_left_out {
        return Some(format!(
            "its value ({length} bytes) was too large for the dead-letter topic and was left out; the original may still stand at {}",
            letter.source()
        ));
    }
    if letter.record.headers.is_none() {
        return Some("the name of a header is not UTF-8, and the client cannot send it unchanged".to_owned());
    }
    if letter.about.source.is_none() && arguments.to_topic.is_none() {
        return Some("no header says where the original stood; name a topic with --to-topic".to_owned());
    }
    None
}

fn target<'a>(arguments: &'a Arguments, letter: &'a Letter) -> Option<&'a str> {
    let source = letter.about.source.as_ref().map(|(topic, _, _)| topic.as_str());
    arguments.to_topic.as_deref().or(source)
}

/// Goes through the letters that are chosen and not replayed yet, and those that are neither. `visit` gets false for
/// the latter.
fn walk(
    arguments: &Arguments,
    reader: &TopicReader,
    memories: &BTreeMap<i32, Memory>,
    mut visit: impl FnMut(Letter, bool) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let starts = memories.iter().map(|(&partition, memory)| (partition, memory.next)).collect();
    let mut chosen = 0;
    reader.read(arguments.selection.partition, &starts, |record| {
        let done = memories.get(&record.partition).is_some_and(|memory| memory.contains(record.offset));
        if done {
            return Ok(true);
        }
        let letter = Letter::from(record);
        let takes = arguments.selection.takes(&letter);
        chosen += u64::from(takes);
        visit(letter, takes)?;
        Ok(arguments.selection.limit.is_none_or(|limit| chosen < limit))
    })
}

/// What a replay would do.
#[derive(Debug, Default)]
struct Plan {
    letters: u64,
    bytes: u64,
    by_target: BTreeMap<String, u64>,
    impossible: u64,
}

impl Plan {
    fn make(
        arguments: &Arguments,
        reader: &TopicReader,
        memories: &BTreeMap<i32, Memory>,
    ) -> Result<Self, Failure> {
        let mut plan = Self::default();
        walk(arguments, reader, memories, |letter, chosen| {
            if chosen {
                plan.add(arguments, &letter);
            }
            Ok(())
        })?;
        Ok(plan)
    }

    fn add(&mut self, arguments: &Arguments, letter: &Letter) {
        if let Some(why) = obstacle(arguments, letter) {
            self.impossible += 1;
            let place = format!("{}/{}", letter.record.partition, letter.record.offset);
            match self.impossible {
                count if count <= TOLD => report(&format!("dead letter {place} cannot be replayed: {why}")),
                count if count == TOLD + 1 => report("more that cannot be replayed are only counted"),
                _ => {}
            }
            return;
        }
        self.letters += 1;
        self.bytes += letter.size();
        *self.by_target.entry(target(arguments, letter).unwrap_or_default().to_owned()).or_default() += 1;
    }

    fn tell(&self, group: &str) {
        report(&format!(
            "dead letters to replay: {} ({} bytes); that cannot be replayed: {}; group {group}",
            self.letters, self.bytes, self.impossible
        ));
        for (topic, letters) in &self.by_target {
            report(&format!("  to {topic}: {letters}"));
        }
    }

    fn check_targets(&self, source: &Source) -> Result<(), Failure> {
        for topic in self.by_target.keys() {
            if *topic == source.topic {
                return Err(Failure::Usage(format!(
                    "{topic:?} is the dead-letter topic itself; name another with --to-topic"
                )));
            }
            if source.partitions(topic)? == 0 {
                return Err(Failure::Failed(format!(
                    "the topic {topic:?} does not exist; create it, or name another with --to-topic; nothing was sent"
                )));
            }
        }
        Ok(())
    }

    fn conclude(&self) -> Result<(), Failure> {
        if self.impossible > 0 { Err(Failure::SomeInput) } else { Ok(()) }
    }
}

fn confirm(arguments: &Arguments, letters: u64) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Usage(
            "replay asks before it sends, and there is no terminal to ask on; add --yes to send, or --dry-run to look"
                .to_owned(),
        ));
    }
    write!(io::stderr(), "Send {letters} records? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was sent".to_owned()))
    }
}

/// A letter on its way, and from where on none before it is left over.
struct Waiting {
    partition: i32,
    offset: i64,
    since: i64,
    record: OutgoingRecord,
}

struct Sender<'a> {
    arguments: &'a Arguments,
    reader: &'a TopicReader,
    producer: OutputProducer,
    patience: Duration,
    topic: Arc<str>,
    /// As of the start, for the walk.
    before: BTreeMap<i32, Memory>,
    memories: BTreeMap<i32, Memory>,
    /// By partition, the offset after the last letter that stays.
    since: BTreeMap<i32, i64>,
    progress: Progress,
    sent: u64,
    failed: u64,
}

impl<'a> Sender<'a> {
    fn new(
        arguments: &'a Arguments,
        source: &Source,
        reader: &'a TopicReader,
        memories: BTreeMap<i32, Memory>,
        total: u64,
    ) -> Result<Self, Failure> {
        let kafka = &source.config.kafka;
        // Idempotent, acks=all and the partitioner of Java clients are those of the service. Its transactional id
        // would lock the service out.
        let mut config = producer_config(&source.config);
        config.remove("transactional.id");
        config.remove("transaction.timeout.ms");
        config.set("statistics.interval.ms", "0");
        let producer = OutputProducer::create(&config, Tokens::from(kafka.oauth_token.as_ref()))
            .map_err(|error| Failure::from_error(&without_values(error)))?;
        Ok(Self {
            arguments,
            reader,
            producer,
            patience: kafka.transaction.timeout + GRACE,
            topic: Arc::from(source.topic.as_str()),
            since: memories.iter().map(|(&partition, memory)| (partition, memory.next)).collect(),
            before: memories.clone(),
            memories,
            progress: Progress::new(arguments.progress, "letters replayed", Total::Items(total)),
            sent: 0,
            failed: 0,
        })
    }

    fn send_all(&mut self) -> Result<(), Failure> {
        let (arguments, reader) = (self.arguments, self.reader);
        let before = self.before.clone();
        let mut batch: Vec<Waiting> = Vec::new();
        let mut bytes = 0;
        walk(arguments, reader, &before, |letter, chosen| {
            let (partition, offset) = (letter.record.partition, letter.record.offset);
            if !chosen || obstacle(arguments, &letter).is_some() {
                self.since.insert(partition, offset + 1);
                return Ok(());
            }
            let record = original(arguments, letter);
            bytes += record.size();
            let since = self.since.get(&partition).copied().unwrap_or(offset);
            batch.push(Waiting { partition, offset, since, record });
            if batch.len() >= BATCH_LETTERS || bytes >= BATCH_BYTES {
                bytes = 0;
                self.send_batch(&std::mem::take(&mut batch))?;
            }
            Ok(())
        })?;
        self.send_batch(&batch)
    }

    /// Sends, waits for the brokers and remembers what they took.
    fn send_batch(&mut self, batch: &[Waiting]) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        self.check_memory(batch)?;
        let mut failed = HashSet::new();
        for waiting in batch {
            if let Err(error) = self.hand_over(waiting) {
                self.tell(&format!("dead letter {}/{} not sent: {error}", waiting.partition, waiting.offset));
                failed.insert((waiting.partition, waiting.offset));
            }
        }
        self.wait_for_deliveries()?;
        for delivery in self.producer.take_failed() {
            let place = (delivery.source.partition.partition, delivery.source.offset);
            self.tell(&format!(
                "dead letter {}/{} not delivered to {}: {}",
                place.0, place.1, delivery.topic, delivery.error
            ));
            failed.insert(place);
        }
        self.remember(batch, &failed)
    }

    fn tell(&self, message: &str) {
        self.progress.aside(|| report(message));
    }

    /// Nothing is sent that could not be remembered.
    fn check_memory(&self, batch: &[Waiting]) -> Result<(), Failure> {
        let mut after = self.memories.clone();
        for waiting in batch {
            if let Some(memory) = after.get_mut(&waiting.partition) {
                memory.add(waiting.since, waiting.offset);
            }
        }
        match after.iter().find(|(_, memory)| memory.text().is_none()) {
            None => Ok(()),
            Some((partition, _)) => Err(Failure::Failed(format!(
                "partition {partition}: the group cannot store which letters between others have been replayed, there are too many gaps (4 KB); replay the letters that the filters leave out first, or use another --group for each --reason"
            ))),
        }
    }

    fn hand_over(&self, waiting: &Waiting) -> Result<(), SendError> {
        let partition = PartitionId { topic: Arc::clone(&self.topic), partition: waiting.partition };
        let place = Arc::new(SourceOffset { partition, offset: waiting.offset });
        let deadline = Instant::now() + self.patience;
        loop {
            match self.producer.send(&waiting.record, waiting.record.timestamp_ms, &place) {
                Err(SendError::QueueFull) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                result => return result,
            }
        }
    }

    fn wait_for_deliveries(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + self.patience;
        while self.producer.outstanding() > 0 {
            if Instant::now() > deadline {
                return Err(Failure::Failed(format!(
                    "no answer about {} records within {} s; they may have been sent and are not remembered: look into the topic before the next replay",
                    self.producer.outstanding(),
                    self.patience.as_secs()
                )));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn remember(&mut self, batch: &[Waiting], failed: &HashSet<(i32, i64)>) -> Result<(), Failure> {
        let mut touched = BTreeSet::new();
        // A letter that failed stays, so that none of the batch behind it may reach over it.
        let mut stayed: BTreeMap<i32, i64> = BTreeMap::new();
        for &Waiting { partition, offset, since, .. } in batch {
            if failed.contains(&(partition, offset)) {
                self.failed += 1;
                stayed.insert(partition, offset + 1);
                self.since.entry(partition).and_modify(|since| *since = (*since).max(offset + 1));
                continue;
            }
            self.sent += 1;
            let since = since.max(stayed.get(&partition).copied().unwrap_or(since));
            if let Some(memory) = self.memories.get_mut(&partition) {
                memory.add(since, offset);
                touched.insert(partition);
            }
        }
        let places: Vec<_> = touched
            .into_iter()
            .filter_map(|partition| {
                let memory = self.memories.get(&partition)?;
                Some((partition, memory.next, memory.text()?))
            })
            .collect();
        if !places.is_empty() {
            self.reader.remember(&places)?;
        }
        self.progress.at(self.sent + self.failed);
        Ok(())
    }
}

/// The original record, and how often it is replayed with this.
fn original(arguments: &Arguments, letter: Letter) -> OutgoingRecord {
    let headers =
        letter.about.for_replay().iter().fold(OwnedHeaders::new(), |all, (key, value)| {
            all.insert(Header { key, value: value.as_deref() })
        });
    let topic = Arc::from(target(arguments, &letter).unwrap_or_default());
    OutgoingRecord {
        topic,
        key: letter.record.key,
        value: letter.record.value,
        headers,
        timestamp_ms: letter.record.timestamp_ms,
    }
}
