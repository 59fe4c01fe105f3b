//! A cluster that a test has for itself: its nodes may be killed, frozen and started again with the same data.

use std::net::TcpStream;
use std::process::Child;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use tempfile::TempDir;

use super::broker::{KafkaBroker, NoBroker, run_script};
use super::service::Signal;
use super::wait::{PATIENCE, within};

/// Longest time for a node to start after a kill: it reads its log again.
const START_LIMIT: Duration = Duration::from_secs(120);
/// Partitions of the internal topics, from deploy/kafka-dev/server.properties.
const COORDINATOR_PARTITIONS: i32 = 4;
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Real brokers, each a process of its own. Their data is deleted with this value.
pub struct Cluster {
    /// Addresses of all nodes.
    pub broker: &'static KafkaBroker,
    nodes: Vec<Mutex<Node>>,
    folder: TempDir,
}

struct Node {
    /// From 1, as `node.id` says.
    number: i32,
    address: String,
    running: Option<Running>,
}

struct Running {
    /// Kills the node when its standard input ends: at the latest with this process, however that ends.
    script: Child,
    /// The node itself, which signals go to.
    process: u32,
}

impl Cluster {
    /// Starts that many nodes and waits until they answer.
    pub fn start(nodes: usize) -> Result<Self, NoBroker> {
        Self::start_with(nodes, "")
    }

