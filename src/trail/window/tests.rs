//! Trails of a few chunks whose older ones are moved to a file.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::thread;

use super::*;
use crate::sync::{AtomicU64, EXTENT_CHUNKS};
use crate::trail::sizes::{CHUNK_BYTES, CHUNK_ENTRIES};
use crate::trail::{Entry, EntryKind, ReverseOrder, SegmentWriter, TrailAccess, TrailFull};

/// Returns a trail of a window of so many chunks, with a file.
fn trail(writers: usize, chunks: u64, reserve: u64) -> (Arc<Trail>, Vec<SegmentWriter>) {
    let [window, reserve] = [chunks, reserve].map(|chunks| chunks * CHUNK_BYTES);
    let (trail, segment_writers) =
        Trail::with_window(writers, window, reserve).expect("there is memory");
    assert!(!trail.spills(), "it has no file yet");
    trail.set_spill_file(tempfile::tempfile().expect("there is a disk")).expect("it can be used");
    assert!(trail.spills());
    (trail, segment_writers)
}

fn spill_file(trail: &Trail) -> &File {
    trail.spill().and_then(Spill::file).expect("it has a file")
}

/// The record of a writer at a position. Each field that has bytes of its own depends on both.
fn record(writer: usize, position: u64) -> Entry {
    let timestamp = 2 * position + writer as u64 + 1;
    let mixed = u128::from(timestamp).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Entry {
        id: mixed,
        debit_account_id: !mixed,
        amount: mixed.rotate_left(64),
        timestamp,
        debit_version: position,
        credit_version: writer as u64,
        kind: EntryKind::Transfer,
        ..Entry::default()
    }
}

fn write(writer: usize, segment_writer: &mut SegmentWriter, count: u64) -> Result<(), TrailFull> {
    for _ in 0..count {
        segment_writer.reserve(1)?;
        segment_writer.write(record(writer, segment_writer.written()));
        segment_writer.publish();
    }
    Ok(())
}

fn assert_whole(trail: &Trail) {
    for (writer, log) in trail.segments().enumerate() {
        let (len, mut position) = (log.len(), 0);
        for found in log.chunks(0, len).flatten() {
            assert_eq!(*found, record(writer, position));
            position += 1;
        }
        assert_eq!(position, len);
    }
}

#[test]
fn readers_find_every_record_while_chunks_are_moved() {
    const EACH: u64 = 40 * CHUNK_ENTRIES + 17;
    let (trail, segment_writers) = trail(2, 6, 0);
    let done = AtomicU64::new(0);
    let is_done = || done.load(Ordering::Acquire) == 2;
    thread::scope(|scope| {
        let both = segment_writers.into_iter().enumerate().map(|(number, mut segment_writer)| {
            let done = &done;
            scope.spawn(move || {
                write(number, &mut segment_writer, EACH).expect("the disk has space");
                done.fetch_add(1, Ordering::AcqRel);
            })
        });
        both.for_each(drop);
        scope.spawn(|| {
            while !is_done() {
                assert_whole(&trail);
            }
        });
        scope.spawn(|| {
            while !is_done() {
                let mut last = u64::MAX;
                for found in ReverseOrder::new(trail.segments().enumerate(), u64::MAX) {
                    assert!(found.entry.timestamp < last);
                    last = found.entry.timestamp;
                    assert_eq!(*found.entry, record(found.writer, found.position));
                }
            }
        });
        scope.spawn(|| {
            let mut at = 1_u64;
            while !is_done() {
                let log = trail.segments().nth((at >> 40) as usize % 2).expect("there are two");
                at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let position = (at >> 20) % log.len().max(1);
                if let Some(found) = log.get(position) {
                    assert_eq!(found.debit_version, position);
                    assert_eq!(found, record(found.credit_version as usize, position));
                }
            }
        });
    });
    assert_eq!(trail.len(), 2 * EACH);
    assert_whole(&trail);
    // All but the window is in the file.
    let resident = trail.used_bytes() - trail.spilled_bytes();
    assert!(resident <= 6 * CHUNK_BYTES, "{resident} bytes are in memory");
}

