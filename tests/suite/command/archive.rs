//! A ledger in one file: a tar archive of its folder.

use ledgerlab::{Account, Ledger, Transfer};

use super::words;
use crate::common::program::{Folder, ledgerlab, text};

/// Returns the header of a file in a tar archive.
fn header(name: &str, len: usize) -> Vec<u8> {
    let mut header = vec![0; 512];
    let mut put = |text: &str, offset: usize| {
        header[offset..offset + text.len()].copy_from_slice(text.as_bytes());
    };
    put(name, 0);
    put("0000600", 100);
    put(&format!("{len:011o}"), 124);
    put("        0", 148);
    put("ustar\0", 257);
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// Stores a ledger in a folder and returns the folder's path, and the bytes of an archive of it.
fn archived(folder: &Folder) -> (String, Vec<u8>) {
    let path = folder.file("ledger");
    {
        let ledger = Ledger::open(&path).expect("it is new");
        let mut writer = ledger.writer().expect("it is free");
        writer
            .create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1)])
            .expect("there is room");
        for _ in 0..5 {
            writer.create_transfer(&Transfer::new(1, 2, 5)).expect("there is room");
        }
    }
    let mut archive = header("./", 0);
    archive[156] = b'5';
    // The type of a folder changes the sum.
    let sum: u32 =
        archive[..148].iter().chain(&archive[156..]).map(|&byte| u32::from(byte)).sum::<u32>()
            + 256;
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    for name in ["run.json", "00000001.log", "ledger.head"] {
        let bytes = std::fs::read(format!("{path}/{name}")).unwrap_or_else(|_| b"{}".to_vec());
        archive.extend(header(&format!("./{name}"), bytes.len()));
        archive.extend(&bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    (path, archive)
}

#[test]
fn archive_is_verified_inspected_exported_and_restored_like_its_folder() {
    let folder = Folder::new("archive");
    let (path, archive) = archived(&folder);
    let file = folder.file("ledger.tar");
    std::fs::write(&file, archive).expect("it can be written");
    let hash = |output: &[u8]| words(output).rsplit(' ').next().map(str::to_owned);
    let of_folder = ledgerlab(&["verify", &path]);
    let of_file = ledgerlab(&["verify", &file]);
    assert_eq!(of_file.status.code(), Some(0), "{}", text(&of_file.stderr));
    assert_eq!(hash(&of_file.stdout), hash(&of_folder.stdout));
    let inspected = words(&ledgerlab(&["inspect", &file]).stdout);
    assert!(inspected.contains("entries 7") && inspected.contains("accounts 2"), "{inspected}");
    let exported = ledgerlab(&["export", &file, &folder.file("trail.ndjson")]);
    assert_eq!(exported.status.code(), Some(0), "{}", text(&exported.stderr));

    let target = folder.file("restored");
    let restored = ledgerlab(&["restore", &file, &target]);
    assert_eq!(restored.status.code(), Some(0), "{}", text(&restored.stderr));
    let ledger = Ledger::open(&target).expect("it is a ledger");
    assert_eq!(ledger.lookup_accounts(&[2])[0].credits_posted, 25);
}

#[test]
fn damaged_archive_is_refused_with_a_sentence() {
    let folder = Folder::new("damaged-archive");
    let (_, whole) = archived(&folder);
    let block = whole.windows(8).position(|bytes| bytes == b"LDGRBLCK").expect("it has a block");
    let flipped = |at: usize| {
        let mut copy = whole.clone();
        copy[at] ^= 1;
        copy
    };
    let second = [whole[..whole.len() - 1024].to_vec(), whole.clone()].concat();
    let cases = [
        (flipped(block + 4096 + 300), "block 2 (00000001.log, byte 4096)"),
        (flipped(512 + 2), "it has no header of a file at byte 512"),
        (whole[..block + 700].to_vec(), "00000001.log has"),
        (whole[..whole.len() - 1024].to_vec(), "it is cut off after"),
        (
            header("ledger.txt", 0).into_iter().chain(vec![0; 512]).collect(),
            "it has no ledger.head",
        ),
        (second, "it has 00000001.log twice"),
    ];
    for (archive, sentence) in cases {
        let file = folder.file("ledger.tar");
        std::fs::write(&file, archive).expect("it can be written");
        let verified = ledgerlab(&["verify", &file]);
        let error = text(&verified.stderr);
        assert_eq!(verified.status.code(), Some(1), "{error}");
        assert!(error.contains(sentence), "{sentence}: {error}");
    }
}
