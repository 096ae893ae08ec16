//! What a list shows.

use chrono::{DateTime, NaiveDate, Utc};

/// What a list shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// What all of these show.
    All(Vec<Filter>),
    /// What any of these shows.
    Any(Vec<Filter>),
    /// What this does not show.
    Not(Box<Filter>),
    /// Items whose field holds one of these values: vocabulary codes or item ids.
    Facet {
        /// The field.
        field: &'static str,
        /// The values.
        values: Vec<String>,
    },
    /// Items whose title begins with this text, accents and case apart.
    TitlePrefix(String),
    /// Items whose day lies in this range; the end is not part of it.
    Date {
        /// First moment.
        from: Option<DateTime<Utc>>,
        /// End.
        until: Option<DateTime<Utc>>,
    },
    /// Items published after this moment.
    UpdatedSince(DateTime<Utc>),
    /// Items that still matter on this day.
    NotExpired(NaiveDate),
    /// Items that take place in this range; the end is not part of it.
    Occurs {
        /// First moment.
        from: Option<DateTime<Utc>>,
        /// End.
        until: Option<DateTime<Utc>>,
    },
}

impl Filter {
    /// Shows everything.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Items whose field holds one of these values.
    pub fn facet(field: &'static str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::Facet { field, values }
    }

    /// The facet by which the statement finds its rows: one with a single value that every row
    /// must have, so that the index gives the rows in order.
    pub(super) fn driving(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Facet { field, values } if values.len() == 1 => Some((field, &values[0])),
            Self::All(filters) => filters.iter().find_map(Self::driving),
            _ => None,
        }
    }

    /// The fields by whose values it finds items.
    pub(super) fn fields<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().for_each(|filter| filter.fields(found));
            }
            Self::Not(filter) => filter.fields(found),
            Self::Facet { field, .. } => found.push(field),
            _ => {}
        }
    }

    /// It shows everything.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::All(filters) if filters.iter().all(Self::is_everything))
    }

    /// What is left to check when the rows were found by the driving facet.
    pub(super) fn undriven(&self) -> Self {
        match self {
            facet if facet.driving().is_none() => facet.clone(),
            Self::All(filters) => {
                let driving = filters.iter().position(|filter| filter.driving().is_some());
                let rest = filters.iter().enumerate().map(|(index, filter)| {
                    match Some(index) == driving {
                        true => filter.undriven(),
                        false => filter.clone(),
                    }
                });
                Self::All(rest.collect())
            }
            _ => Self::everything(),
        }
    }
}
