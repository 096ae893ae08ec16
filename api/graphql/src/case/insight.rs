//! What is counted of cases.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::NaiveDate;
use municipio_domain::{
    cases::{self, Cases, Figures, InsightRow, Period},
    content::ContentType,
    identity::Action,
    ids::ItemId,
};

use super::{content, staff_rights};
use crate::{
    context::{RequestData, data},
    error::{ErrorCode, internal},
    objects::{Office, Procedure},
    view::Reader,
};

/// Of which cases figures are (filtro delle statistiche).
#[derive(Default, InputObject)]
pub(crate) struct CaseInsightFilter {
    /// Of this procedure, by its global id (procedimento).
    procedure: Option<ID>,
    /// Of this office, by its global id (ufficio).
    office: Option<ID>,
}

/// What was counted of some cases (dati sulle pratiche).
#[derive(Clone, SimpleObject)]
pub(crate) struct CaseFigures {
    /// How many began in the period: were entered into the protocol, or opened where there is none (avviate).
    begun: u64,
    /// How many of these a citizen began here (avviate in linea).
    begun_online: u64,
    /// How many were closed in the period (concluse).
    closed: u64,
    /// How many of these before their term was over (concluse nei termini).
    closed_in_time: u64,
    /// How many of these after that (concluse fuori termine).
    closed_late: u64,
    /// Which share of those with a term was closed in time, from 0 to 1 (quota conclusa nei termini).
    share_in_time: Option<f64>,
    /// How many days a case took that was closed in the period (durata media in giorni).
    average_days: Option<f64>,
    /// How many days the one took that took longest (durata massima in giorni).
    longest_days: Option<i64>,
    /// How many were open at the end of the period (aperte alla fine del periodo).
    open: u64,
    /// How many of these after their term was over (fuori termine).
    overdue: u64,
}

impl From<&Figures> for CaseFigures {
    fn from(figures: &Figures) -> Self {
        Self {
            begun: figures.begun,
            begun_online: figures.begun_online,
            closed: figures.closed,
            closed_in_time: figures.closed_in_time,
            closed_late: figures.closed_late,
            share_in_time: figures.share_in_time(),
            average_days: figures.average_days(),
            longest_days: figures.longest,
            open: figures.open,
            overdue: figures.overdue,
        }
    }
}

/// What was counted of the cases of a procedure (dati di un procedimento).
pub(crate) struct CaseInsightOfProcedure {
    procedure: ItemId,
    figures: Figures,
    reader: Reader,
}

/// What was counted of the cases of a procedure (dati di un procedimento).
#[Object]
impl CaseInsightOfProcedure {
    /// The procedure; null when it is not published any more (procedimento).
    async fn procedure(&self, ctx: &Context<'_>) -> Option<Result<Procedure>> {
        content(ctx, self.procedure, &self.reader).await.transpose()
    }

    /// The figures (dati).
    async fn figures(&self) -> CaseFigures {
        (&self.figures).into()
    }
}

/// What was counted of the cases of an office (dati di un ufficio).
pub(crate) struct CaseInsightOfOffice {
    office: ItemId,
    figures: Figures,
    reader: Reader,
}

/// What was counted of the cases of an office (dati di un ufficio).
#[Object]
impl CaseInsightOfOffice {
    /// The office; null when it is not published any more (ufficio).
    async fn office(&self, ctx: &Context<'_>) -> Option<Result<Office>> {
        content(ctx, self.office, &self.reader).await.transpose()
    }

    /// The figures (dati).
    async fn figures(&self) -> CaseFigures {
        (&self.figures).into()
    }
}

/// How many open cases of a procedure stand in a state, and for how long (permanenza in uno stato).
pub(crate) struct CaseInsightOfState {
    procedure: ItemId,
    state: String,
    figures: Figures,
    reader: Reader,
}

/// How many open cases of a procedure stand in a state, and for how long (permanenza in uno stato).
#[Object]
impl CaseInsightOfState {
    /// The procedure; null when it is not published any more (procedimento).
    async fn procedure(&self, ctx: &Context<'_>) -> Option<Result<Procedure>> {
        content(ctx, self.procedure, &self.reader).await.transpose()
    }

    /// The state, by its code in the definition (stato).
    async fn state(&self) -> &str {
        &self.state
    }

    /// How many stand there now (numero).
    async fn standing(&self) -> u64 {
        self.figures.standing
    }

    /// For how many days they have stood there (giorni di permanenza media).
    async fn average_days(&self) -> Option<f64> {
        self.figures.average_standing_days()
    }
}

