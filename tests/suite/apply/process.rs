//! The process: files, pipes, and results in time.

use std::io::{BufRead, BufReader, Write};
use std::thread;

use super::{FOUR, apply_with, start, statuses};

#[test]
fn result_is_flushed_before_the_next_line() {
    let mut child = start(&["-", "--concurrency", "ordered-locks"]);
    let mut stdin = child.stdin.take().expect("it is piped");
    let mut answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for time in [5, 10, 15] {
        writeln!(stdin, r#"{{"op":"tick","nanoseconds":5}}"#).expect("it reads");
        let answer = answers.next().expect("there is an answer").expect("it is text");
        assert_eq!(answer, format!(r#"{{"time":"{time}"}}"#));
    }
    drop(stdin);
    assert!(answers.next().is_none());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn closed_output_ends_quietly() {
    let mut child = start(&[]);
    drop(child.stdout.take().expect("it is piped"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let feeding = thread::spawn(move || {
        let line = "{\"op\":\"tick\",\"nanoseconds\":1}\n".repeat(100_000);
        stdin.write_all(line.as_bytes())
    });
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let fed = feeding.join().expect("it was written");
    assert!(fed.is_err(), "it ended before it had read all of its input");
}

#[test]
fn missing_file_is_named() {
    let path = std::env::temp_dir().join(format!("ledgerlab-apply-{}.jsonl", std::process::id()));
    std::fs::write(&path, FOUR.replace('\n', "")).expect("a file can be written");
    let applied = apply_with(&[path.to_str().expect("the path is text")], Vec::new());
    std::fs::remove_file(&path).expect("the file is there");
    assert_eq!((applied.code, applied.error.as_str()), (Some(0), ""));
    assert_eq!(statuses(&applied.lines[0]), ["created"; 4]);

    let absent = apply_with(&["no-such-file"], Vec::new());
    assert_eq!(absent.code, Some(2));
    assert!(
        absent.error.starts_with("ledgerlab: no-such-file: it cannot be opened: "),
        "{}",
        absent.error
    );

    let unknown = apply_with(&["--concurrency", "hope"], Vec::new());
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.error.contains("[possible values: ordered-locks]"), "{}", unknown.error);
}