#[test]
fn oldest_records_are_moved_first_and_a_segment_can_have_many_extents() {
    let (trail, mut segment_writers) = trail(2, 4, 0);
    let [first, second] = &mut segment_writers[..] else { unreachable!("two writers") };
    write(0, first, CHUNK_ENTRIES).expect("it fits");
    // So the first one's chunk is the oldest, and is moved although the second one writes.
    write(1, second, 3 * CHUNK_ENTRIES).expect("it fits");
    assert_eq!(trail.spilled_bytes(), 0);
    write(1, second, 1).expect("the oldest is moved");
    assert_eq!(trail.spill().expect("it has one").moved_chunks(), [1, 0]);
    // A chunk that is not full stays, however old it is.
    write(0, first, CHUNK_ENTRIES / 2).expect("the disk has space");
    write(1, second, 2 * EXTENT_CHUNKS * CHUNK_ENTRIES).expect("the disk has space");
    assert_eq!(trail.spill().expect("it has one").moved_chunks()[0], 1);
    write(0, first, 2 * CHUNK_ENTRIES).expect("the disk has space");
    assert_whole(&trail);
    assert!(trail.spilled_bytes() > 2 * EXTENT_CHUNKS * CHUNK_BYTES);
    // The system allows a process about 65,000 mappings, so neighbours share one. Other tests have files, too.
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let inode = spill_file(&trail).metadata().expect("it is open").ino();
    let count = maps.lines().filter(|line| line.contains(&format!(" {inode} "))).count();
    assert!((1..=6).contains(&count), "{count} mappings");
}

#[test]
fn full_disk_refuses_but_for_the_reserve_and_recovers() {
    let (trail, mut segment_writers) = trail(1, 8, 2);
    let writer = &mut segment_writers[0];
    trail.limit_spill_file(3 * CHUNK_BYTES);
    let full = write(0, writer, 100 * CHUNK_ENTRIES).expect_err("the disk is full");
    assert_eq!(full.disk_error, Some(io::ErrorKind::StorageFull));
    assert_eq!(full.reserved_bytes, 2 * CHUNK_BYTES);
    assert!(full.to_string().contains("the disk does not take its older entries"), "{full}");
    assert_eq!((writer.written(), trail.spilled_bytes()), (9 * CHUNK_ENTRIES, 3 * CHUNK_BYTES));
    assert!(trail.spill_failure().is_some());
    assert_whole(&trail);
    writer.set_access(TrailAccess::Expiry);
    write(0, writer, 2 * CHUNK_ENTRIES).expect("the reserve is for expiries");
    assert!(write(0, writer, 1).is_err());
    trail.retry_spill();
    assert!(trail.spill_failure().is_some(), "the disk is still full");
    trail.limit_spill_file(u64::MAX);
    assert!(write(0, writer, 1).is_err(), "writers do not try again themselves");
    trail.retry_spill();
    assert_eq!(trail.spill_failure(), None);
    writer.set_access(TrailAccess::Ordinary);
    write(0, writer, 50 * CHUNK_ENTRIES).expect("the disk has space");
    assert_whole(&trail);
}

#[test]
fn reservation_that_is_larger_than_the_window_is_refused() {
    let (trail, mut segment_writers) = trail(1, 4, 0);
    let full = segment_writers[0].reserve(5 * CHUNK_ENTRIES).expect_err("nothing can be moved");
    assert_eq!((full.disk_error, trail.spill_failure()), (None, None));
    write(0, &mut segment_writers[0], 20 * CHUNK_ENTRIES).expect("the disk has space");
    assert_whole(&trail);
}

/// A batch of chunks can begin an extent for each of several segments.
#[test]
fn extents_that_begin_in_one_batch_do_not_overlap() {
    let (trail, mut segment_writers) = trail(3, 64, 0);
    for _ in 0..3 * EXTENT_CHUNKS {
        for (number, segment_writer) in segment_writers.iter_mut().enumerate() {
            write(number, segment_writer, CHUNK_ENTRIES).expect("the disk has space");
        }
    }
    let moved = trail.spill().expect("it has one").moved_chunks();
    assert!(moved.iter().all(|&chunks| chunks > 2 * EXTENT_CHUNKS), "{moved:?}");
    assert_whole(&trail);
}

/// A mapping at the address of the memory itself was refused only after that was gone. It was attempted there again, where any
/// thread could have been given the address meanwhile, and the process ended.
#[test]
fn file_that_cannot_be_mapped_leaves_the_memory_as_it_was() {
    let (trail, mut segment_writers) = trail(1, 8, 0);
    write(0, &mut segment_writers[0], 2 * CHUNK_ENTRIES).expect("it fits");
    for name in ["/sys/kernel/mm/transparent_hugepage/enabled", "/proc/self/maps", "/dev/null"] {
        // Each is refused at another point.
        let Ok(file) = File::open(name) else { continue };
        let refused = trail.segments[0].replace_chunk(1, &file, 0);
        assert!(refused.is_err(), "{name}");
        assert_whole(&trail);
    }
    write(0, &mut segment_writers[0], 20 * CHUNK_ENTRIES).expect("the disk has space");
    assert!(trail.spilled_bytes() > 0);
    assert_whole(&trail);
}

