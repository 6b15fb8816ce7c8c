//! What a file is, told from its first bytes.

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A file without a byte.
    Empty,
    /// A Parquet file.
    Parquet,
    /// UTF-8 text that begins with an object in JSON.
    Json,
    /// UTF-8 text of no form that is known to be another than CSV.
    Text,
    /// Something that no source reads: what it is, as in "it is …".
    Other(&'static str),
}

/// What a file is that begins with `head`, and how many bytes that is matters little: 64 KiB are plenty.
pub fn file_format(head: &[u8]) -> FileFormat {
    const MAGICS: [(&[u8], &str); 18] = [
        (b"PARE", "an encrypted Parquet file"),
        (b"\xFF\xFE", "UTF-16 text"),
        (b"\xFE\xFF", "UTF-16 text"),
        (b"\x1F\x8B", "compressed twice"),
        (b"\x28\xB5\x2F\xFD", "compressed twice"),
        (b"BZh", "compressed with bzip2"),
        (b"\xFD7zXZ\0", "compressed with xz"),
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"ARROW1", "an Arrow file"),
        (b"ORC", "an ORC file"),
        (b"Obj\x01", "an Avro file"),
        (b"\x7FELF", "a program"),
        (b"MZ\x90", "a program"),
    ];
    if head.is_empty() {
        return FileFormat::Empty;
    }
    if head.starts_with(b"PAR1") {
        return FileFormat::Parquet;
    }
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return FileFormat::Other(what);
    }
    if head.contains(&0) {
        return FileFormat::Other("binary");
    }
    // The last character may be cut.
    if std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) {
        return FileFormat::Other("text that is not UTF-8");
    }
    match head.trim_ascii_start().first() {
        Some(b'{') => FileFormat::Json,
        Some(b'[') => FileFormat::Other("an array in JSON, which `jq -c '.[]'` makes lines of"),
        Some(b'<') => FileFormat::Other("XML or HTML"),
        _ => FileFormat::Text,
    }
}

/// What the text is instead of one in UTF-8, as in "it is …", and what to do about it.
pub(crate) fn no_text(text: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match text {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => ("is UTF-16 text", "save it as UTF-8"),
        [b'P', b'A', b'R', b'1', ..] => ("is a Parquet file", "read it with a Parquet source"),
        [0x1F, 0x8B, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => ("is compressed twice", "decompress it first"),
        [b'P', b'K', 3, 4, ..] => ("is a ZIP archive", "take the file out of it first"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        for (head, format) in [
            (&b""[..], FileFormat::Empty),
            (b"PAR1\x15\x04", FileFormat::Parquet),
            (b"a,b\n1,2\n", FileFormat::Text),
            ("\u{feff}gr\u{f6}\u{df}e\n1".as_bytes(), FileFormat::Text),
            (&"gr\u{f6}\u{df}e".as_bytes()[..5], FileFormat::Text),
            (b"gr\xF6\xDFe;x\n", FileFormat::Other("text that is not UTF-8")),
            (b"a\0b", FileFormat::Other("binary")),
            (b" {\"a\": 1}\n", FileFormat::Json),
            (b"\n[{\"a\": 1}]\n", FileFormat::Other("an array in JSON, which `jq -c '.[]'` makes lines of")),
            (b"<html>", FileFormat::Other("XML or HTML")),
            (b"PK\x03\x04...", FileFormat::Other("a ZIP archive or an Excel workbook")),
        ] {
            assert_eq!(file_format(head), format, "{}", head.escape_ascii());
        }
    }
}
