//! The threads that execute long reads, so that those of requests are free.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Maximum number of long reads that run or wait; further ones get 503. A user has a quarter. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 64)]
    reads: u64,
    /// Number of threads for long reads. 1 to 256 [default: half of the processors]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=256))]
    read_threads: Option<u64>,
}

/// Threads that execute tasks in the order of their arrival. They end when this is dropped.
pub(super) struct ReadPool {
    reads_max: usize,
    /// The length of the queue is bounded by `reads_max`, because each read has one task at a time.
    tasks: Mutex<Sender<ReadTask>>,
}

impl ReadPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system's error when a thread cannot be started.
    pub(super) fn start(limits: ReadLimits) -> io::Result<Self> {
        let (tasks, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        // Not all processors, so that long reads leave some for payments.
        let half = thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2));
        for _ in 0..limits.read_threads.map_or(half, |threads| threads as usize) {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name("read".to_owned()).spawn(move || work(&queue))?;
        }
        Ok(Self { reads_max: limits.reads as usize, tasks: Mutex::new(tasks) })
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

fn work(queue: &Mutex<Receiver<ReadTask>>) {
    lower_priority();
    loop {
        // The thread that waits holds the lock, and the others wait for the lock.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
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

    fn execute(&self, task: ReadTask) {
        // The threads end after this, so there is a receiver.
        let _ = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).send(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn reads_have_a_lower_priority() {
        let priority = || rustix::process::getpriority_process(None).expect("it can be read");
        let own = priority();
        let pool = ReadPool::start(ReadLimits { reads: 1, read_threads: Some(1) });
        let (done, ended) = mpsc::channel();
        let task = move || done.send(priority()).expect("it is awaited");
        pool.expect("a thread starts").execute(Box::new(task));
        assert_eq!(ended.recv(), Ok(own.max(NICENESS)));
        assert_eq!(priority(), own, "other threads keep theirs");
    }

    #[test]
    fn task_that_panics_ends_no_thread() {
        let pool = ReadPool::start(ReadLimits { reads: 1, read_threads: Some(1) });
        let pool = pool.expect("a thread starts");
        let (done, ended) = mpsc::channel();
        pool.execute(Box::new(|| panic!("on purpose")));
        pool.execute(Box::new(move || {
            done.send(thread::current().name().map(str::to_owned)).expect("it is awaited")
        }));
        assert_eq!(ended.recv().expect("it is executed").as_deref(), Some("read"));
    }
}