/// The indicators of the national survey (indicatori della rilevazione nazionale).
#[derive(SimpleObject)]
pub(crate) struct CaseSurvey {
    /// How many procedures are published (procedimenti pubblicati).
    procedures: u64,
    /// Of how many of these citizens can follow their cases online (procedimenti con pratiche consultabili in linea).
    followable: u64,
    /// Which share that is, from 0 to 1 (quota consultabile in linea).
    share_followable: Option<f64>,
    /// Which share of the cases that began in the period a citizen began here, from 0 to 1 (quota avviata in linea).
    share_begun_online: Option<f64>,
    /// How many days a case took that was closed in the period (durata media in giorni).
    average_days: Option<f64>,
    /// Which share of those with a term was closed in time, from 0 to 1 (quota conclusa nei termini).
    share_in_time: Option<f64>,
}

/// What is counted of the cases of the offices of the caller and of those below them (statistiche sulle pratiche).
pub(crate) struct CaseInsight {
    period: Period,
    insight: cases::Insight,
    reader: Reader,
}

impl CaseInsight {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        from: NaiveDate,
        until: NaiveDate,
        filter: Option<CaseInsightFilter>,
    ) -> Result<Self> {
        let data = data(ctx)?;
        let rights = staff_rights(data, Action::ReadCases).await?;
        if until < from {
            let message = "`until` is not before `from`";
            return Err(ErrorCode::InvalidArgument.about("until", message));
        }
        let (period, filter) = (Period { from, until }, filter.unwrap_or_default());
        let filter = filter.read(data)?;
        let cases = Cases::from(&data.contents);
        let insight = cases.insight(&rights.reads, &filter, &period, data.today());
        Ok(Self {
            period,
            insight: insight.await.map_err(internal)?,
            reader: Reader::new(ctx, None)?,
        })
    }
}

impl CaseInsightFilter {
    fn read(self, data: &RequestData) -> Result<cases::InsightFilter> {
        let procedure = self.procedure.as_ref();
        let procedure =
            procedure.map(|id| data.item_id(id, ContentType::Procedure, "filter.procedure"));
        let office = self.office.as_ref();
        let office = office.map(|id| data.item_id(id, ContentType::Office, "filter.office"));
        Ok(cases::InsightFilter {
            procedure: procedure.transpose()?,
            office: office.transpose()?,
        })
    }
}

/// What is counted of the cases of the offices of the caller and of those below them (statistiche sulle pratiche).
#[Object]
impl CaseInsight {
    /// The first day of the period (primo giorno).
    async fn from(&self) -> NaiveDate {
        self.period.from
    }

    /// The last day of the period (ultimo giorno).
    async fn until(&self) -> NaiveDate {
        self.period.until
    }

    /// Of all cases (totale).
    async fn total(&self) -> CaseFigures {
        (&self.insight.total()).into()
    }

    /// By procedure (per procedimento).
    async fn procedures(&self) -> Vec<CaseInsightOfProcedure> {
        let sums = self.insight.by(|row| row.procedure).into_iter();
        sums.map(|(procedure, figures)| CaseInsightOfProcedure {
            procedure,
            figures,
            reader: self.reader.clone(),
        })
        .collect()
    }

    /// By office (per ufficio).
    async fn offices(&self) -> Vec<CaseInsightOfOffice> {
        let sums = self.insight.by(|row| row.office).into_iter();
        sums.map(|(office, figures)| CaseInsightOfOffice {
            office,
            figures,
            reader: self.reader.clone(),
        })
        .collect()
    }

    /// Where the cases stand that are open now, by procedure and state (per stato).
    async fn states(&self) -> Vec<CaseInsightOfState> {
        let key = |row: &InsightRow| (row.procedure, row.state.clone());
        let sums = self.insight.by(key).into_iter();
        let open = sums.filter(|(_, figures)| figures.standing > 0);
        open.map(|((procedure, state), figures)| CaseInsightOfState {
            procedure,
            state,
            figures,
            reader: self.reader.clone(),
        })
        .collect()
    }

    /// The indicators of the national survey; the share of procedures is that of the whole municipality (indicatori
    /// della rilevazione nazionale).
    async fn survey(&self, ctx: &Context<'_>) -> Result<CaseSurvey> {
        let cases = Cases::from(&data(ctx)?.contents);
        let (procedures, followable) = cases.followable().await.map_err(internal)?;
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let total = self.insight.total();
        Ok(CaseSurvey {
            procedures,
            followable,
            share_followable: share(followable, procedures),
            share_begun_online: share(total.begun_online, total.begun),
            average_days: total.average_days(),
            share_in_time: total.share_in_time(),
        })
    }
}
