//! A service sheet as `GovernmentService` of schema.org: what stands in the page of the portal and
//! what the national validator reads (criterion R.SI.1.1, ten values).

use serde_json::{Value, json};

use super::{
    hours,
    node::Node,
    view::{Linked, OfficeView, ServiceView},
};
use crate::content::types::{ContactPoint, Office, Place};

/// The service as schema.org JSON-LD in the locale of the view. The ten values of R.SI.1.1 are all
/// there for every sheet that passes the publishing gate and whose office, or the town hall, has an
/// address. `availableChannel` is one object, because the validator refuses a list.
pub fn schema_org(view: &ServiceView) -> Value {
    let service = view.service.body;
    let (locale, url) = (view.language(), view.service.url.as_str());
    let description = view.text(&service.short_description).map(str::to_owned);
    let mut categories = service.category.iter().map(|category| category.term());
    let first_category = categories.next().and_then(|term| view.text(&term.label));
    let hours = opening_hours(view).map(|hours| hours::specifications(hours, view));
    let terms = service
        .terms_of_service
        .as_ref()
        .and_then(|file| view.place(file));
    let images = service.image.as_ref().and_then(|image| view.place(image));
    let related = view.related_services.iter().map(|related| {
        Node::of("GovernmentService")
            .with("name", view.text(&related.body.title))
            .with("url", related.url.as_str())
    });
    Node::default()
        .with("@context", "https://schema.org")
        .with("@type", "GovernmentService")
        .with("name", view.text(&service.title))
        .with("alternateName", view.text(&service.alternative_title))
        .with(
            "description",
            description.or_else(|| view.rich(&service.description)),
        )
        .with("identifier", view.identifier())
        .with("url", url)
        .with("image", images)
        .with("serviceType", first_category)
        .with(
            "category",
            categories
                .filter_map(|term| view.text(&term.label))
                .collect::<Vec<_>>(),
        )
        .with("serviceOperator", municipality(view))
        .with("provider", provider(view))
        .with("areaServed", area_served(view))
        .with("audience", audience(view))
        .with("availableChannel", channel(view))
        .with("hoursAvailable", hours)
        .with("offers", offers(view))
        .with("serviceOutput", outputs(view))
        .with("termsOfService", terms)
        .with("isRelatedTo", related.map(Value::from).collect::<Vec<_>>())
        .with("mainEntityOfPage", page(view, url, locale))
        .into()
}

/// The page of the sheet: the language, the keywords and the topics are the page's in schema.org.
fn page(view: &ServiceView, url: &str, locale: &str) -> Value {
    let topics = view.topics.iter().map(|topic| {
        let uri = topic.body.code.and_then(|code| code.term().uri.as_deref());
        Node::of("DefinedTerm")
            .with("name", view.text(&topic.body.title))
            .with("url", topic.url.as_str())
            .with("sameAs", uri)
    });
    let keywords = view.service.body.keywords.resolve(view.locales);
    let keywords = keywords.map(|(_, words)| words.join(", "));
    Node::of("WebPage")
        .with("@id", url)
        .with("url", url)
        .with("inLanguage", locale)
        .with("keywords", keywords)
        .with("about", topics.map(Value::from).collect::<Vec<_>>())
        .into()
}

/// The municipality; its name is never the IPA code.
fn municipality(view: &ServiceView) -> Value {
    // Without an office in charge, the contacts of the service are those of the municipality.
    let contacts = view.office.is_none().then(|| contact_points(view));
    Node::of("GovernmentOrganization")
        .with("name", view.municipality_name)
        .with("identifier", view.ipa_code)
        .with("url", view.site_url)
        .with("contactPoint", contacts)
        .into()
}

/// The office in charge, with the contacts of the service.
fn provider(view: &ServiceView) -> Option<Value> {
    let OfficeView { office, .. } = view.office.as_ref()?;
    let parent = Node::of("GovernmentOrganization").with("name", view.municipality_name);
    let node = Node::of("GovernmentOrganization")
        .with("name", view.text(&office.body.title))
        .with("url", office.url.as_str())
        .with("parentOrganization", parent)
        .with("contactPoint", contact_points(view));
    Some(node.into())
}

fn area_served(view: &ServiceView) -> Value {
    let coverage = view.rich(&view.service.body.spatial_coverage);
    let places = view.covered_places.iter();
    let places = places.map(|covered| place(view, covered, view.text(&covered.body.title)));
    Node::of("AdministrativeArea")
        .with(
            "name",
            coverage.unwrap_or_else(|| view.municipality_name.to_owned()),
        )
        .with("containsPlace", places.collect::<Vec<_>>())
        .into()
}

fn audience(view: &ServiceView) -> Option<Value> {
    let text = view.rich(&view.service.body.audience);
    Node::of("Audience")
        .with("audienceType", text)
        .unless_bare()
}

