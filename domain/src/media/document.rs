//! Documents: how many pages a PDF has, its title, its language, whether it says it is PDF/A, and its text. What
//! cannot be read of it is left out; a file that is no PDF at all is refused. What others send is read in a process
//! of its own ([`super::reader`]): nothing here bounds all the memory and time that it takes.

use lopdf::{Dictionary, LoadOptions, Object, decode_text_string};
use serde::{Deserialize, Serialize};

use super::{FileFacts, Refusal};

/// Larger documents are kept, but not read.
pub(super) const MOST: u64 = 64 * 1024 * 1024;
/// How much of its end says whether a document is whole.
pub(super) const TAIL: u64 = 66 * 1024;
/// The most that a stream of a document may become when it is unpacked.
const MOST_UNPACKED: usize = 32 * 1024 * 1024;
/// The most text that is kept, in bytes.
const MOST_TEXT: usize = 512 * 1024;
/// The most pages whose text is read.
const MOST_PAGES: usize = 1_000;
/// The pages whose text is read together: to find a page all are looked for.
const PAGES_AT_ONCE: usize = 25;
/// The longest title that is kept.
const LONGEST_TITLE: usize = 255;

/// What is known of a document.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) facts: DocumentFacts,
    pub(super) text: Option<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DocumentFacts {
    pages: Option<u32>,
    title: Option<String>,
    language: Option<String>,
    pdf_a: Option<String>,
}

impl DocumentFacts {
    pub(super) fn fill(self, facts: &mut FileFacts) {
        facts.pages = self.pages;
        facts.title = self.title;
        facts.language = self.language;
        facts.pdf_a = self.pdf_a;
    }
}

/// Refuses a document that is cut off, or that ends as another file.
pub(super) fn check_end(end: &[u8]) -> Result<(), Refusal> {
    if ends_as_zip(end) {
        return Err(Refusal::Polyglot("PDF and ZIP"));
    }
    // As readers do: they look for them in the last 1,024 bytes.
    let last = &end[end.len().saturating_sub(1024)..];
    let has = |sought: &[u8]| last.windows(sought.len()).any(|part| part == sought);
    match has(b"startxref") && has(b"%%EOF") {
        true => Ok(()),
        false => Err(Refusal::Damaged("the document is cut off".to_owned())),
    }
}

/// Whether the last record of a ZIP, with its comment, is the end of a file. A document may hold whole ZIPs, such as
/// the files that are attached to PDF/A-3: those end before it does.
fn ends_as_zip(end: &[u8]) -> bool {
    const RECORD: &[u8] = b"PK\x05\x06";
    const LENGTH: usize = 22;
    let ends = |start: usize| match end.get(start + LENGTH - 2..start + LENGTH) {
        Some(&[low, high]) => {
            start + LENGTH + usize::from(u16::from_le_bytes([low, high])) == end.len()
        }
        _ => false,
    };
    let starts = end.windows(RECORD.len()).enumerate();
    starts
        .filter(|(_, bytes)| *bytes == RECORD)
        .any(|(start, _)| ends(start))
}

/// Reads a document: what is soon known, which is told at once, and then its text.
pub(super) fn read(bytes: &[u8], soon: impl FnOnce(&Document)) -> Document {
    let options = LoadOptions {
        max_decompressed_size: Some(MOST_UNPACKED),
        ..LoadOptions::default()
    };
    let Ok(loaded) = lopdf::Document::load_mem_with_options(bytes, options) else {
        return Document::default();
    };
    let pages: Vec<_> = loaded.get_pages().into_keys().collect();
    let mut document = Document {
        facts: facts(&loaded, pages.len()),
        text: None,
    };
    soon(&document);
    document.text = text(&loaded, &pages);
    let Document { facts, text } = &mut document;
    if facts.language.is_none() {
        facts.language = text.as_deref().and_then(language);
    }
    document
}

/// What a document says of itself. One without any page is closed with a password.
fn facts(document: &lopdf::Document, pages: usize) -> DocumentFacts {
    let catalog = document.catalog().ok();
    let language = catalog.and_then(|catalog| string(document, catalog, b"Lang"));
    let language = language.filter(|language| {
        language.parse::<crate::locale::Locale>().is_ok() || language.len() <= 12
    });
    let title = information(document).and_then(|about| string(document, about, b"Title"));
    DocumentFacts {
        pages: u32::try_from(pages).ok().filter(|pages| *pages > 0),
        title: title.map(|title| title.chars().take(LONGEST_TITLE).collect()),
        language,
        pdf_a: metadata(document).and_then(|metadata| pdf_a(&metadata)),
    }
}

fn information(document: &lopdf::Document) -> Option<&Dictionary> {
    let found = document.trailer.get(b"Info").ok()?;
    document.dereference(found).ok()?.1.as_dict().ok()
}