    /// Like [`start`](Self::start), with these lines in the configuration of every node.
    pub fn start_with(nodes: usize, properties: &str) -> Result<Self, NoBroker> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("extra.properties"), properties).expect("a file can be written");
        let path = folder.path().to_str().expect("a path in Unicode").to_owned();
        let (mut script, bootstrap) = run_script(&["prepare", &path, &nodes.to_string()])?;
        script.wait().expect("kafka.sh can be waited for");
        let nodes = (1..)
            .zip(bootstrap.split(','))
            .map(|(number, address)| Mutex::new(Node { number, address: address.to_owned(), running: None }));
        let nodes = nodes.collect();
        // A few bytes for each cluster of a test binary are a fair price for tests that need no lifetimes.
        let broker = Box::leak(Box::new(KafkaBroker::at(bootstrap)));
        let cluster = Self { broker, nodes, folder };
        cluster.begin_all()?;
        cluster.wait_until_all_answer();
        Ok(cluster)
    }

    /// The numbers of its nodes.
    pub fn numbers(&self) -> impl Iterator<Item = i32> {
        (1..).take(self.nodes.len())
    }

    /// Kills a node as a power cut would, and waits for its end.
    pub fn kill(&self, number: i32) {
        self.node(number).end();
    }

    /// Starts a killed node with the data it has, and waits until it answers.
    pub fn restart(&self, number: i32) {
        self.begin(number).unwrap_or_else(|why| panic!("node {number} cannot be started: {why:?}"));
        self.wait_until_answers(number);
    }

    /// Starts killed nodes together: one of three alone has no quorum to start with.
    pub fn restart_all(&self) {
        self.begin_all().unwrap_or_else(|why| panic!("the nodes cannot be started: {why:?}"));
        self.wait_until_all_answer();
    }

    /// Stops a node in its tracks: connections stay open and nothing answers.
    pub fn freeze(&self, number: i32) {
        Signal::Stop.send(self.node(number).process());
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, number: i32) {
        Signal::Continue.send(self.node(number).process());
    }

    /// Makes it whole again, whatever was done to it.
    pub fn mend(&self) {
        for number in self.numbers() {
            if let Some(running) = &self.node(number).running {
                Signal::Continue.send(running.process);
            }
        }
        self.restart_all();
    }

    /// Whether a node takes connections.
    pub fn is_reachable(&self, number: i32) -> bool {
        TcpStream::connect(&self.node(number).address).is_ok()
    }

    /// The nodes that lead the partitions of a topic; -1 for a partition without a leader.
    pub fn leaders(&self, topic: &str) -> Vec<i32> {
        self.partitions(topic).into_iter().map(|partition| partition.leader).collect()
    }

    /// The node that leads most partitions of a topic.
    pub fn busiest_leader(&self, topic: &str) -> i32 {
        let leaders = self.leaders(topic);
        let led = |node: &i32| leaders.iter().filter(|leader| *leader == node).count();
        self.numbers().max_by_key(led).expect("a cluster has nodes")
    }

    /// The node that keeps the offsets of a group.
    pub fn group_coordinator(&self, group: &str) -> i32 {
        self.coordinator("__consumer_offsets", group)
    }

    /// The node that keeps the transactions of a transactional id.
    pub fn transaction_coordinator(&self, id: &str) -> i32 {
        self.coordinator("__transaction_state", id)
    }

    /// Waits until every copy of a topic is in step, so that another node may go.
    pub fn wait_until_in_step(&self, topic: &str) {
        within(START_LIMIT, "all copies are in step", || {
            let whole =
                |partition: &PartitionState| partition.leader > 0 && partition.in_step == partition.copies;
            self.partitions(topic).iter().all(whole).then_some(())
        });
    }

    /// Ends all nodes.
    pub fn stop(&self) {
        for number in self.numbers() {
            self.kill(number);
        }
    }

    fn coordinator(&self, topic: &str, name: &str) -> i32 {
        let partition = usize::try_from((java_hash(name) & i32::MAX) % COORDINATOR_PARTITIONS);
        within(PATIENCE, "the coordinator is known", || {
            let leader = *self.leaders(topic).get(*partition.as_ref().ok()?)?;
            (leader > 0).then_some(leader)
        })
    }

    fn partitions(&self, topic: &str) -> Vec<PartitionState> {
        let client: BaseConsumer = self.broker.client().create().expect("a client can be made");
        within(PATIENCE, "the brokers describe the topic", || {
            let metadata = client.fetch_metadata(Some(topic), ANSWER_LIMIT).ok()?;
            let found = metadata.topics().first()?;
            let state = |partition: &rdkafka::metadata::MetadataPartition| PartitionState {
                leader: partition.leader(),
                in_step: partition.isr().len(),
                copies: partition.replicas().len(),
            };
            let mut sorted: Vec<_> = found.partitions().iter().collect();
            sorted.sort_by_key(|partition| partition.id());
            Some(sorted.into_iter().map(state).collect::<Vec<_>>()).filter(|states| !states.is_empty())
        })
    }

    fn begin_all(&self) -> Result<(), NoBroker> {
        self.numbers().try_for_each(|number| self.begin(number))
    }

    fn begin(&self, number: i32) -> Result<(), NoBroker> {
        let mut node = self.node(number);
        if node.running.is_none() {
            let path = self.folder.path().to_str().expect("a path in Unicode");
            let (script, process) = run_script(&["node", path, &number.to_string()])?;
            let process = process.parse().expect("kafka.sh prints a process id");
            node.running = Some(Running { script, process });
        }
        Ok(())
    }

    fn wait_until_all_answer(&self) {
        for number in self.numbers() {
            self.wait_until_answers(number);
        }
    }

    fn wait_until_answers(&self, number: i32) {
        let address = self.node(number).address.clone();
        let client: BaseConsumer = rdkafka::ClientConfig::new()
            .set("bootstrap.servers", &address)
            .create()
            .expect("a client can be made");
        within(START_LIMIT, &format!("node {number} answers\n{}", self.log(number)), || {
            // A node that has just come back tells of no brokers before the controller lets it in.
            let metadata = client.fetch_metadata(None, ANSWER_LIMIT).ok()?;
            metadata.brokers().iter().any(|broker| broker.id() == number).then_some(())
        });
    }

    fn log(&self, number: i32) -> String {
        let file = self.folder.path().join(number.to_string()).join("node.log");
        std::fs::read_to_string(file).unwrap_or_default()
    }

    fn node(&self, number: i32) -> std::sync::MutexGuard<'_, Node> {
        let index = usize::try_from(number - 1).expect("nodes are numbered from 1");
        let node = self.nodes[index].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert_eq!(node.number, number);
        node
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Node {
    fn process(&self) -> u32 {
        self.running.as_ref().expect("the node runs").process
    }

    fn end(&mut self) {
        let Some(Running { mut script, .. }) = self.running.take() else { return };
        drop(script.stdin.take());
        script.wait().expect("kafka.sh can be waited for");
    }
}

struct PartitionState {
    leader: i32,
    in_step: usize,
    copies: usize,
}

/// Java's `String.hashCode`, by which Kafka finds the coordinator of a name.
fn java_hash(name: &str) -> i32 {
    name.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}
