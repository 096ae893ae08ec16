//! Frequently asked question (Domanda frequente): schema:Question.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Service, Topic};
use crate::{
    content::{Content, ContentType, Link, LocalizedRichText, Relations, fields::short},
    locale::LocalizedText,
};

/// A question that people ask, and its answer (domanda frequente).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Faq {
    /// The question (domanda).
    #[validate(custom(function = "short"))]
    pub question: LocalizedText,
    /// The answer (risposta).
    pub answer: LocalizedRichText,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Services the question is about (servizi).
    pub services: Vec<Link<Service>>,
}

impl Content for Faq {
    const TYPE: ContentType = ContentType::Faq;

    fn title(&self) -> LocalizedText {
        self.question.clone()
    }

    fn relations(&self, relations: &mut Relations) {
        relations.links("topics", &self.topics);
        relations.links("services", &self.services);
        relations.rich_text("answer", &self.answer);
    }
}