/// A text of a dictionary that says something.
fn string(document: &lopdf::Document, dictionary: &Dictionary, key: &[u8]) -> Option<String> {
    let found = dictionary.get(key).ok()?;
    let (_, found) = document.dereference(found).ok()?;
    let text = decode_text_string(found).ok()?;
    let text: String = text
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The metadata of the document, in XMP.
fn metadata(document: &lopdf::Document) -> Option<String> {
    let found = document.catalog().ok()?.get(b"Metadata").ok()?;
    let (_, found) = document.dereference(found).ok()?;
    let Object::Stream(stream) = found else {
        return None;
    };
    // What is not packed, as metadata should be, is there as it is; some programs name an empty list of filters.
    let is_packed = stream.filters().is_ok_and(|filters| !filters.is_empty());
    let bytes = match is_packed {
        true => stream.decompressed_content_with_limit(MOST_UNPACKED).ok()?,
        false => stream.content.clone(),
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The level of PDF/A that XMP says, as elements or as attributes of ISO 19005: `2B`.
fn pdf_a(metadata: &str) -> Option<String> {
    let part = value_of(metadata, "pdfaid:part")?;
    let conformance = value_of(metadata, "pdfaid:conformance").unwrap_or_default();
    let is_part = part.len() == 1 && part.bytes().all(|byte| (b'1'..=b'4').contains(&byte));
    let is_level =
        conformance.len() <= 1 && conformance.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_part && is_level).then(|| format!("{part}{}", conformance.to_ascii_uppercase()))
}

fn value_of<'a>(metadata: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = metadata.split_once(name)?;
    let after = after.trim_start();
    let value = match after.strip_prefix('>') {
        Some(element) => element.split('<').next()?,
        None => after
            .strip_prefix('=')?
            .trim_start()
            .get(1..)?
            .split(['"', '\''])
            .next()?,
    };
    Some(value.trim())
}

/// What the pages say. What is not to be read is left out.
fn text(document: &lopdf::Document, pages: &[u32]) -> Option<String> {
    let mut text = String::new();
    let pages = &pages[..pages.len().min(MOST_PAGES)];
    for pages in pages.chunks(PAGES_AT_ONCE) {
        for part in document.extract_text_chunks_with_limit(pages, MOST_UNPACKED) {
            text.push_str(&part.unwrap_or_default());
        }
        text.push(' ');
        if text.len() > MOST_TEXT {
            break;
        }
    }
    let words: Vec<_> = text.split_whitespace().collect();
    let mut text = words.join(" ").replace('\0', "");
    text.truncate(text.floor_char_boundary(MOST_TEXT));
    (!text.is_empty()).then_some(text)
}

/// The language that a text reads like, when it is long enough to tell.
fn language(text: &str) -> Option<String> {
    let start = &text[..text.floor_char_boundary(4096)];
    let found = whatlang::detect(start).filter(whatlang::Info::is_reliable)?;
    let code = match found.lang() {
        whatlang::Lang::Ita => "it",
        whatlang::Lang::Deu => "de",
        whatlang::Lang::Fra => "fr",
        whatlang::Lang::Eng => "en",
        whatlang::Lang::Slv => "sl",
        _ => return None,
    };
    Some(code.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;

    const STATUTE: &[u8] = include_bytes!("../../../seeds/demo/files/statuto-comunale.pdf");

    proptest! {
        #[test]
        fn a_document_that_was_changed_anywhere_is_read_to_an_end(
            changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..30),
            end in any::<Index>(),
            is_cut: bool,
        ) {
            let mut bytes = STATUTE.to_vec();
            for (place, byte) in changes {
                bytes[place.index(STATUTE.len())] = byte;
            }
            if is_cut {
                bytes.truncate(end.index(STATUTE.len()));
            }
            let _ = check_end(&bytes);
            let Document { facts, text } = read(&bytes, |_| {});
            prop_assert!(text.is_none_or(|text| text.len() <= MOST_TEXT && !text.contains('\0')));
            prop_assert!(facts.title.is_none_or(|title| title.chars().count() <= LONGEST_TITLE));
        }
    }

    #[test]
    fn the_level_of_pdf_a_is_read() {
        let elements = "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>";
        assert_eq!(pdf_a(elements).as_deref(), Some("2B"));
        let attributes = "<rdf:Description pdfaid:part=\"1\" pdfaid:conformance='a'/>";
        assert_eq!(pdf_a(attributes).as_deref(), Some("1A"));
        assert_eq!(pdf_a("<pdfaid:part>4</pdfaid:part>").as_deref(), Some("4"));
        for other in [
            "",
            "pdfaid:part",
            "pdfaid:part=",
            "<pdfaid:part>12</pdfaid:part>",
        ] {
            assert_eq!(pdf_a(other), None, "{other}");
        }
    }

    #[test]
    fn a_document_has_an_end_and_nothing_behind_it() {
        let whole = b"trailer\nstartxref\n9\n%%EOF\n";
        assert!(check_end(whole).is_ok());
        for cut in [&b"trailer\n"[..], b"startxref\n9\n", b"%%EOF"] {
            assert!(matches!(check_end(cut), Err(Refusal::Damaged(_))));
        }
        let record = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0ab";
        let both = [&whole[..], record].concat();
        assert!(matches!(check_end(&both), Err(Refusal::Polyglot(_))));
        // A file that is attached ends before the document does.
        assert!(check_end(&[record, &whole[..]].concat()).is_ok());
    }

    #[test]
    fn languages_are_told_by_what_is_read() {
        let italian = "La domanda per l'iscrizione alla mensa scolastica si presenta entro il mese di giugno allo sportello del Comune.";
        assert_eq!(language(italian).as_deref(), Some("it"));
        assert_eq!(language("x"), None);
    }

    #[test]
    fn a_document_of_the_demo_is_read() {
        let Document { facts, text } = read(STATUTE, |_| {});
        assert_eq!((facts.pages, facts.pdf_a.as_deref()), (Some(1), Some("2B")));
        assert_eq!(
            facts.title.as_deref(),
            Some("Statuto del Comune di Montelago")
        );
        assert_eq!(facts.language.as_deref(), Some("it-IT"));
        assert!(text.unwrap().contains("Comune di Montelago"));
    }

    #[test]
    fn of_what_cannot_be_read_nothing_is_known() {
        for bytes in [
            &b""[..],
            b"%PDF-1.7\n",
            b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF",
        ] {
            assert_eq!(read(bytes, |_| {}), Document::default());
        }
    }
}
