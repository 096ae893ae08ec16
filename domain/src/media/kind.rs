//! Which files are taken in: a closed list. What a file is, its bytes say; its name must agree.

use serde::{Deserialize, Serialize};

use super::Refusal;

/// What a file needs to have done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A picture, of which there are variants.
    Image,
    /// A document in PDF.
    Pdf,
    /// Anything else: it is kept as it came.
    Other,
}

macro_rules! kinds {
    ($($variant:ident = $media_type:literal, [$($extension:literal),+], $family:ident;)*) => {
        /// A kind of file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum FileKind {
            $(#[doc = concat!("`", $media_type, "`")] $variant,)*
        }

        impl FileKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its media type (RFC 6838).
            pub fn media_type(self) -> &'static str {
                match self { $(Self::$variant => $media_type,)* }
            }

            /// The endings that names of such files may have, the usual one first.
            pub fn extensions(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($extension),+],)* }
            }

            /// What it needs to have done to it.
            pub fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family,)* }
            }
        }
    };
}

kinds! {
    Jpeg = "image/jpeg", ["jpg", "jpeg", "jpe"], Image;
    Png = "image/png", ["png"], Image;
    Gif = "image/gif", ["gif"], Image;
    Webp = "image/webp", ["webp"], Image;
    Pdf = "application/pdf", ["pdf"], Pdf;
    Signed = "application/pkcs7-mime", ["p7m"], Other;
    Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["docx"], Other;
    Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["xlsx"], Other;
    Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation", ["pptx"], Other;
    Odt = "application/vnd.oasis.opendocument.text", ["odt"], Other;
    Ods = "application/vnd.oasis.opendocument.spreadsheet", ["ods"], Other;
    Odp = "application/vnd.oasis.opendocument.presentation", ["odp"], Other;
    Rtf = "application/rtf", ["rtf"], Other;
    Zip = "application/zip", ["zip"], Other;
    Mp3 = "audio/mpeg", ["mp3"], Other;
    Mp4 = "video/mp4", ["mp4", "m4v"], Other;
    Csv = "text/csv", ["csv"], Other;
    Text = "text/plain", ["txt"], Other;
    Calendar = "text/calendar", ["ics"], Other;
    Json = "application/json", ["json"], Other;
    GeoJson = "application/geo+json", ["geojson"], Other;
    Xml = "application/xml", ["xml"], Other;
}

/// How `infer` calls what begins as XML.
const TEXT_XML: &str = "text/xml";
const ZIP: &str = "application/zip";

/// How many bytes from the start of a file say what it is.
pub const HEAD: usize = 64 * 1024;

