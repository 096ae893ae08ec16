//! A service as linked data: gathers what the two documents need, in a fixed number of look-ups.

use std::collections::HashMap;

use async_graphql::{Context, Json, Object, Result};
use municipio_domain::{
    catalogue::{self, Linked, OfficeView, ServiceView},
    content::{Body, Item, Link, Placed, types},
    ids::ItemId,
};
use serde_json::Value;

use crate::{
    context::data,
    files::{Reach, file_of},
    view::{Reader, View},
};

/// A service as linked data (dati collegati).
pub(crate) struct ServiceJsonLd {
    view: View,
}

impl ServiceJsonLd {
    pub(crate) fn new(view: &View) -> Self {
        Self { view: view.clone() }
    }

    async fn document(
        &self,
        ctx: &Context<'_>,
        document: fn(&ServiceView<'_>) -> Value,
    ) -> Result<Json<Value>> {
        let around = Around::load(ctx, &self.view).await?;
        let view = around.view(&self.view);
        Ok(Json(view.map(|view| document(&view)).unwrap_or_default()))
    }
}

/// A service as linked data (dati collegati).
#[Object]
impl ServiceJsonLd {
    /// JSON-LD of schema.org, `GovernmentService`, with the ten values of rule R.SI.1.1 of the
    /// national validator.
    async fn schema_org(&self, ctx: &Context<'_>) -> Result<Json<Value>> {
        self.document(ctx, catalogue::schema_org).await
    }

    /// JSON-LD of CPSV-AP 3.2, in all locales of the service.
    async fn cpsv_ap(&self, ctx: &Context<'_>) -> Result<Json<Value>> {
        self.document(ctx, catalogue::cpsv_ap).await
    }
}

/// What stands around a service.
struct Around {
    items: HashMap<ItemId, Item>,
    settings: Option<Item>,
    reader: Reader,
    site_url: String,
    tenant_name: String,
    ipa_code: String,
    files: HashMap<ItemId, String>,
}

macro_rules! linked {
    ($around:expr, $id:expr, $kind:ident) => {
        $around.items.get(&$id).and_then(|item| match &item.body {
            Body::$kind(body) => Some(Linked {
                id: item.id,
                url: $around.url(item),
                body: body.as_ref(),
            }),
            _ => None,
        })
    };
}

impl Around {
    async fn load(ctx: &Context<'_>, view: &View) -> Result<Self> {
        let data = data(ctx)?;
        let settings = data.settings().await?;
        let links = |item: &Item| -> Vec<ItemId> {
            item.body
                .relations()
                .links
                .iter()
                .map(|link| link.target)
                .collect()
        };
        let mut wanted = links(&view.item);
        wanted.extend(settings.as_ref().and_then(|item| match &item.body {
            Body::Municipality(settings) => settings.town_hall.map(|place| place.id()),
            _ => None,
        }));
        let mut items = data.items(wanted).await?;
        let further = items.values().flat_map(|item| match &item.body {
            Body::Office(office) => Link::ids(&office.main_site),
            Body::Document(document) => {
                let assets = document.files.iter().filter_map(Placed::asset);
                Link::ids(assets)
            }
            _ => Vec::new(),
        });
        items.extend(data.items(further.collect::<Vec<_>>()).await?);
        let files = items.values().filter_map(|item| match &item.body {
            Body::Asset(asset) if asset.is_public() => {
                let (file, _) = file_of(asset)?;
                let url = data.files.file(data.tenant.id, item, file, Reach::Public)?;
                Some((item.id, url))
            }
            _ => None,
        });
        let files = files.collect();
        items.insert(view.item.id, view.item.clone());
        Ok(Self {
            items,
            settings,
            reader: view.reader.clone(),
            site_url: data.site_url().await?.unwrap_or_default(),
            tenant_name: data.tenant.name.clone(),
            ipa_code: data.tenant.ipa_code.to_string(),
            files,
        })
    }

    fn url(&self, item: &Item) -> String {
        format!(
            "{}{}",
            self.site_url,
            self.reader.path(item).unwrap_or_default()
        )
    }

    fn municipality(&self) -> Option<&types::Municipality> {
        match &self.settings.as_ref()?.body {
            Body::Municipality(settings) => Some(settings),
            _ => None,
        }
    }

    fn office(&self, id: ItemId) -> Option<OfficeView<'_>> {
        let office = linked!(self, id, Office)?;
        let site = office
            .body
            .main_site
            .and_then(|site| linked!(self, site.id(), Place));
        Some(OfficeView { office, site })
    }

    fn view(&self, view: &View) -> Option<ServiceView<'_>> {
        let service = linked!(self, view.item.id, Service)?;
        let body = service.body;
        let municipality = self.municipality();
        let name = municipality.and_then(|settings| settings.title.resolve(&self.reader.locales));
        let offices = body
            .physical_channel
            .iter()
            .flat_map(|channel| &channel.offices);
        let forms = body.needs.iter().filter_map(|need| need.document.as_ref());
        Some(ServiceView {
            locales: &self.reader.locales,
            municipality_name: name.map_or(self.tenant_name.as_str(), |(_, name)| name),
            ipa_code: &self.ipa_code,
            site_url: &self.site_url,
            municipality,
            town_hall: municipality
                .and_then(|settings| settings.town_hall)
                .and_then(|place| linked!(self, place.id(), Place)),
            office: body
                .responsible_office
                .and_then(|office| self.office(office.id())),
            physical_offices: offices
                .filter_map(|office| self.office(office.id()))
                .collect(),
            contact_points: body
                .contact_points
                .iter()
                .filter_map(|link| linked!(self, link.id(), ContactPoint))
                .collect(),
            documents: body
                .documents
                .iter()
                .chain(forms)
                .filter_map(|link| linked!(self, link.id(), Document))
                .collect(),
            related_services: body
                .related_services
                .iter()
                .filter_map(|link| linked!(self, link.id(), Service))
                .collect(),
            topics: body
                .topics
                .iter()
                .filter_map(|link| linked!(self, link.id(), Topic))
                .collect(),
            procedures: body
                .procedures
                .iter()
                .filter_map(|link| linked!(self, link.id(), Procedure))
                .collect(),
            covered_places: body
                .covered_places
                .iter()
                .filter_map(|link| linked!(self, link.id(), Place))
                .collect(),
            files: &self.files,
            service,
        })
    }
}
