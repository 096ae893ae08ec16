//! The parts of a service sheet.

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::content::types;

use super::{Amount, Document, Office, RichText, VocabularyTerm};
use crate::view::View;

/// Something the applicant must have (cosa serve; cv:Evidence).
pub(crate) struct Need {
    need: types::Need,
    view: View,
}

impl Need {
    pub(crate) fn new(need: &types::Need, view: &View) -> Self {
        Self {
            need: need.clone(),
            view: view.clone(),
        }
    }
}

/// Something the applicant must have (cosa serve; cv:Evidence).
#[Object]
impl Need {
    /// What it is (titolo).
    async fn title(&self) -> Option<String> {
        self.view.text(&self.need.title)
    }

    /// More about it (descrizione).
    async fn description(&self) -> Option<String> {
        self.view.text(&self.need.description)
    }

    /// Its kind (tipo).
    async fn kind(&self) -> Option<VocabularyTerm> {
        VocabularyTerm::of(&self.need.kind, &self.view.reader)
    }

    /// The form or document to use (modulo).
    async fn document(&self, ctx: &Context<'_>) -> Option<Result<Document>> {
        self.view
            .one(ctx, self.need.document.as_ref())
            .await
            .transpose()
    }
}

/// Something the applicant receives (cosa si ottiene; cv:Output).
#[derive(SimpleObject)]
pub(crate) struct Output {
    /// What it is (titolo).
    title: Option<String>,
    /// More about it (descrizione).
    description: Option<String>,
    /// Its kind (tipo).
    kind: Option<VocabularyTerm>,
}

impl Output {
    pub(crate) fn new(output: &types::Output, view: &View) -> Self {
        Self {
            title: view.text(&output.title),
            description: view.text(&output.description),
            kind: VocabularyTerm::of(&output.kind, &view.reader),
        }
    }
}

/// A step between the application and the outcome (fase).
#[derive(SimpleObject)]
pub(crate) struct Phase {
    /// What happens (titolo).
    title: Option<String>,
    /// Calendar days from the application (giorni).
    days: Option<u16>,
    /// More about it (descrizione).
    description: Option<String>,
    /// A fixed date; it wins over `days` (data di scadenza).
    due_date: Option<NaiveDate>,
}

impl Phase {
    pub(crate) fn new(phase: &types::Phase, view: &View) -> Self {
        Self {
            title: view.text(&phase.title),
            days: phase.days,
            description: view.text(&phase.description),
            due_date: phase.due_date,
        }
    }
}

/// What the applicant pays (costo; cv:Cost).
#[derive(SimpleObject)]
pub(crate) struct Cost {
    /// For what, and for whom (descrizione).
    description: Option<String>,
    /// How much; nothing when it depends on the case (importo).
    amount: Option<Amount>,
    /// The channel to which the cost applies (canale).
    channel: Option<VocabularyTerm>,
}

impl Cost {
    pub(crate) fn new(cost: &types::Cost, view: &View) -> Self {
        Self {
            description: view.text(&cost.description),
            amount: Amount::new(cost.value, cost.currency.as_deref()),
            channel: VocabularyTerm::of(&cost.channel, &view.reader),
        }
    }
}

/// Access on line (canale digitale).
#[derive(SimpleObject)]
pub(crate) struct DigitalChannel {
    /// What one does there (introduzione).
    intro: Option<RichText>,
    /// What the button says (etichetta).
    label: Option<String>,
    /// Where it leads.
    url: String,
    /// The kind of channel (tipo di canale).
    kind: Option<VocabularyTerm>,
}

impl DigitalChannel {
    pub(crate) fn new(channel: &types::DigitalChannel, view: &View) -> Self {
        Self {
            intro: view.rich(&channel.intro),
            label: view.text(&channel.label),
            url: channel.url.as_str().to_owned(),
            kind: VocabularyTerm::of(&channel.kind, &view.reader),
        }
    }
}

/// Access in person (canale fisico).
pub(crate) struct PhysicalChannel {
    channel: types::PhysicalChannel,
    view: View,
}

impl PhysicalChannel {
    pub(crate) fn new(channel: &types::PhysicalChannel, view: &View) -> Self {
        Self {
            channel: channel.clone(),
            view: view.clone(),
        }
    }
}

/// Access in person (canale fisico).
#[Object]
impl PhysicalChannel {
    /// What one does there (introduzione).
    async fn intro(&self) -> Option<RichText> {
        self.view.rich(&self.channel.intro)
    }

    /// The offices to go to (uffici).
    async fn offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
        self.view.many(ctx, &self.channel.offices).await
    }
}