impl FileKind {
    /// The kind of this media type.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let is = |kind: &&Self| kind.media_type() == media_type;
        Self::ALL.iter().find(is).copied()
    }

    /// What a file is, by its first bytes (all of them, or [`HEAD`]) and its name.
    ///
    /// # Errors
    /// It is none that is taken in, or its name says something else.
    pub fn sniff(head: &[u8], name: &str) -> Result<Self, Refusal> {
        let ending = ending(name);
        let kind = match infer::get(head).map(|found| found.mime_type()) {
            // Before the library, which takes every sequence of ASN.1 for a certificate.
            _ if is_signed(head) => Some(Self::Signed),
            // It finds their mark anywhere in the first bytes, and looks no further at what begins as XML.
            Some("application/pdf") if !head.starts_with(b"%PDF-") => None,
            Some(TEXT_XML) | None => Self::of_text(head, ending.as_deref())?,
            // The library knows some kinds by two letters, with which a table may begin as well.
            Some(found) if !is_marked_as_text(found) && begins_as_text(head) => {
                Self::of_text(head, ending.as_deref())?
            }
            Some(ZIP) => Some(Self::of_zip(head, ending.as_deref())),
            Some(found) => Self::of_media_type(canonical(found)),
        };
        let kind = kind.ok_or_else(|| Refusal::Type(shown(head)))?;
        match ending {
            Some(ending) if !kind.extensions().contains(&ending.as_str()) => {
                Err(Refusal::Mismatch {
                    name: ending,
                    found: kind.media_type(),
                })
            }
            _ => Ok(kind),
        }
    }

    /// What Office writes are ZIPs, whose parts come in an order that depends on the program and on the document: the
    /// library looks at the first ones alone. The name decides, and a folder that belongs to it must be there.
    fn of_zip(head: &[u8], ending: Option<&str>) -> Self {
        let named = |(kind, _): &&(Self, &str)| {
            ending.is_some_and(|ending| kind.extensions().contains(&ending))
        };
        let office = Self::OFFICE.iter().find(named);
        match office {
            Some((kind, folder)) if has_part_in(head, folder) => *kind,
            _ => Self::Zip,
        }
    }

    /// The kind that bytes of this kind are under another name: of the same bytes several may be right, and the name
    /// decides among them.
    pub fn named(self, name: &str) -> Self {
        let ending = ending(name);
        let is_so = |kind: &&Self| {
            ending
                .as_deref()
                .is_some_and(|ending| kind.extensions().contains(&ending))
        };
        let alike = [&Self::TEXTS[..], &Self::ZIPS];
        let alike = alike.into_iter().find(|kinds| kinds.contains(&self));
        let named = alike.unwrap_or_default().iter().find(is_so);
        named.copied().unwrap_or(self)
    }

    /// Text says little of what it is; the name decides among the kinds of text. What a browser would run is none:
    /// markup wherever it stands, but for data, which may hold some in its fields.
    fn of_text(head: &[u8], ending: Option<&str>) -> Result<Option<Self>, Refusal> {
        let named = |kind: &Self| ending.is_some_and(|ending| kind.extensions().contains(&ending));
        let kind = Self::TEXTS.into_iter().find(named).unwrap_or(Self::Text);
        let is_read = match kind {
            // What spreadsheets write.
            Self::Csv | Self::Text => reads_as_text(head),
            _ => is_text(head),
        };
        if !is_read {
            return Ok(None);
        }
        let start = String::from_utf8_lossy(head).to_ascii_lowercase();
        let start =
            start.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        let is_data = !matches!(kind, Self::Text | Self::Xml) && !start.starts_with('<');
        for (tag, media_type) in [
            ("<svg", "image/svg+xml"),
            ("<html", "text/html"),
            ("<!doctype html", "text/html"),
            ("<script", "text/html"),
        ] {
            if start.contains(tag) && !is_data {
                return Err(Refusal::Type(media_type.to_owned()));
            }
        }
        Ok(Some(kind))
    }

    const TEXTS: [Self; 6] = [
        Self::Csv,
        Self::Text,
        Self::Calendar,
        Self::Json,
        Self::GeoJson,
        Self::Xml,
    ];

    /// Each with the folder in which its parts are.
    const OFFICE: [(Self, &str); 3] = [
        (Self::Docx, "word/"),
        (Self::Xlsx, "xl/"),
        (Self::Pptx, "ppt/"),
    ];

    const ZIPS: [Self; 4] = [Self::Zip, Self::Docx, Self::Xlsx, Self::Pptx];
}

/// Whether a part of a ZIP whose header is among these bytes lies in this folder.
fn has_part_in(head: &[u8], folder: &str) -> bool {
    const HEADER: &[u8] = b"PK\x03\x04";
    const LENGTH: usize = 30;
    let mut headers = head.windows(LENGTH + folder.len());
    headers.any(|part| part.starts_with(HEADER) && part.ends_with(folder.as_bytes()))
}

/// Whether a kind, by the library's name for it, is known by what a text says and not by a mark that texts may have.
fn is_marked_as_text(media_type: &str) -> bool {
    media_type == "application/pdf" || media_type.starts_with("text/")
}

