//! What an assertion of SPID or CIE says (SAML 2.0).

use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::{Document, Node};

use super::LollipopFlaw;

const NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// How long somebody stays signed in to App IO.
const LONGEST: TimeDelta = TimeDelta::days(365);
/// What stands before an Italian fiscal code.
const COUNTRY: &str = "TINIT-";

/// Whether the assertion is of this key of a device and this citizen, and good now.
pub(super) fn check(
    xml: &str,
    reference: &str,
    fiscal_code: &str,
    now: DateTime<Utc>,
) -> Result<(), LollipopFlaw> {
    let document = Document::parse(xml).map_err(|_| LollipopFlaw::UnreadableAssertion)?;
    let assertion = only(document.root(), "Assertion")?;
    let begins = only(assertion, "Conditions")?.attribute("NotBefore");
    let begins = begins.and_then(|begins| DateTime::parse_from_rfc3339(begins).ok());
    let begins = begins.ok_or(LollipopFlaw::UnreadableAssertion)?.to_utc();
    if now < begins || now - begins > LONGEST {
        return Err(LollipopFlaw::Expired);
    }
    let answers = only(assertion, "SubjectConfirmationData")?.attribute("InResponseTo");
    let code = elements(assertion, "Attribute")
        .find(|attribute| attribute.attribute("Name") == Some("fiscalNumber"))
        .map(|attribute| only(attribute, "AttributeValue"));
    let code = code
        .transpose()?
        .and_then(|value| value.text())
        .unwrap_or_default();
    let code = code.trim();
    let is_theirs = code.strip_prefix(COUNTRY).unwrap_or(code) == fiscal_code;
    match is_theirs && answers == Some(reference) {
        true => Ok(()),
        false => Err(LollipopFlaw::OtherAssertion),
    }
}

/// The only element of this name: of two it could not be said which is meant.
fn only<'a, 'input>(
    within: Node<'a, 'input>,
    name: &str,
) -> Result<Node<'a, 'input>, LollipopFlaw> {
    let mut found = elements(within, name);
    match (found.next(), found.next()) {
        (Some(element), None) => Ok(element),
        _ => Err(LollipopFlaw::UnreadableAssertion),
    }
}

fn elements<'a, 'input>(
    within: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    within
        .descendants()
        .filter(move |node| node.has_tag_name((NAMESPACE, name)))
}