/// The one channel: on line at the address of the service, or else of its sheet, and in person at
/// the first office with an address.
fn channel(view: &ServiceView) -> Value {
    let service = view.service.body;
    let digital = service.digital_channel.as_ref();
    let label = digital.and_then(|channel| view.text(&channel.label));
    let url = digital.map_or(view.service.url.as_str(), |channel| channel.url.as_str());
    let languages = service.title.locales().map(|locale| locale.as_str());
    let days = service.max_response_days.map(|days| format!("P{days}D"));
    let location = view.location().map(|location| {
        let place_name = location.place.and_then(|it| view.text(&it.body.title));
        let name = location
            .office
            .and_then(|it| view.text(&it.body.title))
            .or(place_name);
        match location.place {
            Some(found) => place(view, found, name),
            None => Node::of("Place").with("name", name).into(),
        }
    });
    Node::of("ServiceChannel")
        .with("name", label.or_else(|| view.text(&service.title)))
        .with("serviceUrl", url)
        .with("serviceLocation", location)
        .with(
            "servicePhone",
            view.contact_points
                .first()
                .and_then(|point| phone(view, point)),
        )
        .with("availableLanguage", languages.collect::<Vec<_>>())
        .with("processingTime", days)
        .into()
}

fn place(view: &ServiceView, found: &Linked<Place>, name: Option<&str>) -> Value {
    let place = found.body;
    let address = Node::of("PostalAddress")
        .with("streetAddress", place.street_address.as_deref())
        .with("postalCode", place.postal_code.as_deref())
        .with("addressLocality", place.city.as_deref());
    let address = address.unless_bare().map(|mut address| {
        address["addressCountry"] = json!("IT");
        address
    });
    let geo = place.geo.map(|geo| {
        Node::of("GeoCoordinates")
            .with("latitude", geo.latitude)
            .with("longitude", geo.longitude)
    });
    Node::of("Place")
        .with("name", name)
        .with(
            "alternateName",
            view.text(&place.title).filter(|title| Some(*title) != name),
        )
        .with("url", found.url.as_str())
        .with("address", address)
        .with("geo", geo.map(Value::from))
        .into()
}

fn contact_points(view: &ServiceView) -> Vec<Value> {
    let points = view.contact_points.iter();
    points
        .filter_map(|point| contact_point(view, point.body))
        .collect()
}

fn contact_point(view: &ServiceView, point: &ContactPoint) -> Option<Value> {
    let of = |kinds: &[&str]| {
        let entries = point.entries.iter();
        let entries = entries.filter(|entry| kinds.contains(&entry.kind.as_str()));
        entries.map(|entry| entry.value.trim()).collect::<Vec<_>>()
    };
    let hours = point.opening_hours.as_ref();
    let name = view.text(&point.title);
    let node = Node::of("ContactPoint")
        .with("telephone", of(&["telefono"]))
        .with("email", of(&["email", "pec"]))
        .with("url", of(&["url"]))
        .with(
            "hoursAvailable",
            hours.map(|hours| hours::specifications(hours, view)),
        );
    let mut node = node.unless_bare()?;
    if let Some(name) = name {
        node["name"] = json!(name);
    }
    Some(node)
}

fn phone(view: &ServiceView, point: &Linked<ContactPoint>) -> Option<Value> {
    let entry = point
        .body
        .entries
        .iter()
        .find(|entry| entry.kind.as_str() == "telefono")?;
    let node = Node::of("ContactPoint")
        .with("telephone", entry.value.trim())
        .with("description", view.text(&entry.description));
    Some(node.into())
}

/// The hours of the first office that has some, or else of the place where it is.
fn opening_hours<'v>(view: &'v ServiceView) -> Option<&'v crate::time::OpeningHours> {
    let of_office = |office: &'v Linked<Office>| office.body.opening_hours.as_ref();
    let of_place = |place: &'v Linked<Place>| place.body.opening_hours.as_ref();
    view.offices()
        .find_map(|view| of_office(&view.office))
        .or_else(|| {
            view.offices()
                .find_map(|view| of_place(view.site.as_ref()?))
        })
}

fn offers(view: &ServiceView) -> Vec<Value> {
    let costs = view.service.body.costs.iter();
    let offers = costs.filter_map(|cost| {
        let currency = cost.currency.as_deref().unwrap_or("EUR");
        let price = cost.value.map(|value| value.to_string());
        Node::of("Offer")
            .with("priceCurrency", price.as_ref().map(|_| currency))
            .with("price", price)
            .with("description", view.text(&cost.description))
            .unless_bare()
    });
    offers.collect()
}

fn outputs(view: &ServiceView) -> Vec<Value> {
    let service = view.service.body;
    let listed = service.outputs.iter().filter_map(|output| {
        Node::of("Thing")
            .with("name", view.text(&output.title))
            .with("description", view.text(&output.description))
            .unless_bare()
    });
    let listed: Vec<_> = listed.collect();
    if !listed.is_empty() {
        return listed;
    }
    let text = view.rich(&service.output_text);
    Node::of("Thing")
        .with("description", text)
        .unless_bare()
        .into_iter()
        .collect()
}