/// The kinds that have several names, by ours.
fn canonical(media_type: &str) -> &str {
    match media_type {
        "text/rtf" => "application/rtf",
        "video/x-m4v" => "video/mp4",
        other => other,
    }
}

/// CMS of RFC 5652, with which documents are signed (CAdES, `.p7m`): a sequence that begins with the object
/// identifier of signed data.
fn is_signed(head: &[u8]) -> bool {
    const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    let start = head.get(..head.len().min(32)).unwrap_or_default();
    start.first() == Some(&0x30) && start.windows(11).any(|part| part == SIGNED_DATA)
}

/// Text, in one of the two character sets that are met.
fn reads_as_text(head: &[u8]) -> bool {
    is_text(head) || is_windows_1252(head)
}

/// Text whose first letters are those of marks: other marks are letters of Windows.
fn begins_as_text(head: &[u8]) -> bool {
    head.iter().take(4).all(u8::is_ascii) && reads_as_text(head)
}

/// UTF-8 without control characters; the last character may be cut.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && head.len() >= HEAD => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_control = |character: char| character.is_control() && !"\t\n\r\u{c}".contains(character);
    !text.is_empty() && !text.contains(is_control)
}

/// Text in the character set of Windows: no control characters, and none of the five bytes that are nothing in it.
fn is_windows_1252(head: &[u8]) -> bool {
    let is_letter = |byte: &u8| match byte {
        b'\t' | b'\n' | b'\r' | 0x0c => true,
        0..=0x1f | 0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d => false,
        _ => true,
    };
    !head.is_empty() && head.iter().all(is_letter)
}

/// What a file that is refused seems to be.
fn shown(head: &[u8]) -> String {
    infer::get(head)
        .map_or("unknown", |found| found.mime_type())
        .to_owned()
}

