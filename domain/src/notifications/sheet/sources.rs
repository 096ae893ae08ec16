//! What a sheet is made of, read from what is public.

use super::{AppIoSheet, SheetContent, SheetSources, logo, mapping::web_url, step::Wanted};
use crate::{
    content::{
        Body, Contents, Item,
        types::{ContactPoint, Service},
    },
    ids::ItemId,
    media::FileFacts,
    notifications::{Notifications, deliver::Notifier},
    outbox::Fault,
    store::{StoreError, TenantStore},
    tenants,
};

/// What is to stand at IO.
pub(super) struct Making {
    pub(super) content: SheetContent,
    pub(super) wanted: Wanted,
    pub(super) logo: Option<FileFacts>,
}

/// What a sheet is to say while its service is public; what is missing for it, for people.
pub(super) async fn making(
    notifier: &Notifier,
    store: &TenantStore,
    sheet: &AppIoSheet,
) -> Result<Result<Option<Making>, &'static str>, Fault> {
    let contents = Contents::new(store.clone(), notifier.bodies.clone());
    let Some(tenant) = tenants::find(&notifier.database, store.tenant_id()).await? else {
        return Ok(Ok(None));
    };
    let item = contents.published(&[sheet.item]).await?.pop();
    let Some((item, Body::Service(service))) = item.map(|item| (item.clone(), item.body)) else {
        return Ok(Ok(None));
    };
    let municipality = contents.municipality().await?;
    let links = contact_points(&service).chain(
        municipality
            .iter()
            .flat_map(|site| site.contact_points.iter().map(|link| link.id())),
    );
    let links: Vec<_> = links.collect();
    let found = contents.published(&links).await?;
    let mut contacts = named(&found, contact_points(&service));
    if contacts.is_empty() {
        let of_site = municipality.iter().flat_map(|site| &site.contact_points);
        contacts = named(&found, of_site.map(|link| link.id()));
    }
    let web_url = web_url(&item, &tenant, municipality.as_deref());
    let sources = SheetSources {
        tenant: &tenant,
        service: &service,
        contacts: &contacts,
        municipality: municipality.as_deref(),
        web_url: web_url.as_deref(),
        settings: &sheet.settings,
    };
    if sources.organization().is_none() {
        return Ok(Err(
            "the municipality has no fiscal code: IO takes no service without one",
        ));
    }
    let content = sources.content();
    let logo = match sources.logo() {
        None => None,
        Some(asset) => file(contents.published(&[asset]).await?.pop()),
    };
    let wanted = Wanted {
        hash: content.hash(),
        logo: logo.as_ref().map(|facts| facts.sha256.to_string()),
        keys: lacks_keys(&contents, sheet).await?,
    };
    Ok(Ok(Some(Making {
        content,
        wanted,
        logo,
    })))
}

/// Whether it is to be written as the service, and its keys are not here.
async fn lacks_keys(contents: &Contents, sheet: &AppIoSheet) -> Result<bool, StoreError> {
    let Some(id) = sheet.io_id.as_ref().filter(|_| sheet.settings.is_sender) else {
        return Ok(false);
    };
    let known = Notifications::from(contents).services().await?;
    Ok(known.iter().all(|service| service.service_id != *id))
}

fn contact_points(service: &Service) -> impl Iterator<Item = ItemId> + '_ {
    service.contact_points.iter().map(|link| link.id())
}

/// The contact points with these ids that are there, in the order of the ids.
fn named(found: &[Item], ids: impl Iterator<Item = ItemId>) -> Vec<&ContactPoint> {
    let named = ids.filter_map(|id| found.iter().find(|item| item.id == id));
    let contacts = named.filter_map(|item| match &item.body {
        Body::ContactPoint(contact) => Some(contact.as_ref()),
        _ => None,
    });
    contacts.collect()
}

fn file(asset: Option<Item>) -> Option<FileFacts> {
    match asset?.body {
        Body::Asset(asset) => logo::file(&asset).cloned(),
        _ => None,
    }
}
