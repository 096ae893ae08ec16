//! Signatures of HTTP messages (RFC 9421), of headers alone: that is all that a device can sign of a request that others make.

use sfv::{Dictionary, FieldType, InnerList, Item, KeyRef, ListEntry, Parser};

use super::{
    Header, LollipopFlaw, ORIGINAL_METHOD, ORIGINAL_URL, SIGNATURE, SIGNATURE_INPUT, key::DeviceKey,
};

/// Whether the key signed what the device asked. Every signature of the request must be good.
pub(super) fn check(
    input: &str,
    signature: &str,
    key: &DeviceKey,
    header: Header<'_>,
) -> Result<(), LollipopFlaw> {
    let inputs = read(input).ok_or(LollipopFlaw::Unreadable(SIGNATURE_INPUT))?;
    let signatures = read(signature).ok_or(LollipopFlaw::Unreadable(SIGNATURE))?;
    let mut is_covered = false;
    for (label, covered) in &inputs {
        let ListEntry::InnerList(covered) = covered else {
            return Err(LollipopFlaw::Unreadable(SIGNATURE_INPUT));
        };
        let made = signatures.get(label).and_then(bytes);
        let made = made.ok_or(LollipopFlaw::Unreadable(SIGNATURE))?;
        let algorithm = KeyRef::from_str("alg").ok();
        let algorithm = algorithm.and_then(|alg| covered.params.get(alg)?.as_string());
        let algorithm = algorithm.map_or("", |algorithm| algorithm.as_str());
        let base = base(covered, header)?;
        if !key.has_signed(algorithm, base.as_bytes(), made) {
            return Err(LollipopFlaw::NotSigned(label.as_str().to_owned()));
        }
        let covers = |wanted| covered.items.iter().any(|item| name(item) == Some(wanted));
        is_covered |= covers(ORIGINAL_METHOD) && covers(ORIGINAL_URL);
    }
    match is_covered {
        true => Ok(()),
        false => Err(LollipopFlaw::Uncovered),
    }
}

fn read(field: &str) -> Option<Dictionary> {
    Parser::new(field).parse().ok()
}

fn bytes(entry: &ListEntry) -> Option<&[u8]> {
    match entry {
        ListEntry::Item(item) => item.bare_item.as_byte_sequence(),
        ListEntry::InnerList(_) => None,
    }
}

/// The name of a header that is covered as it is: not of a part of it, or in another form.
fn name(item: &Item) -> Option<&str> {
    let name = item.bare_item.as_string()?.as_str();
    (item.params.is_empty() && !name.starts_with('@')).then_some(name)
}

/// What was signed (section 2.5).
fn base(covered: &InnerList, header: Header<'_>) -> Result<String, LollipopFlaw> {
    let mut lines = Vec::new();
    for item in &covered.items {
        let name = name(item).ok_or(LollipopFlaw::Unreadable(SIGNATURE_INPUT))?;
        let value = header(name).ok_or_else(|| LollipopFlaw::Missing(name.to_owned()))?;
        lines.push(format!("\"{name}\": {}", value.trim()));
    }
    let parameters = vec![ListEntry::InnerList(covered.clone())].serialize();
    let parameters = parameters.ok_or(LollipopFlaw::Unreadable(SIGNATURE_INPUT))?;
    lines.push(format!("\"@signature-params\": {parameters}"));
    Ok(lines.join("\n"))
}
