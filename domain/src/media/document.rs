//! Documents: how many pages a PDF has, its title, its language, whether it says it is PDF/A, and its text. What
//! cannot be read of it is left out; a file that is no PDF at all is refused.

use lopdf::{Dictionary, LoadOptions, Object, decode_text_string};

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
/// The longest title that is kept.
const LONGEST_TITLE: usize = 255;

/// What is known of a document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Document {
    pub(super) facts: DocumentFacts,
    pub(super) text: Option<String>,
}

#[derive(Debug, Default, PartialEq)]
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

/// Refuses a document that is cut off, or behind which another file begins.
pub(super) fn check_end(end: &[u8]) -> Result<(), Refusal> {
    const END_OF_ZIP: &[u8] = b"PK\x05\x06";
    let has = |bytes: &[u8], sought: &[u8]| bytes.windows(sought.len()).any(|part| part == sought);
    if has(end, END_OF_ZIP) {
        return Err(Refusal::Polyglot("PDF and ZIP"));
    }
    // As readers do: they look for it in the last 1,024 bytes.
    match has(&end[end.len().saturating_sub(1024)..], b"%%EOF") {
        true => Ok(()),
        false => Err(Refusal::Damaged("the document is cut off".to_owned())),
    }
}

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<Document, Refusal> {
    let options = LoadOptions {
        max_decompressed_size: Some(MOST_UNPACKED),
        ..LoadOptions::default()
    };
    let document = lopdf::Document::load_mem_with_options(bytes, options);
    let document = document
        .map_err(|error| Refusal::Damaged(format!("it is no PDF that can be read: {error}")))?;
    let pages = document.get_pages();
    let text = text(&document, pages.keys().copied().take(MOST_PAGES));
    let catalog = document.catalog().ok();
    let said = catalog.and_then(|catalog| string(&document, catalog, b"Lang"));
    let said = said.filter(|language| {
        language.parse::<crate::locale::Locale>().is_ok() || language.len() <= 12
    });
    let title = information(&document).and_then(|about| string(&document, about, b"Title"));
    let facts = DocumentFacts {
        pages: u32::try_from(pages.len()).ok(),
        title: title.map(|title| title.chars().take(LONGEST_TITLE).collect()),
        language: said.or_else(|| language(text.as_deref()?)),
        pdf_a: metadata(&document).and_then(|metadata| pdf_a(&metadata)),
    };
    Ok(Document { facts, text })
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
    let bytes = match stream.dict.has(b"Filter") {
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
fn text(document: &lopdf::Document, pages: impl Iterator<Item = u32>) -> Option<String> {
    let mut text = String::new();
    for page in pages {
        for part in document.extract_text_chunks_with_limit(&[page], MOST_UNPACKED) {
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
    use super::*;

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
        assert!(check_end(b"trailer\n%%EOF\n").is_ok());
        assert!(matches!(check_end(b"trailer\n"), Err(Refusal::Damaged(_))));
        let both = [&b"%%EOF"[..], b"PK\x05\x06\0\0"].concat();
        assert!(matches!(check_end(&both), Err(Refusal::Polyglot(_))));
    }

    #[test]
    fn languages_are_told_by_what_is_read() {
        let italian = "La domanda per l'iscrizione alla mensa scolastica si presenta entro il mese di giugno allo sportello del Comune.";
        assert_eq!(language(italian).as_deref(), Some("it"));
        assert_eq!(language("x"), None);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for bytes in [
            &b""[..],
            b"%PDF-1.7\n",
            b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF",
        ] {
            assert!(matches!(read(bytes), Err(Refusal::Damaged(_))));
        }
    }
}