/// What was written of chunks that could not be moved stayed in the file, so a full disk had less space for the log.
#[test]
fn chunks_that_are_not_moved_take_no_space_of_the_disk() {
    let (trail, mut segment_writers) = trail(2, 64, 0);
    let [first, second] = &mut segment_writers[..] else { unreachable!("two writers") };
    let taken = || spill_file(&trail).metadata().expect("it is open").blocks() * 512;
    let before = taken();
    // Four are moved at once, of which there is space for two.
    trail.limit_spill_file(2 * CHUNK_BYTES);
    write(0, first, 32 * CHUNK_ENTRIES).expect("it fits");
    write(1, second, 100 * CHUNK_ENTRIES).expect_err("the disk is full");
    assert_eq!(trail.spilled_bytes(), 0);
    assert!(taken() <= before, "{} bytes", taken());
    // Those of another segment that lie behind are kept.
    trail.limit_spill_file(14 * CHUNK_BYTES);
    trail.retry_spill();
    while write(0, first, CHUNK_ENTRIES).is_ok() && write(1, second, CHUNK_ENTRIES).is_ok() {
        trail.retry_spill();
    }
    assert_eq!(trail.spilled_bytes(), 12 * CHUNK_BYTES);
    assert!(taken() <= before + 12 * CHUNK_BYTES, "{} bytes", taken());
    assert_whole(&trail);
}

#[test]
fn bit_that_flips_in_the_file_is_found_and_named() {
    let (trail, mut segment_writers) = trail(2, 16, 0);
    let moves = || (0..).map_while(|number| trail.check_moved(number)).collect::<Vec<_>>();
    assert_eq!(moves(), []);
    for _ in 0..30 {
        for (number, segment_writer) in segment_writers.iter_mut().enumerate() {
            write(number, segment_writer, CHUNK_ENTRIES).expect("the disk has space");
        }
    }
    let chunks = trail.spilled_bytes() / CHUNK_BYTES;
    assert!(chunks > 40, "{chunks}");
    assert_eq!(moves(), vec![Ok(()); chunks as usize]);
    // The second chunk of the second writer, which has the second extent of the file.
    let offset = (EXTENT_CHUNKS + 1) * CHUNK_BYTES;
    let (mut byte, at) = ([0], offset + 77_777);
    let file = spill_file(&trail);
    file.read_exact_at(&mut byte, at).expect("it is there");
    file.write_all_at(&[byte[0] ^ 4], at).expect("the disk has space");
    let damaged: Vec<_> = moves().into_iter().filter_map(Result::err).collect();
    let what = "the records 4096 to 8191 of writer 1 do not have their hash".to_owned();
    assert_eq!(damaged, [DamagedChunk { offset, what }]);
    // A reader finds something else, so it matters.
    assert!(
        trail.segments().nth(1).expect("there are two").get(4096 + 77_777 / 128)
            != Some(record(1, 4096 + 77_777 / 128))
    );
    file.write_all_at(&byte, at).expect("the disk has space");
    assert_whole(&trail);
    // A file that somebody cuts off ends a process that reads the mapping, and not one that verifies it.
    file.set_len(offset).expect("it can be cut off");
    let damaged = moves().into_iter().filter_map(Result::err).next().expect("it is missing");
    assert!(damaged.what.contains("cannot be read: "), "{damaged:?}");
}

/// A reader took as much of the disk as it needed, beside a server that ended then.
#[test]
fn reader_leaves_space_of_the_disk_to_others() {
    let (trail, mut segment_writers) = trail(1, 8, 0);
    let writer = &mut segment_writers[0];
    trail.share_spill_disk();
    let free = trail.spill().and_then(Spill::free_bytes).expect("it was set");
    assert_eq!(trail.left_free_bytes(), (free / 2).max(1 << 30));
    // More than any disk has.
    trail.spill().expect("it has one").set_left_free(u64::MAX);
    let full = write(0, writer, 100 * CHUNK_ENTRIES).expect_err("nothing would be left");
    assert_eq!((full.disk_error, trail.spilled_bytes()), (Some(io::ErrorKind::StorageFull), 0));
    let expected =
        "the trail has used up its 4 MiB of memory, and its older entries would leave less than";
    assert!(full.to_string().starts_with(expected), "{full}");
    assert_whole(&trail);
    trail.spill().expect("it has one").set_left_free(1);
    trail.retry_spill();
    write(0, writer, 50 * CHUNK_ENTRIES).expect("the disk has space");
    assert_whole(&trail);
}
