//! The publishing report.

use async_graphql::{Enum, Object, SimpleObject};
use municipio_domain::content;

use crate::filters::camel;

/// What the publishing rules say of content (rapporto di pubblicazione).
pub(crate) struct PublishReport {
    report: content::PublishReport,
}

impl PublishReport {
    pub(crate) fn new(report: content::PublishReport) -> Self {
        Self { report }
    }
}

/// What the publishing rules say of content (rapporto di pubblicazione).
#[Object]
impl PublishReport {
    /// Nothing keeps it from being published.
    async fn is_publishable(&self) -> bool {
        self.report.is_publishable()
    }

    /// Everything that is missing or wrong.
    async fn issues(&self) -> Vec<PublishIssue> {
        let issues = self.report.issues.iter();
        issues.map(PublishIssue::from).collect()
    }
}

/// Something that is missing or wrong.
#[derive(SimpleObject)]
pub(crate) struct PublishIssue {
    /// The rule, such as `HOW_TO_MISSING`.
    code: String,
    /// How much it weighs (gravità).
    severity: Severity,
    /// The field, as the inputs name it, such as `costs[1].description`.
    path: String,
    /// What is wrong, in Italian.
    message_it: String,
    /// What is wrong, in English.
    message_en: String,
    /// Where the rule comes from (fonte).
    source: String,
}

/// How much an issue weighs (gravità).
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Severity {
    /// Publishing is refused (errore).
    Error,
    /// Publishing is allowed (avviso).
    Warning,
}

impl From<&content::Issue> for PublishIssue {
    fn from(issue: &content::Issue) -> Self {
        Self {
            code: issue.code.clone(),
            severity: match issue.severity {
                content::Severity::Error => Severity::Error,
                content::Severity::Warning => Severity::Warning,
            },
            path: camel(&issue.path),
            message_it: issue.message_it.clone(),
            message_en: issue.message_en.clone(),
            source: issue.source.clone(),
        }
    }
}
