//! The threads that execute long reads, so that those of requests are free.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use clap::{Args, value_parser};

use crate::api::{ReadHost, ReadTask, Service};

/// How much lower than that of other threads the priority of reads is, as `nice` counts it: beside a busy
/// thread they get a tenth of a processor.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The time from one count of the attempts to the next.
const COUNTING_PERIOD: Duration = Duration::from_millis(100);

/// The limits of long reads.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct ReadLimits {
    /// Maximum number of long reads that run or wait; further ones get 503. A user has a quarter, and the last sixteenth
    /// is for operators. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 64)]
    reads: u64,
    /// Number of threads for long reads. 1 to 256 [default: half of the processors]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=256))]
    read_threads: Option<u64>,
}

/// The tasks that wait. Users take turns, so one who reads little waits for one task of each other user at most.
/// Their number is bounded by that of the reads, because each read has one task at a time.
#[derive(Default)]
struct Waiting {
    /// The users with tasks, the next one first.
    turns: VecDeque<Box<str>>,
    by_user: HashMap<Box<str>, VecDeque<ReadTask>>,
    /// Whether no further tasks come.
    has_ended: bool,
}

impl Waiting {
    fn add(&mut self, user: &str, task: ReadTask) {
        if let Some(tasks) = self.by_user.get_mut(user) {
            tasks.push_back(task);
            return;
        }
        self.turns.push_back(user.into());
        self.by_user.insert(user.into(), VecDeque::from([task]));
    }

    fn next(&mut self) -> Option<ReadTask> {
        let user = self.turns.pop_front()?;
        let tasks = self.by_user.get_mut(&user)?;
        let task = tasks.pop_front();
        if tasks.is_empty() {
            self.by_user.remove(&user);
        } else {
            self.turns.push_back(user);
        }
        task
    }
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next task; `None` is the end.
    fn next(&self) -> Option<ReadTask> {
        let mut waiting = self.lock();
        loop {
            if let Some(task) = waiting.next() {
                return Some(task);
            }
            if waiting.has_ended {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Threads that execute the tasks of users in turn. They end when this is dropped.
pub(super) struct ReadPool {
    reads_max: usize,
    queue: Arc<Queue>,
}

impl Drop for ReadPool {
    fn drop(&mut self) {
        self.queue.lock().has_ended = true;
        self.queue.changed.notify_all();
    }
}

impl ReadPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system's error when a thread cannot be started.
    pub(super) fn start(limits: ReadLimits) -> io::Result<Self> {
        let queue = Arc::<Queue>::default();
        // Not all processors, so that long reads leave some for payments.
        let half = thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2));
        for _ in 0..limits.read_threads.map_or(half, |threads| threads as usize) {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name("read".to_owned()).spawn(move || work(&queue))?;
        }
        Ok(Self { reads_max: limits.reads as usize, queue })
    }
}

/// Lowers the priority of this thread, so that long reads leave the processors to payments.
fn lower_priority() {
    // Elsewhere it is that of the process. Without permission it stays as it is.
    #[cfg(target_os = "linux")]
    if rustix::process::getpriority_process(None).is_ok_and(|own| own < NICENESS) {
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

fn work(queue: &Queue) {
    lower_priority();
    while let Some(task) = queue.next() {
        // A panic was logged where it happened, and its request gets 500.
        let _ = catch_unwind(AssertUnwindSafe(task));
    }
}

/// Starts a thread that counts the attempts in the trail, so that no request for metrics has to. It ends with the service.
///
/// # Errors
/// The system's error when the thread cannot be started.
pub(super) fn count_attempts(service: &Arc<Service>) -> io::Result<()> {
    let service = Arc::downgrade(service);
    let count = move || {
        while let Some(service) = service.upgrade() {
            service.count_attempts();
            drop(service);
            thread::sleep(COUNTING_PERIOD);
        }
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(count).map(drop)
}

impl ReadHost for ReadPool {
    fn reads_max(&self) -> usize {
        self.reads_max
    }

    fn execute(&self, user: &str, task: ReadTask) {
        self.queue.lock().add(user, task);
        self.queue.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn reads_have_a_lower_priority() {
        let priority = || rustix::process::getpriority_process(None).expect("it can be read");
        let own = priority();
        let pool = ReadPool::start(ReadLimits { reads: 1, read_threads: Some(1) });
        let (done, ended) = mpsc::channel();
        let task = move || done.send(priority()).expect("it is awaited");
        pool.expect("a thread starts").execute("a", Box::new(task));
        assert_eq!(ended.recv(), Ok(own.max(NICENESS)));
        assert_eq!(priority(), own, "other threads keep theirs");
    }

    #[test]
    fn users_take_turns() {
        // In the order of their arrival, 16 reads of one user delayed every read of the others by 16 times as long.
        let (done, ended) = mpsc::channel();
        let mut waiting = Waiting::default();
        for (user, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5), ("c", 6)] {
            let done = done.clone();
            waiting.add(user, Box::new(move || done.send(number).expect("it is awaited")));
        }
        while let Some(task) = waiting.next() {
            task();
        }
        drop(done);
        assert_eq!(ended.iter().collect::<Vec<_>>(), [1, 4, 6, 2, 5, 3]);
        assert!(waiting.by_user.is_empty() && waiting.turns.is_empty());
    }

    #[test]
    fn task_that_panics_ends_no_thread() {
        let pool = ReadPool::start(ReadLimits { reads: 1, read_threads: Some(1) });
        let pool = pool.expect("a thread starts");
        let (done, ended) = mpsc::channel();
        pool.execute("a", Box::new(|| panic!("on purpose")));
        pool.execute(
            "a",
            Box::new(move || {
                done.send(thread::current().name().map(str::to_owned)).expect("it is awaited")
            }),
        );
        assert_eq!(ended.recv().expect("it is executed").as_deref(), Some("read"));
    }
}
