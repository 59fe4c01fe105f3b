//! The threads that read articles. They know nothing of Kafka: a job comes in, an outcome goes out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::kafka::IncomingRecord;

use super::copies::Turn;
use super::outcome::Outcome;
use super::process::Processor;

/// One stay of a partition with this member, from assignment (or rewind) to the next change. Results of an
/// ended stay are worth nothing: the records are read again, here or elsewhere (vector PR #17497).
#[derive(Clone, Debug, Default)]
pub(super) struct Stay(Arc<AtomicBool>);

impl Stay {
    /// Ends the stay; its jobs that have not begun are not done any more.
    pub(super) fn end(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A record to be read.
pub(super) struct Job {
    pub(super) record: Arc<IncomingRecord>,
    pub(super) stay: Stay,
    /// To find copies of earlier articles; `None` where nobody looks for them.
    pub(super) turn: Option<Turn>,
}

/// A job that is done.
pub(super) struct Finished {
    pub(super) job: Job,
    pub(super) outcome: Outcome,
}

/// What a worker is busy with.
type Busy = Arc<Mutex<Option<Task>>>;

struct Task {
    record: Arc<IncomingRecord>,
    stay: Stay,
    since: Instant,
    /// Set once the job has been given up for its time, so that it is given up once.
    given_up: bool,
}

struct Worker {
    busy: Busy,
    /// Set when the worker has been given up: it ends after its current job, should that ever end.
    dismissed: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// A bounded pool of workers.
pub(super) struct WorkerPool {
    processor: Arc<Processor>,
    jobs: Sender<Job>,
    queue: Receiver<Job>,
    results: Sender<Finished>,
    finished: Receiver<Finished>,
    workers: Vec<Worker>,
    /// Threads of jobs that were given up and have not ended yet.
    astray: Vec<Worker>,
    busy_seconds: prometheus::Counter,
    started: usize,
}

impl WorkerPool {
    /// Starts `workers` threads with room for `capacity` jobs. The caller never has more jobs than that
    /// in work, so handing one over never blocks the Kafka thread.
    pub(super) fn start(
        processor: Arc<Processor>,
        workers: usize,
        capacity: usize,
        busy_seconds: prometheus::Counter,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = bounded(capacity);
        // As many results as jobs at most, so unbounded is bounded by the jobs.
        let (results, finished) = unbounded();
        let mut pool = Self {
            processor,
            jobs,
            queue,
            results,
            finished,
            workers: Vec::new(),
            astray: Vec::new(),
            busy_seconds,
            started: 0,
        };
        for _ in 0..workers {
            let worker = pool.spawn()?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    fn spawn(&mut self) -> std::io::Result<Worker> {
        self.started += 1;
        let busy = Busy::default();
        let dismissed = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name(format!("worker-{}", self.started)).spawn({
            let (processor, queue, results) =
                (Arc::clone(&self.processor), self.queue.clone(), self.results.clone());
            let (busy, dismissed, busy_seconds) =
                (Arc::clone(&busy), Arc::clone(&dismissed), self.busy_seconds.clone());
            move || work(&processor, &queue, &results, &busy, &dismissed, &busy_seconds)
        })?;
        Ok(Worker { busy, dismissed, thread })
    }

    /// Hands over a job. Gives it back if the queue is full, which the caller's limits rule out.
    pub(super) fn submit(&self, job: Job) -> Result<(), Job> {
        self.jobs.try_send(job).map_err(crossbeam_channel::TrySendError::into_inner)
    }

    /// A finished job, waiting at most `timeout` for one.
    pub(super) fn next_finished(&self, timeout: Duration) -> Option<Finished> {
        if timeout.is_zero() {
            self.finished.try_recv().ok()
        } else {
            self.finished.recv_timeout(timeout).ok()
        }
    }

    /// Jobs that no worker has begun.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Takes the jobs of ended stays out of the queue. Without this, records that are read again after a rewind
    /// would find the queue full of their own earlier selves, and both would be held in memory.
    pub(super) fn forget_ended(&self) {
        let waiting: Vec<Job> = self.queue.try_iter().collect();
        for job in waiting.into_iter().filter(|job| !job.stay.is_over()) {
            // There is room: it was taken out a moment ago, and nobody else puts jobs in.
            let _ = self.jobs.try_send(job);
        }
    }

    /// Gives up every job that has taken longer than `limit`, and returns those jobs. Another thread takes the
    /// place of each: one cannot be stopped from outside, it ends when its job ends. No more than as many threads
    /// as there are workers may be astray at a time; beyond that a place stays empty until its thread comes
    /// back, or a row of long articles would start threads without end.
    pub(super) fn give_up_overdue(&mut self, limit: Duration) -> Vec<Job> {
        self.astray.retain(|worker| !worker.thread.is_finished());
        let mut overdue = Vec::new();
        for index in 0..self.workers.len() {
            let worker = &self.workers[index];
            let job = match lock(&worker.busy).as_mut() {
                // A thread ends with its task unfinished only if a panic got past the stage's own guard.
                Some(task) if task.since.elapsed() > limit || worker.thread.is_finished() => {
                    let (record, stay) = (Arc::clone(&task.record), task.stay.clone());
                    let job = Job { record, stay, turn: None };
                    (!std::mem::replace(&mut task.given_up, true)).then_some(job)
                }
                _ => continue,
            };
            overdue.extend(job);
            if self.astray.len() < self.workers.len()
                && let Ok(successor) = self.spawn()
            {
                let given_up = std::mem::replace(&mut self.workers[index], successor);
                given_up.dismissed.store(true, Ordering::Release);
                self.astray.push(given_up);
            }
        }
        overdue
    }

    /// Ends the workers after their current jobs, and waits at most `timeout` for them.
    pub(super) fn stop(self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        for worker in &self.workers {
            worker.dismissed.store(true, Ordering::Release);
        }
        drop(self.jobs);
        for worker in self.workers {
            while !worker.thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

fn work(
    processor: &Processor,
    queue: &Receiver<Job>,
    results: &Sender<Finished>,
    busy: &Busy,
    dismissed: &AtomicBool,
    busy_seconds: &prometheus::Counter,
) {
    while let Ok(mut job) = queue.recv() {
        if dismissed.load(Ordering::Acquire) {
            return;
        }
        if job.stay.is_over() {
            continue;
        }
        let started = Instant::now();
        let (record, stay) = (Arc::clone(&job.record), job.stay.clone());
        *lock(busy) = Some(Task { record, stay, since: started, given_up: false });
        let outcome = processor.process_in_turn(&job.record, job.turn.take());
        *lock(busy) = None;
        busy_seconds.inc_by(started.elapsed().as_secs_f64());
        if dismissed.load(Ordering::Acquire) || results.send(Finished { job, outcome }).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