/// The ending of a name, in small letters; nothing when it has none that looks like one.
pub(super) fn ending(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let looks = !stem.is_empty()
        && (1..=8).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    looks.then(|| ending.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn bytes_say_what_a_file_is_and_names_must_agree() {
        let sniff = |head: &[u8], name: &str| FileKind::sniff(head, name);
        assert_eq!(sniff(PNG, "a.png").unwrap(), FileKind::Png);
        assert_eq!(sniff(PNG, "a").unwrap(), FileKind::Png);
        assert_eq!(
            sniff(b"\xff\xd8\xff\xe0\0\x10JFIF", "a.JPEG").unwrap(),
            FileKind::Jpeg
        );
        assert_eq!(sniff(b"%PDF-1.7\n", "modulo.pdf").unwrap(), FileKind::Pdf);
        assert_eq!(sniff(b"a;b\n1;2\n", "dati.csv").unwrap(), FileKind::Csv);
        assert_eq!(sniff("È così".as_bytes(), "nota").unwrap(), FileKind::Text);
        let signed = b"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        assert_eq!(sniff(signed, "atto.pdf.p7m").unwrap(), FileKind::Signed);
        let windows = b"nome;citt\xe0\nMario;Forl\xec\n";
        assert_eq!(sniff(windows, "excel.csv").unwrap(), FileKind::Csv);
        let field = br#"{"page": "<html><script>"}"#;
        assert_eq!(sniff(field, "dati.json").unwrap(), FileKind::Json);
        let xml = b"<?xml version='1.0'?><dati/>";
        assert_eq!(sniff(xml, "dati.xml").unwrap(), FileKind::Xml);
        // Marks of pictures, programs and sounds.
        for text in ["BM;nome\n", "MZ;nome\n", "ID3 e altro", "BM;citt\u{e0}\n"] {
            assert_eq!(sniff(text.as_bytes(), "a.csv").unwrap(), FileKind::Csv);
        }
        assert_eq!(sniff(b"BM;citt\xe0\n", "a.csv").unwrap(), FileKind::Csv);
        for (head, name) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "modulo.pdf"),
            (b"%PDF-1.7", "foto.jpg"),
            (b"a;b", "a.exe"),
        ] {
            assert!(
                matches!(sniff(head, name), Err(Refusal::Mismatch { .. })),
                "{name}"
            );
        }
        for (head, name) in [
            (&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], "a.svg"),
            (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "a.xml"),
            (b"\xef\xbb\xbf <html>", "a.csv"),
            (b"<html><script>alert(1)</script>%PDF-1.7\n", "a.pdf"),
            (b"x %PDF-1.7\n", "a.pdf"),
            (b"\x30\x82\x10\x00\x30\x82", "a.p7m"),
            (b"a\x81", "a.csv"),
            (b"citt\xe0", "a.json"),
            (b"<!DOCTYPE html><p>", "a.txt"),
            (b"MZ\x90\0", "a.exe"),
            (b"BM\x36\0\0\0\0\0", "a.csv"),
            (b"#!/bin/sh\nrm -r x\n", "a.txt"),
            (b"\x7fELF\x02\x01\x01", "a"),
            (b"\0\0\0\0", "a.txt"),
            (b"", "a.txt"),
        ] {
            assert!(matches!(sniff(head, name), Err(Refusal::Type(_))), "{name}");
        }
    }

    #[test]
    fn what_office_writes_is_known_in_any_order() {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/office");
        for (name, kind) in [
            ("word-order.docx", FileKind::Docx),
            ("python-docx.docx", FileKind::Docx),
            ("libreoffice-order.docx", FileKind::Docx),
            ("excel-order.xlsx", FileKind::Xlsx),
            ("openpyxl.xlsx", FileKind::Xlsx),
            ("python-pptx.pptx", FileKind::Pptx),
            ("libreoffice-order.odt", FileKind::Odt),
            ("libreoffice-order.ods", FileKind::Ods),
            ("libreoffice-order.odp", FileKind::Odp),
        ] {
            let bytes = std::fs::read(format!("{files}/{name}")).unwrap();
            let head = bytes.get(..HEAD).unwrap_or(&bytes);
            assert_eq!(FileKind::sniff(head, name).unwrap(), kind, "{name}");
            let refused = FileKind::sniff(head, "altro.mp4");
            assert!(matches!(refused, Err(Refusal::Mismatch { .. })), "{name}");
        }
        let zip = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt";
        assert_eq!(FileKind::sniff(zip, "a.zip").unwrap(), FileKind::Zip);
        assert!(FileKind::sniff(zip, "a.docx").is_err());
    }

    #[test]
    fn among_kinds_of_the_same_bytes_the_name_decides() {
        for (kind, name, named) in [
            (FileKind::Text, "dati.csv", FileKind::Csv),
            (FileKind::Csv, "dati.TXT", FileKind::Text),
            (FileKind::Zip, "atto.docx", FileKind::Docx),
            (FileKind::Text, "dati", FileKind::Text),
            (FileKind::Text, "dati.pdf", FileKind::Text),
            (FileKind::Png, "dati.csv", FileKind::Png),
        ] {
            assert_eq!(kind.named(name), named, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_sniffed(head in proptest::collection::vec(any::<u8>(), 0..200), name in "\\PC{0,20}") {
            if let Ok(kind) = FileKind::sniff(&head, &name) {
                let ending = ending(&name);
                prop_assert!(ending.is_none_or(|ending| kind.extensions().contains(&ending.as_str())));
            }
        }

        #[test]
        fn what_a_browser_would_run_is_never_text(before in "[a-z <>\\n]{0,40}", tag in "<(svg|SVG|html|script|!DOCTYPE html)", name in "[a-z]{1,5}\\.(txt|xml)") {
            prop_assert!(FileKind::sniff([before, tag, ">".to_owned()].concat().as_bytes(), &name).is_err());
        }
    }
}
