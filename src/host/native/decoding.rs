//! Input in other encodings than UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};

/// The number of bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 16;

/// Returns the encoding with a name of the Encoding Standard, such as `windows-1252` or `utf-16le`.
pub(super) fn encoding(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        "it is not an encoding of the Encoding Standard; use iconv to convert the file to utf-8"
            .to_owned()
    })
}

/// Returns the input in UTF-8. Bytes that are invalid in the encoding become U+FFFD. UTF-8 itself is returned as it is, so that
/// invalid bytes can be reported.
pub(super) fn decoded(input: Box<dyn Read>, encoding: &'static Encoding) -> Box<dyn Read> {
    if encoding == UTF_8 {
        return input;
    }
    let decoder = encoding.new_decoder_with_bom_removal();
    Box::new(Decoding { input, decoder, text: Vec::new(), read: 0, is_at_end: false })
}

struct Decoding {
    input: Box<dyn Read>,
    decoder: Decoder,
    /// Decoded bytes, of which the first `read` were returned.
    text: Vec<u8>,
    read: usize,
    is_at_end: bool,
}

impl Decoding {
    /// Decodes the next chunk.
    fn decode(&mut self) -> io::Result<()> {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        self.input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
        self.is_at_end = chunk.is_empty();
        let most = self.decoder.max_utf8_buffer_length(chunk.len()).expect("a chunk is short");
        self.text.resize(most, 0);
        let (_, _, written, _) =
            self.decoder.decode_to_utf8(&chunk, &mut self.text, self.is_at_end);
        self.text.truncate(written);
        self.read = 0;
        Ok(())
    }
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() && !self.is_at_end {
            self.decode()?;
        }
        let rest = &self.text[self.read..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.read += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>, name: &str) -> Vec<u8> {
        let encoding = encoding(name).expect("it is known");
        let mut text = Vec::new();
        let mut input = decoded(Box::new(io::Cursor::new(bytes)), encoding);
        input.read_to_end(&mut text).expect("bytes can be read");
        text
    }

    #[test]
    fn encodings_become_utf_8() {
        let wanted = "Währung €, ".repeat(20_000);
        let utf_16 = wanted.encode_utf16().flat_map(u16::to_le_bytes);
        let marked = [0xff, 0xfe].into_iter().chain(utf_16.clone()).collect();
        assert_eq!(text(marked, "utf-16le"), wanted.as_bytes());
        assert_eq!(text(utf_16.collect(), "UTF-16LE"), wanted.as_bytes());
        assert_eq!(text(b"W\xe4hrung \x80, ".repeat(20_000), "windows-1252"), wanted.as_bytes());
        assert_eq!(text(vec![0x83, 0x65], "shift_jis"), "テ".as_bytes());
        // The last byte is half of a character.
        assert_eq!(text(vec![b'a', 0, b'b'], "utf-16le"), "a\u{fffd}".as_bytes());
        assert_eq!(text(vec![b'a', 0xff], "utf-8"), [b'a', 0xff]);
        assert!(encoding("latin-9").is_err());
    }
}
